"""How large the numbers of an input may be where a model uses them as indices into a table.

Only what reaches an index operand unchanged is followed: an index that is computed is the model's matter.
"""

from collections.abc import Callable
from typing import TypeAlias

from tflops_native.model.called import CalledSubgraph, CallRole
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.ops._op import REGISTRY
from tflops_native.ops.indices import Indices

# The shape of a tensor of the entry point, by its index; None where it is not known.
ShapeOf: TypeAlias = Callable[[int], tuple[int, ...] | None]

_Limits: TypeAlias = dict[tuple[int, int], int]  # (subgraph, tensor) -> limit

# Limits travel one call further with each pass over the model.
_PASSES = 8


def index_limits(model: Model, entry: Subgraph, shape_of: ShapeOf) -> dict[int, int]:
    """Per tensor of a subgraph that is used as index: the length of the smallest table, 1 or more.

    Args:
        model: the model.
        entry: the subgraph that is run.
        shape_of: what is known of the shapes of its tensors; elsewhere those of the file are taken.
    """
    limits: _Limits = {}
    for _ in range(_PASSES):
        before = dict(limits)
        for subgraph in model.subgraphs:
            walk = _Walk(model, subgraph, shape_of if subgraph is entry else None, limits)
            # What an operator hands on is used by a later one.
            for operator in reversed(subgraph.operators):
                walk.visit(operator)
        if limits == before:
            break
    return {index: limit for (place, index), limit in limits.items() if place == entry.index}


class _Walk:
    """Finds the limits of the operators of one subgraph, from those of what they feed."""

    def __init__(
        self, model: Model, subgraph: Subgraph, shape_of: ShapeOf | None, limits: _Limits
    ) -> None:
        self.model = model
        self.subgraph = subgraph
        self.shape_of = shape_of
        self.limits = limits

    def visit(self, operator: Operator) -> None:
        rule = REGISTRY.get(operator.name)
        if rule is not None:
            self.index(operator, rule.indices)
            self.pass_through(operator, rule.indices.passes_on)
        for called in operator.subgraphs:
            self.call(operator, called)

    def lower(self, tensor: int | None, limit: int | None, place: int | None = None) -> None:
        if tensor is None or limit is None:
            return
        key = (self.subgraph.index if place is None else place, tensor)
        limit = max(1, limit)
        self.limits[key] = min(self.limits.get(key, limit), limit)

    def limit(self, tensor: int, place: int | None = None) -> int | None:
        return self.limits.get((self.subgraph.index if place is None else place, tensor))

    def pass_through(self, operator: Operator, positions: tuple[int, ...] | None) -> None:
        found = [limit for index in operator.outputs if (limit := self.limit(index)) is not None]
        if not found:
            return
        for position, tensor in enumerate(operator.inputs):
            if positions is None or position in positions:
                self.lower(tensor, min(found))

    def call(self, operator: Operator, call: CalledSubgraph) -> None:
        first, target = call.role.first_input, call.index
        if first is None or not 0 <= target < len(self.model.subgraphs):
            return
        called = self.model.subgraphs[target]
        for outer, inner in zip(operator.inputs[first:], called.inputs, strict=False):
            self.lower(outer, self.limit(inner, target))
        if not call.role.returns_outputs:
            return
        for output, inner in zip(operator.outputs, called.outputs, strict=False):
            self.lower(inner, self.limit(output), target)
        if call.role is CallRole.BODY:
            # What the body returns is what it gets in the next iteration.
            for inner, following in zip(called.outputs, called.inputs, strict=False):
                self.lower(inner, self.limit(following, target), target)

    def index(self, operator: Operator, indices: Indices) -> None:
        """Bound the operand that indexes a table by the length of the table."""
        if indices.operand is None:
            return
        inputs = (*operator.inputs, *(None,) * 5)
        operand = inputs[indices.operand]
        if indices.table is None:
            lengths = self.values(None if indices.sizes is None else inputs[indices.sizes])
        elif indices.is_vector:
            lengths = self.shape(inputs[indices.table])
        else:
            axis = indices.axis
            along = operator.options.get(axis, 0) if isinstance(axis, str) else axis
            lengths = self.along(inputs[indices.table], along if isinstance(along, int) else 0)
        if indices.is_vector:
            # Only the axes that one index has numbers for.
            lengths = lengths[: self.numbers(operand)]
        self.lower(operand, min(lengths, default=None))

    def shape(self, tensor: int | None) -> tuple[int, ...]:
        """Empty where nothing is known, as of a scalar: it has no axis to index."""
        if tensor is None:
            return ()
        stored = self.subgraph.tensors[tensor]
        known = None if self.shape_of is None or stored.is_constant else self.shape_of(tensor)
        return stored.shape if known is None else known

    def along(self, tensor: int | None, axis: int) -> tuple[int, ...]:
        """The length of that axis; empty where it is not known."""
        shape = self.shape(tensor)
        return (shape[axis],) if -len(shape) <= axis < len(shape) else ()

    def numbers(self, indices: int | None) -> int | None:
        """How many numbers one index has."""
        return next(iter(self.along(indices, -1)), None)

    def values(self, tensor: int | None) -> tuple[int, ...]:
        """The integers of a constant; empty where they are not known."""
        if tensor is None:
            return ()
        try:
            found = self.subgraph.tensors[tensor].values()
        except ValueError:
            return ()
        return tuple(value for value in found if isinstance(value, int))
