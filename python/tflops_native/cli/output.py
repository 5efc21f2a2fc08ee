"""Where results go, and in which format."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tflops_native.checks import file_path
from tflops_native.cli.completion import complete_files
from tflops_native.cli.options import options
from tflops_native.cli.quantities import WholeNumber
from tflops_native.cli.streams import say, writing_output
from tflops_native.errors import OptionError
from tflops_native.formats.document import Block, Document
from tflops_native.formats.overview import overview_document
from tflops_native.formats.printable import printable
from tflops_native.formats.registry import FORMATS, OF_ALL, format_of_suffix
from tflops_native.formats.report import report_document
from tflops_native.formats.view import EVERYTHING, GROUPINGS, ORDERS, View
from tflops_native.reports.report import Report
from tflops_native.whole_files import refusing, write_whole

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
    view      what is shown of a report
    """

    name: str = "text"
    path: Path | None = None
    samples: bool = True
    view: View = EVERYTHING


def output_options(command: Any) -> Any:
    """--format, -o and --no-samples; the command gets them as `output`."""
    return _with_output(command, OF_ALL)


def output_options_with(*names: str) -> Callable[[Any], Any]:
    """The same with further formats, for a command whose results have what other tools want."""
    return partial(_with_output, names=(*OF_ALL, *names))


def _with_output(command: Any, names: Sequence[str]) -> Any:
    @wraps(command)
    def with_output(
        *arguments: Any,
        output_format: str | None,
        output_path: str | None,
        no_samples: bool,
        **values: Any,
    ) -> Any:
        path = None if output_path is None else file_path("the output", output_path)
        name = output_format
        if name is None:
            name = "text" if path is None else format_of_suffix(str(path))
        if name not in names:
            known = ", ".join(suffix for item in names for suffix in FORMATS[item].suffixes)
            raise OptionError(
                f"'{output_path}' would be {name}, which this command does not write; "
                f"end its name in one of {known}"
            )
        if path is not None:
            check_place(path)
        if FORMATS[name].has_several and path is None:
            raise OptionError(
                f"--format {name} is several files: give -o NAME.json, and they are NAME-time.json, "
                f"NAME-macs.json, ..."
            )
        view = View(**{name: values.pop(name) for name in _VIEW_FIELDS if name in values})
        return command(*arguments, output=Output(name, path, not no_samples, view), **values)

    return _format_options(names)(with_output)


def check_place(path: Path) -> None:
    """What can be known of a file that cannot be written, before anything is measured."""
    if str(path) == "-":
        raise OptionError("cannot write '-': name a file; without -o it goes to standard output")
    with refusing(path):
        path.exists()
    if not path.parent.is_dir():
        raise OptionError(f"cannot write '{path}': there is no folder '{path.parent}'")
    if path.is_dir():
        raise OptionError(f"cannot write '{path}': it is a directory; name a file in it")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OptionError(f"cannot write '{path}': permission denied")


def _columns(text: str | None) -> tuple[str, ...]:
    found = tuple(filter(None, (text or "").split(",")))
    if text is not None and not found:
        raise click.BadParameter(f"{text!r} names no column: write it as index,layer,time")
    return found


# Of a View, those that have an option.
_VIEW_FIELDS = ("by", "depth", "sort", "top", "is_whole", "columns", "is_verbose")
verbose_option = click.option(
    "-v", "--verbose", "is_verbose", is_flag=True, help="Say how it was measured and counted, too."
)
all_option = click.option(
    "--all",
    "is_whole",
    is_flag=True,
    help="Show all rows on a terminal; all tables of several models.",
)
# For commands with `output_options`, which collects them; above these.
view_options = options(
    click.option(
        "--by",
        type=click.Choice(GROUPINGS),
        help="Group the operators: by type, or by layer as a tree.",
    ),
    click.option("--depth", type=WholeNumber(), help="Levels of the tree to show. [default: all]"),
    click.option(
        "--sort",
        type=click.Choice(ORDERS),
        help="Order of the rows. [default: as in the model; the most expensive first where only some "
        "are shown]",
    ),
    click.option(
        "--top",
        type=WholeNumber(),
        metavar="N",
        help="Show the N most expensive rows. [default: 20 on a terminal, else all]",
    ),
    all_option,
    click.option(
        "--columns",
        metavar="NAME,...",
        callback=lambda context, parameter, text: _columns(text),
        help="Columns to show, in this order; `tflops explain columns` lists them.",
    ),
    verbose_option,
)


def _format_options(names: Sequence[str]) -> Any:
    return options(
        click.option(
            "--format",
            "output_format",
            type=click.Choice(names),
            metavar="NAME",
            help=f"Format of the output: {', '.join(names)}. [default: text, or that of the suffix of -o]",
        ),
        click.option(
            "-o",
            "--output",
            "output_path",
            metavar="FILE",
            shell_complete=complete_files,
            help="Write to FILE; its suffix chooses the format: "
            + ", ".join(suffix for item in FORMATS.values() for suffix in item.suffixes[:1])
            + ".",
        ),
        click.option(
            "--no-samples",
            is_flag=True,
            help="Leave raw samples out of JSON and of the data in HTML.",
        ),
    )


def show_reports(reports: Sequence[Report], output: Output) -> None:
    """Write reports, several of a model with several signatures."""
    if output.name == "json":
        # These know all results: a count as text, which is to be quick, needs neither.
        from tflops_native.plain_json import dump_json
        from tflops_native.reports.saved import saved_reports

        _write(dump_json(saved_reports(reports, samples=output.samples)), output)
    else:
        documents = [
            report_document(report, output.view, samples=output.samples) for report in reports
        ]
        _write_documents(documents, output)


def show_overview(reports: Sequence[Report], output: Output) -> None:
    """Write reports of several models: a row for each; JSON holds all of them whole."""
    if output.name == "json":
        show_reports(reports, output)
    else:
        show_document(overview_document(reports, samples=output.samples), output)


def show_result(result: Any, output: Output) -> None:
    """Write any other result."""
    from tflops_native.formats.showing import document_of
    from tflops_native.reports.comparison import Comparison
    from tflops_native.reports.saved import comparison_without_samples

    if isinstance(result, Comparison) and not output.samples:
        result = comparison_without_samples(result)
    show_document(document_of(result), output)


def show_text(text: str) -> None:
    """A line on standard output that says what was done."""
    show_document(Document(title=text, parts=(Block(text),), data=lambda: text), Output())


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
    elif FORMATS[output.name].has_several:
        texts = FORMATS[output.name].render_files(documents)
        model = documents[0].reports[0].model
        _write_several(texts, printable(model.path or model.name), output)
    elif output.path is None:
        with writing_output():
            for piece in FORMATS[output.name].pieces(documents):
                click.echo(piece)
    else:
        _write(FORMATS[output.name].render_all(documents), output)


def _write_several(texts: Mapping[str, str], model: str, output: Output) -> None:
    """A file for each, and on standard output what opens them."""
    if output.path is None:
        raise ValueError("several files need a path")
    paths = []
    for key, text in texts.items():
        path = output.path.with_name(f"{output.path.stem}-{key}{output.path.suffix or '.json'}")
        _write(text, replace(output, path=path))
        paths.append(str(path))
    say(f"model-explorer {shlex.quote(model)} --node_data_paths={','.join(paths)}")


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
        say(text)
        return
    try:
        write_whole(output.path, (text + "\n").encode())
    except OptionError:
        # What was measured is not lost with the room for it.
        say(text)
        raise
