"""Counts of StableHLO contractions, reductions and functions against naive loops that count."""

import math
import random
from dataclasses import replace
from itertools import product

import pytest

from configurations import GENERATORS, data
from counting import Number, clamped, counting, function, larger, root, rounded, scalar_ops, smaller
from referee import analyzed
from tflops_native.ops import Cost

SEEDS = range(12)


def drawn(name, seed):
    """A case, and what the whole analysis says of it."""
    case = GENERATORS[name](random.Random(f"cost {name} {seed}"), name)
    return case, analyzed(case.pack())


def places(shape):
    return product(*map(range, shape))


@pytest.mark.parametrize("seed", SEEDS)
def test_dot_general(seed):
    """All pairs of elements are looked at: those whose shared coordinates agree are multiplied."""
    case, operator = drawn("STABLEHLO_DOT_GENERAL", seed)
    lhs, rhs = (operand.shape for operand in case.operands)
    o = case.options
    left = [*o["lhs_batching_dimensions"], *o["lhs_contracting_dimensions"]]
    right = [*o["rhs_batching_dimensions"], *o["rhs_contracting_dimensions"]]
    batching = o["lhs_batching_dimensions"]
    macs, results = 0, set()
    for i, j in product(places(lhs), places(rhs)):
        if [i[axis] for axis in left] == [j[axis] for axis in right]:
            macs += 1
            batch = tuple(i[axis] for axis in batching)
            rows = tuple(n for axis, n in enumerate(i) if axis not in left)
            columns = tuple(n for axis, n in enumerate(j) if axis not in right)
            results.add((*batch, *rows, *columns))
    assert operator.cost == Cost(macs=macs)
    # The coordinates of the results are the output's shape.
    ends = tuple(max(axis) + 1 for axis in zip(*results, strict=True))
    assert operator.output_shapes == (ends,)


def dilated(length, step):
    """The positions of the elements, with holes between them, and the length of it all."""
    positions = [i * step for i in range(length)]
    return positions, positions[-1] + 1 if positions else 0


@pytest.mark.parametrize("seed", range(30))
def test_convolution(seed):
    case, operator = drawn("STABLEHLO_CONVOLUTION", seed)
    lhs, rhs = (operand.shape for operand in case.operands)
    o = case.options
    axes = []  # per spatial axis where windows start
    for n, axis in enumerate(o["input_spatial_dimensions"]):
        low, high = o["padding"][2 * n : 2 * n + 2]
        _, length = dilated(lhs[axis], o["lhs_dilation"][n])
        window = rhs[o["kernel_spatial_dimensions"][n]]
        _, reach = dilated(window, o["rhs_dilation"][n])
        line = range(-low, length + high)  # padding, or what a negative one leaves
        starts = [at for at in line[:: o["window_strides"][n]] if at + reach <= length + high]
        axes.append(starts)
    images = lhs[o["input_batch_dimension"]] // o["batch_group_count"]
    filters = rhs[o["kernel_output_feature_dimension"]]
    depth = rhs[o["kernel_input_feature_dimension"]]
    window = [rhs[axis] for axis in o["kernel_spatial_dimensions"]]
    macs = 0
    for _ in product(range(images), range(filters), *axes):
        for _ in product(range(depth), *map(range, window)):
            macs += 1
    assert operator.cost == Cost(macs=macs)
    (output,) = operator.output_shapes
    assert output[o["output_batch_dimension"]] == images
    assert output[o["output_feature_dimension"]] == filters
    assert [output[axis] for axis in o["output_spatial_dimensions"]] == list(map(len, axes))


@pytest.mark.parametrize("seed", SEEDS)
def test_reduce(seed):
    case, operator = drawn("STABLEHLO_REDUCE", seed)
    dropped = case.options["dimensions"]
    shape = case.operands[0].shape
    found = {}
    with counting() as tally:
        for place in places(shape):
            key = tuple(n for axis, n in enumerate(place) if axis not in dropped)
            found[key] = found[key] + Number() if key in found else Number()
    assert operator.cost == Cost(scalar_ops=tally["add"])


@pytest.mark.parametrize("seed", SEEDS)
def test_reduce_window(seed):
    case, operator = drawn("STABLEHLO_REDUCE_WINDOW", seed)
    shape, o = case.operands[0].shape, case.options
    axes = []
    for axis, size in enumerate(shape):
        low, high = o["padding"][2 * axis : 2 * axis + 2]
        _, length = dilated(size, o["base_dilations"][axis])
        _, reach = dilated(o["window_dimensions"][axis], o["window_dilations"][axis])
        length += low + high
        axes.append(
            [at for at in range(length) if at + reach <= length][:: o["window_strides"][axis]]
        )
    with counting() as tally:
        for _ in product(*axes):
            result = None
            for _ in places(o["window_dimensions"]):
                result = Number() if result is None else result + Number()
    assert operator.cost == Cost(scalar_ops=tally["add"])
    assert operator.output_shapes == (tuple(map(len, axes)),)


@pytest.mark.parametrize("seed", SEEDS)
def test_scatter(seed):
    case, operator = drawn("STABLEHLO_SCATTER", seed)
    with counting() as tally:
        for _ in places(case.operands[2].shape):
            Number() + Number()
    assert operator.cost == Cost(scalar_ops=tally["add"])


def merged(numbers):
    """Sorted by merging, as naively as can be."""
    if len(numbers) < 2:
        return numbers
    half = len(numbers) // 2
    left, right = merged(numbers[:half]), merged(numbers[half:])
    result = []
    while left and right:
        result.append((left if left[0] < right[0] else right).pop(0))
    return result + left + right


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 9])
def test_sort_takes_no_more_comparisons_than_said(length):
    r = random.Random(length)
    bounds = []
    for _ in range(20):
        values = [Number(r.random()) for _ in range(length)]
        with counting() as tally:
            merged(values)
        bounds.append(tally["compare"])
    case = GENERATORS["STABLEHLO_SORT"](r, "STABLEHLO_SORT")
    case = replace(case, operands=(data((length,)),), options=case.options | {"dimension": 0})
    operator = analyzed(case.pack())
    assert operator.status.value == "bounded"
    assert max(bounds) <= operator.cost.scalar_ops <= 2 * max(bounds)
    assert operator.minimum.scalar_ops <= min(bounds) or length < 3


FUNCTIONS = {
    "STABLEHLO_ABS": lambda x: larger(x, 0),
    "STABLEHLO_FLOOR": rounded,
    "STABLEHLO_NEGATE": lambda x: -x,
    "STABLEHLO_RSQRT": lambda x: Number() / root(x),
    "STABLEHLO_CBRT": function,
    "STABLEHLO_COSINE": function,
    "STABLEHLO_EXPONENTIAL": function,
    "STABLEHLO_LOG": function,
    "STABLEHLO_LOGISTIC": function,
    "STABLEHLO_TANH": function,
    "STABLEHLO_ADD": lambda x, y: x + y,
    "STABLEHLO_SUBTRACT": lambda x, y: x - y,
    "STABLEHLO_MULTIPLY": lambda x, y: x * y,
    "STABLEHLO_DIVIDE": lambda x, y: x / y,
    "STABLEHLO_MAXIMUM": larger,
    "STABLEHLO_MINIMUM": smaller,
    "STABLEHLO_COMPARE": lambda x, y: x < y,
    "STABLEHLO_POWER": lambda x, _: function(x),
    "STABLEHLO_REMAINDER": lambda x, y: rounded(x / y),
    "STABLEHLO_CLAMP": lambda low, x, high: clamped(x, low, high),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    for seed in range(4):
        case, operator = drawn(name, seed)
        (shape,) = operator.output_shapes
        with counting() as tally:
            for _ in range(math.prod(shape)):
                FUNCTIONS[name](*(Number() for _ in case.operands))
        assert operator.cost == Cost(0, scalar_ops(tally), tally["function"])
