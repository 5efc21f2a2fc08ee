"""The timer's statistics, in C++, are those of Python: on the same samples they give the same numbers."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import _native as native
from tflops_native.timing import precision, statistics, warm_up


def independent(generator, count):
    return generator.gamma(4.0, 1000.0, count)


def correlated(generator, count):
    """Each sample holds nine tenths of the one before."""
    values = np.zeros(count)
    noise = generator.standard_normal(count)
    for i in range(1, count):
        values[i] = 0.9 * values[i - 1] + noise[i]
    return 10_000 + 500 * values


def drifting(generator, count):
    return np.linspace(10_000, 20_000, count) + 100 * generator.standard_normal(count)


def few_values(generator, count):
    """As by a coarse clock: most are equal to the median."""
    return generator.choice([1000, 1000, 1000, 2000, 3000], count)


def two_levels(generator, count):
    return np.where(np.arange(count) // 7 % 2, 1000, 1500) + generator.integers(0, 10, count)


@pytest.mark.parametrize("kind", [independent, correlated, drifting, few_values, two_levels])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 20, 60, 101, 1000, 4097])
@pytest.mark.parametrize("seed", range(5))
def test_intervals_are_the_same(kind, count, seed):
    samples = kind(np.random.default_rng(seed), count).astype(np.int64)
    expected = statistics.median_interval(samples)
    found = native.median_interval(samples)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found[:2] == (expected.lower, expected.upper)
        assert found[2] == pytest.approx(expected.effective_samples, rel=1e-9)
    for wanted in (0.001, 0.01, 0.1):
        assert native.is_precise(samples, wanted) == precision.is_precise(samples, wanted)
    assert native.is_steady(samples) == warm_up.is_steady(samples)


def test_constant_samples():
    assert native.median_interval([5] * 100) == (5.0, 5.0, 100.0)
    assert native.is_precise([5] * 100, 0.01)
    assert not native.is_precise([], 0.01)


def test_looks_come_at_the_same_numbers():
    for samples in range(100_000):
        assert native.next_look(samples) == precision.next_look(samples)
