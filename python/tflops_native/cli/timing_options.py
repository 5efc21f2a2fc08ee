"""Options of the commands that run models; apart, because a count need not import how to time."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from tflops_native.cli.input_options import input_file_option
from tflops_native.cli.options import Command, WholeNumber
from tflops_native.cli.quantities import Duration, Fraction
from tflops_native.machine.affinity import parse_cpu_list
from tflops_native.runtime.inputs import FILLS
from tflops_native.runtime.libraries import DEFAULT_RUNTIME, KERNELS
from tflops_native.timing.options import MeasureKeywords, MeasureOptions


class CpuList(click.ParamType[Any]):
    """`1`, `0,2` or `0-3`."""

    name = "CPU[,CPU]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        try:
            return parse_cpu_list(str(value))
        except ValueError as error:
            self.fail(str(error))


class KeyValue(click.ParamType[Any]):
    """`key=value`."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        key, found, rest = str(value).partition("=")
        if not (key and found):
            self.fail(f"{value!r} is not of the form key=value")
        return key, rest


def runtime_option(command: Command) -> Command:
    """--runtime, of commands that run the model."""
    return click.option(
        "--runtime",
        default=DEFAULT_RUNTIME,
        show_default=True,
        metavar="tflite|litert|tensorflow|PATH",
        help="The library of this package, that of ai-edge-litert, TensorFlow's interpreter in Python, or "
        "the path of a library of the first two kinds. To compare: several, with commas between them.",
    )(command)


def data_options(command: Command) -> Command:
    """What the inputs hold while the model runs."""
    for option in (
        click.option(
            "--seed",
            type=WholeNumber(minimum=0),
            default=0,
            show_default=True,
            help="Of the random data.",
        ),
        click.option(
            "--fill",
            type=click.Choice(FILLS),
            default=FILLS[0],
            show_default=True,
            help="Data of the inputs for which none is given.",
        ),
        input_file_option,
    ):
        command = option(command)
    return command


# Each is named as the field of `MeasureOptions` that it gives.
_OPTIONS = (
    click.option(
        "--interval",
        type=Duration(),
        default=0.0,
        help="Time between the beginnings of two runs, for models that run at a rate.",
    ),
    click.option(
        "--max-time",
        type=Duration(),
        help="Time after which sampling stops; 10s, without a bound with --runs alone.",
    ),
    click.option(
        "--min-runs",
        type=WholeNumber(),
        default=1,
        show_default=True,
        help="Least samples to take.",
    ),
    click.option(
        "--runs",
        type=WholeNumber(),
        help="Samples to take; with --precision the most to take.",
    ),
    click.option(
        "--precision",
        type=Fraction(),
        help="Stop when the median is known to this part of itself (half its 95% interval); "
        "1% unless there is --runs.",
    ),
    click.option(
        "--delegate-option",
        "delegate_options",
        type=KeyValue(),
        multiple=True,
        callback=lambda context, parameter, pairs: dict(pairs),
        help="What the delegate is told; repeatable.",
    ),
    click.option(
        "--delegate",
        metavar="PATH",
        help="Library of an external delegate of TensorFlow Lite, to take operators first.",
    ),
    runtime_option,
    click.option("--kernels", type=click.Choice(KERNELS), default=KERNELS[0], show_default=True),
    click.option("--threads", type=WholeNumber(), default=1, show_default=True),
    data_options,
    click.option("--pin", type=CpuList(), help="Run on these CPUs only: 1 or 0,2 or 0-3."),
)


def timing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of commands that measure; the command gets them as `options`, a `MeasureOptions`.

    They hold the input shapes and the signature too.
    """

    @wraps(command)
    def with_options(
        input_shapes: dict[str, tuple[int, ...]], signature: str | None, **values: Any
    ) -> Any:
        names = [name for name in MeasureKeywords.__annotations__ if name in values]
        chosen: dict[str, Any] = {name: values.pop(name) for name in names}
        options = MeasureOptions(input_shapes=input_shapes, signature=signature, **chosen)
        return command(options=options, **values)

    for option in _OPTIONS:
        with_options = option(with_options)
    return with_options
