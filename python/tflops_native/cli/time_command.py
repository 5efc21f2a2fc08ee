"""`tflops time`: latency only."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.options import input_options, measuring_options, model_argument
from tflops_native.cli.output import Output, output_options, show_reports, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.model.reader import load
from tflops_native.reports.report import Report


@click.command("time")
@model_argument
@input_options
@measuring_options(compares=True)
@output_options
def command(
    model: str | bytes,
    runtime: str,
    delegate: str | None,
    delegate_options: dict[str, str],
    output: Output,
    **options: Any,
) -> None:
    """Time inferences, without counting."""
    loaded = load(model)
    runtimes = [name.strip() for name in runtime.split(",") if name.strip()]
    if len(runtimes) > 1:
        if delegate is not None:
            raise click.UsageError("--delegate cannot be combined with several runtimes")
        with progress_bar() as progress:
            comparison = api.compare(loaded, runtimes, isolated=True, progress=progress, **options)
        show_result(comparison, output)
        return
    with progress_bar() as progress:
        timing = api.measure(
            loaded,
            runtime=runtime,
            delegate=delegate,
            delegate_options=delegate_options,
            profile=False,
            isolated=True,
            progress=progress,
            **options,
        )
    show_reports([Report.of(loaded, timing=timing)], output)
