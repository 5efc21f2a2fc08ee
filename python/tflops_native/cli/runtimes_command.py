"""`tflops runtimes`: what models can be run with here."""

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.output import Output, output_options, show_result


@click.command("runtimes", cls=Command)
@output_options
def command(output: Output) -> None:
    """List the runtimes that are installed, and what each can do.

    can: profile: time each operator; signatures: run them; tensors: show the shapes of all tensors,
    as `tflops verify` needs them; delegates: take external delegates.

    \b
    tflops runtimes
    """
    show_result(api.runtimes(isolated=True), output)
