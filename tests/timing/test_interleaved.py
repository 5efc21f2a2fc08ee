"""Contenders measured interleaved: who is opened and timed when, and when that ends."""

from pathlib import Path

import numpy as np
import pytest

import tflops_native
from tflops_native.measurement import interleaved
from tflops_native.measurement.interleaved import _take_blocks
from tflops_native.progress import no_progress
from tflops_native.timing.ratio import Ratio
from tflops_native.timing.rounds import Contender
from tflops_native.timing.stop_rule import StopRule

SINGLE = Path(__file__).parents[2] / "examples" / "single_conv_28x28.tflite"


class Runner:
    """Takes a sample of so many nanoseconds at a time, and writes down what it does."""

    def __init__(self, name, durations_ns, log):
        self.name, self.durations_ns, self.log = name, durations_ns, log
        self.samples, self.blocks = [], 0

    def open(self):
        self.log.append(f"open {self.name}")
        self.blocks += 1

    def close(self):
        self.log.append(f"close {self.name}")

    def invoke(self):
        return 0

    def contender(self, rule, look):
        duration = self.durations_ns[self.blocks % len(self.durations_ns)]

        def take(count, seconds):
            self.log.append(self.name)
            self.samples.append(duration)
            look(1)
            return np.array([duration])

        return Contender(self, take, duration / 1e9)


def taken(runners, rule):
    return _take_blocks(runners, rule, no_progress, lambda samples: None)


def test_each_block_opens_all_anew_and_takes_rounds_in_both_orders():
    log = []
    runners = [Runner(name, [1000], log) for name in "ABC"]
    (first, second), stop = taken(runners, StopRule(runs=25))
    assert (stop.reason, stop.precision, stop.is_reached) == ("runs", None, None)
    assert len(first) == len(second) == 3
    # All are closed before one is opened: else each would get its own memory again.
    closing = ["close A", "close B", "close C"]
    assert log[:6] == [*closing, "open A", "open B", "open C"]
    # Rounds go there and back again, and so does the order in which models are opened.
    assert log[6:18] == list("ABCCBAABCCBA")
    assert log[36:42] == [*closing, "open C", "open B", "open A"]
    assert log.count("open A") == 3


def test_ratios_are_those_of_blocks():
    log = []
    runners = [Runner("A", [100_000], log), Runner("B", [210_000, 200_000, 190_000], log)]
    (logs,), _ = taken(runners, StopRule(runs=110))
    ratio = Ratio.of_blocks(logs)
    assert ratio.blocks == 11
    assert ratio.value == pytest.approx(2.0)
    assert ratio.lower == pytest.approx(1.9)
    assert ratio.upper == pytest.approx(2.1)


def test_blocks_end_when_the_ratio_is_known(monkeypatch):
    monkeypatch.setattr("tflops_native.timing.stop_rule.MIN_SECONDS", 0.0)
    runners = [Runner(name, [1000], []) for name in "AB"]
    (logs,), stop = taken(runners, StopRule(precision=0.01))
    assert (stop.reason, stop.precision, stop.is_reached) == ("precision", 0.01, True)
    assert len(logs) == interleaved.LEAST_BLOCKS


def test_blocks_end_when_the_time_is_over(seconds):
    runners = [Runner("A", [1000], []), Runner("B", [1000, 3000], [])]
    seconds(0.25)
    (logs,), stop = taken(runners, StopRule(max_time=20.0))
    assert (stop.reason, stop.is_reached) == ("max_time", False)
    assert 0 < len(logs) < 100


def test_contenders_of_a_real_model():
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    told = []
    compared = tflops_native.compare(
        SINGLE,
        runtime=["tflite", "tflite"],
        runs=3,
        max_time=0.01,
        progress=lambda what, done: told.append(what),
    )
    timings = [contender.report.timing for contender in compared.contenders]
    assert [timing.runtime.name for timing in timings] == ["tflite", "tflite"]
    assert all(len(timing.samples_ns) >= 1 for timing in timings)
    assert all(timing.profile.operators for timing in timings)
    assert timings[0].input_shapes == {"input": (1, 28, 28, 1)}
    assert compared.interleaved[0].value > 0
    assert "profile" in told
    assert told[-1] == "done"


def test_several_runtimes_are_not_measured():
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    with pytest.raises(tflops_native.OptionError, match="one runtime is needed here"):
        tflops_native.measure(SINGLE, runtime="tflite,litert")
