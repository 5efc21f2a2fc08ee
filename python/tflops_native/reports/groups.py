"""Operators taken together: by their type, and by the layers of the network as a tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tflops_native.analysis.operators import Status
from tflops_native.model.sources.conversion import KerasLayer

if TYPE_CHECKING:
    from tflops_native.reports.rows import ReportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorGroup:
    """Several operators: all of a type, or all of a layer. Groups of depth 0 add up to the model.

    name                   the type; of a layer its path, "model/block_1"; None for operators of no layer
    class_name             of a layer of a Keras model its class, "Conv2D"; else None
    depth                  how many groups it lies in
    is_rest                whether it is what its group has beside the groups in it, under the group's name
    operators              how many
    not_counted            how many of them have no count, so that the sums are too low
    untimed                how many of them ran, but in an unknown time
    parameters             that they are the first to use
    share                  of all operations of the model, 0 to 1; None where there are none
    time_seconds           the sum of their times; None where none is known
    time_share             of the profiled invoke less the profiler, 0 to 1; None without a time
    own_time_share         of the sum of all operators, 0 to 1; None without a time
    operations_per_second  None without a time or operations, or where a time or a count is missing
    """

    name: str | None
    class_name: str | None = None
    depth: int = 0
    is_rest: bool = False
    operators: int
    not_counted: int
    untimed: int
    macs: int
    operations: int
    parameters: int
    bytes_read: int
    bytes_written: int
    share: float | None
    time_seconds: float | None
    time_share: float | None
    own_time_share: float | None
    operations_per_second: float | None

    @property
    def bytes_moved(self) -> int:
        """Bytes that they read and write."""
        return self.bytes_read + self.bytes_written


def by_type(rows: Sequence["ReportRow"]) -> tuple[OperatorGroup, ...]:
    """The operators of each type, the most expensive type first."""
    found: dict[str, list[ReportRow]] = {}
    for row in rows:
        found.setdefault(row.operator.name, []).append(row)
    groups = [group_of(members, name=name) for name, members in found.items()]
    return tuple(sorted(groups, key=expense, reverse=True))


def expense(group: OperatorGroup) -> tuple[float, int, int]:
    """What a group is sorted by: its time, else its operations, else its bytes."""
    return group.time_seconds or 0.0, group.operations, group.bytes_moved


def by_layer(
    rows: Sequence["ReportRow"], keras_layers: Sequence[KerasLayer] = ()
) -> tuple[OperatorGroup, ...]:
    """The layers as a tree in the order of the model, each group before the groups in it.

    A group that holds one other group and nothing else is one with it: "model/block_1".

    Args:
        keras_layers: those of the Keras model that the rows come from; they set the order.
    """
    root = _Node(path=())
    nameless: list[ReportRow] = []
    places = {layer.path: place for place, layer in enumerate(keras_layers)}
    classes = {layer.path: layer.class_name for layer in keras_layers}
    for row in sorted(rows, key=lambda row: places.get(row.operator.layer or "", len(places))):
        layer = row.operator.layer
        if layer is None:
            nameless.append(row)
        else:
            root.add(layer.split("/"), row)
    found: list[OperatorGroup] = []
    for node in root.inner.values():
        found += node.groups(0)
    if nameless:
        found.append(group_of(nameless, name=None))
    if classes:
        found = [replace(group, class_name=classes.get(group.name or "")) for group in found]
    return tuple(found)


@dataclass(slots=True)
class _Node:
    """A group while it is filled: all its operators, those of it alone, and the groups in it."""

    path: tuple[str, ...]
    rows: list["ReportRow"] = field(default_factory=list)
    own: list["ReportRow"] = field(default_factory=list)
    inner: dict[str, "_Node"] = field(default_factory=dict)

    def add(self, parts: Sequence[str], row: "ReportRow") -> None:
        node = self
        for part in parts:
            if part not in node.inner:
                node.inner[part] = _Node((*node.path, part))
            node = node.inner[part]
            node.rows.append(row)
        node.own.append(row)

    def groups(self, depth: int) -> list[OperatorGroup]:
        """The group and all in it. Names of a file may be nested deeply: without recursion."""
        found = []
        waiting: list[tuple[_Node, int, bool]] = [(self, depth, False)]
        while waiting:
            node, level, is_rest = waiting.pop()
            if is_rest:
                found.append(group_of(node.own, name=node.name, depth=level, is_rest=True))
                continue
            while len(node.inner) == 1 and not node.own:
                (node,) = node.inner.values()
            found.append(group_of(node.rows, name=node.name, depth=level))
            if node.inner and node.own:
                waiting.append((node, level + 1, True))
            waiting += [(inner, level + 1, False) for inner in reversed(node.inner.values())]
        return found

    @property
    def name(self) -> str:
        return "/".join(self.path)


def group_of(
    rows: Iterable["ReportRow"], *, name: str | None, depth: int = 0, is_rest: bool = False
) -> OperatorGroup:
    """The sums over rows."""
    rows = list(rows)
    operators = [row.operator for row in rows]
    operations = sum(operator.cost.operations for operator in operators)
    not_counted = sum(operator.status is Status.UNSUPPORTED for operator in operators)
    times = [row.time.estimate.typical_seconds for row in rows if row.time is not None]
    seconds = sum(times) if times or any(row.has_no_own_time for row in rows) else None
    # In a report of counts nothing is missing.
    missing = [row for row in rows if row.time is None and not row.has_no_own_time]
    untimed = 0 if seconds is None else len(missing)
    shares = [row.share for row in rows if row.share is not None]
    time_shares = [row.time_share for row in rows if row.time_share is not None]
    own_shares = [row.own_time_share for row in rows if row.own_time_share is not None]
    run = sum(row.operations_run for row in rows)
    is_known = bool(seconds and run) and not untimed and not not_counted
    return OperatorGroup(
        name=name,
        depth=depth,
        is_rest=is_rest,
        operators=len(rows),
        not_counted=not_counted,
        untimed=untimed,
        macs=sum(operator.macs for operator in operators),
        operations=operations,
        parameters=sum(operator.parameters for operator in operators),
        bytes_read=sum(operator.bytes_read for operator in operators),
        bytes_written=sum(operator.bytes_written for operator in operators),
        share=sum(shares) if shares else None,
        time_seconds=seconds,
        time_share=None if seconds is None else sum(time_shares),
        own_time_share=None if seconds is None else sum(own_shares),
        operations_per_second=run / seconds if is_known and seconds else None,
    )
