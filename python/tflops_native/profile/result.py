"""What a profile says: the time of each operator with its bounds, and what the profiler cost."""

from dataclasses import dataclass, field, replace
from statistics import median
from typing import ClassVar, Literal

from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.record import RecordedRuns
from tflops_native.profile.refusals import RefusalCode
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND

# The times of operators that take less of the whole need not be known well.
RELEVANT_SHARE = 0.01
_ROUNDING_SECONDS = 1e-13
# Operators are timed alone, too, where so much of the time is known to worse than this.
COARSE_SHARE = 0.1
COARSE_UNCERTAINTY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTime:
    """The time of one operator of the model in the profiled runs.

    index           operator index in the subgraph
    kernel          what ran it: "builtin", or the names that the delegate gives its own operators
    resolution_ns   how much longer it may have taken: 1, or more where only whole microseconds are
                    reported, cut off
    estimate        of the median, corrected for what was cut off and for the clock's own cost, at the
                    speed that the machine had in a run of median length; of the mean, where a source says
                    no more
    alone_seconds   what the operator takes alone, with hot caches; None if that was not measured
    samples_ns      per profiled run, as measured; empty where the source does not say, and not saved
    """

    index: int
    kernel: str
    is_delegated: bool
    resolution_ns: int
    estimate: TimeEstimate
    alone_seconds: float | None = None
    samples_ns: tuple[int, ...] = field(default=(), metadata={"plain": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEvent:
    """Something that ran and belongs to no certain operator of the model; fields as `OperatorTime`.

    operators   of the model that ran inside: those of a delegate that is timed as a whole; empty if they
                are not known
    """

    name: str
    estimate: TimeEstimate
    operators: tuple[int, ...] = ()
    samples_ns: tuple[int, ...] = field(default=(), metadata={"plain": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedTimes:
    """The operators of a subgraph that others call: the bodies of IF and WHILE.

    Their times lie within the time of the operator that calls them.
    """

    subgraph_index: int
    operators: tuple[OperatorTime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What the profiler adds to an invoke, as a fraction of it: median of several rounds.

    In each round runs without the profiler and runs with it follow each other, so that a machine that
    becomes slower meanwhile is not taken for it.

    lower, upper       its 95 % interval; None where there were too few rounds
    rounds             how many
    empty_operator_ns  what an operator that does nothing seems to take: the clock's own cost, which
                       is subtracted from times that are exact
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

    def seconds_of(self, invoke_seconds: float) -> float:
        """How much of a profiled invoke is the profiler's, as far as that is certain."""
        if self.is_noise or self.relative <= 0:
            return 0.0
        return invoke_seconds * self.relative / (1 + self.relative)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeamTensor:
    """A tensor that one partition makes and a later one takes.

    index            in the subgraph
    from_partition   position of the partition that makes it
    name             "" where only the indices are known
    size_bytes       None where its shape is not known
    """

    index: int
    from_partition: int
    name: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePartition:
    """Operators that ran one after the other, all by a delegate or all by the runtime's own kernels.

    delegate     what ran it: "XNNPACK", the path of an external delegate, or the name in a log; None for
                 the runtime's own kernels, and where two delegates might have
    operators    operator indices, in the order of the partition
    taken_over   tensors that it takes from other partitions. XNNPACK reads and writes them where they lie;
                 a delegate with memory of its own copies them
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("taken_over_bytes",)

    is_delegated: bool
    delegate: str | None = None
    operators: tuple[int, ...]
    taken_over: tuple[SeamTensor, ...]

    @property
    def taken_over_bytes(self) -> int | None:
        """Bytes of what it takes from other partitions; None where the size of one is not known."""
        sizes = [tensor.size_bytes for tensor in self.taken_over]
        return None if None in sizes else sum(size or 0 for size in sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOperator:
    """An operator that the runtime's own kernels ran although there was a delegate.

    reason        why the delegate did not take it; None where nothing says so for certain
    reason_code   what it failed: "no_kernel": there is none for the operator; "type": of its data; "scale":
                  of quantized data; "constant": an input must be one; "option"; None without a reason
    """

    index: int
    name: str
    reason: str | None = None
    reason_code: RefusalCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Time per operator, from runs of their own: the profiler has a price.

    statistic        what the times are: medians of the runs, or means
    runs             profiled runs; None where the source does not say
    invoke_seconds   of a profiled run as a whole, where the source says that, else of all that ran
    is_whole         whether it is that of runs as a whole
    invoke_ns        duration of each profiled run as a whole; empty where the source does not say
    operators        those that ran, in the order of the model
    unmatched        events of a delegate that belong to no certain operator
    fused            operators without an event of their own: the delegate fused them into another one,
                     or had nothing to do for them
    unread           operators that the delegate did not run: nothing reads what they make
    partitions       in the order in which they ran; empty if that is not known
    kept             operators that the runtime's own kernels ran beside a delegate
    outside_seconds  of a run outside of all operators, what was cut off and the profiler's price
                     subtracted: the median, but no more than the operators leave of the median run
    profiler_seconds what the profiler adds to a run outside of the operators; what it adds to them is in
                     their times, but for the clock's own part
    nested           operators of other subgraphs, within the times of those that call them
    overhead         the profiler's price; None where the source does not say
    stop             why there were no more runs; its precision is that of each operator that takes at
                     least `RELEVANT_SHARE` of the time, as far as chance goes; None where the source
                     does not say
    recorded         a few of the runs with all their events; None where the source does not say
    """

    DERIVED: ClassVar[tuple[str, ...]] = (
        "beyond_medians_seconds",
        "imprecise",
        "inference_seconds",
    )

    statistic: Literal["median", "mean"]
    runs: int | None
    invoke_seconds: float
    is_whole: bool = True
    invoke_ns: tuple[int, ...] = ()
    operators: tuple[OperatorTime, ...]
    unmatched: tuple[UnmatchedEvent, ...]
    fused: tuple[int, ...]
    outside_seconds: float
    profiler_seconds: float = 0.0
    nested: tuple[NestedTimes, ...] = ()
    overhead: Overhead | None = None
    stop: Stop | None = None
    unread: tuple[int, ...] = ()
    partitions: tuple[ProfilePartition, ...] = ()
    kept: tuple[KeptOperator, ...] = ()
    recorded: RecordedRuns | None = None

    def __post_init__(self) -> None:
        # Of saved results that were edited.
        if not 0 <= self.profiler_seconds <= max(self.invoke_seconds, 0.0):
            raise ValueError(
                f"profiler_seconds must be from 0 to the {self.invoke_seconds} of an invoke, "
                f"got {self.profiler_seconds}"
            )

    @classmethod
    def of_runs(
        cls,
        invoke_ns: tuple[int, ...],
        *,
        operators: tuple[OperatorTime, ...],
        unmatched: tuple[UnmatchedEvent, ...],
        fused: tuple[int, ...],
        outside_seconds: float,
        overhead: Overhead,
        stop: Stop,
        unread: tuple[int, ...] = (),
        partitions: tuple[ProfilePartition, ...] = (),
        recorded: RecordedRuns | None = None,
    ) -> "Profile":
        """From runs that were measured one by one; `outside_seconds` are with the profiler's price."""
        profile = cls(
            statistic="median",
            runs=len(invoke_ns),
            invoke_seconds=median(invoke_ns) / NANOSECONDS_PER_SECOND,
            invoke_ns=invoke_ns,
            operators=operators,
            unmatched=unmatched,
            fused=fused,
            unread=unread,
            outside_seconds=outside_seconds,
            overhead=overhead,
            stop=stop,
            partitions=partitions,
            recorded=recorded,
        )
        return profile.with_outside(outside_seconds)

    def with_outside(self, seconds: float) -> "Profile":
        """With so much outside of operators, of which the profiler's price is set apart."""
        price = 0.0 if self.overhead is None else self.overhead.seconds_of(self.invoke_seconds)
        profiler = max(min(price, seconds), 0.0)
        return replace(self, outside_seconds=seconds - profiler, profiler_seconds=profiler)

    @property
    def inference_seconds(self) -> float:
        """A profiled run without what the profiler adds to it: what shares of times are of."""
        return self.invoke_seconds - self.profiler_seconds

    @property
    def is_coarse(self) -> bool:
        """Whether more than a tenth of the time is in operators known to worse than 10 %."""
        coarse = [
            operator.estimate.typical_seconds
            for operator in self.operators
            if operator.resolution_ns > 1
            and (operator.estimate.uncertainty or 0.0) > COARSE_UNCERTAINTY
        ]
        return sum(coarse) > COARSE_SHARE * self.inference_seconds

    @property
    def outside_ns(self) -> tuple[int, ...]:
        """Per profiled run what lies outside of all operators as measured, what was cut off included."""
        parts = [operator.samples_ns for operator in self.operators]
        parts += [event.samples_ns for event in self.unmatched]
        return tuple(
            invoke - sum(part[run] for part in parts) for run, invoke in enumerate(self.invoke_ns)
        )

    @property
    def operators_seconds(self) -> float:
        """The sum of all operators and unmatched events."""
        parts = [operator.estimate for operator in self.operators]
        parts += [event.estimate for event in self.unmatched]
        return sum(estimate.typical_seconds for estimate in parts)

    @property
    def beyond_medians_seconds(self) -> float | None:
        """What the medians of all parts leave of the median invoke, so that all add up.

        The median of a sum is not the sum of the medians: each run may be interrupted, but no operator
        is in most of them. None for means, which add up.
        """
        if self.statistic == "mean":
            return None
        left = self.inference_seconds - self.outside_seconds - self.operators_seconds
        # What is left of sums of floats is not a time.
        return 0.0 if abs(left) < _ROUNDING_SECONDS else left

    @property
    def imprecise(self) -> tuple[int, ...]:
        """The operators that matter, but whose times are not as precise as wanted."""
        precision = None if self.stop is None else self.stop.precision
        return tuple(
            operator.index
            for operator in self.operators
            if precision is not None
            and operator.estimate.uncertainty is not None
            and operator.estimate.uncertainty > precision
            and operator.estimate.typical_seconds >= RELEVANT_SHARE * self.inference_seconds
        )
