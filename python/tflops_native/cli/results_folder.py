"""The option -o of commands that keep a file per result in a folder."""

from pathlib import Path

import click

from tflops_native.formats.registry import FORMATS


def results_folder(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> Path | None:
    """The folder; the name of a file is refused."""
    if value is None:
        return None
    suffixes = [suffix for item in FORMATS.values() for suffix in item.suffixes]
    if Path(value).suffix.lower() in suffixes and not Path(value).is_dir():
        raise click.BadParameter(
            f"{value!r} would be a folder with a report for each; for one file, write "
            f"--format NAME > {value}"
        )
    return Path(value)
