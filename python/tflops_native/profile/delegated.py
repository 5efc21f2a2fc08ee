"""Joins the operators of XNNPACK to those of the model, by order and class; what is unsure stays out.

XNNPACK numbers its operators by itself. It fuses some of the model's operators into others, adds
conversions and splits a few, but keeps the order. Its names say the class of each.
"""

import re
from collections.abc import Sequence

from tflops_native.model import Operator

# What each of XNNPACK's operators may stand for, by the part of its name before the bracket
# (operator names: XNNPACK src/operators, node types: XNNPACK src/subgraph).
_ELEMENTWISE = {
    "abs": "ABS",
    "add": "ADD",
    "bankers rounding": "ROUND",
    "ceiling": "CEIL",
    "divide": "DIV",
    "elu": "ELU",
    "exp": "EXP",
    "floor": "FLOOR",
    "gelu": "GELU",
    "hardswish": "HARD_SWISH",
    "leaky relu": "LEAKY_RELU",
    "log": "LOG",
    "maximum": "MAXIMUM",
    "minimum": "MINIMUM",
    "multiply": "MUL",
    "negate": "NEG",
    "prelu": "PRELU",
    "reciprocal square root": "RSQRT",
    "sigmoid": "LOGISTIC",
    "square": "SQUARE",
    "square root": "SQRT",
    "squared difference": "SQUARED_DIFFERENCE",
    "subtract": "SUB",
    "tanh": "TANH",
}
_COPIES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CONCATENATION", "SPLIT", "PACK", "UNPACK")
_STANDS_FOR: dict[str, tuple[str, ...]] = {
    **{event: (operator,) for event, operator in _ELEMENTWISE.items()},
    "argmax pooling": ("MAX_POOL_2D",),
    "average pooling": ("AVERAGE_POOL_2D",),
    "batch matrix multiply": ("BATCH_MATMUL",),
    "clamp": ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"),
    "constant pad": ("PAD", "PADV2"),
    "convert": ("QUANTIZE", "DEQUANTIZE", "CAST"),
    "convolution": ("CONV_2D", "DEPTHWISE_CONV_2D"),
    "copy": _COPIES,
    "deconvolution": ("TRANSPOSE_CONV",),
    "depth to space": ("DEPTH_TO_SPACE",),
    "dynamic fully connected": ("FULLY_CONNECTED", "BATCH_MATMUL"),
    # Since 2025 a 1x1 convolution is run as a fully connected layer.
    "fully connected": ("FULLY_CONNECTED", "CONV_2D"),
    "global average pooling": ("MEAN", "AVERAGE_POOL_2D"),
    "global sum pooling": ("SUM",),
    "max pooling": ("MAX_POOL_2D",),
    "mean": ("MEAN",),
    "resize bilinear": ("RESIZE_BILINEAR",),
    "slice": ("SLICE", "STRIDED_SLICE"),
    "static reshape": ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"),
    "softmax": ("SOFTMAX",),
    "space to depth": ("SPACE_TO_DEPTH",),
    "sum": ("SUM",),
    "transpose": ("TRANSPOSE",),
}
# Dynamic-range kernels quantize their input in an operator of its own, in front, to a type that no
# tensor of the model has.
_DYNAMIC = re.compile(r"\bq[dp]u?8\b")
_PREPARED_BY_CONVERT = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL"}
)


def may_stand_for(event: str) -> tuple[str, ...]:
    """The operators of a model that one of XNNPACK's may stand for; none if the name is not known."""
    return _STANDS_FOR.get(_kind(event), ())


def match_events(operators: Sequence[Operator], events: Sequence[str]) -> list[int | None]:
    """For each event of one partition the position of its operator, or None where it is not certain.

    All ways to lay the events over the operators in order are compared. Among those that explain
    the most events, an event is joined only if all of them join it to the same operator.

    Args:
        operators: the operators of the partition, in order.
        events: the delegate's names of what it ran, in order.
    """
    runs = [_run_lengths(operators, events, start) for start in range(len(events))]
    before = _best_before(runs, len(operators))
    after = _best_after(runs, len(operators))
    best = after[0][0]
    candidates: list[set[int | None]] = [set() for _ in events]
    for start, options in enumerate(runs):
        for position in range(len(operators) + 1):
            if before[start][position] + after[start + 1][position] == best:
                candidates[start].add(None)
        for position, length in options:
            ahead = before[start][position]
            if ahead + length + after[start + length][position + 1] == best:
                for event in range(start, start + length):
                    candidates[event].add(position)
    return [next(iter(found)) if len(found) == 1 else None for found in candidates]


Runs = list[list[tuple[int, int]]]  # per first event: (operator position, number of events)


def _run_lengths(
    operators: Sequence[Operator], events: Sequence[str], start: int
) -> list[tuple[int, int]]:
    """Which operators could have made the events from `start` on, and how many of them."""
    kind = _kind(events[start])
    names = frozenset(may_stand_for(events[start]))
    length = 1
    if kind == "convert" and _DYNAMIC.search(events[start].lower()):
        following = events[start + 1] if start + 1 < len(events) else ""
        names = _PREPARED_BY_CONVERT.intersection(may_stand_for(following))
        length = 2
    return [
        (position, length) for position, operator in enumerate(operators) if operator.name in names
    ]


def _kind(event: str) -> str:
    return event.split(" (")[0].lower()


def _best_before(runs: Runs, operators: int) -> list[list[int]]:
    """[event][operator]: most events explained among those before, by the operators before."""
    best = [[0] * (operators + 1) for _ in range(len(runs) + 1)]
    for event in range(len(runs) + 1):
        row = best[event]
        for position in range(operators):
            row[position + 1] = max(row[position + 1], row[position])
        if event == len(runs):
            break
        for position in range(operators + 1):
            best[event + 1][position] = max(best[event + 1][position], row[position])
        for position, length in runs[event]:
            reached = best[event + length]
            reached[position + 1] = max(reached[position + 1], row[position] + length)
    return best


def _best_after(runs: Runs, operators: int) -> list[list[int]]:
    """[event][operator]: most events explained from there on, by the operators from there on."""
    best = [[0] * (operators + 2) for _ in range(len(runs) + 1)]
    for event in range(len(runs) - 1, -1, -1):
        row = best[event]
        row[: operators + 1] = best[event + 1][: operators + 1]
        for position, length in runs[event]:
            row[position] = max(row[position], length + best[event + length][position + 1])
        for position in range(operators - 1, -1, -1):
            row[position] = max(row[position], row[position + 1])
    return best
