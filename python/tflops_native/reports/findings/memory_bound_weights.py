"""Weights that are read once per inference for little work: memory decides the time."""

from tflops_native.formatting import byte_count, three_digits
from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    MEDIUM_SHARE,
    indices,
    severity_of,
    time_seconds,
    time_share,
)
from tflops_native.reports.report import Report
from tflops_native.reports.roofline import COMPUTE, EXPLAINED, OVERHEAD
from tflops_native.reports.rows import ReportRow

# The least bytes per weight of float16 and of float32, with some room for biases and tables.
_FLOAT16, _FLOAT32 = 1.5, 3.0


def memory_bound_weights(report: Report) -> list[Finding]:
    """Where such operators take a tenth of the time at batch 1, and their roof explains a quarter of it."""
    analysis = report.analysis
    if analysis is None or any(item.shape[:1] != (1,) for item in analysis.inputs[:1]):
        return []
    rows = [row for row in report.rows if _is_bound(row)]
    share = time_share(report, rows)
    if not rows or share < MEDIUM_SHARE:
        return []
    weights = sum(row.operator.constant_bytes for row in rows)
    moved = sum(row.roof.bytes_moved for row in rows if row.roof)
    operations = sum(row.operator.cost.operations for row in rows)
    parameters = sum(row.operator.parameters for row in rows)
    names = {row.operator.name for row in rows}
    what = names.pop() if len(names) == 1 else f"operators of {len(names)} types"
    evidence: dict[str, int | float | str] = {
        "operators": len(rows),
        "time_seconds": time_seconds(rows),
        "weight_bytes": weights,
        "operations_per_byte": operations / moved,
    }
    advice = "a larger batch uses each weight more often"
    if parameters:
        size = weights / parameters
        evidence["bytes_per_parameter"] = size
        smaller = "int8 or float16" if size >= _FLOAT32 else "int8" if size >= _FLOAT16 else None
        if smaller is not None:
            advice = f"store the weights as {smaller}, or use a larger batch"
    return [
        Finding(
            code="memory_bound_weights",
            severity=severity_of(share),
            text=f"{len(rows):,} {what}: {percent(share)} of the time, bound by reading "
            f"{byte_count(weights)}B of weights",
            advice=f"{advice} ({three_digits(operations / moved)} operations per byte at batch 1)",
            time_share=share,
            operators=indices(rows),
            evidence=evidence,
        )
    ]


def _is_bound(row: ReportRow) -> bool:
    roof, reached = row.roof, row.utilization
    if roof is None or reached is None or reached.bound in (COMPUTE, OVERHEAD):
        return False
    is_near = reached.share is not None and reached.share >= EXPLAINED
    return is_near and 2 * row.operator.constant_bytes >= roof.bytes_moved > 0
