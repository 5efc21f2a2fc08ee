"""Variables and tables that operators take by a handle: what makes them, and what initializes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.model.address import Place
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.schema import TensorType

_INITIALIZATION = "CALL_ONCE"


@dataclass(frozen=True, slots=True)
class Maker:
    """An operator of a subgraph around that is to run first.

    handle   the tensor in the inner subgraph that holds what it makes; None where it only initializes
    """

    graph: Subgraph
    operator: Operator
    handle: int | None


def with_resources(place: Place) -> list[int]:
    """The operators, and those of their subgraph that make and initialize the resources they take.

    A resource cannot be given as data.
    """
    graph = place.subgraph
    maker = {tensor: operator for operator in graph.operators for tensor in operator.outputs}
    chosen = set(place.operators)
    waiting = list(place.operators)
    while waiting:
        for tensor in graph.operators[waiting.pop()].inputs:
            if tensor is None or graph.tensors[tensor].type is not TensorType.RESOURCE:
                continue
            if (made := maker.get(tensor)) is None or made.index in chosen:
                continue
            chosen.add(made.index)
            waiting.append(made.index)
            chosen.update(o.index for o in graph.operators if o.name == _INITIALIZATION)
    return sorted(chosen)


def makers_around(
    model: Model, start: Subgraph, place: Place, operators: Sequence[int]
) -> tuple[Maker, ...]:
    """What makes the resources that are passed to the subgraph of these operators, and initializes all.

    One that is made of others, as by a branch, has no maker here.

    Args:
        start: the subgraph in which the way to the place begins.
        operators: as of `with_resources`.
    """
    graphs = [start, *(model.subgraphs[called.index] for _, called in place.calls)]
    inner = place.subgraph
    handles = dict.fromkeys(
        tensor
        for index in operators
        for tensor in (*inner.operators[index].inputs, *inner.operators[index].outputs)
        if tensor is not None and inner.tensors[tensor].type is TensorType.RESOURCE
    )
    if not handles:
        return ()
    passed = [
        Maker(graph, operator, handle)
        for handle in handles
        if handle in inner.inputs
        for graph, operator in _outer_makers(graphs, place, handle)
    ]
    once = [
        Maker(graph, operator, None)
        for graph in graphs[:-1]
        for operator in graph.operators
        if operator.name == _INITIALIZATION
    ]
    return (*once, *passed)


def _outer_makers(
    graphs: Sequence[Subgraph], place: Place, handle: int
) -> list[tuple[Subgraph, Operator]]:
    """The one operator around that makes what is passed as this input, if there is one."""
    tensor: int | None = handle
    for graph, outer, (operator, called) in zip(
        reversed(graphs), reversed(graphs[:-1]), reversed(place.calls), strict=False
    ):
        first = called.role.first_input
        if tensor is None or first is None:
            return []
        position = first + graph.inputs.index(tensor)
        tensor = operator.inputs[position] if position < len(operator.inputs) else None
        if tensor not in outer.inputs:
            return [
                (outer, maker)
                for maker in outer.operators
                if tensor is not None and tensor in maker.outputs and not maker.inputs
            ]
    return []
