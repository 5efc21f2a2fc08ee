"""Changes of the number type, and of the form in which numbers are kept."""

from dataclasses import dataclass

from tflops_native.model.element_types import bits
from tflops_native.model.schema import TensorType
from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Cost,
    Inferred,
    InPlace,
    Op,
    register,
)
from tflops_native.ops.contraction import QUANTIZE_OPS
from tflops_native.ops.delegate_events import TABLE_LOOKUP, DelegateEvents
from tflops_native.ops.indices import PASSES_FIRST
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.values import small_elements

_CONVERT = DelegateEvents(main=("Convert", TABLE_LOOKUP))


@register("QUANTIZE", options="QuantizeOptions", events=_CONVERT)
@dataclass(frozen=True, slots=True)
class Quantize(Op):
    """Real numbers, or integers under another scale, to integers under a scale.

    input    any shape
    output   the same shape

    Other    5 per element: scale, round, add the zero point, clamp on both sides
    Source   tflite/kernels/quantize.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=QUANTIZE_OPS) * input.size)


@register("DEQUANTIZE", options="DequantizeOptions", events=_CONVERT)
@dataclass(frozen=True, slots=True)
class Dequantize(Op):
    """Integers under a scale to real numbers; float16 to float32.

    A constant is converted once, at the first invoke, and so costs an inference nothing.

    input    any shape
    output   the same shape

    Other    2 per element of an integer type: subtract the zero point, multiply; 0 for float16
    Source   tflite/kernels/dequantize.cc, Eval
    """

    def infer(self, input: TensorSpec) -> Inferred:
        if input.is_constant:
            return Inferred(
                outputs=(input.shape,),
                cost=NO_ARITHMETIC,
                bytes_read=0,
                bytes_written=0,
                note="converts a constant, once, at the first invoke",
            )
        cost = NO_ARITHMETIC if input.is_float else Cost(scalar_ops=2) * input.size
        return Inferred(outputs=(input.shape,), cost=cost)


@register("FAKE_QUANT", options="FakeQuantOptions")
@dataclass(frozen=True, slots=True)
class FakeQuant(Op):
    """Rounds real numbers as if they were quantized and dequantized.

    input    any shape
    output   the same shape

    Other    7 per element: a QUANTIZE and a DEQUANTIZE
    Source   tflite/kernels/fake_quant.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=QUANTIZE_OPS + 2) * input.size)


@register("CAST", options="CastOptions", events=_CONVERT, indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Cast(Op):
    """Another number type.

    input    any shape
    output   the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/cast.cc, Prepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        # The walk converts the value to the output's type.
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC, values=(small_elements(input),))


@register("BITCAST", options="BitcastOptions")
@dataclass(frozen=True, slots=True)
class Bitcast(Op):
    """The same bytes, read as another number type.

    input    any shape; where the output's elements are larger, the last axis holds one of them
    output   the same shape, with an axis added for the parts of each element where these are
             smaller, or without the last axis where they are larger

    No arithmetic. No memory traffic where the output takes the memory of the input; else a copy.
    Source   tflite/kernels/bitcast.cc, CalculateShape
    """

    output_types: tuple[TensorType, ...]

    def infer(self, input: TensorSpec) -> Inferred:
        (output_type,) = self.output_types
        given, made = bits(input.type), bits(output_type)
        if given is None or made is None or given % 8 or made % 8:
            raise ValueError(
                f"{input.type.name} cannot be read as {output_type.name}: elements must be whole bytes"
            )
        output = input.shape
        if given > made:
            output = (*input.shape, given // made)
        elif given < made:
            if input.shape[-1:] != (made // given,):
                raise ValueError(
                    f"the last axis of `input` {list(input.shape)} must be {made // given}, the "
                    f"parts of one {output_type.name}"
                )
            output = input.shape[:-1]
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, in_place=InPlace())


@register("DENSIFY", options="DensifyOptions")
@dataclass(frozen=True, slots=True)
class Densify(Op):
    """A constant in sparse form to the usual one.

    It is converted once, at the first invoke, and so costs an inference nothing.

    input    any shape, a sparse constant
    output   the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/densify.cc, Prepare and Eval
    """

    def infer(self, input: TensorSpec) -> Inferred:
        if not input.is_constant:
            raise ValueError("`input` must be a constant of the file")
        return Inferred(
            outputs=(input.shape,),
            cost=NO_ARITHMETIC,
            bytes_read=0,
            bytes_written=0,
            note="converts a constant, once, at the first invoke",
        )
