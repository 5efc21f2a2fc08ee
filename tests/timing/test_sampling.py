"""How many samples are taken, and why no more: with a runtime and a clock that are made up."""

import numpy as np
import pytest

from tflops_native.timing.sampling import take_samples
from tflops_native.timing.stop_rule import MAX_SAMPLES, StopRule
from timing_fakes import FakeInterpreter


def ignore(samples):
    """Nobody looks."""


def sample(interpreter, *, invokes=1, report=lambda what, done: None, look=ignore, **options):
    return take_samples(interpreter, StopRule(**options), invokes, report, look)


def constant(number):
    return 1000


def alternating(number):
    """Never precise: half of the samples are twice the others."""
    return 1000 if number % 2 else 2000


@pytest.mark.parametrize("runs", [1, 3, 10, 25])
def test_exactly_as_many_samples_as_asked_for(runs, seconds):
    seconds(100.0)  # however long it takes
    interpreter, told, looks = FakeInterpreter(constant), [], []
    samples, stop = sample(
        interpreter,
        runs=runs,
        invokes=4,
        report=lambda what, done: told.append((what, done)),
        look=looks.append,
    )
    assert samples == [1000] * runs
    assert sum(looks) == runs
    assert [asked[0] for asked in interpreter.asked] == list(range(runs, 0, -10))
    assert {asked[2] for asked in interpreter.asked} == {4}
    assert (stop.reason, stop.precision, stop.is_reached) == ("runs", None, None)
    assert stop.seconds == 100.0 * len(interpreter.asked) + 100.0
    fractions = [done for what, done in told if what == "measure"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_it_stops_when_the_median_is_known(seconds):
    # 10 samples a look at the clock: after 60 the samples could be looked at, but a second has not
    # passed before 80.
    seconds(0.125)
    samples, stop = sample(FakeInterpreter(constant))
    assert len(samples) == 70
    assert (stop.reason, stop.precision, stop.is_reached) == ("precision", 0.01, True)
    assert stop.seconds == 1.0


def test_slow_runs_wait_for_the_first_look(seconds):
    seconds(1.0)
    samples, stop = sample(FakeInterpreter(constant, chunk=1), max_time=1000)
    assert len(samples) == 60
    assert stop.reason == "precision"


def test_it_stops_when_the_time_is_over(seconds):
    seconds(1.0)
    samples, stop = sample(FakeInterpreter(alternating))
    # Looks at the clock after 1, 2, ... seconds, with 10 samples between them.
    assert len(samples) == 90
    assert (stop.reason, stop.is_reached) == ("max_time", False)
    assert stop.seconds == 10.0


def test_what_is_precise_by_the_end_of_the_time_is_called_precise(seconds):
    seconds(1.0)
    samples, stop = sample(FakeInterpreter(constant), max_time=7.0, min_runs=1000)
    assert len(samples) == 60
    assert (stop.reason, stop.is_reached) == ("max_time", True)


def test_there_is_one_sample_even_without_time(seconds):
    seconds(100.0)
    samples, stop = sample(FakeInterpreter(constant, chunk=1), max_time=0.001)
    assert len(samples) == 1
    assert stop.reason == "max_time"


def test_no_fewer_than_the_least(seconds):
    seconds(0.5)
    samples, stop = sample(FakeInterpreter(constant), min_runs=200, max_time=100)
    assert len(samples) == 200
    assert stop.reason == "precision"


def test_no_more_than_the_most(seconds):
    seconds(0.5)
    samples, stop = sample(FakeInterpreter(alternating), runs=120, precision=0.001, max_time=1000)
    assert len(samples) == 120
    assert (stop.reason, stop.precision, stop.is_reached) == ("runs", 0.001, False)


def test_a_time_bounds_a_number_of_runs_too(seconds):
    seconds(1.0)
    samples, stop = sample(FakeInterpreter(constant), runs=1000, max_time=3)
    assert len(samples) == 20
    assert (stop.reason, stop.precision) == ("max_time", None)


def test_no_more_samples_than_can_be_kept(seconds):
    seconds(0.0001)
    interpreter = FakeInterpreter(lambda number: 1000 + number * 7919 % 1000, chunk=50_000)
    samples, stop = sample(interpreter, precision=1e-9)
    assert len(samples) == MAX_SAMPLES
    assert (stop.reason, stop.is_reached) == ("samples", False)


def test_looks_grow_apart(seconds, monkeypatch):
    from tflops_native.timing import sampling

    seconds(1.0)
    looks = []
    monkeypatch.setattr(
        sampling, "is_precise", lambda samples, precision: looks.append(len(samples))
    )
    sample(FakeInterpreter(alternating, chunk=1), max_time=201)
    # 60, then 1.3 times as many: 78, 101.4, 132.6, 172.9; the last one is for the record.
    assert looks == [60, 78, 102, 133, 173, 200]


def test_runs_at_a_rate_end_before_one_that_would_begin_too_late(seconds):
    seconds(1.0)
    interpreter = FakeInterpreter(constant, chunk=1)
    samples, stop = sample(interpreter, interval=2.5, max_time=10)
    assert {asked[3] for asked in interpreter.asked} == {2.5}
    # After 8 seconds the next one would begin at 10.5.
    assert len(samples) == 7
    assert stop.seconds == 8.0


def test_the_samples_are_those_that_the_runtime_gave(seconds):
    seconds(1.0)
    random = np.random.default_rng(7).integers(900, 1100, 1000).tolist()
    samples, _ = sample(FakeInterpreter(random.__getitem__), runs=35)
    assert samples == random[:35]
