"""Which operators of 8 bits in a row XNNPACK looks up in one table.

Source: XNNPACK src/subgraph.c, xnn_subgraph_fuse_unary_quantized_into_lut. A table is made of ten
operators at most, but a table may be the first of the next.
"""

from collections.abc import Set

from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.schema import TensorType
from tflops_native.ops.delegate_events import TABLE_LOOKUP
from tflops_native.profile.delegated import events_of
from tflops_native.profile.partition import Partition

_EIGHT_BITS = frozenset({TensorType.INT8, TensorType.UINT8})


def ends_of_lookups(subgraph: Subgraph, part: Partition, leaving: Set[int]) -> set[int]:
    """Positions of the operators that write what was looked up: the last ones in a row, or single ones.

    Args:
        leaving: tensors that are read outside of the partition.
    """
    readers: dict[int, list[int]] = {}
    for position, operator in enumerate(part.operators):
        for index in operator.inputs:
            if index is not None:
                readers.setdefault(index, []).append(position)
    ends: set[int] = set()
    taken: set[int] = set()
    for start, operator in enumerate(part.operators):
        given = _only_input(subgraph, operator, set())
        if start in taken or given is None or not _is_eight_bits(subgraph, given):
            continue
        row, values = [start], {given, *operator.outputs}
        while len(following := readers.get(part.operators[row[-1]].outputs[0], [])) == 1:
            follower = part.operators[following[0]]
            if (
                not leaving.isdisjoint(part.operators[row[-1]].outputs)
                or _only_input(subgraph, follower, values) is None
            ):
                break
            row.append(following[0])
            values.update(follower.outputs)
        # The table holds 8 bits: what follows in another type is computed from them.
        while row and not _is_eight_bits(subgraph, part.operators[row[-1]].outputs[0]):
            row.pop()
        if row:
            ends.add(row[-1])
            taken.update(row)
    return ends


def _only_input(subgraph: Subgraph, operator: Operator, values: Set[int]) -> int | None:
    """What an elementwise operator is a function of, beside constants of one element; None if of more.

    Args:
        values: tensors that are functions of one input already.
    """
    if len(operator.outputs) != 1 or TABLE_LOOKUP not in events_of(operator.name).main:
        return None
    tensors = [subgraph.tensors[index] for index in operator.inputs if index is not None]
    given = [t.index for t in tensors if not (t.is_constant and t.element_count == 1)]
    if len(given) == 1 or (given and values >= set(given)):
        return None if subgraph.tensors[given[0]].is_constant else given[0]
    return None


def _is_eight_bits(subgraph: Subgraph, index: int) -> bool:
    return subgraph.tensors[index].type in _EIGHT_BITS
