"""`tflops ops`: the operators that are counted."""

import click

from tflops_native.cli.help import Command
from tflops_native.cli.output import Output, output_options, show_document
from tflops_native.formats.operators import operators_document
from tflops_native.ops.plugins import load_plugins


@click.command("ops", cls=Command)
@output_options
def command(output: Output) -> None:
    """List the operators that are counted.

    \b
    tflops ops
    tflops ops --format csv
    """
    load_plugins()
    show_document(operators_document(), output)
