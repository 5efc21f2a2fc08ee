"""The document as an HTML fragment, for notebooks: no script, nothing from elsewhere."""

from html import escape

from tflops_native.formats.document import Block, Document, Figure, Lines, Part, Table, labelled
from tflops_native.formats.printable import printable, printable_lines

_CELL = "padding:2px 8px;white-space:pre;font-variant-numeric:tabular-nums"


def render(document: Document) -> str:
    """One `div` with everything in it."""
    return f"<div>{''.join(map(_part, document.page))}</div>"


def _part(part: Part) -> str:
    match part:
        case Lines():
            return "".join(
                f"<div><b>{_text(label)}</b> {_text(text)}</div>"
                for label, text in map(labelled, part.lines)
            )
        case Table():
            return _table(part)
        case Block():
            return f"<pre>{escape(chr(10).join(printable_lines(part.text)))}</pre>"
        case Figure():
            return f"<div><b>{_text(part.title)}</b>{part.svg}</div>"


def _table(table: Table) -> str:
    shown = table.shown
    head = "".join(
        _cell("th", column.heading, column.is_number, column.meaning) for column in shown
    )
    rows = "".join(
        "<tr>"
        + "".join(
            _cell("td", text, column.is_number)
            for column, text in zip(shown, table.texts(row), strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    found = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    if not table.is_long:
        return found
    return f"<details open><summary>{_text(table.title)}</summary>{found}</details>"


def _cell(tag: str, text: str, is_number: bool, meaning: str = "") -> str:
    side = "right" if is_number else "left"
    hint = f' title="{_text(meaning)}"' if meaning else ""
    return f'<{tag}{hint} style="text-align:{side};{_CELL}">{_text(text)}</{tag}>'


def _text(text: str) -> str:
    return escape(printable(text))
