"""The report as an HTML fragment, for notebooks: one table, no script, nothing from elsewhere."""

from html import escape

from tflops_native.analysis import Analysis
from tflops_native.reports import summary
from tflops_native.reports.joined import Report
from tflops_native.reports.table import lines
from tflops_native.reports.times import times

_CELL = "padding:2px 8px;white-space:pre;font-variant-numeric:tabular-nums"


def report_to_html(report: Report) -> str:
    """An HTML fragment with the lines and the table of the text report."""
    table = "" if report.analysis is None else _table(report, report.analysis)
    return (
        f"<div>{_lines(summary.header(report))}{table}"
        f"{_lines(summary.counts(report) + times(report))}</div>"
    )


def _table(report: Report, analysis: Analysis) -> str:
    shown, found = lines(report, analysis)
    head = "".join(_cell("th", column.heading, column.is_number) for column in shown)
    body = [
        "".join(
            _cell("td", cell, column.is_number)
            for column, cell in zip(shown, line.cells, strict=True)
        )
        for line in found
    ]
    rows = "".join(f"<tr>{cells}</tr>" for cells in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _lines(lines: summary.Lines) -> str:
    return "".join(f"<div><b>{escape(label)}</b> {escape(text)}</div>" for label, text in lines)


def _cell(tag: str, text: str, is_number: bool) -> str:
    side = "right" if is_number else "left"
    return f'<{tag} style="text-align:{side};{_CELL}">{escape(text)}</{tag}>'
