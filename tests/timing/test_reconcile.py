"""Times of made-up operators that are known, read with a clock that cuts: are they found again?"""

import numpy as np
import pytest

from tflops_native.profile.estimate import CutTimes, TimeEstimate
from tflops_native.profile.reconcile import Bounded, reconcile

RUNS = 300


def read(random, seconds, jitter):
    """The estimate of an operator that takes so long, from runs read in whole microseconds."""
    exact_ns = 1e9 * seconds * np.exp(random.normal(0, jitter, RUNS))
    reported = np.floor(exact_ns / 1000).astype(np.int64) * 1000
    times = CutTimes(
        reported_ns=reported, likely_cut_ns=np.full(RUNS, 500.0), most_cut_ns=np.full(RUNS, 1000.0)
    )
    return times.estimate()


def model(
    random,
    *,
    count,
    factor,
    ns_per_byte,
    scatter,
    of_constants=0.0,
    starting=0.0,
    jitter=0.02,
    shortest=0.2,
    longest=20.0,
):
    """Operators whose times are known: (true seconds, what is known of them)."""
    alone = 1e-6 * np.exp(random.uniform(np.log(shortest), np.log(longest), count))
    constants = np.where(random.uniform(size=count) < 0.5, 0, random.integers(100, 50_000, count))
    # Some constants come from a cache that is further away.
    fetching = 1e-9 * ns_per_byte * constants * np.exp(random.normal(0, of_constants, count))
    cold = random.uniform(size=count) < 0.3
    start = 1e-6 * starting * cold * np.exp(random.normal(0, 0.4, count))
    truth = (factor * alone + fetching + start) * np.exp(random.normal(0, scatter, count))
    known = [
        Bounded(
            estimate=read(random, seconds, jitter),
            alone_seconds=one * np.exp(random.normal(0, 0.01)),
            constant_bytes=int(size),
            is_cold=bool(first),
        )
        for seconds, one, size, first in zip(truth, alone, constants, cold, strict=True)
    ]
    return truth, known


WAYS = {
    "as alone": {"count": 30, "factor": 1.0, "ns_per_byte": 0.0, "scatter": 0.03},
    "slower": {"count": 30, "factor": 1.3, "ns_per_byte": 0.05, "scatter": 0.05},
    "scattered": {"count": 40, "factor": 1.1, "ns_per_byte": 0.02, "scatter": 0.2},
    "all short": {"count": 20, "factor": 1.1, "ns_per_byte": 0.0, "scatter": 0.08, "longest": 1.5},
    "few": {"count": 5, "factor": 1.2, "ns_per_byte": 0.01, "scatter": 0.1},
    "caches differ": {
        "count": 30,
        "factor": 1.1,
        "ns_per_byte": 0.05,
        "scatter": 0.03,
        "of_constants": 0.5,
    },
    "cold starts": {
        "count": 34,
        "factor": 1.05,
        "ns_per_byte": 0.02,
        "scatter": 0.04,
        "starting": 0.4,
    },
    "noisy runs": {
        "count": 30,
        "factor": 1.1,
        "ns_per_byte": 0.02,
        "scatter": 0.05,
        "jitter": 0.1,
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_the_ranges_hold_the_true_times(way):
    held, errors, widths, before = [], [], [], []
    for seed in range(25):
        random = np.random.default_rng(seed)
        truth, known = model(random, **WAYS[way])
        error = 0.01 * truth.sum()
        found = reconcile(known, truth.sum() + random.normal(0, error), error)
        for true, item, estimate in zip(truth, known, found, strict=True):
            old = item.estimate
            assert old.lower_seconds <= estimate.lower_seconds + 2e-9
            assert estimate.upper_seconds <= old.upper_seconds + 2e-9
            assert estimate.lower_seconds <= estimate.typical_seconds <= estimate.upper_seconds
            held.append(estimate.lower_seconds <= true <= estimate.upper_seconds)
            errors.append(abs(np.log(estimate.typical_seconds / true)))
            widths.append(estimate.uncertainty)
            before.append(abs(np.log(max(old.typical_seconds, 1e-9) / true)))
    assert np.mean(held) >= 0.93
    # And they say more than the whole microseconds did.
    assert np.mean(errors) < np.mean(before)


def test_the_sum_is_that_of_the_invoke():
    random = np.random.default_rng(3)
    truth, known = model(random, count=30, factor=1.2, ns_per_byte=0.02, scatter=0.05)
    total = truth.sum()
    found = sum(e.typical_seconds for e in reconcile(known, total, 0.002 * total))
    assert found == pytest.approx(total, rel=0.01)


def test_a_sum_that_contradicts_the_bounds_does_not_break_them():
    random = np.random.default_rng(3)
    truth, known = model(random, count=10, factor=1.2, ns_per_byte=0.0, scatter=0.05)
    for estimate, item in zip(
        reconcile(known, 3 * truth.sum(), 0.01 * truth.sum()), known, strict=True
    ):
        assert item.estimate.lower_seconds <= estimate.typical_seconds
        assert estimate.typical_seconds <= item.estimate.upper_seconds


def test_nothing_to_reconcile():
    assert reconcile([], 1.0, 0.1) == []


def test_an_operator_that_is_known_stays_known():
    exact = TimeEstimate(typical_seconds=5e-6, lower_seconds=4.99e-6, upper_seconds=5.01e-6)
    vague = TimeEstimate(typical_seconds=0.5e-6, lower_seconds=0.0, upper_seconds=1e-6)
    first, second = reconcile(
        [
            Bounded(estimate=exact, alone_seconds=2e-6, constant_bytes=0),
            Bounded(estimate=vague, alone_seconds=0.3e-6, constant_bytes=0),
        ],
        5.6e-6,
        0.1e-6,
    )
    assert first.typical_seconds == pytest.approx(5e-6, rel=0.003)
    assert second.lower_seconds > 0
