"""A few profiled runs as they were: every event with its start and its duration."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Rank: TypeAlias = Literal["fastest", "median", "slowest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """What ran: an operator of the model, or a kernel of a delegate.

    name            of the operator, or that which the delegate gives its kernel
    operator        index in the subgraph; None where it is not certain
    subgraph_index  the subgraph that ran it
    """

    name: str
    operator: int | None
    subgraph_index: int
    is_delegated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """One profiled run; an entry per event, in the order in which they began.

    Events are nested or apart: none overlaps another one that it does not hold.

    rank          among all profiled runs
    invoke_ns     duration as a whole
    events        which of `RecordedRuns.events` it is
    depths        number of events around it
    starts_ns     since the start of the run. A delegate reports durations only, after all operators of a
                  partition ran: these are laid one after the other, up to the moment of the report
    durations_ns  as measured; shorter where it would reach beyond the event around it
    """

    rank: Rank
    invoke_ns: int
    events: tuple[int, ...]
    depths: tuple[int, ...]
    starts_ns: tuple[int, ...]
    durations_ns: tuple[int, ...]

    def __post_init__(self) -> None:
        counts = {len(self.events), len(self.depths), len(self.starts_ns), len(self.durations_ns)}
        if len(counts) > 1:
            raise ValueError("events, depths, starts_ns and durations_ns must be equally many")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRuns:
    """The fastest, the median and the slowest profiled run.

    events   of all these runs, each once
    """

    events: tuple[RecordedEvent, ...]
    runs: tuple[RecordedRun, ...]

    def __post_init__(self) -> None:
        known = range(len(self.events))
        if not all(event in known for run in self.runs for event in run.events):
            raise ValueError(f"the events of a run are positions of {len(self.events)} events")
