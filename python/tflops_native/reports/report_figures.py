"""The figures of a report that a row of a table has."""

from typing import Any

from tflops_native.reports.report import Report
from tflops_native.timing.statistics import check_seconds

_COUNTS = ("macs", "operations", "parameters", "weight_bytes", "arena_bytes")
_TIMES = ("median_seconds", "p95_seconds")
_RATES = ("operations_per_second", "utilization")
# Operations that a file can ask for, in the shortest time that is believed.
_HIGHEST_RATE = 1e80


def report_figures(report: Report) -> dict[str, Any]:
    """Counts, times and what follows from both, by the names that rows give them.

    Those that the report does not have are left out.
    """
    figures: dict[str, Any] = {}
    if (analysis := report.analysis) is not None:
        figures |= {
            "macs": analysis.macs,
            "operations": analysis.total.operations,
            "parameters": analysis.parameters,
            "weight_bytes": analysis.weight_bytes,
        }
    if report.timing is not None:
        latency = report.timing.latency
        figures |= {
            "median_seconds": latency.typical_seconds,
            "median_interval_seconds": latency.median_interval_seconds,
            "p95_seconds": latency.p95_seconds,
            "operations_per_second": report.operations_per_second,
            "utilization": report.utilization,
        }
    return figures


def check_figures(row: Any) -> None:
    """Of a row that may come from a file that was edited.

    Raises:
        ValueError: a figure is negative, or beyond all that is counted or measured.
    """
    for name in (*_COUNTS, "threads"):
        count, least = getattr(row, name), int(name == "threads")
        if count is not None and count < least:
            raise ValueError(f"{name} is {count}: it is {least} or more")
    for name in _TIMES:
        check_seconds(name, getattr(row, name))
    for name in _RATES:
        rate = getattr(row, name)
        if rate is not None and not 0 <= rate <= _HIGHEST_RATE:
            raise ValueError(f"{name} is {rate:g}: nothing that is measured has such a rate")
