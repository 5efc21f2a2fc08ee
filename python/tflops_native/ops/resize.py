"""Resampling of images."""

from dataclasses import dataclass

from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Cost,
    Inferred,
    Op,
    Shape,
    TensorSpec,
    Value,
    register,
)
from tflops_native.ops.geometry import size_of, with_rank


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
    Source   tflite/kernels/resize_bilinear.cc, ResizeOutputTensor
    """

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][1:3] if role == "size" else None

    def infer(self, input: TensorSpec, size: TensorSpec) -> Inferred:
        output = _resized(input, size)
        return Inferred(outputs=(output,), cost=Cost(scalar_ops=7) * size_of(output))


@register("RESIZE_NEAREST_NEIGHBOR", options="ResizeNearestNeighborOptions")
@dataclass(frozen=True, slots=True)
class ResizeNearestNeighbor(Op):
    """Each output pixel is a copy of the nearest input pixel.

    input    [N, H, W, C]
    size     [2], height and width of the output
    output   [N, size[0], size[1], C]

    Moves data, no arithmetic.
    Source   tflite/kernels/resize_nearest_neighbor.cc, ResizeOutputTensor
    """

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][1:3] if role == "size" else None

    def infer(self, input: TensorSpec, size: TensorSpec) -> Inferred:
        return Inferred(outputs=(_resized(input, size),), cost=NO_ARITHMETIC)
