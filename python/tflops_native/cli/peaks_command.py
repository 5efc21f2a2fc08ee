"""`tflops peaks`: what this machine can do at most."""

import sys

import click

from tflops_native.cli.options import WholeNumber, show_json
from tflops_native.machine.peaks.cache import machine_peaks
from tflops_native.machine.peaks.child import measure_thread_peaks_isolated
from tflops_native.reports import numbers
from tflops_native.reports.peaks import peaks_to_text


@click.command("peaks")
@click.option("--threads", type=WholeNumber(), help="Only this number; 1 to all CPUs if left out.")
@click.option("--force", is_flag=True, help="Measure again what was measured before.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def command(threads: int | None, force: bool, output_format: str) -> None:
    """Measure the peak arithmetic and the memory bandwidths of this machine.

    They are kept for `tflops report`. Measure on a quiet machine.
    """
    is_terminal = sys.stderr.isatty()

    def show(count: int, done: int, total: int) -> None:
        click.echo(
            f"\rmeasuring {done + 1} of {total}: {numbers.plural(count, 'thread')} \r",
            nl=False,
            err=True,
        )

    peaks = machine_peaks(
        None if threads is None else [threads],
        force=force,
        progress=show if is_terminal else None,
        measure=measure_thread_peaks_isolated,
    )
    if is_terminal:
        click.echo("\r\x1b[2K", nl=False, err=True)
    if output_format == "json":
        show_json(peaks.to_dict())
    else:
        click.echo(peaks_to_text(peaks))
