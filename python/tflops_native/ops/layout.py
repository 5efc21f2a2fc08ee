"""Operators that change the shape or the order of elements, and compute nothing."""

import math
from dataclasses import dataclass

from tflops_native.model import TensorType
from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Inferred,
    Op,
    Shape,
    TensorSpec,
    UnknownValueError,
    register,
)
from tflops_native.ops.geometry import normalized_axis, show, size_of, with_rank
from tflops_native.ops.values import picked_value, small_value


@register("RESHAPE", options="ReshapeOptions")
@dataclass(frozen=True, slots=True)
class Reshape(Op):
    """The same elements under another shape.

    The target is `shape` where that is a vector of INT32, else the option `new_shape`; a `new_shape`
    that is empty or [0] means a scalar. One length may be -1: it takes what is left.

    input    any shape
    shape    [rank], optional
    output   the target

    No arithmetic, and no memory traffic: the runtime lets the output share the input's memory.
    Source   tflite/kernels/reshape.cc, GetOutputShape
    """

    new_shape: tuple[int, ...] = ()

    def infer(self, input: TensorSpec, shape: TensorSpec | None = None) -> Inferred:
        output = self._resolve(self._target(shape), input.shape)
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(small_value(input),),
            bytes_read=0,
            bytes_written=0,
        )

    def _target(self, shape: TensorSpec | None) -> tuple[int, ...]:
        if shape is not None and len(shape.shape) == 1 and shape.type is TensorType.INT32:
            return shape.required_integers("shape")
        if shape is not None and not self.new_shape and not shape.is_constant:
            raise UnknownValueError("the value of `shape` is known only when the model runs")
        return () if self.new_shape == (0,) else self.new_shape

    @staticmethod
    def _resolve(target: tuple[int, ...], given: Shape) -> Shape:
        if target.count(-1) > 1 or any(length < -1 for length in target):
            raise ValueError(f"{list(target)} is no shape: at most one length may be -1")
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


@register("SQUEEZE", options="SqueezeOptions")
@dataclass(frozen=True, slots=True)
class Squeeze(Op):
    """Removes axes of length 1: those named by `squeeze_dims`, or all of them if it is empty.

    input    any shape
    output   the shape without these axes

    No arithmetic, and no memory traffic.
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
            values=(small_value(input),),
            bytes_read=0,
            bytes_written=0,
        )


@register("EXPAND_DIMS", options="ExpandDimsOptions")
@dataclass(frozen=True, slots=True)
class ExpandDims(Op):
    """Inserts an axis of length 1.

    input    any shape
    axis     scalar; a negative one counts from the end of the output
    output   the shape with one more axis

    No arithmetic, and no memory traffic.
    Source   tflite/kernels/expand_dims.cc, ExpandTensorDim
    """

    def infer(self, input: TensorSpec, axis: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        position = normalized_axis(number, len(input.shape) + 1)
        output = (*input.shape[:position], 1, *input.shape[position:])
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(small_value(input),),
            bytes_read=0,
            bytes_written=0,
        )


@register("TRANSPOSE", options="TransposeOptions")
@dataclass(frozen=True, slots=True)
class Transpose(Op):
    """Reorders the axes.

    input    any shape
    perm     [rank], for each output axis the input axis it is taken from
    output   input.shape[perm[i]]

    Moves data, no arithmetic.
    Source   tflite/kernels/transpose.cc, ResizeOutputTensor
    """

    def infer(self, input: TensorSpec, perm: TensorSpec) -> Inferred:
        rank = len(input.shape)
        order = [normalized_axis(axis, rank) for axis in perm.required_integers("perm")]
        if sorted(order) != list(range(rank)):
            raise ValueError(f"`perm` {order} is no order of the {rank} axes of `input`")
        output = tuple(input.shape[axis] for axis in order)
        value = small_value(input)
        if value is not None and rank > 1:
            value = _transposed(value, input.shape, order)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


def _transposed(
    value: tuple[int | float, ...], shape: Shape, order: list[int]
) -> tuple[int | float, ...]:
    if not value:
        return ()
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    positions = [0]
    for axis in order:
        positions = [base + i * strides[axis] for base in positions for i in range(shape[axis])]
    return tuple(value[position] for position in positions)


def _padded(input: TensorSpec, paddings: TensorSpec) -> Shape:
    with_rank(paddings, 2, "paddings")
    numbers = paddings.required_integers("paddings")
    if len(numbers) != 2 * len(input.shape):
        raise ValueError(
            f"`paddings` {list(paddings.shape)} must be [{len(input.shape)}, 2], "
            f"a pair for each axis of `input`"
        )
    if min(numbers, default=0) < 0:
        raise ValueError(f"`paddings` must not be negative, but are {list(numbers)}")
    return tuple(
        length + before + after
        for length, before, after in zip(input.shape, numbers[::2], numbers[1::2], strict=True)
    )


@register("PAD", options="PadOptions")
@dataclass(frozen=True, slots=True)
class Pad(Op):
    """Surrounds the input with zeros.

    input     any shape
    paddings  [rank, 2], elements before and after along each axis
    output    input.shape[i] + paddings[i][0] + paddings[i][1]

    Moves data, no arithmetic.
    Source   tflite/kernels/pad.cc, ResizeOutputTensor
    """

    def infer(self, input: TensorSpec, paddings: TensorSpec) -> Inferred:
        return Inferred(outputs=(_padded(input, paddings),), cost=NO_ARITHMETIC)


@register("PADV2", options="PadV2Options")
@dataclass(frozen=True, slots=True)
class PadV2(Op):
    """Surrounds the input with a constant.

    input            any shape
    paddings         [rank, 2], elements before and after along each axis
    constant_values  scalar
    output           input.shape[i] + paddings[i][0] + paddings[i][1]

    Moves data, no arithmetic.
    Source   tflite/kernels/pad.cc, ResizeOutputTensor
    """

    def infer(
        self, input: TensorSpec, paddings: TensorSpec, constant_values: TensorSpec
    ) -> Inferred:
        return Inferred(outputs=(_padded(input, paddings),), cost=NO_ARITHMETIC)


@register("MIRROR_PAD", options="MirrorPadOptions")
@dataclass(frozen=True, slots=True)
class MirrorPad(Op):
    """Surrounds the input with its own mirror image.

    input     any shape
    paddings  [rank, 2], elements before and after along each axis
    output    input.shape[i] + paddings[i][0] + paddings[i][1]

    Moves data, no arithmetic.
    Source   tflite/kernels/mirror_pad.cc, GetPaddedOutputShape
    """

    def infer(self, input: TensorSpec, paddings: TensorSpec) -> Inferred:
        return Inferred(outputs=(_padded(input, paddings),), cost=NO_ARITHMETIC)


@register("SPACE_TO_DEPTH", options="SpaceToDepthOptions")
@dataclass(frozen=True, slots=True)
class SpaceToDepth(Op):
    """Moves blocks of pixels into channels.

    input    [N, H, W, C]
    output   [N, H / b, W / b, C * b * b], b the block size

    Moves data, no arithmetic.
    Source   tflite/kernels/space_to_depth.cc, Prepare
    """

    block_size: int

    def infer(self, input: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        b = self.block_size
        if b < 1 or h % b or w % b:
            raise ValueError(f"blocks of {b} do not divide an input of {h}x{w}")
        return Inferred(outputs=((n, h // b, w // b, c * b * b),), cost=NO_ARITHMETIC)


@register("DEPTH_TO_SPACE", options="DepthToSpaceOptions")
@dataclass(frozen=True, slots=True)
class DepthToSpace(Op):
    """Moves channels into blocks of pixels.

    input    [N, H, W, C]
    output   [N, H * b, W * b, C / (b * b)], b the block size

    Moves data, no arithmetic.
    Source   tflite/kernels/depth_to_space.cc, Prepare
    """

    block_size: int

    def infer(self, input: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        b = self.block_size
        if b < 1 or c % (b * b):
            raise ValueError(f"blocks of {b} by {b} do not divide {c} channels")
        return Inferred(outputs=((n, h * b, w * b, c // (b * b)),), cost=NO_ARITHMETIC)


def _blocks(
    input: TensorSpec, block_shape: TensorSpec, borders: TensorSpec, role: str
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    """Block lengths and border pairs of the spatial axes of SPACE_TO_BATCH_ND and its inverse."""
    if len(input.shape) not in (3, 4):
        raise ValueError(f"`input` must have rank 3 or 4, but is {list(input.shape)}")
    blocks = block_shape.required_integers("block_shape")
    numbers = borders.required_integers(role)
    spatial = len(input.shape) - 2
    if len(blocks) != spatial or len(numbers) != 2 * spatial or min(blocks) < 1:
        raise ValueError(
            f"`block_shape` {list(blocks)} and `{role}` {list(numbers)} do not fit {spatial} "
            "spatial axes"
        )
    return blocks, list(zip(numbers[::2], numbers[1::2], strict=True))


@register("SPACE_TO_BATCH_ND", options="SpaceToBatchNDOptions")
@dataclass(frozen=True, slots=True)
class SpaceToBatchND(Op):
    """Moves blocks of pixels into the batch.

    input        [N, spatial ..., C], one or two spatial axes
    block_shape  [spatial axes]
    paddings     [spatial axes, 2]
    output       [N * product of blocks, (spatial + paddings) / block ..., C]

    Moves data, no arithmetic.
    Source   tflite/kernels/space_to_batch_nd.cc, ResizeOutputTensor
    """

    def infer(self, input: TensorSpec, block_shape: TensorSpec, paddings: TensorSpec) -> Inferred:
        blocks, borders = _blocks(input, block_shape, paddings, "paddings")
        spatial = []
        for length, block, (before, after) in zip(input.shape[1:-1], blocks, borders, strict=True):
            if (length + before + after) % block:
                raise ValueError(f"blocks of {block} do not divide {length}+{before}+{after}")
            spatial.append((length + before + after) // block)
        output = (input.shape[0] * math.prod(blocks), *spatial, input.shape[-1])
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("BATCH_TO_SPACE_ND", options="BatchToSpaceNDOptions")
@dataclass(frozen=True, slots=True)
class BatchToSpaceND(Op):
    """Moves the batch into blocks of pixels.

    input        [N, spatial ..., C], one or two spatial axes
    block_shape  [spatial axes]
    crops        [spatial axes, 2]
    output       [N / product of blocks, spatial * block - crops ..., C]

    Moves data, no arithmetic.
    Source   tflite/kernels/batch_to_space_nd.cc, ResizeOutputTensor
    """

    def infer(self, input: TensorSpec, block_shape: TensorSpec, crops: TensorSpec) -> Inferred:
        blocks, borders = _blocks(input, block_shape, crops, "crops")
        if input.shape[0] % math.prod(blocks):
            raise ValueError(f"a batch of {input.shape[0]} is no multiple of blocks {list(blocks)}")
        spatial = [
            length * block - before - after
            for length, block, (before, after) in zip(
                input.shape[1:-1], blocks, borders, strict=True
            )
        ]
        if min(spatial) < 0:
            raise ValueError(f"`crops` {borders} are larger than the output {spatial}")
        output = (input.shape[0] // math.prod(blocks), *spatial, input.shape[-1])
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("REVERSE_V2", options="ReverseV2Options")
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


@register("CONCATENATION", options="ConcatenationOptions")
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
    ) -> tuple[int | float, ...] | None:
        parts = []
        for tensor in tensors:
            part = small_value(tensor)
            if part is None:
                return None
            parts.append(part)
        if not any(parts):
            return ()
        joined: list[int | float] = []
        widths = [size_of(shape[axis:]) for shape in shapes]
        for row in range(size_of(shapes[0][:axis])):
            for part, width in zip(parts, widths, strict=True):
                joined.extend(part[row * width : (row + 1) * width])
        return tuple(joined)


@register("PACK", options="PackOptions")
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
            TensorSpec((*shape[:axis], 1, *shape[axis:]), tensor.type, tensor.known)
            for tensor in values
        )
        return Concatenation(axis=axis).infer(*widened)


@register("UNPACK", options="UnpackOptions")
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
