"""A subgraph as LiteRT runs it: the operators of each decomposition in the place of its composite.

Source: tflite/core/subgraph.cc, InlineCompositeNodes and ReplaceNodeWithSubgraph.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tflops_native.model.graph import Model, Operator, Subgraph, Tensor
from tflops_native.profile.sequences import Event

COMPOSITE = "STABLEHLO_COMPOSITE"
_OPERATORS_LIMIT = 1_000_000
_DECOMPOSITION = "decomposition_subgraph_index"


@dataclass(frozen=True, slots=True)
class Inlined:
    """A subgraph without composites.

    subgraph   its operators, numbered anew
    owners     per operator the index that it, or the composite it comes from, has in the file
    nodes      the runtime's number of an operator -> its index here
    """

    subgraph: Subgraph
    owners: tuple[int, ...]
    nodes: dict[int, int]

    def renumbered(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Events of the runtime's own kernels with the indices of this subgraph."""
        behind = len(self.owners)
        return tuple(
            event
            if event.is_delegated
            else replace(
                event,
                operator_index=self.nodes.get(event.operator_index, behind + event.operator_index),
            )
            for event in events
        )


def inline_composites(model: Model, subgraph: Subgraph) -> Inlined | None:
    """The subgraph with the decompositions of its composites; None without any, or if they do not end."""
    if not any(operator.name == COMPOSITE for operator in subgraph.operators):
        return None
    nodes: list[tuple[Operator, int]] = [(o, o.index) for o in subgraph.operators]
    tensors = list(subgraph.tensors)
    plan = list(range(len(nodes)))
    # In rounds, as the runtime does: composites inside of a decomposition come after all others.
    for _ in model.subgraphs:
        if not any(nodes[node][0].name == COMPOSITE for node in plan):
            break
        next_plan: list[int] = []
        for node in plan:
            operator, owner = nodes[node]
            if operator.name != COMPOSITE:
                next_plan.append(node)
                continue
            body = _decomposition(model, operator)
            if body is None or len(nodes) + len(body.operators) > _OPERATORS_LIMIT:
                return None
            for inner in _in_place(body, operator, tensors):
                next_plan.append(len(nodes))
                nodes.append((inner, owner))
        plan = next_plan
    if any(nodes[node][0].name == COMPOSITE for node in plan):
        return None
    index = {node: position for position, node in enumerate(plan)}
    edges = subgraph.control_edges
    return Inlined(
        subgraph=replace(
            subgraph,
            tensors=tuple(tensors),
            operators=tuple(replace(nodes[n][0], index=p) for p, n in enumerate(plan)),
            control_edges=None
            if edges is None
            else tuple((index[a], index[b]) for a, b in edges if a in index and b in index),
        ),
        owners=tuple(nodes[node][1] for node in plan),
        nodes=index,
    )


def _decomposition(model: Model, operator: Operator) -> Subgraph | None:
    number = operator.options.get(_DECOMPOSITION)
    if not isinstance(number, int) or not 0 <= number < len(model.subgraphs):
        return None
    body = model.subgraphs[number]
    is_fit = (len(body.inputs), len(body.outputs)) == (len(operator.inputs), len(operator.outputs))
    return body if is_fit else None


def _in_place(body: Subgraph, composite: Operator, tensors: list[Tensor]) -> list[Operator]:
    """The operators of a decomposition on the tensors of its composite; appends their own tensors."""
    offset = len(tensors)
    tensors += [replace(tensor, index=offset + tensor.index) for tensor in body.tensors]
    given = dict(zip(body.inputs, composite.inputs, strict=True))
    made = dict(zip(body.outputs, composite.outputs, strict=True))
    return [
        replace(
            operator,
            inputs=tuple(
                None if i is None else given.get(i, i + offset) if i not in made else made[i]
                for i in operator.inputs
            ),
            outputs=tuple(made.get(i, i + offset) for i in operator.outputs),
        )
        for operator in body.operators
    ]
