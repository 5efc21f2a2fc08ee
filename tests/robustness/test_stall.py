"""Runtimes that hang without a time limit: ended where nothing moves, never where something does."""

import subprocess
import sys

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native.errors import InvokeError
from tflops_native.isolation import stall
from tflops_native.isolation.isolated import run_isolated
from tflops_native.isolation.limits import STALL_SECONDS, ChildLimits
from tflops_native.measurement import isolated
from tflops_native.runtime.options import RunOptions
from tflops_native.timing.stop_rule import StopRule
from workloads import measure_in_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing tells what a process does")

SHORT = ChildLimits(stall_seconds=1.0)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(stall, "POLL_SECONDS", 0.05)


@pytest.mark.parametrize("place", ["load", "allocate", "invoke"])
def test_a_runtime_that_sleeps_for_ever_is_ended(fake_runtime, tmp_path, place):
    path = tmp_path / "model.tflite"
    path.write_bytes(fake_tflite.model(f"on {place} 1 hang"))
    message = (
        "makes no progress: for 1 s it has reported nothing and used no processor time, at step"
    )
    with pytest.raises(InvokeError, match=f"{message}.*--timeout"):
        measure_in_child(path, runs=1, runtime=str(fake_runtime), limits=SHORT)


@pytest.mark.parametrize("name", ["compute", "report"])
def test_what_computes_or_reports_is_not_ended(tmp_path, monkeypatch, name):
    # The child imports its function by name: this file's is put where it finds it.
    (tmp_path / "slow_functions.py").write_text(SLOW, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    import slow_functions

    assert run_isolated(getattr(slow_functions, name), limits=SHORT) == "finished"


SLOW = """
import time

def compute(reporter):
    until = time.monotonic() + 3.0
    while time.monotonic() < until:
        pass
    return "finished"

def report(reporter):
    for _ in range(30):
        time.sleep(0.1)
        reporter("step", 0.0)
    return "finished"
"""


def test_a_time_limit_replaces_it(fake_runtime, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(fake_tflite.model("on load 1 hang"))
    limits = ChildLimits(timeout_seconds=3.0, stall_seconds=0.5)
    with pytest.raises(InvokeError, match="did not end within 3 s"):
        measure_in_child(path, runs=1, runtime=str(fake_runtime), limits=limits)


def test_waiting_is_part_of_some_measurements():
    delegate, plain = RunOptions(delegate="libdelegate.so"), RunOptions()
    assert isolated._patient(ChildLimits(), [delegate], StopRule()).stall_seconds is None
    assert isolated._patient(ChildLimits(), [plain, delegate], StopRule()).stall_seconds is None
    slow = StopRule(interval=1000.0)
    assert isolated._patient(ChildLimits(), [plain], slow).stall_seconds == STALL_SECONDS + 1000.0


def test_only_a_process_that_sleeps_is_suspected():
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        assert stall.processor_time_asleep(busy.pid) is None
        busy.kill()
    with subprocess.Popen(["sleep", "1000"]) as asleep:
        while (ticks := stall.processor_time_asleep(asleep.pid)) is None:
            pass
        assert ticks >= 0
        asleep.kill()
    assert stall.processor_time_asleep(asleep.pid) is None
