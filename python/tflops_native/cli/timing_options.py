"""Options of the commands that run models; apart, because a count need not import how to time."""

import click

from tflops_native.cli.options import Command, WholeNumber
from tflops_native.timing import DEFAULT_RUNTIME, KERNELS


def runtime_option(command: Command) -> Command:
    """--runtime, of commands that run the model."""
    return click.option(
        "--runtime",
        default=DEFAULT_RUNTIME,
        show_default=True,
        metavar="tflite|PATH",
        help="The library of this package, or the path of another TensorFlow Lite C library.",
    )(command)


def timing_options(command: Command) -> Command:
    """Options of commands that measure."""
    for option in (
        click.option(
            "--runs",
            type=WholeNumber(),
            help="Samples to take; about a second's worth if left out.",
        ),
        runtime_option,
        click.option(
            "--kernels", type=click.Choice(KERNELS), default=KERNELS[0], show_default=True
        ),
        click.option("--threads", type=WholeNumber(), default=1, show_default=True),
    ):
        command = option(command)
    return command
