"""Times of operators on a machine that changes its speed are those at the speed of its middle."""

from types import SimpleNamespace

import numpy as np
import pytest

from graphs import chain
from speeds import moving, slowed, stepping
from tflops_native.profile.join import join_runs
from tflops_native.profile.profiling import make_profile
from tflops_native.profile.speed import Speed
from tflops_native.timing.precision import Stop
from tflops_native.timing.unsteady import unsteady_median_bounds

# Of trials and of runs.
SHAPES = ((40, 300), (12, 3000))
# Median of each operator in nanoseconds, its exponent of the speed, and its own noise. The third waits for
# memory, the next one suffers twice.
OPERATORS = (
    (30_000, 1.0, 0.02),
    (10_000, 1.0, 0.02),
    (30_000, 0.0, 0.05),
    (200, 2.0, 0.10),
    (5_000, 0.5, 0.02),
    (40_000, 1.0, 0.01),
    (700, 1.0, 0.05),
)
OUTSIDE_NS = 5_000.0
STOP = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
SLOWNESS = {
    "moving": lambda random, shape: np.exp(0.04 * moving(random, shape, 1 - 15 / shape[1])),
    "moving for long": lambda random, shape: np.exp(0.04 * moving(random, shape, 1 - 3 / shape[1])),
    "stepping": lambda random, shape: np.exp(0.04 * stepping(random, shape, shape[1] // 15)),
    "two speeds": lambda random, shape: 1 + 0.2 * slowed(random, shape, shape[1] // 15),
    "one step": lambda random, shape: np.tile(
        np.where(np.arange(shape[1]) < 0.53 * shape[1], 1.0, 0.95), (shape[0], 1)
    ),
}


def runs_of(random, slowness):
    """Profiled runs, and what each operator takes at the speed at which a run takes the median of all."""
    medians, exponents, noise = np.array(OPERATORS).T
    count = len(slowness)
    scatter = np.exp(noise * random.standard_normal((count, len(OPERATORS))))
    # One run in twenty is interrupted, in one of the operators.
    interruptions = np.zeros_like(scatter)
    hit = np.flatnonzero(random.random(count) < 0.05)
    where = random.integers(0, len(OPERATORS), len(hit))
    interruptions[hit, where] = random.uniform(1e4, 1e6, len(hit))
    steady = medians * scatter + interruptions
    times = medians * slowness[:, None] ** exponents * scatter + interruptions
    times = times.round().astype(np.int64)
    runs = SimpleNamespace(
        events=[("Add (ND, F32)", index, 0, True) for index in range(len(OPERATORS))],
        invoke_ns=times.sum(axis=1) + (OUTSIDE_NS * slowness).astype(np.int64),
        event_ids=np.tile(np.arange(len(OPERATORS)), count),
        depths=np.zeros(times.size, dtype=np.int32),
        at_ns=np.repeat(times.sum(axis=1), len(OPERATORS)),
        elapsed_ns=times.ravel(),
        run_offsets=np.arange(count + 1) * len(OPERATORS),
        builtin_resolution_ns=1,
        builtin_own_ns=0.0,
        delegate_resolution_ns=1,
        delegate_own_ns=0.0,
        is_fixed_sequence=True,
    )
    speeds = np.linspace(0.5, 2, 15_001)
    whole = (medians * speeds[:, None] ** exponents).sum(axis=1) + OUTSIDE_NS * speeds
    # The median of a sum is not the sum of the medians.
    more = np.median(steady.sum(axis=1) + OUTSIDE_NS) / (medians.sum() + OUTSIDE_NS)
    middle = np.interp(np.median(runs.invoke_ns), more * whole, speeds)
    return runs, medians * middle**exponents


def profile_of(runs):
    return make_profile(join_runs(chain(*["ADD"] * len(OPERATORS)), [runs]), [0.0] * 12, STOP)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SLOWNESS)
def test_times_are_those_at_the_speed_of_the_middle(name, shape):
    random = np.random.default_rng(3)
    held, widths, raw_widths = [], [], []
    for slowness in SLOWNESS[name](random, shape):
        runs, truth = runs_of(random, slowness)
        profile = profile_of(runs)
        for operator, seconds in zip(profile.operators, truth * 1e-9, strict=True):
            estimate = operator.estimate
            held.append(estimate.lower_seconds <= seconds <= estimate.upper_seconds)
        widths.append([operator.estimate.uncertainty for operator in profile.operators])
        samples = np.array(profile.operators[0].samples_ns, dtype=float)
        lower, upper = unsteady_median_bounds(samples)
        raw_widths.append((upper - lower) / 2 / np.median(samples))
    assert np.mean(held) >= 0.93
    # What all operators have in common is in the interval of none.
    assert np.median(np.array(widths)[:, 0]) < 0.4 * np.median(raw_widths)
    assert np.quantile(widths, 0.95) < 0.05


def test_the_parts_add_up_at_one_speed():
    random = np.random.default_rng(4)
    for slowness in SLOWNESS["two speeds"](random, (10, 3000)):
        runs, _ = runs_of(random, slowness)
        profile = profile_of(runs)
        beyond = abs(profile.beyond_medians_seconds) / profile.invoke_seconds
        assert beyond < 0.02


def test_a_steady_machine_changes_nothing():
    random = np.random.default_rng(5)
    runs, _ = runs_of(random, np.ones(3000))
    assert Speed.of(runs.invoke_ns) is None
    for operator in profile_of(runs).operators:
        assert operator.estimate.typical_seconds * 1e9 == np.median(operator.samples_ns)


def test_what_goes_its_own_way_keeps_its_interval():
    """An operator that becomes slower by itself, which the whole run hardly shows."""
    random = np.random.default_rng(6)
    (slowness,) = SLOWNESS["moving"](random, (1, 3000))
    runs, _ = runs_of(random, slowness)
    own = np.where(np.arange(3000) // 300 % 2, 1.0, 1.4)
    times = runs.elapsed_ns.reshape(-1, len(OPERATORS))
    times[:, 6] = times[:, 6] * own
    estimate = profile_of(runs).operators[6].estimate
    assert estimate.lower_seconds < 750e-9
    assert estimate.upper_seconds > 930e-9


@pytest.mark.parametrize("count", [1, 2, 50, 127])
def test_of_few_runs_nothing_is_said(count):
    assert Speed.of(np.arange(count) * 1000 + 10**6) is None


@pytest.mark.parametrize("times", [np.zeros(400), np.full(400, -5.0), np.arange(400)])
def test_times_of_nothing_are_no_error(times):
    speed = Speed.of(np.arange(400) * 1000 + 10**6)
    found = speed.middle(times, 18.0)
    assert np.isfinite(found).all()
    assert len(found) == 400
