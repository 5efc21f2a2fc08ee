"""Operators that are counted, but that the delegate leaves out."""

from tflops_native.formatting import plural
from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import indices, severity_of
from tflops_native.reports.report import Report


def unread_operators(report: Report) -> list[Finding]:
    """One for all operators whose output nothing reads; as weighty as their share of the operations."""
    rows = [row for row in report.rows if row.is_unread]
    if not rows:
        return []
    operations = sum(row.operator.cost.operations for row in rows)
    share = sum(row.share or 0.0 for row in rows)
    verb = "is" if len(rows) == 1 else "are"
    return [
        Finding(
            code="unread_operators",
            severity=severity_of(share),
            text=f"{plural(len(rows), 'operator')} with {percent(share)} of the operations {verb} counted, "
            "but not run: nothing reads the output",
            advice="convert the model without these layers, or with their results as outputs",
            operators=indices(rows),
            evidence={"operators": len(rows), "operations": operations},
        )
    ]
