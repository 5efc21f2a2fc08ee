"""The report for a terminal or a pipe."""

import io
import textwrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tflops_native.analysis import Analysis
from tflops_native.reports import summary
from tflops_native.reports.joined import Report
from tflops_native.reports.table import Emphasis, lines
from tflops_native.reports.times import times

# What may be cut on a narrow terminal: words, never numbers.
_SHRINKS = {"operator": 8, "output": 8, "bound": 5}
# Before words are cut shorter than this, whole columns are left out, the most dispensable first.
_READABLE = {"operator": 12, "output": 8}
_LEFT_OUT = ("%", "bytes")
_LABEL_WIDTH = 10
_STYLES = {
    Emphasis.NONE: "",
    Emphasis.STRONG: "bold",
    Emphasis.WEAK: "dim",
    Emphasis.ASIDE: "italic",
    Emphasis.PROBLEM: "red",
}


def report_to_text(report: Report) -> str:
    """The whole report as plain text, as wide as it needs to be."""
    stream = io.StringIO()
    # Told not to guess: neither colour from the environment nor a notebook's own output.
    console = Console(file=stream, width=80, force_terminal=False, force_jupyter=False)
    print_report(report, console)
    return stream.getvalue().rstrip("\n")


def print_report(report: Report, console: Console) -> None:
    """Print the report; into a pipe every line is as long as it needs to be, and nothing is cut."""
    _print_lines(summary.header(report), console)
    if report.analysis is not None:
        limit = console.width if console.is_terminal else None
        console.print()
        _print_table(_table(report, report.analysis, limit), console)
        console.print()
    _print_lines(summary.counts(report) + times(report), console)


def _print_lines(lines: summary.Lines, console: Console) -> None:
    """Label and text, wrapped beside the label where the terminal ends."""
    for label, text in lines:
        width = max(console.width - _LABEL_WIDTH, 20) if console.is_terminal else len(text) + 1
        wrapped = textwrap.wrap(_printable(text), width, break_on_hyphens=False)
        line = Text.assemble(
            (f"{label:{_LABEL_WIDTH}}", "bold"),
            (f"\n{'':{_LABEL_WIDTH}}".join(wrapped), "yellow" if label == "note" else ""),
        )
        console.print(line, soft_wrap=True)


def _print_table(table: Table, console: Console) -> None:
    """Print at full width: where that is too wide the terminal breaks lines, but no number is lost."""
    width = console.width
    console.width = sum((column.width or 0) + 1 for column in table.columns)
    try:
        console.print(table)
    finally:
        console.width = width


def _table(report: Report, analysis: Analysis, width: int | None) -> Table:
    """The table of operators, no wider than `width` if words can be cut that far."""
    shown, found = lines(report, analysis)
    cells = [[_printable(cell) for cell in line.cells] for line in found]
    widths = [
        max(len(column.heading), *(len(row[position]) for row in cells), 0)
        for position, column in enumerate(shown)
    ]
    if width is not None:
        kept = _kept(widths, [column.heading for column in shown], width)
        shown = [shown[position] for position in kept]
        widths = [widths[position] for position in kept]
        cells = [[row[position] for position in kept] for row in cells]
        _shrink(widths, [column.heading for column in shown], width)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for column, column_width in zip(shown, widths, strict=True):
        table.add_column(
            column.heading,
            justify="right" if column.is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=column_width,
        )
    for row, line in zip(cells, found, strict=True):
        table.add_row(*map(Text, row), style=_STYLES[line.emphasis])
    return table


def _printable(text: str) -> str:
    """Names come from a file that may be anybody's: they must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _kept(widths: list[int], headings: list[str], width: int) -> list[int]:
    """Positions of the columns that a terminal of this width has room for."""
    least = [
        min(full, _READABLE.get(heading, full))
        for full, heading in zip(widths, headings, strict=True)
    ]
    kept = list(range(len(headings)))
    for heading in _LEFT_OUT:
        if sum(least[position] + 1 for position in kept) - 1 > width and heading in headings:
            kept.remove(headings.index(heading))
    return kept


def _shrink(widths: list[int], headings: list[str], width: int) -> None:
    """Take from the columns of words what the line is too long: numbers are never cut."""
    excess = sum(widths) + len(widths) - 1 - width
    for heading, minimum in _SHRINKS.items():
        if heading in headings and excess > 0:
            position = headings.index(heading)
            cut = min(excess, max(widths[position] - minimum, 0))
            widths[position] -= cut
            excess -= cut
