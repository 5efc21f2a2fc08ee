"""Operators that change the shape or the order of elements, and compute nothing."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from tflops_native.model.schema import TensorType
from tflops_native.ops._op import NO_ARITHMETIC, Inferred, InPlace, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.geometry import normalized_axis, show, size_of
from tflops_native.ops.indices import PASSES_ALL, PASSES_FIRST
from tflops_native.ops.tensor_spec import (
    VALUE_LIMIT,
    PartialValue,
    Shape,
    TensorSpec,
    UnknownValueError,
)
from tflops_native.ops.values import picked_value, small_elements

_COPY = DelegateEvents(main=("Copy",))
_RESHAPE = DelegateEvents(
    main=("Copy", "Static Reshape", "Static Expand Dims", "Fuse Dims", "Split Dims")
)


@register("RESHAPE", options="ReshapeOptions", events=_RESHAPE, indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Reshape(Op):
    """The same elements under another shape.

    The target is `shape` where that is a vector of INT32, else the option `new_shape`; a `new_shape`
    that is empty or [0] means a scalar. One length may be -1: it takes what is left.

    input    any shape
    shape    [rank], optional
    output   the target

    No arithmetic. No memory traffic where the output takes the memory of the input; else a copy.
    Source   tflite/kernels/reshape.cc, GetOutputShape
    """

    new_shape: tuple[int, ...] = ()

    shape_role: ClassVar = "shape"

    def infer(self, input: TensorSpec, shape: TensorSpec | None = None) -> Inferred:
        output = self._resolve(self._target(shape), input.shape)
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(small_elements(input),),
            in_place=InPlace(),
        )

    def _target(self, shape: TensorSpec | None) -> tuple[int, ...]:
        if shape is not None and len(shape.shape) == 1 and shape.type is TensorType.INT32:
            target = shape.optional_integers("shape")
            # The number of elements says one length, as for -1.
            if target.count(None) + target.count(-1) > 1 or not target:
                return shape.required_integers("shape")
            return tuple(-1 if length is None else length for length in target)
        if shape is not None and not self.new_shape and not shape.is_constant:
            raise UnknownValueError.of("shape")
        return () if self.new_shape == (0,) else self.new_shape

    @staticmethod
    def _resolve(target: tuple[int, ...], given: Shape) -> Shape:
        if target.count(-1) > 1 or any(length < -1 for length in target):
            raise ValueError(f"{list(target)} is not a shape: at most one length may be -1")
        elements = size_of(given)
        known = math.prod(length for length in target if length != -1)
        if -1 in target:
            stretch = elements // known if known else 0
            if elements == 0 and known == 0:
                # Both are empty: the runtime compares the products of the lengths that are not 0.
                filled = math.prod(length for length in given if length)
                stretch = filled // math.prod(length for length in target if length not in (0, -1))
            target = tuple(stretch if length == -1 else length for length in target)
        if size_of(target) != elements:
            raise ValueError(
                f"the {elements} elements of `input` {list(given)} do not fit into {list(target)}"
            )
        return target


@register("SQUEEZE", options="SqueezeOptions", events=_RESHAPE, indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Squeeze(Op):
    """Removes axes of length 1: those named by `squeeze_dims`, or all of them if it is empty.

    input    any shape
    output   the shape without these axes

    No arithmetic. No memory traffic where the output takes the memory of the input; else a copy.
    Source   tflite/kernels/squeeze.cc, Prepare
    """

    squeeze_dims: tuple[int, ...] = ()

    def infer(self, input: TensorSpec) -> Inferred:
        rank = len(input.shape)
        dropped = {normalized_axis(axis, rank) for axis in self.squeeze_dims}
        for axis in dropped:
            if input.shape[axis] != 1:
                raise ValueError(f"axis {axis} of `input` {list(input.shape)} is not of length 1")
        if not self.squeeze_dims:
            dropped = {axis for axis, length in enumerate(input.shape) if length == 1}
        output = tuple(length for axis, length in enumerate(input.shape) if axis not in dropped)
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(small_elements(input),),
            in_place=InPlace(),
        )


@register("EXPAND_DIMS", options="ExpandDimsOptions", events=_RESHAPE, indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class ExpandDims(Op):
    """Inserts an axis of length 1.

    input    any shape
    axis     scalar; a negative one counts from the end of the output
    output   the shape with one more axis

    No arithmetic. No memory traffic where the output takes the memory of the input; else a copy.
    Source   tflite/kernels/expand_dims.cc, ExpandTensorDim
    """

    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, axis: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        position = normalized_axis(number, len(input.shape) + 1)
        output = (*input.shape[:position], 1, *input.shape[position:])
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(small_elements(input),),
            in_place=InPlace(),
        )


@register("TRANSPOSE", options="TransposeOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Transpose(Op):
    """Reorders the axes.

    input    any shape
    perm     [rank], for each output axis the input axis it is taken from
    output   input.shape[perm[i]]

    Moves data, no arithmetic.
    Source   tflite/kernels/transpose.cc, ResizeOutputTensor
    """

    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, perm: TensorSpec) -> Inferred:
        rank = len(input.shape)
        order = [normalized_axis(axis, rank) for axis in perm.required_integers("perm")]
        if sorted(order) != list(range(rank)):
            raise ValueError(f"`perm` {order} is not an order of the {rank} axes of `input`")
        output = tuple(input.shape[axis] for axis in order)
        value = small_elements(input)
        if value is not None and rank > 1:
            value = _transposed(value, input.shape, order)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


def _transposed(value: PartialValue, shape: Shape, order: list[int]) -> PartialValue:
    if not value:
        return ()
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    positions = [0]
    for axis in order:
        positions = [base + i * strides[axis] for base in positions for i in range(shape[axis])]
    return tuple(value[position] for position in positions)


@register("REVERSE_V2", options="ReverseV2Options", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class ReverseV2(Op):
    """Reverses the order along axes.

    input    any shape
    axis     [axes to reverse]
    output   the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/reverse.cc, Prepare
    """

    def infer(self, input: TensorSpec, axis: TensorSpec) -> Inferred:
        rank = len(input.shape)
        if axis.size > rank:
            raise ValueError(f"`axis` has {axis.size} elements, more than `input` has axes")
        value = None
        if axis.known is not None:
            axes = {normalized_axis(number, rank) for number in axis.required_integers("axis")}
            picks = [
                range(length - 1, -1, -1) if i in axes else range(length)
                for i, length in enumerate(input.shape)
            ]
            value = picked_value(input, picks)
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC, values=(value,))


@register("REVERSE_SEQUENCE", options="ReverseSequenceOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class ReverseSequence(Op):
    """Reverses the beginning of each sequence in a batch.

    input        any shape
    seq_lengths  [input.shape[batch_dim]], how many elements along `seq_dim` to reverse
    output       the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/reverse_sequence.cc, ReverseSequenceImpl
    """

    seq_dim: int
    batch_dim: int = 0

    def infer(self, input: TensorSpec, seq_lengths: TensorSpec) -> Inferred:
        axes = range(len(input.shape))
        if self.seq_dim == self.batch_dim or not {self.seq_dim, self.batch_dim} <= set(axes):
            raise ValueError(
                f"`seq_dim` {self.seq_dim} and `batch_dim` {self.batch_dim} must be two axes of "
                f"`input` {list(input.shape)}"
            )
        if seq_lengths.shape != (input.shape[self.batch_dim],):
            raise ValueError(
                f"`seq_lengths` {list(seq_lengths.shape)} must have an element for each of "
                f"{input.shape[self.batch_dim]} sequences"
            )
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)


@register("CONCATENATION", options="ConcatenationOptions", events=_COPY, indices=PASSES_ALL)
@dataclass(frozen=True, slots=True)
class Concatenation(Op):
    """Joins tensors along one axis.

    values   one or more; all axes but the joined one have one length
    output   the joined axis is as long as all together

    Moves data, no arithmetic.
    Source   tflite/kernels/concatenation.cc, Prepare
    """

    axis: int

    def infer(self, *values: TensorSpec) -> Inferred:
        shapes = [tensor.shape for tensor in values]
        if not shapes:
            raise ValueError("there is nothing to join")
        if all(shape == () for shape in shapes) and self.axis == 0:
            shapes = [(1,)] * len(shapes)
        axis = normalized_axis(self.axis, len(shapes[0]))
        others = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
        if len(others) > 1 or len({len(shape) for shape in shapes}) > 1:
            raise ValueError(
                f"shapes {show(shapes)} differ along other axes than {axis}, where they are joined"
            )
        length = sum(shape[axis] for shape in shapes)
        output = (*shapes[0][:axis], length, *shapes[0][axis + 1 :])
        return Inferred(
            outputs=(output,), cost=NO_ARITHMETIC, values=(self._value(values, shapes, axis),)
        )

    @staticmethod
    def _value(
        tensors: tuple[TensorSpec, ...], shapes: list[Shape], axis: int
    ) -> PartialValue | None:
        if all(tensor.known is None and tensor.partial is None for tensor in tensors):
            return None
        if sum(tensor.size for tensor in tensors) > VALUE_LIMIT:
            return None
        parts: list[PartialValue] = []
        for tensor in tensors:
            part = small_elements(tensor)
            parts.append((None,) * tensor.size if part is None else part)
        if not any(parts):
            return ()
        joined: list[int | float | None] = []
        widths = [size_of(shape[axis:]) for shape in shapes]
        for row in range(size_of(shapes[0][:axis])):
            for part, width in zip(parts, widths, strict=True):
                joined.extend(part[row * width : (row + 1) * width])
        return tuple(joined)


@register("PACK", options="PackOptions", events=_COPY, indices=PASSES_ALL)
@dataclass(frozen=True, slots=True)
class Pack(Op):
    """Stacks tensors of one shape along a new axis.

    values   one or more, all of the same shape
    output   that shape with the number of tensors inserted at `axis`

    Moves data, no arithmetic.
    Source   tflite/kernels/pack.cc, Prepare
    """

    values_count: int
    axis: int = 0

    def infer(self, *values: TensorSpec) -> Inferred:
        shapes = {tensor.shape for tensor in values}
        if len(shapes) != 1 or len(values) != self.values_count:
            raise ValueError(
                f"{self.values_count} tensors of one shape are to be stacked, but there are "
                f"{len(values)}: {show(tensor.shape for tensor in values)}"
            )
        (shape,) = shapes
        axis = normalized_axis(self.axis, len(shape) + 1)
        widened = tuple(
            replace(tensor, shape=(*shape[:axis], 1, *shape[axis:])) for tensor in values
        )
        return Concatenation(axis=axis).infer(*widened)


@register("UNPACK", options="UnpackOptions", events=_COPY, indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Unpack(Op):
    """Takes a tensor apart along one axis.

    input    any shape
    outputs  `num` tensors, of the shape without that axis

    Moves data, no arithmetic.
    Source   tflite/kernels/unpack.cc, Prepare
    """

    num: int
    axis: int = 0

    def output_count(self) -> int | None:
        return self.num

    def infer(self, input: TensorSpec) -> Inferred:
        axis = normalized_axis(self.axis, len(input.shape))
        if self.num != input.shape[axis]:
            raise ValueError(
                f"{self.num} outputs do not fit axis {axis} of `input` {list(input.shape)}"
            )
        output = input.shape[:axis] + input.shape[axis + 1 :]
        picks: list[range] = [range(length) for length in input.shape]
        values = []
        for index in range(self.num):
            picks[axis] = range(index, index + 1)
            values.append(picked_value(input, picks))
        return Inferred(outputs=(output,) * self.num, cost=NO_ARITHMETIC, values=tuple(values))
