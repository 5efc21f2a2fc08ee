"""How large the numbers of an input may be where a model uses them as indices into a table.

Only what reaches an index operand unchanged is followed: an index that is computed is the model's matter.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from tflops_native.model.called import CalledSubgraph, CallRole
from tflops_native.model.graph import Model, Operator, Subgraph

# The shape of a tensor of the entry point, by its index; None where it is not known.
ShapeOf: TypeAlias = Callable[[int], tuple[int, ...] | None]

_Limits: TypeAlias = dict[tuple[int, int], int]  # (subgraph, tensor) -> limit

# Operators whose outputs hold numbers of their inputs: at which positions. None: at all.
_PASSED_THROUGH: Mapping[str, tuple[int, ...] | None] = {
    "BROADCAST_TO": (0,),
    "CAST": (0,),
    "CONCATENATION": None,
    "EXPAND_DIMS": (0,),
    "GATHER": (0,),
    "GATHER_ND": (0,),
    "MAXIMUM": None,
    "MINIMUM": None,
    "PACK": None,
    "PAD": (0,),
    "RESHAPE": (0,),
    "REVERSE_SEQUENCE": (0,),
    "REVERSE_V2": (0,),
    "SELECT": (1, 2),
    "SELECT_V2": (1, 2),
    "SLICE": (0,),
    "SPLIT": (1,),
    "SPLIT_V": (0,),
    "SQUEEZE": (0,),
    "STRIDED_SLICE": (0,),
    "TILE": (0,),
    "TRANSPOSE": (0,),
    "UNPACK": (0,),
}
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
        for tensor, limit in self.own_limits(operator):
            self.lower(tensor, limit)
        if operator.name in _PASSED_THROUGH:
            self.pass_through(operator, _PASSED_THROUGH[operator.name])
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

    def own_limits(self, operator: Operator) -> Iterator[tuple[int | None, int | None]]:
        """The operands of an operator that index a table, and how long that is."""
        inputs = (*operator.inputs, *(None,) * 5)
        match operator.name:
            case "GATHER":
                axis = operator.options.get("axis", 0)
                yield inputs[1], self.length(inputs[0], axis if isinstance(axis, int) else 0)
            case "GATHER_ND":
                yield inputs[1], self.shortest(inputs[0], inputs[1])
            case "EMBEDDING_LOOKUP":
                yield inputs[0], self.length(inputs[1], 0)
            case "EMBEDDING_LOOKUP_SPARSE":
                yield inputs[0], self.length(inputs[4], 0)
            case "ONE_HOT":
                yield inputs[0], min(self.values(inputs[1]), default=None)
            case "UNSORTED_SEGMENT_MAX" | "UNSORTED_SEGMENT_MIN":
                yield inputs[1], min(self.values(inputs[2]), default=None)
            case "UNSORTED_SEGMENT_PROD" | "UNSORTED_SEGMENT_SUM":
                yield inputs[1], min(self.values(inputs[2]), default=None)
            case "SCATTER_ND":
                depth = self.length(inputs[0], -1)
                yield inputs[0], min(self.values(inputs[2])[:depth], default=None)
            case "SPARSE_TO_DENSE":
                yield inputs[0], min(self.values(inputs[1]), default=None)

    def shape(self, tensor: int | None) -> tuple[int, ...]:
        """Empty where nothing is known, as of a scalar: it has no axis to index."""
        if tensor is None:
            return ()
        stored = self.subgraph.tensors[tensor]
        known = None if self.shape_of is None or stored.is_constant else self.shape_of(tensor)
        return stored.shape if known is None else known

    def length(self, tensor: int | None, axis: int) -> int | None:
        shape = self.shape(tensor)
        return shape[axis] if -len(shape) <= axis < len(shape) else None

    def shortest(self, table: int | None, indices: int | None) -> int | None:
        """Of the axes that one index of GATHER_ND has numbers for, the shortest."""
        return min(self.shape(table)[: self.length(indices, -1)], default=None)

    def values(self, tensor: int | None) -> tuple[int, ...]:
        """The integers of a constant; empty where they are not known."""
        if tensor is None:
            return ()
        try:
            found = self.subgraph.tensors[tensor].values()
        except ValueError:
            return ()
        return tuple(value for value in found if isinstance(value, int))
