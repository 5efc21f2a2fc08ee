"""What a static analysis says: frozen data, exact integers, formatted by nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tflops_native.analysis.memory import PeakMemory
from tflops_native.ops import OPERATIONS_PER_MAC, Cost, Op, Shape

CONVENTION = (
    "1 MAC = 2 FLOPs; bias, activations and padding are counted; "
    "exp, tanh, ... count 1 each; data movement counts 0"
)


class Status(Enum):
    """What the counts of an operator are worth."""

    COUNTED = "counted"
    NO_ARITHMETIC = "no arithmetic"
    BOUNDED = "bounded"  # the counts are an upper bound
    ONE_TURN = "one turn"  # a loop: the counts are a lower bound
    UNSUPPORTED = "unsupported"


EXACT = (Status.COUNTED, Status.NO_ARITHMETIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphAnalysis:
    """A subgraph that an operator runs: `times` times in one inference.

    role         "then", "else", "condition", "body", "initialization", "decomposition", ...
    is_counted   whether it is in the counts of the operator: of two branches only the dearer one is
    """

    role: str
    subgraph_index: int
    name: str
    times: int
    is_counted: bool
    operators: "tuple[OperatorAnalysis, ...]"

    @property
    def cost(self) -> Cost:
        """Of one run."""
        return total_cost(self.operators)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "role": self.role,
            "subgraph": self.subgraph_index,
            "name": self.name,
            "times": self.times,
            "counted": self.is_counted,
            "operators": [operator.to_dict() for operator in self.operators],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAnalysis:
    """One operator: shapes, counts and bytes of one inference.

    index              position in its subgraph, as in the file
    input_shapes       per input; None where an optional input is absent or the shape is unknown
    output_shapes      per output; None where the shape is unknown
    shapes_assumed     True where an output shape was taken from the file instead of inferred
    own_cost           counts without the subgraphs that it runs
    mac_arithmetic     type the MACs are done in ("float32", "int8", "int16x8"); None without MACs
    arithmetic         type of the other operations
    own_bytes_read     bytes of all inputs, constants included, as they are stored
    own_bytes_written  bytes of all outputs
    constant_bytes     bytes of the constants among the inputs
    minimum            least cost, where data decides and `cost` is the upper bound
    calls              subgraphs that it runs
    note               None, or what the reader should know
    rule               the rule with the operator's options; None without one, and not part of `to_dict`
    """

    index: int
    name: str
    input_shapes: tuple[Shape | None, ...]
    output_shapes: tuple[Shape | None, ...]
    output_types: tuple[str, ...]
    shapes_assumed: bool
    status: Status
    own_cost: Cost
    mac_arithmetic: str | None
    arithmetic: str
    own_bytes_read: int
    own_bytes_written: int
    constant_bytes: int
    minimum: Cost | None
    calls: tuple[SubgraphAnalysis, ...]
    note: str | None
    rule: Op | None = field(default=None, repr=False, compare=False)

    @property
    def cost(self) -> Cost:
        """Counts, those of the subgraphs that it runs included."""
        if not self.calls:
            return self.own_cost
        inner = (call.cost * call.times for call in self.calls if call.is_counted)
        return sum(inner, self.own_cost)

    @property
    def bytes_read(self) -> int:
        return self.own_bytes_read + self._inner(lambda operator: operator.bytes_read)

    @property
    def bytes_written(self) -> int:
        return self.own_bytes_written + self._inner(lambda operator: operator.bytes_written)

    def _inner(self, number: "Callable[[OperatorAnalysis], int]") -> int:
        return sum(
            call.times * sum(map(number, call.operators)) for call in self.calls if call.is_counted
        )

    @property
    def operations(self) -> dict[str, int]:
        """Operations by arithmetic type, 2 per MAC: {"int8": 1200, "float32": 36}."""
        counts: Counter[str] = Counter()
        if self.own_cost.macs and self.mac_arithmetic is not None:
            counts[self.mac_arithmetic] += OPERATIONS_PER_MAC * self.own_cost.macs
        other = self.own_cost.scalar_ops + self.own_cost.transcendentals
        if other:
            counts[self.arithmetic] += other
        for call in self.calls:
            if call.is_counted and call.times:
                for operator in call.operators:
                    for name, number in operator.operations.items():
                        counts[name] += call.times * number
        return dict(counts)

    @property
    def macs_by_arithmetic(self) -> dict[str, int]:
        """MACs by arithmetic type."""
        counts: Counter[str] = Counter()
        if self.own_cost.macs and self.mac_arithmetic is not None:
            counts[self.mac_arithmetic] += self.own_cost.macs
        for call in self.calls:
            if call.is_counted and call.times:
                for operator in call.operators:
                    for name, number in operator.macs_by_arithmetic.items():
                        counts[name] += call.times * number
        return dict(counts)

    @property
    def flops(self) -> int:
        """Floating-point operations."""
        return sum(count for name, count in self.operations.items() if is_float(name))

    @property
    def integer_ops(self) -> int:
        """Integer operations."""
        return self.cost.operations - self.flops

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "index": self.index,
            "operator": self.name,
            "input_shapes": [None if s is None else list(s) for s in self.input_shapes],
            "output_shapes": [None if s is None else list(s) for s in self.output_shapes],
            "output_types": list(self.output_types),
            "shapes_assumed": self.shapes_assumed,
            "status": self.status.value,
            **cost_to_dict(self.cost),
            "flops": self.flops,
            "integer_ops": self.integer_ops,
            "operations_by_arithmetic": self.operations,
            "minimum": None if self.minimum is None else cost_to_dict(self.minimum),
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "constant_bytes": self.constant_bytes,
            "calls": [call.to_dict() for call in self.calls],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAnalysis:
    """One input of the entry point: the shape counted, and the one in the file (-1: left open).

    is_defaulted   True where the file leaves lengths open and nobody asked for any: they count as 1
    """

    name: str
    type: str
    shape: Shape
    shape_signature: Shape
    is_defaulted: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "shape": list(self.shape),
            "shape_signature": list(self.shape_signature),
            "defaulted": self.is_defaulted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many operators there are of each status, and what is missing from the totals."""

    counted: int
    no_arithmetic: int
    bounded: int
    one_turn: int
    unsupported: int
    unsupported_names: tuple[str, ...]
    shapes_assumed: int

    @property
    def operators(self) -> int:
        return self.counted + self.no_arithmetic + self.bounded + self.one_turn + self.unsupported

    @property
    def is_complete(self) -> bool:
        """True where every operator is counted or has no arithmetic, on inferred shapes."""
        return not (self.bounded or self.one_turn or self.unsupported or self.shapes_assumed)

    @property
    def is_lower_bound(self) -> bool:
        """True where something is missing from the totals."""
        return bool(self.one_turn or self.unsupported)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "operators": self.operators,
            "counted": self.counted,
            "no_arithmetic": self.no_arithmetic,
            "bounded": self.bounded,
            "one_turn": self.one_turn,
            "unsupported": self.unsupported,
            "unsupported_names": list(self.unsupported_names),
            "shapes_assumed": self.shapes_assumed,
            "complete": self.is_complete,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The static analysis of one entry point of a model, for one set of input shapes.

    tensor_shapes   per tensor of the subgraph its shape, None where it is unknown
    peak_memory     of the activations, at the operator where the most of them are alive
    weight_bytes    bytes of all constants in use, those that share a buffer once
    parameters      elements of the constants that operators with MACs and normalizations use as
                    weights and biases: every constant of a float or quantized type, once
    bounded_tensors     those whose shape is only an upper bound
    has_runtime_shapes  whether shapes are those of a run, not inferred
    """

    path: str | None
    signature: str | None
    subgraph_index: int
    inputs: tuple[InputAnalysis, ...]
    operators: tuple[OperatorAnalysis, ...]
    tensor_shapes: tuple[Shape | None, ...]
    peak_memory: PeakMemory
    weight_bytes: int
    parameters: int
    bounded_tensors: frozenset[int] = frozenset()
    has_runtime_shapes: bool = False

    @property
    def total(self) -> Cost:
        """Sum over all operators."""
        return total_cost(self.operators)

    @property
    def initialization(self) -> Cost:
        """What is done once, at the first invoke, and is in no total."""
        return total_cost(
            operator
            for leaf in _leaves(self.operators)
            for call in leaf.calls
            if call.role == "initialization"
            for operator in call.operators
        )

    @property
    def macs(self) -> int:
        return self.total.macs

    @property
    def flops(self) -> int:
        """Floating-point operations of one inference."""
        return sum(operator.flops for operator in self.operators)

    @property
    def integer_ops(self) -> int:
        """Integer operations of one inference."""
        return sum(operator.integer_ops for operator in self.operators)

    @property
    def operations(self) -> dict[str, int]:
        """Operations by arithmetic type."""
        counts: Counter[str] = Counter()
        for operator in self.operators:
            counts.update(operator.operations)
        return dict(counts)

    @property
    def macs_by_arithmetic(self) -> dict[str, int]:
        """MACs by arithmetic type."""
        counts: Counter[str] = Counter()
        for operator in self.operators:
            counts.update(operator.macs_by_arithmetic)
        return dict(counts)

    @property
    def bytes_read(self) -> int:
        return sum(operator.bytes_read for operator in self.operators)

    @property
    def bytes_written(self) -> int:
        return sum(operator.bytes_written for operator in self.operators)

    @property
    def coverage(self) -> Coverage:
        """How much of the model the totals cover."""
        leaves = list(_leaves(self.operators))
        by_status = Counter(operator.status for operator in leaves)
        return Coverage(
            counted=by_status[Status.COUNTED],
            no_arithmetic=by_status[Status.NO_ARITHMETIC],
            bounded=by_status[Status.BOUNDED],
            one_turn=by_status[Status.ONE_TURN],
            unsupported=by_status[Status.UNSUPPORTED],
            unsupported_names=unique(
                operator.name for operator in leaves if operator.status is Status.UNSUPPORTED
            ),
            shapes_assumed=sum(operator.shapes_assumed for operator in leaves),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, base units."""
        return {
            "signature": self.signature,
            "subgraph": self.subgraph_index,
            "shapes": "runtime" if self.has_runtime_shapes else "inferred",
            "convention": CONVENTION,
            "inputs": [item.to_dict() for item in self.inputs],
            "total": {
                **cost_to_dict(self.total),
                "flops": self.flops,
                "integer_ops": self.integer_ops,
                "operations_by_arithmetic": self.operations,
                "macs_by_arithmetic": self.macs_by_arithmetic,
                "bytes_read": self.bytes_read,
                "bytes_written": self.bytes_written,
                "initialization": cost_to_dict(self.initialization),
                "weight_bytes": self.weight_bytes,
                "parameters": self.parameters,
            },
            "peak_activation_memory": self.peak_memory.to_dict(),
            "coverage": self.coverage.to_dict(),
            "operators": [operator.to_dict() for operator in self.operators],
        }


def total_cost(operators: "Iterable[OperatorAnalysis]") -> Cost:
    """Sum over operators."""
    return sum((operator.cost for operator in operators), Cost())


def _leaves(operators: "Iterable[OperatorAnalysis]") -> "Iterator[OperatorAnalysis]":
    """The operators, and those of the subgraphs that they run and are counted with."""
    for operator in operators:
        # What is missing in a subgraph is missing there, not twice.
        if not operator.calls or operator.status is not Status.UNSUPPORTED:
            yield operator
        for call in operator.calls:
            if call.is_counted:
                yield from _leaves(call.operators)


def is_float(arithmetic: str) -> bool:
    """Whether work in this arithmetic is called FLOP; integer work is called OP."""
    return "float" in arithmetic or arithmetic.startswith("complex")


def cost_to_dict(cost: Cost) -> dict[str, int]:
    """Plain data for JSON."""
    return {
        "macs": cost.macs,
        "scalar_ops": cost.scalar_ops,
        "transcendentals": cost.transcendentals,
    }


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of first appearance."""
    return tuple(dict.fromkeys(names))
