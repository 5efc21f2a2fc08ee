"""`tflops compare`: models, saved reports, options of one model, or logs of several devices."""

from typing import Any

import click

from tflops_native import comparing
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import expanded, several_conversion_options, source_of
from tflops_native.cli.options import (
    input_options,
    measuring_options,
    refuse_with_profile,
)
from tflops_native.cli.output import Output, output_options_with, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.errors import TflopsError

_COMBINE_WITH_PROFILE = frozenset(
    {"contenders", "profile_files", "devices", "input_shapes", "signature", "inputs"}
    | {"output_format", "output_path", "no_samples"}
)


def _contenders(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str | bytes, ...]:
    return tuple(source_of(path) for value in values for path in expanded(value))


@click.command("compare", cls=Command)
@click.argument("contenders", nargs=-1, required=True, callback=_contenders, metavar="A [B] [C]...")
@several_conversion_options
@input_options
@measuring_options(compares=True)
@click.option(
    "--profile",
    "profile_files",
    metavar="FILE",
    multiple=True,
    help="Compare times of one MODEL from files, as `tflops report --profile` takes them; give it once "
    "for each.",
)
@click.option(
    "--device",
    "devices",
    metavar="LABEL",
    multiple=True,
    help="Label for the device of each --profile, in the same order.",
)
@click.option("--no-time", is_flag=True, help="Compare counts only; run nothing.")
@click.option("--no-operators", is_flag=True, help="Time whole inferences only.")
@output_options_with("github-benchmark", "bencher")
@click.pass_context
def command(
    context: click.Context,
    /,
    contenders: tuple[str | bytes, ...],
    profile_files: tuple[str, ...],
    devices: tuple[str, ...],
    no_time: bool,
    no_operators: bool,
    output: Output,
    **options: Any,
) -> None:
    """Compare A with B, C, ...: which is faster, by how much, and which operators make the difference.

    \b
    tflops compare A.tflite B.tflite              measured here, interleaved
    tflops compare MODEL --runtime tflite,litert  or --threads 1,2
    tflops compare model.keras --quantize none,int8
    tflops compare before.json after.json         saved with `tflops report -o`
    tflops compare MODEL --profile cpu.log --profile gpu.log
    """
    if profile_files or devices:
        refuse_with_profile(context, _COMBINE_WITH_PROFILE)
    try:
        with progress_bar() as progress:
            comparison = comparing.compare(
                *contenders,
                profile_files=profile_files,
                devices=devices,
                timed=not no_time,
                profile=not no_operators,
                isolated=True,
                progress=progress,
                **options,
            )
    except TflopsError as error:
        # What was counted is not lost.
        if (counted := getattr(error, "comparison", None)) is not None:
            show_result(counted, output)
        raise
    show_result(comparison, output)
