"""Where results go, and in which format."""

import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from tflops_native.cli.options import options
from tflops_native.formats.document import Document
from tflops_native.formats.registry import FORMATS, render
from tflops_native.formats.report import report_document
from tflops_native.formats.text import print_text
from tflops_native.plain_json import dump_json
from tflops_native.reports.joined import Report

output_options = options(
    click.option(
        "--format",
        "output",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
    ),
)


def show_reports(reports: Sequence[Report], output: str) -> None:
    """Print reports to standard output."""
    if output == "json" and len(reports) > 1:
        dump_json([report.to_dict() for report in reports], sys.stdout)
        return
    for position, report in enumerate(reports):
        if position:
            click.echo()
        show_document(report_document(report), output)


def show_document(document: Document, output: str) -> None:
    """Print a document to standard output."""
    if output == "text":
        print_text(document, Console(highlight=False))
    else:
        click.echo(render(document, output))


def show_comparison(model: Any, comparison: Any, output: str) -> None:
    from tflops_native.formats.comparison import comparison_document
    from tflops_native.machine.machine import this_machine

    show_document(comparison_document(model, comparison, this_machine()), output)


def show_peaks(peaks: Any, output: str) -> None:
    from tflops_native.formats.peaks import peaks_document

    show_document(peaks_document(peaks), output)
