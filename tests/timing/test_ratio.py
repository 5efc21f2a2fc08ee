"""Ratios of two times: what they say of made-up times whose true ratio is known."""

import math

import numpy as np
import pytest

from tflops_native.timing.ratio import Ratio, middle_bounds
from tflops_native.timing.statistics import Latency


@pytest.mark.parametrize(
    ("log_ratios", "value", "differs"),
    [
        ([math.log(2)] * 20, 2.0, True),
        ([math.log(0.5)] * 20, 0.5, True),
        ([-0.1, 0.1] * 10, 1.0, False),
        ([math.log(2)] * 6, 2.0, None),  # six blocks say too little of the next
    ],
)
def test_ratio_of_blocks(log_ratios, value, differs):
    ratio = Ratio.of_blocks(log_ratios)
    assert ratio.value == pytest.approx(value)
    assert ratio.differs is differs
    assert ratio.blocks == len(log_ratios)
    if differs is None:
        assert (ratio.lower, ratio.upper, ratio.precision) == (None, None, None)
    else:
        assert ratio.lower <= ratio.value <= ratio.upper


@pytest.mark.parametrize("count", [8, 10, 14, 40, 200])
def test_bounds_hold_the_median_of_any_distribution(count):
    """In at least 99 % of 2000 seeded trials, give or take chance: of a skewed distribution too."""
    generator = np.random.default_rng(count)
    held = 0
    for _ in range(2000):
        values = sorted(generator.exponential(1.0, count).tolist())
        lower, upper = middle_bounds(values)
        held += lower <= math.log(2) <= upper
    assert held >= 0.985 * 2000


def test_looking_again_and_again_is_not_wrong_more_often():
    """Equal contenders, blocks until the ratio is precise or there are 40: 5 % may say they differ."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(1000):
        # Where a model lies in memory lasts for a block; a busy machine now and then makes one much longer.
        blocks = generator.normal(0.0, 0.01, 40) + generator.standard_t(2, 40) * 0.003
        count = 10
        while count < 40 and Ratio.of_blocks(blocks[:count].tolist()).precision > 0.005:
            count = round(1.3 * count)
        wrong += Ratio.of_blocks(blocks[:count].tolist()).differs
    assert wrong <= 60


def test_ratio_of_latencies_measured_apart():
    """The true ratio of two medians lies in the interval in 95 % of 500 seeded trials, or in more."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(500):
        first, other = (
            Latency.of((1e6 * (scale + generator.exponential(0.05, 200))).astype(int).tolist())
            for scale in (1.0, 1.2)
        )
        median = 0.05 * math.log(2)
        ratio = Ratio.of_latencies(first, other)
        held += ratio.lower <= (1.2 + median) / (1.0 + median) <= ratio.upper
        assert ratio.value == pytest.approx(other.median_seconds / first.median_seconds)
    assert held >= 470


def test_latencies_without_an_interval():
    first, other = Latency(mean_seconds=2.0), Latency(mean_seconds=1.0)
    ratio = Ratio.of_latencies(first, other)
    assert (ratio.value, ratio.lower, ratio.upper, ratio.blocks) == (0.5, None, None, None)
    assert ratio.differs is None
    assert ratio.may_differ
    assert Ratio.of_latencies(first, Latency()) is None
