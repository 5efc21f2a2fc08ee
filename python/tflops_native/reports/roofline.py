"""The roofline: the minimum time that an operator could take on this machine, and what sets that limit.

    compute time   operations of each arithmetic type over the peak of that type, added up
    memory time    bytes over the bandwidth of the levels of memory that they come from
    attainable     the longer of the two; the operations over it are the attainable rate

Where bytes come from follows from how much else is touched before the same bytes are touched again. A
cache of C bytes keeps at most the share C / F of data that are touched again after F bytes: that share
counts as read from this cache and the rest as read from further away. For activations F is what the
operator reads or what it writes, whichever is more: the operator before has just written its input, and its
output may take the place of an input. Constants are read once per inference, so for them F is all weights
and the memory of all activations. What an operator reads again itself, the weights of a recurrent layer at
every step, is touched again after one step: F is what it reads again, per step. Written bytes count as if
they were read.

Nothing here allows for what an operator costs beside its work, so a measured time is never shorter but for
the errors of either measurement. One that is shorter points to a count that is too high, a peak that is too
low, or a kernel that left work out: those of dynamic-range FULLY_CONNECTED return at once if the input is
all zeros.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.analysis.operators import EXACT, OperatorAnalysis
from tflops_native.analysis.result import Analysis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tflops_native.machine.peaks.peaks import MemoryPeak, ThreadPeaks
    from tflops_native.profile.estimate import TimeEstimate

COMPUTE = "compute"
OVERHEAD = "overhead"
# Peaks and times are measured one after the other, at frequencies that may differ. And caches can read and
# write at the same time, which the bandwidth of reads does not show: element-wise operators whose tensors
# just fit the second level reach 1.13 times their roof by that. Errors of counting are mostly larger.
MARGIN = 0.25
# What it can cost to call a kernel, wake its threads and report to the profiler. An operator is bound by
# such fixed costs where its time is below this, and its roof explains less than a quarter of that time.
OVERHEAD_SECONDS = 5e-6
EXPLAINED = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """The limits of one operator.

    operations       of one inference
    bytes_moved      that it reads and writes
    compute_seconds  the minimum time for its arithmetic
    memory_seconds   the minimum time for its reads and writes
    memory_level     where most of the memory time goes: "L1", "L2", ... or "DRAM"
    """

    operations: int
    bytes_moved: int
    compute_seconds: float
    memory_seconds: float
    memory_level: str

    @property
    def intensity(self) -> float | None:
        """Operations per byte; None without bytes."""
        return self.operations / self.bytes_moved if self.bytes_moved else None

    @property
    def seconds(self) -> float:
        """The minimum time."""
        return max(self.compute_seconds, self.memory_seconds)

    @property
    def rate(self) -> float | None:
        """Attainable operations per second; None without operations."""
        return self.operations / self.seconds if self.operations else None

    @property
    def limit(self) -> str:
        """What sets the minimum time: "compute", or a level of memory."""
        return COMPUTE if self.compute_seconds >= self.memory_seconds else self.memory_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilization:
    """How near an operator comes to its roof.

    share         minimum time over measured time, 0 to 1; above 1 only by errors. None for a time of 0
    bound         what limits it: as `Roof.limit`, or "overhead"
    is_exceeded   whether it was quicker than its roof allows, by more than can be an error of measuring
    """

    share: float | None
    bound: str
    is_exceeded: bool

    @classmethod
    def of(cls, roof: Roof, time: "TimeEstimate") -> "Utilization":
        """Compare with a measured time; for all that it may have been longer is allowed."""
        is_fixed_cost = (
            time.upper_seconds <= OVERHEAD_SECONDS and roof.seconds < EXPLAINED * time.upper_seconds
        )
        # As for the rate: of a time that may be nothing the upper bound is all that is known.
        seconds = time.typical_seconds if time.lower_seconds else time.upper_seconds
        return cls(
            share=roof.seconds / seconds if seconds else None,
            bound=OVERHEAD if is_fixed_cost else roof.limit,
            is_exceeded=roof.seconds > time.upper_seconds * (1 + MARGIN),
        )


def roofs(analysis: Analysis, peaks: "ThreadPeaks") -> tuple[Roof | None, ...]:
    """Per operator its roof; None where the work is not known exactly, or no peak was measured for it."""
    inference = analysis.weight_bytes + analysis.peak_memory.size_bytes
    return tuple(_roof(operator, peaks, inference) for operator in analysis.operators)


def _roof(operator: OperatorAnalysis, peaks: "ThreadPeaks", inference_bytes: int) -> Roof | None:
    compute = _compute_seconds(operator, peaks)
    moved = operator.bytes_read + operator.bytes_written
    if compute is None or operator.status not in EXACT or operator.calls or not peaks.memory:
        return None
    again = operator.bytes_read_again
    constants = min(operator.constant_bytes, operator.bytes_read - again)
    once = max(operator.bytes_read - again, operator.bytes_written)
    by_level = [
        (moved - again - constants) * near + constants * far + again * step
        for near, far, step in zip(
            seconds_per_byte(peaks.memory, once),
            seconds_per_byte(peaks.memory, max(inference_bytes, moved - again)),
            seconds_per_byte(peaks.memory, constants),
            strict=True,
        )
    ]
    if not compute and not moved:
        return None
    slowest = max(range(len(by_level)), key=lambda level: by_level[level])
    return Roof(
        operations=operator.cost.operations,
        bytes_moved=moved,
        compute_seconds=compute,
        memory_seconds=sum(by_level),
        memory_level=peaks.memory[slowest].name,
    )


def _compute_seconds(operator: OperatorAnalysis, peaks: "ThreadPeaks") -> float | None:
    seconds = 0.0
    for arithmetic, operations in operator.operations.items():
        peak = peaks.operations_per_second(arithmetic)
        if peak is None:
            return None
        seconds += operations / peak
    return seconds


def seconds_per_byte(levels: "Sequence[MemoryPeak]", footprint: int) -> tuple[float, ...]:
    """Per level its part of the mean time to read a byte that is read again after `footprint` bytes."""
    found = []
    kept = 0
    for position, level in enumerate(levels):
        is_last = position == len(levels) - 1
        capacity = footprint if is_last or level.capacity_bytes is None else level.capacity_bytes
        reached = max(kept, min(capacity, footprint))
        share = (reached - kept) / footprint if footprint else 0.0
        found.append(share / level.bytes_per_second)
        kept = reached
    return tuple(found)
