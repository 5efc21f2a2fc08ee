"""Lists of CPUs, and threads that stay on them."""

import os
import sys
from pathlib import Path

import pytest

from tflops_native.machine import affinity
from tflops_native.machine.affinity import cpu_list, parse_cpu_list, pinned
from tflops_native.runtime.options import RunOptions
from zoo import EXAMPLES

MODEL = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
linux = pytest.mark.skipif(sys.platform != "linux", reason="affinity as Linux has it")


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("0", (0,)),
        ("3,1", (1, 3)),
        ("0-3", (0, 1, 2, 3)),
        ("1, 4-5,1", (1, 4, 5)),
        ("7-7", (7,)),
    ],
)
def test_list_of_cpus(text, cpus):
    assert parse_cpu_list(text) == cpus


@pytest.mark.parametrize("text", ["", "a", "-1", "1-", "3-1", "1,,2", "0-9999999999", "0-1-2", "²"])
def test_no_list_of_cpus(text):
    with pytest.raises(ValueError, match="is not a list of CPUs: write it as 1 or 0,2 or 0-3"):
        parse_cpu_list(text)


@pytest.mark.parametrize(
    ("cpus", "text"), [((), ""), ((4,), "4"), ((0, 1), "0,1"), ((0, 1, 2, 5, 8, 9), "0-2,5,8,9")]
)
def test_written_as_taskset_does(cpus, text):
    assert cpu_list(cpus) == text


@pytest.mark.parametrize(
    ("cpus", "message"),
    [
        ((), "pin names no CPU"),
        ((0, -2), "a CPU to pin to must be 0 or more, got -2"),
    ],
)
def test_numbers_that_no_cpu_has(cpus, message):
    with pytest.raises(ValueError, match=message):
        RunOptions(pin=cpus)


@linux
def test_pinned_while_open_and_given_back():
    before = os.sched_getaffinity(0)
    last = max(before)
    with pinned((last,)):
        assert os.sched_getaffinity(0) == {last}
    assert os.sched_getaffinity(0) == before
    with pytest.raises(KeyError), pinned((last,)):
        raise KeyError
    assert os.sched_getaffinity(0) == before


@linux
def test_a_cpu_that_is_not_there_changes_nothing():
    before = sorted(os.sched_getaffinity(0))
    there = cpu_list(before)
    with (
        pytest.raises(ValueError, match=f"cannot pin to CPU 5000: .* may run on CPU {there}$"),
        pinned((before[0], 5000)),
    ):
        pass
    assert sorted(os.sched_getaffinity(0)) == before


def tasks():
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}


@linux
def test_threads_of_the_runtime_are_confined_too():
    native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    others = tasks()
    last = max(os.sched_getaffinity(0))
    with pinned((last,)):
        interpreter = native.Interpreter(native.Library.linked(), MODEL, threads=2)
        interpreter.allocate()
        interpreter.invoke()
    workers = tasks() - others
    assert workers
    assert {cpu for task in workers for cpu in os.sched_getaffinity(task)} == {last}


def test_a_system_that_cannot_pin(monkeypatch):
    class Native:
        allowed_cpus = staticmethod(lambda: None)

    monkeypatch.setattr(affinity, "native", lambda: Native)
    with (
        pytest.raises(ValueError, match="this operating system does not confine threads"),
        pinned((0,)),
    ):
        pass
    with pinned(None):
        pass
