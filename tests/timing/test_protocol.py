"""What is refused before anything is measured, and what is known of the machine."""

import math

import pytest

from tflops_native.machine import machine
from tflops_native.runtime import libraries
from tflops_native.timing.options import MeasureOptions


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threads": -1}, "threads must be 1 or more, but is -1"),
        ({"runs": 0}, "runs must be 1 or more, but is 0"),
        ({"min_runs": 0}, "min_runs must be from 1 to runs, but is 0"),
        ({"min_runs": 6, "runs": 5}, "min_runs must be from 1 to the 5 runs, but is 6"),
        ({"precision": 0.0}, "precision must lie between 0 and 1, but is 0"),
        ({"precision": math.nan}, "precision must lie between 0 and 1, but is nan"),
        ({"max_time": 0.0}, "max_time must be more than 0 seconds, but is 0"),
        ({"max_time": math.nan}, "max_time must be more than 0 seconds, but is nan"),
        ({"interval": -1.0}, "interval must be from 0 to 3600 seconds, but is -1"),
        ({"interval": math.inf}, "interval must be from 0 to 3600 seconds, but is inf"),
        ({"kernels": ""}, "kernels must be one of xnnpack, builtin, reference, not ''"),
    ],
)
def test_options_that_no_runtime_can_do(changes, message):
    with pytest.raises(ValueError, match=message):
        MeasureOptions(**{"input_shapes": {}, **changes}).check()


def test_without_the_compiled_part_the_error_says_what_is_left(monkeypatch):
    import sys

    import tflops_native

    monkeypatch.setitem(sys.modules, "tflops_native._native", None)
    monkeypatch.delattr(tflops_native, "_native", raising=False)
    with pytest.raises(tflops_native.RuntimeLibraryError, match=r"has no timing.*; counting works"):
        libraries.native()


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
