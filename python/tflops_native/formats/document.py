"""A document: what a command has to say, independent of the format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from tflops_native.formats.printable import TEXT_LIMIT, printable
from tflops_native.notes import Note

if TYPE_CHECKING:
    from tflops_native.reports.report import Report

Value: TypeAlias = bool | int | float | str | None


class Emphasis(Enum):
    """How a row stands out."""

    NONE = "none"
    STRONG = "strong"
    WEAK = "weak"
    ASIDE = "aside"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    key        for machines, with the unit in its name: "time_seconds"
    heading    for people
    is_number  whether people see numbers, which are aligned to the right and never cut
    is_shown   whether people see it at all; others are for machines only
    drop       on a narrow terminal, columns are left out in this order, 1 first; None: never
    readable   the width down to which text is cut before a column is left out; None: it is not cut
    shortest   the width down to which text is cut at last; None: it is not cut
    meaning    what the column says, in a sentence
    """

    key: str
    heading: str
    is_number: bool = True
    is_shown: bool = True
    drop: int | None = None
    readable: int | None = None
    shortest: int | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its value in base units, and what people read."""

    value: Value = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    cells      one per column
    depth      how far inside others it is; shown as the indentation of the table's `tree` column
    is_record  whether it is one of the things that the table lists; others are headings, sums and rests
    """

    cells: tuple[Cell, ...]
    emphasis: Emphasis = Emphasis.NONE
    depth: int = 0
    is_record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of typed cells.

    title        what it lists, where a format folds it
    rows         where they are thousands, they may be made as they are looked at
    brief        the rows for a terminal, where `rows` are too many; None: `rows`
    legend       how to read the cells, in a line
    tree         key of the column that is indented by the depth of the row; None where all are equal
    gap          blanks between columns of text
    is_padded    whether every line of text is as long as the longest
    has_heading  whether the text has a line of headings
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    brief: tuple[Row, ...] | None = None
    legend: str = ""
    tree: str | None = None
    gap: int = 1
    is_padded: bool = False
    has_heading: bool = True

    @property
    def is_long(self) -> bool:
        """Whether a page folds it."""
        return len(self.rows) > 20

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that people see."""
        return tuple(column for column in self.columns if column.is_shown)

    def texts(self, row: Row) -> list[str]:
        """What people read in a row, a text for each column that is shown; the tree is indented."""
        return [
            (" " * row.depth if column.key == self.tree else "") + cell.text
            for column, cell in zip(self.columns, row.cells, strict=True)
            if column.is_shown
        ]


@dataclass(frozen=True, slots=True)
class Line:
    """A label and its text; an empty label continues the line above.

    name   in front of the text: where a terminal has no room for the line, this is shortened
    """

    label: str
    text: str
    name: str = ""


Found: TypeAlias = list[Line | Note]


class Role(Enum):
    """What lines are to the document: a summary stands last on a terminal and first on a page."""

    BODY = "body"
    SUMMARY = "summary"
    DETAILS = "details"  # how it came about: shown where that is asked for


@dataclass(frozen=True, slots=True)
class Lines:
    """Labelled lines, with the notes where they belong.

    brief   the lines for a terminal or a pipe, where `lines` are too many and no details are asked for;
            None: `lines`
    """

    lines: tuple[Line | Note, ...]
    role: Role = Role.BODY
    brief: tuple[Line | Note, ...] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Text with line feeds of its own, kept as it is but where a terminal is too narrow."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing: SVG with a title. Formats without pictures leave it out."""

    title: str
    svg: str


Part: TypeAlias = Lines | Table | Block | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one command has to say.

    title    one line
    parts    in the order of a page, an empty line between each two; on a terminal the summary comes last
    data     makes what JSON prints
    records  the rows of a CSV, where these are not those of the first table
    is_verbose  whether details are asked for
    figures         makes the drawings, which pages and notebooks have
    further_tables  makes further tables, which pages have
    reports         those that it is about, for the formats that other tools read
    """

    title: str
    parts: tuple[Part, ...]
    data: Callable[[], Any]
    records: Table | None = None
    is_verbose: bool = False
    figures: Callable[[], Sequence[Figure]] = tuple
    further_tables: Callable[[], Sequence[Table]] = tuple
    reports: "tuple[Report, ...]" = ()

    @property
    def page(self) -> tuple[Part, ...]:
        """The parts that a reader gets, in the order of a page."""
        return tuple(part for part in self.parts if self.is_verbose or not _is(part, Role.DETAILS))

    @property
    def screen(self) -> tuple[Part, ...]:
        """The same in the order of a terminal, where the last lines are what is seen."""
        return tuple(sorted(self.page, key=lambda part: _is(part, Role.SUMMARY)))

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, in order."""
        return tuple(
            line
            for part in self.parts
            if isinstance(part, Lines)
            for line in part.lines
            if isinstance(line, Note)
        )


def _is(part: Part, role: Role) -> bool:
    return isinstance(part, Lines) and part.role is role


def labelled(line: Line | Note) -> tuple[str, str]:
    """The label and the text of a line, "note" for a note; of a text without end, both ends."""
    if isinstance(line, Note):
        label, text = "note", str(line)
    else:
        label, text = line.label, line.name + line.text
    return label, text if len(text) <= TEXT_LIMIT else printable(text, TEXT_LIMIT)


def row_of(columns: Sequence[Column], cells: Mapping[str, Cell], **properties: Any) -> Row:
    """A row with these cells by key, and nothing in the other columns."""
    return Row(cells=tuple([cells.get(column.key, _NOTHING) for column in columns]), **properties)


_NOTHING = Cell()
