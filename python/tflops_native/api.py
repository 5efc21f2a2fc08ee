"""The functions that most callers need: one pipeline, which the command line calls too."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING

from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.result import Analysis
from tflops_native.checks import (
    bounded,
    file_path,
    listed,
    one_of,
    whole_number,
    with_checked_arguments,
)
from tflops_native.errors import OptionError, TflopsError
from tflops_native.isolation.limits import NO_LIMITS
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.model.sources.conversion import ConversionOptions
from tflops_native.notes import Note
from tflops_native.pipeline import (
    Counting,
    ShapeSource,
    Source,
    child_limits,
    convention_names,
    counted_report,
    distinct_workloads,
    loaded_model,
    measure_counted,
    observed,
    refuse_measuring,
    resolve_workload,
    resolve_workloads,
    run_options,
    with_peaks,
    with_recorded_peaks,
)
from tflops_native.progress import Progress, no_progress
from tflops_native.reports.report import Report
from tflops_native.runtime.options import DEFAULT_RUNTIME, THREADS_LIMIT, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.whole_files import refuse_source, write_whole
from tflops_native.workload import Inputs, InputShapes

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.reports.memory_plan import MemoryPlan
    from tflops_native.reports.verification import Verification
    from tflops_native.runtime.installed import InstalledRuntimes

PLANNERS = ("tflite", "tflm", "none")


@with_checked_arguments
def analyze(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
    runtime: str = DEFAULT_RUNTIME,
    isolated: bool = False,
) -> Analysis:
    """Count the arithmetic of one inference, without running the model.

    All shapes are inferred from the input shapes; shapes stored in the file are not trusted.

    Args:
        model: a path, the bytes of a model, an object of TensorFlow (a Keras model, a `tf.function`,
            a `tf.Module`, a `TFLiteConverter`), or what `load` or `convert` returned. What is not a
            TensorFlow Lite model is converted in float32.
        input_shapes: input name -> shape, or the shape of the only input. Inputs left out have the
            shape of their data, else that in the file, with 1 for each length that it leaves open.
        signature: key of the signature to analyze; the main subgraph if None.
        inputs: input name -> an array, or the path of a .npy, .npz or .bin file. Sets the
            lengths that the model leaves open, of inputs that are not in `input_shapes`.
        strict: raise if any operator is not counted exactly.
        trip_count: iterations to assume for loops whose count depends on data; 1 if None.
        shapes: "runtime": run the model once, on `inputs` and random ones, and count with the
            shapes, the branches and the iterations of loops that it had, where they depend on data.
        runtime: with `shapes="runtime"`, what to run it with, as for `measure`.
        isolated: with `shapes="runtime"`, run it in a child process, which survives a runtime that
            crashes; else it runs in this process.

    Raises:
        ModelFormatError: the file is not a model, or is damaged, or has no such signature.
        ShapeError: an input shape is refused, or shapes do not fit at an operator.
        InputDataError: data cannot be read, or does not fit an input.
        UnsupportedOperatorError: with `strict`, some operators are not counted exactly.
        RuntimeLibraryError, InvokeError: with `shapes="runtime"`, the model cannot be run.
        OptionError: an option is out of range.
    """
    workload = resolve_workload(model, input_shapes, signature, inputs)
    counting = Counting(strict, trip_count, shapes)
    return counting.analysis(
        workload, counting.run_options(runtime), isolated, NO_LIMITS, no_progress
    )


@with_checked_arguments
def convert(
    source: Source,
    *,
    quantize: str = "none",
    representative: str | PathLike[str] | None = None,
    output: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Model:
    """Convert a model of Keras or TensorFlow to TensorFlow Lite, with the installed TensorFlow.

    Files are converted in a child process, and the result is kept for the next time.

    Args:
        source: a `.keras` or `.h5` file, the folder of a SavedModel, or an object: a Keras model, a
            `tf.function`, a concrete function, a `tf.Module` or a `TFLiteConverter`.
        quantize: "none" (float32), "float16", "dynamic" (int8 weights), "int8" (inputs and outputs too)
            or "int16x8".
        representative: a .npz file with an array for each input, one sample per index of its first
            dimension, for the ranges of "int8" and "int16x8". None: random data, with which times are
            right and results are not.
        output: a file to write the TensorFlow Lite model to.
        progress: called with what is being done and how much of it, 0 to 1.

    Raises:
        ConversionError: TensorFlow is missing, or cannot convert it.
        ModelFormatError: the source cannot be read, or is nothing that can be converted.
        OptionError: an option is out of range, or the file cannot be written.
    """
    options = ConversionOptions(
        quantize=quantize,
        representative=None
        if representative is None
        else str(file_path("representative", representative)),
    )
    path = None if output is None else file_path("the output", output)
    if path is not None and isinstance(source, str | PathLike):
        refuse_source(path, source)
    model = load(source, conversion=options, progress=progress or no_progress)
    if path is not None:
        write_whole(path, model.data)
    return model


@with_checked_arguments
def extract(
    model: Source,
    operators: int | str | Sequence[int],
    *,
    output: str | PathLike[str] | None = None,
    inputs_file: str | PathLike[str] | None = None,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    fill: str = "random",
    seed: int = 0,
    runtime: str = DEFAULT_RUNTIME,
    isolated: bool = False,
    on_note: Callable[[Note], None] | None = None,
) -> Model:
    """Operators as a model of their own, with their weights and shapes, and the subgraphs that they run.

    For bug reports, and to time an operator elsewhere. Needs the extra "extract".

    Args:
        model: as for `analyze`.
        operators: their index in the table of a report, or several: an operator and what is fused into it.
            Or a path as that table shows it: "8/body/3" is operator 3 in the body of the loop that is
            operator 8; "8/body/3-5" are several.
        output: a file to write the model to.
        inputs_file: a .npz file to write what the operators are fed in a run of the model, by name of the
            inputs, usable as data of the extracted model; its inputs then have the shapes of that run.
            Of a subgraph that runs several times it is what they are fed the first time.
        input_shapes, signature, inputs, fill, seed, runtime: of that run, as for `measure`.
        isolated: make that run in a child process, which survives a runtime that crashes.
        on_note: called with what is to be known of `inputs_file`: that it is of the first iteration, or
            made up where the model does not show it.

    Raises:
        OptionError: there is no such operator, it cannot run by itself, the package `flatbuffers` is
            missing, or a file cannot be written.
        ModelFormatError: the model cannot be read, or uses what is newer than the schema.
        InvokeError: the runtime refuses the model.
    """
    from tflops_native.measurement.extract import extracted

    workload = resolve_workload(model, input_shapes, signature, inputs)
    options = RunOptions(runtime=runtime, kernels="builtin", fill=fill, seed=seed)
    if isinstance(operators, int):
        operators = (bounded("the number of an operator", operators),)
    if not isinstance(operators, str):
        given = listed("operators must be numbers, as 4 or (3, 4)", operators)
        numbers = [whole_number("the number of an operator", item, minimum=0) for item in given]
        operators = ",".join(map(str, numbers))
    path = None if output is None else file_path("the output", output)
    inputs_path = None if inputs_file is None else file_path("inputs_file", inputs_file)
    for written in filter(None, (path, inputs_path)):
        refuse_source(written, workload.model.source.path)
    return extracted(
        workload,
        operators,
        options,
        output=path,
        inputs_file=inputs_path,
        isolated=isolated,
        note=on_note or (lambda note: None),
    )


@with_checked_arguments
def count(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
    runtime: str = DEFAULT_RUNTIME,
    isolated: bool = False,
    conventions: Iterable[str] = (),
    valid_taps: bool = False,
    every_signature: bool = False,
) -> tuple[Report, ...]:
    """Reports of what `analyze` counts, without times: one, or one per signature.

    Signatures that run the same subgraph on the same shapes share a report, which names them.

    Args:
        model, input_shapes, signature, inputs, strict, trip_count, shapes, runtime, isolated: as for
            `analyze`.
        conventions: count as these tools do, too: "tflite-converter", "tf-profiler", "fvcore",
            "tflops".
        valid_taps: count MACs without the kernel positions on padding, too.
        every_signature: count each signature of a model that has several, unless `signature` names
            one. Shapes and data belong to the signatures that have an input of that name.

    Raises:
        The same as `analyze`.
    """
    loaded = loaded_model(model)
    counting = Counting(strict, trip_count, shapes)
    options = counting.run_options(runtime)
    names = convention_names(conventions)
    workloads = resolve_workloads(loaded, input_shapes, signature, inputs, every_signature)
    reports = []
    for workload, same in distinct_workloads(workloads):
        analysis = counting.analysis(workload, options, isolated, NO_LIMITS, no_progress)
        analysis = replace(analysis, same_signatures=same)
        reports.append(counted_report(loaded, analysis, names, valid_taps))
    return tuple(reports)


@with_checked_arguments
def memory(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    planner: str = PLANNERS[0],
    threads: int = 1,
) -> "MemoryPlan":
    """Plan the memory of one inference: the arena with each tensor's place, state, weights, the peak.

    Args:
        model, input_shapes, signature, inputs: as for `analyze`.
        planner: "tflite": as TensorFlow Lite 2.17.1 with its builtin kernels, their scratch tensors
            included; "tflm": as TensorFlow Lite for Microcontrollers with its reference kernels, without
            what the interpreter itself needs at the tail, and with the shapes that the file records
            unless others are asked for; "none": no placement, the arena is what is
            alive at once.
        threads: threads of the kernels, 1 to 1,024.

    Raises:
        ModelFormatError, ShapeError, InputDataError: as `analyze`.
        OptionError: an option is out of range.
        RuntimeLibraryError: the compiled part is missing.
    """
    from tflops_native.arenas.micro_planner import plan_micro
    from tflops_native.arenas.tflite_planner import plan_arenas
    from tflops_native.reports.memory_plan import memory_plan

    one_of("a planner", planner, PLANNERS)
    whole_number("threads", threads, minimum=1, maximum=THREADS_LIMIT)
    workload = resolve_workload(model, input_shapes, signature, inputs)
    analysis = analyze_workload(workload)
    graph = workload.entry.subgraph
    shapes = {**analysis.called_shapes, graph.index: analysis.tensor_shapes}
    if planner == "tflm":
        # That interpreter computes no shapes: it takes those of the file.
        is_as_recorded = all(
            workload.shapes[item.position] == item.tensor.shape for item in workload.entry.inputs
        )
        plan = plan_micro(workload.model, graph, {} if is_as_recorded else shapes)
    else:
        plan = plan_arenas(workload.model, graph, shapes, threads=threads)
    return memory_plan(workload.model, analysis, plan, planner, threads)


@with_checked_arguments
def measure(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    runtime: str = DEFAULT_RUNTIME,
    kernels: str = "xnnpack",
    threads: int = 1,
    delegate: str | PathLike[str] | None = None,
    delegate_options: Mapping[str, str] | None = None,
    pin: Sequence[int] | None = None,
    fill: str = "random",
    seed: int = 0,
    runs: int | None = None,
    min_runs: int = 1,
    precision: float | None = None,
    max_time: float | None = None,
    interval: float = 0.0,
    profile: bool = True,
    isolated_operators: bool | None = None,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> "Timing":
    """Time inferences natively, on random inputs if no others are given.

    The shapes are inferred first: given shapes that do not fit, XNNPACK can end the process.

    Args:
        model, input_shapes, signature, inputs: as for `analyze`.
        runtime: "tflite" for the library that the package carries, "litert" for that of the package
            ai-edge-litert, "litert-lm" for the TensorFlow Lite that the package litert-lm-api carries,
            "tensorflow" for TensorFlow's Python interpreter, or the path of a library of one of the
            first two kinds.
        kernels: "xnnpack": the XNNPACK delegate takes the operators it knows; "builtin": the
            runtime's own kernels only; "reference": its plain ones, with LiteRT and TensorFlow only.
        threads: threads of the runtime, 1 to 1,024.
        delegate: path of the library of an external delegate of TensorFlow Lite, which takes
            operators before the kernels do.
        delegate_options: its options, key -> value.
        pin: CPUs that all threads of the runtime may use; None leaves it to the system.
        fill: what inputs without data hold: "random" or "zeros".
        seed: of the random inputs, 0 or more.
        runs: number of samples, or the maximum if `precision` is given too.
        min_runs: minimum number of samples.
        precision: stop once the median is known to within this fraction of itself, at 95 %
            confidence; 0.01 if None and `runs` is None.
        max_time: maximum sampling time in seconds; 10 if None, unlimited if only `runs` is given.
        interval: start one inference every `interval` seconds, for models that run at a rate.
        profile: whether to time each operator too, in runs of their own.
        isolated_operators: whether to time each operator alone, too, cut out of the model. None: where
            whole microseconds are all that is known, and too coarse: where more than a tenth of the
            time is in operators known to worse than 10 %. Takes `max_time` at most.
        isolated: measure in a child process, which survives a runtime that crashes.
        timeout: seconds after which the child is ended, with `isolated` only. None: on Linux, and without
            a delegate, once it has reported nothing and used no processor time for five minutes.
        memory_limit: bytes that the runtime and the model may allocate in the child, with `isolated`
            and on Linux only; None for no limit.
        progress: called now and then with what is being done and how much of it, 0 to 1.

    Raises:
        ModelFormatError: the file is not a model, or is damaged, or has no such signature.
        ShapeError: an input shape is refused, or shapes do not fit at an operator.
        InputDataError: data cannot be read, or does not fit an input.
        RuntimeLibraryError: the runtime cannot be loaded.
        InvokeError: the runtime refuses the model or fails, or reaches a limit; the message holds its
            own words.
        OptionError: an option is out of range, or a CPU to pin to is not allowed.
    """
    options = run_options(runtime, kernels, threads, delegate, delegate_options, pin, fill, seed)
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = child_limits(isolated, timeout, memory_limit)
    workload = resolve_workload(model, input_shapes, signature, inputs)
    analysis = analyze_workload(workload)
    return measure_counted(
        workload,
        analysis,
        options,
        rule,
        profile,
        isolated_operators,
        isolated,
        limits,
        progress or no_progress,
    )


@with_checked_arguments
def report(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
    conventions: Iterable[str] = (),
    valid_taps: bool = False,
    profile_file: str | PathLike[str] | None = None,
    device: str | None = None,
    peaks: "Peaks | str | PathLike[str] | bool" = True,
    runtime: str = DEFAULT_RUNTIME,
    kernels: str = "xnnpack",
    threads: int = 1,
    delegate: str | PathLike[str] | None = None,
    delegate_options: Mapping[str, str] | None = None,
    pin: Sequence[int] | None = None,
    fill: str = "random",
    seed: int = 0,
    runs: int | None = None,
    min_runs: int = 1,
    precision: float | None = None,
    max_time: float | None = None,
    interval: float = 0.0,
    profile: bool = True,
    isolated_operators: bool | None = None,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Count and time, joined per operator.

    The result shows itself as a table in a notebook; `print(report)` gives text.

    Args:
        model, input_shapes, signature, inputs, strict, trip_count, shapes: as for `analyze`.
        conventions, valid_taps: as for `count`.
        profile_file: take the times from this file instead of measuring: the log or the CSV file of
            TensorFlow Lite's `benchmark_model`, the JSON of `litert-benchmark` or of `tflops-timer`.
        device: a label for the device that the times in `profile_file` are of.
        peaks: for the roofline. True: those of this machine that were measured before; where there are
            none for so many threads, they are measured after the model, in two seconds. With
            `profile_file`, those that the file itself holds, if any. A path: the file that `tflops
            peaks -o` or `tflops-timer --peaks` wrote on the device. False: none.
        runtime, kernels, threads, delegate, delegate_options, pin, fill, seed, runs, min_runs,
            precision, max_time, interval, profile, isolated_operators, isolated, timeout, memory_limit,
            progress: as for `measure`.

    Raises:
        ProfileFormatError: the file cannot be read, or belongs to another model.
        OptionError: also where both a file and options of a measurement are given.
        TflopsError: as `analyze` and `measure`. Where counting went well, the attribute `report` of
            the error holds the report with what is finished.
    """
    options = run_options(runtime, kernels, threads, delegate, delegate_options, pin, fill, seed)
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = child_limits(isolated, timeout, memory_limit)
    if profile_file is not None:
        if isolated_operators is not None:
            raise OptionError(
                "isolated_operators cannot be combined with profile_file: the times come from the file"
            )
        refuse_measuring(options, rule, limits)
    workload = resolve_workload(model, input_shapes, signature, inputs)
    counting = Counting(strict, trip_count, shapes)
    hear = progress or no_progress
    analysis = counting.analysis(workload, options, isolated, limits, hear)
    counted = counted_report(workload.model, analysis, convention_names(conventions), valid_taps)
    try:
        if profile_file is not None:
            from tflops_native.imported.load import load_timing
            from tflops_native.measurement.delegation import with_delegation

            timing = load_timing(profile_file, workload, device=device)
            timing = with_delegation(timing, workload, analysis)
            return with_recorded_peaks(counted.with_parts(timing=timing), peaks, profile_file)
        timing = measure_counted(
            workload,
            analysis,
            options,
            rule,
            profile,
            isolated_operators,
            isolated,
            limits,
            hear,
        )
    except TflopsError as error:
        # What was counted is not lost because there are no times, nor these without those of operators.
        error.report = counted.with_parts(timing=error.timing, timing_error=str(error))
        raise
    except KeyboardInterrupt as error:
        if (finished := getattr(error, "timing", None)) is not None:
            error.report = counted.with_parts(timing=finished)  # type: ignore[attr-defined]
        raise
    measured = counted.with_parts(timing=timing)
    if not isinstance(peaks, bool):
        return with_recorded_peaks(measured, peaks, None)
    return with_peaks(measured, peaks, options.threads, isolated, hear)


@with_checked_arguments
def verify(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    runtime: str = DEFAULT_RUNTIME,
    threads: int = 1,
    fill: str = "random",
    seed: int = 0,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> "Verification":
    """Compare the inferred shape of every tensor with the runtime's, and its planned place in memory.

    Memory is compared with TensorFlow Lite 2.17 and its builtin kernels, which `memory` plans.

    Args:
        model, input_shapes, inputs: as for `analyze`; shapes and data belong to the signatures that have
            an input of that name.
        signature: key of the signature to compare; all of the model if None. Signatures that run the
            same subgraph on the same shapes are compared once.
        runtime, threads, fill, seed, isolated, timeout, memory_limit, progress: as for `measure`.

    Raises:
        The same as `measure`.
    """
    from tflops_native.reports.verification import Verification
    from tflops_native.runtime.shapes import observe_tensors

    options = run_options(runtime, "builtin", threads, None, None, None, fill, seed)
    limits = child_limits(isolated, timeout, memory_limit)
    loaded = loaded_model(model)
    parts = []
    for workload, same in distinct_workloads(
        resolve_workloads(loaded, input_shapes, signature, inputs, every_signature=True)
    ):
        analysis = replace(analyze_workload(workload), same_signatures=same)
        hear = progress or no_progress
        try:
            run = observed(observe_tensors, workload, analysis, options, isolated, limits, hear)
        except TflopsError as error:
            if workload.signature is not None and signature is None:
                error.add_note(f"signature {workload.signature!r}: --signature compares one alone")
            raise
        parts.append(Verification.of(loaded, analysis, run, threads))
    return Verification.joined(parts)


@with_checked_arguments
def peaks(
    threads: int | None = None,
    *,
    force: bool = False,
    isolated: bool = False,
    progress: Progress | None = None,
) -> "Peaks":
    """What this machine can do at most: arithmetic per second, and bytes per second by level of memory.

    Kept in the user's cache folder, so that a machine is measured once.

    Args:
        threads: measure this number only; 1 to all CPUs if None, from eight on powers of two.
        force: measure again.
        isolated: measure in a child process.
        progress: as for `measure`.

    Raises:
        OptionError: the machine has fewer CPUs.
        RuntimeLibraryError: the compiled part is missing.
        InvokeError: isolated, the child process ended without a result.
    """
    from tflops_native.machine.peaks.cache import machine_peaks

    counts = None if threads is None else [threads]
    return machine_peaks(counts, force=force, isolated=isolated, progress=progress or no_progress)


@with_checked_arguments
def runtimes(*, isolated: bool = False) -> "InstalledRuntimes":
    """The runtimes that are installed, and what each can do.

    Args:
        isolated: open them in a child process, which survives a library that crashes; else they stay
            loaded until this process ends.
    """
    from tflops_native.isolation.isolated import run_isolated
    from tflops_native.runtime.installed import installed_runtimes

    if isolated:
        return run_isolated(installed_runtimes, progress=no_progress, limits=NO_LIMITS)
    return installed_runtimes()
