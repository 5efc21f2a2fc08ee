"""`tflops verify`: whether inferred shapes and planned memory are those of the runtime."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import model_argument
from tflops_native.cli.options import (
    data_options,
    input_options,
    limit_options,
    runtime_option,
)
from tflops_native.cli.output import Output, output_options, show_document
from tflops_native.cli.progress import progress_bar
from tflops_native.formats.verification import verification_document
from tflops_native.model.graph import Model

DIFFERENT = 1


@click.command("verify", cls=Command)
@model_argument
@input_options
@runtime_option
@data_options
@limit_options
@output_options
@click.pass_context
def command(context: click.Context, /, model: Model, output: Output, **options: Any) -> None:
    """Compare the inferred shape of every tensor with the runtime's.

    Its planned place in the arena is compared, too, where the runtime is the one that `tflops memory`
    plans for: TensorFlow Lite 2.17 with its builtin kernels.

    A model with several signatures is compared for each of them. The exit code is 0 where all
    agree, 1 where one differs, 2 where the comparison failed.

    \b
    tflops verify model.tflite
    tflops verify model.tflite --input-shape 4,96,96,3
    """
    with progress_bar() as progress:
        verification = api.verify(model, isolated=True, progress=progress, **options)
    show_document(verification_document(verification), output)
    if not verification.is_right:
        context.exit(DIFFERENT)
