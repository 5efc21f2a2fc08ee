"""Joins the events of a file to the operators of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.imported.recorded import Recorded, RecordedEvent
from tflops_native.model import Subgraph
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.join import BUILTIN, join_events
from tflops_native.profile.result import OperatorTime, Profile, UnmatchedEvent
from tflops_native.profile.sequences import Event

RESOLUTION_NS = 1000  # benchmark_model counts whole microseconds


@dataclass(frozen=True, slots=True)
class _Placed:
    """An event at its place in the order of a run; `is_shared` if its time is of several places."""

    event: RecordedEvent
    is_shared: bool


def join_recorded(subgraph: Subgraph, recorded: Recorded) -> Profile | None:
    """Time per operator from what a file tells; None if it tells of no operators."""
    if not recorded.events:
        return None
    count = len(subgraph.operators)
    placed, opaque = _order(recorded, count)
    targets, uncertain = join_events(
        subgraph,
        [Event(p.event.name, p.event.index, p.event.is_inside) for p in placed],
    )
    sums: dict[int, list[RecordedEvent]] = {}
    unmatched: dict[tuple[str, int], RecordedEvent] = {}
    for item, target in zip(placed, targets, strict=True):
        if target is not None and not item.is_shared:
            sums.setdefault(target, []).append(item.event)
            continue
        unmatched[item.event.name, item.event.index] = item.event
        if target is not None:
            uncertain.add(target)
    for event in opaque:
        unmatched[event.name, event.index] = event
    ran = set(sums) | uncertain
    if opaque:
        # What ran inside is not told, or not where: any of what the delegates took may have.
        ran.update(o.index for o in subgraph.operators if o.index not in sums)
    latency = recorded.latency
    is_whole = latency is not None and recorded.is_profiled is True
    invoke = sum(event.seconds for event in recorded.events)
    if latency is not None and is_whole:
        invoke = latency.mean
    operators = tuple(_operator_time(index, sums[index]) for index in sorted(sums))
    events = tuple(
        UnmatchedEvent(name=e.name, estimate=_estimate(e.seconds, 0.0)) for e in unmatched.values()
    )
    inside = sum(operator.estimate.typical_seconds for operator in operators)
    inside += sum(event.estimate.typical_seconds for event in events)
    return Profile(
        statistic="mean",
        runs=recorded.profiled_runs,
        invoke_seconds=invoke,
        is_whole=is_whole,
        operators=operators,
        unmatched=events,
        fused=tuple(o.index for o in subgraph.operators if o.index not in ran),
        outside_seconds=invoke - inside,
    )


def _operator_time(index: int, events: Sequence[RecordedEvent]) -> OperatorTime:
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
    """A mean, and how far off it may be for the steps it was counted in; chance is not told."""
    return TimeEstimate(
        typical_seconds=mean,
        lower_seconds=max(mean - step_seconds, 0.0),
        upper_seconds=mean + step_seconds,
    )


def _order(recorded: Recorded, count: int) -> tuple[list[_Placed], list[RecordedEvent]]:
    """The model's operators and what ran inside of delegates, in order; and what cannot be placed.

    Older versions tell of each delegate as a node, and of all that ran inside in a list of its own.
    """
    delegates = [e for e in recorded.events if not e.is_inside and e.index >= count]
    groups = _groups(recorded.inside)
    if len(groups) != len(delegates):
        groups = []
    placed: list[_Placed] = []
    opaque = [] if groups else [*delegates]
    for event in recorded.events:
        if event in delegates:
            if groups:
                placed += [_Placed(e, e.calls > 1) for e in groups[delegates.index(event)]]
        else:
            placed.append(_Placed(event, event.is_inside and event.calls > 1))
    return _with_repeated(placed), opaque


def _groups(inside: Sequence[RecordedEvent]) -> list[list[RecordedEvent]]:
    """The events of each delegate: each numbers its own from 0 on."""
    groups: list[list[RecordedEvent]] = []
    for event in inside:
        if not groups or event.index <= groups[-1][-1].index:
            groups.append([])
        groups[-1].append(event)
    return groups


def _with_repeated(placed: Sequence[_Placed]) -> list[_Placed]:
    """With events of the same name and number in several delegates put where they are missing.

    The file tells of them once, at the first place, with the time of all.
    """
    shared: dict[int, list[RecordedEvent]] = {}
    for item in placed:
        if item.is_shared:
            shared.setdefault(item.event.index, []).append(item.event)
    result: list[_Placed] = []
    expected = 0
    for item in placed:
        if item.event.is_inside:
            missing = (shared.get(index, []) for index in range(expected, item.event.index))
            # Only where there is no doubt which of them it is.
            result += [_Placed(events[0], True) for events in missing if len(events) == 1]
            expected = item.event.index + 1
        else:
            expected = 0
        result.append(item)
    return result
