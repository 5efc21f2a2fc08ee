"""Counts, times and explains the arithmetic of every operator of a TensorFlow Lite model."""

from typing import TYPE_CHECKING, Any

from tflops_native.errors import (
    ConversionError,
    DeviceError,
    InputDataError,
    InvokeError,
    ModelFormatError,
    OptionError,
    ProfileFormatError,
    RuntimeLibraryError,
    ShapeError,
    TflopsError,
    UnsupportedOperatorError,
)

if TYPE_CHECKING:
    from tflops_native.analysis.operators import OperatorAnalysis
    from tflops_native.analysis.result import Analysis
    from tflops_native.api import (
        analyze,
        convert,
        count,
        extract,
        measure,
        memory,
        peaks,
        report,
        runtimes,
        verify,
    )
    from tflops_native.batches import batch
    from tflops_native.board import fit_memory
    from tflops_native.collecting import collect
    from tflops_native.comparing import compare
    from tflops_native.fleets.run import fleet
    from tflops_native.gate import baseline, check
    from tflops_native.isolation.limits import ChildLimits
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.measurement.timing import Origin, Timing
    from tflops_native.model.graph import Model
    from tflops_native.model.reader import load
    from tflops_native.model.sources.conversion import Conversion
    from tflops_native.notes import Note
    from tflops_native.profile.result import OperatorTime, Profile
    from tflops_native.reports.baseline import Baseline
    from tflops_native.reports.batch import Batch
    from tflops_native.reports.budgets import Check
    from tflops_native.reports.comparison import Comparison
    from tflops_native.reports.loaded import load_report
    from tflops_native.reports.memory_fit import MemoryFit
    from tflops_native.reports.memory_plan import MemoryPlan
    from tflops_native.reports.report import Report
    from tflops_native.reports.rows import ReportRow
    from tflops_native.reports.saved import save_report
    from tflops_native.reports.sweep import Sweep
    from tflops_native.reports.verification import Verification
    from tflops_native.runtime.options import RunOptions
    from tflops_native.stability.verdict import Stability
    from tflops_native.sweeps import sweep
    from tflops_native.timing.statistics import Latency
    from tflops_native.timing.stop_rule import StopRule
    from tflops_native.workload import Workload

    __version__: str

# Imported on first use: a program that only catches our errors should not pay for the rest.
_LAZY = {
    **dict.fromkeys(
        (
            "analyze",
            "convert",
            "count",
            "extract",
            "measure",
            "memory",
            "peaks",
            "report",
            "runtimes",
            "verify",
        ),
        "api",
    ),
    **dict.fromkeys(("baseline", "check"), "gate"),
    "batch": "batches",
    "collect": "collecting",
    "fleet": "fleets.run",
    "compare": "comparing",
    "fit_memory": "board",
    "sweep": "sweeps",
    "Analysis": "analysis.result",
    "Baseline": "reports.baseline",
    "Batch": "reports.batch",
    "Check": "reports.budgets",
    "ChildLimits": "isolation.limits",
    "Comparison": "reports.comparison",
    "Conversion": "model.sources.conversion",
    "Latency": "timing.statistics",
    "MemoryFit": "reports.memory_fit",
    "MemoryPlan": "reports.memory_plan",
    "Model": "model.graph",
    "Note": "notes",
    "OperatorAnalysis": "analysis.operators",
    "OperatorTime": "profile.result",
    "Origin": "measurement.timing",
    "Peaks": "machine.peaks.peaks",
    "Profile": "profile.result",
    "Report": "reports.report",
    "ReportRow": "reports.rows",
    "RunOptions": "runtime.options",
    "Stability": "stability.verdict",
    "Sweep": "reports.sweep",
    "StopRule": "timing.stop_rule",
    "Timing": "measurement.timing",
    "Verification": "reports.verification",
    "Workload": "workload",
    "load": "model.reader",
    "load_report": "reports.loaded",
    "save_report": "reports.saved",
}

__all__ = [
    "Analysis",
    "Baseline",
    "Batch",
    "Check",
    "ChildLimits",
    "Comparison",
    "Conversion",
    "ConversionError",
    "DeviceError",
    "InputDataError",
    "InvokeError",
    "Latency",
    "MemoryFit",
    "MemoryPlan",
    "Model",
    "ModelFormatError",
    "Note",
    "OperatorAnalysis",
    "OperatorTime",
    "OptionError",
    "Origin",
    "Peaks",
    "Profile",
    "ProfileFormatError",
    "Report",
    "ReportRow",
    "RunOptions",
    "RuntimeLibraryError",
    "ShapeError",
    "Stability",
    "StopRule",
    "Sweep",
    "TflopsError",
    "Timing",
    "UnsupportedOperatorError",
    "Verification",
    "Workload",
    "__version__",
    "analyze",
    "baseline",
    "batch",
    "check",
    "collect",
    "compare",
    "convert",
    "count",
    "extract",
    "fit_memory",
    "fleet",
    "load",
    "load_report",
    "measure",
    "memory",
    "peaks",
    "report",
    "runtimes",
    "save_report",
    "sweep",
    "verify",
]


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__version__":
        from importlib.metadata import version

        value = version("tflops-native")
    elif name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(f"tflops_native.{_LAZY[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
