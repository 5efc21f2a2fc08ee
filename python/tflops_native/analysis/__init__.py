"""Static analysis: shapes, counts and bytes of a model, without running it."""

from tflops_native.analysis.conventions import (
    CONVENTIONS,
    Convention,
    ConventionCounts,
    convention_counts,
)
from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.formula import Formula, mac_formula
from tflops_native.analysis.operators import (
    EXACT,
    OperatorAnalysis,
    Status,
    SubgraphAnalysis,
    is_float,
)
from tflops_native.analysis.padding import total_valid_macs, valid_macs
from tflops_native.analysis.result import CONVENTION, Analysis, Coverage, InputAnalysis

__all__ = [
    "CONVENTION",
    "CONVENTIONS",
    "EXACT",
    "Analysis",
    "Convention",
    "ConventionCounts",
    "Coverage",
    "Formula",
    "InputAnalysis",
    "OperatorAnalysis",
    "Status",
    "SubgraphAnalysis",
    "analyze_workload",
    "convention_counts",
    "is_float",
    "mac_formula",
    "total_valid_macs",
    "valid_macs",
]
