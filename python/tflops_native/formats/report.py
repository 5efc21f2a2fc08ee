"""The document of a report: the model, its operators, totals and times."""

from tflops_native.formats import summary
from tflops_native.formats.document import Cell, Column, Document, Lines, Part, Table, row_of
from tflops_native.formats.operator_table import operator_table
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.times import times
from tflops_native.reports.joined import Report


def report_document(report: Report) -> Document:
    """Counts of a model, its times, or both."""
    name = "(bytes)" if report.model.path is None else report.model.path.name
    header = summary.header(report)
    closing = summary.counts(report) + times(report)
    parts: tuple[Part, ...] = (Lines((*header, *closing)),)
    if report.analysis is not None:
        parts = (
            Lines(tuple(header)),
            operator_table(report, report.analysis),
            Lines(tuple(closing)),
        )
    return Document(
        title=printable(name, NAME_LIMIT),
        parts=parts,
        data=report.to_dict,
        records=_latency(report, name) if report.analysis is None else None,
    )


def _latency(report: Report, name: str) -> Table:
    """One row for a spreadsheet, where there are times and no operators."""
    timing = report.timing
    latency = getattr(timing, "latency", None)
    values = {
        "model": name,
        "median_seconds": None if timing is None else timing.typical,
        "min_seconds": getattr(latency, "minimum", None),
        "p5_seconds": getattr(latency, "p5", None),
        "p95_seconds": getattr(latency, "p95", None),
        "p99_seconds": getattr(latency, "p99", None),
        "max_seconds": getattr(latency, "maximum", None),
        "mad_seconds": getattr(latency, "mad", None),
        "precision": getattr(latency, "precision", None),
        "samples": getattr(latency, "samples", None),
    }
    columns = tuple(Column(key=key, heading=key) for key in values)
    cells = {key: Cell(value) for key, value in values.items()}
    return Table(title="latency", columns=columns, rows=(row_of(columns, cells),))
