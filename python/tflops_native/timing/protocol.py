"""How a model is measured: load, allocate, first invoke, warm-up, clean runs, then profiled runs."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tflops_native.model import Model, entry_point
from tflops_native.timing.affinity import pinned
from tflops_native.timing.evidence import Watch
from tflops_native.timing.memory import MemoryWatch
from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.profiling import profile_model
from tflops_native.timing.result import RuntimeInfo, Timing
from tflops_native.timing.runtimes import native, open_runtime
from tflops_native.timing.session import fill_inputs, open_session
from tflops_native.timing.stability import judge
from tflops_native.timing.state import first_invoke, reset_state
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, quantile

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

WARM_UP_SECONDS = 0.3
WARM_UP_RUNS = 100
# Without a number of runs: at least a second, but enough runs for a median, but no more than ten
# seconds for that; and no more samples than a median can use.
MEASURE_SECONDS = 1.0
MEASURE_RUNS = 20
MEASURE_SECONDS_LIMIT = 10.0
MEASURE_SAMPLES_LIMIT = 10_000
# Two clock reads cost some 50 ns: samples of 20 microseconds keep that below a quarter of a percent.
SAMPLE_NS = 20_000
# Between chunks the caller hears of the progress.
CHUNK_SECONDS = 0.2


def measure_model(
    model: Model, options: MeasureOptions, progress: Progress | None = None
) -> Timing:
    """Measure one entry point of a model in this process.

    Raises:
        OptionError: an option is out of range, or a CPU to pin to is not allowed.
        ModelFormatError: there is no such signature.
        ShapeError: an input shape is refused.
        InputDataError: the user's data for an input cannot be read, or does not fit.
        RuntimeLibraryError: the runtime cannot be loaded, or lacks what is asked for.
        InvokeError: the runtime refuses the model, with its own words.
    """
    options.check()
    with pinned(options.pin):
        return _measure(model, options, progress or (lambda what, done: None))


def _measure(model: Model, options: MeasureOptions, report: Progress) -> Timing:
    # Loaded before memory is looked at: numpy's is not the model's.
    import numpy  # noqa: F401

    entry = entry_point(model, options.signature)
    library = open_runtime(options.runtime)
    report("load", 0.0)
    memory = MemoryWatch()
    session = open_session(model, entry, options, library, memory=memory)
    interpreter = session.interpreter
    inputs = fill_inputs(session, options)
    memory.look("filled")
    first_invoke_ns = first_invoke(session)
    memory.look("first_invoke")
    warm_up = _warm_up(interpreter, report)
    held = memory.finish()
    batch = max(1, -(-SAMPLE_NS // max(1, int(quantile(sorted(warm_up), 0.5)))))
    # Caches and clocks are warm now; what the model remembers of the warm-up is forgotten.
    clean = reset_state(session, options, library)
    watch = Watch(threads=options.threads, is_pinned=options.pin is not None)
    samples = _sample(clean.interpreter, options.runs, batch, report, watch.look)
    evidence = watch.finish()
    profile = None
    if options.profile:
        profiled = open_session(model, entry, options, library, profile=True)
        fill_inputs(profiled, options)
        invoke_seconds = quantile(sorted(samples), 0.5) / batch / NANOSECONDS_PER_SECOND
        profile = profile_model(
            clean.interpreter, profiled.interpreter, entry.subgraph, invoke_seconds, report
        )
    resolution_ns = native().clock_resolution_ns()
    report("done", 1.0)
    return Timing(
        runtime=RuntimeInfo(name=options.runtime, version=library.version, library=library.path),
        kernels=options.kernels,
        threads=options.threads,
        signature=entry.signature,
        input_shapes={item.name: session.shapes[item.position] for item in entry.inputs},
        seed=options.seed,
        clock_resolution_ns=resolution_ns,
        load_ns=session.load_ns,
        allocate_ns=session.allocate_ns,
        first_invoke_ns=first_invoke_ns,
        warm_up_ns=tuple(warm_up),
        invokes_per_sample=batch,
        samples_ns=tuple(samples),
        profile=profile,
        inputs=inputs,
        stability=judge(samples, evidence, resolution_ns=resolution_ns),
        evidence=evidence,
        memory=held,
    )


def _warm_up(interpreter: "Interpreter", report: Progress) -> list[int]:
    report("warm up", 0.0)
    return [int(ns) for ns in interpreter.time_invokes(WARM_UP_RUNS, WARM_UP_SECONDS)]


def _sample(
    interpreter: "Interpreter",
    runs: int | None,
    batch: int,
    report: Progress,
    look: Callable[[int], None],
) -> list[int]:
    """Samples of `batch` invokes each, as many as asked for or as the defaults say.

    `look` hears of every few samples that were taken, outside of the timed regions.
    """
    samples: list[int] = []
    start = time.perf_counter()
    while True:
        elapsed = time.perf_counter() - start
        done = _fraction_done(len(samples), elapsed, runs)
        report("measure", done)
        if done >= 1.0:
            return samples
        missing = (MEASURE_SAMPLES_LIMIT if runs is None else runs) - len(samples)
        chunk = interpreter.time_invokes(missing, CHUNK_SECONDS, batch)
        look(len(chunk))
        samples.extend(int(ns) for ns in chunk)


def _fraction_done(samples: int, seconds: float, runs: int | None) -> float:
    if runs is not None:
        return samples / runs
    enough = min(seconds / MEASURE_SECONDS, samples / MEASURE_RUNS)
    return max(enough, seconds / MEASURE_SECONDS_LIMIT, samples / MEASURE_SAMPLES_LIMIT)
