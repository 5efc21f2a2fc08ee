"""`tflops report`: count, time, and join per operator."""

from pathlib import Path

import click

from tflops_native.cli.counting import count_model
from tflops_native.cli.measuring import measure_with_progress
from tflops_native.cli.options import (
    counting_options,
    model_argument,
    show,
    static_options,
)
from tflops_native.cli.timing_options import timing_options
from tflops_native.errors import InvokeError
from tflops_native.model import load
from tflops_native.reports import Report
from tflops_native.timing import MeasureOptions, this_machine, with_given_shapes


@click.command("report")
@model_argument
@static_options
@timing_options
@counting_options
def command(
    model: str,
    output_format: str,
    options: MeasureOptions,
    strict: bool,
    trip_count: int | None,
    shapes: str,
) -> None:
    """Count, time and join per operator."""
    loaded = load(model)
    options = with_given_shapes(loaded, options)
    analysis = count_model(
        model,
        loaded,
        input_shapes=options.input_shapes,
        signature=options.signature,
        strict=strict,
        trip_count=trip_count,
        run=options if shapes == "runtime" else None,
    )
    try:
        timing = measure_with_progress(Path(model), options)
    except InvokeError as error:
        # What was counted is not lost because the runtime cannot run the model.
        show(
            Report.of(loaded, analysis, machine=this_machine(), timing_error=str(error)),
            output_format,
        )
        raise
    show(Report.of(loaded, analysis, timing, this_machine()), output_format)
