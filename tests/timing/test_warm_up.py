"""When a model is warm, and how many invokes a sample spans."""

import numpy as np
import pytest

from tflops_native.errors import InvokeError
from tflops_native.timing.clock import Clock
from tflops_native.timing.warm_up import is_steady, warm_up
from timing_fakes import FakeInterpreter


def run(interpreter, max_seconds=10.0, invokes=1):
    return warm_up(interpreter, invokes, max_seconds, lambda what, done: None)


@pytest.mark.parametrize(
    ("samples", "steady"),
    [
        ([], False),
        ([100] * 19, False),  # four quarters of five are needed
        ([100] * 20, True),
        ([900] * 10 + [100] * 10, True),  # what was slow is over
        ([900] * 15 + [100] * 5, False),  # it has just ended
        ([100] * 15 + [101] * 5, True),  # a hundredth
        ([100] * 15 + [102] * 5, False),
        (list(range(200, 100, -1)), False),  # getting faster all the time
    ],
)
def test_steady(samples, steady):
    assert is_steady(samples) is steady


def test_noise_is_steady():
    random = np.random.default_rng(11)
    answers = [is_steady((1000 * random.lognormal(0, 0.5, 400)).tolist()) for _ in range(200)]
    assert sum(answers) >= 190


def test_a_slow_start_is_not_steady():
    random = np.random.default_rng(12)
    for _ in range(100):
        samples = 1000 * random.lognormal(0, 0.05, 400) * np.linspace(2, 1, 400)
        assert not is_steady(samples.tolist())


def test_it_ends_when_times_are_steady(seconds):
    seconds(0.1)
    # 10 samples a look, and the first 30 get faster: at 40 the last quarter takes 600 and the one
    # before 655, at 50 both take 600.
    found = run(FakeInterpreter(lambda number: max(900 - 10 * number, 600)), invokes=3)
    assert found.is_steady
    assert len(found.samples_ns) == 50
    assert found.runs == 150


def test_it_ends_anyhow(seconds):
    seconds(0.5)
    found = run(FakeInterpreter(lambda number: 10_000 - 100 * number))
    assert not found.is_steady
    assert len(found.samples_ns) == 50  # 3 seconds


def test_it_ends_with_the_time_of_the_measurement(seconds):
    seconds(0.5)
    assert len(run(FakeInterpreter(lambda number: 10_000 - 100 * number), 1.0).samples_ns) == 10


def test_one_run_longer_than_the_time(seconds):
    seconds(100.0)
    found = run(FakeInterpreter(lambda number: 10**11, chunk=1))
    assert (len(found.samples_ns), found.is_steady) == (1, False)


def invokes_per_sample(invoke_ns, resolution_ns, overhead_ns=0):
    """With a runtime that takes that long for each invoke, and a clock that adds its own time."""

    class Runtime:
        def time_invokes(self, runs, max_seconds, invokes=1):
            return np.array([invoke_ns * invokes + overhead_ns] * runs)

    return Clock(resolution_ns=resolution_ns, read_ns=20.0).invokes_per_sample(Runtime())


@pytest.mark.parametrize(
    ("invoke_ns", "resolution_ns", "invokes"),
    [
        (20_000, 20, 1),  # as long as a thousand steps
        (19_999, 20, 2),
        (60, 20, 334),  # 334 * 60 = 20,040
        (60, 1000, 16_667),
        (10**9, 20, 1),
    ],
)
def test_short_invokes_are_taken_several_at_a_time(invoke_ns, resolution_ns, invokes):
    found = invokes_per_sample(invoke_ns, resolution_ns)
    assert found * invoke_ns >= 1000 * resolution_ns
    assert found == pytest.approx(invokes, abs=1)


def test_the_cost_of_the_clock_is_not_taken_for_the_model():
    # A guess from one invoke of 60 + 40 ns would be 200, of 12 us only.
    assert invokes_per_sample(60, 20, overhead_ns=40) * 60 + 40 >= 20_000


@pytest.mark.parametrize("resolution_ns", [1, 20, 1000, 15_625_000])
def test_a_clock_that_stands_still_is_an_error(resolution_ns):
    with pytest.raises(InvokeError, match="stands still"):
        invokes_per_sample(0, resolution_ns)


def test_a_coarse_clock_does_not_make_samples_of_a_quarter_of_a_minute():
    """It makes a step each 15.6 ms; what is shorter takes no time at all by it."""
    step_ns = 15_625_000

    class Runtime:
        longest_ns = 0

        def time_invokes(self, runs, max_seconds, invokes=1):
            sample_ns = 60 * invokes
            self.longest_ns = max(self.longest_ns, sample_ns)
            return np.array([sample_ns // step_ns * step_ns] * runs)

    runtime = Runtime()
    found = Clock(resolution_ns=step_ns, read_ns=20.0).invokes_per_sample(runtime)
    assert 0.98e9 <= found * 60 <= 1.1e9
    assert runtime.longest_ns <= 1.1e9
