"""Reports of one model or of several: what is finished is shown, what failed is named beside it."""

from collections.abc import Callable, Iterable

import click

from tflops_native.cli.errors import FAILED, echo_error, message_of
from tflops_native.cli.model_input import Models
from tflops_native.cli.output import Output, show_overview, show_reports
from tflops_native.errors import TflopsError
from tflops_native.model.graph import Model
from tflops_native.reports.report import Report


def show_each(models: Models, report: Callable[[Model], Iterable[Report]], output: Output) -> None:
    """Load one after the other, and show what `report` says of it: of several a line for each.

    Raises:
        TflopsError: there is one, and it failed.
        KeyboardInterrupt: Ctrl-C; what was finished before is shown.
    """
    reports: list[Report] = []
    errors: list[TflopsError] = []
    lines: list[str] = []
    done = 0
    interrupted: KeyboardInterrupt | None = None

    def failed(error: TflopsError, name: str = "") -> None:
        errors.append(error)
        lines.append(f"{name}: {message_of(error)}" if name else message_of(error))

    try:
        for model in models.each(failed):
            try:
                reports += report(model)
                done += 1
            except TflopsError as error:
                failed(error, model.source.name)
    except KeyboardInterrupt as error:
        interrupted = error
    is_one = done + len(errors) == 1
    if is_one and errors and interrupted is None:
        raise errors[0]
    if reports:
        if is_one or output.view.is_whole or output.view.is_of_operators:
            show_reports(reports, output)
        else:
            show_overview(reports, output)
    for line in lines:
        echo_error(line)
    if interrupted is not None:
        raise interrupted
    if errors:
        click.get_current_context().exit(FAILED)
