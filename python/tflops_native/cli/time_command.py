"""`tflops time`: latency only."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.model_input import model_argument
from tflops_native.cli.options import input_options, measuring_options
from tflops_native.cli.output import (
    Output,
    output_options,
    show_reports,
    show_result,
    verbose_option,
)
from tflops_native.cli.progress import progress_bar
from tflops_native.model.graph import Model
from tflops_native.reports.report import Report


@click.command("time")
@model_argument
@input_options
@measuring_options(compares=True)
@verbose_option
@output_options
def command(
    model: Model,
    runtime: tuple[str, ...],
    kernels: tuple[str, ...],
    threads: tuple[int, ...],
    output: Output,
    **options: Any,
) -> None:
    """Time inferences, without counting."""
    with progress_bar() as progress:
        options |= {"profile": False, "isolated": True, "progress": progress}
        if len(runtime) * len(kernels) * len(threads) > 1:
            comparison = api.compare(
                model, runtime=runtime, kernels=kernels, threads=threads, **options
            )
        else:
            timing = api.measure(
                model, runtime=runtime[0], kernels=kernels[0], threads=threads[0], **options
            )
    if len(runtime) * len(kernels) * len(threads) > 1:
        show_result(comparison, output)
    else:
        show_reports([Report.of(model, timing=timing)], output)
