"""Plain data as JSON that a person can read: one line per array of numbers, whatever its length."""

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, TextIO

# Bytes of paths that are not UTF-8, as Python has them: half a character of UTF-16, not valid in JSON.
_NOT_UNICODE = re.compile("[\ud800-\udfff]")
_LINE = 100  # characters that a list of short things may take and still stand on one line
_ROW = 1000  # the same for an object in a list, which is a row of a table


def dump_json(data: Any, stream: TextIO | None = None) -> str:
    """The text, which is also written to `stream` with a line feed behind it.

    Structures are indented by 1. A list of numbers stands on one line; so does each object in a list that
    is not long, and whatever fits on one.

    Raises:
        ValueError: a number is not finite, or something is not plain data.
    """
    parts: list[str] = []
    _write(data, "\n", parts)
    text = "".join(parts)
    if stream is not None:
        stream.write(text + "\n")
    return text


def _write(value: Any, line: str, parts: list[str]) -> None:
    """Append the text; `line` is a line feed and the indentation here."""
    if isinstance(value, Mapping) and value:
        short = _short_object(value)
        if short is not None:
            parts.append(short)
            return
        inner = line + " "
        opening = "{"
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"a key of JSON must be a text, not {key!r}")
            parts.append(f"{opening}{inner}{_quote(key)}: ")
            _write(item, inner, parts)
            opening = ","
        parts.append(line + "}")
    elif isinstance(value, list | tuple) and value:
        text = _on_one_line(value)
        if text is not None:
            parts.append(text)
            return
        inner = line + " "
        opening = "["
        for item in value:
            parts.append(opening + inner)
            row = _short_object(item, _ROW) if isinstance(item, Mapping) and item else None
            if row is None:
                _write(item, inner, parts)
            else:
                parts.append(row)
            opening = ","
        parts.append(line + "]")
    else:
        parts.append(_scalar(value))


def _short_object(value: Mapping[Any, Any], longest: int = _LINE) -> str | None:
    """An object of scalars, short lists and short objects on one line, or None if that does not suit it."""
    # Each key takes two quotes and what parts it from the next.
    if 3 * len(value) > longest or not all(isinstance(key, str) for key in value):
        return None
    items = []
    length = 0
    for key, item in value.items():
        text: str | None
        if type(item) in _SCALARS or not item:
            text = _scalar(item)
        elif isinstance(item, Mapping):
            text = _short_object(item)
        elif isinstance(item, list | tuple):
            text = _on_one_line(item) if 3 * len(item) <= _LINE else None
        else:
            text = _scalar(item)
        if text is None or (length := length + len(text)) > longest:
            return None
        items.append(f"{_quoted_key(key)}: {text}")
    text = f"{{{', '.join(items)}}}"
    return text if len(text) <= longest else None


def _on_one_line(value: list[Any] | tuple[Any, ...]) -> str | None:
    """The list on one line, or None if that does not suit it."""
    kinds = set(map(type, value))
    if kinds <= {int, float}:
        if float in kinds and not all(map(math.isfinite, value)):
            raise ValueError("a number is not finite, and JSON has no others")
        return f"[{', '.join(map(repr, value))}]"
    # Each item takes a character and what parts it from the next.
    if kinds & {dict} or 3 * len(value) > _LINE:
        return None
    items = []
    for item in value:
        if isinstance(item, Mapping):
            if item:
                return None
            items.append("{}")
        elif isinstance(item, list | tuple):
            inner = _on_one_line(item) if item else "[]"
            if inner is None:
                return None
            items.append(inner)
        else:
            items.append(_scalar(item))
    text = f"[{', '.join(items)}]"
    return text if len(text) <= _LINE else None


def valid_text(text: str) -> str:
    """A text as it is read again: without bytes of paths that are no Unicode."""
    return text if text.isascii() else _NOT_UNICODE.sub("\ufffd", text)


def _quote(text: str) -> str:
    return encode_basestring_ascii(valid_text(text))


# Tables repeat their keys thousands of times.
_quoted_key = lru_cache(1024)(_quote)


def _finite(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not finite, and JSON has no such numbers")
    return float.__repr__(value)


_SCALARS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    str: _quote,
    int: int.__repr__,
    float: _finite,
}


def _scalar(value: Any) -> str:
    """A text, a number, a truth value or nothing, or a structure that is empty."""
    for kind in type(value).__mro__:
        if (write := _SCALARS.get(kind)) is not None:
            return write(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise ValueError(f"{value!r} of {type(value)} is not plain data")
