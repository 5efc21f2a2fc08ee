"""Operators that stand for a part of the model that was compiled for an accelerator."""

from tflops_native.analysis.operators import Status, leaves
from tflops_native.analysis.result import unique
from tflops_native.analysis.unruled import COMPILED
from tflops_native.formatting import plural
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report


def compiled_parts(report: Report) -> list[Finding]:
    """One for all of them."""
    analysis = report.analysis
    if analysis is None:
        return []
    blobs = [
        leaf
        for leaf in leaves(analysis.operators)
        if leaf.status is Status.UNSUPPORTED and leaf.name in COMPILED
    ]
    if not blobs:
        return []
    targets = " and ".join(unique(COMPILED[blob.name] for blob in blobs))
    size = sum(blob.constant_bytes for blob in blobs)
    verb = "is" if len(blobs) == 1 else "are"
    return [
        Finding(
            code="compiled_parts",
            severity="high",
            text=f"{plural(len(blobs), 'operator')} compiled for {targets} {verb} not counted",
            advice="count the model before it was compiled",
            operators=tuple(
                operator.index
                for operator in analysis.operators
                if any(leaf in blobs for leaf in leaves([operator]))
            ),
            evidence={"operators": len(blobs), "constant_bytes": size},
        )
    ]
