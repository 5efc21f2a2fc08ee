"""Scratch tensors of kernels that carry a state from step to step.

Source: tflite/kernels/ lstm.cc, unidirectional_sequence_lstm.cc, basic_rnn.cc,
unidirectional_sequence_rnn.cc, svdf.cc, Prepare.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from tflops_native.arenas.kernel import Home, Kernel, Scratch

# Inputs of the LSTM operators.
_INPUT_TO_INPUT, _INPUT_TO_OUTPUT, _RECURRENT_TO_OUTPUT = 1, 4, 8
_PROJECTION, _OUTPUT_STATE, _CELL_STATE = 16, 18, 19
# The basic LSTM kernel has five inputs, no scratch, and keeps two of its inputs.
BASIC_LSTM_INPUTS: Final = 5
BASIC_LSTM_STATES: Final = (1, 4)
# What the inputs of the backward cell are further on than those of the forward one.
_DIRECTIONS = (0, 17)
_AUXILIARY_RNN = 9
_CELLS_8X8_TO_16 = (2, 2, 2, 2, 1, 4)
_CELLS_8X8_TO_8 = (1, 1, 2, 2, 2, 2, 2, 2)


def _svdf(kernel: Kernel) -> list[Scratch]:
    batches = kernel.shape(0)[0]
    filters = kernel.shape(1)[0]
    found = [Scratch("scratch", batches * filters * 4)]
    if kernel.type(0) == "INT8":
        units = filters // max(kernel.option("rank", 1), 1)
        return [*found, Scratch("output before scaling", units * batches * 4)]
    if kernel.type(1) not in ("INT8", "UINT8"):
        return found
    return [
        *found,
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("scaling factors", batches * 4),
        Scratch("float time weights", math.prod(kernel.shape(2)) * 4, Home.STATE),
        Scratch("zero points", batches * 4),
        Scratch("row sums", filters * 4, Home.STATE),
    ]


def _rnn(kernel: Kernel) -> list[Scratch]:
    if kernel.type(1) not in ("INT8", "UINT8"):
        return []
    is_sequence = len(kernel.shape(0)) > 2
    time_major = bool(kernel.operator.options.get("time_major", False))
    batches = kernel.shape(0)[1 if is_sequence and time_major else 0]
    units = kernel.shape(1)[0]
    return [
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("quantized state", math.prod(kernel.shape(4))),
        Scratch("scaling factors", batches * 4),
        Scratch("accumulators", units * batches * 4),
        Scratch("zero points", batches * 4),
        Scratch("row sums", 2 * units * 4, Home.STATE),
    ]


def _lstm(kernel: Kernel, padding: int, batches: int) -> list[Scratch]:
    """Of the LSTM kernel with all inputs, and of that over sequences."""
    cells = kernel.shape(_INPUT_TO_OUTPUT)[0]
    outputs = kernel.shape(_RECURRENT_TO_OUTPUT)[-1]
    if kernel.type(0) == "INT8":
        is_16 = len(kernel.operator.intermediates) == 5
        sizes = _CELLS_8X8_TO_16 if is_16 else _CELLS_8X8_TO_8
        return [Scratch(f"scratch {i}", batches * cells * size) for i, size in enumerate(sizes)]
    gates = 5 if kernel.has(_INPUT_TO_INPUT) else 4
    found = [Scratch("gates", batches * (cells * gates + padding) * 4)]
    if kernel.type(_INPUT_TO_OUTPUT) not in ("INT8", "UINT8"):
        return found
    rows = 8 if kernel.has(_INPUT_TO_INPUT) else 6
    if kernel.has(_PROJECTION):
        rows += math.ceil(outputs / cells)
    return [
        *found,
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("quantized output state", math.prod(kernel.shape(_OUTPUT_STATE))),
        Scratch("quantized cell state", math.prod(kernel.shape(_CELL_STATE))),
        Scratch("input scaling factors", batches * 4),
        Scratch("output state scaling factors", batches * 4),
        Scratch("product scaling factors", batches * 4),
        Scratch("recovered cell weights", cells * 4),
        Scratch("accumulators", cells * batches * 4),
        Scratch("input zero points", batches * 4),
        Scratch("output state zero points", batches * 4),
        Scratch("row sums", rows * cells * 4, Home.STATE),
    ]


def _full_lstm(kernel: Kernel) -> list[Scratch]:
    if len(kernel.operator.inputs) <= BASIC_LSTM_INPUTS:
        return []
    return _lstm(kernel, 0, kernel.shape(0)[0])


def _sequence_lstm(kernel: Kernel) -> list[Scratch]:
    time_major = bool(kernel.operator.options.get("time_major", False))
    return _lstm(kernel, 16, kernel.shape(0)[1 if time_major else 0])


def _bidirectional_rnn(kernel: Kernel) -> list[Scratch]:
    if kernel.type(1) not in ("INT8", "UINT8"):
        return []
    time_major = bool(kernel.operator.options.get("time_major", False))
    batches = kernel.shape(0)[1 if time_major else 0]
    forward, backward = kernel.shape(1)[0], kernel.shape(5)[0]
    has_more = kernel.has(_AUXILIARY_RNN + 1)
    rows = 3 if has_more else 2
    found = [
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("quantized forward state", math.prod(kernel.shape(4))),
        Scratch("quantized backward state", math.prod(kernel.shape(8))),
        Scratch("scaling factors", batches * 4),
        Scratch("accumulators", max(forward, backward) * batches * 4),
        Scratch("zero points", batches * 4),
        Scratch("forward row sums", rows * forward * 4, Home.STATE),
        Scratch("backward row sums", rows * backward * 4, Home.STATE),
    ]
    if has_more:
        found.append(Scratch("quantized auxiliary input", math.prod(kernel.shape(_AUXILIARY_RNN))))
    return found


def _bidirectional_lstm(kernel: Kernel) -> list[Scratch]:
    time_major = bool(kernel.operator.options.get("time_major", False))
    batches = kernel.shape(0)[1 if time_major else 0]
    cells = [kernel.shape(4 + shift)[0] for shift in _DIRECTIONS]
    outputs = [kernel.shape(8 + shift)[-1] for shift in _DIRECTIONS]
    has_input_gate = [kernel.has(1 + shift) for shift in _DIRECTIONS]
    forward, backward = (
        count * (5 if has else 4) for count, has in zip(cells, has_input_gate, strict=True)
    )
    found = [
        Scratch("forward gates", batches * (forward + 16) * 4),
        Scratch("backward gates", batches * backward * 4),
    ]
    if kernel.type(4) not in ("INT8", "UINT8"):
        return found
    # An auxiliary input has weights of its own.
    has_more = kernel.has(41)
    rows = []
    for shift, count, made, has in zip(_DIRECTIONS, cells, outputs, has_input_gate, strict=True):
        gates = 4 if has else 3
        projected = math.ceil(made / count) if kernel.has(16 + shift) else 0
        rows.append((2 * gates + (gates if has_more else 0) + projected) * count * 4)
    widest = [*cells, *([kernel.shape(43)[0], kernel.shape(47)[0]] if has_more else [])]
    found += [
        Scratch("quantized input", math.prod(kernel.shape(0))),
        Scratch("quantized forward state", math.prod(kernel.shape(35))),
        Scratch("quantized backward state", math.prod(kernel.shape(37))),
        Scratch("quantized forward cell state", math.prod(kernel.shape(36))),
        Scratch("quantized backward cell state", math.prod(kernel.shape(38))),
        Scratch("input scaling factors", batches * 4),
        Scratch("auxiliary input scaling factors", batches * 4),
        Scratch("output state scaling factors", batches * 4),
        Scratch("product scaling factors", batches * 4),
        Scratch("recovered cell weights", cells[0] * 4),
        Scratch("accumulators", max(widest) * batches * 4),
        Scratch("input zero points", batches * 4),
        Scratch("auxiliary input zero points", batches * 4),
        Scratch("output state zero points", batches * 4),
        Scratch("forward row sums", rows[0], Home.STATE),
        Scratch("backward row sums", rows[1], Home.STATE),
    ]
    if has_more:
        found.append(Scratch("quantized auxiliary input", math.prod(kernel.shape(39))))
    return found


RECURRENT: Final[dict[str, Callable[[Kernel], Sequence[Scratch]]]] = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": _bidirectional_lstm,
    "BIDIRECTIONAL_SEQUENCE_RNN": _bidirectional_rnn,
    "LSTM": _full_lstm,
    "RNN": _rnn,
    "SVDF": _svdf,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _sequence_lstm,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _rnn,
}
