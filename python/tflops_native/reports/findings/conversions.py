"""Operators that only convert between number types."""

from tflops_native.formatting import plural
from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    SMALLEST_SHARE,
    indices,
    severity_of,
    time_seconds,
    time_share,
)
from tflops_native.reports.report import Report

CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE", "CAST"})


def conversions(report: Report) -> list[Finding]:
    """Where QUANTIZE, DEQUANTIZE and CAST take 5 % of the time."""
    rows = [row for row in report.rows if row.operator.name in CONVERSIONS and row.time is not None]
    share = time_share(report, rows)
    if not rows or share < SMALLEST_SHARE:
        return []
    what = plural(len(rows), "conversion")
    verb = "takes" if len(rows) == 1 else "take"
    return [
        Finding(
            code="conversions",
            severity=severity_of(share),
            text=f"{what} between number types {verb} {percent(share)} of the time",
            advice="keep neighbouring operators in one type: quantize all of the model, inputs and "
            "outputs too, or none of that part",
            time_share=share,
            operators=indices(rows),
            evidence={"operators": len(rows), "time_seconds": time_seconds(rows)},
        )
    ]
