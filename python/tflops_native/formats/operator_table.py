"""The table of operators, the subgraphs that they run below them, and what makes the times add up."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.analysis.result import Analysis
from tflops_native.formats import convention_counts
from tflops_native.formats.document import Cell, Column, Emphasis, Row, Table, row_of
from tflops_native.formats.operator_cells import Cells, cells_of, emphasis_of, facts_of
from tflops_native.formats.operator_columns import legend_of, name_key, operator_columns
from tflops_native.formats.other_times import other_times, sum_row
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.view import EVERYTHING, Sort, View
from tflops_native.reports.groups import group_of
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow

if TYPE_CHECKING:
    from tflops_native.profile.result import OperatorTime

# Shares of the whole model say nothing of one run of a subgraph, and the profiler sees no part of it.
_OF_THE_WHOLE = frozenset(
    {
        "share",
        "time_seconds",
        "time_lower_seconds",
        "time_upper_seconds",
        "time_uncertainty",
        "alone_seconds",
        "parameters",
        "time_share",
        "own_time_share",
        "kernel",
        "is_fused",
        "is_unread",
        "operations_per_second",
        "utilization",
        "bound",
    }
)

# What there is to say of a time inside a subgraph: it lies within that of the operator that runs it.
_OF_A_TIME = frozenset(
    {"time_seconds", "time_lower_seconds", "time_upper_seconds", "time_uncertainty", "kernel"}
)

Nested: TypeAlias = "Mapping[int, Mapping[int, OperatorTime]]"


def operator_table(report: Report, analysis: Analysis, view: View = EVERYTHING) -> Table:
    """One row per operator, in the order that is asked for."""
    columns = operator_columns(report, analysis, view.columns)
    found = _Rows(report, analysis, columns)
    order = list(range(len(report.rows)))
    if view.sort is not None:
        order.sort(key=lambda position: _expense(report, position, view.sort), reverse=True)
    rows = found.listed(order)
    if view.top is not None and view.top < len(order):
        rows = found.most_expensive(view.top, view.sort)
    brief = None
    limit = view.terminal_rows
    if limit is not None and limit < len(order):
        brief = tuple(found.most_expensive(limit, view.sort))
    return Table(
        title=numbers.plural(len(report.rows), "operator"),
        columns=tuple(columns),
        rows=tuple(rows),
        brief=brief,
        legend=legend_of(columns, rows),
        tree="operator",
        is_padded=True,
    )


def _expense(report: Report, position: int, sort: Sort | None) -> tuple[float, float]:
    """What the rows are sorted by, the largest first; operators of equal expense as in the model."""
    row = report.rows[position]
    seconds = 0.0 if row.time is None else row.time.estimate.typical_seconds
    operator = row.operator
    moved = operator.bytes_read + operator.bytes_written
    if sort is None:
        has_times = report.timing is not None and report.timing.profile is not None
        sort = "time" if has_times else "flops"
    if sort == "index":
        return (-position, 0)
    found = {"time": seconds, "flops": operator.cost.operations, "bytes": moved}
    return (found[sort], moved)


class _Rows:
    """Makes the rows of one table."""

    def __init__(self, report: Report, analysis: Analysis, columns: Sequence[Column]) -> None:
        self._report, self._columns = report, columns
        self._shown = _shown_keys(columns)
        self._name = name_key(columns, "operator")
        profile = None if report.timing is None else report.timing.profile
        self._imprecise = () if profile is None else profile.imprecise
        self._nested = _nested_times(report, analysis)
        self._made: dict[Hashable, Cells] = {}
        self._root = root_of([row.operator.layer for row in report.rows])

    def listed(self, order: Iterable[int]) -> list[Row]:
        """All operators in this order."""
        rows = []
        for position in order:
            rows.append(self._row(position))
            rows += self._inside(position)
        return rows + self._ending()

    def most_expensive(self, limit: int, sort: Sort | None) -> list[Row]:
        """So many operators and the sums over the others; what they run as far as there is room."""
        every = range(len(self._report.rows))
        order = sorted(every, key=lambda at: _expense(self._report, at, sort), reverse=True)
        rows = []
        room = max(limit - len(every), 0)
        for position in order[:limit]:
            rows.append(self._row(position))
            inside = self._inside(position)
            if len(inside) <= room:
                rows += inside
                room -= len(inside)
        others = [self._report.rows[position] for position in order[limit:]]
        if others and self._name is not None:
            group = group_of(others, name="others")
            title = f"{len(others):,} other{'s' if len(others) > 1 else ''}"
            rows.append(sum_row(group, self._columns, self._name, title))
        return rows + self._ending()

    def _row(self, position: int) -> Row:
        row = self._report.rows[position]
        cells = {**self._cells(row), **convention_counts.cells(self._report, position)}
        cells["index"] = Cell(str(row.operator.index), str(row.operator.index))
        return row_of(self._columns, cells, emphasis=emphasis_of(row))

    def _cells(self, row: ReportRow) -> Cells:
        if row.time is not None or row.operator.calls:
            return cells_of(row, self._shown, self._imprecise, self._root)
        # Of counts alone, many rows of a large model say the same.
        facts = facts_of(row)
        found = self._made.get(facts)
        if found is None:
            found = self._made[facts] = cells_of(row, self._shown, root=self._root)
        return found

    def _inside(self, position: int) -> list[Row]:
        operator = self._report.rows[position].operator
        return _called(operator, self._columns, str(operator.index), 1, self._nested)

    def _ending(self) -> list[Row]:
        rows = []
        totals = convention_counts.totals(self._report)
        if totals and self._name is not None:
            cells = {self._name: Cell("total", "total"), **totals}
            rows.append(row_of(self._columns, cells, emphasis=Emphasis.ASIDE, is_record=False))
        return rows + other_times(self._report, self._columns, self._name)


def _shown_keys(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns if column.is_shown]


def root_of(layers: Iterable[str | None]) -> str:
    """What the paths of all layers begin with, "model/", empty where they share nothing."""
    named = sorted({layer for layer in layers if layer is not None})
    if len(named) < 2:
        return ""
    shared = []
    # The first and the last in order differ as early as any two.
    for one, other in zip(named[0].split("/"), named[-1].split("/"), strict=False):
        if one != other:
            break
        shared.append(one)
    return "".join(f"{part}/" for part in shared)


def _nested_times(report: Report, analysis: Analysis) -> Nested:
    """Times of operators in subgraphs, by subgraph and operator index.

    Only of subgraphs that one operator runs: of others the time is the sum of all that run them.
    """
    profile = None if report.timing is None else report.timing.profile
    if profile is None:
        return {}
    runners = Counter(_runs(analysis.operators))
    return {
        item.subgraph_index: {time.index: time for time in item.operators}
        for item in profile.nested
        if runners[item.subgraph_index] == 1
    }


def _runs(operators: Iterable[OperatorAnalysis]) -> Iterator[int]:
    """The subgraph of each call."""
    for operator in operators:
        for call in operator.calls:
            yield call.subgraph_index
            yield from _runs(call.operators)


def _called(
    operator: OperatorAnalysis, columns: Sequence[Column], place: str, depth: int, nested: Nested
) -> list[Row]:
    """The subgraphs that an operator runs: what one run costs, and how often it is run.

    The index of an operator in them is a path as `tflops explain` takes it, 8/body/3.
    """
    found = []
    shown = _shown_keys(columns)
    for call in operator.calls:
        times = f"x{call.times:,}" if call.is_counted else "not counted"
        title = printable(f"{call.role} {times}", NAME_LIMIT)
        found.append(
            row_of(
                columns,
                {"operator": Cell(title, title)},
                emphasis=Emphasis.ASIDE,
                depth=depth,
                is_record=False,
            )
        )
        times_inside = nested.get(call.subgraph_index, {})
        for inner in call.operators:
            row = ReportRow(operator=inner, time=times_inside.get(inner.index))
            left_out = _OF_THE_WHOLE if row.time is None else _OF_THE_WHOLE - _OF_A_TIME
            cells = {key: cell for key, cell in cells_of(row, shown).items() if key not in left_out}
            path = f"{place}/{call.role}/{inner.index}"
            cells["index"] = Cell(path, str(inner.index))
            found.append(row_of(columns, cells, emphasis=emphasis_of(row), depth=depth + 1))
            found += _called(inner, columns, path, depth + 2, nested)
    return found
