"""The document as GitHub's Markdown: totals first, long tables folded behind them."""

import re
from collections.abc import Iterable
from html import escape

from tflops_native import formatting as numbers
from tflops_native.formats.broken_lines import PAGE_CELLS, block_lines
from tflops_native.formats.document import Block, Document, Lines, Table, labelled
from tflops_native.formats.printable import cut, printable

# GitHub cuts job summaries beyond 1 MiB. A text of its own is cut first, so that tables have most of it.
LIMIT_BYTES = 1_000_000
_LIMIT_OF_TEXT_BYTES = 400_000
_LIMIT_OF_ONE = 4_000
# An underscore within a word is none of Markdown's business.
_SPECIAL = re.compile(r"([\\`*\[\]|~#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")


def render(document: Document) -> str:
    """Below 1 MiB: what does not fit is left out, and a sentence says how much."""
    tables = [part for part in document.page if isinstance(part, Table)]
    others = [part for part in document.page if isinstance(part, Lines | Block)]
    lines = [line for part in others for line in _text(part)]
    kept = _within(lines, _LIMIT_OF_TEXT_BYTES)
    if kept < len(lines):
        lines[kept:] = [f"{len(lines) - kept:,} more lines are left out here.", ""]
    found = [f"### {_escaped(document.title)}", "", *lines]
    left = LIMIT_BYTES - _size(found)
    for table in sorted(tables, key=lambda table: table.is_long):
        made = _table(table, left)
        left -= _size(made)
        found += made
    return "\n".join(found).rstrip("\n")


def _text(part: Lines | Block) -> list[str]:
    """Labelled lines as a list, other text as it stands."""
    if isinstance(part, Block):
        lines = block_lines(part.text, PAGE_CELLS)
        return ["<pre>", *(escape(line, quote=False) for line in lines), "</pre>", ""]
    found = []
    for label, text in map(labelled, part.lines):
        name = f"**{_escaped(label)}** " if label else ""
        found.append(f"- {name}{_escaped(text)}")
    return [*found, ""]


def _table(table: Table, limit: int) -> list[str]:
    """The table in no more bytes than `limit`, folded if it is long."""
    shown = table.shown
    head = [_row(column.heading for column in shown)]
    head.append(_row("---:" if column.is_number else ":---" for column in shown))
    opening = [f"<details><summary>{escape(printable(table.title))}</summary>", ""]
    closing = ["", "</details>"]
    if not table.is_long:
        opening, closing = [], []
    rows = [_row(map(_cell, table.texts(row))) for row in table.rows]
    kept = _within(rows, limit - _size([*opening, *head, *closing, _left_out(len(rows))]) - 2)
    note = ["", _left_out(len(rows) - kept)] if kept < len(rows) else []
    return [*opening, *head, *rows[:kept], *note, *closing, ""]


def _left_out(count: int) -> str:
    return f"{numbers.plural(count, 'more row')} left out here: Markdown must stay below 1 MiB."


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Indentation is kept with blanks that do not collapse."""
    depth = len(text) - len(text.lstrip(" "))
    return "&nbsp;" * depth + _escaped(text[depth:])


def _escaped(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    text = escape(printable(cut(text, _LIMIT_OF_ONE)), quote=False)
    # An empty comment, so that no name mentions somebody on GitHub.
    return _SPECIAL.sub(r"\\\1", text).replace("@", "@<!-- -->")


def _size(lines: Iterable[str]) -> int:
    """Bytes of lines with their line feeds."""
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def _within(lines: list[str], limit: int) -> int:
    """How many of the lines take no more bytes than `limit`."""
    taken = 0
    for position, line in enumerate(lines):
        taken += _size([line])
        if taken > limit:
            return position
    return len(lines)
