"""Resampling of images."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.geometry import size_of, with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec, Value
from tflops_native.ops.traffic import reading

# Of more output positions along an axis none is assumed to share with the next what it reads.
_FOLLOWED = 2048
# Of a position of the output, the scale, and the length of the input.
_Sources = Callable[[int, float, int], tuple[int, ...]]


def _resized(input: TensorSpec, size: TensorSpec) -> Shape:
    n, _, _, c = with_rank(input, 4, "input")
    lengths = size.required_integers("size")
    if len(lengths) != 2 or min(lengths) < 1:
        raise ValueError(f"`size` must be two positive lengths, but is {list(lengths)}")
    return (n, *lengths, c)


@register("RESIZE_BILINEAR", options="ResizeBilinearOptions")
@dataclass(frozen=True, slots=True)
class ResizeBilinear(Op):
    """Each output pixel is a weighted mean of four neighbours.

    input    [N, H, W, C]
    size     [2], height and width of the output
    output   [N, size[0], size[1], C]

    Other    7 per output element: 4 multiplications and 3 additions; the weights are not counted
    Only the neighbours are read.
    Source   tflite/kernels/resize_bilinear.cc, ResizeOutputTensor; reference/resize_bilinear.h
    """

    align_corners: bool = False
    half_pixel_centers: bool = False

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][1:3] if role == "size" else None

    def infer(self, input: TensorSpec, size: TensorSpec) -> Inferred:
        output = _resized(input, size)
        result = Inferred(outputs=(output,), cost=Cost(scalar_ops=7) * size_of(output))
        return _reading_pixels(result, input, size, self.align_corners, self._neighbours)

    def _neighbours(self, position: int, scale: float, length: int) -> tuple[int, ...]:
        at = (position + 0.5) * scale - 0.5 if self.half_pixel_centers else position * scale
        return max(math.floor(at), 0), min(math.ceil(at), length - 1)


@register("RESIZE_NEAREST_NEIGHBOR", options="ResizeNearestNeighborOptions")
@dataclass(frozen=True, slots=True)
class ResizeNearestNeighbor(Op):
    """Each output pixel is a copy of the nearest input pixel.

    input    [N, H, W, C]
    size     [2], height and width of the output
    output   [N, size[0], size[1], C]

    Moves data, no arithmetic. Only the pixels that are copied are read.
    Source   tflite/kernels/resize_nearest_neighbor.cc, ResizeOutputTensor;
             reference/resize_nearest_neighbor.h
    """

    align_corners: bool = False
    half_pixel_centers: bool = False

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][1:3] if role == "size" else None

    def infer(self, input: TensorSpec, size: TensorSpec) -> Inferred:
        result = Inferred(outputs=(_resized(input, size),), cost=NO_ARITHMETIC)
        return _reading_pixels(result, input, size, self.align_corners, self._nearest)

    def _nearest(self, position: int, scale: float, length: int) -> tuple[int, ...]:
        at = (position + 0.5 * self.half_pixel_centers) * scale
        return (min(math.floor(at + 0.5 * self.align_corners), length - 1),)


def _reading_pixels(
    result: Inferred,
    input: TensorSpec,
    size: TensorSpec,
    align_corners: bool,
    sources: _Sources,
) -> Inferred:
    """The result, with only the pixels read that `sources` names for a position, a scale and a length."""
    output = result.outputs[0] or ()
    pixels = 1
    for length, count in zip(input.shape[1:3], output[1:3], strict=True):
        if not length or not count:
            return result
        is_aligned = align_corners and count > 1
        scale = (length - 1) / (count - 1) if is_aligned else length / count
        pixels *= _read(sources, count, scale, length)
    return reading(result, input, pixels * input.shape[0] * input.shape[3], size)


def _read(sources: _Sources, count: int, scale: float, length: int) -> int:
    """How many positions along the input's axis the output's positions read."""
    first, last = sources(0, scale, length), sources(count - 1, scale, length)
    between = max(last) - min(first) + 1
    if scale <= 1:
        # None is passed over.
        return between
    if count > _FOLLOWED:
        return min(count * len(first), between)
    return len({source for at in range(count) for source in sources(at, scale, length)})
