"""The figures of a report that a row of a table has."""

from typing import Any

from tflops_native.reports.report import Report


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
