"""The report for a terminal or a pipe."""

import io
import textwrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tflops_native.analysis import Analysis, Status
from tflops_native.reports import summary
from tflops_native.reports.joined import Report, ReportRow
from tflops_native.reports.table import columns, other_times

# What may be cut on a narrow terminal: words, never numbers.
_SHRINKS = {"operator": 8, "output": 8}
_LABEL_WIDTH = 10


def report_to_text(report: Report) -> str:
    """The whole report as plain text, as wide as it needs to be."""
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=80))
    return stream.getvalue().rstrip("\n")


def print_report(report: Report, console: Console) -> None:
    """Print the report; into a pipe every line is as long as it needs to be, and nothing is cut."""
    _print_lines(summary.header(report), console)
    if report.analysis is not None:
        table = _table(report, report.analysis)
        width = None if console.is_terminal else max(80, console.measure(table).maximum)
        console.print()
        console.print(table, width=width, crop=console.is_terminal)
        console.print()
    _print_lines(summary.counts(report) + summary.times(report), console)


def _print_lines(lines: summary.Lines, console: Console) -> None:
    """Label and text, wrapped beside the label where the terminal ends."""
    for label, text in lines:
        width = max(console.width - _LABEL_WIDTH, 20) if console.is_terminal else len(text) + 1
        wrapped = textwrap.wrap(text, width, break_on_hyphens=False)
        line = Text.assemble(
            (f"{label:{_LABEL_WIDTH}}", "bold"),
            (f"\n{'':{_LABEL_WIDTH}}".join(wrapped), "yellow" if label == "note" else ""),
        )
        console.print(line, soft_wrap=True)


def _table(report: Report, analysis: Analysis) -> Table:
    shown = columns(report, analysis)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for column in shown:
        table.add_column(
            column.heading,
            justify="right" if column.is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=_SHRINKS.get(column.heading),
        )
    for row in report.rows:
        table.add_row(*(column.cell(row) for column in shown), style=_style(row))
    headings = [column.heading for column in shown]
    for name, time, share in other_times(report):
        cells = {"operator": name, "time": time, "%t": share}
        table.add_row(*(cells.get(heading, "") for heading in headings), style="italic")
    return table


def _style(row: ReportRow) -> str:
    if row.operator.status in (Status.UNSUPPORTED, Status.BOUNDED):
        return "red"
    if row.time_share is not None and row.time_share >= 0.1:
        return "bold"
    return "dim" if row.operator.status is Status.NO_ARITHMETIC else ""
