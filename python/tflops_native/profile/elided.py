"""Which events of a partition the delegate's optimizer leaves out if it can, or puts elsewhere.

Source: XNNPACK src/subgraph.c, short_circuit and xnn_subgraph_fuse_unary_quantized_into_lut.
"""

from collections import Counter

from tflops_native.model.graph import Operator, Subgraph
from tflops_native.ops.delegate_events import TABLE_LOOKUP, event_key
from tflops_native.profile.delegated import events_of
from tflops_native.profile.partition import Partition

_COPY = event_key("Copy")
_LOOKUP = event_key(TABLE_LOOKUP)


def unlikely_events(subgraph: Subgraph, part: Partition) -> set[tuple[int, str]]:
    """(Position in the partition, key of the event) that are another operator's if any can have them.

    A copy of what only the partition knows is left out: its source is written where its result is
    wanted. Of elementwise operators in a row that are looked up in one table the last has the event.
    """
    inside = {index for operator in part.operators for index in operator.outputs}
    readers = Counter(
        index for operator in part.operators for index in operator.inputs if index is not None
    )
    own = {operator.index for operator in part.operators}
    leaving = set(subgraph.outputs).union(
        index
        for operator in subgraph.operators
        if operator.index not in own
        for index in operator.inputs
        if index is not None
    )
    looked_up = {
        index
        for operator in part.operators
        if TABLE_LOOKUP in events_of(operator.name).main
        for index in operator.inputs
        if index is not None
    }

    def is_needless_copy(operator: Operator) -> bool:
        if not events_of(operator.name).is_copy:
            return False
        if operator.outputs:
            return leaving.isdisjoint(operator.outputs)
        # Into a variable: the last input.
        source = operator.inputs[-1]
        return source in inside and source not in leaving and readers[source] == 1

    def is_looked_up_later(operator: Operator) -> bool:
        return all(
            index in looked_up and readers[index] == 1 and index not in leaving
            for index in operator.outputs
        )

    unlikely = set()
    for position, operator in enumerate(part.operators):
        if is_needless_copy(operator):
            unlikely.add((position, _COPY))
        if is_looked_up_later(operator):
            unlikely.add((position, _LOOKUP))
    return unlikely
