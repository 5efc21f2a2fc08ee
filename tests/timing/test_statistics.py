"""Statistics on samples written by hand: expected figures are worked out beside them."""

from statistics import NormalDist

import numpy as np
import pytest

from tflops_native.timing.statistics import (
    Latency,
    is_outlier,
    median_interval,
    percentile,
    percentile_interval,
)


def test_one_sample_is_every_statistic():
    latency = Latency.of([2_000_000_000])
    assert latency.samples == latency.runs == 1
    for name in ("minimum", "p25", "median", "p75", "maximum", "mean"):
        assert getattr(latency, f"{name}_seconds") == 2.0
    assert latency.mad_seconds == latency.mdape == latency.outliers == 0
    assert latency.throughput_per_second == 0.5
    # What one sample cannot tell.
    assert (
        latency.p5_seconds
        is latency.p90_seconds
        is latency.p95_seconds
        is latency.p99_seconds
        is latency.std_seconds
        is latency.median_interval_seconds
        is latency.precision
        is None
    )


def test_an_odd_number_of_samples_in_any_order():
    # Sorted 1 2 3 5 9: median 3; deviations 2 1 0 2 6, sorted 0 1 2 2 6: MAD 2.
    # p25 and p75 at positions 1 and 3: 2 and 5. Mean 20 / 5 = 4, squares of 3 2 1 1 5 add up to 40:
    # variance 40 / 4. MdAPE: deviations 2/1 1/2 0/3 2/5 6/9, sorted 0 .4 .5 .67 2: 0.5.
    latency = Latency.of([9, 1, 5, 3, 2])
    assert latency.runs == 5
    assert latency.minimum_seconds == 1e-9
    assert latency.p25_seconds == 2e-9
    assert latency.median_seconds == 3e-9
    assert latency.p75_seconds == 5e-9
    assert latency.maximum_seconds == 9e-9
    assert latency.mean_seconds == 4e-9
    assert latency.std_seconds == pytest.approx(10**0.5 * 1e-9)
    assert latency.mad_seconds == 2e-9
    assert latency.mdape == 0.5
    assert latency.throughput_per_second == pytest.approx(0.25e9)


@pytest.mark.parametrize(
    ("percent", "fewest", "value"),
    [
        # At position 0.05 * 19 = 0.95 of 1 to 20: 1.95; and so on.
        (5, 20, 1.95),
        (90, 10, 9.1),
        (95, 20, 19.05),
        (99, 100, 99.01),
    ],
)
def test_a_percentile_needs_a_sample_beyond_it(percent, fewest, value):
    few, enough = Latency.of(range(1, fewest)), Latency.of([*range(2, fewest + 1), 1])
    assert getattr(few, f"p{percent}_seconds") is None
    assert getattr(enough, f"p{percent}_seconds") == pytest.approx(value * 1e-9)


def test_outliers_are_told_by_modified_z_scores():
    # Median 5.5 and MAD 2.5 of 1 to 10: a score of 3.5 is 3.5 / 0.6745 * 2.5 = 12.97 away.
    assert Latency.of([*range(1, 11)]).outliers == 0
    # With a further sample the median is 6 and the MAD 3: 15.57 away, from 21.57 on.
    assert Latency.of([*range(1, 11), 21]).outliers == 0
    assert Latency.of([*range(1, 11), 22]).outliers == 1


def test_outliers_among_equal_samples():
    # The MAD is 0, the mean deviation 30 / 11: 3.5 * 1.253314 * 30 / 11 = 11.96 away.
    samples = [100] * 10 + [130]
    assert is_outlier(np.array(samples, dtype=float)).tolist() == [False] * 10 + [True]
    assert Latency.of([100] * 11).outliers == 0


def test_the_interval_of_batches_is_that_of_one_invoke():
    # 1 51 2 52 ... 100 alternate, so they count as 100; ranks 39 and 62 (see test_precision).
    samples = [value for low in range(1, 51) for value in (low, low + 50)]
    latency = Latency.of([10 * value for value in samples], invokes_per_sample=10)
    assert latency.median_interval_seconds.lower == pytest.approx(39e-9)
    assert latency.median_interval_seconds.upper == pytest.approx(62e-9)
    assert latency.precision == pytest.approx(11.5 / 50.5)


def test_an_even_number_of_samples_has_its_median_between_two():
    # Sorted 1 2 4 10: median 3; deviations 2 1 1 7, sorted 1 1 2 7: MAD 1.5.
    # p75 at position 0.75 * 3 = 2.25: 4 + 0.25 * (10 - 4) = 5.5. Mean 17 / 4 = 4.25.
    latency = Latency.of([10, 4, 1, 2])
    assert latency.median_seconds == 3e-9
    assert latency.mad_seconds == 1.5e-9
    assert latency.p75_seconds == pytest.approx(5.5e-9)
    assert latency.mean_seconds == 4.25e-9


def test_a_sample_of_several_invokes_is_divided_by_them():
    # 3 samples of 4 invokes: 400, 800, 1200 ns are 100, 200, 300 ns each.
    latency = Latency.of([800, 400, 1200], invokes_per_sample=4)
    assert latency.runs == 12
    assert latency.minimum_seconds == pytest.approx(100e-9)
    assert latency.median_seconds == pytest.approx(200e-9)
    assert latency.maximum_seconds == pytest.approx(300e-9)
    assert latency.mean_seconds == pytest.approx(200e-9)
    assert latency.mad_seconds == pytest.approx(100e-9)
    assert latency.p75_seconds == pytest.approx(250e-9)


def test_small_differences_of_long_samples_are_kept():
    # An hour each, but for some nanoseconds: all below 2**53, which a float holds exactly.
    hour = 3600 * 10**9
    latency = Latency.of([hour + 4, hour, hour + 1])
    assert latency.median_seconds == (hour + 1) / 10**9
    assert latency.mad_seconds == 1e-9  # deviations 3, 1, 0
    assert latency.maximum_seconds == (hour + 4) / 10**9


def test_an_outlier_moves_the_mean_but_not_the_median():
    latency = Latency.of([10] * 99 + [10_000])
    assert latency.median_seconds == 10e-9
    assert latency.p90_seconds == 10e-9
    assert latency.mad_seconds == 0
    assert latency.mean_seconds == pytest.approx(109.9e-9)  # (990 + 10000) / 100


def test_no_sample_has_no_statistics():
    with pytest.raises(ValueError, match="there is no sample"):
        Latency.of([])


def test_samples_are_not_reordered():
    samples = [3, 1, 2]
    Latency.of(samples)
    assert samples == [3, 1, 2]


def series(random, count, correlation):
    """Normal samples, each correlated with the next."""
    noise = random.normal(size=count + 60)
    for index in range(1, len(noise)):
        noise[index] *= (1 - correlation**2) ** 0.5
        noise[index] += correlation * noise[index - 1]
    return noise[60:]


@pytest.mark.parametrize(
    ("share", "correlation", "count"),
    [(0.95, 0.0, 300), (0.95, 0.5, 700), (0.95, 0.8, 1200), (0.99, 0.0, 1200), (0.05, 0.5, 700)],
)
def test_the_interval_of_a_percentile_holds_it(share, correlation, count):
    random = np.random.default_rng(0)
    truth = NormalDist().inv_cdf(share)
    made = (percentile_interval(series(random, count, correlation), share) for _ in range(300))
    found = [interval for interval in made if interval is not None]
    assert len(found) > 150
    held = sum(interval.lower <= truth <= interval.upper for interval in found)
    assert held >= 0.93 * len(found)


def test_few_samples_have_no_interval_of_a_high_percentile():
    samples = np.random.default_rng(0).normal(size=150)
    assert percentile_interval(samples, 0.95) is None
    assert median_interval(samples) is not None


def test_a_latency_has_the_intervals_of_its_high_percentiles():
    samples = np.random.default_rng(0).permutation(2000) + 1000
    latency = Latency.of(samples, invokes_per_sample=10)
    for share, value, interval in (
        (0.95, latency.p95_seconds, latency.p95_interval_seconds),
        (0.99, latency.p99_seconds, latency.p99_interval_seconds),
    ):
        assert interval.lower < value < interval.upper
        # Nearly twice the standard deviation of the place of a percentile among 2,000, to both sides.
        half = 2 * (2000 * share * (1 - share)) ** 0.5 * 1e-10
        assert interval.half_width == pytest.approx(half, rel=0.3)
    few = Latency.of(samples[:200])
    assert few.p95_interval_seconds is None is few.p99_interval_seconds


def test_a_percentile_lies_between_its_neighbours():
    assert percentile(range(1, 102), 0.95) == 96
    assert percentile([1, 3], 0.5) == 2
