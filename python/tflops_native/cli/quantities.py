"""Values of options that have a unit: durations, sizes and parts of a whole; lists of CPUs; pairs."""

import math
import os
import re
from typing import TYPE_CHECKING, Any

import click

from tflops_native.errors import OptionError
from tflops_native.formatting import brief
from tflops_native.machine.affinity import parse_cpu_list
from tflops_native.reports.sweep_grid import shape_pattern

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    _Type = click.ParamType  # older versions of click cannot be subscripted at run time

_SECONDS = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
}
_BYTES = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}
# In time that grows with the length: digits belong to one part only.
_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_MOST_DIGITS = 300  # a float holds no more


class WholeNumber(_Type):
    """A whole number from `minimum` on; the message says what is wrong and what would be right."""

    name = "N"

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r} is not a whole number")
        if number < self.minimum:
            self.fail(f"must be {self.minimum} or more, got {number}")
        return number


class Duration(_Type):
    """`2`, `2s`, `500ms`, `1min` or `1h`, in seconds.

    Args:
        needs_unit: whether a bare number is refused: of times that are mostly milliseconds.
    """

    name = "SECONDS"

    def __init__(self, *, needs_unit: bool = False) -> None:
        self._needs_unit = needs_unit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(rf"{_NUMBER}\s*([a-zµ]*)", str(value).strip())
        if found is None or found[2] not in _SECONDS:
            self.fail(f"{value!r} is not a duration: write it as 2, 500ms, 2s, 1min or 1h")
        if self._needs_unit and not found[2]:
            self.fail(f"{value!r} has no unit: write it as {found[1]}ms or {found[1]}s")
        seconds = float(found[1]) * _SECONDS[found[2]]
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is too long")
        return seconds


class Fraction(_Type):
    """`1%` or `0.01`, more than nothing and less than the whole."""

    name = "PERCENT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(rf"{_NUMBER}\s*(%?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a percentage: write it as 1% or 0.01")
        number, unit = float(found[1]), found[2]
        if not unit and 1 <= number < 100:
            shown = brief(number, 6)
            self.fail(f"{value!r} could be {shown}% or {shown} times: write it as {shown}%")
        fraction = number / (100 if unit else 1)
        if not 0 < fraction < 1:
            self.fail(f"must lie between 0% and 100%, got {value}")
        return fraction


class ByteSize(_Type):
    """`500MB`, `2GiB`, or a number of bytes."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)", str(value).strip())
        unit = None if found is None else _BYTES.get(found[2].upper())
        if found is None or unit is None:
            self.fail(f"{value!r} is not a size: write it as 500MB, 2GiB or a number of bytes")
        if len(found[1]) > _MOST_DIGITS:
            self.fail(
                f"{value!r} has too many digits: write it as 500MB, 2GiB or a number of bytes"
            )
        return int(float(found[1]) * unit) if "." in found[1] else int(found[1]) * unit


class Count(_Type):
    """`600M`, `1.2G` or a number."""

    name = "COUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(rf"{_NUMBER} ?([kKMGT]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a count: write it as 600M, 1.2G or a number")
        power = " KMGT".index(found[2].upper() or " ")
        count = float(found[1]) * float(1000**power)
        if not math.isfinite(count):
            self.fail(f"{value!r} is too much: write it as 600M, 1.2G or a number")
        return round(count)


class Share(_Type):
    """`100%` or `0.99`, up to the whole."""

    name = "PERCENT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(rf"{_NUMBER}\s*(%?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a percentage: write it as 5% or 0.05")
        if not found[2] and float(found[1]) > 1:
            self.fail(f"{value!r} could be a percentage: write it as {found[1]}%")
        return float(found[1]) / (100 if found[2] else 1)


class Growth(_Type):
    """`latency=5%`."""

    name = "METRIC=PERCENT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        name, found, by = str(value).partition("=")
        if not (name and found):
            self.fail(f"{value!r} is not of the form metric=percent: write it as latency=5%")
        return name, Share().convert(by, param, ctx)


class CpuList(_Type):
    """`1`, `0,2` or `0-3`."""

    name = "CPU[,CPU]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        try:
            return parse_cpu_list(str(value))
        except ValueError as error:
            self.fail(str(error))


class KeyValue(_Type):
    """`key=value`."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        key, found, rest = str(value).partition("=")
        if not (key and found):
            self.fail(f"{value!r} is not of the form key=value")
        return key, rest


class Several(_Type):
    """Values of another type with commas between them: `1,2`."""

    def __init__(self, inner: _Type) -> None:
        self.inner = inner
        self.name = inner.name

    def get_metavar(self, param: click.Parameter, *context: Any) -> str:
        return f"{self.inner.get_metavar(param, *context) or self.name}[,...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        if isinstance(value, tuple):
            return value
        text = str(value)
        # A path may have a comma of its own.
        parts = [text] if os.path.lexists(text) else text.split(",")
        return tuple(self.inner.convert(part.strip(), param, ctx) for part in parts)


class InputShape(_Type):
    """`name=1,224,224,3`, or `1,224,224,3` where there is one input."""

    name = "[NAME=]N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        name, _, lengths = str(value).rpartition("=")
        try:
            return name, tuple(int(length) for length in lengths.replace("x", ",").split(","))
        except ValueError:
            self.fail(f"{value!r} is not a shape: write it as 1,224,224,3 or name=1,224,224,3")


class ShapeGrid(_Type):
    """`name=1,{128..320..32},224,3`, the shapes of an input of a sweep."""

    name = "[NAME=]N,{N..N..STEP},..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, _, lengths = str(value).rpartition("=")
        try:
            shape_pattern(lengths)
        except OptionError as error:
            self.fail(str(error))
        return name, lengths


class InputFile(_Type):
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
