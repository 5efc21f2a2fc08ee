"""Keeps a few of the profiled runs, with the start and the duration of every event."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tflops_native.model.graph import Subgraph
from tflops_native.profile.inlined import Inlined
from tflops_native.profile.join import join_composites
from tflops_native.profile.record import Rank, RecordedEvent, RecordedRun, RecordedRuns
from tflops_native.profile.sequences import Event

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns

# A run of more events, as of a loop of many iterations, is not kept: files would grow without bound.
EVENTS_LIMIT = 10_000


def record_runs(
    subgraph: Subgraph, chunks: "Sequence[ProfiledRuns]", inlined: Inlined | None = None
) -> RecordedRuns | None:
    """Those of the profiled runs that are kept; None where all have too many events.

    Args:
        chunks: as they were measured.
        inlined: the subgraph without composites, if it has any.
    """
    places = [(chunk, run) for chunk in chunks for run in range(len(chunk.invoke_ns))]
    order = sorted(range(len(places)), key=lambda i: int(places[i][0].invoke_ns[places[i][1]]))
    found: dict[RecordedEvent, int] = {}
    runs = []
    for rank, position in _ranks(len(order)):
        chunk, run = places[order[position]]
        start, stop = (int(offset) for offset in chunk.run_offsets[run : run + 2])
        if stop - start > EVENTS_LIMIT:
            continue
        depths = chunk.depths[start:stop].tolist()
        events = _events(chunk, start, stop, depths, subgraph, inlined)
        invoke_ns = int(chunk.invoke_ns[run])
        laid = _laid_out(
            depths,
            [event.is_delegated for event in events],
            chunk.at_ns[start:stop].tolist(),
            chunk.elapsed_ns[start:stop].tolist(),
            invoke_ns,
        )
        runs.append(
            RecordedRun(
                rank=rank,
                invoke_ns=invoke_ns,
                events=tuple(found.setdefault(event, len(found)) for event in events),
                depths=tuple(depths),
                starts_ns=tuple(begin for begin, _ in laid),
                durations_ns=tuple(duration for _, duration in laid),
            )
        )
    return RecordedRuns(events=tuple(found), runs=tuple(runs)) if runs else None


def _ranks(count: int) -> Iterator[tuple[Rank, int]]:
    """Ranks and their positions among so many runs; none twice."""
    if count > 1:
        yield "fastest", 0
    if count and count != 2:
        yield "median", (count - 1) // 2
    if count > 1:
        yield "slowest", count - 1


def _events(
    chunk: "ProfiledRuns",
    start: int,
    stop: int,
    depths: Sequence[int],
    subgraph: Subgraph,
    inlined: Inlined | None,
) -> list[RecordedEvent]:
    """What ran in a run, joined to the operators of the model where that is certain."""
    listed = [chunk.events[event] for event in chunk.event_ids[start:stop]]
    outer = [
        position
        for position, (_, _, index, _) in enumerate(listed)
        if index == subgraph.index and depths[position] == 0
    ]
    events = [
        Event(name, operator, is_delegated)
        for name, operator, _, is_delegated in (listed[position] for position in outer)
    ]
    owners = dict(zip(outer, join_composites(subgraph, events, inlined).owners, strict=True))
    return [
        RecordedEvent(
            name=name,
            operator=owners.get(position, None if is_delegated else operator),
            subgraph_index=index,
            is_delegated=is_delegated,
        )
        for position, (name, operator, index, is_delegated) in enumerate(listed)
    ]


def _laid_out(
    depths: Sequence[int],
    is_delegated: Sequence[bool],
    at_ns: Sequence[int],
    elapsed_ns: Sequence[int],
    invoke_ns: int,
) -> list[tuple[int, int]]:
    """Start and duration of each event: nested or apart, within the run."""
    left_ns = _left_in_partition(depths, is_delegated, at_ns, elapsed_ns)
    laid: list[tuple[int, int]] = []
    # By depth: where the next event may start at the earliest, and where it must have ended.
    free, ends = [0], [invoke_ns]
    for position, own_depth in enumerate(depths):
        depth = min(own_depth, len(free) - 1)
        del free[depth + 1 :], ends[depth + 1 :]
        # What is reported together ended with the report.
        start = at_ns[position] - left_ns[position]
        begin = min(max(start, free[depth]), ends[depth])
        duration = max(min(elapsed_ns[position], ends[depth] - begin), 0)
        laid.append((begin, duration))
        free[depth] = begin + duration
        free.append(begin)
        ends.append(begin + duration)
    return laid


def _left_in_partition(
    depths: Sequence[int],
    is_delegated: Sequence[bool],
    at_ns: Sequence[int],
    elapsed_ns: Sequence[int],
) -> list[int]:
    """Of each delegated event the time from its start to the end of its partition; 0 of others."""
    left = [0] * len(depths)
    for position in range(len(depths) - 1, -1, -1):
        if is_delegated[position]:
            later = position + 1
            is_same = (
                later < len(depths)
                and is_delegated[later]
                and (depths[later], at_ns[later]) == (depths[position], at_ns[position])
            )
            left[position] = elapsed_ns[position] + (left[later] if is_same else 0)
    return left
