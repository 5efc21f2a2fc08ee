"""From what a file says to the package's own results."""

from collections.abc import Mapping, Sequence

from tflops_native.formatting import brief
from tflops_native.imported.join import JoinedEvents
from tflops_native.imported.recorded import (
    DurationSummary,
    Recorded,
    RecordedEvent,
    RecordedProfile,
)
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.model.graph import Subgraph
from tflops_native.notes import Note
from tflops_native.profile.elided import unread_operators
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.join import BUILTIN
from tflops_native.profile.result import NestedTimes, OperatorTime, Profile, UnmatchedEvent
from tflops_native.stability.verdict import Stability
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, Latency
from tflops_native.timing.warm_up import WarmUp

RESOLUTION_NS = 1000  # benchmark_model counts whole microseconds
NO_SAMPLES = Stability(
    verdict="unknown", because="the file holds no samples", figures=None, causes=()
)


def imported_timing(
    recorded: Recorded,
    *,
    path: str,
    device: str | None,
    kernels: str | None,
    input_shapes: Mapping[str, tuple[int, ...]],
    profile: Profile | None,
    notes: tuple[Note, ...],
) -> Timing:
    """What a file says of a model, with its operators joined to those of the model."""
    warm_up = recorded.warm_up
    return Timing(
        origin=Origin(
            measured="elsewhere",
            tool=recorded.tool,
            machine=None,
            file=path,
            form=recorded.form,
            device=device,
        ),
        kernels=kernels,
        threads=recorded.threads,
        signature=recorded.signature,
        input_shapes=input_shapes,
        initialization_ns=_nanoseconds(recorded.initialization),
        first_invoke_ns=_nanoseconds(recorded.first_invoke),
        warm_up=None if warm_up is None else WarmUp(runs=warm_up.count),
        latency=Latency() if recorded.latency is None else _latency(recorded.latency),
        is_profiled=recorded.is_profiled,
        profile=profile,
        stability=NO_SAMPLES,
        notes=notes,
    )


def profile_of(
    subgraph: Subgraph,
    recorded: Recorded,
    found: RecordedProfile,
    joined: JoinedEvents,
    nested: Mapping[int, JoinedEvents],
) -> Profile:
    """The means of all operators, and what ran beside them."""
    latency = recorded.latency
    is_whole = latency is not None and recorded.is_profiled is True
    invoke = latency.mean if latency is not None and is_whole else joined.seconds
    inside = {(lump.name, lump.index): lump.operators for lump in joined.lumps}
    unread = unread_operators(subgraph, joined.ran)
    accounted = joined.ran.union(unread)
    return Profile(
        statistic="mean",
        runs=found.runs,
        invoke_seconds=invoke,
        is_whole=is_whole,
        operators=_operators(joined),
        unmatched=tuple(
            UnmatchedEvent(
                name=event.name,
                estimate=_estimate(event.seconds, 0.0),
                operators=inside.get((event.name, event.index or 0), ()),
            )
            for event in joined.unmatched
        ),
        fused=tuple(o.index for o in subgraph.operators if o.index not in accounted),
        unread=unread,
        outside_seconds=invoke - joined.placed_seconds,
        nested=tuple(
            NestedTimes(subgraph_index=index, operators=_operators(of_subgraph))
            for index, of_subgraph in nested.items()
        ),
    )


def excess_note(profile: Profile) -> tuple[Note, ...]:
    """A note where the operators take longer than the inferences, more than rounding to whole µs does."""
    parts = len(profile.operators) + len(profile.unmatched)
    if profile.outside_seconds >= -parts * RESOLUTION_NS / NANOSECONDS_PER_SECOND / 2:
        return ()
    operators = profile.invoke_seconds - profile.outside_seconds
    return (
        Note(
            code="operators_exceed_inference",
            text=f"the operators add up to {brief(operators * 1e6, 6)} µs, more than the "
            f"{brief(profile.invoke_seconds * 1e6, 6)} µs of an inference: they overlap or were timed "
            "in other runs too, and the rest outside of them is negative",
        ),
    )


def _operators(joined: JoinedEvents) -> tuple[OperatorTime, ...]:
    return tuple(_operator(index, joined.operators[index]) for index in sorted(joined.operators))


def _operator(index: int, events: Sequence[RecordedEvent]) -> OperatorTime:
    is_delegated = events[0].is_inside
    names = dict.fromkeys(event.name for event in events)
    resolution_ns = RESOLUTION_NS * sum(max(event.calls, 1) for event in events)
    return OperatorTime(
        index=index,
        kernel=" + ".join(names) if is_delegated else BUILTIN,
        is_delegated=is_delegated,
        resolution_ns=resolution_ns,
        estimate=_estimate(sum(event.seconds for event in events), resolution_ns / 1e9),
    )


def _estimate(mean: float, step_seconds: float) -> TimeEstimate:
    """A mean, and how far off it may be for the steps it was counted in; chance is not in the file."""
    return TimeEstimate(
        typical_seconds=mean,
        lower_seconds=max(mean - step_seconds, 0.0),
        upper_seconds=mean + step_seconds,
    )


def _latency(summary: DurationSummary) -> Latency:
    return Latency(
        samples=summary.count,
        runs=summary.count,
        minimum_seconds=summary.minimum,
        p5_seconds=summary.p5,
        median_seconds=summary.median,
        p95_seconds=summary.p95,
        maximum_seconds=summary.maximum,
        mean_seconds=summary.mean,
        std_seconds=summary.std,
        resolution_seconds=summary.resolution,
    )


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * NANOSECONDS_PER_SECOND)
