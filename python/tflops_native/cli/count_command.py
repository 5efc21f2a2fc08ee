"""`tflops count`: static analysis only."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.options import (
    convention_options,
    counting_options,
    input_file_option,
    input_options,
    model_argument,
)
from tflops_native.cli.output import Output, output_options, show_reports, view_options


@click.command("count")
@model_argument
@input_options
@counting_options
@input_file_option
@convention_options
@view_options
@output_options
def command(model: str | bytes, output: Output, **options: Any) -> None:
    """Count MACs, FLOPs and bytes per operator, without running the model.

    A model with several signatures is counted for each of them.
    """
    show_reports(api.count(model, every_signature=True, isolated=True, **options), output)
