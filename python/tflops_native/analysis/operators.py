"""What an analysis says of one operator, and of the subgraphs that it runs: frozen data, exact integers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from tflops_native.ops._op import OPERATIONS_PER_MAC, Cost, Op
from tflops_native.ops.tensor_spec import Shape


class Status(Enum):
    """What the counts of an operator are worth."""

    COUNTED = "counted"
    NO_ARITHMETIC = "no arithmetic"
    BOUNDED = "bounded"  # the counts are an upper bound
    ONE_ITERATION = "one iteration"  # a loop: the counts are a lower bound
    UNSUPPORTED = "unsupported"


# Beyond what a walk counts, however much it runs: loops in loops of a saved result that was edited.
_MAX_SUM = 2**200
EXACT = (Status.COUNTED, Status.NO_ARITHMETIC)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the operators of one run of a subgraph, those of what they run included."""

    cost: Cost = field(default_factory=Cost)
    dense_macs: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    operations: Mapping[str, int] = field(default_factory=dict)
    macs_by_arithmetic: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, operators: "tuple[OperatorAnalysis, ...]") -> "Sums":
        """The sums over these."""
        operations: dict[str, int] = {}
        macs: dict[str, int] = {}
        for operator in operators:
            add_counts(operations, operator.operations)
            add_counts(macs, operator.macs_by_arithmetic)
        return cls(
            total_cost(operators),
            sum([operator.dense_macs for operator in operators]),
            sum([operator.bytes_read for operator in operators]),
            sum([operator.bytes_written for operator in operators]),
            operations,
            macs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphAnalysis:
    """A subgraph that an operator runs: `times` times in one inference.

    role         "then", "else", "condition", "body", "initialization", "decomposition", ...
    is_counted   whether it is in the counts of the operator: of two branches only the more expensive one is
    peak_bytes   the most bytes of its tensors that are alive at once
    sums         of one run; found once, for all levels above ask for them, and each of their columns
    """

    role: str
    subgraph_index: int
    name: str
    times: int
    is_counted: bool
    operators: "tuple[OperatorAnalysis, ...]"
    peak_bytes: int = 0
    sums: Sums = field(
        default_factory=Sums, init=False, repr=False, compare=False, metadata={"plain": False}
    )

    def __post_init__(self) -> None:
        sums = Sums.of(self.operators)
        if max(sums.cost.operations, sums.bytes_read, sums.bytes_written) > _MAX_SUM:
            raise ValueError("its operators do more than any can")
        object.__setattr__(self, "sums", sums)

    @property
    def cost(self) -> Cost:
        """Of one run."""
        return self.sums.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAnalysis:
    """One operator: shapes, counts and bytes of one inference.

    index              position in its subgraph, as in the file
    layer              path of the layer that it comes from, by its outputs' names: "model/block_1/conv";
                       None where these say nothing
    input_shapes       per input; None where an optional input is absent or the shape is unknown
    output_shapes      per output; None where the shape is unknown
    shapes_assumed     True where an output shape was taken from the file instead of inferred
    own_cost           counts without the subgraphs that it runs
    own_dense_macs     MACs if all weights were stored, where sparse ones leave some out; None: as counted
    mac_arithmetic     type the MACs are done in ("float32", "int8", "int16x8"); None without MACs
    other_macs         MACs, among those of `own_cost`, that are done in `arithmetic`
    arithmetic         type of the other operations
    own_bytes_read     bytes that must be read, constants included; the rule is in `ops/traffic.py`
    own_bytes_written  bytes that must be written
    bytes_read_again   the part of `own_bytes_read` that the operator has read before
    constant_bytes     bytes of the constants among the inputs
    parameters         elements of the parameters that it, or what it runs, is the first to use: they add up
                       to those of the model; 0 inside subgraphs that operators run
    minimum            minimum cost, where data decides and `cost` is the upper bound
    calls              subgraphs that it runs
    once               what is done once, at the first invoke, and is in no total
    waits_for          inputs of the entry point whose values would make the count exact
    note               None, or what the reader should know
    rule               the rule with the operator's options; None without one, and not saved
    """

    OMIT_DEFAULTS: ClassVar[bool] = True
    DERIVED: ClassVar[tuple[str, ...]] = (
        "macs",
        "flops",
        "operations",
        "bytes_read",
        "bytes_written",
    )

    index: int
    name: str
    input_shapes: tuple[Shape | None, ...]
    output_shapes: tuple[Shape | None, ...]
    output_types: tuple[str, ...]
    shapes_assumed: bool = False
    status: Status
    own_cost: Cost
    mac_arithmetic: str | None
    arithmetic: str
    own_bytes_read: int
    own_bytes_written: int
    constant_bytes: int
    minimum: Cost | None = None
    calls: tuple[SubgraphAnalysis, ...] = ()
    note: str | None = None
    rule: Op | None = field(default=None, repr=False, compare=False, metadata={"plain": False})
    own_dense_macs: int | None = None
    other_macs: int = 0
    bytes_read_again: int = 0
    waits_for: tuple[str, ...] = ()
    once: Cost = field(default_factory=Cost)
    layer: str | None = None
    parameters: int = 0

    def __post_init__(self) -> None:
        cost, once = self.own_cost, self.once
        # Of what is read: a saved result that was edited may say anything.
        if (
            min(cost.macs, cost.scalar_ops, cost.transcendentals) < 0
            or min(once.macs, once.scalar_ops, once.transcendentals) < 0
            or min(self.own_bytes_read, self.own_bytes_written, self.bytes_read_again) < 0
            or min(self.constant_bytes, self.parameters, self.other_macs) < 0
        ):
            raise ValueError(f"what operator {self.index} ({self.name}) does is less than nothing")

    @property
    def cost(self) -> Cost:
        """Counts, those of the subgraphs that it runs included."""
        if not self.calls:  # as for most operators, of which there may be many
            return self.own_cost
        return sum([call.cost * call.times for call in self._counted()], self.own_cost)

    @property
    def macs(self) -> int:
        """Multiplications with an addition, those of the subgraphs that it runs included."""
        return self.cost.macs

    @property
    def dense_macs(self) -> int:
        """MACs if all weights were stored, those of the subgraphs that it runs included."""
        own = self.own_cost.macs if self.own_dense_macs is None else self.own_dense_macs
        return own + sum([call.times * call.sums.dense_macs for call in self._counted()])

    @property
    def bytes_read(self) -> int:
        """Bytes that must be read, those of the subgraphs that it runs included."""
        if not self.calls:
            return self.own_bytes_read
        inner = [call.times * call.sums.bytes_read for call in self._counted()]
        return self.own_bytes_read + sum(inner)

    @property
    def bytes_written(self) -> int:
        """Bytes that must be written, those of the subgraphs that it runs included."""
        if not self.calls:
            return self.own_bytes_written
        inner = [call.times * call.sums.bytes_written for call in self._counted()]
        return self.own_bytes_written + sum(inner)

    def _counted(self) -> list[SubgraphAnalysis]:
        return [call for call in self.calls if call.is_counted and call.times]

    @property
    def operations(self) -> dict[str, int]:
        """Operations by arithmetic type, 2 per MAC: {"int8": 1200, "float32": 36}."""
        counts = {name: OPERATIONS_PER_MAC * macs for name, macs in self._own_macs().items()}
        other = self.own_cost.scalar_ops + self.own_cost.transcendentals
        if other:
            counts[self.arithmetic] = counts.get(self.arithmetic, 0) + other
        for call in self._counted():
            add_counts(counts, call.sums.operations, call.times)
        return counts

    @property
    def macs_by_arithmetic(self) -> dict[str, int]:
        """MACs by arithmetic type."""
        counts = self._own_macs()
        for call in self._counted():
            add_counts(counts, call.sums.macs_by_arithmetic, call.times)
        return counts

    def _own_macs(self) -> dict[str, int]:
        if not self.own_cost.macs or self.mac_arithmetic is None:
            return {}
        counts = {self.mac_arithmetic: self.own_cost.macs - self.other_macs}
        if self.other_macs:
            counts[self.arithmetic] = counts.get(self.arithmetic, 0) + self.other_macs
        return counts

    @property
    def flops(self) -> int:
        """Floating-point operations."""
        return sum([count for name, count in self.operations.items() if is_float(name)])

    @property
    def integer_ops(self) -> int:
        """Integer operations."""
        return self.cost.operations - self.flops


def add_counts(counts: dict[str, int], more: Mapping[str, int], times: int = 1) -> None:
    """Add counts by type to others. Not a `Counter`: making one takes longer than the rest."""
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + times * number


def total_cost(operators: Iterable[OperatorAnalysis]) -> Cost:
    """Sum over operators."""
    return sum((operator.cost for operator in operators), Cost())


def called_bytes(operators: Iterable[OperatorAnalysis]) -> dict[int, int]:
    """By operator that runs subgraphs in an inference, the bytes of the highest peak in one of them."""
    return {
        operator.index: max(call.peak_bytes for call in operator.calls)
        for operator in operators
        if operator.calls and operator.calls[0].role != "initialization"
    }


def leaves(operators: Iterable[OperatorAnalysis]) -> Iterator[OperatorAnalysis]:
    """The operators, and those of the subgraphs that they run and are counted with."""
    for operator in operators:
        # What is missing in a subgraph is missing there, not twice.
        if not operator.calls or operator.status is not Status.UNSUPPORTED:
            yield operator
        for call in operator.calls:
            if call.is_counted and call.times:
                yield from leaves(call.operators)


def is_float(arithmetic: str) -> bool:
    """Whether work in this arithmetic is called FLOP; integer work is called OP."""
    return "float" in arithmetic or arithmetic.startswith("complex")
