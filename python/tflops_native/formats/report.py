"""The document of a report: the model, its operators, totals and times."""

from typing import Any

from tflops_native.formats.details import details
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Figure,
    Lines,
    Part,
    Role,
    Table,
    row_of,
)
from tflops_native.formats.group_table import group_table
from tflops_native.formats.operator_table import operator_table
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.summary import brief_summary, summary
from tflops_native.formats.view import EVERYTHING, GROUPINGS, View
from tflops_native.reports.report import Report


def report_document(report: Report, view: View = EVERYTHING, *, samples: bool = True) -> Document:
    """Counts of a model, its times, or both.

    Args:
        samples: whether its data has raw samples; figures show them in any case.

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
        data=lambda: _plain(report, samples),
        figures=lambda: _figures(report),
        further_tables=lambda: _further_tables(report, view),
        records=_latency(report, name) if report.analysis is None else None,
        reports=(report,),
    )


def _figures(report: Report) -> list[Figure]:
    """Those that the report has the data for."""
    # Imported when drawn: text needs none of them.
    from tflops_native.formats.figures.histogram_figure import histogram_figure
    from tflops_native.formats.figures.layers_figure import layers_figure
    from tflops_native.formats.figures.roofline_figure import roofline_figure
    from tflops_native.formats.figures.samples_figure import samples_figure

    found = []
    if report.timing is not None:
        verdict = report.timing.stability.verdict
        for title, svg in (
            ("Roofline: each operator, its size the share of the time", roofline_figure(report)),
            ("Time against MACs, by layer", layers_figure(report)),
            (f"Samples in the order of the runs: {verdict}", samples_figure(report)),
            ("Histogram of the samples", histogram_figure(report)),
        ):
            if svg is not None:
                found.append(Figure(title, svg))
    return found


def _further_tables(report: Report, view: View) -> list[Table]:
    """The operators taken together, where the first table does not do that already."""
    if report.analysis is None:
        return []
    others = [by for by in GROUPINGS if by != view.by]
    return [group_table(report, report.analysis, by, View(by=by)) for by in others]


def _plain(report: Report, samples: bool) -> dict[str, Any]:
    # Imported when used: it knows all results, and a count needs none of them.
    from tflops_native.reports.saved import saved_reports

    return saved_reports([report], samples=samples)


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
