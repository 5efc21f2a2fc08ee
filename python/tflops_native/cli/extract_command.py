"""`tflops extract`: an operator of a model as a model of its own."""

from typing import Any

import click

from tflops_native import api
from tflops_native.cli.errors import echo_note
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import conversion_of, conversion_options, source_of
from tflops_native.cli.options import data_options, input_options, runtime_option
from tflops_native.cli.output import show_text
from tflops_native.cli.progress import progress_bar
from tflops_native.errors import OptionError
from tflops_native.formats.printable import TEXT_LIMIT, printable
from tflops_native.formatting import byte_count, plural
from tflops_native.model.address import is_path
from tflops_native.model.reader import load


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
    is fused into it. 8/body/3 is operator 3 in the body of the loop that is operator 8. An operator that
    runs subgraphs is written with them.

    \b
    tflops extract model.tflite:4 -o op.tflite
    tflops extract model.tflite:3-5 -o op.tflite --inputs fed.npz
    tflops extract model.tflite:8/body/3 -o op.tflite
    tflops time op.tflite --input fed.npz
    """
    source, path = _split(operator)
    with progress_bar() as progress:
        model = load(
            source_of(source), conversion=conversion_of(quantize, representative), progress=progress
        )
    found = api.extract(
        model,
        path,
        output=output,
        isolated=True,
        on_note=echo_note,
        **options,
    )
    names = ", ".join(one.name for one in found.subgraphs[0].operators)
    more = len(found.subgraphs) - 1
    inside = f" with {plural(more, 'subgraph')}" if more else ""
    text = f"{output}: {names}{inside}, {byte_count(found.size_bytes)}B"
    show_text(printable(text, TEXT_LIMIT))


def _split(argument: str) -> tuple[str, str]:
    """The model, and the path of the operators."""
    source, colon, path = argument.rpartition(":")
    if not colon or not source or source.endswith(":") or not is_path(path):
        raise OptionError(
            f"{argument!r} names no operator: write MODEL:INDEX, such as model.tflite:3 or "
            "model.tflite:8/body/3; `tflops count MODEL` lists the indices"
        )
    return source, path
