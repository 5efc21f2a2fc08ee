"""Sorts profiled runs by what ran in them, and bounds what was cut off the times of a delegate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.profile.estimate import STEP_NS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tflops_native._native import ProfiledRuns


@dataclass(frozen=True, slots=True)
class Event:
    """One operator that ran, in the order of the run; the index of a delegated one is the delegate's."""

    name: str
    operator_index: int
    is_delegated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SameRuns:
    """All runs in which the same events came in the same order.

    Only events that lie in no other one: those inside are part of its time.

    events       of each run
    runs         which runs these are, [runs]
    elapsed_ns   duration of each event, [runs, events]
    at_ns        when it began; of a delegated one, when its partition was reported, [runs, events]
    """

    events: tuple[Event, ...]
    runs: "NDArray[np.int64]"
    elapsed_ns: "NDArray[np.int64]"
    at_ns: "NDArray[np.int64]"

    def cut_off_ns(self, cuts: Sequence[int]) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """What was cut off each event, most likely and at most, in nanoseconds, [runs, events] each.

        Each cut takes anything below a step with the same likelihood. But the operators of a partition
        follow each other without a gap between the end of what ran before and their report: so all
        cuts together take no more than what their times leave of that.

        Args:
            cuts: how often the times of each event were cut; 0 for those of the runtime itself.
        """
        import numpy as np

        likely, most = np.zeros(self.elapsed_ns.shape), np.zeros(self.elapsed_ns.shape)
        for start, stop in self._partitions():
            count = sum(cuts[start:stop])
            ended = 0 if start == 0 else self.at_ns[:, start - 1] + self.elapsed_ns[:, start - 1]
            taken = self.elapsed_ns[:, start:stop].sum(axis=1)
            left = np.maximum(self.at_ns[:, start] - ended - taken, 0)
            # Of evenly spread cuts that together stay below what is left, this is the mean: exactly
            # where that is below one step, nearly where it is more.
            each = np.minimum(left / (count + 1), STEP_NS / 2)
            for event in range(start, stop):
                likely[:, event] = cuts[event] * each
                most[:, event] = np.minimum(left, cuts[event] * STEP_NS)
        return likely, most

    def _partitions(self) -> Iterator[tuple[int, int]]:
        """Where delegated events begin and end that were reported together."""
        start = 0
        while start < len(self.events):
            stop = start + 1
            if self.events[start].is_delegated:
                while stop < len(self.events) and self.events[stop].is_delegated:
                    stop += 1
                yield start, stop
            start = stop


def runs_by_sequence(subgraph_index: int, chunks: "Sequence[ProfiledRuns]") -> list[SameRuns]:
    """The events of one subgraph in all runs, in chunks as they were measured.

    Mostly there is one sequence; control flow can make runs differ.
    """
    import numpy as np

    blocks: dict[tuple[Event, ...], list[tuple[NDArray[np.int64], ...]]] = {}
    before = 0
    for chunk in chunks:
        for runs in _alike(chunk):
            first, stop = chunk.run_offsets[runs[0]], chunk.run_offsets[runs[0] + 1]
            listed = [chunk.events[event] for event in chunk.event_ids[first:stop]]
            columns = [
                column
                for column, (_, _, subgraph, _) in enumerate(listed)
                if subgraph == subgraph_index and chunk.depths[first + column] == 0
            ]
            events = tuple(Event(n, o, d) for n, o, _, d in (listed[i] for i in columns))
            cells = chunk.run_offsets[runs][:, None] + np.array(columns, dtype=np.int64)
            block = (runs + before, chunk.elapsed_ns[cells], chunk.at_ns[cells])
            blocks.setdefault(events, []).append(block)
        before += len(chunk.invoke_ns)
    return [
        SameRuns(
            events=events,
            runs=np.concatenate([block[0] for block in found]),
            elapsed_ns=np.concatenate([block[1] for block in found]),
            at_ns=np.concatenate([block[2] for block in found]),
        )
        for events, found in blocks.items()
    ]


def _alike(chunk: "ProfiledRuns") -> "list[NDArray[np.int64]]":
    """The runs of a chunk, those with the same events together."""
    import numpy as np

    if chunk.is_fixed_sequence:
        return [np.arange(len(chunk.invoke_ns))]
    found: dict[tuple[bytes, bytes], list[int]] = {}
    for run, (first, stop) in enumerate(
        zip(chunk.run_offsets[:-1], chunk.run_offsets[1:], strict=True)
    ):
        key = (chunk.event_ids[first:stop].tobytes(), chunk.depths[first:stop].tobytes())
        found.setdefault(key, []).append(run)
    return [np.array(runs) for runs in found.values()]
