"""A profiler whose price is so high that the times of operators are not those of clean runs."""

from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    HIGH_SHARE,
)
from tflops_native.reports.report import Report


def profiler_distorts(report: Report) -> list[Finding]:
    """Where profiled runs take a quarter longer, and that is not noise."""
    profile = None if report.timing is None else report.timing.profile
    overhead = None if profile is None else profile.overhead
    if overhead is None or overhead.relative <= HIGH_SHARE or overhead.is_noise:
        return []
    evidence: dict[str, int | float | str] = {"relative": overhead.relative}
    if overhead.lower is not None and overhead.upper is not None:
        evidence |= {"lower": overhead.lower, "upper": overhead.upper}
    return [
        Finding(
            code="profiler_distorts",
            severity="high",
            text=f"the profiler makes an inference {percent(overhead.relative)} longer",
            advice="trust the latency, not the shares of the operators",
            evidence={**evidence, "rounds": overhead.rounds},
        )
    ]
