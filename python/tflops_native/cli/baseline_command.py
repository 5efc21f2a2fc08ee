"""`tflops baseline`: what later versions of a model are to be held against."""

from typing import Any

import click

from tflops_native import gate
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import report_or_model_argument
from tflops_native.cli.options import input_options, measuring_options
from tflops_native.cli.output import Output, output_options, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.model.graph import Model


@click.command("baseline", cls=Command)
@report_or_model_argument
@input_options
@measuring_options()
@click.option("--no-time", is_flag=True, help="Keep counts only; run nothing.")
@output_options
def command(model: str | Model, no_time: bool, output: Output, **options: Any) -> None:
    """Write the figures of MODEL, or of a saved report of it, to a small file to commit.

    \b
    tflops baseline MODEL -o base.json
    tflops check MODEL --baseline base.json --max-regression latency=5%
    """
    if no_time:
        options = {name: options[name] for name in ("signature", "input_shapes", "inputs")}
    else:
        options["isolated"] = True
    with progress_bar() as progress:
        if not no_time:
            options["progress"] = progress
        found = gate.baseline(model, timed=not no_time, **options)
    show_result(found, output)
