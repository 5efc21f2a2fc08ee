"""`tflops report`: FLOPs, time and FLOP/s, of the model and per operator."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.completion import complete_files
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import model_argument
from tflops_native.cli.options import (
    counting_options,
    input_options,
    measuring_options,
    refuse_with_profile,
)
from tflops_native.cli.output import Output, output_options_with, show_reports, view_options
from tflops_native.cli.progress import progress_bar
from tflops_native.errors import TflopsError
from tflops_native.model.graph import Model

_COMBINE_WITH_PROFILE = frozenset(
    {
        "model",
        "quantize",
        "representative",
        "profile_file",
        "input_shapes",
        "signature",
        "inputs",
        "strict",
        "trip_count",
    }
    | {"shapes", "device", "peaks", "no_peaks", "output_format", "output_path", "no_samples"}
    | {"by", "depth", "sort", "top", "is_whole", "columns", "is_verbose"}
)


@click.command("report", cls=Command)
@model_argument
@input_options
@measuring_options()
@counting_options
@click.option(
    "--profile",
    "profile_file",
    metavar="FILE",
    shell_complete=complete_files,
    help="Take the times from a file instead: the log or CSV of benchmark_model, the JSON of "
    "litert-benchmark or tflops-timer; - is standard input, FILE::N the Nth benchmark of several.",
)
@click.option("--device", metavar="LABEL", help="Label for the device that --profile is of.")
@click.option(
    "--isolated-operators/--no-isolated-operators",
    default=None,
    help="Time each operator alone, too. [default: where whole µs are too coarse]",
)
@click.option(
    "--peaks",
    metavar="FILE",
    shell_complete=complete_files,
    help="Compare with the peaks in FILE, which `tflops peaks -o` or `tflops-timer --peaks` wrote. "
    "[default: those of this machine, measured once in two seconds]",
)
@click.option("--no-peaks", is_flag=True, help="Compare with no peaks.")
@view_options
@output_options_with("trace", "model-explorer", "github-benchmark", "bencher")
@click.pass_context
def command(
    context: click.Context,
    /,
    model: Model,
    profile_file: str | None,
    device: str | None,
    peaks: str | None,
    no_peaks: bool,
    output: Output,
    **options: Any,
) -> None:
    """FLOPs, time and FLOP/s of the model and of each operator.

    \b
    tflops report model.tflite                       or .keras, a SavedModel, .task, -
    tflops report model.tflite --by layer --depth 2  the network as a tree
    tflops report model.tflite --input-shape 8,224,224,3 --threads 4
    tflops report model.tflite --profile phone.log   times that benchmark_model took
    tflops report model.tflite -o report.html        also .json, .csv, .md
    """
    if profile_file is not None:
        refuse_with_profile(context, _COMBINE_WITH_PROFILE)
    elif device is not None:
        raise click.UsageError("--device is a label for times from --profile")
    try:
        with progress_bar() as progress:
            report = api.report(
                model,
                profile_file=profile_file,
                device=device,
                peaks=not no_peaks if peaks is None else peaks,
                isolated=True,
                progress=progress,
                **options,
            )
    except (TflopsError, KeyboardInterrupt) as error:
        # What was counted or measured before is not lost. A file of times that cannot be used is
        # reported alone: counts are not what it was given for.
        if profile_file is None and getattr(error, "report", None) is not None:
            show_reports([error.report], output)  # type: ignore[union-attr]
        raise
    show_reports([report], output)
