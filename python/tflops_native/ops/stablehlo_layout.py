"""StableHLO operators that move data: shapes from options, or from the file where they are part of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.model.schema import TensorType
from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.geometry import (
    broadcast_indices,
    row_major_strides,
    size_of,
)
from tflops_native.ops.layout import Concatenation, Transpose
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, UnknownValueError
from tflops_native.ops.values import small_value


def recorded_shape(recorded: Sequence[Shape | None], position: int = 0) -> Shape:
    """The shape stored for an output, for operators whose definition it is part of.

    Raises:
        UnknownValueError: a length of it is left open.
    """
    shape = recorded[position] if position < len(recorded) else None
    if shape is None:
        raise UnknownValueError("the file leaves the shape of its output open")
    return shape


@register("STABLEHLO_RESHAPE")
@dataclass(frozen=True, slots=True)
class StablehloReshape(Op):
    """The same elements in another shape: the one stored in the file for the output.

    input    any shape
    output   the stored shape

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    recorded: tuple[Shape | None, ...]

    def infer(self, input: TensorSpec) -> Inferred:
        output = recorded_shape(self.recorded)
        if size_of(output) != input.size:
            raise ValueError(
                f"{input.size} elements do not make the shape {list(output)}, "
                "which the file fixes for its output"
            )
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(small_value(input),))


@register("STABLEHLO_BROADCAST_IN_DIM", options="StablehloBroadcastInDimOptions")
@dataclass(frozen=True, slots=True)
class StablehloBroadcastInDim(Op):
    """Repeats a tensor along new axes and along axes of length 1, up to the shape in the file.

    input    axis i becomes axis `broadcast_dimensions[i]` of the output
    output   the stored shape

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    recorded: tuple[Shape | None, ...]
    broadcast_dimensions: tuple[int, ...]

    def infer(self, input: TensorSpec) -> Inferred:
        output = recorded_shape(self.recorded)
        axes = distinct_axes("broadcast_dimensions", self.broadcast_dimensions, len(output))
        if len(axes) != len(input.shape):
            raise ValueError(
                f"`broadcast_dimensions` {axes} must name an axis for each of `input` "
                f"{list(input.shape)}"
            )
        aligned = [1] * len(output)
        for axis, length in zip(axes, input.shape, strict=True):
            if length not in {1, output[axis]}:
                raise ValueError(
                    f"`input` {list(input.shape)} cannot be repeated up to {list(output)} "
                    f"along axes {axes}"
                )
            aligned[axis] = length
        value = small_value(input)
        if value is not None and (size_of(output) > VALUE_LIMIT or axes != sorted(axes)):
            value = None
        if value is not None:
            value = tuple(value[i] for i in broadcast_indices(tuple(aligned), output))
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


@register("STABLEHLO_IOTA", options="StablehloIotaOptions")
@dataclass(frozen=True, slots=True)
class StablehloIota(Op):
    """0, 1, 2, ... along one axis of the shape in the file.

    output   the stored shape

    Writes data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    recorded: tuple[Shape | None, ...]
    iota_dimension: int

    def infer(self) -> Inferred:
        output = recorded_shape(self.recorded)
        (axis,) = distinct_axes("iota_dimension", (self.iota_dimension,), len(output))
        value = None
        if size_of(output) <= VALUE_LIMIT:
            stride = row_major_strides(output)[axis]
            value = tuple(i // stride % output[axis] for i in range(size_of(output)))
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


@register("STABLEHLO_CONCATENATE", options="StablehloConcatenateOptions")
@dataclass(frozen=True, slots=True)
class StablehloConcatenate(Op):
    """Joins tensors along one axis.

    values   one or more; all axes but the joined one have one length
    output   the joined axis is as long as all together

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    dimension: int

    def infer(self, *values: TensorSpec) -> Inferred:
        rank = len(values[0].shape) if values else 0
        distinct_axes("dimension", (self.dimension,), rank)
        return Concatenation(self.dimension).infer(*values)


@register("STABLEHLO_TRANSPOSE", options="StablehloTransposeOptions")
@dataclass(frozen=True, slots=True)
class StablehloTranspose(Op):
    """Reorders the axes.

    input    any shape
    output   input.shape[permutation[i]]

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    permutation: tuple[int, ...]

    def infer(self, input: TensorSpec) -> Inferred:
        order = TensorSpec((len(self.permutation),), TensorType.INT64, self.permutation)
        return Transpose().infer(input, order)


@register("STABLEHLO_PAD", options="StablehloPadOptions")
@dataclass(frozen=True, slots=True)
class StablehloPad(Op):
    """Puts a value around the elements and between them; negative edges cut elements off.

    input          any shape but a scalar's
    padding_value  scalar
    output         input + (input - 1) * interior_padding + edge_padding_low + edge_padding_high
                   along each axis; where one is 0 or less, the kernel makes all of them 0

    Moves data, no arithmetic.
    Source   tflite/kernels/stablehlo_pad.cc, Setup
    """

    edge_padding_low: tuple[int, ...]
    edge_padding_high: tuple[int, ...]
    interior_padding: tuple[int, ...]

    def infer(self, input: TensorSpec, padding_value: TensorSpec) -> Inferred:
        rank = len(input.shape)
        if not rank:
            raise ValueError("`input` must have an axis to pad, but is a scalar")
        low = per_axis("edge_padding_low", self.edge_padding_low, rank)
        high = per_axis("edge_padding_high", self.edge_padding_high, rank)
        interior = per_axis("interior_padding", self.interior_padding, rank)
        if min(interior) < 0:
            raise ValueError(f"`interior_padding` must not be negative, but is {interior}")
        output = tuple(
            length + max(length - 1, 0) * between + before + behind
            for length, between, before, behind in zip(
                input.shape, interior, low, high, strict=True
            )
        )
        if min(output) <= 0:
            output = (0,) * rank
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("STABLEHLO_RNG_BIT_GENERATOR", options="StablehloRngBitGeneratorOptions")
@dataclass(frozen=True, slots=True)
class StablehloRngBitGenerator(Op):
    """Random bits in the shape that the file stores for the second output.

    initial_state  [n]
    outputs        the state after that, and the bits

    Writes data, no arithmetic: generating bits is not counted.
    Source   tflite/kernels/rng_bit_generator.cc, Prepare
    """

    recorded: tuple[Shape | None, ...]

    def infer(self, initial_state: TensorSpec) -> Inferred:
        if len(initial_state.shape) != 1:
            raise ValueError(
                f"`initial_state` must be a vector, but is {list(initial_state.shape)}"
            )
        return Inferred(
            outputs=(initial_state.shape, recorded_shape(self.recorded, 1)),
            cost=NO_ARITHMETIC,
            note="the generation of random bits is not counted as arithmetic",
        )


def per_axis(
    option: str, numbers: Sequence[int], rank: int, *, default: int | None = None
) -> list[int]:
    """An option that has a number for each axis; where it is left out, `default` for each.

    Raises:
        ValueError: it has fewer numbers, or more.
    """
    if not numbers and default is not None:
        return [default] * rank
    if len(numbers) != rank:
        raise ValueError(f"`{option}` must have {rank} elements, but is {list(numbers)}")
    return list(numbers)


def distinct_axes(option: str, axes: Sequence[int], rank: int) -> list[int]:
    """An option that names axes; StableHLO counts none from the end.

    Raises:
        ValueError: an axis does not exist, or is named twice.
    """
    if any(not 0 <= axis < rank for axis in axes):
        raise ValueError(f"`{option}` {list(axes)} must be axes of a tensor of rank {rank}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"`{option}` {list(axes)} names an axis twice")
    return list(axes)
