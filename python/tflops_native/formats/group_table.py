"""The table of operators taken together: by type, or by layer as a tree."""

from collections.abc import Iterable, Mapping, Sequence

from tflops_native import formatting as numbers
from tflops_native.analysis.result import Analysis
from tflops_native.formats.document import Cell, Column, Emphasis, Row, Table, row_of
from tflops_native.formats.operator_columns import group_columns, legend_of, name_key
from tflops_native.formats.other_times import other_times, sum_cells
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.view import By, View
from tflops_native.reports.groups import OperatorGroup
from tflops_native.reports.report import Report

_STRONG = 0.1  # of the time
_INDENT = 2  # blanks per level of the tree
NAMELESS = "other"
_NAMES: Mapping[By, str] = {"type": "operator", "layer": "layer"}  # key of the column


def group_table(report: Report, analysis: Analysis, by: By, view: View) -> Table:
    """One row per group; a group that lies in another one below it, and indented."""
    columns = group_columns(report, analysis, by, view.columns)
    groups: Sequence[OperatorGroup] = report.by_type if by == "type" else report.by_layer
    if view.depth is not None:
        groups = [group for group in groups if group.depth < view.depth]
    if view.sort not in (None, "index"):
        groups = _sorted(groups, view)
    rows = _rows(groups, columns, by)
    if view.top is not None:
        rows = _rows(_largest(groups, view.top, view), columns, by)
    ending = other_times(report, columns, name_key(columns, _NAMES[by]))
    noun = "type" if by == "type" else "group"
    legend = legend_of(columns, rows)
    brief = None
    limit = view.terminal_rows
    if limit is not None and limit < len(groups):
        brief = (*_rows(_largest(groups, limit, view), columns, by), *ending)
        more = legend.removeprefix("columns explained: ")
        legend = f"{limit} of {len(groups):,} {noun}s, --all shows all; {more}"
    return Table(
        title=numbers.plural(len(groups), noun),
        columns=tuple(columns),
        rows=(*rows, *ending),
        brief=brief,
        legend=legend,
        tree=None if by == "type" else "layer",
        is_padded=True,
    )


def _expense(group: OperatorGroup, view: View) -> tuple[float, ...]:
    seconds = group.time_seconds or 0.0
    by = {"flops": group.operations, "bytes": group.bytes_moved, "time": seconds}
    first = by.get(view.sort or "", 0.0)
    return (first, seconds, group.operations, group.bytes_moved)


def _sorted(groups: Sequence[OperatorGroup], view: View) -> list[OperatorGroup]:
    """Within each group the largest first, what lies in a group behind it."""
    path: list[tuple[tuple[float, ...], int]] = []
    keys = []
    for position, group in enumerate(groups):
        del path[group.depth :]
        path.append((tuple(-number for number in _expense(group, view)), position))
        keys.append(tuple(path))
    order = sorted(range(len(groups)), key=keys.__getitem__)
    return [groups[position] for position in order]


def _largest(groups: Sequence[OperatorGroup], count: int, view: View) -> list[OperatorGroup]:
    """So many groups, the largest first. What lies in a group is no larger, so that the tree is kept."""
    order = sorted(
        range(len(groups)), key=lambda at: (_expense(groups[at], view), -at), reverse=True
    )
    kept = sorted(order[:count])
    return _sorted([groups[position] for position in kept], view)


def _rows(groups: Iterable[OperatorGroup], columns: Sequence[Column], by: By) -> list[Row]:
    rows = []
    above: list[str] = []
    for group in groups:
        del above[group.depth :]
        name = _name(group, above[-1] if above else "")
        above.append(group.name or "")
        is_strong = group.own_time_share is not None and group.own_time_share >= _STRONG
        cells = {
            _NAMES[by]: Cell(group.name, printable(name, NAME_LIMIT)),
            **sum_cells(group),
        }
        emphasis = Emphasis.STRONG if is_strong else Emphasis.NONE
        rows.append(row_of(columns, cells, emphasis=emphasis, depth=group.depth * _INDENT))
    return rows


def _name(group: OperatorGroup, above: str) -> str:
    """The name within the group above."""
    if group.name is None:
        return NAMELESS
    if group.is_rest:
        return "(directly)"
    name = group.name.removeprefix(f"{above}/")
    return name if group.class_name is None else f"{name} ({group.class_name})"
