"""Operators that search and sort. What some of them find decides on the shape of their output."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.geometry import row_major_strides, size_of, with_rank
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, Value


@register("TOPK_V2", options="TopKV2Options")
@dataclass(frozen=True, slots=True)
class TopK(Op):
    """The k largest elements of each row, and where they are.

    input    [..., length]
    k        scalar; a negative one is taken as 0
    outputs  values [..., k]; their positions [..., k]

    Other    at most ceil(log2(k + 1)) comparisons per input element, a binary search among the best so
             far; at least one, with the smallest of these: the order of the elements decides
    Source   tflite/kernels/topk_v2.cc, ResizeOutput
    """

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][-1:] if role == "k" else None

    def infer(self, input: TensorSpec, k: TensorSpec) -> Inferred:
        count = max(k.required_number("k"), 0)
        if not input.shape or count > input.shape[-1]:
            raise ValueError(
                f"there are no {count} elements in a row of `input` {list(input.shape)}"
            )
        output = (*input.shape[:-1], count)
        return Inferred(
            outputs=(output, output),
            cost=Cost(scalar_ops=search_comparisons(count) * input.size),
            minimum=Cost(scalar_ops=input.size) if count > 1 else None,
        )


def search_comparisons(elements: int) -> int:
    """Comparisons that find a place among so many sorted elements: ceil(log2(elements + 1))."""
    return elements.bit_length()


@register("BUCKETIZE", options="BucketizeOptions")
@dataclass(frozen=True, slots=True)
class Bucketize(Op):
    """The number of boundaries that each element reaches.

    input    any shape
    output   the same shape

    Other    ceil(log2(boundaries + 1)) comparisons per element: a binary search
    Source   tflite/kernels/bucketize.cc, Prepare
    """

    boundaries: tuple[float, ...] = ()

    def infer(self, input: TensorSpec) -> Inferred:
        if any(before > after for before, after in pairwise(self.boundaries)):
            raise ValueError(f"`boundaries` must be sorted, but are {list(self.boundaries)}")
        comparisons = search_comparisons(len(self.boundaries))
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=comparisons) * input.size)


@register("UNIQUE", options="UniqueOptions")
@dataclass(frozen=True, slots=True)
class Unique(Op):
    """The different elements, in the order in which they come, and which of them each element is.

    input    [N]
    outputs  the different elements [U], where U is N if data decides; their positions [N]

    Other    ceil(log2(U + 1)) comparisons per element: a binary search among those found
    Source   tflite/kernels/unique.cc, EvalImpl
    """

    def infer(self, input: TensorSpec) -> Inferred:
        (n,) = with_rank(input, 1, "input")
        value = input.value
        if value is None:
            return Inferred(
                outputs=((n,), (n,)),
                cost=Cost(scalar_ops=search_comparisons(n) * n),
                is_bound=True,
                minimum=Cost(scalar_ops=n),
                note="data decides how many different elements there are",
            )
        found: dict[int | float, int] = {}
        positions = tuple(found.setdefault(element, len(found)) for element in value)
        return Inferred(
            outputs=((len(found),), (n,)),
            cost=Cost(scalar_ops=search_comparisons(len(found)) * n),
            values=(tuple(found), positions),
        )


@register("WHERE", options="WhereOptions")
@dataclass(frozen=True, slots=True)
class Where(Op):
    """Positions of the elements that are not zero.

    condition  any shape but a scalar
    output     [number of these elements, rank of condition]; of all elements where data decides

    Moves data, no arithmetic.
    Source   tflite/kernels/where.cc, ResizeOutputTensor
    """

    def infer(self, condition: TensorSpec) -> Inferred:
        rank = len(condition.shape)
        if not rank:
            raise ValueError("`condition` must have an axis, but is a scalar")
        value = condition.value
        if value is None:
            return Inferred(
                outputs=((condition.size, rank),),
                cost=NO_ARITHMETIC,
                is_bound=True,
                note="data decides how many elements are chosen",
            )
        chosen = [position for position, element in enumerate(value) if element]
        output = (len(chosen), rank)
        coordinates: Value | None = None
        if size_of(output) <= VALUE_LIMIT:
            axes = list(zip(row_major_strides(condition.shape), condition.shape, strict=True))
            coordinates = tuple(
                position // stride % length for position in chosen for stride, length in axes
            )
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(coordinates,))


# What the kernel does to compare two boxes: corners in order, two areas and whether they are empty,
# the overlap, its area, intersection over union, and the comparison with the threshold.
_OVERLAP = Cost(scalar_ops=8 + 6 + 2 + 4 + 5 + 3 + 1)
# Soft suppression: exp(scale * iou * iou) times the score, and whether that is still enough.
_DECAY = Cost(scalar_ops=4, transcendentals=1)


def _suppression_cost(
    boxes: TensorSpec, scores: TensorSpec, max_output_size: TensorSpec, per_pair: Cost
) -> tuple[int, Cost, Cost]:
    """How many boxes are put out, and the greatest and the least cost of choosing them."""
    n, coordinates = with_rank(boxes, 2, "boxes")
    if coordinates != 4 or scores.shape != (n,):
        raise ValueError(
            f"`boxes` and `scores` must be [N, 4] and [N], but are {list(boxes.shape)} and "
            f"{list(scores.shape)}"
        )
    count = max_output_size.required_number("max_output_size")
    if count < 0:
        raise ValueError(f"`max_output_size` must not be negative, but is {count}")
    filtered = Cost(scalar_ops=n)
    sorting = Cost(scalar_ops=n * max(n - 1, 0).bit_length())
    return count, filtered + sorting + per_pair * (n * min(n, count)), filtered


_DATA_DECIDES = "data decides how many boxes are compared"


@register("NON_MAX_SUPPRESSION_V4", options="NonMaxSuppressionV4Options")
@dataclass(frozen=True, slots=True)
class NonMaxSuppressionV4(Op):
    """The boxes with the best scores, without those that overlap a better one.

    boxes            [N, 4]
    scores           [N]
    max_output_size  scalar
    iou_threshold    scalar
    score_threshold  scalar
    outputs          indices [max_output_size], filled up with zeros; their number, a scalar

    Other    at most N comparisons of scores, N * ceil(log2(N)) to sort them, and
             29 * N * min(N, max_output_size) to compare each box with each chosen one;
             at least N
    Source   tflite/kernels/non_max_suppression.cc, Prepare; internal/reference/non_max_suppression.h
    """

    shape_role: ClassVar = "max_output_size"

    def infer(
        self,
        boxes: TensorSpec,
        scores: TensorSpec,
        max_output_size: TensorSpec,
        iou_threshold: TensorSpec,
        score_threshold: TensorSpec,
    ) -> Inferred:
        count, most, least = _suppression_cost(boxes, scores, max_output_size, _OVERLAP)
        return Inferred(outputs=((count,), ()), cost=most, minimum=least, note=_DATA_DECIDES)


@register("NON_MAX_SUPPRESSION_V5", options="NonMaxSuppressionV5Options")
@dataclass(frozen=True, slots=True)
class NonMaxSuppressionV5(Op):
    """As NON_MAX_SUPPRESSION_V4; overlapping boxes may lose score instead of dropping out.

    boxes            [N, 4]
    scores           [N]
    max_output_size  scalar
    iou_threshold    scalar
    score_threshold  scalar
    soft_nms_sigma   scalar; 0 means that scores do not change
    outputs          indices [max_output_size], filled up with zeros; their scores
                     [max_output_size]; their number, a scalar

    Other    as NON_MAX_SUPPRESSION_V4; 4 more and one exp for each pair of boxes unless
             soft_nms_sigma is known to be 0
    Source   tflite/kernels/non_max_suppression.cc, Prepare; internal/reference/non_max_suppression.h
    """

    shape_role: ClassVar = "max_output_size"

    def infer(
        self,
        boxes: TensorSpec,
        scores: TensorSpec,
        max_output_size: TensorSpec,
        iou_threshold: TensorSpec,
        score_threshold: TensorSpec,
        soft_nms_sigma: TensorSpec,
    ) -> Inferred:
        per_pair = _OVERLAP if soft_nms_sigma.value == (0,) else _OVERLAP + _DECAY
        count, most, least = _suppression_cost(boxes, scores, max_output_size, per_pair)
        return Inferred(
            outputs=((count,), (count,), ()), cost=most, minimum=least, note=_DATA_DECIDES
        )
