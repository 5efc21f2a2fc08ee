"""Operators of MediaPipe and Flex: counts by loops."""

import math
import random
from itertools import pairwise

import pytest

from configurations import GENERATORS, data
from configurations.custom import CustomCase
from configurations.custom_libraries import FLEX_BINARY, FLEX_UNARY
from counting import (
    Number,
    clamped,
    compared,
    counting,
    function,
    larger,
    root,
    rounded,
    scalar_ops,
    smaller,
)
from referee import analyzed
from tflops_native.analysis.operators import Status
from tflops_native.ops import Cost

SEEDS = range(5)


def drawn(name, seed):
    return GENERATORS[name](random.Random(f"libraries {name} {seed}"), name)


def signed(x):
    """The sign of a number: one operation."""
    return -x


def squared(x):
    return x * x


UNARY = {
    "Abs": signed,
    "Ceil": rounded,
    "Floor": rounded,
    "Inv": lambda x: Number() / x,
    "Invert": signed,
    "LogicalNot": signed,
    "Neg": signed,
    "Reciprocal": lambda x: Number() / x,
    "Relu": lambda x: larger(x, 0.0),
    "Rint": rounded,
    "Round": rounded,
    "Sign": signed,
    "Sqrt": root,
    "Square": lambda x: x * x,
    "LeakyRelu": lambda x: larger(x, x * 0.2),
    "Relu6": lambda x: clamped(x, 0.0, 6.0),
    "Rsqrt": lambda x: Number() / root(x),
    "Elu": lambda x: larger(x, function(x) - 1.0),
    "Selu": lambda x: larger(x, (function(x) - 1.0) * 1.7),
    "Softplus": lambda x: function(function(x) + 1.0),
    "Softsign": lambda x: x / (larger(x, 0.0) + 1.0),
}
BINARY = {
    "Add": lambda x, y: x + y,
    "AddV2": lambda x, y: x + y,
    "Sub": lambda x, y: x - y,
    "Mul": lambda x, y: x * y,
    "Div": lambda x, y: x / y,
    "RealDiv": lambda x, y: x / y,
    "TruncateDiv": lambda x, y: x / y,
    "Atan2": lambda x, y: function(x),
    "Pow": lambda x, y: function(x),
    "FloorDiv": lambda x, y: rounded(x / y),
    "FloorMod": lambda x, y: rounded(x / y) + y,
    "SquaredDifference": lambda x, y: squared(x - y),
    "DivNoNan": lambda x, y: compared(x / y),
    "Xdivy": lambda x, y: compared(x / y),
    "Xlogy": lambda x, y: compared(x * function(y)),
}


def test_every_flex_operator_has_a_loop():
    compared_only = {"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"}
    assert {f"Flex{name}" for name in UNARY} <= set(FLEX_UNARY)
    assert {f"Flex{name}" for name in (*BINARY, *compared_only)} <= set(FLEX_BINARY)


@pytest.mark.parametrize("name", FLEX_UNARY)
def test_flex_on_each_element(name):
    case = drawn(name, 0)
    (shape,) = (operand.shape for operand in case.operands)
    with counting() as tally:
        for _ in range(math.prod(shape)):
            UNARY.get(name.removeprefix("Flex"), function)(Number())
    operator = analyzed(case.pack())
    assert operator.status is Status.COUNTED
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(0, scalar_ops(tally), tally["function"])


@pytest.mark.parametrize("name", FLEX_BINARY)
def test_flex_on_pairs(name):
    x, y = (3, 1, 4), (2, 4)
    with counting() as tally:
        for _ in range(3 * 2 * 4):
            BINARY.get(name.removeprefix("Flex"), compared)(Number(), Number())
    operator = analyzed(CustomCase(name, (data(x), data(y))).pack())
    assert operator.output_shapes == ((3, 2, 4),)
    assert operator.cost == Cost(0, scalar_ops(tally), tally["function"])


@pytest.mark.parametrize(
    ("name", "operations"), [("AddV2", 2), ("Sub", 2), ("Mul", 6), ("Div", 11)]
)
def test_flex_on_complex_numbers(name, operations):
    operands = (data((5,), "COMPLEX64"), data((5,), "COMPLEX64"))
    operator = analyzed(CustomCase(f"Flex{name}", operands, outputs=("COMPLEX64",)).pack())
    assert operator.cost == Cost(scalar_ops=5 * operations)


@pytest.mark.parametrize("seed", SEEDS)
def test_flex_sum(seed):
    case = drawn("FlexAddN", seed)
    with counting() as tally:
        for _ in range(math.prod(case.operands[0].shape)):
            total = Number()
            for _ in case.operands[1:]:
                total = total + Number()
    assert analyzed(case.pack()).cost == Cost(scalar_ops=scalar_ops(tally))


def product(left, right):
    """A product of matrices, as lists of rows; how many multiplications it took."""
    macs = 0
    for _ in left:
        for _ in right[0]:
            for _ in right:
                macs += 1
    return macs


def matrix(rows, columns):
    return [[0.0] * columns for _ in range(rows)]


@pytest.mark.parametrize("seed", SEEDS)
def test_landmarks_to_matrix(seed):
    case = drawn("Landmarks2TransformMatrix", seed)
    chosen = [Number() for _ in case.options["subset_idxs"]]
    macs = 0
    with counting() as tally:
        rise, run = Number() - Number(), Number() - Number()
        angle = Number() - function(Number(math.atan2(rise.value, run.value)))
        for opposite in (False, True):  # rotation and its inverse
            for of in (math.cos, math.sin, math.sin, math.cos):
                function(-angle if opposite else angle, of)
            _ = -Number()
        for _ in chosen:
            macs += product(matrix(3, 3), matrix(3, 1))
        for _ in pairwise(chosen):
            for _ in range(2):
                larger(Number(), Number())
                smaller(Number(), Number())
        for _ in range(2):  # x and y
            _ = Number() - Number()  # extent
            _ = (Number() + Number()) / Number(2.0)  # centre
            _ = Number() * Number() / Number()  # scale
            _ = Number() / Number(2.0) * -1.0  # shift
        macs += product(matrix(3, 3), matrix(3, 1))
        back = -angle
        for of in (math.cos, math.sin, math.sin, math.cos):
            function(back, of)
        _ = -Number()
        for _ in range(4):
            macs += product(matrix(4, 4), matrix(4, 4))
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((1, 4, 4),)
    assert operator.cost == Cost(macs, scalar_ops(tally), tally["function"])


def test_landmarks_of_version_1_are_not_counted():
    case = CustomCase("Landmarks2TransformMatrix", (data((1, 1, 1, 9)),), {"landmarks_range": 192})
    assert analyzed(case.pack()).status is Status.UNSUPPORTED


@pytest.mark.parametrize("seed", SEEDS)
def test_landmarks_transformed(seed):
    case = drawn("TransformLandmarks", seed)
    shape = case.operands[0].shape
    macs = 0
    for _ in range(shape[1]):
        macs += product(matrix(2, 4), matrix(4, 1))
    operator = analyzed(case.pack())
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(macs=macs)


@pytest.mark.parametrize("seed", SEEDS)
def test_crop_of_an_image(seed):
    case = drawn("TransformTensorBilinear", seed)
    height, width = case.options["output_height"], case.options["output_width"]
    channels = case.operands[0].shape[-1]
    macs = 0
    with counting() as tally:
        for _ in range(2):  # the rows of x and y
            _ = Number() + (Number() * 0.5 + Number() * 0.5 - 0.5)
        for _ in range(height * width):
            macs += product(matrix(2, 4), matrix(4, 1))
            rests = []
            for _ in range(2):
                at = Number()
                compared(at)
                compared(at)
                rest = at - rounded(at)
                rests.append((rest, Number() - rest))
            (right, left), (lower, upper) = rests
            for _ in range(channels):
                top = left * Number() + right * Number()
                bottom = left * Number() + right * Number()
                _ = upper * top + lower * bottom
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((1, height, width, channels),)
    assert operator.cost == Cost(macs, scalar_ops(tally))


@pytest.mark.parametrize("seed", SEEDS)
def test_resampler(seed):
    case = drawn("Resampler", seed)
    batch, height, width, channels = shape = case.operands[0].shape
    with counting() as tally:
        for _ in range(batch * height * width):
            rests = []
            for _ in range(2):
                at = Number()
                compared(at)
                compared(at)
                rest = rounded(at) - at
                rests.append((rest, Number() - rest))
            weights = [x * y for x in rests[0] for y in rests[1]]
            for _ in range(channels):
                first, *others = [weight * Number() for weight in weights]
                for other in others:
                    first = first + other
    operator = analyzed(case.pack())
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(scalar_ops=scalar_ops(tally))
