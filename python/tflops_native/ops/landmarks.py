"""MediaPipe's operators for face meshes: crops around landmarks, and the way back."""

from dataclasses import dataclass

from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.geometry import with_rank
from tflops_native.ops.tensor_spec import TensorSpec, UnknownValueError

_AFFINE_ROWS = 2  # of a 4x4 matrix: those for x and y
_MATRIX = 4


@register("Landmarks2TransformMatrix", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class Landmarks2TransformMatrix(Op):
    """The transform of a crop around some of the landmarks, from their rotation and extent (version 2).

    input    [1, landmarks, 3]
    output   [1, 4, 4]

    MACs     9 for each index in `subset_idxs` and for the centre, which are rotated, and 4 products
             of 4x4 matrices
    Other    25 and 13 functions (an arc tangent, and 12 sines and cosines) for angle, extent, scale
             and shift; 4 comparisons for each index after the first
    Source   mediapipe/util/tflite/operations/landmarks_to_transform_matrix.cc, v2
    """

    subset_idxs: tuple[int, ...] = ()

    def infer(self, input: TensorSpec) -> Inferred:
        if not self.subset_idxs:
            raise UnknownValueError("no rule for this version: it has no `subset_idxs`")
        with_rank(input, 3, "input")
        chosen = len(self.subset_idxs) // 2 * 2
        cost = Cost(
            macs=9 * (chosen + 1) + 4 * _MATRIX**3,
            scalar_ops=25 + 4 * max(chosen - 1, 0),
            transcendentals=13,
        )
        return Inferred(outputs=((1, _MATRIX, _MATRIX),), cost=cost)


@register("TransformLandmarks", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class TransformLandmarks(Op):
    """Landmarks of a crop in the coordinates of the image (version 2).

    input    [1, N, D], D of 2 or 3
    matrix   [1, 4, 4]
    output   [1, N, D]

    MACs     N * 8: x and y are products of four numbers each
    Source   mediapipe/util/tflite/operations/transform_landmarks.cc, v2
    """

    def infer(self, input: TensorSpec, matrix: TensorSpec) -> Inferred:
        if len(input.shape) != 3:
            raise UnknownValueError(
                "no rule for this version: its landmarks are not [1, N, 2 or 3]"
            )
        if input.shape[0] != 1 or input.shape[2] not in {2, 3} or matrix.size != _MATRIX**2:
            raise ValueError(
                f"`input` {list(input.shape)} must be [1, landmarks, 2 or 3] and `matrix` "
                f"{list(matrix.shape)} 4x4"
            )
        macs = input.shape[1] * _AFFINE_ROWS * _MATRIX
        return Inferred(outputs=(input.shape,), cost=Cost(macs=macs))


@register("TransformTensorBilinear", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class TransformTensorBilinear(Op):
    """A crop of an image, turned and scaled by a matrix, with bilinear interpolation (version 2).

    input    [1, H, W, C]
    matrix   [1, 4, 4]
    output   [1, OH, OW, C], output_height and output_width

    MACs     OH * OW * 8: the two coordinates are products of four numbers each
    Other    10 for the matrix; 10 per position (4 comparisons, and of both coordinates the floor,
             the rest and 1 - rest); 9 per element: 6 products and 3 sums. Positions outside the
             input are counted
    Source   mediapipe/util/tflite/operations/transform_tensor_bilinear.cc, v2
    """

    output_height: int
    output_width: int

    def infer(self, input: TensorSpec, matrix: TensorSpec) -> Inferred:
        batch, _, _, channels = with_rank(input, 4, "input")
        if (
            batch != 1
            or matrix.size != _MATRIX**2
            or min(self.output_height, self.output_width) < 0
        ):
            raise ValueError(
                f"`input` {list(input.shape)} must be [1, H, W, C], `matrix` {list(matrix.shape)} "
                f"4x4, and the output {self.output_height}x{self.output_width} not negative"
            )
        positions = self.output_height * self.output_width
        cost = Cost(
            macs=positions * _AFFINE_ROWS * _MATRIX,
            scalar_ops=10 + positions * (10 + 9 * channels),
        )
        output = (1, self.output_height, self.output_width, channels)
        return Inferred(outputs=(output,), cost=cost)


@register("Resampler")
@dataclass(frozen=True, slots=True)
class Resampler(Op):
    """Elements of an image at positions that another tensor gives, with bilinear interpolation.

    input    [N, H, W, C]
    warp     [N, H, W, 2], x and y of each position
    output   the shape of `input`

    Other    14 per position: 4 comparisons, the floor and the rest of both coordinates, 1 - rest,
             and the 4 weights; 7 per element. Positions outside the input are counted
    Source   mediapipe/util/tflite/operations/resampler.cc
    """

    def infer(self, input: TensorSpec, warp: TensorSpec) -> Inferred:
        batch, height, width, channels = with_rank(input, 4, "input")
        if warp.shape != (batch, height, width, 2):
            raise ValueError(
                f"`warp` must be {[batch, height, width, 2]} for `input` {list(input.shape)}, got "
                f"{list(warp.shape)}"
            )
        positions = batch * height * width
        return Inferred(
            outputs=(input.shape,), cost=Cost(scalar_ops=positions * (14 + 7 * channels))
        )
