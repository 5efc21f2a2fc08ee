"""Arithmetic of shapes that several operator families share. Knows no operator."""

import math
from collections.abc import Iterable, Sequence

from tflops_native.model.limits import shown_shape
from tflops_native.model.schema import ActivationFunctionType, Padding
from tflops_native.ops._op import Cost
from tflops_native.ops.tensor_spec import Shape, TensorSpec


def window_output_size(
    size: int, window: int, stride: int, padding: Padding, dilation: int = 1
) -> int:
    """Output length of one axis of a sliding window (tflite/kernels/padding.h, ComputeOutSize).

    SAME   ceil(size / stride); the dilation plays no part
    VALID  (size - effective window + stride) / stride, towards zero: 0 for a window that is larger than
           its input by less than a stride

    Raises:
        ValueError: window, stride or dilation below 1, or a window that is larger by more than that.
    """
    for what, number in (("window", window), ("stride", stride), ("dilation", dilation)):
        if number < 1:
            raise ValueError(f"{what} must be 1 or more, but is {number}")
    if padding is Padding.SAME:
        return (size + stride - 1) // stride
    effective = (window - 1) * dilation + 1
    if size + stride - effective <= -stride:
        raise ValueError(f"a window of {effective} does not fit into an input of {size}")
    return max(size + stride - effective, 0) // stride


def broadcast(*shapes: Shape) -> Shape:
    """The common shape of operands whose axes are aligned at the right.

    Raises:
        ValueError: two lengths of an axis differ and neither is 1.
    """
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(map(len, shapes))
    result = []
    for axis in range(-rank, 0):
        lengths = {shape[axis] for shape in shapes if -axis <= len(shape)} - {1}
        if len(lengths) > 1:
            raise ValueError(f"shapes {show(shapes)} cannot be broadcast together")
        result.append(lengths.pop() if lengths else 1)
    return tuple(result)


def show(shapes: Iterable[Shape]) -> str:
    """Shapes for a message: `[1, 28, 28, 1] and [3]`."""
    return " and ".join(map(shown_shape, shapes))


def normalized_axis(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        ValueError: there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} does not exist in a tensor of rank {rank}")
    return axis % rank


def with_rank(tensor: TensorSpec, rank: int, role: str) -> Shape:
    """The shape of a tensor that must have this rank.

    Raises:
        ValueError: it has another.
    """
    if len(tensor.shape) != rank:
        raise ValueError(f"`{role}` must have rank {rank}, but is {list(tensor.shape)}")
    return tensor.shape


def row_major_strides(shape: Shape) -> list[int]:
    """Distance in elements between neighbours along each axis."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return strides


def flat_indices(shape: Shape, picks: Sequence[Sequence[int]]) -> list[int]:
    """Row-major positions of the elements that are picked along each axis, in row-major order."""
    if not all(map(len, picks)):
        return []  # at once: the other axes may have any length the file states
    positions = [0]
    for stride, indices in zip(row_major_strides(shape), picks, strict=True):
        positions = [base + index * stride for base in positions for index in indices]
    return positions


def broadcast_indices(shape: Shape, target: Shape) -> list[int]:
    """For each element of `target`, in row-major order, the position in `shape` it is taken from."""
    if 0 in target:
        return []
    padded = (1,) * (len(target) - len(shape)) + shape
    picks = [
        [0] * wanted if have == 1 else range(wanted)
        for have, wanted in zip(padded, target, strict=True)
    ]
    return flat_indices(padded, picks)


ACTIVATION_COST = {
    ActivationFunctionType.NONE: Cost(),
    ActivationFunctionType.RELU: Cost(scalar_ops=1),
    ActivationFunctionType.RELU_N1_TO_1: Cost(scalar_ops=2),
    ActivationFunctionType.RELU6: Cost(scalar_ops=2),
    ActivationFunctionType.TANH: Cost(transcendentals=1),
    ActivationFunctionType.SIGN_BIT: Cost(scalar_ops=1),
}


def epilogue_cost(
    elements: int, activation: ActivationFunctionType, bias: TensorSpec | None = None
) -> Cost:
    """What a fused bias and a fused activation add to each of the output's elements.

    One addition for the bias; RELU is one comparison, a clamp on both sides is two.
    """
    per_element = ACTIVATION_COST[activation]
    additions = 0 if bias is None else elements
    return Cost(
        scalar_ops=per_element.scalar_ops * elements + additions,
        transcendentals=per_element.transcendentals * elements,
    )


def size_of(shape: Shape) -> int:
    """Number of elements."""
    return math.prod(shape)
