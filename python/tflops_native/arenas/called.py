"""What operators that run subgraphs do to the memory of both.

Source: tflite/kernels/ while.cc, if.cc, stablehlo_case.cc, stablehlo_composite.cc, call_once.cc, and
`RemoveUnusedInputs` in tflite/core/subgraph.cc.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tflops_native.model.called import CallRole
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.schema import TensorType

# Nothing that such a call does is a graph of its own in memory.
_NOT_RUN: Final = frozenset({CallRole.ELEMENTS})
_ALONE: Final = frozenset({TensorType.STRING, TensorType.RESOURCE, TensorType.VARIANT})


def subgraphs_of(model: Model, operator: Operator) -> Iterator[tuple[CallRole, Subgraph]]:
    """The subgraphs that an operator runs as such, those that exist."""
    for called in operator.subgraphs:
        if called.role not in _NOT_RUN and 0 <= called.index < len(model.subgraphs):
            yield called.role, model.subgraphs[called.index]


def uses_of(subgraph: Subgraph) -> Counter[int]:
    """How often each tensor is an output, or an operator's input."""
    uses = Counter(subgraph.outputs)
    for operator in subgraph.operators:
        uses.update(index for index in operator.inputs if index is not None)
    return uses


def as_planned(subgraph: Subgraph, role: CallRole | None, uses: Counter[int]) -> Subgraph:
    """A subgraph without the inputs that nothing uses, where it is run as a condition or a branch."""
    if role not in (CallRole.CONDITION, CallRole.CHOICE):
        return subgraph
    return replace(subgraph, inputs=tuple(index for index in subgraph.inputs if uses[index]))


def trimmed(model: Model, subgraph: Subgraph, operator: Operator, uses: Counter[int]) -> Operator:
    """A loop without the outputs that nothing uses and that it does not change: they stay where they are.

    So it is from where the kernel is prepared: not for what is planned before.
    """
    body = next(
        (graph for role, graph in subgraphs_of(model, operator) if role is CallRole.BODY), None
    )
    if body is None or operator.name != "WHILE":
        return operator
    passed = [given == made for given, made in zip(body.inputs, body.outputs, strict=False)]
    return replace(
        operator,
        outputs=tuple(
            index
            for position, index in enumerate(operator.outputs)
            if position >= len(passed)
            or not passed[position]
            or uses[index]
            or subgraph.tensors[index].type in _ALONE
        ),
    )


def untouched_outputs(model: Model, subgraph: Subgraph) -> Iterator[int]:
    """The outputs of loops that keep the shape of the file, whatever the loop is given: see `trimmed`."""
    uses = uses_of(subgraph)
    for operator in subgraph.operators:
        kept = trimmed(model, subgraph, operator, uses).outputs
        yield from (index for index in operator.outputs if index not in kept)
