"""`tflops time`: latency only."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import Models, models_argument
from tflops_native.cli.options import input_options, measuring_options
from tflops_native.cli.output import (
    Output,
    all_option,
    output_options_with,
    show_result,
    verbose_option,
)
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.several_models import show_each
from tflops_native.errors import OptionError, TflopsError
from tflops_native.model.graph import Model
from tflops_native.reports.comparison import Comparison
from tflops_native.reports.report import Report

# Options of which several values are compared.
_SEVERAL = ("runtime", "kernels", "threads")


@click.command("time", cls=Command)
@models_argument
@input_options
@measuring_options(compares=True)
@all_option
@verbose_option
@output_options_with("github-benchmark", "bencher")
def command(models: Models, output: Output, **options: Any) -> None:
    """Time inferences, without counting.

    Of several models, of a bundle that holds several, and of a folder, there is one line each; with --all
    the whole answer of each.

    \b
    tflops time model.tflite
    tflops time model.tflite --threads 4 --precision 0.5% --max-time 1min
    tflops time model.tflite --threads 1,2,4         compared with each other
    tflops time models/                              one line for each model
    """
    if any(len(options[name]) > 1 for name in _SEVERAL):
        show_result(_compared(models, options), output)
        return
    show_each(models, lambda model: [_timed(model, options)], output)


def _timed(model: Model, options: dict[str, Any]) -> Report:
    one = {name: values[0] if name in _SEVERAL else values for name, values in options.items()}
    with progress_bar() as progress:
        timing = api.measure(model, profile=False, isolated=True, progress=progress, **one)
    return Report.of(model, timing=timing)


def _compared(models: Models, options: dict[str, Any]) -> Comparison:
    """One model with several values of an option."""
    loaded = list(models.each(_raised))
    if len(loaded) != 1:
        raise OptionError(
            f"several values of --runtime, --kernels or --threads need one model, got {len(loaded)}: "
            f"`tflops compare A B` compares models"
        )
    from tflops_native.comparing import compare

    with progress_bar() as progress:
        return compare(loaded[0], profile=False, isolated=True, progress=progress, **options)


def _raised(error: TflopsError) -> None:
    raise error
