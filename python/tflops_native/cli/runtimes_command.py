"""`tflops runtimes`: what models can be run with here."""

import click

from tflops_native import api
from tflops_native.cli.output import Output, output_options, show_result


@click.command("runtimes")
@output_options
def command(output: Output) -> None:
    """List the runtimes that are installed, and what each can do.

    can: profile: time each operator; signatures: run them; tensors: show the shapes of all tensors,
    as `tflops verify` needs them; delegates: take external delegates.
    """
    show_result(api.runtimes(isolated=True), output)
