"""A report: counts and times of a model. What is divided here is defined here, and nothing is printed."""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from tflops_native.analysis.conventions import ConventionCounts
from tflops_native.analysis.result import Analysis
from tflops_native.arenas.summary import ArenaSummary, arena_summary
from tflops_native.formatting import seconds
from tflops_native.model.graph import Model
from tflops_native.model.info import ModelInfo
from tflops_native.notes import Note
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.groups import OperatorGroup, by_layer, by_type
from tflops_native.reports.remarks import (
    convention_notes,
    conversion_notes,
    counting_notes,
    profile_notes,
    roofline_notes,
    stability_notes,
)
from tflops_native.reports.rows import ReportRow, join
from tflops_native.result import Result

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import ThreadPeaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.profile.result import ProfilePartition

# The minimum share of the operations that must have a roof for the model to have one.
_COVERED = 0.9


_MEDIANS_LEAVE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Report(Result):
    """Counts of a model, its times, or both.

    timing          the times; None if there are none
    timing_error    why there is no timing where one was asked for, or none of operators
    conventions     counts by other conventions, where they are asked for
    valid_macs      per row the MACs without kernel positions on padding, where they are asked for
    peaks           what the machine can do at most with the threads of the timing
    remarks         notes of whoever made the report, beside those that follow from its figures
    arena           the memory of an inference with builtin kernels; None where it was not planned
    rows            one per operator; empty without an analysis
    """

    DERIVED: ClassVar[tuple[str, ...]] = (
        "operations_per_second",
        "attainable_seconds",
        "attainable_operations_per_second",
        "utilization",
        "notes",
        "findings",
    )

    model: ModelInfo
    analysis: Analysis | None = None
    timing: "Timing | None" = None
    timing_error: str | None = None
    conventions: tuple[ConventionCounts, ...] = ()
    valid_macs: tuple[int, ...] | None = None
    peaks: "ThreadPeaks | None" = None
    remarks: tuple[Note, ...] = ()
    arena: ArenaSummary | None = None
    rows: tuple[ReportRow, ...] = field(
        default=(), init=False, compare=False, metadata={"plain": False}
    )

    def __post_init__(self) -> None:
        if self.analysis is not None:
            profile = None if self.timing is None else self.timing.profile
            object.__setattr__(self, "rows", join(self.analysis, profile, self.peaks))

    @classmethod
    def of(cls, model: Model, analysis: Analysis | None = None, **parts: Any) -> "Report":
        """Of a loaded model: join what belongs to the same model, signature and input shapes."""
        arena = None
        if analysis is not None and analysis.tensor_shapes:
            shapes = {**analysis.called_shapes, analysis.subgraph_index: analysis.tensor_shapes}
            arena = arena_summary(model, analysis.subgraph_index, shapes)
        return cls(model=ModelInfo.of(model), analysis=analysis, arena=arena, **parts)

    def with_parts(self, **parts: Any) -> "Report":
        """The same report with other parts: with times, say."""
        return replace(self, **parts)

    @property
    def signature(self) -> str | None:
        """Key of the signature; None for the main subgraph of a model without any."""
        source = self.timing if self.analysis is None else self.analysis
        return None if source is None else source.signature

    @property
    def signatures(self) -> tuple[str | None, ...]:
        """All that it is true of: `signature`, and those with the same subgraph and shapes."""
        same = () if self.analysis is None else self.analysis.same_signatures
        return (self.signature, *same)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All that a reader should know."""
        notes = [*self.remarks, *conversion_notes(self.model)]
        if self.analysis is not None:
            notes += counting_notes(self.analysis)
        for item in self.conventions:
            notes += convention_notes(item)
        if self.timing is not None:
            notes += stability_notes(self.timing)
            notes += self.timing.notes
            notes += profile_notes(self.timing)
        return (*notes, *roofline_notes(self.rows, self.peaks))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands out, with the figures and what to try; the weightiest first."""
        # By name, because each kind of finding is a function of a report.
        registry = import_module("tflops_native.reports.findings.registry")
        found: tuple[Finding, ...] = registry.find(self)
        return found

    @property
    def partitions(self) -> "tuple[ProfilePartition, ...]":
        """Who ran which operators, in what order, and what passed between them; empty if not known."""
        profile = None if self.timing is None else self.timing.profile
        return () if profile is None else profile.partitions

    @property
    def operations_per_second(self) -> float | None:
        """Of all operators that run, by the typical latency of the clean runs."""
        seconds = self._typical_seconds
        if self.analysis is None or not seconds:
            return None
        return self._operations_run / seconds

    @property
    def attainable_seconds(self) -> float | None:
        """The minimum time of an inference: all operators with a roof, one after the other, at it.

        Without those that the delegate fuses into others, which spares it their reads and writes, or
        does not run. None
        where operators without a roof do more than a tenth of the operations.
        """
        found = [row for row in self.rows if row.roof]
        covered = sum(row.operator.cost.operations for row in found)
        if self.analysis is None or covered < _COVERED * self.analysis.total.operations:
            return None
        return (
            sum(row.roof.seconds for row in found if row.roof and not row.has_no_own_time) or None
        )

    @property
    def attainable_operations_per_second(self) -> float | None:
        """Of the whole model in the minimum time."""
        if self.analysis is None or not self.attainable_seconds:
            return None
        return self._operations_run / self.attainable_seconds

    @property
    def utilization(self) -> float | None:
        """The minimum time over the typical latency of the clean runs."""
        seconds = self._typical_seconds
        if self.attainable_seconds is None or not seconds:
            return None
        return self.attainable_seconds / seconds

    @property
    def _operations_run(self) -> int:
        return sum(row.operations_run for row in self.rows)

    @property
    def _typical_seconds(self) -> float | None:
        return None if self.timing is None else self.timing.latency.typical_seconds

    @property
    def is_disturbed(self) -> bool:
        """Whether the operators' medians leave so much of the median inference that its shares mislead."""
        profile = None if self.timing is None else self.timing.profile
        if profile is None or profile.beyond_medians_seconds is None:
            return False
        return profile.beyond_medians_seconds > _MEDIANS_LEAVE * profile.inference_seconds

    @property
    def by_type(self) -> tuple[OperatorGroup, ...]:
        """The operators of each type together, the most expensive type first."""
        return by_type(self.rows)

    @property
    def by_layer(self) -> tuple[OperatorGroup, ...]:
        """The layers as a tree in the order of the model, each group before the groups in it."""
        conversion = self.model.conversion
        return by_layer(self.rows, () if conversion is None else conversion.layers)

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat dict per operator in base units, as `pandas.DataFrame` takes them."""
        return [row.values() for row in self.rows]

    def __repr__(self) -> str:
        parts = [self.model.name]
        if self.analysis is not None:
            parts.append(f"{self.analysis.macs:,} MACs")
        if self._typical_seconds is not None:
            parts.append(f"{seconds(self._typical_seconds)} per inference")
        return f"<Report {', '.join(parts)}, {len(self.rows)} operators>"
