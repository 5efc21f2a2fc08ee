"""`tflops count`: static analysis only."""

import click

from tflops_native.analysis import (
    CONVENTIONS,
    Analysis,
    convention_counts,
    valid_macs,
)
from tflops_native.cli.counting import count_model, run_options
from tflops_native.cli.input_options import InputFiles, input_file_option
from tflops_native.cli.options import (
    InputShapes,
    convention_options,
    counting_options,
    model_argument,
    show,
    show_json,
    static_options,
)
from tflops_native.model import Model, entry_point, load
from tflops_native.reports import Report


@click.command("count")
@model_argument
@static_options
@counting_options
@input_file_option
@convention_options
def command(
    model: str,
    input_shapes: InputShapes,
    signature: str | None,
    output_format: str,
    strict: bool,
    trip_count: int | None,
    shapes: str,
    inputs: InputFiles,
    convention: str | None,
    valid_taps: bool,
) -> None:
    """Count MACs, FLOPs and bytes per operator, without running the model.

    A model with several signatures is counted for each of them.
    """
    loaded = load(model)
    reports = []
    for key, asked, files in _entry_points(loaded, signature, input_shapes, inputs):
        run = None
        if files or shapes == "runtime":
            run = run_options(loaded, input_shapes=asked, signature=key, inputs=files)
        analysis = count_model(
            model,
            loaded,
            input_shapes=asked if run is None else run.input_shapes,
            signature=key,
            strict=strict,
            trip_count=trip_count,
            run=run if shapes == "runtime" else None,
        )
        reports.append(_report(loaded, analysis, convention, valid_taps))
    if len(reports) > 1 and output_format == "json":
        show_json([report.to_dict() for report in reports])
        return
    for position, report in enumerate(reports):
        if position:
            click.echo()
        show(report, output_format)


def _report(model: Model, analysis: Analysis, convention: str | None, valid_taps: bool) -> Report:
    names = [] if convention is None else [convention]
    if convention == "all":
        names = list(CONVENTIONS)
    return Report.of(
        model,
        analysis,
        conventions=tuple(convention_counts(analysis, name, model) for name in names),
        valid_macs=tuple(map(valid_macs, analysis.operators)) if valid_taps else None,
    )


def _entry_points(
    model: Model, signature: str | None, shapes: InputShapes, files: InputFiles
) -> list[tuple[str | None, InputShapes, InputFiles]]:
    """What to count: the signature asked for, else all; each with what belongs to its inputs."""
    if signature is not None or len(model.signatures) < 2:
        return [(signature, shapes, files)]
    names = {
        found.key: {item.name for item in entry_point(model, found.key).inputs}
        for found in model.signatures
    }
    if {*shapes, *files} - set().union(*names.values()):
        # No signature has such an input: the first one says so, with the names there are.
        return [(model.signatures[0].key, shapes, files)]
    return [
        (
            key,
            {name: shape for name, shape in shapes.items() if name in known},
            {name: file for name, file in files.items() if name in known},
        )
        for key, known in names.items()
    ]
