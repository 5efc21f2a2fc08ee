"""`tflops memory`: the memory that one inference needs."""

from typing import Any

import click

from tflops_native import api
from tflops_native.board import fit_memory
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import model_argument
from tflops_native.cli.options import by_name, input_file_option
from tflops_native.cli.output import Output, output_options_with, show_document
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.quantities import ByteSize, ShapeGrid, WholeNumber
from tflops_native.formats.memory_fit import fit_document
from tflops_native.formats.memory_plan import memory_document
from tflops_native.model.graph import Model
from tflops_native.reports.sweep_grid import shape_combinations

NOT_FITTING = 1


@click.command("memory", cls=Command)
@model_argument
@click.option("--signature", metavar="KEY", help="Signature to plan.")
@click.option(
    "--input-shape",
    "patterns",
    type=ShapeGrid(),
    multiple=True,
    callback=by_name("shapes"),
    help="Shape of an input; repeatable. With --budget also '1,{96..224..32},{96..224..32},3': "
    "the largest that fits is found.",
)
@input_file_option
@click.option("--budget", "budget_bytes", type=ByteSize(), help="Memory for arena and state.")
@click.option("--flash", "flash_bytes", type=ByteSize(), help="Memory for the file of the model.")
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
@output_options_with("svg")
@click.pass_context
def command(
    context: click.Context,
    /,
    model: Model,
    output: Output,
    patterns: dict[str, str],
    inputs: dict[str, str],
    budget_bytes: int | None,
    flash_bytes: int | None,
    **options: Any,
) -> None:
    """Plan the memory of one inference: arena, state and weights, and when it is the most.

    The arena is that of the runtime's builtin kernels, byte for byte; the memory of XNNPACK and other
    delegates is not in it: `tflops report` measures that. With --budget or --flash, the exit code is 1
    where the model does not fit.

    \b
    tflops memory model.tflite
    tflops memory model.tflite --input-shape 8,96,96,3
    tflops memory model.tflite --budget 256KiB --flash 1MiB
    tflops memory MODEL --budget 256KiB --input-shape '1,{96..224..32},{96..224..32},3'
    """
    if budget_bytes is None and flash_bytes is None:
        combinations = shape_combinations(patterns)
        if len(combinations) > 1:
            raise click.UsageError("several input shapes need --budget or --flash to choose by")
        shapes = combinations[0]
        plan = api.memory(model, input_shapes=shapes, inputs=inputs, **options)
        show_document(memory_document(plan), output)
        return
    if inputs:
        raise click.UsageError("--input cannot be combined with --budget and --flash")
    with progress_bar() as progress:
        fit = fit_memory(
            model,
            budget_bytes=budget_bytes,
            flash_bytes=flash_bytes,
            input_shapes=patterns,
            progress=progress,
            **options,
        )
    show_document(fit_document(fit), output)
    if not fit.fits:
        context.exit(NOT_FITTING)
