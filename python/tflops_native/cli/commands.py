"""The `tflops` command: its subcommands, and how every error ends."""

import difflib
import gc
import os
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from tflops_native.cli.completion import MODEL_SUFFIXES
from tflops_native.cli.errors import FAILED, echo_error, message_of
from tflops_native.cli.signals import ending_in_order, interrupting_in_two_steps
from tflops_native.cli.streams import discard, prepared_streams, writing_output
from tflops_native.errors import TflopsError
from tflops_native.formats.printable import printable_lines
from tflops_native.progress import early_stop

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
# The modules and results of a command stay to its end: to search them for cycles after every 700 objects,
# Python's default, and again at the end would be a tenth of the time of a count.
_OBJECTS_PER_COLLECTION = 50_000

# section -> command -> one line of help. Imported when used: `tflops explain` needs no table printer.
_SECTIONS = {
    "Count and time": {
        "report": "FLOPs, time and FLOP/s of the model and of each operator.",
        "count": "Count MACs, FLOPs and bytes per operator, without running the model.",
        "memory": "Plan the memory of one inference: arena, state, weights.",
        "time": "Time inferences, without counting.",
    },
    "Compare and check": {
        "compare": "Compare models, reports or options: which is faster, and which operators make it so.",
        "sweep": "Measure a grid of shapes, threads, runtimes and quantizations.",
        "check": "Check that a model keeps its limits, or a baseline.",
        "baseline": "Write the figures that later versions are checked against.",
        "verify": "Compare the inferred shapes with the runtime's.",
    },
    "Many models, many devices": {
        "batch": "Count or measure many models, each once, whatever interrupts it.",
        "fleet": "Measure models on several devices, as a plan says.",
        "collect": "Write what batches and fleets left in folders as one table.",
    },
    "Convert and show": {
        "convert": "Convert a Keras model or a SavedModel to TensorFlow Lite.",
        "extract": "Write an operator of a model as a model of its own.",
        "show": "Show a result that was saved as JSON.",
    },
    "Look up": {
        "peaks": "Measure what this machine can do at most.",
        "runtimes": "List the runtimes that are installed.",
        "explain": "Print the rule of an operator: roles, formula, source.",
        "ops": "List the operators that are counted.",
    },
}
_COMMANDS = [name for commands in _SECTIONS.values() for name in commands]


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

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = arguments[0]
        if name not in _COMMANDS and not name.startswith("--"):
            raise click.UsageError(_instead_of(name))
        return super().resolve_command(context, arguments)

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES)
        super().format_help_text(context, formatter)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        for section, commands in _SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()), col_spacing=3)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _reader_may_leave():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        with _reader_may_leave():
            return super().invoke(context)


class _EarlyEndError(OSError):
    """Where a file is too short: for Python itself, say, a compiled file that a full disk cut off."""


class _ReaderLeftError(Exception):
    """Whoever read standard output has seen enough: `tflops report ... | head`."""


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """click would take a closed pipe for a failure, and exit with 1; a file that ends, for Ctrl-C."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeftError from error
    except EOFError as error:
        raise _EarlyEndError(f"a file ends too early: {error or 'nothing follows'}") from error


_EXAMPLES = [
    ("tflops report MODEL", "what it computes, how long that takes here, where the time goes"),
    ("tflops count MODEL", "the same without running it"),
    ("tflops compare A B", "which of two is faster"),
    ("tflops COMMAND -h", "examples and options of a command"),
]


def _instead_of(name: str) -> str:
    """What to type where a word is not a command."""
    if name == "-" or os.path.lexists(name) or Path(name).suffix in MODEL_SUFFIXES:
        return f"{name!r} is a model, not a command: type `tflops report {shlex.quote(name)}`"
    near = difflib.get_close_matches(name.lower(), _COMMANDS, n=1)
    hint = f"did you mean `tflops {near[0]}`?" if near else "`tflops -h` lists the commands"
    return f"there is no command {name!r}: {hint}"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="tflops-native", prog_name="tflops")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def tflops(debug: bool) -> None:
    """How many FLOPs a TensorFlow Lite model needs, how long it takes, and where the time goes."""


def run() -> None:
    """Run what the arguments say: one line per error and exit code 2, a traceback only with --debug."""
    with prepared_streams():
        _run()


def _run() -> None:
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    # numpy's library of linear algebra, which nothing here uses, would start a thread per CPU, and end the
    # process where they cannot be had.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    debug = "--debug" in sys.argv[1:2]
    try:
        with ending_in_order(), interrupting_in_two_steps():
            status = tflops.main(standalone_mode=False, prog_name="tflops")
        with writing_output():
            sys.stdout.flush()
        if early_stop.is_requested:
            click.echo("interrupted: the times are those measured until then", err=True)
            status = INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        status = FAILED
    except click.ClickException as error:
        status = _fail(_with_next_step(error), debug)
    except (_ReaderLeftError, BrokenPipeError):
        discard(sys.stdout)
        sys.exit(0)
    except (TflopsError, OSError) as error:
        status = _fail(message_of(error), debug)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        status = INTERRUPTED
    except MemoryError:
        status = _fail("there is not enough memory for this", debug)
    except ImportError as error:
        *_, reason = str(error).strip().splitlines() or [type(error).__name__]
        status = _fail(f"a part that this needs cannot be loaded: {reason}", debug)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        status = _fail(
            f"{type(error).__name__}: {message_of(error)} (in {Path(place.filename).name}, line "
            f"{place.lineno}); this is a bug in tflops: please report it, with what --debug shows",
            debug,
        )
    try:
        sys.stdout.flush()
    except OSError:
        # A full disk: reported already, and the interpreter would fail again when it exits.
        discard(sys.stdout)
    gc.freeze()  # nothing is left to be looked for when the interpreter ends
    sys.exit(status or 0)


def _with_next_step(error: click.ClickException) -> str:
    """What click says, and what to type next where it does not say so itself."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        return _no_option(error)
    is_incomplete = isinstance(error, click.MissingParameter)
    if context is None or not (is_incomplete or message.startswith("Got unexpected extra")):
        return message
    return f"{message.rstrip('.')}: `{context.command_path} -h` shows examples"


def _no_option(error: click.NoSuchOption) -> str:
    name, command = error.option_name, error.ctx.command_path if error.ctx else "tflops"
    for given in sys.argv[1:]:
        if given.startswith("-:"):
            return (
                f"{given!r} is taken for options, as it begins with -: type -- {given} at the end"
            )
        if given.startswith("-") and os.path.lexists(given):
            return (
                f"{given!r} is taken for options, as it begins with -: for the file, type ./{given}"
            )
    if any(name in parameter.opts for parameter in tflops.params):
        return (
            f"{name} goes before the command: {command.replace('tflops', f'tflops {name}', 1)} ..."
        )
    near = " or ".join(sorted(error.possibilities or ()))
    hint = f"did you mean {near}? " if near else ""
    return f"there is no option {name!r}: {hint}`{command} -h` shows all"


def _fail(message: str, debug: bool) -> int:
    if debug:
        click.echo("\n".join(printable_lines(traceback.format_exc().rstrip("\n"))), err=True)
    echo_error(message)
    return FAILED
