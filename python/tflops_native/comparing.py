"""Comparisons: models, saved reports, options of one model, or logs of several devices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from os import PathLike
from typing import Any

from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.result import Analysis
from tflops_native.checks import file_path, listed, with_checked_arguments
from tflops_native.errors import OptionError, TflopsError
from tflops_native.isolation.limits import ChildLimits
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.model.sources.conversion import ConversionOptions, conversions
from tflops_native.pipeline import (
    Source,
    child_limits,
    measure_counted,
    measuring_names,
    refuse_measuring,
    resolve_workload,
    run_options,
)
from tflops_native.progress import Progress, no_progress
from tflops_native.reports.comparison import Comparison
from tflops_native.reports.contenders import logged, refuse_other_kinds, saved_or_none
from tflops_native.reports.report import Report
from tflops_native.runtime.options import DEFAULT_RUNTIME, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import Inputs, InputShapes, Workload


@with_checked_arguments
def compare(
    *contenders: Source | Report,
    profile_files: Sequence[str | PathLike[str]] = (),
    devices: Sequence[str] = (),
    quantize: str | Sequence[str] | None = None,
    representative: str | PathLike[str] | None = None,
    input_shapes: InputShapes | None = None,
    signature: str | None = None,
    inputs: Inputs | None = None,
    runtime: str | Sequence[str] = DEFAULT_RUNTIME,
    kernels: str | Sequence[str] = "xnnpack",
    threads: int | Sequence[int] = 1,
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
    timed: bool = True,
    profile: bool = True,
    isolated: bool = False,
    timeout: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare models, reports, one model under several options, or logs of several devices.

    Models are measured here, interleaved. Reports that were saved, and logs, are compared as they are.

    Args:
        contenders: two or more models, as `analyze` takes them, reports, or paths of saved ones; or one
            model and several values of `quantize`, `runtime`, `kernels` or `threads`, or several
            `profile_files`. The first is what the others are compared with.
        profile_files: times of the one model from elsewhere, as `report` takes them.
        devices: labels for the devices that `profile_files` are of, one each.
        quantize: how to convert models of Keras and TensorFlow, as for `convert`; several of them for one
            model.
        representative: as for `convert`, for those of the quantizations that need it.
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

    refuse_other_kinds(contenders)
    profile_files = listed("profile_files must be paths, as ('a.log', 'b.log')", profile_files)
    devices = listed("devices must be labels, as ('phone', 'board')", devices)
    hear = progress or no_progress
    ways = _conversions(quantize, representative)
    options = [
        run_options(*chosen, delegate, delegate_options, pin, fill, seed)
        for chosen in product(_several(runtime), _several(kernels), _several(threads))
    ]
    rule = StopRule(
        runs=runs, min_runs=min_runs, precision=precision, max_time=max_time, interval=interval
    )
    limits = child_limits(isolated, timeout, memory_limit)
    if profile_files or devices:
        refuse_measuring(options[0], rule, limits)
    # What is a model, and with which options, at its place; reports stand at theirs.
    found = [saved_or_none(contender, signature) for contender in contenders]
    models = [at for at, report in enumerate(found) if report is None]
    if profile_files or devices:
        if len(contenders) != 1 or not models or len(ways) * len(options) > 1:
            raise OptionError(
                f"profiles are compared of one model, got {len(contenders)} contenders: give the model "
                "once, and each profile with --profile"
            )
        model = _loaded(contenders[0], ways[0], hear)
        workload = resolve_workload(model, input_shapes, signature, inputs)
        counted = Report.of(workload.model, analyze_workload(workload))
        return Comparison.of(logged(counted, workload, profile_files, devices))
    combinations = len(ways) * len(options)
    if combinations > 1 and len(contenders) > 1:
        raise OptionError(
            f"several options are compared with one model, got {combinations} combinations of options "
            f"and {len(contenders)} contenders: give one model, or one value of each option"
        )
    if len(contenders) * combinations < 2:
        raise OptionError(
            "a comparison needs two contenders or more: give a second model or report, or several values "
            "of an option (--runtime tflite,litert)"
        )
    given = measuring_names(options[0], rule, limits)
    given += ["quantize"] if ways[0] is not None else []
    if not models and given:
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
        for way in ways:
            model = _loaded(contender, way, hear)
            workload = resolve_workload(model, input_shapes, signature, inputs)
            analysis = analyze_workload(workload)
            counted = Report.of(workload.model, analysis)
            for option in options:
                places.append(len(sources))
                live.append((workload, analysis, option))
                sources.append((_source_name(contender, counted), counted))
    if not live or not timed:
        return Comparison.of(sources)
    try:
        return _compared(sources, places, live, rule, profile, isolated, limits, hear)
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
    progress: Progress,
) -> Comparison:
    """With the times of those that are measured here, which stand at `places`: interleaved if several."""
    from tflops_native.measurement.delegation import with_delegation
    from tflops_native.measurement.fit import advised, made_up_values, refuse_empty
    from tflops_native.measurement.interleaved import measure_interleaved
    from tflops_native.measurement.isolated import interleaved_isolated

    for workload, analysis, option in live:
        refuse_empty(workload, analysis, option.kernels)
    workload, analysis, option = live[0]
    stop, ratios = None, {}
    if len(live) == 1:
        timings = [
            measure_counted(
                workload, analysis, option, rule, profile, None, isolated, limits, progress
            )
        ]
    else:
        tasks = [(workload, option) for workload, _, option in live]
        with advised(workload, analysis):
            if isolated:
                measured = interleaved_isolated(tasks, rule, profile, progress, limits)
            else:
                measured = measure_interleaved(tasks, rule, profile, progress)
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


def _conversions(
    quantize: str | Sequence[str] | None, representative: str | PathLike[str] | None
) -> Sequence[ConversionOptions | None]:
    """How to convert, in turn; None where nothing is asked for."""
    if quantize is None and representative is None:
        return [None]
    names = ["none"] if quantize is None else _several(quantize)
    data = None if representative is None else str(file_path("representative", representative))
    return conversions(names, data)


def _loaded(contender: Source, way: ConversionOptions | None, progress: Progress) -> Model:
    if isinstance(contender, Model) and way is None:
        return contender
    return load(contender, conversion=way, progress=progress)


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
