"""`tflops peaks`: what this machine can do at most."""

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.output import Output, output_options, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.quantities import WholeNumber


@click.command("peaks", cls=Command)
@click.option("--threads", type=WholeNumber(), help="Only this number. [default: 1 to all CPUs]")
@click.option("--force", is_flag=True, help="Measure again what was measured before.")
@output_options
def command(threads: int | None, force: bool, output: Output) -> None:
    """Measure the peak arithmetic and the memory bandwidths of this machine.

    They are kept for `tflops report`. Measure on a quiet machine.

    \b
    tflops peaks
    tflops peaks -o board.json       for `tflops report MODEL --peaks board.json`
    """
    with progress_bar() as progress:
        peaks = api.peaks(threads, force=force, isolated=True, progress=progress)
    show_result(peaks, output)
