"""Turns the events of profiled runs into times per operator of the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.model import Subgraph
from tflops_native.timing.delegated import match_events
from tflops_native.timing.partition import Partition, partition
from tflops_native.timing.result import OperatorTime, Profile, UnmatchedEvent

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns


DELEGATED_RESOLUTION_NS = 1000
BUILTIN = "builtin"


@dataclass(frozen=True, slots=True)
class Event:
    """One operator that ran, in the order of the run; the index of a delegated one is the delegate's."""

    name: str
    operator_index: int
    is_delegated: bool


@dataclass(slots=True)
class _Sums:
    """Nanoseconds per run of one operator or one unmatched event, and the events that made them."""

    names: list[str]
    is_delegated: bool
    samples_ns: list[int]

    def resolution_ns(self) -> int:
        return DELEGATED_RESOLUTION_NS * len(self.names) if self.is_delegated else 1


def join_profile(subgraph: Subgraph, runs: "ProfiledRuns", clean_median_ns: float) -> Profile:
    """Join the events of all runs to the operators of the subgraph.

    Args:
        clean_median_ns: median of the runs without profiler, in nanoseconds.
    """
    invoke_ns = [int(value) for value in runs.invoke_ns]
    operators: dict[int, _Sums] = {}
    unmatched: dict[tuple[str, int], _Sums] = {}
    ran: set[int] = set()
    uncertain: set[int] = set()
    joined: dict[tuple[Event, ...], list[int | None]] = {}
    for run in range(len(invoke_ns)):
        events, elapsed = _events_of_run(runs, run, subgraph.index)
        key = tuple(events)
        if key not in joined:
            joined[key], unsure = join_events(subgraph, events)
            uncertain |= unsure
        for position, (event, target) in enumerate(zip(events, joined[key], strict=True)):
            if target is None:
                sums = unmatched.setdefault(
                    (event.name, position), _Sums([event.name], True, [0] * len(invoke_ns))
                )
            else:
                ran.add(target)
                sums = operators.setdefault(
                    target, _Sums([], event.is_delegated, [0] * len(invoke_ns))
                )
                name = event.name if event.is_delegated else BUILTIN
                if run == 0 or name not in sums.names:
                    sums.names.append(name)
            sums.samples_ns[run] += elapsed[position]
    ordered = sorted(invoke_ns)
    middle = len(ordered) // 2
    median = (ordered[middle] + ordered[~middle]) / 2
    return Profile(
        invoke_ns=tuple(invoke_ns),
        operators=tuple(
            OperatorTime(
                index=index,
                kernel=" + ".join(dict.fromkeys(operators[index].names)),
                is_delegated=operators[index].is_delegated,
                resolution_ns=operators[index].resolution_ns(),
                samples_ns=tuple(operators[index].samples_ns),
            )
            for index in sorted(operators)
        ),
        unmatched=tuple(
            UnmatchedEvent(name=sums.names[0], samples_ns=tuple(sums.samples_ns))
            for sums in unmatched.values()
        ),
        fused=tuple(
            o.index for o in subgraph.operators if o.index not in ran and o.index not in uncertain
        ),
        overhead=median / clean_median_ns - 1,
    )


def join_events(subgraph: Subgraph, events: Sequence[Event]) -> tuple[list[int | None], set[int]]:
    """For each event of one run the index of its operator, or None where it is not certain.

    Also the operators that may have made one of the events that are joined to none.

    The runtime's own kernels report the operator's index. An operator that never reports itself was
    taken by the delegate; the delegate's events between two reports belong to the partition that
    runs there.
    """
    reported = {event.operator_index for event in events if not event.is_delegated}
    delegated = {o.index for o in subgraph.operators} - reported
    partitions = partition(subgraph, delegated)
    result: list[int | None] = [
        None if event.is_delegated else event.operator_index for event in events
    ]
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
            last = events[start].operator_index
            start += 1
            continue
        stop = start + 1
        while stop < len(events) and events[stop].is_delegated:
            stop += 1
        part = behind.get(last, Partition(True, ()))
        names = [event.name for event in events[start:stop]]
        matches = match_events(part.operators, names)
        for offset, position in enumerate(matches):
            result[start + offset] = None if position is None else part.operators[position].index
        if None in matches:
            matched = set(matches)
            uncertain |= {o.index for i, o in enumerate(part.operators) if i not in matched}
        start = stop
    return result, uncertain


def _events_of_run(
    runs: "ProfiledRuns", run: int, subgraph_index: int
) -> tuple[list[Event], list[int]]:
    """The events of one run that lie in no other event: those inside one are part of its time."""
    first, stop = int(runs.run_offsets[run]), int(runs.run_offsets[run + 1])
    events, elapsed = [], []
    for flat in range(first, stop):
        name, operator_index, subgraph, is_delegated = runs.events[int(runs.event_ids[flat])]
        if int(runs.depths[flat]) == 0 and subgraph == subgraph_index:
            events.append(Event(name, operator_index, is_delegated))
            elapsed.append(int(runs.elapsed_ns[flat]))
    return events, elapsed
