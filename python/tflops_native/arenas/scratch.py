"""The scratch tensors that builtin kernels ask for.

Source: tflite/kernels/*.cc, Prepare. The order is that of the kernel: ties between tensors of equal size
are broken by it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from tflops_native.arenas.kernel import Home, Kernel, Scratch, tensor_bytes
from tflops_native.arenas.recurrent_scratch import BASIC_LSTM_INPUTS, RECURRENT
from tflops_native.model.graph import Operator

_Rule: TypeAlias = Callable[[Kernel], Sequence[Scratch]]
_QUANTIZED_WEIGHTS: Final = frozenset({"INT4", "INT8", "UINT8"})
# The kernel for packed 4-bit weights: fully_connected_4bit.h, and its most rows at once, as on x86-64 and
# aarch64.
_PACKED_UNITS, _PACKED_DEPTH, _PACKED_ROWS = 4, 32, 4
# Tensors that kernels add to the subgraph when they are created, whether they need them or not (of 2.17.1;
# later versions add some of them when shapes are known). Other kernels add later what they need.
_ADDED_AT_START: Final[dict[str, int]] = {
    "ADD_N": 1,
    "BATCH_MATMUL": 7,
    "BIDIRECTIONAL_SEQUENCE_LSTM": 19,
    "BIDIRECTIONAL_SEQUENCE_RNN": 9,
    "FULLY_CONNECTED": 6,
    "LSTM": 21,
    "MEAN": 4,
    "REDUCE_ALL": 4,
    "REDUCE_ANY": 4,
    "REDUCE_MAX": 4,
    "REDUCE_MIN": 4,
    "REDUCE_PROD": 4,
    "RNN": 6,
    "STABLEHLO_REDUCE_WINDOW": 2,
    "SUM": 4,
    "SVDF": 6,
    "TFLite_Detection_PostProcess": 2,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 12,
    "UNIDIRECTIONAL_SEQUENCE_RNN": 6,
}


def added_at_start(operator: Operator) -> int | None:
    """How many tensors the kernel of an operator adds when it is created; None if it adds them later."""
    if operator.name == "LSTM" and len(operator.inputs) <= BASIC_LSTM_INPUTS:
        return None
    return _ADDED_AT_START.get(operator.name)


def scratch_of(kernel: Kernel) -> tuple[Scratch, ...]:
    """The scratch tensors of an operator; none where it has none, or shapes do not say it."""
    rule = _RULES.get(kernel.operator.name)
    if rule is None:
        return ()
    try:
        return tuple(rule(kernel))
    except (LookupError, ValueError):
        # Of a rank that the kernel does not take: the rule of the operator says so.
        return ()


def _is_hybrid(kernel: Kernel) -> bool:
    """Whether weights are quantized and the rest is not."""
    return kernel.type(0) == "FLOAT32" and kernel.type(1) in _QUANTIZED_WEIGHTS


def _is_per_channel(kernel: Kernel) -> bool:
    quantization = kernel.input(1).quantization
    return quantization is not None and len(set(quantization.scale)) > 1


def _convolution(kernel: Kernel) -> list[Scratch]:
    batches, height, width, _ = kernel.shape(0)
    channels_out, *window, channels_in = kernel.shape(1)
    _, out_height, out_width, _ = kernel.output_shape()
    places = batches * out_height * out_width
    is_hybrid = _is_hybrid(kernel)
    dilations = (kernel.option("dilation_h_factor", 1), kernel.option("dilation_w_factor", 1))
    strides = (kernel.option("stride_h", 1), kernel.option("stride_w", 1))
    found = []
    is_of_threads = (
        kernel.threads > 1
        and kernel.type(0) == kernel.type(1) == "FLOAT32"
        and dilations == (1, 1)
        and kernel.homes[kernel.input(1).index] not in (Home.ARENA, Home.HEAP)
    )
    if is_of_threads:
        # That kernel takes weights in another order, and does without im2col.
        return [Scratch("transposed weights", math.prod(kernel.shape(1)) * 4, Home.STATE)]
    if (*dilations, *strides, *window) != (1,) * 6:
        element = 1 if is_hybrid else _bytes(kernel, 0)
        found.append(Scratch("im2col", places * math.prod(window) * channels_in * element))
    if is_hybrid:
        groups = kernel.shape(0)[3] // channels_in
        rows = batches * height * width * groups
        found += [
            Scratch("quantized input", math.prod(kernel.shape(0))),
            Scratch("scaling factors", rows * 4),
            Scratch("accumulators", channels_out * places * 4),
        ]
        if _is_per_channel(kernel):
            found += [
                Scratch("input offsets", rows * 4),
                Scratch("row sums", channels_out * 4, Home.STATE),
            ]
    return found


def _depthwise(kernel: Kernel) -> list[Scratch]:
    if not (kernel.type(0) == "FLOAT32" and kernel.type(1) == "INT8"):
        return []
    batches = kernel.shape(0)[0]
    return [
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("scaling factors", batches * 4),
        Scratch("input offsets", batches * 4),
    ]


def _convolution_3d(kernel: Kernel) -> list[Scratch]:
    window = kernel.shape(1)[:3]
    steps = [kernel.option(f"{what}_{axis}", 1) for what in ("stride",) for axis in "dhw"]
    steps += [kernel.option(f"dilation_{axis}_factor", 1) for axis in "dhw"]
    if {*window, *steps} == {1}:
        return []
    places = math.prod(kernel.output_shape()[:4])
    return [Scratch("im2col", places * math.prod(kernel.shape(1)[:4]) * _bytes(kernel, 0))]


def _transposed_convolution(kernel: Kernel) -> list[Scratch]:
    # Inputs are the output shape, the weights and the input.
    channels_out, height, width, channels_in = kernel.shape(1)
    out = kernel.output_shape()
    rows = math.prod(kernel.shape(2)[1:3])
    found = [
        Scratch("column matrix", rows * height * width * channels_out * 4, Home.HEAP),
        Scratch("transposed weights", math.prod(kernel.shape(1)) * _bytes(kernel, 1), Home.HEAP),
    ]
    if kernel.type(2) in ("INT8", "UINT8", "INT16"):
        element = 8 if kernel.type(2) == "INT16" else 4
        found.append(Scratch("accumulators", math.prod(out) * element, Home.HEAP))
    if kernel.type(2) == "FLOAT32" and kernel.type(1) == "INT8":
        places = math.prod(kernel.shape(2)) // max(channels_in, 1)
        found += [
            Scratch("quantized input", math.prod(kernel.shape(2))),
            Scratch("scaling factors", places * 4),
            Scratch("input offsets", places * 4),
        ]
    return found


def _fully_connected(kernel: Kernel) -> list[Scratch]:
    units, depth = kernel.shape(1)
    if not _is_hybrid(kernel) or not depth:
        return []
    elements = math.prod(kernel.shape(0))
    batches = elements // depth
    if _is_packed(kernel, batches, units, depth):
        return _packed_scratch(batches, units, depth)
    found = [
        Scratch("quantized input", elements),
        Scratch("scaling factors", batches * 4),
        Scratch("accumulators", units * batches * 4),
        Scratch("input offsets", batches * 4),
        Scratch("row sums", units * 4, Home.STATE),
    ]
    sparsity = kernel.input(1).sparsity
    if sparsity is not None:
        found.append(Scratch("ledger of blocks", sparsity.kept_places, Home.STATE))
    return found


def _is_packed(kernel: Kernel, batches: int, units: int, depth: int) -> bool:
    """Whether the kernel for packed 4-bit weights takes it."""
    return (
        kernel.type(1) == "INT4"
        and kernel.is_constant(1)
        and batches > 0
        and depth % 2 == 0
        and units >= _PACKED_UNITS
        and depth >= _PACKED_DEPTH
    )


def _packed_scratch(batches: int, units: int, depth: int) -> list[Scratch]:
    """Of tflite/kernels/fully_connected.cc, PrepareImpl4Bit; the weights themselves go to the heap."""
    rows = next(rows for rows in (_PACKED_ROWS, _PACKED_ROWS // 2, 1) if batches >= rows)
    batches = -(-batches // rows) * rows
    return [
        Scratch("quantized input", batches * -(-depth // _PACKED_DEPTH) * _PACKED_DEPTH),
        Scratch("scaling factors", batches * 4),
        Scratch("accumulators", batches * -(-units // _PACKED_UNITS) * _PACKED_UNITS * 4),
        Scratch("input offsets", batches * 4),
    ]


def _batch_matmul(kernel: Kernel) -> list[Scratch]:
    left, right = kernel.shape(0), kernel.shape(1)
    found = [
        Scratch("transposed left operand", math.prod(left) * _bytes(kernel, 0)),
        Scratch(
            "transposed right operand",
            math.prod(right) * _bytes(kernel, 1),
            Home.STATE if kernel.is_constant(1) else Home.ARENA,
        ),
    ]
    if not (kernel.type(0) == "FLOAT32" and kernel.type(1) == "INT8"):
        return found
    rows = left[-1] if kernel.option("adj_x") else left[-2]
    units = right[-2] if kernel.option("adj_y") else right[-1]
    all_rows = math.prod(left[:-2]) * rows
    return [
        *found,
        Scratch("quantized input", math.prod(left)),
        Scratch("scaling factors", all_rows * 4),
        Scratch("accumulators", units * rows * 4),
        Scratch("input offsets", all_rows * 4),
        Scratch("row sums", math.prod(right[:-2]) * units * 4, Home.STATE),
    ]


_ACCUMULATED: Final = {"FLOAT32": 4, "INT32": 8, "INT64": 8, "BOOL": 1}


def _reduction(kernel: Kernel) -> list[Scratch]:
    is_known = kernel.is_fixed(1)
    is_folded = kernel.operator.name == "REDUCE_PROD" and is_known and kernel.is_fixed(0)
    of_axis = Home.ARENA if is_known and not is_folded else Home.HEAP
    has_sums = kernel.operator.name in ("MEAN", "SUM", "REDUCE_PROD")
    element = _ACCUMULATED.get(kernel.type(0), 4)
    return [
        Scratch("index", len(kernel.shape(0)) * 4),
        Scratch("axes", math.prod(kernel.shape(1)) * 4, of_axis),
        Scratch("sums", math.prod(kernel.output_shape()) * element if has_sums else 0, of_axis),
        Scratch(
            "shape",
            len(kernel.shape(0)) * 4,
            Home.ARENA if kernel.is_fixed(0) and not is_folded else Home.HEAP,
        ),
    ]


def _add_n(kernel: Kernel) -> list[Scratch]:
    threads = min(max(1, len(kernel.operator.inputs) // 2), kernel.threads)
    return [Scratch("sums per thread", threads * math.prod(kernel.shape(0)) * _bytes(kernel, 0))]


def _detections(kernel: Kernel) -> list[Scratch]:
    boxes, scores = kernel.shape(0), kernel.shape(1)
    return [
        Scratch("decoded boxes", boxes[1] * 4 * 4),
        Scratch("scores", scores[1] * scores[2] * 4),
    ]


def _fourier(kernel: Kernel) -> list[Scratch]:
    # Both lengths are powers of two; of the second one, half is in the output, and one place more.
    height, places = kernel.output_shape()[-2:]
    width = max(2 * (places - 1), 1)
    working = max(height, width // 2)
    home = Home.ARENA if kernel.is_fixed(1) else Home.HEAP
    return [
        Scratch("integer working area", (2 + math.isqrt(working)) * 4, home),
        Scratch("working area", (working // 2 + width // 4) * 8, home),
    ]


def _window_reduction(kernel: Kernel) -> list[Scratch]:
    shape = kernel.shape(0)
    dilations = kernel.numbers("base_dilations") or (1,) * len(shape)
    padding = kernel.numbers("padding") or (0,) * (2 * len(shape))
    dilated = [(length - 1) * step + 1 for length, step in zip(shape, dilations, strict=True)]
    padded = [
        length + padding[2 * axis] + padding[2 * axis + 1] for axis, length in enumerate(dilated)
    ]
    element = _bytes(kernel, 0)
    return [
        Scratch("dilated input", math.prod(dilated) * element),
        Scratch("padded input", math.prod(padded) * element),
    ]


def _verification(kernel: Kernel) -> list[Scratch]:
    return [Scratch("dequantized input", math.prod(kernel.shape(0)) * 4, Home.HEAP)]


def _bytes(kernel: Kernel, position: int) -> int:
    """Bytes of an element of an input."""
    return tensor_bytes(kernel.input(position).type, ())


_RULES: Final[dict[str, _Rule]] = {
    "ADD_N": _add_n,
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _convolution,
    "CONV_3D": _convolution_3d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "MEAN": _reduction,
    "REDUCE_ALL": _reduction,
    "REDUCE_ANY": _reduction,
    "REDUCE_MAX": _reduction,
    "REDUCE_MIN": _reduction,
    "REDUCE_PROD": _reduction,
    "NumericVerify": _verification,
    "RFFT2D": _fourier,
    "STABLEHLO_REDUCE_WINDOW": _window_reduction,
    "SUM": _reduction,
    "TFLite_Detection_PostProcess": _detections,
    "TRANSPOSE_CONV": _transposed_convolution,
    **RECURRENT,
}
