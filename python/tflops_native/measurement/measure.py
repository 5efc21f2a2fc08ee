"""How a workload is measured: load, allocate, first invoke, warm-up, clean runs, then profiled runs."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from tflops_native.errors import TflopsError
from tflops_native.formatting import seconds
from tflops_native.machine.affinity import pinned
from tflops_native.machine.evidence import Watch
from tflops_native.machine.machine import this_machine
from tflops_native.machine.memory import MemoryWatch
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.notes import Note
from tflops_native.profile.inlined import inline_composites
from tflops_native.profile.profiling import profile_model
from tflops_native.profile.refine import refined
from tflops_native.progress import Progress, early_stop, no_progress
from tflops_native.result import tool_name
from tflops_native.runtime.installed import runtime_notes
from tflops_native.runtime.libraries import NativeRuntime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.sampling import take_samples
from tflops_native.timing.statistics import Latency
from tflops_native.timing.stop_rule import StopRule
from tflops_native.timing.warm_up import warm_up
from tflops_native.workload import Workload

Keep: TypeAlias = Callable[[Timing], None]


def _not_kept(timing: Timing) -> None:
    """For callers that get what is raised."""


def measure_workload(
    workload: Workload,
    options: RunOptions,
    rule: StopRule,
    profile: bool = True,
    isolated_operators: bool | None = None,
    progress: Progress = no_progress,
    keep: Keep = _not_kept,
) -> Timing:
    """Measure a workload in this process.

    Args:
        profile: whether to time each operator too, in runs of their own.
        isolated_operators: whether to time each operator alone, too; None: where whole microseconds are
            too coarse for more than a tenth of the time.
        keep: called with what is finished: the times of the model, then those of the operators too.

    Raises:
        OptionError: a CPU to pin to is not allowed.
        RuntimeLibraryError: the runtime cannot be loaded, or lacks what is asked for.
        InvokeError: the runtime refuses the model, with its own words.

    What is raised while operators are timed has the finished `Timing` as its attribute `timing`.
    """
    with pinned(options.pin):
        return _measure(workload, options, rule, profile, isolated_operators, progress, keep)


def _cut_short(rule: StopRule, samples: int, stop: Stop) -> list[Note]:
    """Of a number of runs that was asked for, and did not fit into the time."""
    wanted = rule.min_runs if rule.runs is None or rule.precision is not None else rule.runs
    if stop.reason != "max_time" or samples >= wanted:
        return []
    text = f"{samples:,} of {wanted:,} runs: --max-time ({seconds(rule.max_seconds)}) was reached before"
    return [Note(code="fewer_runs", text=text, hint="give more time")]


def _measure(
    workload: Workload,
    options: RunOptions,
    rule: StopRule,
    profile: bool,
    isolated_operators: bool | None,
    report: Progress,
    keep: Keep,
) -> Timing:
    # Loaded before memory is looked at: numpy's is not the model's.
    import numpy  # noqa: F401

    report("load", 0.0)
    runtime = open_runtime(options.runtime)
    memory = MemoryWatch()
    session = open_session(workload, options, runtime, memory=memory, progress=report)
    interpreter = session.interpreter
    inputs = fill_inputs(session, options)
    memory.look("filled")
    report("first invoke", 0.0)
    first_invoke_ns = first_invoke(session)
    memory.look("first_invoke")
    report("warm up", 0.0)
    clock = Clock.calibrate()
    warmed_up = warm_up(
        interpreter, clock.invokes_per_sample(interpreter), rule.max_seconds, report
    )
    held = memory.finish()
    # Runs at a rate are runs one by one.
    invokes = 1 if rule.interval else clock.invokes_per_sample(interpreter)
    # Caches and clocks are warm now; what the model remembers of the warm-up is forgotten.
    clean = reset_state(session, options, runtime)
    watch = Watch(threads=options.threads, is_pinned=options.pin is not None)
    samples, stop = take_samples(clean.interpreter, rule, invokes, report, watch.look)
    evidence = watch.finish()
    latency = Latency.of(samples, invokes_per_sample=invokes)
    timing = Timing(
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
        samples_ns=tuple(samples),
        latency=latency,
        stop=stop,
        inputs=inputs,
        stability=judge(samples, evidence, resolution_ns=clock.resolution_ns),
        evidence=evidence,
        memory=held,
        notes=(*_cut_short(rule, len(samples), stop), *runtime_notes(runtime.info)),
    )
    if profile and isinstance(runtime, NativeRuntime) and not early_stop.is_requested:
        keep(timing)
        try:
            report("profile", 0.0)
            profiled = open_session(workload, options, runtime, profile=True)
            fill_inputs(profiled, options)
            operators = profile_model(
                clean.interpreter,
                profiled.interpreter,
                workload.entry.subgraph,
                latency.typical_seconds or 0.0,
                report,
                inline_composites(workload.model, workload.entry.subgraph),
            )
            timing = replace(timing, profile=operators)
            wanted = operators.is_coarse if isolated_operators is None else isolated_operators
            if wanted and not early_stop.is_requested:
                keep(timing)
                operators = refined(operators, clean, runtime, options, rule.max_seconds, report)
                timing = replace(timing, profile=operators)
        except (TflopsError, KeyboardInterrupt) as error:
            error.timing = timing  # type: ignore[union-attr]
            raise
    keep(timing)
    report("done", 1.0)
    return timing
