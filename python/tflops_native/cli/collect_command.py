"""`tflops collect`: folders of results as one table."""

from pathlib import Path

import click

from tflops_native import collecting
from tflops_native.checks import file_path
from tflops_native.cli.completion import complete_files
from tflops_native.cli.errors import echo_note
from tflops_native.cli.help import Command
from tflops_native.cli.output import Output, check_place, show_result
from tflops_native.formats.registry import OF_ALL
from tflops_native.formatting import plural


@click.command("collect", cls=Command)
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@click.option(
    "-o",
    "--output",
    "output_path",
    metavar="FILE",
    shell_complete=complete_files,
    help="Write a row per job to FILE.csv or FILE.parquet.",
)
@click.option(
    "--format", "output_format", type=click.Choice(OF_ALL), default="text", show_default=True
)
def command(folders: tuple[str, ...], output_path: str | None, output_format: str) -> None:
    """Write what `tflops batch` and `tflops fleet` left in folders as one table.

    A row per job, failures with their reason; folders inside FOLDER are read, too. Parquet needs DuckDB:
    pip install 'tflops-native[collect]'.

    \b
    tflops collect results/
    tflops collect results/ -o table.csv
    tflops collect monday/ tuesday/ -o table.parquet
    """
    if output_path is not None:
        check_place(file_path("the output", output_path))
    found = collecting.collect(*folders, output=output_path)
    if output_path is None:
        show_result(found, Output(output_format))
        return
    for note in found.notes:
        echo_note(f"note: {note}")
    echo_note(f"{plural(len(found.jobs), 'row')} in {Path(output_path)}")
