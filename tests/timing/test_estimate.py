"""Times that were cut to whole microseconds: how near the estimate comes, and that the bounds hold."""

from dataclasses import replace

import numpy as np
import pytest

from tflops_native.profile.estimate import CutTimes

STEADY, UNSTEADY = 0.02, 1.5  # spread in microseconds
NOISES = {
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "skewed": lambda generator, shape: np.exp(0.8 * generator.standard_normal(shape)) - 1,
    "steady core": lambda generator, shape: np.where(
        generator.random(shape) < 0.5,
        0.1 * generator.standard_normal(shape),
        1.5 * generator.standard_normal(shape),
    ),
    "two modes": lambda generator, shape: (
        2.0 * (generator.random(shape) < 0.3) + 0.2 * generator.standard_normal(shape)
    ),
}


def whole(*microseconds, likely=500.0, most=1000.0):
    """Times as XNNPACK reports them, with nothing else known of what was cut off."""
    count = len(microseconds)
    return CutTimes(
        reported_ns=np.array(microseconds, dtype=np.int64) * 1000,
        likely_cut_ns=np.full(count, likely),
        most_cut_ns=np.full(count, most),
    )


def exact(*nanoseconds):
    times = CutTimes.zero(len(nanoseconds))
    times.reported_ns[:] = nanoseconds
    return times


class Estimate:
    """What equals an estimate of about these: typical, lower and upper bound, in microseconds."""

    def __init__(self, *microseconds):
        self.seconds = pytest.approx([1e-6 * time for time in microseconds])

    def __eq__(self, other):
        return [other.typical_seconds, other.lower_seconds, other.upper_seconds] == self.seconds

    def __repr__(self):
        return f"Estimate({self.seconds})"


def test_equal_whole_times_leave_all_of_a_step_open():
    assert whole(*[7] * 100).estimate() == Estimate(7.5, 7, 8)


def test_nothing_but_zeros_is_something_below_one_step():
    estimate = whole(*[0] * 100).estimate()
    assert estimate == Estimate(0.5, 0, 1)
    assert estimate.uncertainty == pytest.approx(1.0)


def test_more_of_the_next_step_is_nearer_to_it():
    # A fifth in the next step: the median is at 50 of the 80 places in the first, 7 + 50/80. Its bounds
    # are some 10 ranks to either side and so in the first step, which may hold it anywhere.
    assert whole(*[7, 7, 8, 7, 7] * 20).estimate() == Estimate(7.625, 7, 8)


def test_what_cannot_have_been_cut_off_is_not_added():
    # No more than 200 ns were left in any run.
    assert whole(*[7] * 100, likely=100.0, most=200.0).estimate() == Estimate(7.1, 7, 7.2)


def test_two_events_are_cut_twice():
    assert whole(*[7] * 100, likely=1000.0, most=2000.0).estimate() == Estimate(8, 7, 9)


def test_exact_times_have_their_median_without_the_clocks_own_part():
    times = exact(*np.random.default_rng(0).permutation(range(1001, 2000)))  # median 1500
    estimate = times.estimate(own_ns=30)
    assert estimate.typical_seconds == pytest.approx(1.470e-6)
    # 999 samples: the normal interval is 31 ranks to either side, the one used a little wider.
    assert 1.469e-6 - 40e-9 < estimate.lower_seconds < 1.470e-6 - 29e-9
    assert 1.470e-6 + 29e-9 < estimate.upper_seconds < 1.471e-6 + 40e-9


def test_no_time_is_below_nothing():
    assert exact(*[20] * 50).estimate(own_ns=30) == Estimate(0, 0, 0)
    assert exact(*[20] * 50).estimate(own_ns=30).uncertainty is None


def test_one_run_is_its_own_bounds():
    assert whole(7).estimate() == Estimate(7.5, 7, 8)
    assert exact(70).estimate() == Estimate(0.07, 0.07, 0.07)


def test_spreading_equal_times_keeps_the_order_of_different_ones():
    times = whole(3, 5, 3, 4, 5, 3)
    spread = times.spread_ns()
    assert (spread // 1000).tolist() == [3, 5, 3, 4, 5, 3]
    assert sorted(spread) == pytest.approx(
        [3000 + 1e3 * p for p in (1 / 6, 3 / 6, 5 / 6)] + [4500] + [5250, 5750]
    )
    assert times.spread_ns().tolist() == spread.tolist()  # drawn, but always the same


def trials(noise, spread, runs=400, count=150, seed=1):
    """Of so many operators the true median and the times as they are read, in microseconds."""
    generator = np.random.default_rng(seed)
    medians = generator.uniform(2, 30, count)
    shape = (count, runs)
    random = NOISES[noise](generator, shape)
    true = medians[:, None] + spread * (random - np.median(NOISES[noise](generator, 100_001)))
    # Now and then something else ran.
    true += (generator.random(shape) < 0.02) * generator.uniform(5, 4000, shape)
    return medians, np.floor(np.maximum(true, 0)).astype(np.int64)


@pytest.mark.parametrize("spread", [STEADY, 0.1, 0.3, 0.6, UNSTEADY])
@pytest.mark.parametrize("noise", NOISES)
def test_the_bounds_hold_what_was_cut(noise, spread):
    held = []
    for median, reported in zip(*trials(noise, spread), strict=True):
        estimate = whole(*reported).estimate()
        assert estimate.lower_seconds <= estimate.typical_seconds <= estimate.upper_seconds
        held.append(estimate.lower_seconds <= median * 1e-6 <= estimate.upper_seconds)
    assert np.mean(held) >= 0.93


@pytest.mark.parametrize(("spread", "error"), [(STEADY, 0.5), (0.3, 0.25), (0.6, 0.15)])
def test_the_more_times_differ_the_nearer_the_estimate_comes(spread, error):
    # Within half a step in any case, for all but chance; 0.1 us is what chance adds at most here.
    errors = [
        abs(whole(*reported).estimate().typical_seconds * 1e6 - median)
        for median, reported in zip(*trials("normal", spread), strict=True)
    ]
    assert np.quantile(errors, 0.99) <= error + 0.1
    assert np.mean(errors) <= error / 2


def test_times_that_spread_over_several_steps_tell_more_than_a_step():
    # The bounds of whole steps cannot be nearer than one.
    widths = [
        1e6 * (estimate.upper_seconds - estimate.lower_seconds)
        for estimate in (whole(*reported).estimate() for reported in trials("normal", 1.5)[1])
    ]
    assert np.median(widths) < 0.95


def test_precision_is_that_of_chance_alone():
    # Whole steps are too coarse for 1 %, but more runs would not help.
    assert whole(*[10] * 200).is_precise(0.05)
    assert not whole(*[10] * 20).is_precise(0.05)  # too few to say
    assert not exact(*([100, 200] * 500)).is_precise(0.05)


@pytest.mark.parametrize("error_ns", [0.5, 2.0, 5.0, 20.0])
def test_the_bounds_hold_an_error_that_all_times_share(error_ns):
    """Of the clock, which is known to a bound, and independent of chance."""
    generator = np.random.default_rng(2)
    held, widths, sums = [], [], []
    for wrong in generator.uniform(-error_ns, error_ns, 400):
        times = CutTimes.zero(200)
        times = replace(times, reported_ns=100 + wrong + 30 * generator.standard_normal(200))
        chance, found = times.estimate(), times.estimate(error_ns=error_ns)
        held.append(found.lower_seconds <= 100e-9 <= found.upper_seconds)
        widths.append(found.uncertainty)
        sums.append(chance.uncertainty + error_ns / 100)
    assert np.mean(held) >= 0.93
    # No wider than both together, and clearly narrower where both are alike.
    assert np.mean(widths) <= np.mean(sums)
    if error_ns == 5.0:
        assert np.mean(widths) < 0.8 * np.mean(sums)
