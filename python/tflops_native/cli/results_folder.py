"""The option -o of commands that keep a file per result in a folder."""

from pathlib import Path

import click

from tflops_native.checks import file_path
from tflops_native.formats.registry import FORMATS


def results_folder(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> Path | None:
    """The folder; the name of a file is refused."""
    if value is None:
        return None
    folder = file_path("the folder", value)
    suffixes = [suffix for item in FORMATS.values() for suffix in item.suffixes]
    if folder.suffix.lower() in suffixes and not folder.is_dir():
        raise click.BadParameter(
            f"{value!r} would be a folder with a report for each; for one file, write "
            f"--format NAME > {value}"
        )
    return folder
