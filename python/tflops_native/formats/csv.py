"""The rows of a document as comma-separated values: base units, one record a line, one line of keys."""

import math
from collections.abc import Iterator

from tflops_native.formats.document import (
    Block,
    Cell,
    Column,
    Document,
    Lines,
    Row,
    Table,
    Value,
    labelled,
)
from tflops_native.formats.printable import printable

# A spreadsheet takes a text that begins so for a formula; the last four, of full
# width, in some languages.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# The semicolon parts fields in spreadsheets of many countries.
_TO_QUOTE = frozenset(',;"')


# Of a table of thousands of rows, so many are text at once.
_PIECE_ROWS = 1000


def render(document: Document) -> str:
    """The records of the document's table; without a table, its lines as label and text.

    Where rows may lie inside others, a column says how deep: those of depth 0 add up.
    """
    return "\n".join(pieces(document))


def pieces(document: Document) -> Iterator[str]:
    """What `render` gives, in pieces that each lack the line feed at their end."""
    table = document.records or next(
        (part for part in document.parts if isinstance(part, Table)), None
    )
    if table is None:
        table = _of_lines(document)
    is_tree = table.tree is not None
    heading = [*(column.key for column in table.columns), *(["depth"] if is_tree else [])]
    lines = [",".join(heading)]
    for row in table.rows:
        if not row.is_record:
            continue
        values = [cell.value for cell in row.cells]
        if is_tree:
            values.append(row.depth)
        lines.append(",".join(map(_field, values)))
        if len(lines) == _PIECE_ROWS:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _of_lines(document: Document) -> Table:
    pairs: list[tuple[str, str]] = []
    for part in document.page:
        if isinstance(part, Lines):
            pairs += map(labelled, part.lines)
        elif isinstance(part, Block):
            pairs += [("", line) for line in part.text.split("\n") if line]
    return Table(
        title=document.title,
        columns=(Column(key="label", heading="label"), Column(key="text", heading="text")),
        rows=tuple(Row(cells=(Cell(label), Cell(text))) for label, text in pairs),
    )


def _field(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value) if math.isfinite(value) else ""
    # Looked at before tabs are replaced: what begins with one is suspect, whatever follows.
    is_formula = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    text = printable(value)
    if is_formula and not _is_number(text):
        text = f"'{text}"
    if _TO_QUOTE & set(text) or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
