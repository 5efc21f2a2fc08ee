"""The `tflops` command: its subcommands, and how every error ends."""

import gc
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from tflops_native.cli.errors import USAGE_ERROR, echo_error
from tflops_native.cli.signals import ending_in_order
from tflops_native.cli.streams import writing_output
from tflops_native.errors import TflopsError
from tflops_native.formats.printable import printable_lines

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
# The modules and results of a command stay to its end: to search them for cycles after every 700 objects,
# Python's default, and again at the end would be a tenth of the time of a count.
_OBJECTS_PER_COLLECTION = 50_000

# name -> (module, one line of help). Imported when used: `tflops explain` needs no table printer.
_COMMANDS = {
    "report": "FLOPs, time and FLOP/s of the model and of each operator.",
    "count": "Count MACs, FLOPs and bytes per operator, without running the model.",
    "memory": "Plan the memory of one inference: arena, state, weights.",
    "time": "Time inferences, without counting.",
    "compare": "Compare models, reports or options: which is faster, and which operators make it so.",
    "check": "Check that a model keeps its limits, or a baseline.",
    "baseline": "Write the figures that later versions are checked against.",
    "convert": "Convert a Keras model or a SavedModel to TensorFlow Lite.",
    "show": "Show a result that was saved as JSON.",
    "verify": "Compare the inferred shapes with the runtime's.",
    "peaks": "Measure what this machine can do at most.",
    "runtimes": "List the runtimes that are installed.",
    "explain": "Print the rule of an operator: roles, formula, source.",
    "ops": "List the operators that are counted.",
}


class _Commands(click.Group):
    """Loads a subcommand's module only when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        # `time` must not hide the standard module.
        module = __import__(f"tflops_native.cli.{name}_command", fromlist=["command"])
        command: click.Command = module.command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _reader_may_leave():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        with _reader_may_leave():
            return super().invoke(context)


class _ReaderLeftError(Exception):
    """Whoever read standard output has seen enough: `tflops report ... | head`."""


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """click would take a closed pipe for a failure, and exit with 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeftError from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tflops-native", prog_name="tflops")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def tflops(debug: bool) -> None:
    """How many FLOPs a TensorFlow Lite model needs, how long it takes, and where the time goes."""


def run() -> None:
    """Run what the arguments say: one line per error and exit code 2, a traceback only with --debug."""
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    debug = "--debug" in sys.argv[1:2]
    _prepare_streams()
    try:
        with ending_in_order():
            status = tflops.main(standalone_mode=False, prog_name="tflops")
        with writing_output():
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        status = USAGE_ERROR
    except click.ClickException as error:
        status = _fail(error.format_message(), debug)
    except (_ReaderLeftError, BrokenPipeError):
        _discard(sys.stdout)
        sys.exit(0)
    except (TflopsError, OSError) as error:
        status = _fail(_with_notes(error), debug)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        status = INTERRUPTED
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        status = _fail(
            f"{type(error).__name__}: {_with_notes(error)} (in {Path(place.filename).name}, line "
            f"{place.lineno}); this is a bug in tflops: please report it, with what --debug shows",
            debug,
        )
    try:
        sys.stdout.flush()
    except OSError:
        # A full disk: reported already, and the interpreter would fail again when it exits.
        _discard(sys.stdout)
    gc.freeze()  # nothing is left to be looked for when the interpreter ends
    sys.exit(status or 0)


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by the caller, `tflops ... >&-`: what is written there is not wanted.
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        stream = getattr(sys, name)
        # A terminal without Unicode shows "?" for what it lacks, instead of failing.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _fail(message: str, debug: bool) -> int:
    if debug:
        click.echo("\n".join(printable_lines(traceback.format_exc().rstrip("\n"))), err=True)
    echo_error(message)
    return USAGE_ERROR


def _with_notes(error: Exception) -> str:
    """The message, and where it happened."""
    return "; ".join([str(error), *getattr(error, "__notes__", [])])


def _discard(stream: TextIO) -> None:
    """Send the rest nowhere, or the interpreter complains about the pipe when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
