"""Compares inferred shapes, and planned memory, with what the runtime gives to the same tensors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from tflops_native.analysis.operators import OperatorAnalysis, Status
from tflops_native.analysis.result import Analysis
from tflops_native.arenas.called import untouched_outputs
from tflops_native.model.graph import Model, Operator, Subgraph, Tensor
from tflops_native.ops.tensor_spec import Shape
from tflops_native.reports.memory_check import MemoryCheck, checked_memory
from tflops_native.result import Result
from tflops_native.runtime.shapes import ObservedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorDifference:
    """A tensor whose inferred shape is not the runtime's, or could not be compared with it.

    signature        of its entry point; None for the main subgraph of a model without any
    operator_index   the operator that makes it; None for an input or a constant
    inferred         None where it is unknown
    runtime          None where the runtime does not show it
    is_bound         whether the inferred shape is only an upper bound
    reason           what is wrong, or why there is no comparison
    """

    signature: str | None
    operator_index: int | None
    operator_name: str | None
    tensor_index: int
    tensor_name: str
    inferred: Shape | None
    runtime: Shape | None
    is_bound: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEntry:
    """How much was compared of one entry point.

    signature         its key; None for the main subgraph of a model without any
    same_signatures   further signatures that run the same subgraph on the same shapes and data
    tensors           number of those compared
    operators         number of operators of which all outputs were compared
    mismatches        number of tensors whose shapes differ
    memory            planned memory beside the runtime's, of its subgraph and then of those that it runs;
                      nothing where it was not compared: other runtimes and kernels have other plans,
                      and wrong or unknown shapes make wrong ones
    """

    signature: str | None
    same_signatures: tuple[str, ...] = ()
    tensors: int
    operators: int
    mismatches: int
    memory: tuple[MemoryCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verification(Result):
    """What came of comparing all tensors of one entry point or several.

    entries        what was compared: one for each signature that differs in more than its name
    mismatches     where a rule is wrong: what only follows from another mismatch is not compared
    not_compared   those whose shape is unknown, rests on an assumption, or is not shown
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("is_right", "tensors", "operators")

    entries: tuple[VerifiedEntry, ...]
    mismatches: tuple[TensorDifference, ...]
    not_compared: tuple[TensorDifference, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        return not self.mismatches and all(
            memory.is_right for entry in self.entries for memory in entry.memory
        )

    @property
    def tensors(self) -> int:
        """Number of tensors compared, of all entry points."""
        return sum(entry.tensors for entry in self.entries)

    @property
    def operators(self) -> int:
        """Number of operators of which all outputs were compared, of all entry points."""
        return sum(entry.operators for entry in self.entries)

    def __repr__(self) -> str:
        return f"<Verification {self.tensors} tensors compared, {len(self.mismatches)} differ>"

    @classmethod
    def of(cls, model: Model, analysis: Analysis, run: ObservedRun, threads: int) -> "Verification":
        """Compare an analysis with a run of the same entry point and inputs on so many threads."""
        graph = model.subgraphs[analysis.subgraph_index]
        found = _Comparison(model, graph, analysis, run.shapes).result()
        if run.memory is None or found.mismatches:
            return found
        memory = checked_memory(model, analysis, run.memory, threads)
        entries = tuple(replace(entry, memory=memory) for entry in found.entries)
        return replace(found, entries=entries)

    @classmethod
    def joined(cls, parts: Iterable["Verification"]) -> "Verification":
        """Of several entry points as one."""
        parts = tuple(parts)
        return cls(
            entries=tuple(item for part in parts for item in part.entries),
            mismatches=tuple(item for part in parts for item in part.mismatches),
            not_compared=tuple(item for part in parts for item in part.not_compared),
        )


class _Comparison:
    """Goes through the operators in order; `doubtful` are tensors that nothing follows from."""

    def __init__(
        self,
        model: Model,
        subgraph: Subgraph,
        analysis: Analysis,
        shapes: Sequence[Shape | None],
    ) -> None:
        self.subgraph, self.analysis, self.shapes = subgraph, analysis, shapes
        self.untouched = frozenset(untouched_outputs(model, subgraph))
        self.compared: set[int] = set()
        self.doubtful: set[int] = set()
        self.mismatches: list[TensorDifference] = []
        self.not_compared: list[TensorDifference] = []

    def result(self) -> Verification:
        operators = self.subgraph.operators
        made = {index for operator in operators for index in operator.outputs}
        for tensor in self.subgraph.tensors:
            # Those that no operator touches have no shape in the analysis, and no part in it.
            if tensor.index not in made and self.analysis.tensor_shapes[tensor.index] is not None:
                self._compare(tensor)
        for operator, analysis in zip(operators, self.analysis.operators, strict=True):
            self._compare_outputs(operator, analysis)
        entry = VerifiedEntry(
            signature=self.analysis.signature,
            same_signatures=self.analysis.same_signatures,
            tensors=len(self.compared),
            operators=sum(self.compared.issuperset(o.outputs) for o in operators),
            mismatches=len(self.mismatches),
        )
        return Verification(
            entries=(entry,),
            mismatches=tuple(self.mismatches),
            not_compared=tuple(self.not_compared),
        )

    def _compare_outputs(self, operator: Operator, analysis: OperatorAnalysis) -> None:
        doubtful = next((i for i in operator.inputs if i in self.doubtful), None)
        for index in operator.outputs:
            tensor = self.subgraph.tensors[index]
            inferred, runtime = self.analysis.tensor_shapes[index], self.shapes[index]
            reason = None
            if analysis.status is Status.UNSUPPORTED and not analysis.calls:
                reason = f"not inferred: {analysis.note}"
            elif doubtful is not None:
                reason = f"rests on tensor {doubtful}, which is not right or not known"
            if reason is None:
                self._compare(tensor, operator)
            else:
                self.not_compared.append(self._difference(tensor, operator, reason))
                if inferred != runtime:
                    self.doubtful.add(index)

    def _compare(self, tensor: Tensor, operator: Operator | None = None) -> None:
        inferred, runtime = self.analysis.tensor_shapes[tensor.index], self.shapes[tensor.index]
        if inferred is None or runtime is None:
            reason = "the runtime does not show it"
            if inferred is None:
                reason = "not inferred"
            elif tensor.index in self.untouched:
                reason = "nothing reads this output of a loop, and the runtime never shapes it"
            self.not_compared.append(self._difference(tensor, operator, reason))
            if inferred is None:
                self.doubtful.add(tensor.index)
            return
        self.compared.add(tensor.index)
        is_bound = tensor.index in self.analysis.bounded_tensors
        if not _fits(inferred, runtime, is_bound=is_bound):
            reason = "beyond the upper bound" if is_bound else "not the runtime's shape"
            self.mismatches.append(self._difference(tensor, operator, reason))
            self.doubtful.add(tensor.index)

    def _difference(
        self, tensor: Tensor, operator: Operator | None, reason: str
    ) -> TensorDifference:
        return TensorDifference(
            signature=self.analysis.signature,
            operator_index=None if operator is None else operator.index,
            operator_name=None if operator is None else operator.name,
            tensor_index=tensor.index,
            tensor_name=tensor.name,
            inferred=self.analysis.tensor_shapes[tensor.index],
            runtime=self.shapes[tensor.index],
            is_bound=tensor.index in self.analysis.bounded_tensors,
            reason=reason,
        )


def _fits(inferred: Shape, runtime: Shape, *, is_bound: bool) -> bool:
    if not is_bound or len(inferred) != len(runtime):
        return inferred == runtime
    return all(length <= most for length, most in zip(runtime, inferred, strict=True))
