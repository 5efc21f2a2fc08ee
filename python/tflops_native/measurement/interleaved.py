"""Several contenders measured interleaved: models, or one model with several runtimes or options.

In each block every contender is opened anew, then they take rounds, in both orders. Where a model lies in
memory changes its time by a percent or so for as long as it stays loaded, and what else runs on the machine
changes it for seconds: only ratios of blocks are independent of each other.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from tflops_native.errors import OptionError
from tflops_native.machine.affinity import pinned
from tflops_native.machine.evidence import Watch
from tflops_native.machine.machine import this_machine
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.profile.inlined import inline_composites
from tflops_native.profile.profiling import ProfileTask, profile_models
from tflops_native.progress import Progress, early_stop, no_progress
from tflops_native.result import tool_name
from tflops_native.runtime.installed import runtime_notes
from tflops_native.runtime.libraries import NativeRuntime, Runtime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session, fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from tflops_native.stability import causes
from tflops_native.stability.causes import find_causes
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.ratio import Ratio
from tflops_native.timing.rounds import Contender, log_ratios, take_round
from tflops_native.timing.statistics import Latency
from tflops_native.timing.stop_rule import StopRule
from tflops_native.timing.warm_up import warm_up
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Blocks that there is to be time for, and rounds in one of them: an even number, so that each contender is
# as often first as last. More rounds in a block would tell little more.
BLOCKS = 14
ROUNDS_LIMIT = 10
LEAST_ROUNDS = 2
# Fewer blocks say too little of how much they differ, so that intervals that seem narrow often are not.
LEAST_BLOCKS = 10
# Each look takes more blocks than the one before by this factor: few looks, little peeking.
LOOK_FACTOR = 1.3
# Opening models is not sampling, but it may take no more than this share of the sampling time.
OPENING_SHARE = 3.0

# What goes on beside all contenders. What else explains samples follows from a series of one's own.
_DISTURBANCES = (
    causes.quota_throttled,
    causes.heat_throttled,
    causes.frequency_fell,
    causes.others_run,
    causes.threads_exceed_cpus,
    causes.hypervisor_steals,
    causes.others_load,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaved:
    """What was measured of several contenders.

    timings   in the order asked for; the precision in `stop` is that of the ratios
    ratios    of the time of each but the first to that of the first
    """

    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...]


@dataclass(slots=True)
class _Runner:
    """One contender: what it is, the session that is open, and what was measured so far.

    sessions  the one that is open, or none
    samples   in nanoseconds, each of `invokes` invokes
    opened    per block what loading, allocation and the first invoke took, in nanoseconds
    """

    workload: Workload
    options: RunOptions
    runtime: Runtime
    invokes: int
    sample_seconds: float
    timing: Timing
    sessions: list[Session]
    samples: list[int] = field(default_factory=list)
    opened: list[tuple[int, int, int]] = field(default_factory=list)

    def open(self) -> None:
        """Load the model anew and invoke it once."""
        session = open_session(self.workload, self.options, self.runtime)
        fill_inputs(session, self.options)
        first_ns = first_invoke(session)
        self.opened.append((session.load_ns, session.allocate_ns, first_ns))
        self.sessions.append(reset_state(session, self.options, self.runtime))

    def close(self) -> None:
        """Give back what the session holds."""
        self.sessions.clear()

    def contender(self, rule: StopRule, look: Callable[[int], None]) -> Contender:
        """Of the session that is open, for one block."""
        interpreter = self.sessions[0].interpreter

        def take(count: int, seconds: float) -> "NDArray[Any]":
            taken = interpreter.time_invokes(count, seconds, self.invokes, rule.interval)
            look(len(taken))
            self.samples.extend(taken.tolist())
            return taken / self.invokes

        return Contender(interpreter, take, self.sample_seconds)


def measure_interleaved(
    runs: Sequence[tuple[Workload, RunOptions]],
    rule: StopRule,
    profile: bool = True,
    progress: Progress = no_progress,
) -> Interleaved:
    """Measure two or more contenders in this process.

    Args:
        runs: what each of them is; all are pinned to the same CPUs.
        rule: its precision is that of the ratios, its numbers of samples are those of each contender.
        profile: whether to time each operator too, interleaved as well.

    Raises:
        OptionError: there are not several, or a CPU to pin to is not allowed.
        RuntimeLibraryError: a runtime cannot be loaded, or lacks what is asked for.
        InvokeError: a runtime refuses a model, with its own words.
    """
    if len(runs) < 2:
        raise OptionError(f"a comparison needs two or more contenders, got {len(runs)}")
    with pinned(runs[0][1].pin):
        return _measure(runs, rule, profile, progress)


def _measure(
    runs: Sequence[tuple[Workload, RunOptions]], rule: StopRule, profile: bool, report: Progress
) -> Interleaved:
    clock = Clock.calibrate()
    runners = [_prepare(workload, options, clock, rule, report) for workload, options in runs]
    watch = Watch(
        threads=max(options.threads for _, options in runs), is_pinned=runs[0][1].pin is not None
    )
    ratios, stop = _take_blocks(runners, rule, report, watch.look)
    evidence = watch.finish()
    disturbed = find_causes(evidence, _DISTURBANCES)
    timings = []
    for runner in runners:
        latency = Latency.of(runner.samples, invokes_per_sample=runner.invokes)
        stability = judge(runner.samples, resolution_ns=clock.resolution_ns)
        load_ns, allocate_ns, first_invoke_ns = (
            int(median(found)) for found in zip(*runner.opened, strict=True)
        )
        timings.append(
            replace(
                runner.timing,
                load_ns=load_ns,
                allocate_ns=allocate_ns,
                first_invoke_ns=first_invoke_ns,
                samples_ns=tuple(runner.samples),
                latency=latency,
                stop=stop,
                stability=replace(stability, causes=disturbed),
                evidence=evidence,
            )
        )
    if profile and not early_stop.is_requested:
        timings = _profiled(runners, timings, report)
    report("done", 1.0)
    return Interleaved(timings=tuple(timings), ratios=tuple(map(Ratio.of_blocks, ratios)))


def _prepare(
    workload: Workload, options: RunOptions, clock: Clock, rule: StopRule, report: Progress
) -> _Runner:
    """One contender, once warm: how long it takes to load, and how many invokes a sample is to span."""
    runtime = open_runtime(options.runtime)
    session = open_session(workload, options, runtime, progress=report)
    inputs = fill_inputs(session, options)
    report("first invoke", 0.0)
    first_invoke_ns = first_invoke(session)
    invokes = clock.invokes_per_sample(session.interpreter)
    warmed_up = warm_up(session.interpreter, invokes, rule.max_seconds, report)
    latency = Latency.of(warmed_up.samples_ns, invokes_per_sample=warmed_up.invokes_per_sample)
    if rule.interval:
        invokes = 1
    return _Runner(
        workload=workload,
        options=options,
        runtime=runtime,
        invokes=invokes,
        sample_seconds=(latency.median_seconds or 0.0) * invokes,
        sessions=[session],
        timing=Timing(
            origin=Origin(measured="here", tool=tool_name(), machine=this_machine()),
            runtime=runtime.info,
            kernels=options.kernels,
            delegate=options.delegate,
            threads=options.threads,
            signature=workload.signature,
            input_shapes=workload.shapes_by_name,
            seed=options.seed,
            clock=clock,
            load_ns=session.load_ns,
            allocate_ns=session.allocate_ns,
            first_invoke_ns=first_invoke_ns,
            warm_up=warmed_up,
            invokes_per_sample=invokes,
            latency=latency,
            inputs=inputs,
            stability=judge(()),
            notes=runtime_notes(runtime.info),
        ),
    )


def _take_blocks(
    runners: list[_Runner], rule: StopRule, report: Progress, look: Callable[[int], None]
) -> tuple[list[list[float]], Stop]:
    """Blocks until all ratios are precise enough, or a bound is reached: log ratios per contender."""
    precision = rule.wanted_precision
    found: list[list[float]] = [[] for _ in runners[1:]]
    sampling = opening = 0.0
    next_look = LEAST_BLOCKS
    while True:
        blocks = len(found[0])
        samples = [len(runner.samples) for runner in runners]
        report("measure", rule.fraction_done(min(samples), sampling))
        reason = rule.reason_to_stop(max(samples), sampling) if blocks else None
        if reason is None and opening >= OPENING_SHARE * rule.max_seconds:
            reason = "max_time"
        if reason is None and blocks and early_stop.is_requested:
            reason = "interrupted"
        if reason is None and blocks >= next_look and rule.may_stop(min(samples), sampling):
            next_look = max(blocks + 1, round(LOOK_FACTOR * blocks))
            if precision is not None and _are_precise(found, precision):
                reason = "precision"
        if reason is not None:
            reached = None if precision is None else _are_precise(found, precision)
            stop = Stop(reason=reason, precision=precision, is_reached=reached, seconds=sampling)
            return found, stop
        start = time.perf_counter()
        # All first: memory that one gives back is the first that is taken again, by either of them.
        for runner in runners:
            runner.close()
        for runner in runners if blocks % 2 == 0 else reversed(runners):
            runner.open()
        opening += time.perf_counter() - start
        start = time.perf_counter()
        logs = _take_block(runners, rule, sampling, look)
        sampling += time.perf_counter() - start
        for per_block, of_rounds in zip(found, logs, strict=True):
            per_block.append(float(np.median(of_rounds)))


def _take_block(
    runners: list[_Runner], rule: StopRule, sampling: float, look: Callable[[int], None]
) -> list[list[float]]:
    """An even number of rounds, as many as leave time for enough blocks: log ratios per contender."""
    contenders = [runner.contender(rule, look) for runner in runners]
    start = time.perf_counter()
    share = rule.max_seconds / BLOCKS
    rounds = 0
    while rounds < ROUNDS_LIMIT:
        left = rule.max_samples - max(len(runner.samples) for runner in runners)
        if rounds and left <= 0:
            break
        take_round(contenders, left, share / LEAST_ROUNDS / len(contenders))
        rounds += 1
        seconds = time.perf_counter() - start
        is_late = sampling + seconds >= rule.max_seconds
        if is_late or (rounds >= LEAST_ROUNDS and rounds % 2 == 0 and seconds >= share):
            break
    return log_ratios(contenders)


def _are_precise(found: Sequence[Sequence[float]], precision: float) -> bool:
    for logs in found:
        reached = Ratio.of_blocks(logs).precision
        if len(logs) < LEAST_BLOCKS or reached is None or reached > precision:
            return False
    return True


def _profiled(runners: list[_Runner], timings: list[Timing], report: Progress) -> list[Timing]:
    """With the times of operators, of those whose runtime gives them."""
    tasks, positions = [], []
    for position, runner in enumerate(runners):
        if not isinstance(runner.runtime, NativeRuntime):
            continue
        profiled = open_session(runner.workload, runner.options, runner.runtime, profile=True)
        fill_inputs(profiled, runner.options)
        tasks.append(
            ProfileTask(
                clean=runner.sessions[0].interpreter,
                profiled=profiled.interpreter,
                subgraph=runner.workload.entry.subgraph,
                invoke_seconds=timings[position].latency.typical_seconds or 0.0,
                inlined=inline_composites(runner.workload.model, runner.workload.entry.subgraph),
            )
        )
        positions.append(position)
    result = list(timings)
    for position, profile in zip(positions, profile_models(tasks, report), strict=True):
        result[position] = replace(timings[position], profile=profile)
    return result
