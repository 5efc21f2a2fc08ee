"""Types of operators that matter and are far below what the machine allows."""

from typing import TYPE_CHECKING

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
from tflops_native.reports.roofline import EXPLAINED, OVERHEAD

if TYPE_CHECKING:
    from tflops_native.reports.rows import ReportRow


def below_roof(report: Report) -> list[Finding]:
    """Types whose roof explains less than a quarter of their time, where a tenth of all could be saved.

    Without operators that the delegate did not take and those that are too short: other findings name
    these and say why.
    """
    timing = report.timing
    profile = None if timing is None else timing.profile
    if timing is None or profile is None:
        return []
    kept = {operator.index for operator in profile.kept}
    groups: dict[str, list[ReportRow]] = {}
    for row in report.rows:
        if row.utilization is None or row.utilization.bound == OVERHEAD:
            continue
        if row.operator.index not in kept:
            groups.setdefault(row.operator.name, []).append(row)
    found = []
    for name, rows in groups.items():
        total = time_seconds(rows)
        least = sum(row.roof.seconds for row in rows if row.roof is not None)
        share = time_share(report, rows)
        if not total or least > EXPLAINED * total or share * (1 - least / total) < MEDIUM_SHARE:
            continue
        saved = share * (1 - least / total)
        found.append(
            Finding(
                code="below_roof",
                severity=severity_of(saved),
                text=f"{len(rows):,} {name}: {percent(share)} of the time, at "
                f"{percent(least / total)} of the roof",
                advice=_advice(timing.kernels),
                time_share=saved,
                operators=indices(rows),
                evidence={
                    "operator": name,
                    "operators": len(rows),
                    "time_seconds": total,
                    "attainable_seconds": least,
                    "utilization": least / total,
                },
            )
        )
    return found


def _advice(kernels: str | None) -> str:
    if kernels in ("builtin", "reference"):
        return f"these ran on {kernels} kernels: try --kernels xnnpack"
    return "newer kernels may be faster: `tflops runtimes` lists them"
