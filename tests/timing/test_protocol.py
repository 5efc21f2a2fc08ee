"""How many samples are taken, and of how many invokes: with a runtime that is made up."""

import itertools

import pytest

from tflops_native.timing import MeasureOptions, machine, protocol, runtimes
from tflops_native.timing.protocol import _fraction_done, _sample


class Interpreter:
    """Takes at most `chunk` samples per call, and remembers what it was asked for."""

    def __init__(self, chunk):
        self.chunk = chunk
        self.asked = []

    def time_invokes(self, runs, max_seconds, invokes_per_sample=1):
        self.asked.append((runs, max_seconds, invokes_per_sample))
        return [7] * min(runs, self.chunk)


def ignore(samples):
    """Nobody looks."""


@pytest.fixture
def still_clock(monkeypatch):
    """A clock that moves half a second with every look."""
    ticks = itertools.count(0.0, 0.5)
    monkeypatch.setattr(protocol.time, "perf_counter", lambda: next(ticks))


@pytest.mark.parametrize("runs", [1, 3, 10, 25])
def test_exactly_as_many_samples_as_asked_for(runs):
    interpreter, told, look = Interpreter(10), [], []
    samples = _sample(
        interpreter, runs, 4, lambda what, done: told.append((what, done)), look.append
    )
    assert samples == [7] * runs
    assert sum(look) == runs
    assert [asked for asked, _, _ in interpreter.asked] == list(range(runs, 0, -10))
    assert {batch for _, _, batch in interpreter.asked} == {4}
    fractions = [done for _, done in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("samples", "seconds", "runs", "done"),
    [
        (0, 0.0, None, 0.0),
        (0, 3.0, 4, 0.0),  # a number of samples is a number of samples
        (1, 3.0, 4, 0.25),
        (4, 0.1, 4, 1.0),
        (20, 0.5, None, 0.5),  # enough samples, half of the second
        (10, 1.0, None, 0.5),  # the second is over, but 20 samples are wanted
        (20, 1.0, None, 1.0),
        (1, 10.0, None, 1.0),  # no longer than 10 seconds, however few
        (10_000, 0.1, None, 1.0),  # no more than 10,000, however quick
        (5_000, 0.1, None, 0.5),
    ],
)
def test_when_there_is_enough(samples, seconds, runs, done):
    assert _fraction_done(samples, seconds, runs) == pytest.approx(done)


@pytest.mark.usefixtures("still_clock")
def test_without_a_number_the_clock_decides():
    # Looks at 0 (start), 0.5, 1.0, 1.5 s: at 0.5 after the start there are 50 samples, at 1.0 100.
    interpreter = Interpreter(50)
    assert len(_sample(interpreter, None, 1, lambda what, done: None, ignore)) == 50
    assert [asked for asked, _, _ in interpreter.asked] == [10_000]


@pytest.mark.usefixtures("still_clock")
def test_a_slow_model_is_given_up_after_ten_seconds():
    # One sample per half second: 20 samples would be there after 10 seconds too.
    assert len(_sample(Interpreter(1), None, 1, lambda what, done: None, ignore)) == 19


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threads": -1}, "threads must be 1 or more, but is -1"),
        ({"runs": 0}, "runs must be 1 or more, but is 0"),
        ({"kernels": ""}, "kernels must be one of xnnpack, builtin, not ''"),
    ],
)
def test_options_that_no_runtime_can_do(changes, message):
    with pytest.raises(ValueError, match=message):
        MeasureOptions(**{"input_shapes": {}, **changes}).check()


def test_short_invokes_are_taken_several_at_a_time(monkeypatch):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    from tflops_native.model import load
    from zoo import EXAMPLES

    # Warm-up runs of 3 us: 20 us are 7 of them. Of a second: one of them is enough.
    model, options = load(EXAMPLES / "single_conv_28x28.tflite"), {"runs": 2, "profile": False}
    for warm_up, batch in (([3_000, 9_000, 3_000], 7), ([10**9], 1), ([20_000], 1), ([19_999], 2)):
        monkeypatch.setattr(protocol, "_warm_up", lambda *_, ns=warm_up: ns)
        timing = protocol.measure_model(model, MeasureOptions(input_shapes={}, **options))
        assert timing.invokes_per_sample == batch
        assert timing.warm_up_ns == tuple(warm_up)
        assert timing.latency.runs == 2 * batch


def test_without_the_compiled_part_the_error_says_what_is_left(monkeypatch):
    import sys

    import tflops_native

    monkeypatch.setitem(sys.modules, "tflops_native._native", None)
    monkeypatch.delattr(tflops_native, "_native", raising=False)
    with pytest.raises(tflops_native.RuntimeLibraryError, match=r"has no timing.*; counting works"):
        runtimes.native()


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"/proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast 9000\nflags\t: a b\n"}, "Fast 9000"),
        ({"/proc/cpuinfo": "processor : 0\nModel : Board 5 Rev 1\n"}, "Board 5 Rev 1"),
        ({"/proc/device-tree/model": "Board 7\0"}, "Board 7"),
        ({}, "from the system"),
    ],
)
def test_the_name_of_the_processor(monkeypatch, files, name):
    monkeypatch.setattr(machine, "_text", lambda path: files.get(path, ""))
    monkeypatch.setattr(machine.platform, "processor", lambda: "from the system")
    assert machine.this_machine().processor == name


def test_what_is_not_known_of_the_machine_is_none(monkeypatch):
    monkeypatch.setattr(machine, "_text", lambda path: "")
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    found = machine.this_machine()
    assert found.processor is None
    assert found.to_dict()["processor"] is None
    assert found.system
    assert found.architecture
