"""A 95th percentile far above the median."""

from tflops_native.formatting import seconds, three_digits
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report

# A deadline that the median just meets is missed by half once in twenty inferences. Well above what the
# verdict calls noisy (20 %), which the line on stability says already.
_FAR = 1.5


def latency_tail(report: Report) -> list[Finding]:
    """Where the 95th percentile is one and a half times the median, of enough samples to tell."""
    timing = report.timing
    if timing is None:
        return []
    # Imported when used: a count needs nothing of it.
    from tflops_native.stability.verdict import TAIL_SAMPLES

    latency = timing.latency
    median, p95 = latency.median_seconds, latency.p95_seconds
    if not median or p95 is None or p95 < _FAR * median:
        return []
    if latency.samples is not None and latency.samples < TAIL_SAMPLES:
        return []
    remedy = next((cause.remedy for cause in timing.stability.causes), None)
    return [
        Finding(
            code="latency_tail",
            severity="medium",
            text=f"5% of inferences take {seconds(p95)} or longer, "
            f"{three_digits(p95 / median)} times the median",
            advice="plan with p95" if remedy is None else f"plan with p95, or try {remedy}",
            evidence={"median_seconds": median, "p95_seconds": p95, "ratio": p95 / median},
        )
    ]
