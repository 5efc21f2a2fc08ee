"""Many operators that are too short for anything but calling them to matter."""

from tflops_native.formatting import seconds
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
from tflops_native.reports.roofline import OVERHEAD

# Fewer of at most 5 µs each make no model slow.
_FEWEST = 10


def tiny_operators(report: Report) -> list[Finding]:
    """Where ten operators or more that are limited by overhead take a tenth of the time."""
    rows = [row for row in report.rows if row.utilization and row.utilization.bound == OVERHEAD]
    share = time_share(report, rows)
    if len(rows) < _FEWEST or share < MEDIUM_SHARE:
        return []
    total = time_seconds(rows)
    threads = 1 if report.timing is None else report.timing.threads or 1
    advice = (
        "most of it is the cost of calling them: fewer, larger operators, a loop or recurrent layer "
        "that is not unrolled, or a batch"
    )
    if threads > 1:
        advice = "try --threads 1: to wake threads takes longer than such an operator"
    return [
        Finding(
            code="tiny_operators",
            severity=severity_of(share),
            text=f"{len(rows):,} tiny operators ({seconds(total / len(rows))} each) take "
            f"{percent(share)} of the time",
            advice=advice,
            time_share=share,
            operators=indices(rows),
            evidence={
                "operators": len(rows),
                "time_seconds": total,
                "attainable_seconds": sum(row.roof.seconds for row in rows if row.roof),
                "threads": threads,
            },
        )
    ]
