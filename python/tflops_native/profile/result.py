"""What a profile says: the time of each operator with its bounds, and what the profiler cost."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from tflops_native.profile.estimate import TimeEstimate
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND

# The times of operators that take less of the whole need not be known well.
RELEVANT_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTime:
    """The time of one operator of the model in the profiled runs.

    index           operator index in the subgraph
    kernel          what ran it: "builtin", or the names that the delegate gives its own operators
    resolution_ns   how much longer it may have taken: delegates report whole microseconds, cut off
    estimate        of the median, corrected for what was cut off and for the clock's own cost
    samples_ns      per profiled run, as measured
    """

    index: int
    kernel: str
    is_delegated: bool
    resolution_ns: int
    estimate: TimeEstimate
    samples_ns: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "index": self.index,
            "kernel": self.kernel,
            "delegated": self.is_delegated,
            "resolution_ns": self.resolution_ns,
            **self.estimate.to_dict(),
            **_as_measured(self.samples_ns),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEvent:
    """An operator of a delegate that could not be joined to an operator of the model."""

    name: str
    estimate: TimeEstimate
    samples_ns: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"name": self.name, **self.estimate.to_dict(), **_as_measured(self.samples_ns)}


def _as_measured(samples_ns: tuple[int, ...]) -> dict[str, Any]:
    """Statistics of the samples with nothing corrected, and the samples."""
    middle = median(samples_ns)
    deviations = [abs(sample - middle) for sample in samples_ns]
    return {
        "mean_seconds": sum(samples_ns) / len(samples_ns) / NANOSECONDS_PER_SECOND,
        "median_seconds": middle / NANOSECONDS_PER_SECOND,
        "mad_seconds": median(deviations) / NANOSECONDS_PER_SECOND,
        "samples_ns": list(samples_ns),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What the profiler adds to an invoke, as a fraction of it: median of several rounds.

    In each round runs without the profiler and runs with it follow each other, so that a machine that
    becomes slower meanwhile is not taken for it.

    lower, upper       its 95 % interval; None where there were too few rounds
    rounds             how many
    empty_operator_ns  what an operator that does nothing seems to take: the clock's own cost, which
                       is subtracted from the times of builtin operators
    """

    relative: float
    lower: float | None
    upper: float | None
    rounds: int
    empty_operator_ns: float

    @property
    def is_noise(self) -> bool:
        """Whether there may be no overhead at all, for all that can be said."""
        return self.lower is not None and self.upper is not None and self.lower <= 0 <= self.upper

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "relative": self.relative,
            "lower": self.lower,
            "upper": self.upper,
            "rounds": self.rounds,
            "empty_operator_ns": self.empty_operator_ns,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Time per operator, from runs of their own: the profiler has a price.

    invoke_ns    duration of each profiled run as a whole
    operators    those that ran, in the order of the model
    unmatched    events of a delegate that belong to no certain operator
    fused        operators without an event of their own: the delegate fused them into another one,
                 or had nothing to do for them
    outside      seconds of a run outside of all operators, what was cut off subtracted: the median, but
                 no more than the operators leave of the median run
    overhead     the profiler's price
    stop         why there were no more runs; its precision is that of each operator that takes at
                 least `RELEVANT_SHARE` of the time, as far as chance goes
    """

    RELEVANT_SHARE = 0.01

    invoke_ns: tuple[int, ...]
    operators: tuple[OperatorTime, ...]
    unmatched: tuple[UnmatchedEvent, ...]
    fused: tuple[int, ...]
    outside: float
    overhead: Overhead
    stop: Stop

    @property
    def invoke(self) -> float:
        """Median duration of a profiled run in seconds."""
        return median(self.invoke_ns) / NANOSECONDS_PER_SECOND

    @property
    def outside_ns(self) -> tuple[int, ...]:
        """Per profiled run what lies outside of all operators as measured, what was cut off included."""
        parts = [operator.samples_ns for operator in self.operators]
        parts += [event.samples_ns for event in self.unmatched]
        return tuple(
            invoke - sum(part[run] for part in parts) for run, invoke in enumerate(self.invoke_ns)
        )

    @property
    def beyond_medians(self) -> float:
        """What the medians of all parts leave of the median invoke, in seconds, so that all add up.

        The median of a sum is not the sum of the medians: each run may be interrupted, but no operator
        is in most of them.
        """
        parts = [operator.estimate.typical for operator in self.operators]
        parts += [event.estimate.typical for event in self.unmatched]
        return self.invoke - self.outside - sum(parts)

    @property
    def vague(self) -> frozenset[int]:
        """The operators that matter, but whose times are less well known than was wanted."""
        return frozenset(
            operator.index
            for operator in self.operators
            if self.stop.precision is not None
            and operator.estimate.uncertainty is not None
            and operator.estimate.uncertainty > self.stop.precision
            and operator.estimate.typical >= RELEVANT_SHARE * self.invoke
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "invoke_ns": list(self.invoke_ns),
            "invoke_median_seconds": self.invoke,
            "outside_operators_seconds": self.outside,
            "beyond_medians_seconds": self.beyond_medians,
            "overhead": self.overhead.to_dict(),
            "stop": self.stop.to_dict(),
            "operators": [operator.to_dict() for operator in self.operators],
            "unmatched": [event.to_dict() for event in self.unmatched],
            "fused": list(self.fused),
            "vague": sorted(self.vague),
        }
