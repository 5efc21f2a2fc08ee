"""The scratch buffers that the reference kernels of TensorFlow Lite for Microcontrollers ask for.

Source: tensorflow/lite/micro/kernels/*.cc, what calls RequestScratchBufferInArena in Prepare. Kernels that
are optimized for a target ask for others.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from tflops_native.arenas.kernel import Kernel, Scratch
from tflops_native.model.custom_options import FLEXBUFFER, decode_custom_options
from tflops_native.model.flexbuffer import FlexValue

_QUANTIZED: Final = ("INT8", "INT16")
_CELL_STATE: Final = 19


def micro_scratch_of(kernel: Kernel) -> tuple[Scratch, ...]:
    """The scratch buffers of an operator; none where it has none, or shapes are not known."""
    rule = _RULES.get(kernel.operator.name)
    if rule is None:
        return ()
    try:
        return tuple(rule(kernel))
    except (LookupError, ValueError):  # also of a rank that the kernel does not take
        return ()


def _svdf(kernel: Kernel) -> list[Scratch]:
    batches, filters = kernel.shape(0)[0], kernel.shape(1)[0]
    found = [Scratch("scratch", batches * filters * 4)]
    if kernel.type(0) == "INT8":
        units = filters // max(kernel.option("rank", 1), 1)
        found.append(Scratch("output before scaling", batches * units * 4))
    return found


def _transposed_convolution(kernel: Kernel) -> list[Scratch]:
    if kernel.type(2) not in _QUANTIZED:
        return []
    element = 8 if kernel.type(2) == "INT16" else 4
    return [Scratch("accumulators", math.prod(kernel.output_shape()) * element)]


def _unpacked(kernel: Kernel) -> list[Scratch]:
    """Weights of 4 bits are unpacked."""
    if kernel.type(1) != "INT4":
        return []
    return [Scratch("unpacked weights", math.prod(kernel.shape(1)))]


def _sum(kernel: Kernel) -> list[Scratch]:
    found = []
    if kernel.type(0) in _QUANTIZED:
        found.append(Scratch("sums", math.prod(kernel.output_shape()) * 4))
    return [*found, *_reduction(kernel)]


def _reduction(kernel: Kernel) -> list[Scratch]:
    return [
        Scratch("index", len(kernel.shape(0)) * 4),
        Scratch("axes", math.prod(kernel.shape(1)) * 4),
    ]


def _mirror_pad(kernel: Kernel) -> list[Scratch]:
    size = len(kernel.shape(0)) * 4
    return [Scratch("output strides", size), Scratch("input strides", size)]


def _lstm(kernel: Kernel) -> list[Scratch]:
    element = 2 if kernel.type(_CELL_STATE) == "INT16" else 4
    size = math.prod(kernel.shape(_CELL_STATE)) * element
    return [Scratch(f"gate {gate}", size) for gate in range(4)]


def _number(value: FlexValue) -> int:
    if not isinstance(value, int) or value < 0:
        raise LookupError  # damaged: the rule of the operator says so
    return value


def _detections(kernel: Kernel) -> list[Scratch]:
    fields = decode_custom_options(FLEXBUFFER, kernel.operator.custom_options)
    boxes, scores = kernel.shape(0)[1], math.prod(kernel.shape(1)[1:3])
    most, classes = (_number(fields[name]) for name in ("max_detections", "num_classes"))
    return [
        Scratch("candidates", boxes),
        Scratch("decoded boxes", boxes * 4 * 4),
        Scratch("scores", scores * 4),
        Scratch("scores of a class", boxes * 4),
        Scratch("kept scores", boxes * 4),
        Scratch("scores after suppression", most * boxes * 4),
        Scratch("sorted scores", most * boxes * 4),
        Scratch("kept indices", boxes * 4),
        Scratch("sorted indices", most * boxes * 4),
        Scratch("buffer", max(classes, most) * boxes * 4),
        Scratch("selected", min(boxes, most) * boxes * 4),
    ]


_RULES: Final[dict[str, Callable[[Kernel], Sequence[Scratch]]]] = {
    "CONV_2D": _unpacked,
    "DEPTHWISE_CONV_2D": _unpacked,
    "FULLY_CONNECTED": _unpacked,
    "MEAN": _sum,
    "MIRROR_PAD": _mirror_pad,
    "REDUCE_ALL": _reduction,
    "REDUCE_MAX": _reduction,
    "REDUCE_MIN": _reduction,
    "SUM": _sum,
    "SVDF": _svdf,
    "TFLite_Detection_PostProcess": _detections,
    "TRANSPOSE_CONV": _transposed_convolution,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
}
