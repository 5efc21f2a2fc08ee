"""Which events of a partition the delegate's optimizer leaves out, puts elsewhere, or makes one of.

Source: XNNPACK src/subgraph.c, short_circuit, and what removes nodes whose results nothing reads; for what
is looked up in one table `profile.lookups`.
"""

from collections import Counter
from collections.abc import Iterable, Set

from tflops_native.model.graph import Operator, Subgraph
from tflops_native.ops.delegate_events import TABLE_LOOKUP, event_key
from tflops_native.profile.delegated import events_of
from tflops_native.profile.lookups import ends_of_lookups
from tflops_native.profile.partition import Partition

_COPY = event_key("Copy")
_LOOKUP = event_key(TABLE_LOOKUP)


def unlikely_events(subgraph: Subgraph, part: Partition) -> dict[tuple[int, str], int]:
    """(Position in the partition, key of the event) that are another operator's if any can have them; and
    how unlikely they are.

    A copy of what only the partition knows is left out: its source is written where its result is
    wanted. Of elementwise operators in a row that are looked up in one table the last has the event. An
    operator whose results nothing reads does not run; of those that only such operators read, older
    versions run some.
    """
    inside = {index for operator in part.operators for index in operator.outputs}
    readers = Counter(
        index for operator in part.operators for index in operator.inputs if index is not None
    )
    leaving = _leaving(subgraph, part)
    ends = ends_of_lookups(subgraph, part, leaving)

    def is_needless_copy(operator: Operator) -> bool:
        if not events_of(operator.name).is_copy:
            return False
        if operator.outputs:
            return leaving.isdisjoint(operator.outputs)
        # Into a variable: the last input.
        source = operator.inputs[-1]
        return source in inside and source not in leaving and readers[source] == 1

    unlikely = {}
    for position, operator in enumerate(part.operators):
        if is_needless_copy(operator):
            unlikely[position, _COPY] = 1
        if position not in ends:
            unlikely[position, _LOOKUP] = 1
    unread = _unread(reversed(part.operators), leaving)
    for position, operator in enumerate(part.operators):
        if operator.index not in unread:
            continue
        events = events_of(operator.name)
        keys = {event_key(operator.name), *events.all_keys()}
        is_last = all(not readers[index] for index in operator.outputs)
        unlikely |= dict.fromkeys(((position, key) for key in keys), 2 if is_last else 1)
    return unlikely


def unread_operators(subgraph: Subgraph, ran: Set[int]) -> tuple[int, ...]:
    """Indices of operators that did not run because nothing reads what they make.

    Args:
        ran: indices of those that did, or may have.
    """
    read = set(subgraph.outputs)
    for operator in subgraph.operators:
        if operator.index in ran:
            read.update(index for index in operator.inputs if index is not None)
    return tuple(
        sorted(_unread((o for o in reversed(subgraph.operators) if o.index not in ran), read))
    )


def rows_in_one(subgraph: Subgraph, part: Partition) -> list[bool]:
    """Per operator of a partition whether the next one alone reads what it makes.

    Clamps and reshapes of such operators in a row are done in one.
    """
    leaving = _leaving(subgraph, part)
    readers: dict[int, set[int]] = {}
    for position, operator in enumerate(part.operators):
        for index in operator.inputs:
            if index is not None:
                readers.setdefault(index, set()).add(position)
    return [
        len(operator.outputs) == 1
        and operator.outputs[0] not in leaving
        and readers.get(operator.outputs[0]) == {position + 1}
        for position, operator in enumerate(part.operators)
    ]


def _leaving(subgraph: Subgraph, part: Partition) -> set[int]:
    """What is read outside of the partition."""
    own = {operator.index for operator in part.operators}
    return set(subgraph.outputs).union(
        index
        for operator in subgraph.operators
        if operator.index not in own
        for index in operator.inputs
        if index is not None
    )


def _unread(backwards: Iterable[Operator], wanted: Set[int]) -> set[int]:
    """Indices of operators of which nothing that is wanted is made, from the last operator on."""
    read, found = set(wanted), set()
    for operator in backwards:
        if operator.outputs and read.isdisjoint(operator.outputs):
            found.add(operator.index)
        else:
            read.update(index for index in operator.inputs if index is not None)
    return found
