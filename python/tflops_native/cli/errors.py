"""How an error is printed."""

import os
import sys

import click

from tflops_native.formats.printable import LINE_LIMIT, printable

# Exit code of an error, and where one of several models, cells or jobs failed; the others are shown.
FAILED = 2


def echo_error(message: object) -> None:
    """One line of plain text, whatever names the file or the runtime brought in."""
    # click leaves colours out where standard error is not a terminal.
    is_colored = not os.environ.get("NO_COLOR")
    start = click.style("error:", fg="red", bold=True) if is_colored else "error:"
    click.echo(f"{start} {printable(' '.join(str(message).split()), LINE_LIMIT)}", err=True)


def echo_note(text: object, limit: int = LINE_LIMIT) -> None:
    """One line beside the results, on standard error: printable, whatever names are in it."""
    # click writes past the progress bar, which would stand in front of the line.
    print(printable(" ".join(str(text).split()), limit), file=sys.stderr, flush=True)


def message_of(error: BaseException) -> str:
    """The message, and where it happened."""
    said = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return "; ".join([said, *getattr(error, "__notes__", [])])
