"""Steps that the functions of the package share: from a source to its counts, times and peaks."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from tflops_native.analysis.conventions import CONVENTIONS, convention_counts
from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.result import Analysis
from tflops_native.checks import listed, one_of, whole_number
from tflops_native.errors import OptionError, ProfileFormatError, TflopsError
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.notes import Note
from tflops_native.progress import Progress
from tflops_native.reports.report import Report
from tflops_native.runtime.options import DEFAULT_RUNTIME, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import Inputs, InputShapes, Workload

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.runtime.shapes import ObservedRun

# A model that was loaded, or what `load` takes: a path, bytes, or an object of TensorFlow.
Source: TypeAlias = Model | str | PathLike[str] | bytes | bytearray | memoryview | object
ShapeSource: TypeAlias = Literal["inferred", "runtime"]


@dataclass(frozen=True, slots=True)
class Counting:
    """How to count."""

    strict: bool
    trip_count: int | None
    shapes: ShapeSource

    def __post_init__(self) -> None:
        one_of("shapes", self.shapes, get_args(ShapeSource))
        if self.trip_count is not None:
            whole_number("trip_count", self.trip_count, minimum=0)

    def run_options(self, runtime: str) -> RunOptions:
        """What a count runs the model with, where it runs it."""
        options = RunOptions(runtime=runtime)
        if self.shapes != "runtime" and options.runtime != DEFAULT_RUNTIME:
            raise OptionError(
                f"runtime {options.runtime!r} needs shapes 'runtime', got {self.shapes!r}, for which "
                "nothing is run"
            )
        return options

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
        from tflops_native.runtime.shapes import observe_run

        # Shapes that do not fit are refused first: the runtime could end the process on them.
        inferred = analyze_workload(workload, trip_count=self.trip_count)
        try:
            run = observed(
                observe_run,
                workload,
                inferred,
                options,
                isolated,
                limits,
                progress,
            )
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


def loaded_model(model: Source) -> Model:
    """The model, loaded if it is not."""
    return model if isinstance(model, Model) else load(model)


def resolve_workload(
    model: Source, input_shapes: InputShapes | None, signature: str | None, inputs: Inputs | None
) -> Workload:
    """The question that shapes, data and a signature ask of a model."""
    return Workload.resolve(
        loaded_model(model), input_shapes=input_shapes, signature=signature, inputs=inputs
    )


def resolve_workloads(
    model: Model,
    input_shapes: InputShapes | None,
    signature: str | None,
    inputs: Inputs | None,
    every_signature: bool,
) -> tuple[Workload, ...]:
    """One workload, or one per signature where none is named."""
    if signature is None and every_signature:
        return Workload.resolve_all(model, input_shapes=input_shapes, inputs=inputs)
    return (resolve_workload(model, input_shapes, signature, inputs),)


def distinct_workloads(workloads: Iterable[Workload]) -> Iterator[tuple[Workload, tuple[str, ...]]]:
    """Those that differ in more than their names, each with the signatures that are the same."""
    by_question: dict[Hashable, list[Workload]] = {}
    for workload in workloads:
        by_question.setdefault(workload.question, []).append(workload)
    for first, *others in by_question.values():
        yield first, tuple(other.signature for other in others if other.signature is not None)


def convention_names(names: Iterable[str]) -> list[str]:
    """The names of conventions, one or several; raises OptionError for others."""
    if isinstance(names, str):
        names = [names]
    given = listed("conventions must be names, as ('fvcore',)", names)
    return [one_of("a convention", name, tuple(CONVENTIONS)) for name in given]


def counted_report(
    model: Model, analysis: Analysis, conventions: Sequence[str], valid_taps: bool
) -> Report:
    """The report of an analysis, without times."""
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


def run_options(
    runtime: str,
    kernels: str,
    threads: int,
    delegate: str | PathLike[str] | None,
    delegate_options: Mapping[str, str] | None,
    pin: Sequence[int] | None,
    fill: str,
    seed: int,
) -> RunOptions:
    """The arguments of a public function as one value, checked."""
    return RunOptions(
        runtime=runtime,
        kernels=kernels,
        threads=threads,
        delegate=delegate,  # type: ignore[arg-type]
        delegate_options={} if delegate_options is None else delegate_options,
        pin=pin,  # type: ignore[arg-type]
        fill=fill,
        seed=seed,
    )


def child_limits(isolated: bool, timeout: float | None, memory_limit: int | None) -> ChildLimits:
    """Limits of a child process; raises OptionError where there is to be none."""
    limits = ChildLimits(timeout_seconds=timeout, memory_bytes=memory_limit)
    if not isolated and limits != NO_LIMITS:
        raise OptionError("timeout and memory_limit need a child process: isolated=True")
    return limits


def measuring_names(options: RunOptions, rule: StopRule, limits: ChildLimits) -> list[str]:
    """What describes a measurement and is not as it would be without being given."""
    return [
        field.name
        for given in (options, rule, limits)
        for field in fields(given)
        if getattr(given, field.name) != getattr(type(given)(), field.name)
    ]


def refuse_measuring(options: RunOptions, rule: StopRule, limits: ChildLimits) -> None:
    """Raise where times come from a file, but a measurement is described."""
    if names := measuring_names(options, rule, limits):
        raise OptionError(
            f"{', '.join(names)} cannot be combined with profile_file: the times come from the file"
        )


def measure_counted(
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
    """Time a model that was counted, here or in a child process."""
    from tflops_native.measurement.delegation import with_delegation
    from tflops_native.measurement.fit import advised, made_up_values, refuse_empty

    refuse_empty(workload, analysis, options.kernels)
    with advised(workload, analysis, options):
        if isolated:
            from tflops_native.measurement.isolated import measure_isolated

            timing = measure_isolated(
                workload, options, rule, profile, isolated_operators, progress, limits
            )
        else:
            from tflops_native.measurement.measure import measure_workload

            timing = measure_workload(
                workload, options, rule, profile, isolated_operators, progress
            )
    timing = with_delegation(timing, workload, analysis)
    return replace(timing, notes=(*made_up_values(analysis, options), *timing.notes))


def observed(
    look: "Callable[[Workload, RunOptions, Progress], ObservedRun]",
    workload: Workload,
    analysis: Analysis,
    options: RunOptions,
    isolated: bool,
    limits: ChildLimits,
    progress: Progress,
) -> "ObservedRun":
    """What a run of a model that was counted shows, here or in a child process.

    Args:
        look: `observe_tensors` or `observe_run`.
    """
    from tflops_native.isolation.isolated import run_isolated
    from tflops_native.measurement.fit import advised

    with advised(workload, analysis, options):
        if isolated:
            return run_isolated(look, workload, options, progress=progress, limits=limits)
        return look(workload, options, progress)


def with_recorded_peaks(
    report: Report,
    peaks: "Peaks | str | PathLike[str] | bool",
    profile_file: str | PathLike[str] | None,
) -> Report:
    """A report with peaks that are given, or that the file of its times holds.

    Those of this machine say nothing of times from elsewhere.
    """
    from tflops_native.machine.peaks.peaks import Peaks
    from tflops_native.reports.loaded import load_peaks

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


def with_peaks(
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
