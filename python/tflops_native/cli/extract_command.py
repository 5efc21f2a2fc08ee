"""`tflops extract`: an operator of a model as a model of its own."""

import re
from typing import Any

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import conversion_of, conversion_options, source_of
from tflops_native.cli.options import data_options, input_options, runtime_option
from tflops_native.cli.progress import progress_bar
from tflops_native.errors import OptionError
from tflops_native.formatting import byte_count
from tflops_native.model.reader import load

_OPERATORS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
# More are a mistyped range.
_MOST = 100_000


@click.command("extract", cls=Command)
@click.argument("operator", metavar="MODEL:INDEX")
@click.option("-o", "--output", required=True, metavar="FILE", help="Write the model to FILE.")
@click.option(
    "--inputs",
    "inputs_file",
    metavar="FILE.npz",
    help="Run the model once, and write what the operator is fed, usable as --input.",
)
@conversion_options
@input_options
@runtime_option
@data_options
def command(
    operator: str, quantize: str | None, representative: str | None, output: str, **options: Any
) -> None:
    """Write an operator with its weights and shapes as a model of its own.

    INDEX is that of the table of `tflops report`. Several, such as 3,4 or 3-5, are an operator and what
    is fused into it.

    \b
    tflops extract model.tflite:4 -o op.tflite
    tflops extract model.tflite:3-5 -o op.tflite --inputs fed.npz
    tflops time op.tflite --input fed.npz
    """
    source, operators = _split(operator)
    if options.pop("signature", None) is not None:
        raise OptionError(
            "--signature cannot be used here: operators are those of the main subgraph"
        )
    with progress_bar() as progress:
        model = load(
            source_of(source), conversion=conversion_of(quantize, representative), progress=progress
        )
    found = api.extract(model, operators, output=output, **options)
    names = ", ".join(one.name for one in found.subgraphs[0].operators)
    click.echo(f"{output}: {names}, {byte_count(found.size_bytes)}B")


def _split(argument: str) -> tuple[str, list[int]]:
    """The model, and the indices of the operators."""
    source, colon, text = argument.rpartition(":")
    if not colon or not source or source.endswith(":") or not _OPERATORS.fullmatch(text):
        raise OptionError(
            f"{argument!r} names no operator: write MODEL:INDEX, such as model.tflite:3; "
            "`tflops count MODEL` lists the indices"
        )
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        span = range(int(first), int(last or first) + 1)
        if not span:
            raise OptionError(f"the range {part} is empty: it must be FIRST-LAST")
        if len(span) > _MOST:
            raise OptionError(f"the range {part} has more than {_MOST} operators")
        found += span
    return source, found
