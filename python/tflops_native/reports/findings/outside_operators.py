"""Time of an inference that lies in no operator."""

from tflops_native.formatting import plural, seconds
from tflops_native.formatting import share as percent
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    MEDIUM_SHARE,
    severity_of,
)
from tflops_native.reports.report import Report


def outside_operators(report: Report) -> list[Finding]:
    """Where it is a tenth of the inference; of several partitions another finding says it."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None or not profile.is_whole or not profile.inference_seconds:
        return []
    share = profile.outside_seconds / profile.inference_seconds
    if not MEDIUM_SHARE <= share <= 1 or sum(part.is_delegated for part in profile.partitions) > 1:
        return []
    count = len(profile.operators) + len(profile.unmatched)
    return [
        Finding(
            code="outside_operators",
            severity=severity_of(share),
            text=f"{seconds(profile.outside_seconds)} ({percent(share)}) of an inference are outside "
            f"its {plural(count, 'operator')}",
            advice="that is the runtime's own work, which a larger batch spreads over more; "
            "`tflops time --kernels xnnpack,builtin` compares kernels",
            time_share=share,
            evidence={
                "outside_seconds": profile.outside_seconds,
                "inference_seconds": profile.inference_seconds,
                "operators": count,
            },
        )
    ]
