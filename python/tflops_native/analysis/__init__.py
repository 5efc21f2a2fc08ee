"""Static analysis: shapes, counts and bytes of a model, without running it."""

from tflops_native.analysis.result import (
    CONVENTION,
    Analysis,
    Coverage,
    InputAnalysis,
    OperatorAnalysis,
    Status,
    is_float,
)
from tflops_native.analysis.walk import analyze_model

__all__ = [
    "CONVENTION",
    "Analysis",
    "Coverage",
    "InputAnalysis",
    "OperatorAnalysis",
    "Status",
    "analyze_model",
    "is_float",
]
