"""The stop rule: looking again and again at the samples does not make its intervals too narrow."""

import numpy as np
import pytest

from tflops_native.timing.precision import (
    FIRST_LOOK_SAMPLES,
    is_precise,
    next_look,
)
from tflops_native.timing.statistics import median_interval

TRIALS = 500  # of each of eight kinds of streams
LONGEST = 6000
MEDIAN = 1e6  # true median of every stream, in ns


def normal(random):
    return 1 + 0.05 * random.standard_normal((TRIALS, LONGEST))


def very_quiet(random):
    """So quiet that the first look ends it."""
    return 1 + 0.005 * random.standard_normal((TRIALS, LONGEST))


def skewed(random):
    """Exponential: most samples are close to the minimum, some far above."""
    return 1 + 0.1 * (random.exponential(size=(TRIALS, LONGEST)) - np.log(2))


def log_normal(random):
    return np.exp(0.1 * random.standard_normal((TRIALS, LONGEST)))


def heavy_tailed(random):
    """Student's t with two degrees of freedom: no variance at all."""
    return 1 + 0.03 * random.standard_t(2, size=(TRIALS, LONGEST))


def autoregressive(random, memory, spread):
    """Each sample is like the one before."""
    noise = random.standard_normal((LONGEST, TRIALS)) * np.sqrt(1 - memory**2)
    noise[0] = random.standard_normal(TRIALS)
    for step in range(1, LONGEST):
        noise[step] += memory * noise[step - 1]
    return 1 + spread * noise.T


STREAMS = {
    "normal": normal,
    "very quiet": very_quiet,
    "skewed": skewed,
    "log-normal": log_normal,
    "heavy-tailed": heavy_tailed,
    "slightly dependent": lambda random: autoregressive(random, 0.5, 0.03),
    "dependent": lambda random: autoregressive(random, 0.9, 0.02),
    # Where it is dangerous: the first samples lie close together, and far from the median.
    "dependent and quiet": lambda random: autoregressive(random, 0.9, 0.01),
}


def stopped_interval(stream, precision):
    """What the protocol does: look, and take more samples until they are precise enough."""
    count = next_look(0)
    while not is_precise(stream[:count], precision):
        count = next_look(count)
        assert count <= LONGEST
    return median_interval(stream[:count])


@pytest.mark.parametrize("name", STREAMS)
def test_intervals_at_which_it_stops_cover_the_median(name):
    streams = MEDIAN * STREAMS[name](np.random.default_rng(20))
    intervals = [stopped_interval(stream, 0.01) for stream in streams]
    covered = sum(found.lower <= MEDIAN <= found.upper for found in intervals)
    assert covered >= 0.93 * TRIALS
    assert max(found.half_width for found in intervals) < 0.0105 * MEDIAN


def test_intervals_of_a_fixed_number_of_samples_cover_the_median():
    streams = STREAMS["log-normal"](np.random.default_rng(21))[:, :25]
    intervals = [median_interval(stream) for stream in streams]
    known = [found for found in intervals if found is not None]
    assert len(known) > 0.9 * TRIALS
    assert sum(found.lower <= 1 <= found.upper for found in known) >= 0.95 * len(known)


def test_the_interval_is_of_order_statistics():
    # An order without autocorrelation, so that 1 to 100 count as 100 tosses of a coin. 2.1 standard
    # deviations of sqrt(100) / 2 are 10.5, with Student's correction 10.6: ranks 39 to 62.
    samples = np.arange(1, 101).reshape(2, 50).T.ravel()  # 1 51 2 52 3 53 ...
    found = median_interval(samples)
    assert found.effective_samples == 100
    assert (found.lower, found.upper) == (39, 62)
    assert found.half_width == 11.5


def test_samples_in_runs_count_for_less():
    values = np.random.default_rng(3).permutation(np.arange(100.0))
    alone, repeated = median_interval(values), median_interval(np.repeat(values, 10))
    assert repeated.effective_samples == pytest.approx(alone.effective_samples, rel=0.3)
    assert repeated.half_width == pytest.approx(alone.half_width, rel=0.3)


def test_samples_that_alternate_do_not_count_for_more():
    assert median_interval([1, 2] * 50).effective_samples == 100


def test_equal_samples_leave_no_doubt():
    found = median_interval([7] * 100)
    assert (found.lower, found.upper, found.effective_samples) == (7, 7, 100)
    assert is_precise([7] * 100, 0.0)


@pytest.mark.parametrize("samples", [[], [1], [1, 2, 3], [3, 1, 2, 5, 4]])
def test_a_handful_of_samples_has_no_interval(samples):
    assert median_interval(samples) is None
    assert not is_precise(samples, 0.5)


def test_too_few_samples_are_never_precise():
    assert not is_precise([7] * 49, 0.5)
    assert is_precise([7] * 50, 0.5)


def test_looks_grow_apart():
    looks = [next_look(0)]
    while looks[-1] < 1000:
        looks.append(next_look(looks[-1]))
    # 60 * 1.3 = 78, 78 * 1.3 = 101.4, 102 * 1.3 = 132.6, ...
    assert looks[:4] == [FIRST_LOOK_SAMPLES, 78, 102, 133]
