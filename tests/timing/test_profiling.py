"""How long is profiled, why it ends and what the profiler costs: on a machine that is made up."""

from types import SimpleNamespace

import numpy as np
import pytest

from graphs import chain
from tflops_native.profile import profiling
from tflops_native.profile.join import join_runs
from tflops_native.profile.profiling import make_profile, profile_model, profile_of_runs
from tflops_native.timing.precision import Stop


class Machine:
    """Two interpreters of one operator, and a clock that shows what their runs took.

    Args:
        times_ns: how long a run takes that starts at this many seconds, without the profiler.
        price_ns: what the profiler adds.
        own_ns: what its clock costs.
    """

    def __init__(self, times_ns, price_ns=0, own_ns=0.0):
        self.times_ns = times_ns
        self.price_ns = price_ns
        self.own_ns = own_ns
        self.seconds = 0.0
        self.turns = []
        self.clean = SimpleNamespace(invoke=lambda: None, time_invokes=self.time_invokes)
        self.profiled = SimpleNamespace(invoke=lambda: None, profile_invokes=self.profile_invokes)

    def run(self, runs, max_seconds, price_ns):
        taken = []
        end = self.seconds + max_seconds
        while not taken or (len(taken) < runs and self.seconds < end):
            taken.append(int(self.times_ns(self.seconds)) + price_ns)
            self.seconds += taken[-1] / 1e9
        return np.array(taken, dtype=np.int64)

    def time_invokes(self, runs, max_seconds):
        self.turns.append("clean")
        return self.run(runs, max_seconds, 0)

    def profile_invokes(self, runs, max_seconds):
        self.turns.append("profiled")
        invoke_ns = self.run(runs, max_seconds, self.price_ns)
        count = len(invoke_ns)
        return SimpleNamespace(
            events=[("ADD", 0, 0, False)],
            invoke_ns=invoke_ns,
            event_ids=np.zeros(count, dtype=np.int32),
            depths=np.zeros(count, dtype=np.int32),
            at_ns=np.zeros(count, dtype=np.int64),
            elapsed_ns=invoke_ns - self.price_ns,
            run_offsets=np.arange(count + 1),
            builtin_resolution_ns=1,
            builtin_own_ns=self.own_ns,
            delegate_resolution_ns=1000,
            delegate_own_ns=0.0,
            is_fixed_sequence=True,
        )


@pytest.fixture
def profile(monkeypatch):
    """Profiles a machine."""

    def run(machine):
        monkeypatch.setattr(profiling.time, "perf_counter", lambda: machine.seconds)
        start = machine.times_ns(0.0) / 1e9
        return profile_model(
            machine.clean, machine.profiled, chain("ADD"), start, lambda what, done: None
        )

    return run


def noisy(median_ns, spread, seed=0):
    generator = np.random.default_rng(seed)
    return lambda seconds: median_ns * np.exp(spread * generator.standard_normal())


def test_a_steady_machine_is_profiled_for_a_second(profile):
    found = profile(Machine(noisy(1e6, 0.01)))
    assert found.stop.reason == "precision"
    assert found.stop.is_reached
    assert 1.0 <= found.stop.seconds < 1.3
    assert found.imprecise == ()
    assert found.operators[0].estimate.typical_seconds == pytest.approx(1e-3, rel=0.01)


def test_a_restless_machine_is_profiled_for_longer(profile):
    found = profile(Machine(noisy(1e6, 0.4)))
    assert found.stop.reason == "precision"
    assert found.stop.seconds > 1.0
    assert found.operators[0].estimate.uncertainty <= 0.03


def test_what_chance_does_is_a_part_of_the_time_without_the_clock(profile):
    own_ns = 6e5  # of the million that is read
    found = profile(Machine(noisy(1e6, 0.15), own_ns=own_ns))
    assert found.stop.reason == "precision"
    estimate = found.operators[0].estimate
    assert estimate.typical_seconds == pytest.approx(4e-4, rel=0.05)
    by_clock = profiling.OWN_ERROR * own_ns * 1e-9 / estimate.typical_seconds
    assert estimate.uncertainty - by_clock <= 0.03


def test_time_ends_what_precision_does_not(profile):
    found = profile(Machine(noisy(2e7, 1.0)))
    assert found.stop.reason == "max_time"
    assert not found.stop.is_reached
    assert 5.0 <= found.stop.seconds < 7.0
    assert found.imprecise == (0,)


def test_no_more_runs_than_a_median_can_use(profile):
    found = profile(Machine(noisy(1e3, 3.0)))
    assert len(found.invoke_ns) == 5_000
    assert found.stop.reason == "samples"


def test_no_more_events_than_memory_should_hold(profile, monkeypatch):
    monkeypatch.setattr(profiling, "EVENTS_LIMIT", 2_345)
    assert len(profile(Machine(noisy(1e3, 0.1))).invoke_ns) == 2_345


def test_a_slow_model_has_some_rounds_in_any_case(profile):
    machine = Machine(lambda seconds: 60e9)
    found = profile(machine)
    assert found.invoke_ns == (60 * 10**9,) * 3
    assert (found.stop.reason, found.stop.is_reached) == ("max_time", False)
    assert found.overhead.relative == 0
    assert found.overhead.lower is None


def test_both_kinds_take_turns_at_being_the_first(profile):
    machine = Machine(noisy(1e6, 0.01))
    profile(machine)
    assert machine.turns[:8] == ["clean", "profiled", "profiled", "clean"] * 2
    assert machine.turns.count("clean") == machine.turns.count("profiled")


def test_a_machine_that_becomes_slower_is_not_taken_for_the_profilers_price(profile):
    # Three times slower after a second: 2 us in 40 us are 5 %, in 120 us 1.7 %.
    machine = Machine(lambda seconds: 40_000 * (1 + 2 * min(seconds, 1.0)), price_ns=2_000)
    price = profile(machine).overhead
    assert 0.017 <= price.relative <= 0.05
    assert price.lower <= price.relative <= price.upper
    assert not price.is_noise


def test_no_price_is_noise(profile):
    assert profile(Machine(noisy(1e6, 0.05))).overhead.is_noise


def delegated_runs(true_ns, before_ns, after_ns, step_ns=1000, own_ns=0.0):
    """Runs of a partition with these operators, [runs, operators], as XNNPACK reports them."""
    count, operators = true_ns.shape
    report_ns = before_ns + true_ns.sum(axis=1)
    return SimpleNamespace(
        events=[("Add (ND, F32)", index, 0, True) for index in range(operators)],
        invoke_ns=report_ns + after_ns,
        event_ids=np.tile(np.arange(operators), count),
        depths=np.zeros(count * operators, dtype=np.int32),
        at_ns=np.repeat(report_ns, operators),
        elapsed_ns=(true_ns // step_ns * step_ns).ravel(),
        run_offsets=np.arange(count + 1) * operators,
        builtin_resolution_ns=1,
        builtin_own_ns=0.0,
        delegate_resolution_ns=step_ns,
        delegate_own_ns=own_ns,
        is_fixed_sequence=True,
    )


@pytest.mark.parametrize("before_ns", [0, 300, 20_000])
@pytest.mark.parametrize("spread", [0.0, 0.01, 0.2])
def test_times_of_a_delegate_are_within_their_bounds_and_add_up(before_ns, spread):
    # Forty operators of 0.2 to 30 us: half a step is missing in each, in all some 20 us.
    generator = np.random.default_rng(5)
    medians = np.exp(generator.uniform(np.log(200), np.log(30_000), 40))
    true_ns = (medians * np.exp(spread * generator.standard_normal((500, 40)))).astype(np.int64)
    runs = delegated_runs(true_ns, before_ns, after_ns=1_000)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    profile = make_profile(join_runs(chain(*["ADD"] * 40), [runs]), [0.0] * 12, stop)
    estimates = [operator.estimate for operator in profile.operators]
    held = [
        e.lower_seconds <= m * 1e-9 <= e.upper_seconds
        for e, m in zip(estimates, medians, strict=True)
    ]
    assert sum(held) >= 39
    inside = sum(estimate.typical_seconds for estimate in estimates)
    whole = inside + profile.outside_seconds + profile.beyond_medians_seconds
    assert whole == pytest.approx(profile.invoke_seconds, abs=1e-12)
    # As reported the sum is 20 us short; what is added back is right on the whole.
    assert inside == pytest.approx(medians.sum() * 1e-9, abs=4e-6)
    # What may have been cut off is never more than there is.
    assert profile.outside_seconds >= 0.9e-6


def test_the_profile_of_one_operator_uses_what_is_outside():
    # 7.9 us each; the report comes 100 ns later, so no more than 1 us was cut off each 7.
    runs = delegated_runs(np.full((100, 1), 7_900), 100, 400)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    profile = make_profile(join_runs(chain("ADD"), [runs]), [0.0], stop)
    (operator,) = profile.operators
    assert operator.estimate.typical_seconds == pytest.approx(7.5e-6)
    assert operator.estimate.lower_seconds == pytest.approx(7e-6)
    assert operator.estimate.upper_seconds == pytest.approx(8e-6)
    assert operator.resolution_ns == 1000
    assert profile.outside_seconds == pytest.approx(0.9e-6)  # 8400 - 7500 ns
    assert profile.beyond_medians_seconds == pytest.approx(0, abs=1e-12)


def test_interruptions_of_each_run_are_in_no_operator_and_not_outside():
    # Ten operators of 10 us; in each run another one takes 1 ms longer.
    true_ns = np.full((100, 10), 10_000)
    true_ns[np.arange(100), np.arange(100) % 10] += 1_000_000
    runs = delegated_runs(true_ns, 2_000, 3_000)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    profile = make_profile(join_runs(chain(*["ADD"] * 10), [runs]), [0.0], stop)
    # Of the 2 us before the report ten elevenths go to the ten cuts, which are nothing here.
    assert [o.estimate.typical_seconds for o in profile.operators] == pytest.approx(
        [10.2e-6] * 10, abs=5e-8
    )
    assert profile.outside_seconds == pytest.approx(5e-6 - 1.82e-6, rel=1e-2)
    assert profile.beyond_medians_seconds == pytest.approx(1e-3, rel=1e-3)


def test_nothing_is_below_the_medians():
    # 7.95 us mostly, else 8.05 us: the cut and what is outside go against each other, and the median of
    # what is outside is more than the median invoke leaves.
    true_ns = np.where(np.arange(101) % 5 < 3, 7_950, 8_050)[:, None]
    runs = delegated_runs(true_ns, 0, 400)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    profile = make_profile(join_runs(chain("ADD"), [runs]), [0.0], stop)
    (operator,) = profile.operators
    assert profile.outside_seconds == pytest.approx(8.35e-6 - operator.estimate.typical_seconds)
    assert profile.beyond_medians_seconds == pytest.approx(0, abs=1e-12)


def test_the_clocks_own_cost_lies_outside_of_builtin_operators(profile):
    machine = Machine(lambda seconds: 1_000, own_ns=30.0)
    runs = machine.profile_invokes(100, 1.0)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    found = make_profile(join_runs(chain("ADD"), [runs]), [0.0], stop)
    assert found.operators[0].estimate.typical_seconds == pytest.approx(970e-9)
    assert found.outside_seconds == pytest.approx(30e-9)
    assert found.overhead.empty_operator_ns == 30.0


def test_times_of_a_fine_clock_are_exact_but_for_what_it_takes_itself():
    # Each time ends with a read of the clock, of 20 ns; nothing is cut off, and nothing spread out.
    generator = np.random.default_rng(5)
    medians = np.exp(generator.uniform(np.log(100), np.log(30_000), 40)).round()
    runs = delegated_runs(np.tile(medians + 20, (100, 1)).astype(np.int64), 0, 500, 1, 20.0)
    stop = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0)
    profile = make_profile(join_runs(chain(*["ADD"] * 40), [runs]), [0.0], stop)
    for operator, true_ns in zip(profile.operators, medians, strict=True):
        estimate = operator.estimate
        assert operator.resolution_ns == 1
        assert estimate.typical_seconds == pytest.approx(true_ns * 1e-9)
        # A twentieth of the clock's own time is not known.
        assert estimate.lower_seconds == pytest.approx((true_ns - 1) * 1e-9)
        assert estimate.upper_seconds == pytest.approx((true_ns + 1) * 1e-9)
    assert not profile.is_coarse
    assert profile.outside_seconds == pytest.approx(500e-9 + 40 * 20e-9)
    assert profile.overhead.empty_operator_ns == 20.0


def test_runs_that_are_there_already_have_no_precision_to_reach():
    runs = Machine(lambda seconds: 1_000, price_ns=100).profile_invokes(7, 1.0)
    found = profile_of_runs(chain("ADD"), runs, 1_000.0)
    assert found.operators[0].samples_ns == (1_000,) * 7
    assert found.overhead.relative == pytest.approx(0.1)
    assert found.overhead.lower is None
    assert found.stop.reason == "runs"
    assert found.imprecise == ()
