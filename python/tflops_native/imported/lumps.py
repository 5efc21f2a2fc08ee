"""Delegates that ran as a whole: which operators of the model each of them took.

The runtime cuts the graph into partitions by a rule (`profile.partition`) and makes one node of each that
the delegate took; what a node's outputs are says which partition it is.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tflops_native.imported.placing import plain
from tflops_native.imported.recorded import RecordedEvent
from tflops_native.model.graph import Operator, Subgraph
from tflops_native.profile.partition import partition

_SEPARATOR = re.compile(r",\s|\t\s*")
_MOST_COMPARED = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateLump:
    """One node of a delegate: the operators inside, none if they cannot be known; mean seconds."""

    name: str
    index: int
    mean: float
    operators: tuple[int, ...]


def lumps_of(
    subgraph: Subgraph, delegates: Sequence[RecordedEvent], own: Collection[int]
) -> tuple[DelegateLump, ...]:
    """Each delegate's node with the operators that it must hold.

    Args:
        delegates: their nodes, in any order.
        own: indices of the operators that the runtime ran itself.
    """
    if not delegates:
        return ()
    taken = [operator.index for operator in subgraph.operators if operator.index not in own]
    parts = [part.operators for part in partition(subgraph, taken) if part.is_delegated]
    ordered = sorted(delegates, key=lambda event: event.index or 0)
    if len(parts) != len(ordered):
        return tuple(_lump(event, ()) for event in ordered)
    return tuple(
        _lump(event, part if _may_make(subgraph, part, event) else ())
        for event, part in zip(ordered, parts, strict=True)
    )


def _lump(event: RecordedEvent, operators: Sequence[Operator]) -> DelegateLump:
    return DelegateLump(
        name=event.name,
        index=event.index or 0,
        mean=event.seconds,
        operators=tuple(sorted(operator.index for operator in operators)),
    )


def _may_make(subgraph: Subgraph, operators: Sequence[Operator], event: RecordedEvent) -> bool:
    """Whether a partition makes what the node says that it makes."""
    if event.outputs is None:
        return True
    names = [subgraph.tensors[index].name for o in operators for index in o.outputs]
    if {plain(name) for name in _SEPARATOR.split(event.outputs)} <= set(map(plain, names)):
        return True
    rest = plain(event.outputs)
    if len(rest) * len(names) > _MOST_COMPARED:
        return False
    # The names are written one after the other, and may hold the separator themselves.
    for name in sorted(map(plain, filter(None, names)), key=len, reverse=True):
        if name in rest:
            rest = rest.replace(name, "", 1)
    return not rest
