"""A newer runtime that is installed beside the one that ran."""

from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report

CODE = "newer_runtime"


def newer_runtime(report: Report) -> list[Finding]:
    """As the measurement saw it: a report that is read elsewhere says the same."""
    timing = report.timing
    notes = () if timing is None else timing.notes
    runtime = None if timing is None else timing.runtime
    version = None if runtime is None else runtime.version
    return [
        Finding(
            code=CODE,
            severity="low",
            text=note.text,
            advice=note.hint or "compare with `tflops time --runtime`",
            evidence={} if version is None else {"version": version},
        )
        for note in notes
        if note.code == CODE
    ]
