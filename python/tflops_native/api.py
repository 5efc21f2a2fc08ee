"""The functions that most callers need: one pipeline, which the command line calls too."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from tflops_native.analysis.conventions import CONVENTIONS, convention_counts
from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.result import Analysis
from tflops_native.checks import one_of, whole_number
from tflops_native.errors import OptionError, ProfileFormatError, TflopsError
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.model.sources.conversion import ConversionOptions
from tflops_native.notes import Note
from tflops_native.progress import Progress, no_progress
from tflops_native.reports.report import Report
from tflops_native.runtime.options import DEFAULT_RUNTIME, THREADS_LIMIT, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import Inputs, InputShapes, Workload

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.reports.comparison import Comparison
    from tflops_native.reports.memory_plan import MemoryPlan
    from tflops_native.reports.verification import Verification
    from tflops_native.runtime.installed import InstalledRuntimes
    from tflops_native.runtime.shapes import ObservedRun, Shapes

# A model that was loaded, or what `load` takes: a path, bytes, or an object of TensorFlow.
Source: TypeAlias = Model | str | PathLike[str] | bytes | bytearray | memoryview | object
ShapeSource: TypeAlias = Literal["inferred", "runtime"]
PLANNERS = ("tflite", "tflm", "none")


def analyze(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
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
    workload = _workload(model, input_shapes, signature, inputs)
    counting = _Counting(strict, trip_count, shapes)
    return counting.analysis(workload, RunOptions(), isolated, NO_LIMITS, no_progress)


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
        representative=None if representative is None else fspath(representative),
    )
    model = load(source, conversion=options, progress=progress or no_progress)
    if output is not None:
        try:
            Path(output).write_bytes(model.data)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OptionError(f"cannot write {str(output)!r}: {reason}") from error
    return model


def extract(
    model: Source,
    operators: int | Sequence[int],
    *,
    output: str | PathLike[str] | None = None,
    inputs_file: str | PathLike[str] | None = None,
    input_shapes: InputShapes | None = None,
    inputs: Inputs | None = None,
    fill: str = "random",
    seed: int = 0,
    runtime: str = DEFAULT_RUNTIME,
) -> Model:
    """Operators of the main subgraph as a model of their own, with their weights and shapes.

    For bug reports, and to time an operator elsewhere. Needs the extra "extract".

    Args:
        model: as for `analyze`.
        operators: their index in the table of a report, or several: an operator and what is fused into it.
        output: a file to write the model to.
        inputs_file: a .npz file to write what the operators are fed in a run of the model, by name of the
            inputs, usable as data of the extracted model; its inputs then have the shapes of that run.
        input_shapes, inputs, fill, seed, runtime: of that run, as for `measure`.

    Raises:
        OptionError: there is no such operator, it cannot run by itself, the package `flatbuffers` is
            missing, or a file cannot be written.
        ModelFormatError: the model cannot be read, or uses what is newer than the schema.
        InvokeError: the runtime refuses the model.
    """
    from tflops_native.profile.extract import extracted

    workload = _workload(model, input_shapes, None, inputs)
    options = RunOptions(runtime=runtime, kernels="builtin", fill=fill, seed=seed)
    return extracted(
        workload,
        [operators] if isinstance(operators, int) else list(operators),
        options,
        output=None if output is None else Path(output),
        inputs_file=None if inputs_file is None else Path(inputs_file),
    )


def count(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
    isolated: bool = False,
    conventions: Iterable[str] = (),
    valid_taps: bool = False,
    every_signature: bool = False,
) -> tuple[Report, ...]:
    """Reports of what `analyze` counts, without times: one, or one per signature.

    Signatures that run the same subgraph on the same shapes share a report, which names them.

    Args:
        model, input_shapes, signature, inputs, strict, trip_count, shapes, isolated: as for `analyze`.
        conventions: count as these tools do, too: "tflite-converter", "tf-profiler", "fvcore",
            "tflops".
        valid_taps: count MACs without the kernel positions on padding, too.
        every_signature: count each signature of a model that has several, unless `signature` names
            one. Shapes and data belong to the signatures that have an input of that name.

    Raises:
        The same as `analyze`.
    """
    loaded = _loaded(model)
    counting = _Counting(strict, trip_count, shapes)
    names = _conventions(conventions)
    workloads = _workloads(loaded, input_shapes, signature, inputs, every_signature)
    reports = []
    for workload, same in _questions(workloads):
        analysis = counting.analysis(workload, RunOptions(), isolated, NO_LIMITS, no_progress)
        analysis = replace(analysis, same_signatures=same)
        reports.append(_counted(loaded, analysis, names, valid_taps))
    return tuple(reports)


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
            what the interpreter itself needs at the tail; "none": no placement, the arena is what is
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
    workload = _workload(model, input_shapes, signature, inputs)
    analysis = analyze_workload(workload)
    graph = workload.entry.subgraph
    shapes = {**analysis.called_shapes, graph.index: analysis.tensor_shapes}
    if planner == "tflm":
        plan = plan_micro(workload.model, graph, shapes)
    else:
        plan = plan_arenas(workload.model, graph, shapes, threads=threads)
    return memory_plan(workload.model, analysis, plan, planner, threads)


def measure(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    runtime: str = DEFAULT_RUNTIME,
    kernels: str = "xnnpack",
    threads: int = 1,
    delegate: str | None = None,
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
    options = _run_options(runtime, kernels, threads, delegate, delegate_options, pin, fill, seed)
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = _limits(isolated, timeout, memory_limit)
    workload = _workload(model, input_shapes, signature, inputs)
    analysis = analyze_workload(workload)
    return _measure(
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


def compare(
    *contenders: Source | Report,
    profile_files: Sequence[str | PathLike[str]] = (),
    devices: Sequence[str] = (),
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    runtime: str | Sequence[str] = DEFAULT_RUNTIME,
    kernels: str | Sequence[str] = "xnnpack",
    threads: int | Sequence[int] = 1,
    delegate: str | None = None,
    delegate_options: Mapping[str, str] | None = None,
    pin: Sequence[int] | None = None,
    fill: str = "random",
    seed: int = 0,
    runs: int | None = None,
    min_runs: int = 1,
    precision: float | None = None,
    max_time: float | None = None,
    interval: float = 0.0,
    timed: bool = True,
    profile: bool = True,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> "Comparison":
    """Compare models, reports, one model under several options, or logs of several devices.

    Models are measured here, interleaved. Reports that were saved, and logs, are compared as they are.

    Args:
        contenders: two or more models, as `analyze` takes them, reports, or paths of saved ones; or one
            model and several values of `runtime`, `kernels` or `threads`, or several `profile_files`. The
            first is what the others are compared with.
        profile_files: times of the one model from elsewhere, as `report` takes them.
        devices: labels for the devices that `profile_files` are of, one each.
        runtime, kernels, threads: as for `measure`; several of them for one model.
        input_shapes, signature, inputs, delegate, delegate_options, pin, fill, seed, runs, min_runs,
            max_time, interval, isolated, timeout, memory_limit, progress: as for `measure`, of all models.
        precision: stop once all ratios are known to within this fraction.
        timed: whether models are measured; else only their counts are compared.
        profile: whether operators are timed, too.

    Raises:
        OptionError: there are not two contenders, or too many kinds of them.
        TflopsError: as `analyze` and `measure`. Where counting went well, the attribute `comparison` of
            the error holds the counts side by side.
    """
    from tflops_native.reports.comparison import Comparison
    from tflops_native.reports.contenders import logged, refuse_other_kinds, saved_or_none

    refuse_other_kinds(contenders)
    options = [
        _run_options(*chosen, delegate, delegate_options, pin, fill, seed)
        for chosen in product(_several(runtime), _several(kernels), _several(threads))
    ]
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = _limits(isolated, timeout, memory_limit)
    if profile_files or devices:
        _refuse_measuring(options[0], rule, limits)
    # What is a model, and with which options, at its place; reports stand at theirs.
    found = [saved_or_none(contender, signature) for contender in contenders]
    models = [at for at, report in enumerate(found) if report is None]
    if profile_files or devices:
        if len(contenders) != 1 or not models or len(options) > 1:
            raise OptionError(
                f"profiles are compared of one model, got {len(contenders)} contenders: give the model "
                "once, and each profile with --profile"
            )
        workload = _workload(contenders[0], input_shapes, signature, inputs)
        counted = Report.of(workload.model, analyze_workload(workload))
        return Comparison.of(logged(counted, workload, profile_files, devices))
    if len(options) > 1 and len(contenders) > 1:
        raise OptionError(
            f"several options are compared with one model, got {len(options)} combinations of options "
            f"and {len(contenders)} contenders: give one model, or one value of each option"
        )
    if len(contenders) * len(options) < 2:
        raise OptionError(
            "a comparison needs two contenders or more: give a second model or report, or several values "
            "of an option (--runtime tflite,litert)"
        )
    if not models and (given := _measuring_names(options[0], rule, limits)):
        raise OptionError(
            f"{', '.join(given)} cannot be combined with saved reports: they were measured before"
        )
    live: list[tuple[Workload, Analysis, RunOptions]] = []
    sources: list[tuple[str, Report]] = []
    places: list[int] = []
    for contender, report in zip(contenders, found, strict=True):
        if report is not None:
            sources.append((_source_name(contender, report), report))
            continue
        workload = _workload(contender, input_shapes, signature, inputs)
        analysis = analyze_workload(workload)
        for option in options:
            places.append(len(sources))
            live.append((workload, analysis, option))
            counted = Report.of(workload.model, analysis)
            sources.append((_source_name(contender, counted), counted))
    if not live or not timed:
        return Comparison.of(sources)
    try:
        return _compared(sources, places, live, rule, profile, isolated, limits, progress)
    except TflopsError as error:
        error.comparison = Comparison.of(sources)  # what was counted is not lost
        raise


def _compared(
    sources: Sequence[tuple[str, Report]],
    places: Sequence[int],
    live: Sequence[tuple[Workload, Analysis, RunOptions]],
    rule: StopRule,
    profile: bool,
    isolated: bool,
    limits: ChildLimits,
    progress: Progress | None,
) -> "Comparison":
    """With the times of those that are measured here, which stand at `places`: interleaved if several."""
    from tflops_native.measurement.delegation import with_delegation
    from tflops_native.measurement.fit import advised, made_up_values, refuse_empty
    from tflops_native.measurement.interleaved import measure_interleaved
    from tflops_native.measurement.isolated import interleaved_isolated
    from tflops_native.reports.comparison import Comparison

    hear = progress or no_progress
    for workload, analysis, option in live:
        refuse_empty(workload, analysis, option.kernels)
    workload, analysis, option = live[0]
    stop, ratios = None, {}
    if len(live) == 1:
        timings = [
            _measure(workload, analysis, option, rule, profile, None, isolated, limits, hear)
        ]
    else:
        tasks = [(workload, option) for workload, _, option in live]
        with advised(workload, analysis):
            if isolated:
                measured = interleaved_isolated(tasks, rule, profile, hear, limits)
            else:
                measured = measure_interleaved(tasks, rule, profile, hear)
        timings = [
            replace(
                with_delegation(timing, workload, analysis),
                notes=(*made_up_values(analysis, option), *timing.notes),
            )
            for timing, (workload, analysis, option) in zip(measured.timings, live, strict=True)
        ]
        stop = measured.timings[0].stop
        if places[0] == 0:
            # Of the first contender: others that are measured here with a saved one are not interleaved.
            ratios = dict(zip(places[1:], measured.ratios, strict=True))
    made = list(sources)
    for place, timing in zip(places, timings, strict=True):
        source, counted = made[place]
        made[place] = (source, counted.with_parts(timing=timing))
    return Comparison.of(made, [ratios.get(place) for place in range(1, len(made))], stop)


def _several(value: Any) -> Sequence[Any]:
    """The values of an option that may have several."""
    if isinstance(value, str | PathLike) or not isinstance(value, Sequence):
        return [value]
    if not value:
        raise OptionError("an option without any value: leave it out for its default")
    return value


def _source_name(contender: Source | Report, report: Report) -> str:
    if isinstance(contender, str | PathLike):
        return str(contender)
    return report.model.path or report.model.name


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
    delegate: str | None = None,
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
    options = _run_options(runtime, kernels, threads, delegate, delegate_options, pin, fill, seed)
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = _limits(isolated, timeout, memory_limit)
    if profile_file is not None:
        if isolated_operators is not None:
            raise OptionError(
                "isolated_operators cannot be combined with profile_file: the times come from the file"
            )
        _refuse_measuring(options, rule, limits)
    workload = _workload(model, input_shapes, signature, inputs)
    counting = _Counting(strict, trip_count, shapes)
    hear = progress or no_progress
    analysis = counting.analysis(workload, options, isolated, limits, hear)
    counted = _counted(workload.model, analysis, _conventions(conventions), valid_taps)
    try:
        if profile_file is not None:
            from tflops_native.imported.load import load_timing
            from tflops_native.measurement.delegation import with_delegation

            timing = load_timing(profile_file, workload, device=device)
            timing = with_delegation(timing, workload, analysis)
            return _with_recorded_peaks(counted.with_parts(timing=timing), peaks, profile_file)
        timing = _measure(
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
        return _with_recorded_peaks(measured, peaks, None)
    return _with_peaks(measured, peaks, options.threads, isolated, hear)


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
    """Compare the inferred shape of every tensor with the runtime's.

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

    options = _run_options(runtime, "builtin", threads, None, None, None, fill, seed)
    limits = _limits(isolated, timeout, memory_limit)
    loaded = _loaded(model)
    parts = []
    for workload, same in _questions(
        _workloads(loaded, input_shapes, signature, inputs, every_signature=True)
    ):
        analysis = replace(analyze_workload(workload), same_signatures=same)
        hear = progress or no_progress
        try:
            shapes = _runtime_shapes(workload, analysis, options, isolated, limits, hear)
        except TflopsError as error:
            if workload.signature is not None and signature is None:
                error.add_note(f"signature {workload.signature!r}: --signature compares one alone")
            raise
        parts.append(Verification.of(loaded, analysis, shapes))
    return Verification.joined(parts)


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


@dataclass(frozen=True, slots=True)
class _Counting:
    """How to count."""

    strict: bool
    trip_count: int | None
    shapes: ShapeSource

    def __post_init__(self) -> None:
        one_of("shapes", self.shapes, get_args(ShapeSource))
        if self.trip_count is not None:
            whole_number("trip_count", self.trip_count, minimum=0)

    def analysis(
        self,
        workload: Workload,
        options: RunOptions,
        isolated: bool,
        limits: ChildLimits,
        progress: Progress,
    ) -> Analysis:
        """On inferred shapes, or on those of a run."""
        if self.shapes == "inferred":
            return analyze_workload(workload, strict=self.strict, trip_count=self.trip_count)
        # Shapes that do not fit are refused first: the runtime could end the process on them.
        inferred = analyze_workload(workload, trip_count=self.trip_count)
        try:
            run = _observed_run(workload, inferred, options, isolated, limits, progress)
        except TflopsError as error:
            error.report = Report.of(workload.model, inferred, timing_error=str(error))
            raise
        return analyze_workload(
            workload,
            strict=self.strict,
            trip_count=self.trip_count,
            tensor_shapes=run.shapes,
            execution=run.execution,
            unobserved=run.unobserved,
        )


def _loaded(model: Source) -> Model:
    return model if isinstance(model, Model) else load(model)


def _workload(
    model: Source, input_shapes: InputShapes | None, signature: str | None, inputs: Inputs | None
) -> Workload:
    return Workload.resolve(
        _loaded(model), input_shapes=input_shapes, signature=signature, inputs=inputs
    )


def _workloads(
    model: Model,
    input_shapes: InputShapes | None,
    signature: str | None,
    inputs: Inputs | None,
    every_signature: bool,
) -> tuple[Workload, ...]:
    """One workload, or one per signature where none is named."""
    if signature is None and every_signature:
        return Workload.resolve_all(model, input_shapes=input_shapes, inputs=inputs)
    return (_workload(model, input_shapes, signature, inputs),)


def _questions(workloads: Iterable[Workload]) -> Iterator[tuple[Workload, tuple[str, ...]]]:
    """Those that differ in more than their names, each with the signatures that are the same."""
    by_question: dict[Hashable, list[Workload]] = {}
    for workload in workloads:
        by_question.setdefault(workload.question, []).append(workload)
    for first, *others in by_question.values():
        yield first, tuple(other.signature for other in others if other.signature is not None)


def _conventions(names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        names = [names]
    return [one_of("a convention", name, tuple(CONVENTIONS)) for name in names]


def _counted(
    model: Model, analysis: Analysis, conventions: Sequence[str], valid_taps: bool
) -> Report:
    valid = None
    if valid_taps:
        # Imported when used: it knows the rules of all convolutions.
        from tflops_native.analysis.padding import valid_macs

        valid = tuple(map(valid_macs, analysis.operators))
    return Report.of(
        model,
        analysis,
        conventions=tuple(convention_counts(analysis, name, model) for name in conventions),
        valid_macs=valid,
    )


def _run_options(
    runtime: str,
    kernels: str,
    threads: int,
    delegate: str | None,
    delegate_options: Mapping[str, str] | None,
    pin: Sequence[int] | None,
    fill: str,
    seed: int,
) -> RunOptions:
    return RunOptions(
        runtime=runtime,
        kernels=kernels,
        threads=threads,
        delegate=delegate,
        delegate_options=delegate_options or {},
        pin=None if pin is None else tuple(pin),
        fill=fill,
        seed=seed,
    )


def _limits(isolated: bool, timeout: float | None, memory_limit: int | None) -> ChildLimits:
    limits = ChildLimits(timeout_seconds=timeout, memory_bytes=memory_limit)
    if not isolated and limits != NO_LIMITS:
        raise OptionError("timeout and memory_limit need a child process: isolated=True")
    return limits


def _measuring_names(options: RunOptions, rule: StopRule, limits: ChildLimits) -> list[str]:
    """What describes a measurement and is not as it would be without being given."""
    return [
        field.name
        for given in (options, rule, limits)
        for field in fields(given)
        if getattr(given, field.name) != getattr(type(given)(), field.name)
    ]


def _refuse_measuring(options: RunOptions, rule: StopRule, limits: ChildLimits) -> None:
    """Raise where times come from a file, but a measurement is described."""
    if names := _measuring_names(options, rule, limits):
        raise OptionError(
            f"{', '.join(names)} cannot be combined with profile_file: the times come from the file"
        )


def _measure(
    workload: Workload,
    analysis: Analysis,
    options: RunOptions,
    rule: StopRule,
    profile: bool,
    isolated_operators: bool | None,
    isolated: bool,
    limits: ChildLimits,
    progress: Progress,
) -> "Timing":
    from tflops_native.measurement.delegation import with_delegation
    from tflops_native.measurement.fit import advised, made_up_values, refuse_empty
    from tflops_native.measurement.isolated import measure_isolated
    from tflops_native.measurement.measure import measure_workload

    refuse_empty(workload, analysis, options.kernels)
    with advised(workload, analysis, options):
        if isolated:
            timing = measure_isolated(
                workload, options, rule, profile, isolated_operators, progress, limits
            )
        else:
            timing = measure_workload(
                workload, options, rule, profile, isolated_operators, progress
            )
    timing = with_delegation(timing, workload, analysis)
    return replace(timing, notes=(*made_up_values(analysis, options), *timing.notes))


def _runtime_shapes(
    workload: Workload,
    analysis: Analysis,
    options: RunOptions,
    isolated: bool,
    limits: ChildLimits,
    progress: Progress,
) -> "Shapes":
    from tflops_native.measurement.fit import advised
    from tflops_native.measurement.isolated import runtime_shapes_isolated
    from tflops_native.runtime.shapes import runtime_shapes

    with advised(workload, analysis, options):
        if isolated:
            return runtime_shapes_isolated(workload, options, progress, limits)
        return runtime_shapes(workload, options, progress)


def _observed_run(
    workload: Workload,
    analysis: Analysis,
    options: RunOptions,
    isolated: bool,
    limits: ChildLimits,
    progress: Progress,
) -> "ObservedRun":
    from tflops_native.measurement.fit import advised
    from tflops_native.measurement.isolated import observe_run_isolated
    from tflops_native.runtime.shapes import observe_run

    with advised(workload, analysis):
        if isolated:
            return observe_run_isolated(workload, options, progress, limits)
        return observe_run(workload, options, progress)


def _with_recorded_peaks(
    report: Report,
    peaks: "Peaks | str | PathLike[str] | bool",
    profile_file: str | PathLike[str] | None,
) -> Report:
    """A report with peaks that are given, or that the file of its times holds.

    Those of this machine say nothing of times from elsewhere.
    """
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.reports.saved import load_peaks

    threads = None if report.timing is None else report.timing.threads
    if peaks is False or threads is None:
        return report
    if isinstance(peaks, Peaks):
        return report.with_parts(peaks=peaks.of_threads(threads))
    if peaks is not True:
        return report.with_parts(peaks=load_peaks(peaks, threads))
    try:
        return report.with_parts(peaks=load_peaks(profile_file or "-", threads))
    except ProfileFormatError:
        return report  # it holds none


def _with_peaks(
    report: Report, wanted: bool, threads: int, isolated: bool, progress: Progress
) -> Report:
    """A report with the peaks of this machine for as many threads as the model was timed with."""
    from tflops_native.machine.peaks.cache import machine_peaks

    if not wanted:
        return report
    try:
        peaks = machine_peaks([threads], may_exceed=True, isolated=isolated, progress=progress)
    except TflopsError as error:
        return report.with_parts(remarks=(Note(code="no_peaks", text=str(error)),))
    except KeyboardInterrupt as error:
        # The measurement is finished: it is not lost.
        error.report = report  # type: ignore[attr-defined]
        raise
    return report.with_parts(peaks=peaks.of_threads(threads))
