"""Made-up evidence of a measurement, and made-up files of a machine's kernel."""

from dataclasses import replace

from tflops_native.machine.counters import Window
from tflops_native.machine.evidence import Evidence, Surroundings
from tflops_native.machine.processors import Processor


def processor(cpu=0, **changes):
    fields = {
        "frequency_hz": 2_400_000_000,
        "minimum_hz": 600_000_000,
        "maximum_hz": 2_400_000_000,
        "hardware_maximum_hz": 2_400_000_000,
        "governor": "performance",
        "driver": "cpufreq-dt",
        "thermal_throttles": None,
    }
    return Processor(cpu=cpu, **{**fields, **changes})


def surroundings(*processors, **changes):
    fields = {
        "quota": None,
        "is_heat_limited": None,
        "temperature_celsius": None,
        "load_average": 0.5,
    }
    return Surroundings(processors=processors, **{**fields, **changes})


def window(**changes):
    """One second of a quiet machine with two CPUs, alone on one of them."""
    fields = {
        "samples": 1000,
        "seconds": 1.0,
        "cpu_seconds": 1.0,
        "voluntary_switches": 4,
        "involuntary_switches": 2,
        "minor_faults": 10,
        "major_faults": 0,
        "wait_seconds": 0.001,
        "migrations": 0,
        "busy_seconds": 1.0,
        "steal_seconds": 0.0,
    }
    return Window(**{**fields, **changes})


def evidence(*windows, **changes):
    """A quiet machine of two CPUs, but for what is changed."""
    quiet = Evidence(
        threads=1,
        is_pinned=False,
        cpus_allowed=(0, 1),
        cpus_used=(0,),
        busy_share={0: 1.0, 1: 0.02},
        is_virtual=False,
        has_boost=False,
        start=surroundings(processor(0), processor(1)),
        end=surroundings(processor(0), processor(1)),
        windows=windows or (window(),),
    )
    return replace(quiet, **changes)


def unknown_evidence(**changes):
    """A system that tells nothing but the time."""
    nothing = dict.fromkeys(Window.__slots__)
    return Evidence(
        threads=1,
        is_pinned=False,
        cpus_allowed=None,
        cpus_used=(),
        busy_share={},
        is_virtual=None,
        has_boost=None,
        start=surroundings(load_average=None),
        end=surroundings(load_average=None),
        windows=(
            Window(**{**nothing, "samples": 9, "seconds": 1.0, "cpu_seconds": 1.0, **changes}),
        ),
    )


def write_files(root, files):
    """Files below a folder, from path -> text."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root
