"""The rows of a document as comma-separated values: base units, one record a line, one line of keys."""

import math

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


def render(document: Document) -> str:
    """The records of the document's table; without a table, its lines as label and text.

    Where rows may lie inside others, a column says how deep: those of depth 0 add up.
    """
    table = document.records or next(
        (part for part in document.parts if isinstance(part, Table)), None
    )
    if table is None:
        table = _of_lines(document)
    heading = [column.key for column in table.columns]
    rows: list[list[Value]] = [[cell.value for cell in row.cells] for row in _records(table)]
    if table.tree is not None:
        heading.append("depth")
        for values, row in zip(rows, _records(table), strict=True):
            values.append(row.depth)
    lines = [heading, *(map(_field, row) for row in rows)]
    return "\n".join(",".join(line) for line in lines)


def _records(table: Table) -> list[Row]:
    return [row for row in table.rows if row.is_record]


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
