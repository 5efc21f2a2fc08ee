"""`tflops count`: static analysis only."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import Models, models_argument
from tflops_native.cli.options import (
    convention_options,
    counting_options,
    input_file_option,
    input_options,
    runtime_option,
)
from tflops_native.cli.output import Output, output_options_with, view_options
from tflops_native.cli.several_models import show_each


@click.command("count", cls=Command)
@models_argument
@input_options
@counting_options
@runtime_option
@input_file_option
@convention_options
@view_options
@output_options_with("model-explorer", "github-benchmark", "bencher")
def command(models: Models, output: Output, **options: Any) -> None:
    """Count MACs, FLOPs and bytes per operator, without running the model.

    A model with several signatures is counted for each of them. Of several models, of a bundle that
    holds several, and of a folder, there is one line each; with --all, --by, --sort, --top or --columns the
    tables.

    \b
    tflops count model.tflite
    tflops count model.tflite --by type
    tflops count models/ --format csv          one line for each model in the folder
    cat model.tflite | tflops count -
    """
    if output.view.sort == "time":
        raise click.UsageError(
            "`tflops count` measures no times: sort by flops, bytes or index, or use `tflops report`"
        )
    show_each(
        models,
        lambda model: api.count(model, every_signature=True, isolated=True, **options),
        output,
    )
