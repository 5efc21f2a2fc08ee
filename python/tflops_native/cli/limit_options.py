"""Limits of the child process that runs a model, as options of commands."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from tflops_native.cli.param_type import ParamType
from tflops_native.isolation.limits import ChildLimits

_UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}


class ByteSize(ParamType):
    """`500MB`, `2GiB`, or a number of bytes."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)", str(value).strip())
        unit = None if found is None else _UNITS.get(found[2].upper())
        if found is None or unit is None:
            self.fail(f"{value!r} is no size: write it as 500MB, 2GiB or a number of bytes")
        return int(float(found[1]) * unit) if "." in found[1] else int(found[1]) * unit


class Seconds(ParamType):
    """A number of seconds."""

    name = "SECONDS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is no number of seconds")


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--timeout and --memory-limit; the command gets them as `limits`, a `ChildLimits`."""

    @wraps(command)
    def with_limits(timeout: float | None, memory_limit: int | None, **values: Any) -> Any:
        limits = ChildLimits(timeout_seconds=timeout, memory_bytes=memory_limit)
        # Before anything is counted or run.
        limits.check()
        return command(limits=limits, **values)

    for option in (
        click.option(
            "--memory-limit",
            type=ByteSize(),
            help="Memory that runtime and model may allocate, as 500MB or 2GiB (Linux); to time each "
            "operator too, a report has the model in memory twice.",
        ),
        click.option(
            "--timeout",
            type=Seconds(),
            help="Give up a measurement that takes longer; no limit if left out.",
        ),
    ):
        with_limits = option(with_limits)
    return with_limits
