"""Tables of operators: the columns are those that the header names, of whatever version and separator.

Source: tsl/util/stats_calculator.cc; litert/runtime/profiler_summarizer.cc pads with blanks instead of
tabs, and a spreadsheet writes commas or semicolons without blanks, and decimal commas beside semicolons.
"""

import re
from dataclasses import dataclass

from tflops_native.imported.figures import count, duration

_MILLISECOND = 1e-3
_NUMBER = r"-?(?:[0-9][0-9.{comma}]*(?:[eE][-+]?[0-9]+)?|nan|inf)"
_CELL = re.compile(r"\[([^\[\]]*)\]")
_CSV = re.compile(r"\"?node type\"?(?P<separator>\s*[,;\t])")
# What each column may be called, and what stands in it; the others are numbers that are not needed.
_AVERAGE = ("avg ms", "avg_ms")
_CALLS = "times called"
_LAST = "name"
_LONGEST_TYPE = 256  # characters, without blanks


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: type and name as written, mean seconds of a call, calls per run (None: not counted)."""

    type: str
    name: str
    seconds: float
    calls: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """How the rows below a header are read; `row` is None for a table that is not of operators."""

    row: re.Pattern[str] | None
    has_decimal_commas: bool = False

    def read(self, line: str) -> TableRow | None:
        """A row, or None if the line is not one.

        Raises:
            ValueError: a figure in it is impossible.
        """
        if self.row is None:
            return None
        match = self.row.fullmatch(line.replace('"', ""))
        if match is None:
            return None
        average = match["average"]
        if self.has_decimal_commas:
            average = average.replace(",", ".")
        calls = match.groupdict().get("calls")
        return TableRow(
            type=match["type"],
            name=match["name"],
            seconds=duration(average, _MILLISECOND),
            calls=None if calls is None else count(calls),
        )


def table_of(header: str) -> Table | None:
    """The table that a header begins, or None if the line is not a header."""
    text = header.replace('"', "").strip()
    if match := _CSV.match(text):
        separator = match["separator"].strip() or "\t"
        cells = [cell.strip().lower() for cell in text.split(separator)]
        comma = separator == ";"
        between = r" *+\t *+" if separator == "\t" else rf"\s*+{re.escape(separator)}\s*+"
        return Table(_row(cells, between, comma=comma), comma)
    cells = [cell.strip().lower() for cell in _CELL.findall(text)]
    if not cells or cells[0] != "node type":
        return None
    return Table(_row(cells, r"\s++", comma=False))


def _row(cells: list[str], separator: str, *, comma: bool) -> re.Pattern[str] | None:
    # Of two columns of one name, which one is meant?
    averages = sum(cell in _AVERAGE for cell in cells)
    if cells[-1] != _LAST or averages != 1 or cells.count(_CALLS) > 1:
        return None
    number = _NUMBER.replace("{comma}", "," if comma else "")
    # Types and names may hold the separator: the numbers between them tell them apart. Never two
    # spaces in a type, so that a line of spaces is not tried in every way; and no longer type than any
    # has, so that of a long line only the beginning is tried for an end of it.
    columns = [rf"\s*+(?P<type>\S(?: ?\S){{0,{_LONGEST_TYPE - 1}}}?)"]
    for cell in cells[1:-1]:
        if cell in _AVERAGE:
            columns.append(rf"(?P<average>{number})")
        elif cell == _CALLS:
            columns.append(r"(?P<calls>[0-9]+)")
        else:
            columns.append(rf"{number}%?")
    columns.append(r"(?P<name>\S.*)")
    return re.compile(separator.join(columns))
