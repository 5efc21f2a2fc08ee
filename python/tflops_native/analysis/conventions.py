"""Named counting conventions: the numbers of other tools over the same walk, to see why they differ."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tflops_native.analysis.convention_tables import (
    CONVERTER,
    CONVERTER_INPUTS,
    FVCORE,
    TF_PROFILER,
    Operands,
    Table,
    UndeterminedError,
    stored_shape,
)
from tflops_native.analysis.operators import OperatorAnalysis, Status, SubgraphAnalysis
from tflops_native.analysis.result import Analysis
from tflops_native.model.graph import Model, Operator, Subgraph


@dataclass(frozen=True, slots=True)
class Convention:
    """A way of counting.

    unit       what one of its counts is: "FLOPs or OPs", "MACs"
    meaning    one line: what is counted, and what is not
    table      counts by operator; None: our own counts
    runs       how often a subgraph counts that an operator runs, given those counted before
    """

    name: str
    unit: str
    meaning: str
    table: Table | None = field(repr=False)
    runs: Callable[[SubgraphAnalysis, set[int]], int] = field(repr=False)


def _as_often_as_it_runs(call: SubgraphAnalysis, seen: set[int]) -> int:
    return call.times if call.is_counted else 0


def _once(call: SubgraphAnalysis, seen: set[int]) -> int:
    is_new = call.subgraph_index not in seen
    seen.add(call.subgraph_index)
    return int(is_new)


def _only_composites(call: SubgraphAnalysis, seen: set[int]) -> int:
    return int(call.role == "decomposition")


CONVENTIONS: Final[Mapping[str, Convention]] = {
    convention.name: convention
    for convention in (
        Convention(
            "tflops",
            "FLOPs or OPs",
            "1 MAC is 2; bias, activations and padding count; exp, tanh, ... are 1 each; data "
            "movement is 0; loops by their iterations",
            None,
            _as_often_as_it_runs,
        ),
        Convention(
            "tflite-converter",
            "ops",
            "the estimate that the TensorFlow Lite converter prints: 1 MAC is 2; bias counts; "
            "sigmoid, tanh and softmax are 64 per element; 16 operators, all else is 0; every "
            "subgraph once",
            CONVERTER,
            _once,
        ),
        Convention(
            "tf-profiler",
            "FLOPs",
            "float_operation of tf.profiler: 1 MAC is 2; bias counts; softmax is 5 per element; "
            "activations are 0, and so is what is in loops and branches; not reproduced: batch "
            "normalizations and what else the converter folds, and products with a transposed first "
            "operand, which count as if a transposition had been folded",
            TF_PROFILER,
            _only_composites,
        ),
        Convention(
            "fvcore",
            "MACs",
            "FlopCountAnalysis of fvcore: 1 MAC is 1 `flop`; convolutions, matrix products, resizes "
            "and global pools; no bias, all else is 0; not reproduced: normalizations, which a .tflite "
            "has folded, and which MEAN was a global pool, which is a guess",
            FVCORE,
            _as_often_as_it_runs,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConventionCounts:
    """The counts of a model by one convention.

    convention     its name
    unit           of all counts
    counts         one per operator of the analysis, subgraphs that it runs included; None where
                   it is not known
    total          sum of the counts that are known
    silent_zeros   operators in which `tflops` counts arithmetic, and the convention 0
    unknown        operators whose count is not known: unsupported, or a shape is unknown
    line           "tflite-converter" only: the line that the converter logs for these shapes; None
                   where it logs none
    is_printed     whether it logs it for this file: not where shapes of counted operators are open,
                   as a batch of -1 is; None where the model was not given, and for other conventions
    """

    convention: str
    unit: str
    counts: tuple[int | None, ...]
    total: int
    silent_zeros: tuple[str, ...]
    unknown: tuple[str, ...]
    line: str | None = None
    is_printed: bool | None = None

    @property
    def meaning(self) -> str:
        """One line: what is counted."""
        return CONVENTIONS[self.convention].meaning


def convention_counts(
    analysis: Analysis, name: str, model: Model | None = None
) -> ConventionCounts:
    """Count a model by a named convention, on the inferred shapes.

    "tflops" is our own: `Cost.operations`.

    "tflite-converter" is the converter's estimate (`EstimateArithmeticCount`), bit for bit where the
    shapes are those of the conversion. It sums over all functions of the module: condition and body
    of a loop and both branches once each. With `model`, branches that the analysis had no need to
    follow are added as the file has them, and `is_printed` says which. A model with several signatures
    is estimated by the converter as a whole; here it is the entry point analysed, without a line.

    "tf-profiler" maps the profiler's table to the operators of TensorFlow Lite. The profiler sees the
    graph before the conversion, so its own number differs where the converter changes operators: a
    batch normalization folded into a convolution (of Keras 2 it is 0 there, so the bias that it leaves
    makes this number larger; Keras 3 writes it as additions and multiplications, which count there, so
    this number is smaller),
    biases of zeros that the converter adds or drops, constants folded, and fused operators with no single
    counterpart (HARD_SWISH, GELU, PRELU, LSTM), which are 0 here, while the multiplications and
    additions they were made of count there. Fused activations are 0 in both.

    "fvcore" counts PyTorch operators. A normalization, which fvcore counts, is folded into a convolution
    or is an addition and a multiplication after the conversion, which it does not count. A MEAN over
    an image is taken to be a global pool, which it counts; any other mean is 0.
    A loop is traced iteration by iteration.

    Args:
        analysis: the analysis, whose operators keep their rules.
        name: one of `CONVENTIONS`.
        model: the model that was analysed.

    Raises:
        ValueError: there is no such convention.
    """
    convention = CONVENTIONS.get(name)
    if convention is None:
        raise ValueError(f"there is no convention {name!r}; known are {', '.join(CONVENTIONS)}")
    tally = _Tally(convention, model)
    counts = tuple(
        tally.count(operator, analysis.subgraph_index) for operator in analysis.operators
    )
    total = sum(count for count in counts if count is not None)
    is_estimate = convention.table is CONVERTER
    if model is not None and is_estimate:
        # The converter speaks of the whole file.
        is_estimate = len(tally.seen | {analysis.subgraph_index}) == len(model.subgraphs)
    return ConventionCounts(
        convention=name,
        unit=convention.unit,
        counts=counts,
        total=total,
        silent_zeros=tuple(tally.silent_zeros),
        unknown=tuple(tally.unknown),
        line=converter_line(total) if is_estimate and not tally.unknown else None,
        is_printed=(
            not tally.open_operators and not tally.unknown
            if is_estimate and model is not None
            else None
        ),
    )


def converter_line(count: int) -> str:
    """The line in which the converter logs its estimate, both of its double blanks included."""
    shown = [
        f"{number} "
        if count < 10_000
        else f"{number / 1e6:.3f} M "
        if count < 1_000_000_000
        else f"{number / 1e9:.3f} G "
        for number in (count, count // 2)
    ]
    return f"Estimated count of arithmetic ops: {shown[0]} ops, equivalently {shown[1]} MACs"


@dataclass(slots=True)
class _Tally:
    """What a convention says so far."""

    convention: Convention
    model: Model | None
    seen: set[int] = field(default_factory=set)
    # Names in the order of first appearance.
    silent_zeros: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    open_operators: int = 0

    def count(self, operator: OperatorAnalysis, subgraph: int) -> int | None:
        """An operator, with the subgraphs that it runs; None where nothing of it is known."""
        if not operator.calls:
            return self._leaf(operator, subgraph)
        parts = [
            (times, self.count(inner, call.subgraph_index))
            for call in operator.calls
            if (times := self.convention.runs(call, self.seen))
            for inner in call.operators
        ]
        known = [times * part for times, part in parts if part is not None]
        known += self._not_followed(operator, subgraph)
        if not sum(known) and operator.cost.operations and not parts:
            self.silent_zeros[operator.name] = None
        return sum(known) if known or not parts else None

    def _leaf(self, operator: OperatorAnalysis, subgraph: int) -> int | None:
        table = self.convention.table
        is_unsupported = operator.status is Status.UNSUPPORTED
        if table is None:
            if is_unsupported:
                self.unknown[operator.name] = None
                return None
            return operator.cost.operations
        if is_unsupported and table is not CONVERTER:
            # Other tools count what the operator was before the conversion.
            self.unknown[operator.name] = None
            return None
        if operator.name in table:
            if self._is_open(operator.name, subgraph, operator.index):
                self.open_operators += 1
            try:
                return table[operator.name](Operands.inferred(operator))
            except UndeterminedError:
                self.unknown[operator.name] = None
                return None
        if operator.cost.operations or is_unsupported:
            self.silent_zeros[operator.name] = None
        return 0

    def _is_open(self, name: str, subgraph: int, index: int) -> bool:
        if self.model is None or self.convention.table is not CONVERTER:
            return False
        graph = self.model.subgraphs[subgraph]
        return _has_open_shapes(graph, graph.operators[index])

    def _not_followed(self, operator: OperatorAnalysis, subgraph: int) -> Iterator[int]:
        """Functions that count once and that the analysis has not entered, as the file has them."""
        if self.model is None or self.convention.table is not CONVERTER:
            return
        called = self.model.subgraphs[subgraph].operators[operator.index].subgraphs
        for graph in self.model.reachable(*(one.index for one in called)):
            if graph.index in self.seen:
                continue
            self.seen.add(graph.index)
            for inner in graph.operators:
                if inner.name in CONVERTER:
                    try:
                        yield CONVERTER[inner.name](Operands.stored(graph, inner))
                    except UndeterminedError:
                        self.open_operators += 1


def _has_open_shapes(graph: Subgraph, operator: Operator) -> bool:
    """Whether the converter cannot estimate this operator: it is one that it counts."""
    positions = CONVERTER_INPUTS.get(operator.name, ())
    needed = [index for p in positions for index in operator.inputs[p : p + 1]]
    if operator.name != "TRANSPOSE_CONV":
        needed += operator.outputs[:1]
    return any(index is None or stored_shape(graph.tensors[index]) is None for index in needed)
