"""`tflops time`: latency only."""

from dataclasses import replace
from pathlib import Path

import click

from tflops_native.analysis import analyze_model
from tflops_native.cli.limit_options import limit_options
from tflops_native.cli.measuring import compare_with_progress, measure_with_progress
from tflops_native.cli.options import (
    model_argument,
    show,
    show_json,
    static_options,
)
from tflops_native.cli.timing_options import timing_options
from tflops_native.isolation.limits import ChildLimits
from tflops_native.machine.machine import this_machine
from tflops_native.model import load
from tflops_native.reports import Report
from tflops_native.reports.comparison import comparison_to_dict, comparison_to_text
from tflops_native.runtime.libraries import runtime_names
from tflops_native.runtime.session import with_given_shapes
from tflops_native.timing.options import MeasureOptions


@click.command("time")
@model_argument
@static_options
@timing_options
@limit_options
def command(
    model: str,
    output_format: str,
    options: MeasureOptions,
    limits: ChildLimits,
) -> None:
    """Time inferences, without counting."""
    loaded = load(model)
    options = with_given_shapes(loaded, options)
    # Shapes that do not fit are refused here, with a hint: XNNPACK would crash on some of them.
    analyze_model(loaded, input_shapes=options.input_shapes, signature=options.signature)
    if len(runtime_names(options.runtime)) > 1:
        comparison = compare_with_progress(Path(model), options, limits)
        if output_format == "json":
            show_json(comparison_to_dict(loaded, comparison, this_machine()))
        else:
            click.echo(comparison_to_text(loaded, comparison, this_machine()))
        return
    timing = measure_with_progress(Path(model), replace(options, profile=False), limits)
    show(Report.of(loaded, None, timing, this_machine()), output_format)
