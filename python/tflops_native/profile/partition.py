"""Which operators a delegate took, and in which partitions: the runtime's own rule, applied again.

Source: tflite/graph_info.cc, PartitionGraphIntoIndependentNodeSubsets (greedy).
"""

from collections.abc import Collection
from dataclasses import dataclass

from tflops_native.model import Operator, Subgraph


@dataclass(frozen=True, slots=True)
class Partition:
    """Operators that run one after the other, all of them delegated or none."""

    is_delegated: bool
    operators: tuple[Operator, ...]


def partition(subgraph: Subgraph, delegated: Collection[int]) -> list[Partition]:
    """Cut a subgraph into partitions, in the order in which the runtime runs them.

    A partition takes every operator of its kind whose inputs are ready, also past operators of the
    other kind, until none is left.

    Args:
        delegated: indices of the operators that a delegate took.
    """
    waiting = {index for operator in subgraph.operators for index in operator.outputs}
    todo = list(subgraph.operators)
    partitions = []
    while todo:
        first = next((o for o in todo if _is_ready(o, waiting)), None)
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
                if (operator.index in delegated) is kind and _is_ready(operator, waiting):
                    taken.append(operator)
                    waiting.difference_update(operator.outputs)
                    progress = True
                else:
                    left.append(operator)
            todo = left
        partitions.append(Partition(kind, tuple(taken)))
    return partitions


def _is_ready(operator: Operator, waiting: Collection[int]) -> bool:
    return not any(index in waiting for index in operator.inputs if index is not None)
