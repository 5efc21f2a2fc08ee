"""One row per operator: counts and times joined, and how near it comes to what the machine allows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.analysis.operators import OperatorAnalysis, Status
from tflops_native.analysis.result import Analysis
from tflops_native.formatting import shape
from tflops_native.reports.roofline import Roof, Utilization, roofs

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import ThreadPeaks
    from tflops_native.profile.result import OperatorTime, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One operator: its counts, and its time where it was measured.

    share            of all operations of the model, 0 to 1; None where there are none
    time_share       of the profiled invoke less the profiler, 0 to 1; None without a time
    own_time_share   of the sum of all that was timed, 0 to 1; None without a time
    rate             operations per second; None without a time or without operations
    rate_is_bound    the rate is this or higher: of the time no more is known than its upper bound
    is_fused         the delegate ran it as part of another operator, or had nothing to do
    is_unread        the delegate did not run it: nothing reads what it makes
    roof             what this machine allows; None without peaks, or where the roofline says nothing
    utilization      how near it comes to its roof; None without a roof or a time
    """

    operator: OperatorAnalysis
    time: "OperatorTime | None" = None
    share: float | None = None
    time_share: float | None = None
    own_time_share: float | None = None
    rate: float | None = None
    rate_is_bound: bool = False
    is_fused: bool = False
    is_unread: bool = False
    roof: Roof | None = None
    utilization: Utilization | None = None

    @property
    def has_no_own_time(self) -> bool:
        """Whether it is known why it has none: it ran as part of another operator, or not at all."""
        return self.is_fused or self.is_unread

    @property
    def operations_run(self) -> int:
        """Operations that an inference does: none where the delegate leaves the operator out."""
        return 0 if self.is_unread else self.operator.cost.operations

    def values(self) -> dict[str, Any]:
        """One flat dict in base units; None is unknown or not applicable."""
        operator, cost = self.operator, self.operator.cost
        estimate = None if self.time is None else self.time.estimate
        is_known = operator.status is not Status.UNSUPPORTED
        reached = self.utilization
        read, written = operator.bytes_read, operator.bytes_written
        return {
            "index": operator.index,
            "operator": operator.name,
            "layer": operator.layer,
            "output_shape": " ".join(map(shape, operator.output_shapes)),
            "status": operator.status.value,
            "macs": cost.macs if is_known else None,
            "operations": cost.operations if is_known else None,
            "arithmetic": "+".join(operator.operations),
            "scalar_ops": cost.scalar_ops if is_known else None,
            "transcendentals": cost.transcendentals if is_known else None,
            "parameters": operator.parameters,
            "bytes_read": read,
            "bytes_written": written,
            "bytes_moved": read + written,
            "share": self.share if is_known else None,
            "time_seconds": None if estimate is None else estimate.typical_seconds,
            "time_lower_seconds": None if estimate is None else estimate.lower_seconds,
            "time_upper_seconds": None if estimate is None else estimate.upper_seconds,
            "time_uncertainty": None if estimate is None else estimate.uncertainty,
            "alone_seconds": None if self.time is None else self.time.alone_seconds,
            "time_share": self.time_share,
            "own_time_share": self.own_time_share,
            "kernel": None if self.time is None else self.time.kernel,
            "is_fused": self.is_fused,
            "is_unread": self.is_unread,
            "operations_per_second": self.rate,
            "operations_per_second_is_lower_bound": self.rate_is_bound,
            "attainable_seconds": None if self.roof is None else self.roof.seconds,
            "attainable_operations_per_second": None if self.roof is None else self.roof.rate,
            "operations_per_byte": None if self.roof is None else self.roof.intensity,
            "utilization": None if reached is None else reached.share,
            "bound": None if reached is None else reached.bound,
            "above_roof": None if reached is None else reached.is_exceeded,
        }


def join(
    analysis: Analysis, profile: "Profile | None", peaks: "ThreadPeaks | None"
) -> tuple[ReportRow, ...]:
    """One row per operator of the analysis."""
    times = {} if profile is None else {time.index: time for time in profile.operators}
    fused = frozenset(() if profile is None else profile.fused)
    unread = frozenset(() if profile is None else profile.unread)
    whole = 0.0 if profile is None else profile.inference_seconds
    timed = 0.0 if profile is None else profile.operators_seconds
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
                time_share=None
                if time is None or not whole
                else time.estimate.typical_seconds / whole,
                own_time_share=None
                if time is None or not timed
                else time.estimate.typical_seconds / timed,
                rate=_rate(operations, time),
                rate_is_bound=time is not None and not time.estimate.lower_seconds,
                is_fused=operator.index in fused,
                is_unread=operator.index in unread,
                roof=roof,
                utilization=Utilization.of(roof, time.estimate)
                if roof is not None and time is not None
                else None,
            )
        )
    return tuple(rows)


def _rate(operations: int, time: "OperatorTime | None") -> float | None:
    if not operations or time is None or not time.estimate.upper_seconds:
        return None
    estimate = time.estimate
    # Of a time that may be nothing the upper bound is all that is known.
    seconds = estimate.typical_seconds if estimate.lower_seconds else estimate.upper_seconds
    return operations / seconds
