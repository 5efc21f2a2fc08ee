"""`tflops report`: count, time, and join per operator."""

from pathlib import Path

import click
from click.core import ParameterSource

from tflops_native.cli.counting import count_model
from tflops_native.cli.limit_options import limit_options
from tflops_native.cli.measuring import measure_with_progress
from tflops_native.cli.options import (
    counting_options,
    model_argument,
    show,
    static_options,
)
from tflops_native.cli.timing_options import timing_options
from tflops_native.errors import InvokeError, ProfileFormatError
from tflops_native.imported import ImportedTiming, load_timing
from tflops_native.isolation.limits import ChildLimits
from tflops_native.machine.machine import Machine, this_machine
from tflops_native.machine.peaks.cache import machine_peaks
from tflops_native.machine.peaks.child import measure_thread_peaks_isolated
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.model import load
from tflops_native.reports import Report
from tflops_native.runtime.session import with_given_shapes
from tflops_native.timing.options import MeasureKeywords, MeasureOptions
from tflops_native.timing.result import Timing


@click.command("report")
@model_argument
@static_options
@timing_options
@limit_options
@counting_options
@click.option(
    "--profile",
    "profile_file",
    metavar="FILE",
    help="Take the times from a file instead: the log, CSV or protocol buffer of benchmark_model, "
    "the JSON of litert-benchmark or tflops-timer.",
)
@click.option(
    "--peaks/--no-peaks",
    "with_peaks",
    default=True,
    show_default=True,
    help="Compare with the peaks of this machine; measured once, which takes two seconds.",
)
def command(
    model: str,
    output_format: str,
    options: MeasureOptions,
    limits: ChildLimits,
    strict: bool,
    trip_count: int | None,
    shapes: str,
    profile_file: str | None,
    with_peaks: bool,
) -> None:
    """Count, time and join per operator."""
    if profile_file is not None:
        _refuse_measuring_options()
    loaded = load(model)
    options = with_given_shapes(loaded, options)
    analysis = count_model(
        model,
        loaded,
        input_shapes=options.input_shapes,
        signature=options.signature,
        strict=strict,
        trip_count=trip_count,
        run=options if shapes == "runtime" else None,
        limits=limits,
    )
    timing: Timing | ImportedTiming
    machine: Machine | None
    source = None
    try:
        if profile_file is None:
            timing, machine = measure_with_progress(Path(model), options, limits), this_machine()
        else:
            timing, machine, source = load_timing(
                profile_file,
                loaded,
                input_shapes=options.input_shapes,
                signature=options.signature,
            )
    except (InvokeError, ProfileFormatError) as error:
        # What was counted is not lost because there are no times.
        machine = this_machine() if profile_file is None else None
        show(Report.of(loaded, analysis, machine=machine, timing_error=str(error)), output_format)
        raise
    # Times from elsewhere are of another machine.
    peaks = _peaks(timing.threads) if with_peaks and isinstance(timing, Timing) else None
    report = Report.of(loaded, analysis, timing, machine, source=source, peaks=peaks)
    show(report, output_format)


def _refuse_measuring_options() -> None:
    """Raise if one is given together with --profile, which measures nothing."""
    context = click.get_current_context()
    for name in (*MeasureKeywords.__annotations__, "timeout", "memory_limit"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{option} is how to measure, but --profile takes times from a file: leave one out"
            )


def _peaks(threads: int) -> ThreadPeaks | None:
    """What this machine can do at most with so many threads; a report does without where that fails."""
    try:
        peaks = machine_peaks([threads], measure=measure_thread_peaks_isolated)
    except InvokeError as error:
        click.echo(f"note: {error}", err=True)
        return None
    return peaks.of_threads(threads)
