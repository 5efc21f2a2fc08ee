"""Counts, times and explains the arithmetic of every operator of a TensorFlow Lite model."""

from typing import TYPE_CHECKING, Any

from tflops_native.errors import (
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
    from tflops_native.analysis import Analysis
    from tflops_native.api import analyze, compare, measure, peaks, report
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.measurement.comparison import Comparison
    from tflops_native.measurement.timing import Timing
    from tflops_native.model import Model, load
    from tflops_native.reports import Report

    __version__: str

# Imported on first use: a program that only catches our errors should not pay for the rest.
_LAZY = {
    "Analysis": "tflops_native.analysis",
    "Comparison": "tflops_native.measurement.comparison",
    "Model": "tflops_native.model",
    "Peaks": "tflops_native.machine.peaks.peaks",
    "Report": "tflops_native.reports",
    "Timing": "tflops_native.measurement.timing",
    "analyze": "tflops_native.api",
    "compare": "tflops_native.api",
    "load": "tflops_native.model",
    "measure": "tflops_native.api",
    "peaks": "tflops_native.api",
    "report": "tflops_native.api",
}

__all__ = [
    "Analysis",
    "Comparison",
    "InputDataError",
    "InvokeError",
    "Model",
    "ModelFormatError",
    "OptionError",
    "Peaks",
    "ProfileFormatError",
    "Report",
    "RuntimeLibraryError",
    "ShapeError",
    "TflopsError",
    "Timing",
    "UnsupportedOperatorError",
    "__version__",
    "analyze",
    "compare",
    "load",
    "measure",
    "peaks",
    "report",
]


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__version__":
        from importlib.metadata import version

        value = version("tflops-native")
    elif name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(_LAZY[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
