"""Counts of elementwise operators, normalizations and reductions against naive kernels."""

import math
from itertools import product

import pytest

from counting import (
    Number,
    clamped,
    counting,
    function,
    larger,
    numbers,
    root,
    rounded,
    scalar_ops,
    smaller,
)
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import TensorType
from tflops_native.ops import NO_ARITHMETIC, REGISTRY, Cost, TensorSpec

F32, INT8, INT32 = TensorType.FLOAT32, TensorType.INT8, TensorType.INT32


def spec(*shape, type=F32, value=None, constant=False):
    return TensorSpec(shape, type, value, constant)


def inferred(name, *inputs, **options):
    rule = REGISTRY[name]
    zeros = rule.build(None, {})
    chosen = {option: getattr(zeros, option) for option in rule.option_names} | options
    return rule.infer(rule.op(**rule.fixed, **chosen), inputs)


def tallied(tally):
    return Cost(scalar_ops=scalar_ops(tally), transcendentals=tally["function"])


def compared(x, y):
    return Number(float(x > y))


# What the kernel does to one element.
UNARY = {
    "ABS": lambda x: larger(x, 0),  # one look at the sign
    "CEIL": rounded,
    "COS": function,
    "ELU": lambda x: function(x, math.exp) - 1 if compared(x, 0) else x,
    "EXP": function,
    "FLOOR": rounded,
    "GELU": lambda x: x * 0.5 * (function(x * 0.7) + 1),
    "HARD_SWISH": lambda x: x * clamped(x + 3, 0, 6) * (1 / 6),
    "LEAKY_RELU": lambda x: larger(x, x * 0.1),
    "LOG": function,
    "LOGICAL_NOT": lambda x: -x,
    "LOGISTIC": function,
    "NEG": lambda x: -x,
    "RELU": lambda x: larger(x, 0),
    "RELU6": lambda x: clamped(x, 0, 6),
    "RELU_0_TO_1": lambda x: clamped(x, 0, 1),
    "RELU_N1_TO_1": lambda x: clamped(x, -1, 1),
    "ROUND": rounded,
    "RSQRT": lambda x: Number(1.0) / root(x),
    "SIGN": lambda x: larger(x, 0),
    "SIN": function,
    "SQRT": root,
    "SQUARE": lambda x: x * x,
    "TANH": function,
    "FAKE_QUANT": lambda x: (clamped(rounded(x / 0.5) + 1, 0, 255) - 1) * 0.5,
    "QUANTIZE": lambda x: clamped(rounded(x / 0.5) + 1, -128, 127),
}


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    with counting() as tally:
        for x in numbers(6):
            UNARY[name](x)
    assert inferred(name, spec(2, 3)).cost == tallied(tally)


def test_gelu_by_tanh():
    with counting() as tally:
        for x in numbers(6):
            inner = (x * x * x * 0.044715 + x) * 0.797885
            x * 0.5 * (function(inner) + 1)
    assert inferred("GELU", spec(2, 3), approximate=True).cost == tallied(tally)


BINARY = {
    "ADD": lambda x, y: x + y,
    "SUB": lambda x, y: x - y,
    "MUL": lambda x, y: x * y,
    "DIV": lambda x, y: x / y,
    "MAXIMUM": larger,
    "MINIMUM": smaller,
    "POW": lambda x, y: function(x),
    "FLOOR_DIV": lambda x, y: rounded(x / y),
    # A division, a rounding towards zero, and the divisor added where the signs differ.
    "FLOOR_MOD": lambda x, y: rounded(x / y) + y,
    "SQUARED_DIFFERENCE": lambda x, y: (d := x - y) * d,
    "LESS": compared,
    "LESS_EQUAL": compared,
    "GREATER": compared,
    "GREATER_EQUAL": compared,
    "EQUAL": compared,
    "NOT_EQUAL": compared,
    # Operations on bits count as one, as any other.
    "LOGICAL_AND": compared,
    "LOGICAL_OR": compared,
    "BITWISE_XOR": compared,
    "RIGHT_SHIFT": compared,
    "PRELU": lambda x, alpha: larger(x, x * alpha),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shape", [(2, 3), (3,), (1, 1), ()])
def test_binary(name, shape):
    """Broadcast: once for each element of the larger shape."""
    with counting() as tally:
        for x, y in product(numbers(6), numbers(1)):
            BINARY[name](x, y)
    assert inferred(name, spec(2, 3), spec(*shape)).cost == tallied(tally)


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "DIV"])
def test_fused_activation(name):
    with counting() as tally:
        for x in numbers(6):
            clamped(BINARY[name](x, Number(2.0)), 0, 6)
    cost = inferred(name, spec(2, 3), spec(2, 1), fused_activation_function=Activation.RELU6).cost
    assert cost == tallied(tally)


def test_add_n():
    with counting() as tally:
        for x in numbers(6):
            x + Number() + Number() + Number()
    assert inferred("ADD_N", *[spec(2, 3)] * 4).cost == tallied(tally)


def total(row):
    result = row[0]
    for x in row[1:]:
        result = result + x
    return result


def largest(row):
    result = row[0]
    for x in row[1:]:
        result = larger(result, x)
    return result


def softmax(row, beta=1.0):
    if beta != 1.0:
        row = [x * beta for x in row]
    top = largest(row)
    exponentials = [function(x - top, math.exp) for x in row]
    bottom = total(exponentials)
    return [x / bottom for x in exponentials]


def log_softmax(row):
    top = largest(row)
    shifted = [x - top for x in row]
    logarithm = function(total([function(x, math.exp) for x in shifted]), math.log)
    return [x - logarithm for x in shifted]


def l2_normalization(row):
    norm = root(larger(total([x * x for x in row]), 1e-6))
    return [x / norm for x in row]


@pytest.mark.parametrize(
    ("name", "kernel", "options"),
    [
        ("SOFTMAX", softmax, {"beta": 1.0}),
        ("SOFTMAX", lambda row: softmax(row, 0.5), {"beta": 0.5}),
        ("LOG_SOFTMAX", log_softmax, {}),
        ("L2_NORMALIZATION", l2_normalization, {}),
    ],
)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 1)])
def test_row_wise(name, kernel, options, shape):
    with counting() as tally:
        for _ in range(math.prod(shape[:-1])):
            kernel(numbers(shape[-1]))
    assert inferred(name, spec(*shape), **options).cost == tallied(tally)


def test_local_response_normalization():
    """A running sum: what comes into the window is added, what leaves it is subtracted."""
    radius, channels = 2, 9
    with counting() as tally:
        for _ in range(2 * 3):
            row = numbers(channels)
            # Zeros on both sides are squared with no one looking: they are no elements.
            squares = [x * x * 0.1 for x in row]
            running = Number(0.0)
            for c in range(channels):
                coming, leaving = squares[(c + radius) % channels], squares[c - radius - 1]
                running = running + coming - leaving
                row[c] * function(running + 1.0)
    assert inferred("LOCAL_RESPONSE_NORMALIZATION", spec(1, 2, 3, 9)).cost == tallied(tally)


REDUCTIONS = {
    "SUM": lambda x, y: x + y,
    "MEAN": lambda x, y: x + y,
    "REDUCE_PROD": lambda x, y: x * y,
    "REDUCE_MAX": larger,
    "REDUCE_MIN": smaller,
    "REDUCE_ANY": compared,
    "REDUCE_ALL": compared,
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axes", [(0,), (1,), (-1,), (0, 2), (0, 1, 2), (1, 1), ()])
@pytest.mark.parametrize("keep_dims", [True, False])
def test_reductions(name, axes, keep_dims):
    shape = (2, 3, 4)
    results = {}
    with counting() as tally:
        for position in product(*map(range, shape)):
            kept = tuple(i for axis, i in enumerate(position) if axis not in {a % 3 for a in axes})
            x = Number()
            results[kept] = REDUCTIONS[name](results[kept], x) if kept in results else x
        if name == "MEAN":
            for result in results.values():
                result / 7
    cost = inferred(
        name,
        spec(*shape),
        spec(len(axes), type=INT32, value=axes),
        keep_dims=keep_dims,
    ).cost
    assert cost == tallied(tally)


def test_a_mean_is_not_free():
    # 7 * 7 values of each of 1280 channels: 48 additions and a division.
    axes = spec(2, type=INT32, value=(1, 2))
    cost = inferred("MEAN", spec(1, 7, 7, 1280), axes).cost
    assert cost == Cost(scalar_ops=62720)


@pytest.mark.parametrize("name", ["ARG_MAX", "ARG_MIN"])
def test_search(name):
    with counting() as tally:
        for _ in range(2 * 4):
            largest(numbers(3))
    axis = spec(type=INT32, value=(1,))
    assert inferred(name, spec(2, 3, 4), axis).cost == tallied(tally)


@pytest.mark.parametrize(("axis", "rows", "length"), [(0, 12, 2), (1, 8, 3), (-1, 6, 4)])
def test_cumsum(axis, rows, length):
    with counting() as tally:
        for _ in range(rows):
            total(numbers(length))  # each sum on the way is a result
    assert inferred("CUMSUM", spec(2, 3, 4), spec(type=INT32, value=(axis,))).cost == tallied(tally)


@pytest.mark.parametrize("name", ["SUM", "PROD", "MAX", "MIN"])
def test_unsorted_segment(name):
    results = numbers(2)
    with counting() as tally:
        for i, x in enumerate(numbers(6)):
            results[i % 2] = results[i % 2] + x
    ids, count = spec(2, 3, type=INT32), spec(type=INT32, value=(2,))
    assert inferred(f"UNSORTED_SEGMENT_{name}", spec(2, 3), ids, count).cost == tallied(tally)


def test_resize_bilinear():
    with counting() as tally:
        for _ in range(2 * 5 * 7 * 3):
            a, b, c, d = numbers(4)
            a * 0.1 + b * 0.2 + c * 0.3 + d * 0.4
    size = spec(2, type=INT32, value=(5, 7))
    assert inferred("RESIZE_BILINEAR", spec(2, 3, 4, 3), size).cost == tallied(tally)


def test_dequantize():
    with counting() as tally:
        for x in numbers(6):
            (x - 3) * 0.5
    assert inferred("DEQUANTIZE", spec(2, 3, type=INT8)).cost == tallied(tally)
    half = TensorType.FLOAT16
    assert inferred("DEQUANTIZE", spec(2, 3, type=half)).cost is NO_ARITHMETIC
    constant = inferred("DEQUANTIZE", spec(2, 3, type=INT8, constant=True))
    assert constant.cost is NO_ARITHMETIC
    assert constant.bytes_read == constant.bytes_written == 0
