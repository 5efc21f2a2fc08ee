"""How a model is measured: load, allocate, first invoke, warm-up, clean runs, then profiled runs."""

from tflops_native.machine.affinity import pinned
from tflops_native.machine.evidence import Watch
from tflops_native.machine.memory import MemoryWatch
from tflops_native.model import Model, entry_point
from tflops_native.profile.profiling import profile_model
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.result import Timing
from tflops_native.timing.sampling import Plan, take_samples
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import warm_up


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
    report("load", 0.0)
    runtime = open_runtime(options.runtime)
    memory = MemoryWatch()
    session = open_session(model, entry, options, runtime, memory=memory, progress=report)
    interpreter = session.interpreter
    inputs = fill_inputs(session, options)
    memory.look("filled")
    report("first invoke", 0.0)
    first_invoke_ns = first_invoke(session)
    memory.look("first_invoke")
    report("warm up", 0.0)
    clock, plan = Clock.calibrate(), Plan.of(options)
    warmed_up = warm_up(
        interpreter, clock.invokes_per_sample(interpreter), plan.max_seconds, report
    )
    held = memory.finish()
    # Runs at a rate are runs one by one.
    invokes = 1 if plan.interval_seconds else clock.invokes_per_sample(interpreter)
    # Caches and clocks are warm now; what the model remembers of the warm-up is forgotten.
    clean = reset_state(session, options, runtime)
    watch = Watch(threads=options.threads, is_pinned=options.pin is not None)
    samples, stop = take_samples(clean.interpreter, plan, invokes, report, watch.look)
    evidence = watch.finish()
    latency = Latency.of(samples, invokes_per_sample=invokes)
    profile = None
    if options.profile and runtime.info.is_native:
        report("profile", 0.0)
        profiled = open_session(model, entry, options, runtime, profile=True)
        fill_inputs(profiled, options)
        profile = profile_model(
            clean.interpreter, profiled.interpreter, entry.subgraph, latency.median, report
        )
    report("done", 1.0)
    return Timing(
        runtime=runtime.info,
        kernels=options.kernels,
        delegate=options.delegate,
        threads=options.threads,
        signature=entry.signature,
        input_shapes={item.name: session.shapes[item.position] for item in entry.inputs},
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
        profile=profile,
        inputs=inputs,
        stability=judge(samples, evidence, resolution_ns=clock.resolution_ns),
        evidence=evidence,
        memory=held,
    )
