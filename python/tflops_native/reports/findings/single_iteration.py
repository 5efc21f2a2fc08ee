"""Loops that are counted for one iteration because only data says how many there are."""

from tflops_native.analysis.operators import Status, leaves
from tflops_native.analysis.result import unique
from tflops_native.formatting import plural
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report


def single_iteration(report: Report) -> list[Finding]:
    """One for all loops."""
    analysis = report.analysis
    count = 0 if analysis is None else analysis.coverage.one_iteration
    if analysis is None or not count:
        return []
    loops = [
        operator
        for operator in analysis.operators
        if any(leaf.status is Status.ONE_ITERATION for leaf in leaves([operator]))
    ]
    verb = "is" if count == 1 else "are"
    waits = unique(name for operator in loops for name in operator.waits_for)
    advice = "give the number with --trip-count N, or count those of a run: --shapes runtime"
    if waits:
        advice = f"give the values of {', '.join(map(repr, waits))} with --input, or --trip-count N"
    operations = sum(operator.cost.operations for operator in loops)
    return [
        Finding(
            code="one_iteration",
            severity="high",
            text=f"{plural(count, 'loop')} {verb} counted for one iteration: totals are too low",
            advice=advice,
            operators=tuple(operator.index for operator in loops),
            evidence={"loops": count, "operations_counted": operations},
        )
    ]
