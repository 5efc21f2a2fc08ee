"""How an error is printed."""

import click

from tflops_native.formats.printable import LINE_LIMIT, printable

USAGE_ERROR = 2


def echo_error(message: object) -> None:
    """One line of plain text, whatever names the file or the runtime brought in."""
    click.echo(f"error: {printable(' '.join(str(message).split()), LINE_LIMIT)}", err=True)
