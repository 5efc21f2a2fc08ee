"""`tflops count`: static analysis only."""

import click

from tflops_native.analysis import analyze_model
from tflops_native.cli.options import (
    InputShapes,
    model_argument,
    show,
    static_options,
    strict_option,
)
from tflops_native.model import load
from tflops_native.reports import Report


@click.command("count")
@model_argument
@static_options
@strict_option
def command(
    model: str,
    input_shapes: InputShapes,
    signature: str | None,
    output_format: str,
    strict: bool,
) -> None:
    """Count MACs, FLOPs and bytes per operator, without running the model."""
    loaded = load(model)
    analysis = analyze_model(loaded, input_shapes=input_shapes, signature=signature, strict=strict)
    show(Report.of(loaded, analysis), output_format)
