"""The profiling pass: runs with and without the profiler interleaved, until each operator is known well."""

import math
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from tflops_native.model.graph import Subgraph
from tflops_native.profile.estimate import OF_A_BOUND, TimeEstimate
from tflops_native.profile.inlined import Inlined
from tflops_native.profile.join import JoinedRuns, JoinedTimes, join_runs
from tflops_native.profile.record import RecordedRuns
from tflops_native.profile.recording import record_runs
from tflops_native.profile.result import (
    RELEVANT_SHARE,
    OperatorTime,
    Overhead,
    Profile,
    UnmatchedEvent,
)
from tflops_native.progress import Progress, early_stop
from tflops_native.timing.precision import Stop, next_look
from tflops_native.timing.rounds import Contender, log_ratios, take_round
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND
from tflops_native.timing.unsteady import unsteady_median_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tflops_native._native import Interpreter, ProfiledRuns

PRECISION = 0.03
# Of operators that take little of the time.
MINOR_PRECISION = 0.05
# Both kinds of runs together: at least a second of them, and enough rounds for an interval of the
# profiler's price; at most five seconds, but some rounds in any case.
SECONDS = 1.0
SECONDS_LIMIT = 5.0
ROUNDS = 20
ROUNDS_IN_ANY_CASE = 3
# The extremes of fewer do not hold the median with 95 %: they are on one side of it in 2 of 2^rounds cases.
ROUNDS_OF_INTERVAL = 8
# By how much of itself what the clock takes in the midst of a model differs from what it takes when it is
# read time after time. It is 2 ns more, a tenth, only after operators that push it out of the caches: these
# take so long themselves that it does not matter (docs/operator_times.md).
OWN_ERROR = 0.05
# All samples are kept: no more than a median can use, and no more events than memory should hold.
RUNS_LIMIT = 5_000
EVENTS_LIMIT = 200_000
# These are spread over so many rounds at least, or they would all be of the same tenth of a second: too
# short to see how a machine changes.
ROUNDS_TO_THE_LIMIT = 100


@dataclass(slots=True)
class _Rounds:
    """Interleaved runs without and with the profiler.

    chunks   the profiled runs of each round
    """

    clean: Contender
    profiled: Contender
    chunks: "list[ProfiledRuns]" = field(default_factory=list)

    @classmethod
    def of(cls, clean: "Interpreter", profiled: "Interpreter", invoke_seconds: float) -> "_Rounds":
        chunks: list[ProfiledRuns] = []

        def take(runs: int, seconds: float) -> "NDArray[Any]":
            chunks.append(profiled.profile_invokes(runs, seconds))
            return chunks[-1].invoke_ns

        return cls(
            Contender(clean, clean.time_invokes, invoke_seconds),
            Contender(profiled, take, invoke_seconds),
            chunks,
        )

    @property
    def count(self) -> int:
        return len(self.clean.medians_ns)

    @property
    def runs(self) -> int:
        return sum(len(chunk.invoke_ns) for chunk in self.chunks)

    @property
    def clean_ns(self) -> float:
        """Of an invoke without the profiler."""
        return median(self.clean.medians_ns)

    @property
    def runs_limit(self) -> int:
        events = sum(len(chunk.event_ids) for chunk in self.chunks)
        return min(RUNS_LIMIT, EVENTS_LIMIT * self.runs // events) if events else RUNS_LIMIT

    @property
    def log_ratios(self) -> list[float]:
        """Of the medians with the profiler and without, per round."""
        return log_ratios([self.clean, self.profiled])[0]

    def take(self) -> None:
        """One round."""
        limit = self.runs_limit
        most = min(limit - self.runs, math.ceil(limit / ROUNDS_TO_THE_LIMIT))
        take_round([self.clean, self.profiled], most, SECONDS_LIMIT / ROUNDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileTask:
    """One model of which the operators are to be timed.

    clean            an interpreter without the profiler, already warm
    profiled         another one of the same model and inputs, with the profiler
    invoke_seconds   about how long an invoke takes
    inlined          the subgraph without composites, if it has any
    """

    clean: "Interpreter"
    profiled: "Interpreter"
    subgraph: Subgraph
    invoke_seconds: float
    inlined: Inlined | None = None


def profile_model(
    clean: "Interpreter",
    profiled: "Interpreter",
    subgraph: Subgraph,
    invoke_seconds: float,
    report: Progress,
    inlined: Inlined | None = None,
) -> Profile:
    """Time each operator of a subgraph, and the profiler's price; arguments as in `ProfileTask`."""
    task = ProfileTask(
        clean=clean,
        profiled=profiled,
        subgraph=subgraph,
        invoke_seconds=invoke_seconds,
        inlined=inlined,
    )
    return profile_models([task], report)[0]


def profile_models(tasks: "Sequence[ProfileTask]", report: Progress) -> list[Profile]:
    """Time each operator of several models, whose runs are interleaved."""
    report("profile", 0.0)
    runs = [_Task(task) for task in tasks]
    count = 0
    while waiting := [run for run in runs if run.profile is None]:
        for run in waiting if count % 2 == 0 else reversed(waiting):
            run.take()
        count += 1
        done = sum(run.seconds for run in runs) / SECONDS_LIMIT / len(runs)
        report("profile", min(done, 1.0))
    return [run.profile for run in runs if run.profile is not None]


class _Task:
    """A task on its way: ends at its precision or a bound."""

    def __init__(self, task: ProfileTask) -> None:
        task.profiled.invoke()
        self.rounds = _Rounds.of(task.clean, task.profiled, task.invoke_seconds)
        self.seconds = 0.0
        self.profile: Profile | None = None
        self._subgraph, self._inlined = task.subgraph, task.inlined
        self._look = next_look(0)

    def take(self) -> None:
        """One round; makes the profile if it was the last."""
        start = time.perf_counter()
        self.rounds.take()
        self.seconds += time.perf_counter() - start
        if self.rounds.count < ROUNDS_IN_ANY_CASE:
            return
        is_full = self.rounds.runs >= self.rounds.runs_limit
        is_interrupted = early_stop.is_requested
        is_late = self.seconds >= SECONDS_LIMIT or is_interrupted
        is_enough = self.seconds >= SECONDS and self.rounds.count >= ROUNDS
        if not (is_full or is_late or (is_enough and self.rounds.runs >= self._look)):
            return
        self._look = next_look(self.rounds.runs)
        joined = join_runs(self._subgraph, self.rounds.chunks, self._inlined)
        steady = joined.at_one_speed()
        is_precise, has_minor = _is_precise(steady, self.rounds.clean_ns)
        if is_full or is_late or (is_precise and has_minor):
            reason = "max_time" if is_late else "samples"
            if is_precise or is_interrupted:
                reason = "precision" if is_precise else "interrupted"
            stop = Stop(
                reason=reason,
                precision=PRECISION,
                is_reached=is_precise,
                seconds=self.seconds,
            )
            recorded = record_runs(self._subgraph, self.rounds.chunks, self._inlined)
            ratios = self.rounds.log_ratios
            self.profile = make_profile(joined, ratios, stop, recorded, steady=steady)


def profile_of_runs(subgraph: Subgraph, runs: "ProfiledRuns", clean_median_ns: float) -> Profile:
    """Times of the operators in a fixed number of runs, measured after those without the profiler."""
    import numpy as np

    ratio = float(np.median(runs.invoke_ns)) / max(clean_median_ns, 1.0)
    stop = Stop(
        reason="runs",
        precision=None,
        is_reached=None,
        seconds=float(np.sum(runs.invoke_ns)) / NANOSECONDS_PER_SECOND,
    )
    joined, recorded = join_runs(subgraph, [runs]), record_runs(subgraph, [runs])
    return make_profile(joined, [math.log(max(ratio, 1e-9))], stop, recorded)


def make_profile(
    joined: JoinedRuns,
    log_ratios: list[float],
    stop: Stop,
    recorded: RecordedRuns | None = None,
    *,
    steady: JoinedRuns | None = None,
) -> Profile:
    """The estimates of all that was joined.

    Args:
        log_ratios: per round, of an invoke with the profiler and one without.
        recorded: the runs that are kept as they were.
        steady: the same at one speed, where that is known already.
    """
    steady = steady or joined.at_one_speed()
    operators = tuple(
        OperatorTime(
            index=index,
            kernel=" + ".join(found.names),
            is_delegated=found.is_delegated,
            resolution_ns=_resolution_ns(joined, found),
            estimate=_estimate(steady, steady.operators[index]),
            samples_ns=tuple(found.times.reported_ns.tolist()),
        )
        for index, found in joined.operators.items()
    )
    unmatched = tuple(
        UnmatchedEvent(
            name=found.names[0],
            estimate=steadied.times.estimate(joined.own_ns(found)),
            samples_ns=tuple(found.times.reported_ns.tolist()),
        )
        for found, steadied in zip(joined.unmatched, steady.unmatched, strict=True)
    )
    estimates = [part.estimate for part in operators] + [event.estimate for event in unmatched]
    inside = sum(estimate.typical_seconds for estimate in estimates)
    return Profile.of_runs(
        tuple(joined.invoke_ns.tolist()),
        operators=operators,
        unmatched=unmatched,
        fused=joined.fused,
        unread=joined.unread,
        partitions=joined.partitions,
        outside_seconds=_outside(steady, inside),
        overhead=_overhead(log_ratios, max(joined.builtin.own_ns, joined.delegate.own_ns)),
        stop=stop,
        recorded=recorded,
    )


def _outside(joined: JoinedRuns, inside: float) -> float:
    """Seconds outside of the operators, whose medians are `inside` seconds together."""
    import numpy as np

    found = (*joined.operators.values(), *joined.unmatched)
    outside_ns = joined.invoke_ns - sum(f.times.reported_ns + f.times.likely_cut_ns for f in found)
    own_ns = sum(map(joined.own_ns, found))
    typical = (float(np.median(outside_ns)) + own_ns) / NANOSECONDS_PER_SECOND
    left = float(np.median(joined.invoke_ns)) / NANOSECONDS_PER_SECOND - inside
    return min(typical, max(left, 0.0))


def _overhead(log_ratios: list[float], own_ns: float) -> Overhead:
    import numpy as np

    bounds = (
        None
        if len(log_ratios) < ROUNDS_OF_INTERVAL
        else unsteady_median_bounds(np.array(log_ratios))
    )
    return Overhead(
        relative=math.expm1(float(np.median(log_ratios))),
        lower=None if bounds is None else math.expm1(bounds[0]),
        upper=None if bounds is None else math.expm1(bounds[1]),
        rounds=len(log_ratios),
        empty_operator_ns=own_ns,
    )


def _resolution_ns(joined: JoinedRuns, times: JoinedTimes) -> int:
    clock = joined.clock(times)
    if times.is_delegated and not clock.is_exact:
        return clock.resolution_ns * times.readings
    return clock.resolution_ns


def _estimate(joined: JoinedRuns, times: JoinedTimes) -> TimeEstimate:
    own_ns, clock = joined.own_ns(times), joined.clock(times)
    if clock.is_exact:
        return times.times.estimate(own_ns, OWN_ERROR * own_ns, joined.widening)
    # Both ends of a builtin operator were read in whole steps: its time is right but for less than one.
    return times.times.estimate(own_ns, 0.0 if times.is_delegated else clock.resolution_ns)


def _is_precise(joined: JoinedRuns, clean_ns: float) -> tuple[bool, bool]:
    """Whether further runs are needless for all operators that matter, and for the others.

    Args:
        clean_ns: of an invoke without the profiler.
    """
    import numpy as np

    relevant_ns = RELEVANT_SHARE * clean_ns
    found = {True: True, False: True}
    for part in (*joined.operators.values(), *joined.unmatched):
        times, own_ns = part.times, joined.own_ns(part)
        net_ns = float(np.median(times.reported_ns + times.likely_cut_ns)) - own_ns
        is_relevant = net_ns >= relevant_ns
        if found[is_relevant]:
            precision = PRECISION if is_relevant else _left_to_chance(own_ns, net_ns)
            found[is_relevant] = times.is_precise(precision / joined.widening, own_ns)
    return found[True], found[False]


def _left_to_chance(own_ns: float, net_ns: float) -> float:
    """What the clock's own error leaves of the precision of an operator that takes little of the time.

    All of it where the clock leaves so little that no number of runs would do.
    """
    by_clock = OF_A_BOUND * OWN_ERROR * own_ns / max(net_ns, 1.0)
    left = math.sqrt(max(MINOR_PRECISION**2 - by_clock**2, 0.0))
    return left if left >= MINOR_PRECISION / 4 else MINOR_PRECISION
