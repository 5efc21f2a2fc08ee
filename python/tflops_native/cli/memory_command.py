"""`tflops memory`: the memory that one inference needs."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import model_argument
from tflops_native.cli.options import input_file_option, input_options
from tflops_native.cli.output import Output, output_options, show_document
from tflops_native.cli.quantities import WholeNumber
from tflops_native.formats.memory_plan import memory_document
from tflops_native.model.graph import Model


@click.command("memory", cls=Command)
@model_argument
@input_options
@input_file_option
@click.option(
    "--planner",
    type=click.Choice(api.PLANNERS),
    default=api.PLANNERS[0],
    show_default=True,
    help="Place tensors as TensorFlow Lite does, as its version for microcontrollers, or not at all.",
)
@click.option(
    "--threads", type=WholeNumber(), default=1, show_default=True, help="Threads of the kernels."
)
@output_options
def command(model: Model, output: Output, **options: Any) -> None:
    """Plan the memory of one inference: arena, state and weights, and when it is the most.

    The arena is that of the runtime's builtin kernels, byte for byte; the memory of XNNPACK and other
    delegates is not in it: `tflops report` measures that.

    \b
    tflops memory model.tflite
    tflops memory model.tflite --input-shape 8,96,96,3
    """
    show_document(memory_document(api.memory(model, **options)), output)
