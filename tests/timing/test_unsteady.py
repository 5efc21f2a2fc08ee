"""Bounds of a median while the machine changes its speed and interrupts runs: true ones, and not absurd."""

import numpy as np
import pytest

from speeds import moving, slowed, stepping
from tflops_native.timing.statistics import median_interval
from tflops_native.timing.unsteady import unsteady_median_bounds

SHAPE = (150, 1500)
MEDIAN = 10.0
INTERRUPTED = 0.05


def with_noise(random, levels):
    return MEDIAN + 0.3 * levels + 0.1 * random.standard_normal(SHAPE)


def two_speeds(random, dwell):
    """A fifth slower for a while each time."""
    slow = slowed(random, SHAPE, dwell)
    # So that half of all samples lie below: 5 of 7 of the fast ones do, whose quantile is 0.566.
    fast = MEDIAN - 0.0566
    return fast + 2 * slow + 0.1 * random.standard_normal(SHAPE)


STREAMS = {
    "independent": lambda random: MEDIAN + 0.1 * random.standard_normal(SHAPE),
    "moving": lambda random: with_noise(random, moving(random, SHAPE, 1 - 1 / 20)),
    "moving slowly": lambda random: with_noise(random, moving(random, SHAPE, 1 - 1 / 60)),
    "stepping": lambda random: with_noise(random, stepping(random, SHAPE, 20)),
    "stepping rarely": lambda random: with_noise(random, stepping(random, SHAPE, 100)),
    "two speeds": lambda random: two_speeds(random, 20),
    "two speeds for long": lambda random: two_speeds(random, 60),
}


def interrupted(random, streams):
    """One sample in twenty takes up to a thousand times as long."""
    longer = random.random(streams.shape) < INTERRUPTED
    return np.where(longer, streams + random.uniform(10, 1e4, streams.shape), streams)


@pytest.mark.parametrize("name", STREAMS)
def test_the_bounds_hold_the_median(name):
    streams = STREAMS[name](np.random.default_rng(7))
    bounds = np.array([unsteady_median_bounds(stream) for stream in streams])
    assert np.mean((bounds[:, 0] <= MEDIAN) & (bounds[:, 1] >= MEDIAN)) >= 0.93


@pytest.mark.parametrize("name", STREAMS)
def test_interruptions_do_not_widen_them(name):
    random = np.random.default_rng(8)
    clean = STREAMS[name](random)
    streams = interrupted(random, clean)
    # What lies in the middle of all samples is 0.5 / 0.95 of the way through those that ran undisturbed.
    median = np.quantile(clean, 0.5 / (1 - INTERRUPTED))
    bounds = np.array([unsteady_median_bounds(stream) for stream in streams])
    assert np.mean((bounds[:, 0] <= median) & (median <= bounds[:, 1])) >= 0.93
    # No farther than the speed itself went.
    assert bounds[:, 1].max() - bounds[:, 0].min() <= 1.5 * (clean.max() - clean.min())


def test_what_absurd_intervals_came_from():
    """A machine that became 4 % faster half of the way: the ranks reach into interrupted runs."""
    random = np.random.default_rng(9)
    samples = np.where(np.arange(4444) < 2400, 194.0, 187.0) + random.standard_normal(4444)
    samples[random.random(4444) < 0.02] += 1e6
    ranks = median_interval(samples)
    assert ranks is None or ranks.upper > 1e6
    lower, upper = unsteady_median_bounds(samples)
    assert 180 < lower <= 187.5
    assert 193.5 <= upper < 200


def test_steady_samples_have_the_bounds_of_ranks():
    samples = np.random.default_rng(10).standard_normal(1000)
    ranks = median_interval(samples)
    assert unsteady_median_bounds(samples) == (ranks.lower, ranks.upper)


@pytest.mark.parametrize("values", [[5], [5, 5], [3, 9], [1, 2, 3, 4], [7] * 30])
def test_a_handful_of_samples_are_their_own_bounds(values):
    assert unsteady_median_bounds(np.array(values)) == (min(values), max(values))


def test_the_bounds_are_around_the_median():
    random = np.random.default_rng(11)
    for _ in range(300):
        count = int(random.integers(1, 60))
        samples = np.cumsum(random.integers(-3, 4, count)) + random.integers(0, 2, count) * 1000
        lower, upper = unsteady_median_bounds(samples)
        assert samples.min() <= lower <= np.median(samples) <= upper <= samples.max()
