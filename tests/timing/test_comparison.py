"""Runtimes in turns: ratios of made-up times, the order of turns, and when they end."""

import math
from pathlib import Path

import numpy as np
import pytest

import tflops_native
from tflops_native.measurement.comparison import Ratio, _contenders, _Runtime, _take_rounds
from tflops_native.progress import no_progress
from tflops_native.timing.rounds import Contender, log_ratios
from tflops_native.timing.stop_rule import StopRule

SINGLE = Path(__file__).parents[2] / "examples" / "single_conv_28x28.tflite"


class Interpreter:
    """Takes two samples of so many nanoseconds at each turn, and writes down that it was its turn."""

    def __init__(self, name, duration_ns, turns):
        self.name, self.duration_ns, self.turns = name, duration_ns, turns

    def invoke(self):
        return self.duration_ns

    def time_invokes(self, runs, max_seconds, invokes, interval):
        self.turns.append(self.name)
        return np.full(min(2, runs), self.duration_ns * invokes)


@pytest.fixture
def contenders():
    """Three runtimes that take 100, 200 and 50 us; the second needs four invokes per sample."""
    turns = []
    made = []
    for name, duration_ns, invokes in (("A", 100_000, 1), ("B", 200_000, 4), ("C", 50_000, 1)):
        made.append(runtime(Interpreter(name, duration_ns, turns), invokes))
    return made, turns


def runtime(interpreter, invokes):
    samples = []

    def take(runs, seconds):
        taken = interpreter.time_invokes(runs, seconds, invokes, 0.0)
        samples.extend(taken.tolist())
        return taken / invokes

    contender = Contender(interpreter, take, interpreter.duration_ns * invokes / 1e9)
    return _Runtime(contender=contender, timing=None, inputs=(), samples=samples)


def test_turns_go_there_and_back_again(contenders):
    made, turns = contenders
    stop = _take_rounds(made, StopRule(runs=5), no_progress)
    assert "".join(turns) == "ABCCBAABC"
    assert (stop.reason, stop.precision, stop.is_reached) == ("runs", None, None)
    assert [len(runtime.samples) for runtime in made] == [5, 5, 5]
    ratios = [Ratio.of(logs) for logs in log_ratios(_contenders(made))]
    assert [ratio.value for ratio in ratios] == [pytest.approx(2.0), pytest.approx(0.5)]
    assert [ratio.rounds for ratio in ratios] == [3, 3]


def test_rounds_end_when_the_ratio_is_known(contenders, monkeypatch):
    made, _ = contenders
    monkeypatch.setattr("tflops_native.timing.stop_rule.MIN_SECONDS", 0.0)
    stop = _take_rounds(made, StopRule(precision=0.01), no_progress)
    assert (stop.reason, stop.precision, stop.is_reached) == ("precision", 0.01, True)
    assert len(made[0].contender.medians_ns) == 60  # the first look


def test_rounds_end_when_the_time_is_over(contenders, seconds):
    made, turns = contenders
    seconds(0.25)
    stop = _take_rounds(made, StopRule(max_time=1.0), no_progress)
    assert (stop.reason, stop.is_reached) == ("max_time", False)
    assert 0 < len(turns) < 20


@pytest.mark.parametrize(
    ("log_ratios", "value", "differs"),
    [
        ([math.log(2)] * 60, 2.0, True),
        ([math.log(0.5)] * 60, 0.5, True),
        ([-0.1, 0.1] * 30, 1.0, False),
        ([math.log(2)], 2.0, None),  # one round says nothing of the next
    ],
)
def test_ratio(log_ratios, value, differs):
    ratio = Ratio.of(log_ratios)
    assert ratio.value == pytest.approx(value)
    assert ratio.differs is differs
    assert ratio.rounds == len(log_ratios)
    if differs is None:
        assert (ratio.lower, ratio.upper) == (None, None)
    else:
        assert ratio.lower <= ratio.value <= ratio.upper


def test_the_interval_of_a_ratio_holds_it():
    """The true ratio lies in the interval in 95 % of 1000 seeded trials, give or take chance."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        # Times with a long tail, as those of a busy machine.
        noise = generator.exponential(0.05, (2, 80))
        log_ratios = math.log(1.1) + noise[1] - noise[0]
        ratio = Ratio.of(log_ratios.tolist())
        held += ratio.lower <= 1.1 <= ratio.upper
    assert held >= 930


def test_runtimes_of_a_real_model():
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    told = []
    compared = tflops_native.compare(
        SINGLE,
        ["tflite", "tflite"],
        runs=3,
        max_time=0.01,
        progress=lambda what, done: told.append(what),
    )
    assert [runtime.runtime.name for runtime in compared.runtimes] == ["tflite", "tflite"]
    assert all(len(runtime.samples_ns) >= 1 for runtime in compared.runtimes)
    assert compared.input_shapes == {"input": (1, 28, 28, 1)}
    assert len(compared.ratios) == 1
    assert compared.ratios[0].value > 0
    plain = compared.to_dict()
    assert plain["ratios"][0]["rounds"] == compared.ratios[0].rounds
    assert [runtime["runtime"]["kind"] for runtime in plain["runtimes"]] == ["TensorFlow Lite"] * 2
    assert told[-1] == "done"


def test_one_runtime_is_not_compared():
    with pytest.raises(tflops_native.OptionError, match="two or more runtimes are needed"):
        tflops_native.compare(SINGLE, ["tflite"])


def test_several_runtimes_are_not_measured():
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    with pytest.raises(tflops_native.OptionError, match="one runtime is needed here"):
        tflops_native.measure(SINGLE, runtime="tflite,litert")
