"""What is refused before anything is measured, and what is known of the machine."""

import math

import pytest

from tflops_native.compiled import native
from tflops_native.errors import OptionError
from tflops_native.machine import machine
from tflops_native.plain import to_plain
from workloads import split


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threads": -1}, "threads must be 1 or more, got -1"),
        ({"runs": 0}, "runs must be 1 or more, got 0"),
        ({"min_runs": 0}, "min_runs must be 1 or more, got 0"),
        ({"min_runs": 6, "runs": 5}, "min_runs must be no more than the 5 runs, got 6"),
        ({"precision": 0.0}, "precision must be above 0 and below 1, got 0"),
        ({"precision": math.nan}, "precision must be above 0 and below 1, got nan"),
        ({"max_time": 0.0}, "max_time \\(seconds\\) must be above 0, got 0"),
        ({"max_time": math.nan}, "max_time \\(seconds\\) must be above 0, got nan"),
        ({"interval": -1.0}, "interval \\(seconds\\) must be 0 or more and below 3600, got -1"),
        (
            {"interval": math.inf},
            "interval \\(seconds\\) must be 0 or more and below 3600, got inf",
        ),
        ({"kernels": ""}, "kernels must be one of xnnpack, builtin, reference, got ''"),
    ],
)
def test_options_that_no_runtime_can_do(changes, message):
    with pytest.raises(OptionError, match=message):
        split(changes)


def test_without_the_compiled_part_the_error_says_what_is_left(monkeypatch):
    import sys

    import tflops_native

    monkeypatch.setitem(sys.modules, "tflops_native._native", None)
    monkeypatch.delattr(tflops_native, "_native", raising=False)
    with pytest.raises(tflops_native.RuntimeLibraryError, match=r"has no timing.*; counting works"):
        native()


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
    assert to_plain(found)["processor"] is None
    assert found.system
    assert found.architecture
