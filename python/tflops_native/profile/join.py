"""Joins the events of profiled runs to the operators of the model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from tflops_native.model.graph import Subgraph
from tflops_native.profile.delegated import match_events, unsure_positions
from tflops_native.profile.elided import rows_in_one, unlikely_events, unread_operators
from tflops_native.profile.estimate import STEP_NS, CutTimes
from tflops_native.profile.inlined import Inlined
from tflops_native.profile.partition import Partition, partitions_that_ran
from tflops_native.profile.result import ProfilePartition
from tflops_native.profile.seams import with_seams
from tflops_native.profile.sequences import Event, runs_by_sequence
from tflops_native.profile.speed import Speed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tflops_native._native import ProfiledRuns

BUILTIN = "builtin"
# Of these the delegate runs a copy for each input or output, times each and reports their sum as one
# (XNNPACK src/subgraph/concatenate.c and even-split.c).
_COPY_PER_INPUT = frozenset({"CONCATENATION", "PACK"})
_COPY_PER_OUTPUT = frozenset({"SPLIT", "UNPACK"})


@dataclass(frozen=True, slots=True)
class EventClock:
    """What timed events: in which step, and how much of each time between two reads is its own."""

    resolution_ns: int = 1
    own_ns: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether nothing was cut off what it read."""
        return self.resolution_ns == 1


@dataclass(slots=True)
class JoinedTimes:
    """What was measured of one operator of the model, or of one unmatched event, in all runs.

    names     of what ran it
    readings  how many times between two reads of the clock each time is the sum of
    """

    is_delegated: bool
    times: CutTimes
    names: list[str] = field(default_factory=list)
    readings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedRuns:
    """The times of one subgraph in all profiled runs.

    operators   by operator index, in the order of the model
    unmatched   events of a delegate that belong to no certain operator
    fused       operators without an event of their own
    unread      operators that did not run: nothing reads what they make
    partitions  those of the first run; none if they are not known
    builtin     the clock of operators that no delegate ran
    delegate    that of the others, and of unmatched events
    widening    by how much intervals of exact times are wider than by chance alone
    """

    invoke_ns: "NDArray[Any]"
    operators: dict[int, JoinedTimes]
    unmatched: list[JoinedTimes]
    fused: tuple[int, ...]
    unread: tuple[int, ...] = ()
    partitions: tuple[ProfilePartition, ...] = ()
    builtin: EventClock = EventClock()
    delegate: EventClock = EventClock(STEP_NS)
    widening: float = 1.0

    def clock(self, times: JoinedTimes) -> EventClock:
        """The one that timed these."""
        return self.delegate if times.is_delegated else self.builtin

    def own_ns(self, times: JoinedTimes) -> float:
        """How much of each of these is the clock's own."""
        return self.clock(times).own_ns * times.readings

    def at_one_speed(self) -> "JoinedRuns":
        """The same as if the machine had kept the speed of its middle.

        Times that were cut stay as they are: they are whole steps, and would not be any more.
        """
        speed = Speed.of(self.invoke_ns)
        if speed is None:
            return self

        def steadied(times: JoinedTimes) -> JoinedTimes:
            if not self.clock(times).is_exact:
                return times
            found = speed.middle(times.times.reported_ns, self.own_ns(times))
            return replace(times, times=replace(times.times, reported_ns=found))

        return replace(
            self,
            invoke_ns=speed.middle(self.invoke_ns),
            widening=speed.widening,
            operators={index: steadied(times) for index, times in self.operators.items()},
            unmatched=list(map(steadied, self.unmatched)),
        )


def join_runs(
    subgraph: Subgraph, chunks: "Sequence[ProfiledRuns]", inlined: Inlined | None = None
) -> JoinedRuns:
    """Join the events of all runs, in chunks as they were measured, to the operators of the subgraph.

    Args:
        inlined: the subgraph without composites, if it has any.
    """
    import numpy as np

    invoke_ns = np.concatenate([chunk.invoke_ns for chunk in chunks])
    found: dict[int | tuple[str, int], JoinedTimes] = {}  # by operator, or by name and position
    uncertain: set[int] = set()
    partitions: tuple[ProfilePartition, ...] = ()
    delegate = _clock((c.delegate_resolution_ns, c.delegate_own_ns) for c in chunks)
    for same in runs_by_sequence(subgraph.index, chunks):
        if 0 in same.runs:
            partitions = _partitions(subgraph, same.events, inlined)
        joined_events = join_composites(subgraph, same.events, inlined)
        targets = joined_events.owners
        uncertain |= joined_events.uncertain
        readings = [
            _readings(joined_events.subgraph, *pair) if pair[0].is_delegated else 1
            for pair in zip(same.events, joined_events.targets, strict=True)
        ]
        likely_cut_ns, most_cut_ns = same.cut_off_ns(
            [
                count if event.is_delegated and not delegate.is_exact else 0
                for event, count in zip(same.events, readings, strict=True)
            ]
        )
        readings_here: dict[int | tuple[str, int], int] = {}
        for position, (event, target) in enumerate(zip(same.events, targets, strict=True)):
            key = (event.name, position) if target is None else target
            if key not in found:
                found[key] = JoinedTimes(event.is_delegated, CutTimes.zero(len(invoke_ns)))
            joined = found[key]
            joined.is_delegated |= event.is_delegated
            joined.times.reported_ns[same.runs] += same.elapsed_ns[:, position]
            joined.times.likely_cut_ns[same.runs] += likely_cut_ns[:, position]
            joined.times.most_cut_ns[same.runs] += most_cut_ns[:, position]
            name = event.name if event.is_delegated or target is None else BUILTIN
            if name not in joined.names:
                joined.names.append(name)
            readings_here[key] = readings_here.get(key, 0) + readings[position]
            joined.readings = max(joined.readings, readings_here[key])
    operators = {key: found[key] for key in sorted(k for k in found if isinstance(k, int))}
    ran = uncertain.union(operators)
    unread = unread_operators(subgraph, ran)
    accounted = ran.union(unread)
    return JoinedRuns(
        invoke_ns=invoke_ns,
        operators=operators,
        unmatched=[times for key, times in found.items() if not isinstance(key, int)],
        fused=tuple(o.index for o in subgraph.operators if o.index not in accounted),
        unread=unread,
        partitions=partitions,
        builtin=_clock((c.builtin_resolution_ns, c.builtin_own_ns) for c in chunks),
        delegate=delegate,
    )


def _clock(of_chunks: Iterable[tuple[int, float]]) -> EventClock:
    """That of all chunks, by the resolution and the own time of each."""
    resolutions, own = zip(*of_chunks, strict=True)
    return EventClock(max(resolutions), median(own))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedEvents:
    """The events of one run joined to a subgraph, or to the same with its composites inlined.

    subgraph   which of them
    targets    for each event the index of its operator there, or None where it is not certain
    owners     the same as indices of the model
    uncertain  operators of the model that may have made one of the events that are joined to none
    """

    subgraph: Subgraph
    targets: Sequence[int | None]
    owners: Sequence[int | None]
    uncertain: set[int]
    is_inlined: bool


def join_composites(
    subgraph: Subgraph, events: Sequence[Event], inlined: Inlined | None
) -> JoinedEvents:
    """As `join_events`, and with composites inlined where that explains more of the events.

    LiteRT inlines composites, TensorFlow Lite runs them as operators; the events do not say which.
    """
    targets, uncertain = join_events(subgraph, events)
    if inlined is not None and None in targets:
        inner, unsure = join_events(inlined.subgraph, inlined.renumbered(events))
        if inner.count(None) < targets.count(None):
            return JoinedEvents(
                subgraph=inlined.subgraph,
                targets=inner,
                owners=[None if target is None else inlined.owners[target] for target in inner],
                uncertain={inlined.owners[index] for index in unsure},
                is_inlined=True,
            )
    return JoinedEvents(
        subgraph=subgraph, targets=targets, owners=targets, uncertain=uncertain, is_inlined=False
    )


def _partitions(
    subgraph: Subgraph, events: Sequence[Event], inlined: Inlined | None
) -> tuple[ProfilePartition, ...]:
    """Those of a run; a composite that is inlined is in each that runs a part of it."""
    if inlined is None or not join_composites(subgraph, events, inlined).is_inlined:
        return with_seams(partitions_that_ran(subgraph, _reported(subgraph, events)) or ())
    graph = inlined.subgraph
    found = partitions_that_ran(graph, _reported(graph, inlined.renumbered(events)))
    return tuple(
        replace(part, operators=tuple(dict.fromkeys(inlined.owners[i] for i in part.operators)))
        for part in with_seams(found or ())
    )


def _reported(subgraph: Subgraph, events: Sequence[Event]) -> list[int]:
    """Operators of the model that the runtime's own kernels ran, in that order."""
    return [
        event.operator_index
        for event in events
        if not event.is_delegated and event.operator_index < len(subgraph.operators)
    ]


def _readings(subgraph: Subgraph, event: Event, target: int | None) -> int:
    """How many times the delegate added to make up the time of one event."""
    if target is None or not event.name.lower().startswith("copy"):
        return 1
    operator = subgraph.operators[target]
    if operator.name in _COPY_PER_INPUT:
        return len(operator.inputs)
    return len(operator.outputs) if operator.name in _COPY_PER_OUTPUT else 1


def join_events(subgraph: Subgraph, events: Sequence[Event]) -> tuple[list[int | None], set[int]]:
    """For each event of one run the index of its operator, or None where it is not certain.

    Also the operators that may have made one of the events that are joined to none.

    The runtime's own kernels report the operator's index. An operator that never reports itself was
    taken by the delegate; the delegate's events between two reports belong to the partition that
    runs there. One that does not time its own operators is reported as a whole, by an index behind
    those of the model: its time belongs to no single operator.
    """
    appended = len(subgraph.operators)
    result: list[int | None] = [
        None if event.is_delegated or event.operator_index >= appended else event.operator_index
        for event in events
    ]
    reported = _reported(subgraph, events)
    delegated = {o.index for o in subgraph.operators}.difference(reported)
    partitions = partitions_that_ran(subgraph, reported)
    if partitions is None:
        return result, delegated
    behind: dict[int | None, Partition] = {}  # last operator reported before it -> partition
    last: int | None = None
    for part in partitions:
        if part.is_delegated:
            behind[last] = part
        else:
            last = part.operators[-1].index
    uncertain: set[int] = set()
    start = 0
    last = None
    while start < len(events):
        if not events[start].is_delegated:
            if result[start] is not None:
                last = result[start]
            start += 1
            continue
        stop = start + 1
        while stop < len(events) and events[stop].is_delegated:
            stop += 1
        part = behind.get(last, Partition(True, ()))
        names = [event.name for event in events[start:stop]]
        matches = match_events(
            part.operators, names, unlikely_events(subgraph, part), rows_in_one(subgraph, part)
        )
        for offset, position in enumerate(matches):
            result[start + offset] = None if position is None else part.operators[position].index
        unsure = unsure_positions(matches, len(part.operators)).difference(
            position for position in matches if position is not None
        )
        uncertain |= {part.operators[position].index for position in unsure}
        start = stop
    if any(not event.is_delegated and event.operator_index >= appended for event in events):
        uncertain |= delegated.difference(target for target in result if target is not None)
    return result, uncertain
