"""The tables of operators in one benchmark's output: which is which, and whether they are whole.

Source: tflite/profiling/profile_summary_formatter.cc: for each subgraph, and then for the insides of
delegates, the order of the run, the longest operators, a summary by type, and the number of nodes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tflops_native.imported.log_notes import (
    SEVERAL_SUBGRAPHS,
    lines_in_table,
    row_cut,
    rows_missing,
    table_cut,
)
from tflops_native.imported.nodes import events_of, is_whole_name
from tflops_native.imported.recorded import RecordedEvent, RecordedProfile
from tflops_native.imported.tables import Table, TableRow, table_of
from tflops_native.notes import Note

_RUN_ORDER, _BY_TYPE = "Run Order", "Summary by node type"
_TITLES = (
    _RUN_ORDER,
    _BY_TYPE,
    "Top by Computation Time",
    "Top by Memory Use",
    "Delegate Statistics",
)
_REST_OF_NUMBER = re.compile(r"(?:\]?:)?\d+|:?ld?|d")
INSIDE = -1  # in place of a subgraph index


@dataclass(slots=True)
class Section:
    """One subgraph's profile, or that of the insides of delegates.

    order      the rows in the order of the run
    expected   how many rows there should be
    ended      whether something stood behind the rows
    strays     lines inside of the table that are not rows: number and text
    cut        those of them that are rows without the end of their name
    """

    part: int
    order: list[TableRow] = field(default_factory=list)
    has_order: bool = False
    ended: bool = False
    expected: int | None = None
    runs: int | None = None
    strays: list[tuple[int, str]] = field(default_factory=list)
    cut: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class ProfileTables:
    """Takes the lines of tables as they come, those of the initialization left out."""

    sections: dict[int, Section] = field(default_factory=dict)
    is_initialization: bool = False
    has_summary: bool = False
    _part: int = 0
    _title: str | None = None
    _table: Table | None = None
    _open: Section | None = None
    _last: tuple[int, str] | None = None
    _last_row: TableRow | None = None

    @property
    def is_open(self) -> bool:
        """Whether a table has begun that has not ended."""
        return self._table is not None

    @property
    def has_rows(self) -> bool:
        """Whether operators of the regular runs were found."""
        return any(section.order for section in self.sections.values())

    def begin(self, part: int, *, is_initialization: bool) -> None:
        """What follows is of this subgraph, or of delegates."""
        self.close()
        self._part, self.is_initialization, self._title = part, is_initialization, None

    def title(self, text: str) -> None:
        """The title in front of a table."""
        self.close()
        title = text.strip("= ")
        if title in _TITLES:
            self._title, self._table = title, Table(None)
            self.has_summary |= title == _BY_TYPE

    def header(self, line: str) -> None:
        """The first line of a table. Without a title the first one of a section is the order of the run."""
        self.close()
        table = table_of(line)
        if table is None:
            return
        self._table = table
        section = self.sections.get(self._part)
        is_first = section is None or not section.has_order
        is_order = self._title == _RUN_ORDER or (self._title is None and is_first)
        if table.row is None or self.is_initialization or not is_order or not is_first:
            return
        section = self.sections.setdefault(self._part, Section(self._part))
        section.has_order = True
        self._open = section

    def line(self, number: int, line: str) -> None:
        """A line below a header: a row, or one that came in between.

        Raises:
            ValueError: a figure is impossible.
        """
        section = self._open
        if section is None or self._table is None:
            return
        row = self._table.read(line)
        if (joined := self._joined(number, line, row)) is not None:
            line, row = joined
            (section.strays if self._last_row is None else section.order).pop()
        is_cut = row is not None and _is_cut(row)
        if row is None or is_cut:
            row = None
            section.strays.append((number, line))
            if is_cut:
                section.cut.append((number, line))
        else:
            section.order.append(row)
        self._last, self._last_row = (number, line), row

    def _joined(self, number: int, line: str, row: TableRow | None) -> tuple[str, TableRow] | None:
        """A line with the one before it, where a terminal or a log broke a row into these."""
        if self._table is None or self._last is None or self._last[0] != number - 1:
            return None
        if row is not None and is_whole_name(row.name):
            return None
        before = self._last_row
        if (
            before is not None
            and is_whole_name(before.name)
            and not _REST_OF_NUMBER.fullmatch(line)
        ):
            return None
        text = self._last[1] + line
        found = self._table.read(text)
        if found is None or (before is not None and not is_whole_name(found.name)):
            return None
        return text, found

    def close(self, *, at_end: bool = False) -> None:
        """The table ends here; at the end of the file it may have been cut off."""
        if self._open is not None:
            self._open.ended = not at_end
        self._table = self._open = self._last = self._last_row = None

    def executed(self, count: int) -> None:
        """The number of rows that the table of this section has."""
        self.close()
        section = self.sections.get(self._part)
        if section is not None and not self.is_initialization and section.expected is None:
            section.expected = count

    def timings(self, part: int | None, runs: int) -> None:
        """How many runs a section is of; no part for the present one."""
        self.close()
        section = self.sections.get(self._part if part is None else part)
        if section is not None and not self.is_initialization and section.runs is None:
            section.runs = runs


def profiles_of(
    sections: Iterable[Section],
) -> tuple[tuple[RecordedProfile, ...], tuple[RecordedEvent, ...], list[Note]]:
    """The profiles of subgraphs, what ran inside of delegates, and notes; a table that was cut is left out.

    Raises:
        ValueError: rows of a table are damaged, or are ambiguous.
    """
    profiles: list[RecordedProfile] = []
    inside: tuple[RecordedEvent, ...] = ()
    notes: list[Note] = []
    for section in sections:
        if not section.has_order:
            continue
        if not section.ended and section.expected is None:
            notes.append(table_cut(len(section.order)))
            continue
        expected = section.expected
        order = section.order
        if expected is None or len(order) > expected:
            order = list(dict.fromkeys(order)) if _are_numbered(order) else order
        if cut := [stray for stray in section.strays if stray in section.cut]:
            raise ValueError(row_cut(*cut[0]))
        is_whole = expected is None or len(order) == expected
        if expected is not None and not is_whole:
            difference = rows_missing(len(order), expected, section.strays)
            if section.strays and len(order) < expected:
                raise ValueError(difference)
            # Which of too many are right, and what ran in delegates without some, nothing tells.
            is_left_out = len(order) > expected or section.part == INSIDE
            more = ": its times are left out" if is_left_out else ""
            notes.append(Note(code="rows_missing", text=f"{difference}{more}"))
            if is_left_out:
                continue
        if section.strays:
            notes.append(lines_in_table(section.strays))
        events = events_of(order)
        if _is_ambiguous(events):
            notes.append(SEVERAL_SUBGRAPHS)
            continue
        if section.part == INSIDE:
            inside = events
        else:
            profiles.append(
                RecordedProfile(
                    subgraph_index=section.part,
                    runs=section.runs or None,
                    events=events,
                    is_whole=is_whole,
                )
            )
    return tuple(profiles), inside, notes


def _is_cut(row: TableRow) -> bool:
    """Whether a row is of an operator, and the end of its name is another one."""
    return row.name.startswith(("[", "Delegate/")) and not is_whole_name(row.name)


def _are_numbered(rows: Sequence[TableRow]) -> bool:
    """Whether no two rows can be the same unless a line is there twice."""
    return all(row.name[-1:].isdecimal() for row in rows)


def _is_ambiguous(events: Sequence[RecordedEvent]) -> bool:
    """Whether nodes without outputs have the same number: LiteRT's summary mixes all subgraphs."""
    numbers = [e.index for e in events if not e.is_inside and e.outputs is None]
    return len(set(numbers)) < len(numbers)
