"""What a static analysis says: frozen data, exact integers, without formatting."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ClassVar, TypeVar

from tflops_native.analysis.constants import ConstantKind
from tflops_native.analysis.memory import PeakMemory
from tflops_native.analysis.operators import (
    OperatorAnalysis,
    Status,
    add_counts,
    is_float,
    leaves,
    total_cost,
)
from tflops_native.model.info import ModelInfo
from tflops_native.ops._op import Cost
from tflops_native.ops.tensor_spec import Shape
from tflops_native.result import Result

CONVENTION = (
    "1 MAC = 2 FLOPs; bias, activations and padding are counted; "
    "exp, tanh, ... count 1 each; data movement counts 0"
)


Sum = TypeVar("Sum")


def _once(compute: Callable[["Analysis"], Sum]) -> Callable[["Analysis"], Sum]:
    """Compute a sum over the operators once: there may be tens of thousands, and a report asks often."""

    @wraps(compute)
    def kept(analysis: "Analysis") -> Sum:
        sums = analysis._sums
        if compute.__name__ not in sums:
            sums[compute.__name__] = compute(analysis)
        found: Sum = sums[compute.__name__]
        return found

    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAnalysis:
    """One input of the entry point: the shape counted, and the one in the file (-1: left open).

    is_defaulted   True where the file leaves lengths open and none were asked for: they count as 1
    """

    name: str
    type: str
    shape: Shape
    shape_signature: Shape
    is_defaulted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many operators there are of each status, and what is missing from the totals."""

    DERIVED: ClassVar[tuple[str, ...]] = ("is_complete", "is_lower_bound")

    counted: int
    no_arithmetic: int
    bounded: int
    one_iteration: int
    unsupported: int
    unsupported_names: tuple[str, ...]
    shapes_assumed: int

    @property
    def operators(self) -> int:
        return (
            self.counted + self.no_arithmetic + self.bounded + self.one_iteration + self.unsupported
        )

    @property
    def is_complete(self) -> bool:
        """True where every operator is counted or has no arithmetic, on inferred shapes."""
        return not (self.bounded or self.one_iteration or self.unsupported or self.shapes_assumed)

    @property
    def is_lower_bound(self) -> bool:
        """True where something is missing from the totals."""
        return bool(self.one_iteration or self.unsupported)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Analysis(Result):
    """The static analysis of one entry point of a model, for one set of input shapes.

    subgraph_name   as the file has it
    same_signatures further signatures that run the same subgraph on the same shapes and data
    tensor_shapes   per tensor of the subgraph its shape, None where it is unknown
    called_shapes   the same per subgraph that operators run, by its index
    peak_memory     of the activations, at the operator where the most of them are alive
    state_bytes     of variable tensors, which recurrent operators keep from one inference to the next
    weight_bytes    bytes of all constants in use as stored, those that share a buffer once
    parameters      elements of every constant of a float or quantized type, those that share a buffer
                    once; scales of blocks are not among them
    constants       the same by what they are used for: weights, biases, tables, masks, ...
    bounded_tensors     those whose shape is only an upper bound
    has_runtime_shapes      whether shapes are those of a run, not inferred
    has_runtime_iterations  whether branches and iterations that data decides are those of that run
    unobserved              why they are not, where the model was run and has any
    """

    DERIVED: ClassVar[tuple[str, ...]] = (
        "macs",
        "dense_macs",
        "flops",
        "integer_ops",
        "operations",
        "bytes_read",
        "bytes_written",
        "waits_for",
        "coverage",
    )

    model: ModelInfo | None = field(default=None, compare=False, metadata={"plain": False})
    signature: str | None
    subgraph_index: int
    inputs: tuple[InputAnalysis, ...]
    operators: tuple[OperatorAnalysis, ...]
    tensor_shapes: tuple[Shape | None, ...] = field(
        default=(), repr=False, metadata={"plain": False}
    )
    called_shapes: Mapping[int, tuple[Shape | None, ...]] = field(
        default_factory=dict, repr=False, metadata={"plain": False}
    )
    peak_memory: PeakMemory
    weight_bytes: int
    parameters: int
    state_bytes: int = 0
    constants: tuple[ConstantKind, ...] = ()
    bounded_tensors: frozenset[int] = field(default=frozenset(), metadata={"plain": False})
    has_runtime_shapes: bool = False
    has_runtime_iterations: bool = False
    unobserved: str | None = None
    same_signatures: tuple[str, ...] = ()
    subgraph_name: str = ""
    _sums: dict[str, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False, metadata={"plain": False}
    )

    @property
    @_once
    def total(self) -> Cost:
        """Sum over all operators."""
        return total_cost(self.operators)

    @property
    @_once
    def initialization(self) -> Cost:
        """What is done once, at the first invoke, and is in no total."""
        found = list(leaves(self.operators))
        called = total_cost(
            operator
            for leaf in found
            for call in leaf.calls
            if call.role == "initialization"
            for operator in call.operators
        )
        return sum((leaf.once for leaf in found), called)

    @property
    def macs(self) -> int:
        """MACs of one inference."""
        return self.total.macs

    @property
    @_once
    def dense_macs(self) -> int:
        """MACs if all weights were stored; `macs` where none are sparse."""
        return sum(operator.dense_macs for operator in self.operators)

    @property
    def flops(self) -> int:
        """Floating-point operations of one inference."""
        return sum(number for name, number in self._operations().items() if is_float(name))

    @property
    def integer_ops(self) -> int:
        """Integer operations of one inference."""
        return self.total.operations - self.flops

    @property
    def operations(self) -> dict[str, int]:
        """Operations by arithmetic type."""
        return dict(self._operations())

    @_once
    def _operations(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for operator in self.operators:
            add_counts(counts, operator.operations)
        return counts

    @property
    def macs_by_arithmetic(self) -> dict[str, int]:
        """MACs by arithmetic type."""
        counts: dict[str, int] = {}
        for operator in self.operators:
            add_counts(counts, operator.macs_by_arithmetic)
        return counts

    @property
    @_once
    def bytes_read(self) -> int:
        """Bytes that the operators must read, constants included."""
        return sum(operator.bytes_read for operator in self.operators)

    @property
    @_once
    def bytes_written(self) -> int:
        """Bytes that the operators must write."""
        return sum(operator.bytes_written for operator in self.operators)

    @property
    @_once
    def waits_for(self) -> tuple[str, ...]:
        """Inputs whose values decide on shapes or iterations, and are not known: without them a run on
        random data may be refused, or be of another size than is meant."""
        return unique(name for operator in self.operators for name in operator.waits_for)

    @property
    @_once
    def coverage(self) -> Coverage:
        """How much of the model the totals cover."""
        found = list(leaves(self.operators))
        by_status = Counter(operator.status for operator in found)
        return Coverage(
            counted=by_status[Status.COUNTED],
            no_arithmetic=by_status[Status.NO_ARITHMETIC],
            bounded=by_status[Status.BOUNDED],
            one_iteration=by_status[Status.ONE_ITERATION],
            unsupported=by_status[Status.UNSUPPORTED],
            unsupported_names=unique(
                operator.name for operator in found if operator.status is Status.UNSUPPORTED
            ),
            shapes_assumed=sum(operator.shapes_assumed for operator in found),
        )

    def __repr__(self) -> str:
        name = "" if self.model is None else f"{self.model.name}, "
        state = "complete" if self.coverage.is_complete else "not complete"
        return f"<Analysis {name}{len(self.operators)} operators, {self.macs:,} MACs, {state}>"


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of first appearance."""
    return tuple(dict.fromkeys(names))
