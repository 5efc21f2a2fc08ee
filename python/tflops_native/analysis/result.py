"""What a static analysis says: frozen data, exact integers, formatted by nobody."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import add
from typing import Any

from tflops_native.ops import OPERATIONS_PER_MAC, Cost, Shape

CONVENTION = (
    "1 MAC = 2 FLOPs; bias, activations and padding are counted; "
    "exp, tanh, ... count 1 each; data movement counts 0"
)


class Status(Enum):
    """What the counts of an operator are worth."""

    COUNTED = "counted"
    NO_ARITHMETIC = "no arithmetic"
    BOUNDED = "bounded"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAnalysis:
    """One operator: shapes, counts and bytes of one inference.

    index              position in its subgraph, as in the file
    input_shapes       per input; None where an optional input is absent or the shape is unknown
    output_shapes      per output; None where the shape is unknown
    shapes_assumed     True where an output shape was taken from the file instead of inferred
    mac_arithmetic     type the MACs are done in ("float32", "int8", "int16x8"); None without MACs
    arithmetic         type of the other operations
    bytes_read         bytes of all inputs, constants included, as they are stored
    bytes_written      bytes of all outputs
    constant_bytes     bytes of the constants among the inputs
    note               None, or what the reader should know
    """

    index: int
    name: str
    input_shapes: tuple[Shape | None, ...]
    output_shapes: tuple[Shape | None, ...]
    output_types: tuple[str, ...]
    shapes_assumed: bool
    status: Status
    cost: Cost
    mac_arithmetic: str | None
    arithmetic: str
    bytes_read: int
    bytes_written: int
    constant_bytes: int
    note: str | None

    @property
    def operations(self) -> dict[str, int]:
        """Operations by arithmetic type, 2 per MAC: {"int8": 1200, "float32": 36}."""
        counts: Counter[str] = Counter()
        if self.cost.macs and self.mac_arithmetic is not None:
            counts[self.mac_arithmetic] += OPERATIONS_PER_MAC * self.cost.macs
        other = self.cost.scalar_ops + self.cost.transcendentals
        if other:
            counts[self.arithmetic] += other
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
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "constant_bytes": self.constant_bytes,
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
    unsupported: int
    unsupported_names: tuple[str, ...]
    shapes_assumed: int

    @property
    def operators(self) -> int:
        return self.counted + self.no_arithmetic + self.bounded + self.unsupported

    @property
    def is_complete(self) -> bool:
        """True where every operator is counted or has no arithmetic, on inferred shapes."""
        return not (self.bounded or self.unsupported or self.shapes_assumed)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "operators": self.operators,
            "counted": self.counted,
            "no_arithmetic": self.no_arithmetic,
            "bounded": self.bounded,
            "unsupported": self.unsupported,
            "unsupported_names": list(self.unsupported_names),
            "shapes_assumed": self.shapes_assumed,
            "complete": self.is_complete,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The static analysis of one entry point of a model, for one set of input shapes.

    tensor_shapes   per tensor of the subgraph its inferred shape, None where it is unknown
    weight_bytes    bytes of all constants in use, those that share a buffer once
    parameters      elements of the constants that operators with MACs and normalizations use as
                    weights and biases: every constant of a float or quantized type, once
    """

    path: str | None
    signature: str | None
    subgraph_index: int
    inputs: tuple[InputAnalysis, ...]
    operators: tuple[OperatorAnalysis, ...]
    tensor_shapes: tuple[Shape | None, ...]
    weight_bytes: int
    parameters: int

    @property
    def total(self) -> Cost:
        """Sum over all operators."""
        return reduce(add, (operator.cost for operator in self.operators), Cost())

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
            if operator.cost.macs and operator.mac_arithmetic is not None:
                counts[operator.mac_arithmetic] += operator.cost.macs
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
        by_status = Counter(operator.status for operator in self.operators)
        return Coverage(
            counted=by_status[Status.COUNTED],
            no_arithmetic=by_status[Status.NO_ARITHMETIC],
            bounded=by_status[Status.BOUNDED],
            unsupported=by_status[Status.UNSUPPORTED],
            unsupported_names=unique(
                operator.name
                for operator in self.operators
                if operator.status is Status.UNSUPPORTED
            ),
            shapes_assumed=sum(operator.shapes_assumed for operator in self.operators),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, base units."""
        return {
            "signature": self.signature,
            "subgraph": self.subgraph_index,
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
                "weight_bytes": self.weight_bytes,
                "parameters": self.parameters,
            },
            "coverage": self.coverage.to_dict(),
            "operators": [operator.to_dict() for operator in self.operators],
        }


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
