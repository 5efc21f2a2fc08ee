"""`tflops show`: what was saved, in any format."""

import click

from tflops_native.cli.completion import complete_reports
from tflops_native.cli.help import Command
from tflops_native.cli.output import (
    Output,
    output_options_with,
    show_overview,
    show_reports,
    show_result,
    view_options,
)
from tflops_native.formats.registry import OF_ALL
from tflops_native.reports.loaded import load_saved
from tflops_native.reports.report import Report


@click.command("show", cls=Command)
@click.argument("file", shell_complete=complete_reports)
@view_options
@output_options_with("svg", "trace", "model-explorer", "github-benchmark", "bencher")
def command(file: str, output: Output) -> None:
    """Show a result that was saved as JSON with -o, in any format.

    FILE is what `tflops report MODEL -o FILE.json` wrote, or another command that counts, measures or
    compares.

    \b
    tflops show report.json
    tflops show report.json --by layer
    tflops show report.json -o report.md
    """
    found = load_saved(file)
    reports = found if isinstance(found, tuple) else ()
    if output.view.is_of_operators and not any(report.analysis for report in reports):
        raise click.UsageError(
            f"{file!r} has no table of operators, which --by, --sort, --top and --columns are for"
        )
    if output.view.sort == "time" and not any(_has_times(report) for report in reports):
        raise click.UsageError(f"{file!r} has no times of operators: sort by flops, bytes or index")
    if not isinstance(found, tuple):
        show_result(found, output)
    elif _is_overview(found, output):
        show_overview(found, output)
    else:
        show_reports(found, output)


def _is_overview(reports: tuple[Report, ...], output: Output) -> bool:
    """Whether the command that saved them printed a line for each: of several models, not signatures."""
    view = output.view
    if view.is_whole or view.is_of_operators or output.name not in OF_ALL:
        return False
    return any(report.model != reports[0].model for report in reports)


def _has_times(report: Report) -> bool:
    return report.timing is not None and report.timing.profile is not None
