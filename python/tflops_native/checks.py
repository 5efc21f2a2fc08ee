"""Checks of option values, for functions that anybody may call with anything."""

import math
import os
import re
import reprlib
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from numbers import Integral, Number, Real
from pathlib import Path
from typing import Any, TypeVar, cast

from tflops_native.errors import OptionError, TflopsError, shortened

# Of the places of a list, as texts. More digits are none, and of some thousands Python makes no number.
INDEX = "[0-9]{1,10}"
# Arguments that are called while something is done.
_LISTENERS = ("progress", "on_note", "cell_done", "job_done", "expand")
_SHOWN = 100
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # more than a drive of Windows has

Function = TypeVar("Function", bound=Callable[..., Any])


def shown(value: object) -> str:
    """What an argument is, in a message: one short line, however large or broken it is."""
    try:
        text = _SHORT.repr(value)
    except Exception:
        # An object of anybody may raise anything; Python writes no number of thousands of digits.
        text = f"a {type(value).__name__}"
    return shortened(" ".join(text.split()), _SHOWN)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _SHOWN


def with_checked_arguments(function: Function) -> Function:
    """A public function that refuses flags which are neither true nor false, labels that are no texts, and
    listeners that cannot be called, before it does anything; numbers of numpy become those of Python.

    Raises:
        OptionError: an argument is of another type.
    """
    return _checked(function, (*signature(function).parameters.values(),), None)


def with_options_of(
    other: Callable[..., Any], *, without: Collection[str] = ()
) -> Callable[[Function], Function]:
    """The same for a function whose further options are those of another one, and no others.

    Args:
        without: options of the other one that this one sets itself.

    Raises:
        OptionError: also if there is no such option.
    """
    theirs = [
        item
        for item in signature(other).parameters.values()
        if item.kind is item.KEYWORD_ONLY and item.name not in without
    ]

    def checked(function: Function) -> Function:
        own = signature(function).parameters.values()
        named = {item.name for item in (*own, *theirs) if item.kind is not item.VAR_KEYWORD}
        return _checked(function, (*own, *theirs), named)

    return checked


def _checked(
    function: Function, parameters: tuple[Parameter, ...], named: Collection[str] | None
) -> Function:
    flags = {item.name for item in parameters if item.annotation in (bool, bool | None)}
    texts = {item.name for item in parameters if item.annotation == str | None}
    without = {item.name for item in parameters if item.default is None}
    positions = [item.name for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]

    @wraps(function)
    def checked(*given: Any, **named_ones: Any) -> Any:
        arguments = [_plain_number(value) for value in given]
        options = {name: _plain_number(value) for name, value in named_ones.items()}
        for name, value in (*zip(positions, arguments, strict=False), *options.items()):
            if named is not None and name not in named:
                near = get_close_matches(name, named, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "help() lists the options"
                raise OptionError(f"{function.__name__} has no option {shown(name)}: {hint}")
            if value is None and name in without:
                continue
            if name in flags:
                flag(name, value)
            elif name in texts and not isinstance(value, str):
                raise OptionError(f"{name} must be a text, got {shown(value)}")
            elif name in _LISTENERS and not callable(value):
                raise OptionError(f"{name} must be a function, got {shown(value)}")
        return function(*arguments, **options)

    return cast("Function", checked)


def _plain_number(value: Any) -> Any:
    """A number of numpy as one of Python, which JSON and results take; anything else as it is."""
    is_of_numpy = isinstance(value, Number) and type(value).__module__ == "numpy"
    return value.item() if is_of_numpy else value


def flag(name: str, value: Any) -> bool:
    """The value as a `bool`; numpy's are taken.

    Raises:
        OptionError: it is neither true nor false.
    """
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise OptionError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def listed(what: str, value: Any, error: type[TflopsError] = OptionError) -> tuple[Any, ...]:
    """The items of a list, a tuple, an array or whatever else can be looped over.

    Args:
        what: how the message begins: "pin must be CPU numbers, as (0, 2)".
        error: of which class the error is.

    Raises:
        TflopsError: it has no items, as a text or a number, or does not give them.
    """
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise error(f"{what}, got {shown(value)}")
    try:
        return tuple(value)
    except Exception as refused:
        # Whatever can be looped over may refuse to be: a file that is closed, an array without dimensions.
        raise error(f"{what}, got {shown(value)}: {refused}") from refused


def whole_number(name: str, value: Any, *, minimum: int, maximum: int | None = None) -> int:
    """The value as an `int`.

    Raises:
        OptionError: it is not a whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise OptionError(f"{name} must be a whole number, got {shown(value)}")
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
        raise OptionError(f"{name} must be a number, got {shown(value)}")
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
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, got {shown(value)}")
    return value


def file_path(what: str, value: Any, error: type[TflopsError] = OptionError) -> Path:
    """The value as the path of a file or folder, which need not exist.

    Args:
        error: of which class the error is.

    Raises:
        TflopsError: it is not a path, or one that no system takes.
    """
    try:
        name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    except Exception:
        name = None
    if not isinstance(name, str) or not name:
        raise error(f"{what} must be a path, as 'folder/name', got {shown(value)}")
    if "\0" in name:
        raise error(f"{what} must be a path without null bytes, got {shown(name)}")
    if (scheme := _SCHEME.match(name)) and not os.path.lexists(name):
        rest = name[scheme.end() :]
        hint = (
            f"write {rest!r}" if scheme[1].lower() == "file" else "download it, and give the file"
        )
        raise error(f"{what} must be a path, got the URL {shown(name)}: {hint}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError as refused:
        raise error(
            f"{what} must be a path, but {shown(name)} holds half a character of UTF-16"
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
