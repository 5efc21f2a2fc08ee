"""Counts of random numbers, Fourier transforms and hashes against naive kernels."""

import cmath
import math
from dataclasses import dataclass

import pytest

from counting import Number, counting, function, larger, numbers, root, scalar_ops
from tflops_native.model.schema import LSHProjectionType, TensorType
from tflops_native.ops import REGISTRY, Cost, TensorSpec

F32, INT32 = TensorType.FLOAT32, TensorType.INT32


def spec(*shape, type=F32, value=None):
    return TensorSpec(shape, type, value)


def vector(*value):
    return spec(len(value), type=INT32, value=value)


def cost_of(tally):
    return Cost(0, scalar_ops(tally), tally["function"])


def inferred(name, *operands, **options):
    rule = REGISTRY[name]
    return rule.infer(rule.op(**options), operands)


@pytest.mark.parametrize("shape", [(), (7,), (2, 3), (4, 0)])
def test_random_uniform(shape):
    with counting() as tally:
        for _ in range(math.prod(shape)):
            Number(1.5) - 1.0  # bits of a mantissa make a number between 1 and 2
    result = inferred("RANDOM_UNIFORM", vector(*shape))
    assert result.outputs == (shape,)
    assert result.cost == cost_of(tally)


@pytest.mark.parametrize("shape", [(1,), (8,), (3, 3)])
def test_random_standard_normal(shape):
    """Box-Muller makes two at once; of the last two one may be left over."""
    missing = math.prod(shape)
    with counting() as tally:
        while missing > 0:
            u, v = (Number(1.5) - 1.0 for _ in range(2))
            radius = root(function(larger(u, 1e-7), math.log) * -2.0)
            angle = v * (2 * math.pi)
            function(angle, math.sin) * radius
            function(angle, math.cos) * radius
            missing -= 2
    result = inferred("RANDOM_STANDARD_NORMAL", vector(*shape))
    assert result.cost == cost_of(tally)


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 7, 8])
def test_multinomial(classes):
    batch, samples = 2, 3
    with counting() as tally:
        for _ in range(batch):
            logits, largest, total = numbers(classes), Number(-9.0), Number(0.0)
            for x in logits:
                largest = larger(x, largest)
            sums = []
            for x in logits:
                total = total + function(x - largest, math.exp)
                sums.append(total)
            for _ in range(samples):
                wanted = (Number(1.999) - 1.0) * total
                low, high = 0, classes
                while low < high:  # the search that goes right takes the most comparisons
                    middle = (low + high) // 2
                    wanted < sums[middle]  # noqa: B015
                    low = middle + 1
    result = inferred("MULTINOMIAL", spec(batch, classes), spec(type=INT32, value=(samples,)))
    assert result.outputs == ((batch, samples),)
    # The search goes on in what is left, half or one less than half.
    assert result.cost.transcendentals == tally["function"]
    longest = batch * samples * math.ceil(math.log2(classes + 1))
    comparisons = tally["compare"] - batch * classes
    assert result.cost.scalar_ops == scalar_ops(tally) - comparisons + longest
    assert comparisons <= longest


@dataclass
class Complex:
    """A complex number out of two that count."""

    real: Number
    imaginary: Number

    def __add__(self, other):
        return Complex(self.real + other.real, self.imaginary + other.imaginary)

    def __sub__(self, other):
        return Complex(self.real - other.real, self.imaginary - other.imaginary)

    def __mul__(self, factor):
        return Complex(
            self.real * factor.real - self.imaginary * factor.imag,
            self.real * factor.imag + self.imaginary * factor.real,
        )


def fft(x):
    if len(x) == 1:
        return x
    even, odd = fft(x[::2]), fft(x[1::2])
    half = len(x) // 2
    odd = [y * cmath.exp(-2j * math.pi * k / len(x)) for k, y in enumerate(odd)]
    return [even[k] + odd[k] for k in range(half)] + [even[k] - odd[k] for k in range(half)]


def transformed(length):
    """Operations of one complex transform."""
    with counting() as tally:
        fft([Complex(Number(float(k)), Number(1.0)) for k in range(length)])
    return tally.total()


def test_the_naive_transform_is_one():
    found = fft([Complex(Number(float(x)), Number(0.0)) for x in (1, 2, 3, 4)])
    assert [(round(y.real.value, 9), round(y.imaginary.value, 9)) for y in found] == [
        (10, 0),
        (-2, 2),
        (-2, 0),
        (-2, -2),
    ]


@pytest.mark.parametrize("height", [1, 2, 8])
@pytest.mark.parametrize("width", [1, 2, 4, 16])
@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_rfft2d(height, width, leading):
    """Real rows in pairs, as the two parts of a complex one; then the columns that are left."""
    rows = height * transformed(width) // 2
    columns = (width // 2 + 1) * transformed(height)
    result = inferred("RFFT2D", spec(*leading, 5, 6), vector(height, width))
    assert result.outputs == ((*leading, height, width // 2 + 1),)
    assert result.cost == Cost(scalar_ops=math.prod(leading) * (rows + columns))


@pytest.mark.parametrize("has_weight", [True, False])
@pytest.mark.parametrize("type", [LSHProjectionType.SPARSE, LSHProjectionType.DENSE])
def test_lsh_projection(has_weight, type):
    hashes, bits, items = 2, 3, 5
    with counting() as tally:
        for _ in range(hashes * bits):
            score = Number(0.0)
            for hashed in numbers(items):
                score = score + (hashed * Number() if has_weight else hashed)
            score > 0.0  # noqa: B015
    operands = [spec(hashes, bits), spec(items, 4, type=INT32)]
    if has_weight:
        operands.append(spec(items))
    result = inferred("LSH_PROJECTION", *operands, type=type)
    assert result.outputs == (((2,) if type is LSHProjectionType.SPARSE else (6,)),)
    assert result.cost == cost_of(tally)
