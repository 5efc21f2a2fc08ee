"""Changes of the number type."""

from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, TensorSpec, register
from tflops_native.ops.contraction import QUANTIZE_OPS
from tflops_native.ops.values import small_value


@register("QUANTIZE", options="QuantizeOptions")
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


@register("DEQUANTIZE", options="DequantizeOptions")
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


@register("CAST", options="CastOptions")
@dataclass(frozen=True, slots=True)
class Cast(Op):
    """Another number type.

    input    any shape
    output   the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/cast.cc, Prepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        # The walk turns the value into the output's type.
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC, values=(small_value(input),))
