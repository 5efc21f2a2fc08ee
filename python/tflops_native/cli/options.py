"""Options and output that several subcommands share."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import click
from rich.console import Console

from tflops_native.analysis import CONVENTIONS
from tflops_native.reports import Report
from tflops_native.reports.text import print_report

Command = TypeVar("Command", bound=Callable[..., Any])
InputShapes: TypeAlias = dict[str, tuple[int, ...]]


class InputShape(click.ParamType[Any]):
    """`name=1,224,224,3`, or `1,224,224,3` where there is one input."""

    name = "[NAME=]N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        name, _, lengths = str(value).rpartition("=")
        try:
            return name, tuple(int(length) for length in lengths.replace("x", ",").split(","))
        except ValueError:
            self.fail(f"{value!r} is no shape: write it as 1,224,224,3 or name=1,224,224,3")


def _by_name(
    context: click.Context,
    parameter: click.Parameter,
    shapes: tuple[tuple[str, tuple[int, ...]], ...],
) -> InputShapes:
    for name, count in Counter(name for name, _ in shapes).items():
        if count > 1:
            which = f"input {name!r}" if name else "the only input"
            raise click.BadParameter(f"{count} shapes are asked for {which}")
    return dict(shapes)


class WholeNumber(click.ParamType[Any]):
    """A whole number from `minimum` on; the message says what is wrong and what would be right."""

    name = "N"

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r} is no whole number")
        if number < self.minimum:
            self.fail(f"{number} is too few: it must be {self.minimum} or more")
        return number


def model_argument(command: Command) -> Command:
    """MODEL, the path of a model file."""
    return click.argument("model")(command)


def input_options(command: Command) -> Command:
    """What of a model to look at."""
    for option in (
        click.option(
            "--input-shape",
            "input_shapes",
            type=InputShape(),
            multiple=True,
            callback=_by_name,
            help="Shape of an input; repeatable. The name may be left out where there is one input.",
        ),
        click.option("--signature", metavar="KEY", help="Signature to look at."),
    ):
        command = option(command)
    return command


def static_options(command: Command) -> Command:
    """Options of all commands that take a model and print a report."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
    )(input_options(command))


def counting_options(command: Command) -> Command:
    """Options of commands that count."""
    for option in (
        click.option(
            "--strict", is_flag=True, help="Fail unless every operator is counted exactly."
        ),
        click.option(
            "--trip-count",
            type=WholeNumber(minimum=0),
            help="Turns of loops whose number only data decides.",
        ),
        click.option(
            "--shapes",
            type=click.Choice(["inferred", "runtime"]),
            default="inferred",
            show_default=True,
            help="Count on inferred shapes, or on those of a run.",
        ),
    ):
        command = option(command)
    return command


def convention_options(command: Command) -> Command:
    """Options of commands that compare ways of counting."""
    for option in (
        click.option(
            "--valid-taps",
            is_flag=True,
            help="Count MACs without taps on padding as well.",
        ),
        click.option(
            "--convention",
            type=click.Choice([*CONVENTIONS, "all"]),
            help="Count as another tool does as well; all: side by side.",
        ),
    ):
        command = option(command)
    return command


def show(report: Report, output_format: str) -> None:
    """Print a report to standard output."""
    if output_format == "json":
        show_json(report.to_dict())
    else:
        print_report(report, Console(highlight=False))


def show_json(plain: Any) -> None:
    """Print plain data as JSON."""
    json.dump(plain, sys.stdout, indent=1)
    sys.stdout.write("\n")
