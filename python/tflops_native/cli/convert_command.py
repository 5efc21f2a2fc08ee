"""`tflops convert`: a model of Keras or TensorFlow to TensorFlow Lite."""

import click

from tflops_native import api
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import conversion_options, source_of
from tflops_native.cli.output import show_text
from tflops_native.cli.progress import progress_bar
from tflops_native.formats.printable import TEXT_LIMIT, printable
from tflops_native.formatting import byte_count


@click.command("convert", cls=Command)
@click.argument("source", metavar="SOURCE")
@conversion_options
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="Write the TensorFlow Lite model to FILE."
)
def command(source: str, quantize: str | None, representative: str | None, output: str) -> None:
    """Convert a .keras or .h5 file, or the folder of a SavedModel, with the installed TensorFlow.

    The other commands take these files as they are, and convert them in the same way.

    \b
    tflops convert model.keras -o model.tflite
    tflops convert saved_model/ -o model.tflite --quantize int8 --representative data.npz
    """
    with progress_bar() as progress:
        model = api.convert(
            source_of(source),
            quantize=quantize or "none",
            representative=representative,
            output=output,
            progress=progress,
        )
    conversion = model.source.conversion
    text = "" if conversion is None else f", {conversion.text}"
    show_text(printable(f"{output}: {byte_count(model.size_bytes)}B{text}", TEXT_LIMIT))
