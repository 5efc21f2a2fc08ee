"""Limits of `tflops check` in a file: `tflops.toml`, or `[tool.tflops]` of a `pyproject.toml`.

    [check."models/*.tflite"]
    max-macs = "600M"
    max-latency = "7ms"
    baseline = "models/base.json"
    max-regression = { latency = "5%", macs = "0%" }

A key is the name of an option. Globs and paths are relative to the folder of the file.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from tflops_native.checks import parser_reason
from tflops_native.cli.quantities import Share
from tflops_native.errors import OptionError

_OWN, _PROJECT = "tflops.toml", "pyproject.toml"
_LARGEST_BYTES = 1 << 20
KEYS = (
    *("max-macs", "max-flops", "max-params", "max-weights", "max-arena", "max-latency", "max-p95"),
    *("min-coverage", "baseline", "max-regression", "undecided"),
)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a file says of one model.

    path     of the file
    globs    those that match the model, in the order of the file
    values   argument of the command -> its value; later globs override earlier ones
    """

    path: Path
    globs: Sequence[str]
    values: Mapping[str, Any]


def limits_of(model: str, command: click.Command, start: Path) -> FileLimits | None:
    """The limits of a model, by the nearest file in `start` and above; None where there is no such file.

    Args:
        model: the argument: a path, with the name of a model in a bundle or without.
        command: `tflops check`, whose options say how values are written.

    Raises:
        OptionError: the file cannot be read, has a key or value that is not known, or a glob in it
            matches no file.
    """
    found = _nearest(start)
    if found is None:
        return None
    path, tables = found
    named = Path(model.partition("::")[0]).resolve()
    globs: list[str] = []
    values: dict[str, Any] = {}
    for pattern, table in tables.items():
        where = f"{path}: check.{pattern!r}"
        if not isinstance(table, dict):
            raise OptionError(
                f"{where} must be a table of limits, as max-macs = '600M', got {table!r:.60}"
            )
        # All are looked at, whatever model is checked: a mistake is found at once.
        read = {
            _argument(key): _value(command, key, value, path, where) for key, value in table.items()
        }
        try:
            matches = _matches(path.parent, pattern)
        except (ValueError, NotImplementedError) as error:
            raise OptionError(f"{where} is not a glob below '{path.parent}': {error}") from error
        if not matches:
            raise OptionError(f"{where} matches no file in '{path.parent}'")
        if any(match.resolve() == named for match in matches):
            globs.append(pattern)
            values |= read
    return FileLimits(path, globs, values)


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Files that a glob matches, or that have it as their name, as "net [int8].tflite"."""
    found = list(folder.glob(pattern))
    if pattern.rpartition("/")[2] == "**":
        # Python before 3.13 finds only folders by it.
        found += folder.glob(f"{pattern}/*")
    if (folder / pattern).exists():
        found.append(folder / pattern)
    return found


def _nearest(start: Path) -> tuple[Path, dict[str, Any]] | None:
    """The file, and what it has for `check` by glob."""
    for folder in (start, *start.parents):
        own, project = folder / _OWN, folder / _PROJECT
        if own.is_file():
            return own, _tables(own, _read(own), "")
        if project.is_file():
            tools = _read(project).get("tool")
            if isinstance(tools, dict) and "tflops" in tools:
                return project, _tables(project, tools["tflops"], "tool.tflops.")
    return None


def _tables(path: Path, content: Any, prefix: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise OptionError(f"{path}: {prefix.rstrip('.')} must be a table, got {content!r:.60}")
    for key in content:
        if key != "check":
            raise OptionError(
                f"{path}: unknown key {prefix + key!r}; limits stand in "
                f"[{prefix}check.'models/*.tflite']"
            )
    tables = content.get("check", {})
    if not isinstance(tables, dict):
        raise OptionError(f"{path}: {prefix}check must be tables by glob, got {tables!r:.60}")
    return tables


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise OptionError(f"cannot read '{path}': it is larger than 1 MiB")
        return tomllib.loads(data.decode())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot read '{path}': {reason}") from error
    except (ValueError, RecursionError) as error:
        raise OptionError(f"'{path}' is not TOML: {parser_reason(error)}") from error


def _argument(key: str) -> str:
    return "policy" if key == "undecided" else key.replace("-", "_")


def _value(command: click.Command, key: str, value: Any, path: Path, where: str) -> Any:
    if key not in KEYS:
        near = get_close_matches(key, KEYS, 1)
        raise OptionError(
            f"{where} has the unknown key {key!r}; "
            + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(KEYS)}")
        )
    try:
        if key == "max-regression":
            if not isinstance(value, dict):
                raise OptionError(
                    f"{where}: max-regression must be written as {{ latency = '5%' }}, got {value!r:.60}"
                )
            return {name: Share().convert(_text(by), None, None) for name, by in value.items()}
        if key == "baseline":
            return str(path.parent / _text(value))
        (option,) = (parameter for parameter in command.params if f"--{key}" in parameter.opts)
        return option.type.convert(_text(value), option, None)
    except click.BadParameter as error:
        raise OptionError(f"{where}: {key}: {error.message}") from error


def _text(value: Any) -> str:
    """A number or text as on the command line."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise click.BadParameter(f"must be a number or a text as '600M', got {value!r:.60}")
    return str(value)
