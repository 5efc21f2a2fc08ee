"""How much of the time is at stake, and from which share on that matters."""

from collections.abc import Iterable

from tflops_native.reports.findings.finding import Severity
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow

# Even if it took no time, a part below this would make a model faster by less than two measurements of
# it may differ: the median deviation that a stable measurement may have (stability.verdict.SPREAD_LIMIT).
SMALLEST_SHARE = 0.05
# From here on it is felt: an inference without this part would take nine tenths of the time.
MEDIUM_SHARE = 0.1
# An inference without this part would be a third faster.
HIGH_SHARE = 0.25


def severity_of(share: float) -> Severity:
    """By the share of the time that is at stake."""
    return "high" if share >= HIGH_SHARE else "medium" if share >= MEDIUM_SHARE else "low"


def time_share(report: Report, rows: Iterable[ReportRow]) -> float:
    """The rows' share of the time, as the summary has it.

    Of the profiled inference; of all operators' own time where their medians leave much of the inference.
    """
    is_own = report.is_disturbed
    shares = (row.own_time_share if is_own else row.time_share for row in rows)
    return sum(share or 0.0 for share in shares)


def time_seconds(rows: Iterable[ReportRow]) -> float:
    """The sum of the times that are known."""
    return sum(row.time.estimate.typical_seconds for row in rows if row.time is not None)


def indices(rows: Iterable[ReportRow]) -> tuple[int, ...]:
    """Of the operators."""
    return tuple(row.operator.index for row in rows)
