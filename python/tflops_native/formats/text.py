"""The document for a terminal or a pipe.

Into a pipe every line is as long as it needs to be, and nothing is cut. On a terminal, columns of text are
shortened in the middle, then whole columns are left out, in the order that the columns state; numbers are
never cut: where even that is too wide, the terminal breaks the line. Other lines are broken between words;
a word without a blank, as a path, stays whole, so that it can be copied.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tflops_native.formats.broken_lines import block_lines, wrapped
from tflops_native.formats.document import (
    Block,
    Column,
    Document,
    Emphasis,
    Line,
    Lines,
    Table,
    labelled,
)
from tflops_native.formats.printable import cut, printable, width
from tflops_native.notes import Note

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LABEL_WIDTH = 10
# With more, the headings stand below the rows too: those above have left a terminal of 24 lines.
_ROWS_IN_VIEW = 10
_MIN_NAME = 12  # cells
_MIN_TEXT = 20  # cells beside a label, however narrow the terminal is
_STYLES = {
    Emphasis.NONE: "",
    Emphasis.STRONG: "bold",
    Emphasis.WEAK: "dim",
    Emphasis.ASIDE: "italic",
    Emphasis.PROBLEM: "red",
}
# Text and style of each piece of a line.
_Line = list[tuple[str, str]]


def render(document: Document) -> str:
    """The whole document as plain text, as wide as it needs to be, without a line feed at the end."""
    lines = ("".join(text for text, _ in line) for line in _lines(document, None))
    return "\n".join(lines).rstrip("\n")


def print_text(document: Document, console: "Console") -> None:
    """Print with the colours and the width of a terminal; into a pipe as `render` does."""
    from rich.text import Text

    limit = console.width if console.is_terminal else None
    for line in _lines(document, limit):
        # Not markup: names may hold brackets.
        console.print(Text.assemble(*line), soft_wrap=True, highlight=False)


def table_text(table: Table, limit: int) -> "Text":
    """A table for a terminal that is so wide, with its colours."""
    from rich.text import Text

    lines = [Text.assemble(*line) for line in _table(table, limit)]
    return Text("\n").join(lines)


def _lines(document: Document, limit: int | None) -> Iterator[_Line]:
    is_first = True
    for part in document.screen:
        if not isinstance(part, Lines | Table | Block):
            continue
        if not is_first:
            yield []
        is_first = False
        if isinstance(part, Lines):
            is_whole = document.is_verbose or part.brief is None
            yield from _labelled_lines(part.lines if is_whole else part.brief or (), limit)
        elif isinstance(part, Table):
            yield from _table(part, limit)
        else:
            yield from ([(line, "")] for line in block_lines(part.text, limit))


def _labelled_lines(lines: Iterable[Line | Note], limit: int | None) -> Iterator[_Line]:
    """Label and text, wrapped beside the label where the terminal ends."""
    for line in lines:
        label, text = labelled(line)
        room = len(text) + 1 if limit is None else max(limit - LABEL_WIDTH, _MIN_TEXT)
        if isinstance(line, Line) and line.name and width(text) > room:
            text = cut(line.name, max(room - len(line.text), _MIN_NAME)) + line.text
        parts = wrapped(printable(text), room) or [""]
        style = "yellow" if label in ("finding", "note") else ""
        yield [(f"{printable(label):{LABEL_WIDTH}}", "bold"), (parts[0], style)]
        for further in parts[1:]:
            yield [(" " * LABEL_WIDTH, ""), (further, style)]


def _table(table: Table, limit: int | None) -> Iterator[_Line]:
    columns = table.shown
    listed = table.rows if limit is None or table.brief is None else table.brief
    rows = [[printable(text) for text in table.texts(row)] for row in listed]
    heading = [printable(column.heading) for column in columns]
    headed = [heading] if table.has_heading else []
    widths = [
        max((width(row[position]) for row in (*headed, *rows)), default=0)
        for position in range(len(columns))
    ]
    kept = list(range(len(columns)))
    if limit is not None:
        kept = _kept(columns, widths, table.gap, limit)
        _shrink(columns, widths, kept, table.gap, limit)
    is_long = limit is not None and len(rows) > _ROWS_IN_VIEW
    for row, style in [
        *((row, "bold") for row in headed),
        *((row, _STYLES[found.emphasis]) for row, found in zip(rows, listed, strict=True)),
        *((row, "bold") for row in headed if is_long),
    ]:
        cells = [_aligned(row[i], widths[i], columns[i].is_number) for i in kept]
        line = (" " * table.gap).join(cells)
        yield [(line if table.is_padded else line.rstrip(), style)]
    if table.legend and limit is not None:
        for line in textwrap.wrap(table.legend, max(limit, _MIN_TEXT)):
            yield [(line, "dim")]


def _aligned(text: str, cells: int, is_right: bool) -> str:
    missing = cells - width(text)
    if missing < 0:
        text = cut(text, cells)
        missing = cells - width(text)
    padding = " " * missing
    return padding + text if is_right else text + padding


def _line_width(widths: list[int], kept: list[int], gap: int) -> int:
    return sum(widths[position] + gap for position in kept) - gap


def _kept(columns: tuple[Column, ...], widths: list[int], gap: int, limit: int) -> list[int]:
    """Positions of the columns that there is room for, once texts are as short as can be read."""
    readable = [
        full if column.readable is None else min(full, column.readable)
        for full, column in zip(widths, columns, strict=True)
    ]
    kept = list(range(len(columns)))
    dropped = [
        (column.drop, position)
        for position, column in enumerate(columns)
        if column.drop is not None
    ]
    for _, position in sorted(dropped):
        if _line_width(readable, kept, gap) > limit:
            kept.remove(position)
    return kept


def _shrink(
    columns: tuple[Column, ...], widths: list[int], kept: list[int], gap: int, limit: int
) -> None:
    """Take from the columns of text what the line is too long, from the last of them first."""
    excess = _line_width(widths, kept, gap) - limit
    for position in reversed(kept):
        shortest = columns[position].shortest
        if shortest is not None and excess > 0:
            taken = min(excess, max(widths[position] - shortest, 0))
            widths[position] -= taken
            excess -= taken
