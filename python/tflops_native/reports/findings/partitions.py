"""A graph that the delegate took in several parts, with time lost outside operators."""

from tflops_native.formatting import byte_count, seconds
from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    SMALLEST_SHARE,
    severity_of,
)
from tflops_native.reports.report import Report


def partitions(report: Report) -> list[Finding]:
    """Where a delegate runs several parts and 5 % of the inference lies outside all operators."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None:
        return []
    delegated = sum(part.is_delegated for part in profile.partitions)
    share = (
        profile.outside_seconds / profile.inference_seconds if profile.inference_seconds else 0.0
    )
    if delegated < 2 or share < SMALLEST_SHARE:
        return []
    sizes = [part.taken_over_bytes for part in profile.partitions]
    evidence: dict[str, int | float | str] = {
        "partitions": len(profile.partitions),
        "delegated_partitions": delegated,
        "outside_seconds": profile.outside_seconds,
    }
    passing = ""
    if None not in sizes:
        evidence["taken_over_bytes"] = sum(size or 0 for size in sizes)
        passing = f"; {byte_count(sum(size or 0 for size in sizes))}B pass between them"
    return [
        Finding(
            code="partitions",
            severity=severity_of(share),
            text=f"{len(profile.partitions)} partitions, {delegated} delegated: "
            f"{seconds(profile.outside_seconds)} ({percent(share)}) outside operators",
            advice=f"fewer operators outside the delegate make fewer partitions{passing}",
            time_share=share,
            operators=tuple(operator.index for operator in profile.kept),
            evidence=evidence,
        )
    ]
