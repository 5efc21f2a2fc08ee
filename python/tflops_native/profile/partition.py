"""Which operators a delegate took, and in which partitions: the runtime's own rule, applied again.

Source: tflite/graph_info.cc, PartitionGraphIntoIndependentNodeSubsets (greedy), and
tflite/core/subgraph.cc, OpMightHaveSideEffect.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.schema import TensorType

_CONTROL_FLOW = frozenset({"IF", "WHILE", "CALL_ONCE"})


@dataclass(frozen=True, slots=True)
class Partition:
    """Operators that run one after the other, all of them delegated or none.

    taken_over   tensors that it takes from earlier partitions, where two of them meet
    """

    is_delegated: bool
    operators: tuple[Operator, ...]
    taken_over: tuple[int, ...] = ()

    @property
    def indices(self) -> tuple[int, ...]:
        """Of its operators in the subgraph."""
        return tuple(operator.index for operator in self.operators)


def partition(subgraph: Subgraph, delegated: Collection[int]) -> list[Partition]:
    """Cut a subgraph into partitions, in the order in which the runtime runs them.

    A partition takes every operator of its kind whose inputs are ready, also past operators of the
    other kind, until none is left. Operators with side effects keep their order, or the converter's
    metadata says what runs before what.

    Args:
        delegated: indices of the operators that a delegate took.
    """
    waiting = {index for operator in subgraph.operators for index in operator.outputs}
    before = _predecessors(subgraph)
    todo = list(subgraph.operators)
    done: set[int] = set()

    def is_ready(operator: Operator) -> bool:
        return done.issuperset(before.get(operator.index, ())) and not any(
            index in waiting for index in operator.inputs if index is not None
        )

    partitions = []
    made: set[int] = set()  # by earlier partitions
    while todo:
        first = next((o for o in todo if is_ready(o)), None)
        if first is None:
            # A cycle: the runtime refuses such a graph, so there are no events to join either.
            break
        kind = first.index in delegated
        taken: list[Operator] = []
        progress = True
        while progress:
            progress = False
            left = []
            for operator in todo:
                if (operator.index in delegated) is kind and is_ready(operator):
                    taken.append(operator)
                    done.add(operator.index)
                    waiting.difference_update(operator.outputs)
                    progress = True
                else:
                    left.append(operator)
            todo = left
        inputs = (index for operator in taken for index in operator.inputs)
        meeting = dict.fromkeys(i for i in inputs if i is not None and i in made)
        partitions.append(Partition(kind, tuple(taken), tuple(meeting)))
        made.update(index for operator in taken for index in operator.outputs)
    return partitions


def partitions_that_ran(subgraph: Subgraph, reported: Sequence[int]) -> list[Partition] | None:
    """The partitions of a run; None if the runtime ran in another order, so that they are not known.

    Args:
        reported: operators that the runtime's own kernels ran, in that order; a delegate took the rest.
    """
    delegated = {operator.index for operator in subgraph.operators}.difference(reported)
    found = partition(subgraph, delegated)
    planned = [index for part in found if not part.is_delegated for index in part.indices]
    return found if planned == list(reported) else None


def has_side_effect(subgraph: Subgraph, operator: Operator) -> bool:
    """Whether the runtime keeps the order of this operator among others of the kind."""
    if operator.name in _CONTROL_FLOW:
        return True
    tensors = subgraph.tensors
    return any(
        tensors[index].type is TensorType.RESOURCE
        for index in (*operator.inputs, *operator.outputs)
        if index is not None and index < len(tensors)
    )


def _predecessors(subgraph: Subgraph) -> dict[int, set[int]]:
    """By operator the operators that must have run before it, whatever their tensors say."""
    edges: Iterable[tuple[int, int]]
    if subgraph.control_edges is not None:
        edges = subgraph.control_edges
    else:
        chain = [o.index for o in subgraph.operators if has_side_effect(subgraph, o)]
        edges = pairwise(chain)
    before: dict[int, set[int]] = {}
    for first, second in edges:
        before.setdefault(second, set()).add(first)
    return before
