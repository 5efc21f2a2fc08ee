"""Static analysis: shapes, counts and bytes of a model, without running it."""

from tflops_native.analysis.entry import analyze_model
from tflops_native.analysis.result import (
    CONVENTION,
    Analysis,
    Coverage,
    InputAnalysis,
    OperatorAnalysis,
    Status,
    SubgraphAnalysis,
    is_float,
)

__all__ = [
    "CONVENTION",
    "Analysis",
    "Coverage",
    "InputAnalysis",
    "OperatorAnalysis",
    "Status",
    "SubgraphAnalysis",
    "analyze_model",
    "is_float",
]
