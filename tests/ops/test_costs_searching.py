"""Counts of 3-D convolutions, windows, lookups, searches and complex numbers, against naive loops."""

import math
from itertools import product

import pytest

from counting import Number, counting, function, larger, numbers, root, scalar_ops, smaller
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import CombinerType, Padding, ReduceWindowFunction, TensorType
from tflops_native.ops import NO_ARITHMETIC, REGISTRY, Cost, TensorSpec

F32, INT8, INT32, INT64 = (TensorType[name] for name in ("FLOAT32", "INT8", "INT32", "INT64"))
COMPLEX64 = TensorType.COMPLEX64


def spec(*shape, type=F32, value=None):
    return TensorSpec(shape, type, value)


def vector(*value, type=INT32):
    return TensorSpec((len(value),), type, value)


def number(value, type=INT32):
    return TensorSpec((), type, (value,))


def inferred(name, *inputs, made=(F32,), **options):
    rule = REGISTRY[name]
    context = {"output_types": made}
    zeros = rule.build(None, {}, context)
    fields = (*rule.option_names, *rule.context_names)
    chosen = {field: getattr(zeros, field) for field in fields} | options
    return rule.infer(rule.op(**rule.fixed, **chosen), inputs)


def tallied(tally):
    return Cost(scalar_ops=scalar_ops(tally), transcendentals=tally["function"])


def contracted(tally, rest=None):
    """Pairs of a multiplication and an addition, and other work."""
    assert tally["mul"] == tally["add"] == tally.total() / 2
    return Cost(macs=tally["mul"], scalar_ops=scalar_ops(rest) if rest else 0)


def starts(size, window, stride, dilation, padding):
    """Where windows start on an axis, found by walking; SAME starts one at every stride."""
    reach = (window - 1) * dilation + 1
    found = range(0, size, stride)
    return [x for x in found if padding is Padding.SAME or x + reach <= size]


STEPS = [
    # spatial lengths, window, strides, dilations, padding
    ((4, 5, 3), (2, 3, 1), (1, 1, 1), (1, 1, 1), Padding.SAME),
    ((4, 5, 3), (2, 3, 1), (1, 2, 3), (1, 1, 1), Padding.VALID),
    ((5, 6, 4), (2, 2, 2), (2, 1, 1), (3, 2, 1), Padding.VALID),
    ((5, 6, 4), (2, 2, 2), (2, 1, 3), (3, 2, 1), Padding.SAME),
]


def steps(strides, dilations, padding):
    return {
        "padding": padding,
        "fused_activation_function": Activation.RELU,
        **dict(zip(("stride_d", "stride_h", "stride_w"), strides, strict=True)),
        **dict(
            zip(
                ("dilation_d_factor", "dilation_h_factor", "dilation_w_factor"),
                dilations,
                strict=True,
            )
        ),
    }


@pytest.mark.parametrize(("sizes", "window", "strides", "dilations", "padding"), STEPS)
def test_conv_3d(sizes, window, strides, dilations, padding):
    n, c, o = 2, 3, 2
    axes = [starts(*axis, padding) for axis in zip(sizes, window, strides, dilations, strict=True)]
    x, outputs = Number(), 0
    with counting() as tally:
        for _ in product(range(n), *axes, range(o)):
            y = Number(0.0)
            for _ in product(*map(range, window), range(c)):
                y = y + x * x
            outputs += 1
    with counting() as rest:
        for _ in range(outputs):
            larger(x + x, 0)
    options = steps(strides, dilations, padding)
    result = inferred("CONV_3D", spec(n, *sizes, c), spec(*window, c, o), spec(o), **options)
    assert result.cost == contracted(tally, rest)


@pytest.mark.parametrize(("sizes", "window", "strides", "dilations", "padding"), STEPS)
def test_conv_3d_transpose(sizes, window, strides, dilations, padding):
    """Scatter: every input element is multiplied by the whole window, also outside the output."""
    n, c, o = 2, 3, 2
    axes = [starts(*axis, padding) for axis in zip(sizes, window, strides, dilations, strict=True)]
    x, made = Number(), {}
    with counting() as tally:
        for b, *start, _ in product(range(n), *axes, range(c)):
            for *tap, out in product(*map(range, window), range(o)):
                reached = (s + t * d for s, t, d in zip(start, tap, dilations, strict=True))
                place = (b, *reached, out)
                made[place] = made.get(place, Number(0.0)) + x * x
    with counting() as rest:
        for _ in range(n * math.prod(sizes) * o):
            larger(x + x, 0)
    given = (n, *map(len, axes), c)
    result = inferred(
        "CONV_3D_TRANSPOSE",
        vector(n, *sizes, o),
        spec(*window, o, c),
        spec(*given),
        spec(o),
        **steps(strides, dilations, padding),
    )
    assert result.cost == contracted(tally, rest)


@pytest.mark.parametrize(
    ("sizes", "window", "strides", "dilations"),
    [((5,), (2,), (1,), (1,)), ((4, 6), (3, 2), (1, 2), (1, 3)), ((3, 3), (1, 1), (1, 1), (1, 1))],
)
def test_reduce_window(sizes, window, strides, dilations):
    x = Number()
    axes = [
        starts(*axis, Padding.VALID) for axis in zip(sizes, window, strides, dilations, strict=True)
    ]
    with counting() as tally:
        for _ in product(*axes):
            first, *others = [x for _ in product(*map(range, window))]
            for other in others:
                first = larger(first, other)
    result = inferred(
        "REDUCE_WINDOW",
        spec(*sizes),
        number(0.0, F32),
        *(vector(*numbers, type=INT64) for numbers in (window, strides, dilations)),
        reduce_function=ReduceWindowFunction.MAXIMUM,
    )
    assert result.cost == tallied(tally)


def test_reduce_window_larger_than_its_input():
    parameters = (vector(3, 4, type=INT64), vector(1, 1, type=INT64), vector(1, 1, type=INT64))
    result = inferred(
        "REDUCE_WINDOW",
        spec(3, 3),
        number(0.0, F32),
        *parameters,
        reduce_function=ReduceWindowFunction.ADD,
    )
    assert result.outputs == ((1, 0),)
    assert result.cost == Cost()


def test_scatter_nd():
    with counting() as tally:
        for x in numbers(3 * 4):
            x + x
    result = inferred("SCATTER_ND", spec(3, 1, type=INT32), spec(3, 4), vector(9, 4))
    assert result.cost == tallied(tally)


def test_segment_sum():
    with counting() as tally:
        for x in numbers(4 * 5):
            x + x
    known = inferred("SEGMENT_SUM", spec(4, 5), vector(0, 1, 1, 2))
    assert known.cost == tallied(tally)
    assert inferred("SEGMENT_SUM", spec(4, 5), spec(4, type=INT32)).cost == tallied(tally)


def test_embedding_lookup():
    with counting() as tally:
        for x in numbers(3 * 5):
            x * 0.5
    lookup = spec(3, type=INT32)
    assert inferred("EMBEDDING_LOOKUP", lookup, spec(9, 5, type=INT8)).cost == tallied(tally)
    same = inferred("EMBEDDING_LOOKUP", lookup, spec(9, 5, type=INT8), made=(INT8,))
    assert same.cost is NO_ARITHMETIC
    assert inferred("EMBEDDING_LOOKUP", lookup, spec(9, 5)).cost is NO_ARITHMETIC


@pytest.mark.parametrize("combiner", CombinerType)
def test_embedding_lookup_sparse(combiner):
    """Five lookups into a 2x2 tensor of rows of 3, each of them with something in it."""
    places = [0, 0, 1, 2, 3]
    rows, weights, table = numbers(4, 3), numbers(5), numbers(3)
    with counting() as tally:
        for place, weight in zip(places, weights, strict=True):
            rows[place] = [y + x * weight for x, y in zip(table, rows[place], strict=True)]
    with counting() as rest:
        totals = [Number(0.0) for _ in rows]
        for place, weight in zip(places, weights, strict=True):
            if combiner is CombinerType.MEAN:
                totals[place] = totals[place] + weight
            if combiner is CombinerType.SQRTN:
                totals[place] = totals[place] + weight * weight
        for row, total in zip(rows, totals, strict=True):
            if combiner is CombinerType.SUM:
                continue
            divisor = root(total) if combiner is CombinerType.SQRTN else total
            [x / divisor for x in row]
    result = inferred(
        "EMBEDDING_LOOKUP_SPARSE",
        spec(5, type=INT32),
        spec(5, 3, type=INT32),
        vector(2, 2, 9),
        spec(5),
        spec(7, 3),
        combiner=combiner,
    )
    assert result.cost == contracted(tally, rest)


def search(element, found):
    """A place among sorted elements: the larger half goes on, which is the worst case."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        larger(element, found[middle])
        low, high = max((low, middle), (middle + 1, high), key=lambda half: half[1] - half[0])


@pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 7, 8])
def test_top_k(k):
    best = numbers(k)
    with counting() as tally:
        for x in numbers(2 * 9):
            search(x, best)
    assert inferred("TOPK_V2", spec(2, 9), number(k)).cost == tallied(tally)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 100])
def test_bucketize(count):
    boundaries = numbers(count)
    with counting() as tally:
        for x in numbers(6):
            search(x, boundaries)
    result = inferred("BUCKETIZE", spec(2, 3), boundaries=tuple(range(count)))
    assert result.cost == tallied(tally)


def test_unique():
    with counting() as most:
        for x in numbers(6):
            search(x, numbers(6))
    with counting() as three:
        for x in numbers(6):
            search(x, numbers(3))
    with counting() as least:
        for x in numbers(6):
            search(x, numbers(1))
    unknown = inferred("UNIQUE", spec(6))
    assert (unknown.cost, unknown.minimum) == (tallied(most), tallied(least))
    assert inferred("UNIQUE", TensorSpec((6,), F32, (5, 1, 5, 3, 3, 1))).cost == tallied(three)


def intersection_over_union(a, b):
    """As the kernel does it, with corners that may be in any order."""
    top_a, bottom_a = smaller(a[0], a[2]), larger(a[0], a[2])
    left_a, right_a = smaller(a[1], a[3]), larger(a[1], a[3])
    top_b, bottom_b = smaller(b[0], b[2]), larger(b[0], b[2])
    left_b, right_b = smaller(b[1], b[3]), larger(b[1], b[3])
    area_a = (bottom_a - top_a) * (right_a - left_a)
    area_b = (bottom_b - top_b) * (right_b - left_b)
    if not (area_a > 0) | (area_b > 0):
        return Number(0.0)
    bottom, right = smaller(bottom_a, bottom_b), smaller(right_a, right_b)
    top, left = larger(top_a, top_b), larger(left_a, left_b)
    both = larger(bottom - top, 0) * larger(right - left, 0)
    return both / (area_a + area_b - both)


def compared(boxes, count, soft):
    """Every box with each that is put out, which is the most that can be."""
    for box in boxes:
        for other in boxes[:count]:
            overlap = intersection_over_union(box, other)
            larger(overlap, 0.5)
            if soft:
                score = Number(0.9) * function(overlap * overlap * -0.5, math.exp)
                larger(score, 0.1)


@pytest.mark.parametrize("boxes", [1, 2, 4, 8])
@pytest.mark.parametrize("count", [0, 1, 3, 20])
@pytest.mark.parametrize("version", ["hard", "hard after all", "soft"])
def test_non_max_suppression(boxes, count, version):
    corners = [[Number(x) for x in (0.0, 0.0, 1.0, 1.0)] for _ in range(boxes)]
    with counting() as least:
        for score in numbers(boxes):
            larger(score, 0.1)
    with counting() as rest:
        width = 1
        while width < boxes:  # sorted by merging: each element is looked at in each round
            for score in numbers(boxes):
                larger(score, score)
            width *= 2
        compared(corners, count, version == "soft")
    operands = [spec(boxes, 4), spec(boxes), number(count), spec(), spec()]
    if version == "hard":
        result = inferred("NON_MAX_SUPPRESSION_V4", *operands)
    else:
        sigma = number(0.0, F32) if version == "hard after all" else spec()
        result = inferred("NON_MAX_SUPPRESSION_V5", *operands, sigma)
    assert result.minimum == tallied(least)
    assert result.cost == tallied(least) + tallied(rest)


class ComplexNumber:
    """Complex arithmetic on numbers that count."""

    def __init__(self):
        self.real, self.imaginary = Number(), Number()

    def add(self, other):
        self.real + other.real
        self.imaginary + other.imaginary

    def subtract(self, other):
        self.real - other.real
        self.imaginary - other.imaginary

    def multiply(self, other):
        self.real * other.real - self.imaginary * other.imaginary
        self.real * other.imaginary + self.imaginary * other.real

    def divide(self, other):
        square = other.real * other.real + other.imaginary * other.imaginary
        (self.real * other.real + self.imaginary * other.imaginary) / square
        (self.imaginary * other.real - self.real * other.imaginary) / square

    def magnitude(self, _):
        root(self.real * self.real + self.imaginary * self.imaginary)


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("ADD", ComplexNumber.add),
        ("SUB", ComplexNumber.subtract),
        ("MUL", ComplexNumber.multiply),
        ("DIV", ComplexNumber.divide),
        ("COMPLEX_ABS", ComplexNumber.magnitude),
    ],
)
def test_complex_arithmetic(name, act):
    with counting() as tally:
        for _ in range(6):
            act(ComplexNumber(), ComplexNumber())
    operands = [spec(2, 3, type=COMPLEX64)] * (1 if name == "COMPLEX_ABS" else 2)
    assert inferred(name, *operands).cost == tallied(tally)


def test_atan2():
    with counting() as tally:
        for x in numbers(6):
            function(x, math.atan)
    assert inferred("ATAN2", spec(2, 3), spec(2, 3)).cost == tallied(tally)
