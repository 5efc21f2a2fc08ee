"""Lines, tables and figures as HTML: what a page and a notebook share. All text is escaped here."""

from html import escape

from tflops_native.formats.broken_lines import PAGE_CELLS, block_lines
from tflops_native.formats.document import Block, Cell, Figure, Lines, Part, Table, labelled
from tflops_native.formats.printable import printable

_CELL = "padding:2px 8px;white-space:pre;font-variant-numeric:tabular-nums"


def part_html(part: Part, *, is_page: bool = False) -> str:
    """One part; on a page without styles of its own, and with values that tables are sorted by."""
    match part:
        case Lines():
            return "".join(
                f"<div{' class=l' if is_page else ''}>"
                f"<b>{text_html(label)}</b> {text_html(text)}</div>"
                for label, text in map(labelled, part.lines)
            )
        case Table():
            return _table(part, is_page)
        case Block():
            return f"<pre>{escape(chr(10).join(block_lines(part.text, PAGE_CELLS)))}</pre>"
        case Figure():
            return f"<div><b>{text_html(part.title)}</b><div>{part.svg}</div></div>"


def _table(table: Table, is_page: bool) -> str:
    shown = table.shown
    head = "".join(
        _cell("th", column.heading, column.is_number, is_page, column.meaning) for column in shown
    )
    places = [place for place, column in enumerate(table.columns) if column.is_shown]
    rows = []
    for row in table.rows:
        cells = "".join(
            _cell("td", text, column.is_number, is_page, cell=row.cells[place])
            for column, place, text in zip(shown, places, table.texts(row), strict=True)
        )
        is_fixed = is_page and (not row.is_record or row.depth)
        rows.append(f"<tr{' class=f' if is_fixed else ''}>{cells}</tr>")
    found = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    if not (is_page or table.is_long):
        return found
    # A notebook folds what is long; a page folds nothing by itself.
    opened = " open" if is_page else ""
    return f"<details{opened}><summary>{text_html(table.title)}</summary>{found}</details>"


def _cell(
    tag: str,
    text: str,
    is_number: bool,
    is_page: bool,
    meaning: str = "",
    cell: Cell | None = None,
) -> str:
    hint = f' title="{text_html(meaning)}"' if meaning else ""
    if is_page:
        side = "" if is_number else " class=t"
        value = None if cell is None or not is_number else cell.value
        sorted_by = f" data-v={value:.6g}" if isinstance(value, int | float) else ""
        return f"<{tag}{side}{hint}{sorted_by}>{text_html(text)}</{tag}>"
    side = "right" if is_number else "left"
    return f'<{tag}{hint} style="text-align:{side};{_CELL}">{text_html(text)}</{tag}>'


def text_html(text: str) -> str:
    """A text in which nothing is a tag, an entity, or steers a terminal."""
    return escape(printable(text))
