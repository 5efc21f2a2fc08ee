"""The decoder of PoseNet models for the Edge TPU: heatmaps and offsets to poses."""

from dataclasses import dataclass

from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.geometry import with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec

_KEYPOINTS = 17
_EDGES = 16
_MASK = 33  # the kernel's masks have this side, whatever the input
_REFINEMENTS = 5
_MASK_REFINEMENTS = 2
_WINDOW = 3  # a keypoint is the largest of its neighbours

_CLAMP = Cost(scalar_ops=2)
_DISTANCE = Cost(scalar_ops=5)  # of two points, squared
_MOVE = (Cost(scalar_ops=1) + _CLAMP) * 2  # a point by an offset, kept inside
_SIGMOID = Cost(scalar_ops=3, transcendentals=1)


def _sampled(channels: int) -> Cost:
    """Bilinear interpolation at a point: its cell and weights, and 6 products and 3 sums each."""
    return (_CLAMP + Cost(scalar_ops=3)) * 2 + Cost(scalar_ops=2) + Cost(scalar_ops=9) * channels


def _comparisons(elements: int) -> int:
    """Comparisons to find a place among so many, in a heap or by halves."""
    return max(elements - 1, 0).bit_length()


def _sorted(elements: int) -> Cost:
    return Cost(scalar_ops=elements * _comparisons(elements))


@register("PosenetDecoderOp", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class PosenetDecoder(Op):
    """Poses from heatmaps of keypoints and the offsets between them.

    heatmaps       [1, H, W, 17]
    short_offsets  [1, H, W, 34]
    mid_offsets    [1, H, W, 64]
    long_offsets   [1, H, W, 34]; with them the masks are made too
    outputs        keypoints [1, max_detections, 17, 2], their scores [1, max_detections, 17],
                   scores of the poses [1, max_detections], their number [1], and masks
                   [1, max_detections, 33, 33]

    Other    1 per element of the inputs, 2 where they are quantized; a comparison per element of
             `heatmaps`; with `long_offsets` 3 interpolations for each position and keypoint. Data
             decides on all else: at most each element is a candidate, is compared with its 8
             neighbours and all poses, and a pose is followed from it along 16 edges
    Source   coral/posenet/posenet_decoder_op.cc, Prepare and Eval; posenet_decoder.cc
    """

    max_detections: int

    def infer(
        self,
        heatmaps: TensorSpec,
        short_offsets: TensorSpec,
        mid_offsets: TensorSpec,
        long_offsets: TensorSpec | None = None,
    ) -> Inferred:
        inputs = [t for t in (heatmaps, short_offsets, mid_offsets, long_offsets) if t is not None]
        batch, height, width, _ = with_rank(heatmaps, 4, "heatmaps")
        channels = (_KEYPOINTS, 2 * _KEYPOINTS, 4 * _EDGES, 2 * _KEYPOINTS)
        for tensor, depth in zip(inputs, channels, strict=False):
            if batch != 1 or tensor.shape != (1, height, width, depth):
                raise ValueError(
                    f"inputs must be [1, H, W, 17], [1, H, W, 34], [1, H, W, 64] and [1, H, W, 34], "
                    f"got {', '.join(str(list(t.shape)) for t in inputs)}"
                )
        poses = self.max_detections
        if poses < 0:
            raise ValueError(f"`max_detections` must be 0 or more, got {poses}")
        outputs: tuple[Shape, ...] = (
            (1, poses, _KEYPOINTS, 2),
            (1, poses, _KEYPOINTS),
            (1, poses),
            (1,),
        )
        least = Cost(scalar_ops=heatmaps.size) + Cost(scalar_ops=4, transcendentals=1)
        for tensor in inputs:
            least += Cost(scalar_ops=1 if tensor.is_float else 2) * tensor.size
        most = self._decoding(heatmaps.size)
        if long_offsets is not None:
            outputs = (*outputs, (1, poses, _MASK, _MASK))
            points = height * width * _KEYPOINTS
            follow = (_sampled(2) + _MOVE) * (_MASK_REFINEMENTS + 1) + Cost(scalar_ops=2)
            least += follow * points
            match = (_DISTANCE + Cost(scalar_ops=1)) * (points * poses)
            most += match + Cost(scalar_ops=height * width * max(poses - 1, 0))
        return Inferred(
            outputs=outputs,
            cost=least + most,
            minimum=least,
            note="data decides how many poses are followed",
        )

    def _decoding(self, candidates: int) -> Cost:
        """At most: all elements are as large as their neighbours, and no pose but the last few scores."""
        poses = min(self.max_detections, candidates)
        found = Cost(scalar_ops=_WINDOW**2) + _MOVE
        queued = Cost(scalar_ops=3 * _comparisons(candidates))  # in, and out with both children
        suppressed = (_DISTANCE + Cost(scalar_ops=1)) * poses
        edge = _sampled(2) + _MOVE
        edge = edge * (1 + _REFINEMENTS) + _sampled(1)
        followed = (
            edge * _EDGES
            + _sampled(1)
            + Cost(scalar_ops=3 * _comparisons(_KEYPOINTS)) * (_KEYPOINTS)
        )
        scored = _sorted(_KEYPOINTS) + Cost(scalar_ops=_KEYPOINTS + 1)
        judged = _SIGMOID * _KEYPOINTS + scored + Cost(scalar_ops=1)
        overlaps = (_DISTANCE + Cost(scalar_ops=1)) * (_KEYPOINTS * poses * (poses - 1) // 2)
        written = Cost(scalar_ops=1 + 2 * _KEYPOINTS)
        final = overlaps + (scored + written) * poses + _sorted(poses) * 2
        return (found + queued + suppressed + followed + judged) * candidates + final
