"""StableHLO operators that take parts of a tensor, or put them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.geometry import show, size_of
from tflops_native.ops.stablehlo_layout import distinct_axes, per_axis
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.values import picked_value


@register("STABLEHLO_SLICE", options="StablehloSliceOptions")
@dataclass(frozen=True, slots=True)
class StablehloSlice(Op):
    """A block of the input with steps.

    input    any shape
    output   ceil((limit_indices - start_indices) / strides) along each axis

    Moves data, no arithmetic. Only what is taken is read.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    start_indices: tuple[int, ...]
    limit_indices: tuple[int, ...]
    strides: tuple[int, ...]

    def infer(self, input: TensorSpec) -> Inferred:
        rank = len(input.shape)
        starts = per_axis("start_indices", self.start_indices, rank)
        limits = per_axis("limit_indices", self.limit_indices, rank)
        strides = per_axis("strides", self.strides, rank, default=1)
        picks = []
        for length, start, limit, stride in zip(input.shape, starts, limits, strides, strict=True):
            if not 0 <= start <= limit <= length or stride < 1:
                raise ValueError(
                    f"from {starts} to {limits} by {strides} is not a block of `input` "
                    f"{list(input.shape)}"
                )
            picks.append(range(start, limit, stride))
        return _picked(input, picks)


@register("STABLEHLO_DYNAMIC_SLICE", options="StablehloDynamicSliceOptions")
@dataclass(frozen=True, slots=True)
class StablehloDynamicSlice(Op):
    """A block of known size from anywhere in the input.

    input          any shape
    start_indices  one scalar for each axis; moved so that the block is inside of the input
    output         slice_sizes

    Moves data, no arithmetic. Only what is taken is read.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    slice_sizes: tuple[int, ...]

    def infer(self, input: TensorSpec, *start_indices: TensorSpec) -> Inferred:
        sizes = per_axis("slice_sizes", self.slice_sizes, len(input.shape))
        if any(not 0 <= size <= n for size, n in zip(sizes, input.shape, strict=True)):
            raise ValueError(f"a block of {sizes} does not fit into `input` {list(input.shape)}")
        starts = _starts(start_indices, input)
        if starts is None:
            output = tuple(sizes)
            read = input.bytes_of(size_of(output))
            return Inferred(outputs=(output,), cost=NO_ARITHMETIC, bytes_read=read)
        moved = [
            min(max(start, 0), length - size)
            for start, length, size in zip(starts, input.shape, sizes, strict=True)
        ]
        picks = [range(start, start + size) for start, size in zip(moved, sizes, strict=True)]
        return _picked(input, picks)


@register("STABLEHLO_DYNAMIC_UPDATE_SLICE")
@dataclass(frozen=True, slots=True)
class StablehloDynamicUpdateSlice(Op):
    """The input with a block of it replaced.

    input          any shape
    update         the block, at most as large
    start_indices  one scalar for each axis; moved so that the block is inside of the input
    output         the shape of `input`

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    def infer(self, input: TensorSpec, update: TensorSpec, *start_indices: TensorSpec) -> Inferred:
        fits = len(update.shape) == len(input.shape) and all(
            size <= length for size, length in zip(update.shape, input.shape, strict=True)
        )
        if not fits:
            raise ValueError(
                f"`update` {list(update.shape)} does not fit into `input` {list(input.shape)}"
            )
        _starts(start_indices, input)
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)


@register("STABLEHLO_GATHER", options="StablehloGatherOptions")
@dataclass(frozen=True, slots=True)
class StablehloGather(Op):
    """Slices of the input at places that another tensor lists.

    input          any shape
    start_indices  where slices start; the axis `index_vector_dim` holds the coordinates
    output         at `offset_dims` the `slice_sizes` without `collapsed_slice_dims`, at the other
                   axes those of `start_indices` without `index_vector_dim`

    Moves data, no arithmetic. Only what is taken is read.
    Source   tflite/kernels/stablehlo_gather.cc, GetResultShape
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    index_vector_dim: int
    slice_sizes: tuple[int, ...]

    def infer(self, input: TensorSpec, start_indices: TensorSpec) -> Inferred:
        rank = len(input.shape)
        sizes = per_axis("slice_sizes", self.slice_sizes, rank)
        if any(not 0 <= size <= n for size, n in zip(sizes, input.shape, strict=True)):
            raise ValueError(f"a slice of {sizes} does not fit into `input` {list(input.shape)}")
        collapsed = distinct_axes("collapsed_slice_dims", self.collapsed_slice_dims, rank)
        if any(sizes[axis] > 1 for axis in collapsed):
            raise ValueError(f"axes {collapsed} of slices of {sizes} cannot be dropped")
        batch, coordinates = _without_index_vector(start_indices, self.index_vector_dim)
        if len(distinct_axes("start_index_map", self.start_index_map, rank)) != coordinates:
            raise ValueError(
                f"`start_index_map` {list(self.start_index_map)} must name an axis for each of the "
                f"{coordinates} coordinates in `start_indices` {list(start_indices.shape)}"
            )
        window = [size for axis, size in enumerate(sizes) if axis not in collapsed]
        if len(self.offset_dims) != len(window):
            raise ValueError(
                f"`offset_dims` {list(self.offset_dims)} must name an axis for each length of the "
                f"slice {window}"
            )
        offsets = distinct_axes("offset_dims", self.offset_dims, len(batch) + len(window))
        lengths = iter(window), iter(batch)
        output = tuple(
            next(lengths[axis not in offsets]) for axis in range(len(batch) + len(window))
        )
        read = input.bytes_of(size_of(output)) + start_indices.bytes_of(start_indices.size)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, bytes_read=read)


def _without_index_vector(indices: TensorSpec, axis: int) -> tuple[list[int], int]:
    """The lengths along the other axes, and the number of coordinates along this one.

    An axis right behind the last one stands for one coordinate that has no axis of its own.
    """
    shape = list(indices.shape)
    if not 0 <= axis <= len(shape):
        raise ValueError(f"`index_vector_dim` {axis} is not an axis of indices {shape}")
    coordinates = shape.pop(axis) if axis < len(shape) else 1
    return shape, coordinates


def _starts(indices: Sequence[TensorSpec], input: TensorSpec) -> list[int] | None:
    """Where a block starts, or None where that is known only when the model runs."""
    if len(indices) != len(input.shape) or any(index.size != 1 for index in indices):
        raise ValueError(
            f"there must be a scalar of `start_indices` for each axis of `input` "
            f"{list(input.shape)}, but they are {show(index.shape for index in indices) or 'none'}"
        )
    if any(index.value is None for index in indices):
        return None
    return [index.required_number("start_indices") for index in indices]


def _picked(input: TensorSpec, picks: Sequence[range]) -> Inferred:
    output = tuple(map(len, picks))
    return Inferred(
        outputs=(output,),
        cost=NO_ARITHMETIC,
        values=(picked_value(input, picks),),
        bytes_read=input.bytes_of(size_of(output)),
    )
