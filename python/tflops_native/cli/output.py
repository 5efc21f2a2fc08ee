"""Where results go, and in which format."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tflops_native.cli.options import options
from tflops_native.cli.streams import writing_output
from tflops_native.errors import OptionError
from tflops_native.formats.document import Document
from tflops_native.formats.registry import FORMATS, format_of_suffix, render
from tflops_native.formats.report import report_document
from tflops_native.reports.report import Report

if TYPE_CHECKING:
    from rich.console import Console

# With these `rich` takes any output for a terminal.
_TERMINAL_VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE")

_USUAL_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Output:
    """Where to write, and how.

    name      of the format
    path      of a file; None for standard output
    samples   whether raw samples are kept in JSON
    """

    name: str = "text"
    path: Path | None = None
    samples: bool = True


def output_options(command: Any) -> Any:
    """--format, -o and --no-samples; the command gets them as `output`."""

    @wraps(command)
    def with_output(
        *arguments: Any,
        output_format: str | None,
        output_path: str | None,
        no_samples: bool,
        **values: Any,
    ) -> Any:
        name = output_format
        if name is None:
            name = "text" if output_path is None else format_of_suffix(output_path)
        path = None if output_path is None else Path(output_path)
        if path is not None and not path.parent.is_dir():
            # Before anything is measured.
            raise OptionError(f"cannot write '{path}': there is no folder '{path.parent}'")
        return command(*arguments, output=Output(name, path, not no_samples), **values)

    return _OUTPUT(with_output)


_OUTPUT = options(
    click.option(
        "--format",
        "output_format",
        type=click.Choice(list(FORMATS)),
        help="Format of the output. [default: text, or that of the suffix of -o]",
    ),
    click.option(
        "-o",
        "--output",
        "output_path",
        metavar="FILE",
        help="Write to FILE; its suffix chooses the format: "
        + ", ".join(suffix for item in FORMATS.values() for suffix in item.suffixes[:1])
        + ".",
    ),
    click.option("--no-samples", is_flag=True, help="Leave raw samples out of JSON."),
)


def show_reports(reports: Sequence[Report], output: Output) -> None:
    """Write reports, several of a model with several signatures."""
    if output.name == "json":
        # These know all results: a count as text, which is to be quick, needs neither.
        from tflops_native.plain_json import dump_json
        from tflops_native.reports.saved import saved_reports

        _write(dump_json(saved_reports(reports, samples=output.samples)), output)
    else:
        _write_documents([report_document(report) for report in reports], output)


def show_result(result: Any, output: Output) -> None:
    """Write any other result."""
    from tflops_native.formats.showing import document_of
    from tflops_native.reports.comparison import Comparison
    from tflops_native.reports.saved import comparison_without_samples

    if isinstance(result, Comparison) and not output.samples:
        result = comparison_without_samples(result)
    show_document(document_of(result), output)


def show_document(document: Document, output: Output) -> None:
    """Write a document."""
    _write_documents([document], output)


def _write_documents(documents: Sequence[Document], output: Output) -> None:
    if output.name == "text" and output.path is None and _is_terminal():
        from tflops_native.formats.text import print_text

        console = _console()
        with writing_output():
            for position, document in enumerate(documents):
                if position:
                    click.echo()
                print_text(document, console)
    else:
        _write("\n\n".join(render(item, output.name) for item in documents), output)


def _is_terminal() -> bool:
    """Whether colours and widths may matter: `rich` itself looks closer, but takes long to import."""
    return sys.stdout.isatty() or any(name in os.environ for name in _TERMINAL_VARIABLES)


def _console() -> "Console":
    """Standard output as rich sees it."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """Its own ends the program, with exit code 1."""
            raise BrokenPipeError

    console = Terminal(highlight=False)
    if console.width < 1:
        # With a width of 0, as COLUMNS may say, all lines would be lost.
        console.width = _USUAL_WIDTH
    return console


def _write(text: str, output: Output) -> None:
    if output.path is None:
        with writing_output():
            click.echo(text)
        return
    try:
        output.path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{output.path}': {reason}") from error
