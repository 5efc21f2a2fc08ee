"""A profiler that makes operators so slow that their times are not those of clean runs."""

from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    HIGH_SHARE,
)
from tflops_native.reports.report import Report


def added_inside(report: Report) -> float:
    """What the profiler adds to the operators, as a share of a clean run; 0 where that may be noise.

    What it adds outside of them is set apart.
    """
    profile = None if report.timing is None else report.timing.profile
    overhead = None if profile is None else profile.overhead
    if profile is None or overhead is None or overhead.is_noise or not profile.invoke_seconds:
        return 0.0
    return profile.inference_seconds / profile.invoke_seconds * (1 + overhead.relative) - 1


def profiler_distorts(report: Report) -> list[Finding]:
    """Where it makes operators take a quarter longer."""
    added = added_inside(report)
    profile = None if report.timing is None else report.timing.profile
    overhead = None if profile is None else profile.overhead
    if overhead is None or added <= HIGH_SHARE:
        return []
    evidence: dict[str, int | float | str] = {"relative": overhead.relative, "inside": added}
    if overhead.lower is not None and overhead.upper is not None:
        evidence |= {"lower": overhead.lower, "upper": overhead.upper}
    return [
        Finding(
            code="profiler_distorts",
            severity="high",
            text=f"the profiler makes the operators take {percent(added)} longer",
            advice="trust the latency, not the shares of the operators",
            evidence={**evidence, "rounds": overhead.rounds},
        )
    ]
