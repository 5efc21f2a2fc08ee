"""Values of options that have a unit: durations and parts of a whole."""

import re
from typing import Any

import click

_SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
_NUMBER = r"(\d+\.?\d*|\.\d+)"


class Duration(click.ParamType[Any]):
    """`2`, `2s`, `500ms` or `1min`, in seconds."""

    name = "SECONDS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(rf"{_NUMBER}\s*(\w*)", str(value))
        if found is None or found[2] not in _SECONDS:
            self.fail(f"{value!r} is no duration: write it as 2, 500ms, 2s or 1min")
        return float(found[1]) * _SECONDS[found[2]]


class Fraction(click.ParamType[Any]):
    """`1%` or `0.01`, more than nothing and less than the whole."""

    name = "PERCENT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(rf"{_NUMBER}(%?)", str(value))
        if found is None:
            self.fail(f"{value!r} is no part of a whole: write it as 1% or 0.01")
        fraction = float(found[1]) / (100 if found[2] else 1)
        if not 0 < fraction < 1:
            self.fail(f"{value!r} is not between 0% and 100%")
        return fraction
