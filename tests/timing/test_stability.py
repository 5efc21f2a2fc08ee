"""The verdict on samples: by hand, and how often it is right on hundreds of made-up streams."""

from collections import Counter
from typing import get_args

import numpy as np
import pytest

from machines import evidence, window
from tflops_native.stability.patterns import (
    Modes,
    autocorrelation,
    drift,
    level_shift,
    modes,
    stalls,
)
from tflops_native.stability.verdict import Verdict, judge

STREAMS = 200
MICROSECOND = 1000


def rates(stream, count):
    """Of streams of so many samples: verdict -> how often it is given."""
    streams = as_ns(stream(np.random.default_rng(1), (STREAMS, count)))
    found = Counter(judge(samples).verdict for samples in streams)
    return {verdict: found[verdict] / STREAMS for verdict in get_args(Verdict)}


def as_ns(milliseconds):
    return np.rint(np.asarray(milliseconds) * 1e6).astype(np.int64)


def quiet(random, shape):
    return np.exp(random.normal(0, 0.01, shape))


def log_normal(random, shape):
    """Skewed, but no wider than the limit."""
    return 1 + np.exp(random.normal(-4, 0.8, shape))


def wide(random, shape):
    return np.exp(random.normal(0, 0.15, shape))


def rising(random, shape):
    """By a tenth from start to end."""
    return (1 + 0.1 * np.arange(shape[1]) / shape[1]) * np.exp(random.normal(0, 0.02, shape))


def falling(random, shape):
    return rising(random, shape)[:, ::-1]


def two_modes(random, shape):
    """A third of the samples takes 15% longer."""
    slow = random.uniform(size=shape) < 1 / 3
    return (1 + 0.15 * slow) * np.exp(random.normal(0, 0.015, shape))


def shifted(by, at):
    """After this part of all samples each takes so much longer, as a fraction."""

    def stream(random, shape):
        is_after = np.arange(shape[1]) >= at * shape[1]
        return (1 + by * is_after) * np.exp(random.normal(0, 0.015, shape))

    return stream


def correlated(share, width):
    """Each sample keeps this share of how far the one before was off; no trend in the long run."""

    def stream(random, shape):
        off = random.normal(0, width * (1 - share**2) ** 0.5, shape)
        off[:, 0] = random.normal(0, width, shape[0])
        for index in range(1, shape[1]):
            off[:, index] += share * off[:, index - 1]
        return np.exp(off)

    return stream


@pytest.mark.parametrize("stream", [quiet, log_normal, correlated(0.6, 0.02)])
@pytest.mark.parametrize(("count", "right"), [(20, 0.95), (100, 0.98), (1000, 0.99)])
def test_quiet_streams_are_stable(stream, count, right):
    assert rates(stream, count)["stable"] >= right


@pytest.mark.parametrize(("count", "right"), [(20, 0.9), (100, 0.99), (1000, 0.99)])
def test_wide_streams_are_noisy(count, right):
    assert rates(wide, count)["noisy"] >= right


@pytest.mark.parametrize(("count", "right"), [(20, 0.6), (100, 0.99), (1000, 0.99)])
def test_rising_streams_drift(count, right):
    assert rates(rising, count)["drifting"] >= right
    # Getting faster is a drift too.
    assert rates(falling, count)["drifting"] >= right


@pytest.mark.parametrize(("count", "right"), [(100, 0.85), (1000, 0.99)])
def test_two_modes_are_bimodal(count, right):
    assert rates(two_modes, count)["bimodal"] >= right


@pytest.mark.parametrize(("by", "at"), [(0.1, 0.5), (0.1, 0.2), (0.3, 0.85), (-0.15, 0.4)])
@pytest.mark.parametrize(("count", "right"), [(50, 0.95), (100, 0.98), (1000, 0.99)])
def test_a_level_shift_is_called_so(by, at, count, right):
    assert rates(shifted(by, at), count)["shifted"] >= right


@pytest.mark.parametrize("stream", [rising, falling, two_modes, quiet, log_normal, wide])
@pytest.mark.parametrize("count", [20, 100, 1000])
def test_drifts_modes_and_noise_are_not_level_shifts(stream, count):
    assert rates(stream, count)["shifted"] <= 0.01


def test_there_and_back_is_not_a_level_shift():
    there_and_back = [1000 + index % 5 for index in range(40)] * 3
    there_and_back[40:80] = [1300 + index % 5 for index in range(40)]
    assert judge(there_and_back).verdict == "bimodal"


@pytest.mark.parametrize("position", [5, 20, 50, 80, 95])
def test_the_moment_of_a_level_shift(position):
    samples = [1000 + index % 5 for index in range(position)]
    samples += [1300 + index % 5 for index in range(100 - position)]
    found = level_shift(samples)
    if position in (5, 95):
        assert found is None  # too few samples to be a level
    else:
        assert (found.position, found.before_ns, found.after_ns) == (position, 1002, 1302)
        assert found.share == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize(
    ("share", "count", "alarms"),
    [(0.6, 100, 0.01), (0.9, 100, 0.03), (0.9, 1000, 0.01), (0.97, 1000, 0.02), (0.99, 2000, 0.02)],
)
def test_swings_are_no_drift_no_modes_and_no_shift(share, count, alarms):
    stream = correlated(share, 0.04)
    found = rates(stream, count)
    assert found["drifting"] <= alarms
    assert found["bimodal"] <= alarms
    assert found["shifted"] <= alarms


@pytest.mark.parametrize(
    "stream",
    [
        lambda random, shape: np.exp(random.normal(0, 1, shape)),
        lambda random, shape: 1 + random.exponential(0.3, shape),
        lambda random, shape: 1 + random.uniform(0, 1, shape),
        lambda random, shape: 10 + np.abs(random.standard_t(2, shape)),
    ],
)
@pytest.mark.parametrize("count", [12, 50, 400])
def test_long_tails_and_wide_hills_are_no_second_mode(stream, count):
    found = rates(stream, count)
    assert found["bimodal"] <= 0.01
    assert found["drifting"] <= 0.015
    assert found["shifted"] <= 0.015


def test_one_outlier_is_no_noise():
    samples = [1000 + index % 3 for index in range(20)]
    samples[7] = 20_000
    found = judge(samples)
    assert (found.verdict, found.figures.stalls) == ("stable", 1)


def test_rare_long_stalls_are_noise():
    # One in fifty waits for three milliseconds: 20 us and more than half of the time.
    samples = [20 * MICROSECOND + index % 7 for index in range(1000)]
    samples[::50] = [3_000 * MICROSECOND] * 20
    found = judge(samples)
    assert found.verdict == "noisy"
    assert found.because == "20 samples stalled, for 74.9% of the time"


def test_equal_samples_of_a_coarse_clock():
    found = judge([1_000_000] * 30, resolution_ns=1_000_000)
    assert (found.verdict, found.because) == ("stable", "MAD 0.0%")
    assert found.figures.autocorrelation is None
    assert found.figures.drift.share == 0


def test_one_tick_more_or_less_is_no_second_mode():
    samples = [100, 200] * 50
    assert modes(samples, resolution_ns=100) is None
    assert modes(samples, resolution_ns=1) == Modes(
        fast_ns=pytest.approx(100), slow_ns=pytest.approx(200), slow_share=0.5
    )


@pytest.mark.parametrize(
    ("samples", "because"),
    [
        ([], "0 samples are too few"),
        ([5] * 9, "9 samples are too few"),
        ([0] * 20, "the samples are shorter than a step of the clock"),
    ],
)
def test_too_little_to_tell(samples, because):
    found = judge(samples)
    assert (found.verdict, found.because, found.figures) == ("unknown", because, None)


def test_trend_by_hand():
    # From 100 to 131 in steps of one: the median is 115.5, and all pairs rise.
    trend = drift(list(range(100, 132)))
    assert trend.share == pytest.approx(31 / 115.5)
    assert trend.is_significant
    # Up and down again: as many pairs fall as rise.
    assert drift([1, 2, 3, 4, 4, 3, 2, 1] * 4).share == 0


def test_drift_per_minute_is_by_the_time_that_passed():
    samples = [1000 + index for index in range(100)]
    # A tenth of the median in half a minute.
    found = judge(samples, evidence(window(seconds=30.0)))
    assert found.verdict == "drifting"
    assert found.figures.drift_per_minute == pytest.approx(2 * found.figures.drift.share)
    assert found.because == "+9.4% within 30 s"


def test_autocorrelation_by_hand():
    # Ranks 1.5 and 3.5 in turn: the products of neighbours are all -1, seven of them, of power 8.
    assert autocorrelation([3, 9] * 4) == pytest.approx(-7 / 8)
    # Ranks 1 to 4, centred -1.5 -0.5 0.5 1.5: (0.75 - 0.25 + 0.75) / 5, however far the last is.
    assert autocorrelation([1, 2, 3, 1000]) == pytest.approx(0.25)
    assert autocorrelation([4] * 8) is None


def test_stalls_by_hand():
    # The median is 100; 150 and 200 lie beyond 125, by 50 and 100, of 750 in all.
    assert stalls([100, 100, 100, 100, 150, 200]) == (2, pytest.approx(150 / 750))
    assert stalls([100, 125]) == (0, 0.0)
