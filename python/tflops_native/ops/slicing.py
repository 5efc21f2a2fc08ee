"""Operators that take a part of a tensor, or repeat it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.geometry import broadcast, normalized_axis, size_of
from tflops_native.ops.indices import PASSES_FIRST, Indices
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, UnknownValueError
from tflops_native.ops.traffic import looked_up, whole
from tflops_native.ops.values import elementwise_value, picked_value


@register("SLICE", options="SliceOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Slice(Op):
    """A block of the input.

    input    any shape
    begin    [rank], first element along each axis
    size     [rank], elements along each axis; -1 takes all to the end
    output   size

    Moves data, no arithmetic. Only what is taken is read.
    Source   tflite/kernels/slice.cc, CalculateOutputShapeVector
    """

    shape_role: ClassVar = "size"
    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, begin: TensorSpec, size: TensorSpec) -> Inferred:
        starts = begin.optional_integers("begin")
        sizes = size.optional_integers("size")
        if len(starts) != len(input.shape) or len(sizes) != len(input.shape):
            raise ValueError(
                f"`begin` {list(starts)} and `size` {list(sizes)} must have an element for each "
                f"axis of `input` {list(input.shape)}"
            )
        picks: list[range | int] = []
        for length, start, wanted in zip(input.shape, starts, sizes, strict=True):
            if wanted is None:
                raise UnknownValueError.of("size")
            if start is None:
                if wanted == -1:
                    raise UnknownValueError.of("begin")
                # Wherever it begins, it has this length.
                if not 0 <= wanted <= length:
                    raise ValueError(
                        f"size {list(sizes)} is larger than `input` {list(input.shape)}"
                    )
                picks.append(wanted)
                continue
            count = length - start if wanted == -1 else wanted
            if start < 0 or count < 0 or start + count > length:
                raise ValueError(
                    f"begin {list(starts)} and size {list(sizes)} reach outside of `input` "
                    f"{list(input.shape)}"
                )
            picks.append(range(start, start + count))
        output = tuple(pick if isinstance(pick, int) else len(pick) for pick in picks)
        return _part(input, output, picks)


def _part(input: TensorSpec, output: Shape, picks: Sequence[range | int]) -> Inferred:
    """What is taken along each axis: which elements, or how many where that is all that is known."""
    known = [pick for pick in picks if not isinstance(pick, int)]
    inside = len(known) == len(picks) and all(
        not pick or (pick[0] in range(length) and pick[-1] in range(length))
        for pick, length in zip(known, input.shape, strict=True)
    )
    return Inferred(
        outputs=(output,),
        cost=NO_ARITHMETIC,
        values=(picked_value(input, known) if inside else None,),
        bytes_read=input.bytes_of(size_of(output)),
    )


@register(
    "STRIDED_SLICE",
    options="StridedSliceOptions",
    events=DelegateEvents(main=("Slice",)),
    indices=PASSES_FIRST,
)
@dataclass(frozen=True, slots=True)
class StridedSlice(Op):
    """A block of the input with steps, as Python's `x[begin:end:strides]`.

    Bit i of a mask speaks of position i of begin, end and strides: `begin_mask` and `end_mask` take
    the whole range, `ellipsis_mask` fills in full axes, at least one, `new_axis_mask` inserts an
    axis of length 1, `shrink_axis_mask` takes one element and drops the axis. As in the kernel,
    positions for which there is no axis are ignored. With `offset`, `end` counts from begin, and the
    axis may be shorter.

    input    any shape
    begin    [n]
    end      [n]
    strides  [n]
    output   ceil((end - begin) / stride) along each axis

    Moves data, no arithmetic. Only what is taken is read.
    Source   tflite/kernels/strided_slice.cc, BuildStridedSliceParams and ResizeOutputTensor
    """

    begin_mask: int
    end_mask: int
    ellipsis_mask: int
    new_axis_mask: int
    shrink_axis_mask: int
    offset: bool = False

    only_moves_data: ClassVar = True

    def infer(
        self, input: TensorSpec, begin: TensorSpec, end: TensorSpec, strides: TensorSpec
    ) -> Inferred:
        ends = end.optional_integers("end")
        steps = strides.required_integers("strides")
        if not begin.size == len(ends) == len(steps):
            raise ValueError(
                f"`begin`, `end` and `strides` differ in length: {begin.size}, {len(ends)}, "
                f"{len(steps)}"
            )
        if self.offset:
            return self._infer_offset(input, end.required_integers("end"), steps)
        starts = begin.optional_integers("begin")
        picks: list[range | int] = []
        output: list[int] = []
        for position in self._positions(len(steps), len(input.shape)):
            bit = 0 if position is None else 1 << position
            if self.new_axis_mask & bit:
                output.append(1)
                continue
            if len(picks) == len(input.shape):
                raise ValueError(
                    "the runtime takes an ellipsis for one axis at least: none is left"
                )
            length = input.shape[len(picks)]
            pick: range | int = range(length)
            if position is not None:
                pick = self._range(length, starts[position], ends[position], steps[position], bit)
            picks.append(pick)
            if not self.shrink_axis_mask & bit:
                output.append(pick if isinstance(pick, int) else len(pick))
        return _part(input, tuple(output), picks)

    def _positions(self, positions: int, rank: int) -> list[int | None]:
        """For each axis, new ones included, its position in begin; None where it is taken whole."""
        listed = range(positions)
        ellipses = [i for i in listed if self.ellipsis_mask >> i & 1]
        if len(ellipses) > 1:
            raise ValueError(
                f"there is more than one ellipsis: `ellipsis_mask` {self.ellipsis_mask}"
            )
        axes = rank + sum(self.new_axis_mask >> i & 1 for i in listed if i not in ellipses)
        found: list[int | None] = list(listed)
        for ellipsis in ellipses:
            found[ellipsis : ellipsis + 1] = [None] * max(axes - positions + 1, 1)
        found += [None] * (axes - len(found))
        return found[:axes]

    def _infer_offset(
        self, input: TensorSpec, counts: tuple[int, ...], steps: tuple[int, ...]
    ) -> Inferred:
        if len(counts) != len(input.shape) or self.ellipsis_mask or self.new_axis_mask:
            raise ValueError(
                "with `offset`, begin, end and strides must have an element for each axis of "
                f"`input` {list(input.shape)}, and there can be neither ellipsis nor new axes"
            )
        output = tuple(
            len(range(0, count, _checked_step(step)))
            for axis, (count, step) in enumerate(zip(counts, steps, strict=True))
            if not self.shrink_axis_mask >> axis & 1
        )
        return Inferred(
            outputs=(output,), cost=NO_ARITHMETIC, bytes_read=input.bytes_of(size_of(output))
        )

    def _range(
        self, length: int, start: int | None, end: int | None, step: int, bit: int
    ) -> range | int:
        """The elements along an axis, or their number where only that is known."""
        low, high = (0, length) if _checked_step(step) > 0 else (-1, length - 1)
        if self.begin_mask & bit:
            start = 0 if step > 0 else length - 1
        elif start is None:
            if self.shrink_axis_mask & bit:
                return 1  # one element, wherever it is
            raise UnknownValueError.of("begin")
        else:
            start = min(max(start + length if start < 0 else start, low), high)
        if self.shrink_axis_mask & bit:
            return range(start, start + 1)  # out of range is not an error
        if self.end_mask & bit:
            end = length if step > 0 else -1
        elif end is None:
            raise UnknownValueError.of("end")
        else:
            end = min(max(end + length if end < 0 else end, low), high)
        return range(start, end, step)


def _checked_step(step: int) -> int:
    if step == 0:
        raise ValueError("a stride of 0 leads nowhere")
    return step


@register(
    "GATHER",
    options="GatherOptions",
    indices=Indices(operand=1, table=0, axis="axis", passes_on=(0,)),
)
@dataclass(frozen=True, slots=True)
class Gather(Op):
    """Slices of the input along one axis, chosen by indices.

    input    any shape
    indices  any shape
    output   input.shape[:axis] + indices.shape[batch_dims:] + input.shape[axis + 1:]

    Moves data, no arithmetic. Only what is taken is read.
    Source   tflite/kernels/gather.cc, Prepare
    """

    axis: int
    batch_dims: int = 0

    def infer(self, input: TensorSpec, indices: TensorSpec) -> Inferred:
        axis = normalized_axis(self.axis, len(input.shape))
        batch = self.batch_dims + (len(indices.shape) if self.batch_dims < 0 else 0)
        if not 0 <= batch <= min(axis, len(indices.shape)):
            raise ValueError(f"`batch_dims` {self.batch_dims} does not fit axis {axis}")
        if input.shape[:batch] != indices.shape[:batch]:
            raise ValueError(
                f"the first {batch} axes of `input` {list(input.shape)} and `indices` "
                f"{list(indices.shape)} must agree"
            )
        output = (*input.shape[:axis], *indices.shape[batch:], *input.shape[axis + 1 :])
        value = None
        chosen = indices.value if batch == 0 and input.known is not None else None
        if chosen is not None and all(0 <= index < input.shape[axis] for index in chosen):
            picks: list[list[int] | range] = [range(length) for length in input.shape]
            picks[axis] = [int(index) for index in chosen]
            value = picked_value(input, picks)
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(value,),
            bytes_read=looked_up(input, size_of(output)) + whole((indices,)),
        )


def _even_parts(length: int, parts: int) -> int:
    if parts < 1 or length % parts:
        raise ValueError(f"an axis of length {length} cannot be split into {parts} equal parts")
    return length // parts


@register(
    "SPLIT",
    options="SplitOptions",
    events=DelegateEvents(main=("Copy",)),
    indices=Indices(passes_on=(1,)),
)
@dataclass(frozen=True, slots=True)
class Split(Op):
    """Equal parts along one axis.

    axis     scalar
    input    any shape
    outputs  `num_splits` tensors

    Moves data, no arithmetic.
    Source   tflite/kernels/split.cc, ResizeOutputTensors
    """

    num_splits: int

    only_moves_data: ClassVar = True

    def output_count(self) -> int | None:
        return self.num_splits

    def infer(self, axis: TensorSpec, input: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        along = normalized_axis(number, len(input.shape))
        part = _even_parts(input.shape[along], self.num_splits)
        return _split(input, along, [part] * self.num_splits)


@register("SPLIT_V", options="SplitVOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class SplitV(Op):
    """Parts of given lengths along one axis.

    input        any shape
    size_splits  [parts], their lengths; one may be -1 and takes what is left
    axis         scalar
    outputs      `num_splits` tensors

    Moves data, no arithmetic.
    Source   tflite/kernels/split_v.cc, ResizeOutputTensors
    """

    num_splits: int

    only_moves_data: ClassVar = True

    def output_count(self) -> int | None:
        return self.num_splits

    def infer(self, input: TensorSpec, size_splits: TensorSpec, axis: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        along = normalized_axis(number, len(input.shape))
        lengths = list(size_splits.required_integers("size_splits"))
        if lengths.count(-1) == 1:
            position = lengths.index(-1)
            lengths[position] = input.shape[along] - sum(lengths) - 1
        if min(lengths, default=0) < 0 or sum(lengths) != input.shape[along]:
            raise ValueError(
                f"parts of {lengths} do not add up to axis {along} of `input` {list(input.shape)}"
            )
        if len(lengths) != self.num_splits:
            raise ValueError(f"{len(lengths)} parts do not fit {self.num_splits} outputs")
        return _split(input, along, lengths)


def _split(input: TensorSpec, axis: int, lengths: list[int]) -> Inferred:
    picks: list[range] = [range(length) for length in input.shape]
    outputs: list[Shape] = []
    values = []
    start = 0
    for length in lengths:
        picks[axis] = range(start, start + length)
        outputs.append((*input.shape[:axis], length, *input.shape[axis + 1 :]))
        values.append(picked_value(input, picks))
        start += length
    return Inferred(outputs=tuple(outputs), cost=NO_ARITHMETIC, values=tuple(values))


@register("TILE", options="TileOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class Tile(Op):
    """Repeats the input along its axes.

    input      any shape
    multiples  [rank]
    output     input.shape[i] * multiples[i]

    Moves data, no arithmetic.
    Source   tflite/kernels/tile.cc, MultiplyShapeDims
    """

    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, multiples: TensorSpec) -> Inferred:
        times = multiples.required_integers("multiples")
        if len(times) != len(input.shape) or min(times, default=0) < 0:
            raise ValueError(f"`multiples` {list(times)} do not fit `input` {list(input.shape)}")
        output = tuple(n * count for n, count in zip(input.shape, times, strict=True))
        value = None
        if input.known is not None and 0 < size_of(output) <= VALUE_LIMIT:
            picks = [list(range(n)) * count for n, count in zip(input.shape, times, strict=True)]
            value = picked_value(input, picks)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


@register("BROADCAST_TO", options="BroadcastToOptions", indices=PASSES_FIRST)
@dataclass(frozen=True, slots=True)
class BroadcastTo(Op):
    """Repeats the input's axes of length 1 up to a given shape.

    input    any shape
    shape    [rank of the output]
    output   that shape

    Moves data, no arithmetic.
    Source   tflite/kernels/broadcast_to.cc, ResizeOutputTensor
    """

    shape_role: ClassVar = "shape"

    def infer(self, input: TensorSpec, shape: TensorSpec) -> Inferred:
        output = shape.required_integers("shape")
        if min(output, default=0) < 0 or broadcast(input.shape, output) != output:
            raise ValueError(f"`input` {list(input.shape)} cannot be repeated to {list(output)}")
        value = elementwise_value(lambda element: element, output, input)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))
