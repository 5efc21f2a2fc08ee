"""Lengths other than the batch that the file leaves open, and that nobody gave."""

from tflops_native.formatting import shape
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report


def open_lengths(report: Report) -> list[Finding]:
    """One per input; an open batch of 1 is what most people mean, and stands in the input's line."""
    found = []
    for item in () if report.analysis is None else report.analysis.inputs:
        axes = [axis for axis, length in enumerate(item.shape_signature) if length < 0]
        if not item.is_defaulted or not [axis for axis in axes if axis > 0]:
            continue
        # Of a saved result that was edited they may not be equally long.
        asked = "x".join(
            str(length) if signature >= 0 or axis == 0 else "N"
            for axis, (length, signature) in enumerate(
                zip(item.shape, item.shape_signature, strict=False)
            )
        )
        found.append(
            Finding(
                code="open_lengths",
                severity="high",
                text=f"input {item.name!r} is {shape(item.shape_signature)} in the file, and was "
                f"counted as {shape(item.shape)}",
                advice=f"give real lengths: --input-shape {item.name}={asked}",
                evidence={"input": item.name, "open_lengths": len(axes)},
            )
        )
    return found
