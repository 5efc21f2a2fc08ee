"""--input, the user's own data; apart, because a count need not import how to time."""

from collections import Counter
from typing import Any, TypeAlias

import click

from tflops_native.cli.options import Command
from tflops_native.cli.param_type import ParamType

InputFiles: TypeAlias = dict[str, str]


class InputFile(ParamType):
    """`name=photo.npy`, or `photo.npy` where there is one input or an archive names them."""

    name = "[NAME=]FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, found, path = str(value).partition("=")
        name, path = (name, path) if found else ("", name)
        if not path:
            self.fail(f"{value!r} names no file: write it as photo.npy or name=photo.npy")
        return name, path


def _by_name(
    context: click.Context, parameter: click.Parameter, files: tuple[tuple[str, str], ...]
) -> InputFiles:
    for name, count in Counter(name for name, _ in files).items():
        if count > 1:
            which = f"input {name!r}" if name else "the only input"
            raise click.BadParameter(f"{count} files are given for {which}")
    return dict(files)


def input_file_option(command: Command) -> Command:
    """--input, of commands that take the user's data; it sets lengths that the model leaves open."""
    return click.option(
        "--input",
        "inputs",
        type=InputFile(),
        multiple=True,
        callback=_by_name,
        help="Data of an input, from a .npy, .npz or .bin file; repeatable. Sets open lengths too.",
    )(command)
