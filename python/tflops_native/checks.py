"""Checks of option values, for functions that anybody may call with anything."""

import math
import os
import re
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from tflops_native.errors import OptionError, TflopsError

# Of the places of a list, as texts. More digits are none, and of some thousands Python makes no number.
INDEX = "[0-9]{1,10}"


def whole_number(name: str, value: Any, *, minimum: int, maximum: int | None = None) -> int:
    """The value as an `int`.

    Raises:
        OptionError: it is not a whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise OptionError(f"{name} must be a whole number, got {value!r}")
    whole = bounded(name, int(value))
    if whole < minimum:
        raise OptionError(f"{name} must be {minimum} or more, got {whole}")
    if maximum is not None and whole > maximum:
        raise OptionError(f"{name} must be {maximum:,} or less, got {whole:,}")
    return whole


def bounded(name: str, whole: int, error: type[TflopsError] = OptionError) -> int:
    """A whole number of a size that can be computed with and shown: no float holds more, and Python writes
    no number of more than 4,300 digits.

    Args:
        error: of which class the error is.

    Raises:
        TflopsError: it is beyond that.
    """
    if whole.bit_length() > 1024:
        raise error(
            f"{name} must be below 2^1024 in size, got a number of {whole.bit_length()} bits"
        )
    return whole


def number(
    name: str, value: Any, *, above: float = -math.inf, minimum: float = -math.inf, below: float
) -> float:
    """The value as a `float`; it must be finite unless `below` allows more.

    Raises:
        OptionError: it is not a number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise OptionError(f"{name} must be a number, got {value!r}")
    try:
        found = float(value)
    except OverflowError as error:
        raise OptionError(f"{name} must be below 2^1024 in size") from error
    # Written so that a NaN fails too.
    if not (found > above and minimum <= found < below):
        lower = f"above {above:g}" if above > -math.inf else f"{minimum:g} or more"
        upper = "" if below == math.inf else f" and below {below:g}"
        raise OptionError(f"{name} must be {lower}{upper}, got {found:g}")
    return found


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    """The value, which must be one of a few words.

    Raises:
        OptionError: it is another one.
    """
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value


def file_path(what: str, value: Any, error: type[TflopsError] = OptionError) -> Path:
    """The value as the path of a file or folder, which need not exist.

    Args:
        error: of which class the error is.

    Raises:
        TflopsError: it is not a path, or one that no system takes.
    """
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str):
        raise error(f"{what} must be a path, as 'folder/name', got {value!r:.100}")
    if "\0" in name:
        raise error(f"{what} must be a path without null bytes, got {name!r:.100}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError as refused:
        raise error(
            f"{what} must be a path, but {name!r:.100} holds half a character of UTF-16"
        ) from refused
    return Path(name)


def parser_reason(error: ValueError | RecursionError) -> str:
    """Why JSON, TOML or YAML cannot be parsed, in one line that speaks of the file.

    Where limits of Python end the parsing, its words are about its stack, its settings and its codecs.
    """
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not {error.encoding.upper()}: byte {error.start:,} does not belong there"
    reason = " ".join(str(error).split())
    if "set_int_max_str_digits" in reason:
        return "it holds a whole number of thousands of digits"
    return reason


def listed_index(text: str, count: int) -> int | None:
    """The index that a text is; None if it is none of a list of so many."""
    is_index = re.fullmatch(INDEX, text) and int(text) < count
    return int(text) if is_index else None
