"""Profiled runs that are made up."""

from types import SimpleNamespace

import numpy as np


def runs_of(events, *runs):
    """What the runtime returns: runs are (invoke ns, [(event position, depth, elapsed ns), ...]).

    An event at depth 0 begins where the one before it ended; those of a delegate are reported when the
    next one begins, or 2 us before the run ends.
    """
    flat = [event for _, listed in runs for event in listed]
    offsets = [0]
    for _, listed in runs:
        offsets.append(offsets[-1] + len(listed))
    return SimpleNamespace(
        events=events,
        invoke_ns=np.array([invoke for invoke, _ in runs]),
        event_ids=np.array([event for event, _, _ in flat], dtype=np.int32),
        depths=np.array([depth for _, depth, _ in flat], dtype=np.int32),
        at_ns=np.concatenate([moments(events, *run) for run in runs]),
        elapsed_ns=np.array([elapsed for _, _, elapsed in flat], dtype=np.int64),
        run_offsets=np.array(offsets),
        builtin_resolution_ns=1,
        builtin_own_ns=0.0,
        delegate_resolution_ns=1000,
        delegate_own_ns=0.0,
        is_fixed_sequence=len({tuple(event[:2] for event in listed) for _, listed in runs}) == 1,
    )


def moments(events, invoke_ns, listed):
    times, now = [], 0
    for event, depth, elapsed in listed:
        times.append(invoke_ns - 2000 if events[event][3] else now)
        now += 0 if depth else elapsed
    return np.array(times, dtype=np.int64)
