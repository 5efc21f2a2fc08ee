"""Joins counts and times per operator. What is divided here is defined here, and nothing is printed."""

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tflops_native.analysis import Analysis, ConventionCounts, OperatorAnalysis
from tflops_native.model import Model
from tflops_native.reports.roofline import Roof, Utilization, roofs

if TYPE_CHECKING:
    from tflops_native.imported import ImportedOperatorTime, ImportedTiming, TimingSource
    from tflops_native.machine.machine import Machine
    from tflops_native.machine.peaks.peaks import ThreadPeaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.profile.result import OperatorTime

FORMAT = "tflops_native/report"
FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One operator: its counts, and its time where it was measured.

    share            of all operations of the model, 0 to 1; None where there are none
    time_share       of the profiled invoke, 0 to 1; None without a time
    rate             operations per second; None without a time or without operations
    rate_is_bound    the rate is this or higher: of the time no more is known than its upper bound
    is_fused         the delegate ran it as part of another operator, or had nothing to do
    roof             what this machine allows; None without peaks, or where the roofline says nothing
    utilization      how near it comes to its roof; None without a roof or a time
    """

    operator: OperatorAnalysis
    time: "OperatorTime | ImportedOperatorTime | None"
    share: float | None
    time_share: float | None
    rate: float | None
    rate_is_bound: bool
    is_fused: bool
    roof: Roof | None = None
    utilization: Utilization | None = None

    @classmethod
    def inner(cls, operator: OperatorAnalysis) -> "ReportRow":
        """An operator inside a subgraph that another one runs: it has no share and no time of its own."""
        return cls(
            operator=operator,
            time=None,
            share=None,
            time_share=None,
            rate=None,
            rate_is_bound=False,
            is_fused=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Counts of a model, its times, or both.

    rows            one per operator; empty without an analysis
    machine         the one that was measured, where it is known
    timing_error    why there is no timing where one was asked for
    source          the file that the times come from, if they were measured elsewhere
    conventions     counts by other conventions, where they are asked for
    valid_macs      per row the MACs without taps on padding, where they are asked for
    peaks           what the machine can do at most with the threads of the timing
    """

    model: Model
    analysis: Analysis | None
    timing: "Timing | ImportedTiming | None"
    machine: "Machine | None"
    timing_error: str | None
    rows: tuple[ReportRow, ...]
    source: "TimingSource | None" = None
    conventions: tuple[ConventionCounts, ...] = ()
    valid_macs: tuple[int, ...] | None = None
    peaks: "ThreadPeaks | None" = None

    @classmethod
    def of(
        cls,
        model: Model,
        analysis: Analysis | None = None,
        timing: "Timing | ImportedTiming | None" = None,
        machine: "Machine | None" = None,
        *,
        source: "TimingSource | None" = None,
        timing_error: str | None = None,
        conventions: tuple[ConventionCounts, ...] = (),
        valid_macs: tuple[int, ...] | None = None,
        peaks: "ThreadPeaks | None" = None,
    ) -> "Report":
        """Join what belongs to the same model, signature and input shapes."""
        return cls(
            model=model,
            analysis=analysis,
            timing=timing,
            machine=machine,
            timing_error=timing_error,
            source=source,
            rows=() if analysis is None else _join(analysis, timing, peaks),
            conventions=conventions,
            valid_macs=valid_macs,
            peaks=peaks,
        )

    def with_timing(
        self,
        timing: "Timing | ImportedTiming",
        machine: "Machine | None",
        *,
        source: "TimingSource | None" = None,
        peaks: "ThreadPeaks | None" = None,
    ) -> "Report":
        """The same counts, joined with times."""
        return Report.of(
            self.model,
            self.analysis,
            timing,
            machine,
            source=source,
            conventions=self.conventions,
            valid_macs=self.valid_macs,
            peaks=peaks,
        )

    def without_timing(self, error: str) -> "Report":
        """The same counts, and why there are no times."""
        return replace(self, timing_error=error)

    @property
    def rate(self) -> float | None:
        """Operations per second of the whole model, by the typical latency of the clean runs."""
        if self.analysis is None or self.timing is None or not self.timing.typical:
            return None
        return self.analysis.total.operations / self.timing.typical

    @property
    def attainable_seconds(self) -> float | None:
        """The least time of an inference: all operators with a roof, one after the other, at it.

        Without those that the delegate fuses into others, which spares it their reads and writes.
        """
        found = [row.roof.seconds for row in self.rows if row.roof and not row.is_fused]
        return sum(found) if found else None

    @property
    def attainable_rate(self) -> float | None:
        """Operations per second of the whole model in the least time."""
        if self.analysis is None or self.attainable_seconds is None:
            return None
        return self.analysis.total.operations / self.attainable_seconds

    @property
    def utilization(self) -> float | None:
        """The least time over the typical latency of the clean runs."""
        if self.attainable_seconds is None or self.timing is None or not self.timing.typical:
            return None
        return self.attainable_seconds / self.timing.typical

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: base units only, raw samples included. Reads the file for its hash."""
        from tflops_native import __version__

        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "tool": f"tflops_native {__version__}",
            "model": {
                "path": None if self.model.path is None else str(self.model.path),
                "size_bytes": self.model.size_bytes,
                "sha256": self.model.sha256(),
                "description": self.model.description,
            },
            "analysis": None if self.analysis is None else self._analysis_to_dict(self.analysis),
            "timing_source": None if self.source is None else self.source.to_dict(),
            "timing": None if self.timing is None else self.timing.to_dict(),
            "timing_error": self.timing_error,
            "operations_per_second": self.rate,
            "roofline": None if self.peaks is None else self._roofline_to_dict(self.peaks),
            "machine": None if self.machine is None else self.machine.to_dict(),
        }

    def _roofline_to_dict(self, peaks: "ThreadPeaks") -> dict[str, Any]:
        return {
            "peaks": peaks.to_dict(),
            "attainable_seconds": self.attainable_seconds,
            "attainable_operations_per_second": self.attainable_rate,
            "utilization": self.utilization,
        }

    def _analysis_to_dict(self, analysis: Analysis) -> dict[str, Any]:
        """The analysis, with each operator's share and time beside its counts."""
        plain = analysis.to_dict()
        plain["operators"] = [
            {
                **row.operator.to_dict(),
                "share": row.share,
                "time_seconds": None if row.time is None else row.time.estimate.typical,
                "time_share": row.time_share,
                "operations_per_second": row.rate,
                "operations_per_second_is_lower_bound": row.rate_is_bound,
                "fused": row.is_fused,
                "roofline": None
                if row.roof is None
                else _roofline_to_dict(row.roof, row.utilization),
            }
            for row in self.rows
        ]
        if self.conventions:
            plain["conventions"] = [counts.to_dict() for counts in self.conventions]
        if self.valid_macs is not None:
            plain["valid_macs"] = {"total": sum(self.valid_macs), "counts": list(self.valid_macs)}
        return plain

    def __str__(self) -> str:
        return _shown(self, "text")

    def _repr_html_(self) -> str:
        return _shown(self, "html")


def _shown(report: Report, name: str) -> str:
    """The report in a format; by name, because the formats import the reports."""
    formats = import_module("tflops_native.formats.registry")
    documents = import_module("tflops_native.formats.report")
    text: str = formats.render(documents.report_document(report), name)
    return text


def _roofline_to_dict(roof: Roof, utilization: Utilization | None) -> dict[str, Any]:
    reached = None if utilization is None else utilization.to_dict()
    return {**roof.to_dict(), "reached": reached}


def _join(
    analysis: Analysis,
    timing: "Timing | ImportedTiming | None",
    peaks: "ThreadPeaks | None",
) -> tuple[ReportRow, ...]:
    profile = None if timing is None else timing.profile
    times = {} if profile is None else {time.index: time for time in profile.operators}
    fused = frozenset(() if profile is None else profile.fused)
    invoke = 0.0 if profile is None else profile.invoke
    total = analysis.total.operations
    found = (None,) * len(analysis.operators) if peaks is None else roofs(analysis, peaks)
    rows = []
    for operator, roof in zip(analysis.operators, found, strict=True):
        time = times.get(operator.index)
        operations = operator.cost.operations
        rows.append(
            ReportRow(
                operator=operator,
                time=time,
                share=operations / total if total else None,
                time_share=None if time is None or not invoke else time.estimate.typical / invoke,
                rate=_rate(operations, time),
                rate_is_bound=time is not None and not time.estimate.lower,
                is_fused=operator.index in fused,
                roof=roof,
                utilization=None
                if roof is None or time is None
                else Utilization.of(roof, time.estimate),
            )
        )
    return tuple(rows)


def _rate(operations: int, time: "OperatorTime | ImportedOperatorTime | None") -> float | None:
    if not operations or time is None or not time.estimate.upper:
        return None
    return operations / (time.estimate.typical if time.estimate.lower else time.estimate.upper)
