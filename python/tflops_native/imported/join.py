"""Joins the events of a file to the operators of a model."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from tflops_native.imported.lumps import DelegateLump, lumps_of
from tflops_native.imported.placing import number_of, other_model
from tflops_native.imported.recorded import RecordedEvent
from tflops_native.model.graph import Subgraph
from tflops_native.notes import Note
from tflops_native.profile.join import join_events
from tflops_native.profile.sequences import Event

# Events of delegates are compared with all operators of their partition: up to so many pairs.
_MOST_PAIRS = 400_000
_IN_CYCLES = "Hexagon"

CYCLES = Note(
    code="delegate_in_cycles",
    text="the Hexagon delegate gives its own operators in cycles, not in time: "
    "the delegate counts as a whole",
)


@dataclass(frozen=True, slots=True)
class _Placed:
    """An event at its place in the order of a run; `is_shared` if its time is of several places."""

    event: RecordedEvent
    is_shared: bool


@dataclass(slots=True)
class JoinedEvents:
    """The events of one subgraph by what they belong to; seconds are means per inference.

    operators    operator index -> the events that are its own
    unmatched    events that belong to no certain operator
    lumps        delegates that ran as a whole
    ran          operators that ran, or may have
    seconds      sum of everything that ran
    """

    operators: dict[int, list[RecordedEvent]] = field(default_factory=dict)
    unmatched: list[RecordedEvent] = field(default_factory=list)
    lumps: tuple[DelegateLump, ...] = ()
    ran: set[int] = field(default_factory=set)
    seconds: float = 0.0
    notes: list[Note] = field(default_factory=list)

    @property
    def placed_seconds(self) -> float:
        """Of all operators and of what is unmatched."""
        own = sum(event.seconds for events in self.operators.values() for event in events)
        return own + sum(event.seconds for event in self.unmatched)


def join_recorded(
    subgraph: Subgraph, events: Sequence[RecordedEvent], inside: Sequence[RecordedEvent]
) -> JoinedEvents:
    """Join the events of a subgraph, numbered, and those of its delegates to its operators.

    Raises:
        ProfileFormatError: more ran than the model has.
    """
    count = len(subgraph.operators)
    joined = JoinedEvents()
    delegates = [e for e in events if not e.is_inside and number_of(e) >= count]
    if delegates:
        inside = [*inside, *(event for event in events if event.is_nested)]
        events = [event for event in events if not event.is_nested]
        if any(_IN_CYCLES in event.name for event in delegates):
            if inside:
                joined.notes.append(CYCLES)
            inside = []
    joined.seconds = sum(event.seconds for event in events if event.calls)
    placed, opaque = _order(events, inside, count)
    targets, uncertain = _targets(subgraph, placed, joined)
    unmatched: dict[tuple[str, int], RecordedEvent] = {}
    for item, target in zip(placed, targets, strict=True):
        if not item.event.calls:
            if target is not None:
                uncertain.add(target)
                joined.notes.append(_seldom(item.event, target))
            continue
        if target is not None and not item.is_shared:
            joined.operators.setdefault(target, []).append(item.event)
            continue
        unmatched[item.event.name, number_of(item.event)] = item.event
        if target is not None:
            uncertain.add(target)
    for event in opaque:
        unmatched[event.name, number_of(event)] = event
    joined.unmatched = [*unmatched.values()]
    joined.ran = set(joined.operators) | uncertain
    own = {number_of(e) for e in events if not e.is_inside and number_of(e) < count}
    joined.lumps = lumps_of(subgraph, opaque, own)
    if opaque:
        # What ran inside is not known, or not where: any of what the delegates took may have.
        joined.ran.update(o.index for o in subgraph.operators if o.index not in joined.operators)
    return joined


def _seldom(event: RecordedEvent, target: int) -> Note:
    return Note(
        code="not_in_every_run",
        text=f"operator {target} ({event.name}) did not run in every inference: how often is not in "
        "the file, and its time is left out",
    )


def _targets(
    subgraph: Subgraph, placed: Sequence[_Placed], joined: JoinedEvents
) -> tuple[list[int | None], set[int]]:
    """For each event its operator, None where that is not certain; and operators that may have run."""
    inside = sum(item.event.is_inside for item in placed)
    if inside * len(subgraph.operators) <= _MOST_PAIRS:
        events = [Event(p.event.name, number_of(p.event), p.event.is_inside) for p in placed]
        return join_events(subgraph, events)
    joined.notes.append(
        Note(
            code="delegate_too_large",
            text=f"{inside:,} events of a delegate over {len(subgraph.operators):,} operators: not joined",
        )
    )
    count = len(subgraph.operators)
    nodes = [(item.event.is_inside, number_of(item.event)) for item in placed]
    targets = [None if is_inside or index >= count else index for is_inside, index in nodes]
    return targets, set(range(count)).difference(t for t in targets if t is not None)


def _order(
    events: Sequence[RecordedEvent], inside: Sequence[RecordedEvent], count: int
) -> tuple[list[_Placed], list[RecordedEvent]]:
    """The model's operators and what ran inside of delegates, in order; and what cannot be placed.

    Older versions give each delegate as a node, and all that ran inside in a list of its own.
    """
    is_delegate = [not event.is_inside and number_of(event) >= count for event in events]
    groups = _groups(inside)
    if len(groups) != sum(is_delegate):
        opaque = [event for event, found in zip(events, is_delegate, strict=True) if found]
        groups = [[] for _ in opaque]
    else:
        opaque = []
    placed: list[_Placed] = []
    following = iter(groups)
    for event, found in zip(events, is_delegate, strict=True):
        if found:
            placed += [_Placed(e, e.calls > 1) for e in next(following)]
        else:
            placed.append(_Placed(event, event.is_inside and event.calls > 1))
    return _with_repeated(placed, count), opaque


def _groups(inside: Sequence[RecordedEvent]) -> list[list[RecordedEvent]]:
    """The events of each delegate: each numbers its own from 0 on."""
    groups: list[list[RecordedEvent]] = []
    for event in inside:
        if not groups or number_of(event) <= number_of(groups[-1][-1]):
            groups.append([])
        groups[-1].append(event)
    return groups


def _with_repeated(placed: Sequence[_Placed], count: int) -> list[_Placed]:
    """With events of the same name and number in several delegates put where they are missing.

    The file holds them once, at the first place, with the time of all.

    Raises:
        ProfileFormatError: there are more of them than the model has operators.
    """
    shared: dict[int, list[RecordedEvent]] = {}
    for item in placed:
        if item.is_shared:
            shared.setdefault(number_of(item.event), []).append(item.event)
    # Only where there is no doubt which of them it is.
    alone = sorted(index for index, events in shared.items() if len(events) == 1)
    result: list[_Placed] = []
    expected = added = 0
    for item in placed:
        if item.event.is_inside:
            at = bisect_left(alone, expected)
            while at < len(alone) and alone[at] < number_of(item.event):
                result.append(_Placed(shared[alone[at]][0], True))
                at, added = at + 1, added + 1
                if added > count:
                    raise other_model(
                        f"its delegates ran more operators than this one has, {count}"
                    )
            expected = number_of(item.event) + 1
        else:
            expected = 0
        result.append(item)
    return result
