"""Where results go, and in which format."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from tflops_native.cli.options import options
from tflops_native.reports.joined import Report
from tflops_native.reports.text import print_report

output_options = options(
    click.option(
        "--format",
        "output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
    ),
)


def show_reports(reports: Sequence[Report], output: str) -> None:
    """Print reports to standard output."""
    if output == "json":
        plain = [report.to_dict() for report in reports]
        show_json(plain if len(plain) > 1 else plain[0])
        return
    for position, report in enumerate(reports):
        if position:
            click.echo()
        print_report(report, Console(highlight=False))


def show_comparison(model: Any, comparison: Any, output: str) -> None:
    from tflops_native.machine.machine import this_machine
    from tflops_native.reports.comparison import comparison_to_dict, comparison_to_text

    if output == "json":
        show_json(comparison_to_dict(model, comparison, this_machine()))
    else:
        click.echo(comparison_to_text(model, comparison, this_machine()))


def show_peaks(peaks: Any, output: str) -> None:
    from tflops_native.reports.peaks import peaks_to_text

    if output == "json":
        show_json(peaks.to_dict())
    else:
        click.echo(peaks_to_text(peaks))


def show_json(plain: Any) -> None:
    """Print plain data as JSON."""
    json.dump(plain, sys.stdout, indent=1)
    sys.stdout.write("\n")
