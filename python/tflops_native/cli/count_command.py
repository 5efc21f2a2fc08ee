"""`tflops count`: static analysis only."""

from typing import TYPE_CHECKING, Any

import click

from tflops_native import api
from tflops_native.cli.errors import USAGE_ERROR, echo_error, message_of
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import Models, models_argument
from tflops_native.cli.options import (
    convention_options,
    counting_options,
    input_file_option,
    input_options,
    runtime_option,
)
from tflops_native.cli.output import (
    Output,
    output_options_with,
    show_overview,
    show_reports,
    view_options,
)
from tflops_native.errors import TflopsError

if TYPE_CHECKING:
    from tflops_native.reports.report import Report


@click.command("count", cls=Command)
@models_argument
@input_options
@counting_options
@runtime_option
@input_file_option
@convention_options
@view_options
@output_options_with("model-explorer", "github-benchmark", "bencher")
def command(models: Models, output: Output, **options: Any) -> None:
    """Count MACs, FLOPs and bytes per operator, without running the model.

    A model with several signatures is counted for each of them. Of several models, of a bundle that
    holds several, and of a folder, there is one line each; with --all, --by, --sort, --top or --columns the
    tables.

    \b
    tflops count model.tflite
    tflops count model.tflite --by type
    tflops count models/ --format csv          one line for each model in the folder
    cat model.tflite | tflops count -
    """
    if output.view.sort == "time":
        raise click.UsageError(
            "`tflops count` measures no times: sort by flops, bytes or index, or use `tflops report`"
        )
    reports: list[Report] = []
    errors: list[TflopsError] = []
    lines: list[str] = []

    def failed(error: TflopsError, name: str = "") -> None:
        errors.append(error)
        lines.append(f"{name}: {message_of(error)}" if name else message_of(error))

    counted = 0
    for model in models.each(failed):
        try:
            reports += api.count(model, every_signature=True, isolated=True, **options)
            counted += 1
        except TflopsError as error:
            failed(error, model.source.name)
    is_one = counted + len(errors) == 1
    if is_one and errors:
        raise errors[0]
    if is_one or output.view.is_whole or output.view.is_of_operators:
        show_reports(reports, output)
    else:
        show_overview(reports, output)
    for line in lines:
        echo_error(line)
    if errors:
        click.get_current_context().exit(USAGE_ERROR)
