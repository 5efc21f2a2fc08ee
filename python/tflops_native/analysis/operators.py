"""What an analysis says of one operator, and of the subgraphs that it runs: frozen data, exact integers."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from tflops_native.ops import OPERATIONS_PER_MAC, Cost, Op, Shape


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
    rule               the rule with the operator's options; None without one, and not saved
    """

    DERIVED: ClassVar[tuple[str, ...]] = (
        "macs",
        "flops",
        "integer_ops",
        "operations",
        "bytes_read",
        "bytes_written",
    )

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
    rule: Op | None = field(default=None, repr=False, compare=False, metadata={"plain": False})

    @property
    def cost(self) -> Cost:
        """Counts, those of the subgraphs that it runs included."""
        if not self.calls:
            return self.own_cost
        inner = (call.cost * call.times for call in self.calls if call.is_counted)
        return sum(inner, self.own_cost)

    @property
    def macs(self) -> int:
        """Multiplications with an addition, those of the subgraphs that it runs included."""
        return self.cost.macs

    @property
    def bytes_read(self) -> int:
        return self.own_bytes_read + self._inner(lambda operator: operator.bytes_read)

    @property
    def bytes_written(self) -> int:
        return self.own_bytes_written + self._inner(lambda operator: operator.bytes_written)

    def _inner(self, number: Callable[["OperatorAnalysis"], int]) -> int:
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


def total_cost(operators: Iterable[OperatorAnalysis]) -> Cost:
    """Sum over operators."""
    return sum((operator.cost for operator in operators), Cost())


def leaves(operators: Iterable[OperatorAnalysis]) -> Iterator[OperatorAnalysis]:
    """The operators, and those of the subgraphs that they run and are counted with."""
    for operator in operators:
        # What is missing in a subgraph is missing there, not twice.
        if not operator.calls or operator.status is not Status.UNSUPPORTED:
            yield operator
        for call in operator.calls:
            if call.is_counted:
                yield from leaves(call.operators)


def is_float(arithmetic: str) -> bool:
    """Whether work in this arithmetic is called FLOP; integer work is called OP."""
    return "float" in arithmetic or arithmetic.startswith("complex")
