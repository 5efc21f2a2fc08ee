"""The functions that most callers need. Arguments are shared: see `analyze` and `measure`."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, TypeAlias, Unpack

from tflops_native.analysis import Analysis, analyze_model
from tflops_native.errors import OptionError
from tflops_native.imported import load_timing
from tflops_native.isolation.isolation import measure_isolated
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.machine.machine import this_machine
from tflops_native.machine.peaks.cache import MeasurePeaks, machine_peaks
from tflops_native.machine.peaks.child import measure_thread_peaks_isolated
from tflops_native.machine.peaks.peaks import Peaks
from tflops_native.machine.peaks.trials import measure_thread_peaks
from tflops_native.measurement import measure_model
from tflops_native.model import Model, load
from tflops_native.reports.joined import Report
from tflops_native.runtime.inputs import InputData
from tflops_native.runtime.session import with_given_shapes
from tflops_native.runtime.shapes import runtime_shapes
from tflops_native.timing.comparison import Comparison, compare_model
from tflops_native.timing.options import MeasureKeywords, MeasureOptions, Progress
from tflops_native.timing.result import Timing

Source: TypeAlias = Model | str | PathLike[str] | bytes | bytearray | memoryview
InputShapes: TypeAlias = Mapping[str, Sequence[int]]
Inputs: TypeAlias = Mapping[str, InputData]
ShapeSource: TypeAlias = Literal["inferred", "runtime"]


def analyze(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    shapes: ShapeSource = "inferred",
    inputs: Inputs | None = None,
) -> Analysis:
    """Count the arithmetic of one inference, without running the model.

    All shapes are inferred from the input shapes on; shapes stored in the file are not believed.

    Args:
        model: a path, the bytes of a model, or what `load` returned.
        input_shapes: input name -> shape. Inputs left out have the shape in the file, with 1 for
            each length that it leaves open. The empty name stands for the only input.
        signature: key of the signature to analyse; the main subgraph if None.
        strict: raise if any operator is not counted exactly.
        trip_count: turns of loops whose number only data decides; one is counted if None.
        shapes: "runtime": run the model once, on `inputs` and random ones, and count with the
            shapes it had, for models whose shapes depend on data.
        inputs: input name -> an array, or the path of a .npy, .npz or .bin file. Sets the
            lengths that the model leaves open, of inputs that are not in `input_shapes`.

    Raises:
        ModelFormatError: the file is no model, or is damaged, or has no such signature.
        ShapeError: an input shape is refused, or shapes do not fit at an operator.
        InputDataError: data cannot be read, or does not fit an input.
        UnsupportedOperatorError: with `strict`, some operators are not counted exactly.
        RuntimeLibraryError, InvokeError: with `shapes="runtime"`, the model cannot be run.
        OptionError: an option is out of range, or a CPU to pin to is not allowed.
    """
    loaded = _loaded(model)
    if shapes not in ("inferred", "runtime"):
        raise ValueError(f"shapes must be 'inferred' or 'runtime', not {shapes!r}")
    options = MeasureOptions(
        input_shapes=input_shapes or {}, signature=signature, inputs=inputs or {}
    )
    options = with_given_shapes(loaded, options)
    input_shapes = options.input_shapes
    tensor_shapes = None
    if shapes == "runtime":
        # Shapes that do not fit are refused first: the runtime could end the process on them.
        analyze_model(loaded, input_shapes=input_shapes, signature=signature)
        tensor_shapes = runtime_shapes(loaded, options)
    return analyze_model(
        loaded,
        input_shapes=input_shapes,
        signature=signature,
        strict=strict,
        trip_count=trip_count,
        tensor_shapes=tensor_shapes,
    )


def measure(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    **options: Unpack[MeasureKeywords],
) -> Timing:
    """Time inferences natively, on random inputs if no others are given.

    The shapes are inferred first: given shapes that do not fit, XNNPACK can end the process.

    Args:
        model, input_shapes, signature: as for `analyze`.
        isolated: measure in a child process, which survives a runtime that crashes. The model must
            be a file then.
        timeout: seconds after which the child is ended, with `isolated` only; None for no limit.
        memory_limit: bytes that the runtime and the model may allocate in the child, with `isolated`
            and on Linux only; None for no limit.
        progress: called now and then with what is being done and how much of it, 0 to 1.
        options: the further fields of `MeasureOptions`, which says what they mean.

    Raises:
        ModelFormatError: the file is no model, or is damaged, or has no such signature.
        ShapeError: an input shape is refused, or shapes do not fit at an operator.
        InputDataError: data cannot be read, or does not fit an input.
        RuntimeLibraryError: the runtime cannot be loaded.
        InvokeError: the runtime refuses the model or fails, or reaches a limit; the message holds its
            own words.
        OptionError: an option is out of range, or a CPU to pin to is not allowed.
    """
    limits = ChildLimits(timeout_seconds=timeout, memory_bytes=memory_limit)
    if not isolated and limits != NO_LIMITS:
        raise OptionError("timeout and memory_limit need a child process: isolated=True")
    chosen = MeasureOptions(input_shapes=input_shapes or {}, signature=signature, **options)
    loaded = _loaded(model)
    chosen = with_given_shapes(loaded, chosen)
    analyze_model(loaded, input_shapes=chosen.input_shapes, signature=signature)
    if not isolated:
        return measure_model(loaded, chosen, progress)
    if loaded.path is None:
        raise ValueError("only a model file can be measured in a child process, not bytes")
    return measure_isolated(loaded.path, chosen, progress, limits)


def compare(
    model: Source,
    runtimes: Sequence[str],
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    progress: Progress | None = None,
    **options: Unpack[MeasureKeywords],
) -> Comparison:
    """Time inferences with several runtimes in turns, in this process.

    Args:
        runtimes: two or more, as `runtime` of `measure`; the times of the others are given as
            multiples of those of the first.
        model, input_shapes, signature, progress, options: as for `measure`.

    Raises:
        The same as `measure`.
    """
    if "runtime" in options:
        raise OptionError("the runtimes of a comparison are given by `runtimes`, not by `runtime`")
    options["runtime"] = ",".join(runtimes)
    chosen = MeasureOptions(input_shapes=input_shapes or {}, signature=signature, **options)
    loaded = _loaded(model)
    chosen = with_given_shapes(loaded, chosen)
    analyze_model(loaded, input_shapes=chosen.input_shapes, signature=signature)
    return compare_model(loaded, chosen, progress)


def report(
    model: Source,
    *,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    strict: bool = False,
    trip_count: int | None = None,
    profile_file: str | PathLike[str] | None = None,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    peaks: Peaks | bool = True,
    progress: Progress | None = None,
    **options: Unpack[MeasureKeywords],
) -> Report:
    """Count and time, joined per operator. Arguments and errors as `analyze` and `measure`.

    The result shows itself as a table in a notebook; `print(report)` gives text.

    Args:
        profile_file: take the times from this file instead of measuring: the log, the CSV file or a
            protocol buffer of TensorFlow Lite's `benchmark_model`, the JSON of `litert-benchmark` or
            of `tflops-timer`.
        peaks: of this machine, for the roofline. True: those measured before; where there are none
            for so many threads, they are measured after the model, in two seconds.

    Raises:
        ProfileFormatError: the file cannot be read, or belongs to another model.
        ValueError: moreover, where both a file and options of a measurement are given.
    """
    limits = {"timeout": timeout, "memory_limit": memory_limit}
    given = [*options, *(name for name, value in limits.items() if value is not None)]
    if profile_file is not None and given:
        raise ValueError(
            f"{', '.join(given)}: options of a measurement, but profile_file takes times from a file"
        )
    loaded = _loaded(model)
    analysis = analyze(
        loaded,
        input_shapes=input_shapes,
        signature=signature,
        strict=strict,
        trip_count=trip_count,
        inputs=options.get("inputs"),
    )
    if profile_file is not None:
        timing, machine, source = load_timing(
            profile_file, loaded, input_shapes=input_shapes, signature=signature
        )
        return Report.of(loaded, analysis, timing, machine, source=source)
    timing = measure(
        loaded,
        input_shapes=input_shapes,
        signature=signature,
        isolated=isolated,
        timeout=timeout,
        memory_limit=memory_limit,
        progress=progress,
        **options,
    )
    if peaks is True:
        peaks = machine_peaks([timing.threads], measure=_peak_measure(isolated))
    at_most = peaks.of_threads(timing.threads) if peaks else None
    return Report.of(loaded, analysis, timing, this_machine(), peaks=at_most)


def peaks(threads: int | None = None, *, force: bool = False, isolated: bool = False) -> Peaks:
    """What this machine can do at most: arithmetic per second, and bytes per second by level of memory.

    Kept in the user's cache folder, so that a machine is measured once.

    Args:
        threads: measure this number only; 1 to all CPUs if None, from eight on powers of two.
        force: measure again.
        isolated: measure in a child process.

    Raises:
        ValueError: there is no such number of threads.
        RuntimeLibraryError: the compiled part is missing.
        InvokeError: isolated, the child process ended without a result.
    """
    counts = None if threads is None else [threads]
    return machine_peaks(counts, force=force, measure=_peak_measure(isolated))


def _peak_measure(isolated: bool) -> MeasurePeaks:
    return measure_thread_peaks_isolated if isolated else measure_thread_peaks


def _loaded(model: Source) -> Model:
    return model if isinstance(model, Model) else load(model)
