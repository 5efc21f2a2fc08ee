"""Documents that are made up, with names as a hostile file may have them."""

from hypothesis import strategies as st

from tflops_native.formats.document import Block, Cell, Column, Document, Lines, Row, Table

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    'a";=1',
    "<script>alert(1)</script>",
    "a|b`c`\n| d",
    "[x](javascript:alert(1))",
    "\x1b]0;title\x07",
    "\u202egnp.exe",
    "</pre><b>",
]
names = st.sampled_from(HOSTILE) | st.text()


def document(rows, *, lines=(), blocks=()):
    """A document of a table of names and numbers."""
    columns = (
        Column(key="name", heading="name", is_number=False),
        Column(key="time_seconds", heading="time"),
    )
    return Document(
        title="made up",
        parts=(
            Lines(tuple(lines)),
            *map(Block, blocks),
            Table(
                title="rows",
                columns=columns,
                rows=tuple(
                    Row(cells=(Cell(name, name), Cell(number, f"{number:.3g}s")))
                    for name, number in rows
                ),
            ),
        ),
        data=lambda: {"rows": len(rows)},
    )
