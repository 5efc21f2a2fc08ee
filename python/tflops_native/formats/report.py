"""The document of a report: the model, its operators, totals and times."""

from typing import Any

from tflops_native.formats.details import details
from tflops_native.formats.document import Cell, Column, Document, Lines, Part, Role, Table, row_of
from tflops_native.formats.group_table import group_table
from tflops_native.formats.operator_table import operator_table
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.summary import brief_summary, summary
from tflops_native.formats.view import EVERYTHING, View
from tflops_native.reports.report import Report


def report_document(report: Report, view: View = EVERYTHING) -> Document:
    """Counts of a model, its times, or both.

    Raises:
        OptionError: there is no column of a name in the view.
    """
    name = report.model.name
    parts: list[Part] = [
        Lines(
            tuple(summary(report, has_details=view.is_verbose)),
            Role.SUMMARY,
            tuple(brief_summary(report)),
        )
    ]
    if report.analysis is not None:
        parts.append(
            operator_table(report, report.analysis, view)
            if view.by is None
            else group_table(report, report.analysis, view.by, view)
        )
    parts.append(Lines(tuple(details(report)), Role.DETAILS))
    return Document(
        title=printable(name, NAME_LIMIT),
        parts=tuple(parts),
        is_verbose=view.is_verbose,
        data=lambda: _plain(report),
        records=_latency(report, name) if report.analysis is None else None,
    )


def _plain(report: Report) -> dict[str, Any]:
    # Imported when used: it knows all results, and a count needs none of them.
    from tflops_native.reports.saved import saved_reports

    return saved_reports([report])


def _latency(report: Report, name: str) -> Table:
    """One row for a spreadsheet, where there are times and no operators."""
    from tflops_native.timing.statistics import Latency

    timing = report.timing
    latency = Latency() if timing is None else timing.latency
    values = {
        "model": name,
        "median_seconds": latency.median_seconds,
        "mean_seconds": latency.mean_seconds,
        "minimum_seconds": latency.minimum_seconds,
        "p5_seconds": latency.p5_seconds,
        "p95_seconds": latency.p95_seconds,
        "p99_seconds": latency.p99_seconds,
        "maximum_seconds": latency.maximum_seconds,
        "mad_seconds": latency.mad_seconds,
        "precision": latency.precision,
        "samples": latency.samples,
    }
    columns = tuple(Column(key=key, heading=key) for key in values)
    cells = {key: Cell(value) for key, value in values.items()}
    return Table(title="latency", columns=columns, rows=(row_of(columns, cells),))
