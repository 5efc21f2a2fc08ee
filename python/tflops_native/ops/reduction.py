"""Reductions along axes, scans, and searches."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.families import family
from tflops_native.ops.geometry import normalized_axis, row_major_strides, size_of
from tflops_native.ops.indices import Indices
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, Value
from tflops_native.ops.values import small_value

FoldMany = Callable[[Sequence[int | float]], int | float]


@dataclass(frozen=True, slots=True)
class Reduce(Op):
    """One result from all elements along the given axes.

    input    any shape
    axes     axes to reduce; negative ones count from the end, repeated ones count once
    output   the shape without these axes, or with 1 in their place with `keep_dims`

    Other    (input elements - output elements), and `per_output` for each output element
    Source   tflite/kernels/reduce.cc, ResizeOutputTensor
    """

    fold: FoldMany
    per_output: int = 0
    keep_dims: bool = False

    def infer(self, input: TensorSpec, axes: TensorSpec) -> Inferred:
        rank = len(input.shape)
        reduced: frozenset[int] = frozenset()
        if rank:
            reduced = frozenset(
                normalized_axis(axis, rank) for axis in axes.required_integers("axes")
            )
        output = tuple(
            1 if axis in reduced else length
            for axis, length in enumerate(input.shape)
            if self.keep_dims or axis not in reduced
        )
        elements = size_of(output)
        steps = max(input.size - elements, 0) + self.per_output * elements
        return Inferred(
            outputs=(output,),
            cost=Cost(scalar_ops=steps),
            values=(self._value(input, reduced, elements),),
        )

    def _value(self, input: TensorSpec, reduced: frozenset[int], elements: int) -> Value | None:
        value = small_value(input)
        if not value:
            return None
        groups: list[list[int | float]] = [[] for _ in range(elements)]
        kept = [axis for axis in range(len(input.shape)) if axis not in reduced]
        kept_strides = row_major_strides(tuple(input.shape[axis] for axis in kept))
        strides = row_major_strides(input.shape)
        for position, element in enumerate(value):
            group = sum(
                (position // strides[axis]) % input.shape[axis] * stride
                for axis, stride in zip(kept, kept_strides, strict=True)
            )
            groups[group].append(element)
        try:
            return tuple(self.fold(group) for group in groups)
        except (ArithmeticError, ValueError):
            return None


def _mean(elements: Sequence[int | float]) -> int | float:
    return sum(elements) / len(elements)


family(
    Reduce,
    {
        "SUM": ("ReducerOptions", {"fold": sum, "per_output": 0}),
        # One division per result.
        "MEAN": ("ReducerOptions", {"fold": _mean, "per_output": 1}),
        "REDUCE_PROD": ("ReducerOptions", {"fold": math.prod, "per_output": 0}),
        "REDUCE_MAX": ("ReducerOptions", {"fold": max, "per_output": 0}),
        "REDUCE_MIN": ("ReducerOptions", {"fold": min, "per_output": 0}),
        "REDUCE_ANY": ("ReducerOptions", {"fold": any, "per_output": 0}),
        "REDUCE_ALL": ("ReducerOptions", {"fold": all, "per_output": 0}),
    },
    events={
        "SUM": DelegateEvents(
            main=("Global Sum Pooling", "Mean", "Sum Squared", "Mean Squared", "Static Sum")
        ),
        # "Static": the names of the nodes of its subgraph, which builds with other profilers show.
        "MEAN": DelegateEvents(main=("Global Average Pooling", "Mean Squared", "Static Mean")),
    },
)


@dataclass(frozen=True, slots=True)
class ArgReduce(Op):
    """Position of the largest or smallest element along one axis.

    input    any shape
    axis     scalar
    output   the shape without that axis

    Other    (input elements - output elements) comparisons
    Source   tflite/kernels/arg_min_max.cc, ResizeOutput
    """

    def infer(self, input: TensorSpec, axis: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        along = normalized_axis(number, len(input.shape))
        output: Shape = input.shape[:along] + input.shape[along + 1 :]
        return Inferred(
            outputs=(output,), cost=Cost(scalar_ops=max(input.size - size_of(output), 0))
        )


family(ArgReduce, {"ARG_MAX": ("ArgMaxOptions", {}), "ARG_MIN": ("ArgMinOptions", {})})


@register("CUMSUM", options="CumsumOptions")
@dataclass(frozen=True, slots=True)
class Cumsum(Op):
    """Running sum along one axis.

    input    any shape
    axis     scalar
    output   the same shape

    Other    one addition per element but the first of each row
    Source   tflite/kernels/cumsum.cc, Prepare
    """

    def infer(self, input: TensorSpec, axis: TensorSpec) -> Inferred:
        number = axis.required_number("axis")
        length = input.shape[normalized_axis(number, len(input.shape))]
        additions = input.size - input.size // length if length else 0
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=additions))


@dataclass(frozen=True, slots=True)
class UnsortedSegment(Op):
    """One result from all slices of the input that carry the same segment number.

    input         any shape
    segment_ids   a prefix of the input's shape; negative numbers drop their slice
    num_segments  scalar
    output        [num_segments] and the input's axes behind those of `segment_ids`

    Other    one operation per input element
    Source   tflite/kernels/unsorted_segment.cc, ResizeOutputTensor
    """

    fold: FoldMany

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][:1] if role == "num_segments" else None

    def infer(
        self, input: TensorSpec, segment_ids: TensorSpec, num_segments: TensorSpec
    ) -> Inferred:
        segments = num_segments.required_number("num_segments")
        ids_shape = segment_ids.shape
        if segments < 0 or input.shape[: len(ids_shape)] != ids_shape:
            raise ValueError(
                f"`segment_ids` {list(ids_shape)} must be a prefix of `input` {list(input.shape)}, "
                f"and `num_segments` not negative, but is {segments}"
            )
        ids = small_value(segment_ids)
        if ids and max(ids) >= segments:
            raise ValueError(f"`segment_ids` go up to {max(ids)}, `num_segments` is {segments}")
        output = (segments, *input.shape[len(ids_shape) :])
        return Inferred(
            outputs=(output,),
            cost=Cost(scalar_ops=input.size),
            values=(_segment_values(self.fold, input, segment_ids, segments),),
        )


def _segment_values(
    fold: FoldMany, input: TensorSpec, segment_ids: TensorSpec, segments: int
) -> Value | None:
    value, ids = small_value(input), small_value(segment_ids)
    if value is None or ids is None or len(value) != len(ids) or segments > VALUE_LIMIT:
        return None  # only vectors of shapes are followed, one element to a segment number
    groups: list[list[int | float]] = [[] for _ in range(segments)]
    for element, segment in zip(value, ids, strict=True):
        if 0 <= segment < segments:
            groups[int(segment)].append(element)
    if not all(groups):
        return None  # an empty segment holds an extreme value of the type: no shape
    return tuple(fold(group) for group in groups)


_SEGMENT_NUMBERS = Indices(operand=1, sizes=2)

family(
    UnsortedSegment,
    {
        "UNSORTED_SEGMENT_PROD": ("UnsortedSegmentProdOptions", {"fold": math.prod}),
        "UNSORTED_SEGMENT_SUM": ("UnsortedSegmentSumOptions", {"fold": sum}),
        "UNSORTED_SEGMENT_MAX": ("UnsortedSegmentMaxOptions", {"fold": max}),
        "UNSORTED_SEGMENT_MIN": ("UnsortedSegmentMinOptions", {"fold": min}),
    },
    default_indices=_SEGMENT_NUMBERS,
)


@register("SEGMENT_SUM", options="SegmentSumOptions")
@dataclass(frozen=True, slots=True)
class SegmentSum(Op):
    """Sums of slices that lie side by side and carry the same segment number.

    input        any shape but a scalar
    segment_ids  [first length of the input], from 0 on, each the one before or the next
    output       [number of segments] and the input's other axes; as long as the input itself where
                 data decides the number

    Other    one addition per input element
    Source   tflite/kernels/segment_sum.cc, ResizeOutputTensor
    """

    def infer(self, input: TensorSpec, segment_ids: TensorSpec) -> Inferred:
        if not input.shape or segment_ids.shape != input.shape[:1]:
            raise ValueError(
                f"`segment_ids` {list(segment_ids.shape)} must have an element for each slice of "
                f"`input` {list(input.shape)}"
            )
        cost = Cost(scalar_ops=input.size)
        if segment_ids.value is None:
            note = "data decides the number of segments: at most one for each slice"
            return Inferred(outputs=(input.shape,), cost=cost, is_bound=True, note=note)
        ids = segment_ids.required_integers("segment_ids")
        steps = {after - before for before, after in pairwise((-1, *ids))}
        if not steps <= {0, 1} or ids[:1] not in ((), (0,)):
            raise ValueError(f"`segment_ids` must rise from 0 by steps of 1, but are {list(ids)}")
        segments = ids[-1] + 1 if ids else 0
        return Inferred(
            outputs=((segments, *input.shape[1:]),),
            cost=cost,
            values=(_segment_values(sum, input, segment_ids, segments),),
        )
