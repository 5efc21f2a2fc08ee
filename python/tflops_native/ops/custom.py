"""Custom operators that many models have: of the runtime's own library, MediaPipe, and others."""

from dataclasses import dataclass

from tflops_native.model.custom_options import StructLayout
from tflops_native.model.schema import ActivationFunctionType, Padding
from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.delegate_events import named
from tflops_native.ops.families import family
from tflops_native.ops.geometry import (
    epilogue_cost,
    size_of,
    window_output_size,
    with_rank,
)
from tflops_native.ops.tensor_spec import Shape, TensorSpec

# What the kernel does to compare two boxes: two areas and whether they are empty, the corners of the
# overlap, its area, intersection over union, and the comparison with the threshold.
_OVERLAP = Cost(scalar_ops=6 + 2 + 4 + 5 + 3 + 1)
# Decoding of a box: centre, half height and half width, four corners.
_DECODE = Cost(scalar_ops=6 + 6 + 4, transcendentals=2)


@register("TFLite_Detection_PostProcess", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class DetectionPostProcess(Op):
    """Decodes boxes and keeps the best of those that overlap.

    box_encodings      [1, N, 4 or more]
    class_predictions  [1, N, classes], with the background in front or without
    anchors            [N, 4]
    outputs            boxes [1, M, 4], classes [1, M], scores [1, M], their number [1], with
                       M = max_detections * max_classes_per_detection

    Other    18 and two exp per box, 2 per element of quantized inputs, and the choice of classes:
             one needs a comparison for each other, k are sorted in ceil(log2 k) of all;
             data decides on the comparisons of boxes, 21 for each: at most each box with each
             kept one; for each class with `use_regular_nms`
    Source   tflite/kernels/detection_postprocess.cc, Prepare, DecodeCenterSizeBoxes and
             NonMaxSuppressionMultiClassFastHelper
    """

    max_detections: int
    max_classes_per_detection: int
    num_classes: int
    detections_per_class: int = 100
    use_regular_nms: bool = False

    def infer(
        self, box_encodings: TensorSpec, class_predictions: TensorSpec, anchors: TensorSpec
    ) -> Inferred:
        _, boxes, coordinates = with_rank(box_encodings, 3, "box_encodings")
        _, _, classes = with_rank(class_predictions, 3, "class_predictions")
        kept = self.max_detections * self.max_classes_per_detection
        if kept < 0 or coordinates < 4 or with_rank(anchors, 2, "anchors") != (boxes, 4):
            raise ValueError(
                f"`box_encodings` {list(box_encodings.shape)}, `anchors` {list(anchors.shape)} and "
                f"{self.max_detections} detections of {self.max_classes_per_detection} classes do "
                "not go together"
            )
        if not 0 <= classes - self.num_classes <= 1:
            raise ValueError(
                f"{self.num_classes} classes do not fit `class_predictions` "
                f"{list(class_predictions.shape)}"
            )
        least = _DECODE * boxes
        if not box_encodings.is_float:
            least += Cost(scalar_ops=2 * 8 * boxes)
        if not class_predictions.is_float:
            least += Cost(scalar_ops=2 * class_predictions.size)
        # Whether corners are the right way round, and which scores are high enough.
        checks = Cost(scalar_ops=3 * boxes)
        if self.use_regular_nms:
            least += checks * self.num_classes
            per_class = _suppression(boxes, self.detections_per_class)
            selected = min(boxes, max(self.detections_per_class, 0))
            best = min(self.max_detections, self.num_classes * selected)
            per_class += Cost(scalar_ops=_comparisons(best + selected, best))
            most = least + per_class * self.num_classes
        else:
            chosen = min(self.max_classes_per_detection, self.num_classes)
            least += Cost(scalar_ops=boxes * _comparisons(self.num_classes, chosen)) + checks
            most = least + _suppression(boxes, self.max_detections)
        return Inferred(
            outputs=((1, kept, 4), (1, kept), (1, kept), (1,)),
            cost=most,
            minimum=least,
            note="data decides how many boxes are compared",
        )


def _comparisons(count: int, best: int) -> int:
    """Of the kernel's choice of the best of so many numbers: one, or several in order."""
    if count < 1 or best < 1:
        return 0
    return count - 1 if best == 1 else count * (best - 1).bit_length()


def _suppression(boxes: int, kept: int) -> Cost:
    """At most: all boxes are sorted, and each one is compared with all that are kept before it."""
    kept = min(boxes, max(kept, 0))
    sorting = Cost(scalar_ops=boxes * max(boxes - 1, 0).bit_length())
    return sorting + _OVERLAP * (kept * boxes - kept * (kept + 1) // 2)


@register("AudioSpectrogram", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class AudioSpectrogram(Op):
    """Fourier spectra of overlapping windows of a sound.

    input    [samples, channels]
    output   [channels, frames, F / 2 + 1], with F the window's length as a power of two, rounded up

    Other    for each frame: one multiplication per sample of the window, 2.5 * F * log2(F) for the
             transform, and 3 per output element, 4 without `magnitude_squared`
    Source   tflite/kernels/audio_spectrogram.cc, Prepare; internal/spectrogram.cc
    """

    window_size: int = 0
    stride: int = 0
    magnitude_squared: bool = False

    def infer(self, input: TensorSpec) -> Inferred:
        samples, channels = with_rank(input, 2, "input")
        if self.window_size < 2 or self.stride < 1:
            raise ValueError(
                f"`window_size` must be 2 or more and `stride` 1 or more, but are "
                f"{self.window_size} and {self.stride}"
            )
        frames = 0
        if samples >= self.window_size:
            frames = 1 + (samples - self.window_size) // self.stride
        steps = (self.window_size - 1).bit_length()
        length = 2**steps
        bins = 1 + length // 2
        per_frame = self.window_size + 5 * length * steps // 2
        per_frame += bins * (3 if self.magnitude_squared else 4)
        return Inferred(
            outputs=((channels, frames, bins),),
            cost=Cost(scalar_ops=channels * frames * per_frame),
        )


@register("Mfcc", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class Mfcc(Op):
    """Mel frequency cepstral coefficients of spectra.

    spectrogram  [channels, frames, bins]
    sample_rate  one number
    output       [channels, frames, dct_coefficient_count]

    MACs     frames of all channels * dct_coefficient_count * filterbank_channel_count
    Other    for each frame: 5 per bin, all bins taken to be within the frequency limits, and one
             comparison and one log for each of `filterbank_channel_count`
    Source   tflite/kernels/mfcc.cc, Prepare; internal/mfcc_mel_filterbank.cc; internal/mfcc_dct.cc
    """

    filterbank_channel_count: int = 0
    dct_coefficient_count: int = 0

    def infer(self, spectrogram: TensorSpec, sample_rate: TensorSpec) -> Inferred:
        channels, frames, bins = with_rank(spectrogram, 3, "spectrogram")
        bands, coefficients = self.filterbank_channel_count, self.dct_coefficient_count
        if sample_rate.size != 1 or bands < 0 or coefficients < 0:
            raise ValueError(
                f"`sample_rate` {list(sample_rate.shape)} must be one number, and {bands} bands "
                f"and {coefficients} coefficients not negative"
            )
        per_frame = Cost(bands * coefficients, 5 * bins + bands, bands)
        output = (channels, frames, coefficients)
        return Inferred(outputs=(output,), cost=per_frame * (channels * frames))


@register("NumericVerify", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class NumericVerify(Op):
    """Differences between a quantized tensor and its float reference, for debugging.

    input      quantized, any shape
    reference  float, the same shape
    output     the same shape

    Other    5 per element: dequantization, difference, absolute value and comparison; without
             `log_if_failed`, or with a small `tolerance`, 9: also mean, maximum and variance
    Source   tflite/kernels/numeric_verify.cc, Prepare and Eval
    """

    tolerance: float = 0.0
    log_if_failed: bool = False

    def infer(self, input: TensorSpec, reference: TensorSpec) -> Inferred:
        if input.size != reference.size:
            raise ValueError(
                f"`input` {list(input.shape)} and `reference` {list(reference.shape)} differ"
            )
        is_simple = self.log_if_failed and self.tolerance >= 0.1
        cost = Cost(scalar_ops=5 if is_simple else 9) * input.size
        return Inferred(outputs=(input.shape,), cost=cost)


# TfLitePadding of the C API, which is not the `Padding` of the schema.
_RUNTIME_PADDING = {1: Padding.SAME, 2: Padding.VALID}
_NAMED_PADDING = {"SAME": Padding.SAME, "VALID": Padding.VALID}


def _padding(options: dict[int, Padding] | dict[str, Padding], value: int | str) -> Padding:
    padding = dict(options.items()).get(value)
    if padding is None:
        raise ValueError(f"`padding` must be one of {', '.join(map(str, options))}, but is {value}")
    return padding


TRANSPOSE_CONV_PARAMS = StructLayout("<iii", ("padding", "stride_width", "stride_height"))
POOL_PARAMS = StructLayout(
    "<iiiiii",
    (
        "padding",
        "stride_width",
        "stride_height",
        "filter_width",
        "filter_height",
        "activation",
    ),
)


@register(
    "Convolution2DTransposeBias", options=TRANSPOSE_CONV_PARAMS, events=named("Deconvolution")
)
@dataclass(frozen=True, slots=True)
class Convolution2DTransposeBias(Op):
    """Transposed 2-D convolution with a bias. Its options are a C struct.

    input    [N, H, W, C]
    filter   [O, KH, KW, C]
    bias     [O]
    output   [N, OH, OW, O], along each axis stride * (n - 1) + k - p, where p is 0 for VALID and
             max(0, k - (n - 1) % stride - 1) for SAME

    MACs     N * H * W * C * KH * KW * O, positions outside the output included
    Other    1 per output element for the bias
    Source   tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitMediaPipeDeconvolutionNode
    """

    padding: int
    stride_width: int
    stride_height: int

    def infer(self, input: TensorSpec, filter: TensorSpec, bias: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        o, kh, kw, depth = with_rank(filter, 4, "filter")
        if depth != c or bias.shape != (o,):
            raise ValueError(
                f"`filter` {list(filter.shape)} and `bias` {list(bias.shape)} do not fit {c} "
                "input channels"
            )
        padding = _padding(_RUNTIME_PADDING, self.padding)
        output = (
            n,
            _transposed_size(h, kh, self.stride_height, padding),
            _transposed_size(w, kw, self.stride_width, padding),
            o,
        )
        macs = input.size * kh * kw * o
        return contraction_cost(output, macs, input=input, weights=filter, bias=bias)


def _transposed_size(size: int, window: int, stride: int, padding: Padding) -> int:
    if min(size, window, stride) < 1:
        raise ValueError(
            f"input {size}, window {window} and stride {stride} must each be 1 or more"
        )
    cut = max(0, window - (size - 1) % stride - 1) if padding is Padding.SAME else 0
    return stride * (size - 1) + window - cut


def _windows(
    input: Shape, window: tuple[int, ...], strides: tuple[int, ...], padding: Padding
) -> Shape:
    """[N, spatial axes, C] with the number of windows along each spatial axis."""
    axes = zip(input[1:-1], window, strides, strict=True)
    inner = (window_output_size(size, k, stride, padding) for size, k, stride in axes)
    return (input[0], *inner, input[-1])


@register("MaxPoolingWithArgmax2D", options=POOL_PARAMS, events=named("ArgMax Pooling"))
@dataclass(frozen=True, slots=True)
class MaxPoolingWithArgmax2D(Op):
    """The largest element of each window of each channel, and where it is. Its options are a C struct.

    input    [N, H, W, C]
    outputs  values [N, OH, OW, C]; their positions, the same shape

    Other    KH * KW - 1 per value, and the fused activation
    Source   tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitMediaPipeMaxPoolingNode
    """

    padding: int
    stride_width: int
    stride_height: int
    filter_width: int
    filter_height: int
    activation: int = 0

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, 4, "input")
        window = (self.filter_height, self.filter_width)
        strides = (self.stride_height, self.stride_width)
        output = _windows(input.shape, window, strides, _padding(_RUNTIME_PADDING, self.padding))
        elements = size_of(output)
        cost = Cost(scalar_ops=elements * (size_of(window) - 1))
        cost += epilogue_cost(elements, ActivationFunctionType(self.activation))
        return Inferred(outputs=(output, output), cost=cost)


@register("MaxUnpooling2D", "LiteRtMaxUnpooling2D", options=POOL_PARAMS, events=named("Unpooling"))
@dataclass(frozen=True, slots=True)
class MaxUnpooling2D(Op):
    """Puts elements where a max pooling took them from, and zeros elsewhere. Its options are a C struct.

    input    [N, H, W, C]
    indices  the same shape
    output   [N, OH, OW, C], along each axis n * stride for SAME, (n - 1) * stride + k for VALID

    Moves data, no arithmetic.
    Source   tflite/kernels/perception/max_unpooling_2d.cc, Prepare
    """

    padding: int
    stride_width: int
    stride_height: int
    filter_width: int
    filter_height: int

    def infer(self, input: TensorSpec, indices: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        if indices.shape != input.shape:
            raise ValueError(
                f"`indices` {list(indices.shape)} must have the shape {list(input.shape)} of `input`"
            )
        output = [n]
        axes = (
            (h, self.filter_height, self.stride_height),
            (w, self.filter_width, self.stride_width),
        )
        padding = _padding(_RUNTIME_PADDING, self.padding)
        for size, window, stride in axes:
            if min(size, window, stride) < 1:
                raise ValueError(f"window {window} and stride {stride} do not fit length {size}")
            output.append(
                size * stride if padding is Padding.SAME else (size - 1) * stride + window
            )
        return Inferred(outputs=((*output, c),), cost=NO_ARITHMETIC)


@dataclass(frozen=True, slots=True)
class CustomPool(Op):
    """Pooling over windows of any number of axes, with options as TensorFlow names them.

    input    [N, axes, C]
    outputs  [N, windows along each axis, C]; MaxPoolWithArgmax gives positions too

    Other    per value, with k elements in a window: k - 1 comparisons, or k - 1 additions and a
             division
    Source   tflite/kernels/pooling3d.cc, GenericPrepare; perception/max_pool_with_argmax.cc
    """

    axes: int
    per_output: int
    results: int
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, self.axes + 2, "input")
        for name, numbers in (("ksize", self.ksize), ("strides", self.strides)):
            is_whole = all(isinstance(number, int) for number in numbers)
            if not is_whole or len(numbers) != self.axes + 2 or {numbers[0], numbers[-1]} != {1}:
                raise ValueError(f"`{name}` {list(numbers)} must be 1, one for each axis, and 1")
        padding = _padding(_NAMED_PADDING, self.padding)
        output = _windows(input.shape, self.ksize[1:-1], self.strides[1:-1], padding)
        per_value = size_of(self.ksize) + self.per_output
        return Inferred(
            outputs=(output,) * self.results,
            cost=Cost(scalar_ops=per_value * size_of(output)),
        )


family(
    CustomPool,
    {
        "AvgPool3D": ("flexbuffer", {"axes": 3, "per_output": 0, "results": 1}),
        "MaxPool3D": ("flexbuffer", {"axes": 3, "per_output": -1, "results": 1}),
        "MaxPoolWithArgmax": ("flexbuffer", {"axes": 2, "per_output": -1, "results": 2}),
    },
)
