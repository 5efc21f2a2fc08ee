"""The lines of a log as they were printed: out of JSON, without escapes, not broken at some width.

Sources: `logcat -v long` (system/logging/liblog/logprint.cpp).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from tflops_native.imported.log_lines import marked
from tflops_native.imported.wrapped import rejoined

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]_P^X][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
    r"|\^\[(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\n\r\t -~\x80-\U0010ffff]"
)
# Keys under which loggers keep a line: docker's json-file, journalctl -o json, cloud logs.
_JSON_KEYS = ("log", "MESSAGE", "message", "textPayload", "msg")
_NO_BREAK_SPACES = "\u00a0\u2007\u202f"  # as web pages and chats copy them
# Of 10,000 operators: two tables, and a line for each event that was dropped.
MOST_LINES = 100_000
# The heading of each message of `logcat -v long`; an empty line follows the message.
_LONG_HEADING = re.compile(
    r"\s*\[ (?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d+ .{0,80}[VDIWEFA]/.{0,80}\]\s*"
)
_QUOTATION = re.compile(r"[\s>|+<#*]+")


def lines_of(text: str) -> list[str]:
    """The lines, without their ends.

    Raises:
        ValueError: there are more than any benchmark prints.
    """
    if text.count("\n") > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES:,} lines")
    if text.lstrip().startswith("{"):
        text = "\n".join(_unwrapped(text.split("\n")))
    for space in _NO_BREAK_SPACES:
        text = text.replace(space, " ")
    if any(mark in text for mark in ("\x1b", "^[", "\b", "\x00", "\x7f")):
        text = _ESCAPES.sub("", text)
    lines = text.removesuffix("\n").split("\n")
    if "\r" in text:
        # "\r\r\n" is one end of a line, a carriage return alone is too: a terminal would write over it.
        lines = [part for line in lines for part in line.rstrip("\r").split("\r")]
    if len(lines) > MOST_LINES:
        raise ValueError(f"it has {len(lines):,} lines, more than {MOST_LINES:,}")
    return _without_headings(rejoined(_unquoted(lines)))


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """The lines inside of JSON objects, one a line; what is not such an object stays as it is."""
    objects = [_object(line) for line in lines]
    values = Counter(
        key
        for plain in objects
        for key, value in (plain or {}).items()
        if isinstance(value, str) and marked(value) >= 0
    )
    keys = (*_JSON_KEYS, *(key for key, _ in values.most_common(1)))
    for line, plain in zip(lines, objects, strict=True):
        if plain is None:
            yield line
        else:
            value = next((plain[key] for key in keys if isinstance(plain.get(key), str)), "")
            yield value.removesuffix("\n")


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return plain if isinstance(plain, dict) else None


def _unquoted(lines: list[str]) -> list[str]:
    """Without what stands in front of all lines: marks of quotations, indentation."""
    while filled := [line for line in lines if line.strip()]:
        mark = _QUOTATION.match(filled[0])
        # The first and the last in order have no more in common than all.
        shared = 0 if mark is None else _in_common(mark[0], min(filled), max(filled))
        if not shared:
            break
        lines = [line[shared:] if line.strip() else "" for line in lines]
    return lines


def _in_common(*texts: str) -> int:
    return sum(1 for _ in takewhile(lambda at: len(set(at)) == 1, zip(*texts, strict=False)))


def _without_headings(lines: list[str]) -> list[str]:
    """The messages of `logcat -v long` without their headings; any other log as it is."""
    headings = [at for at, line in enumerate(lines) if _LONG_HEADING.fullmatch(line)]
    if not headings:
        return lines
    dropped = {*headings, *(at - 1 for at in headings if at and not lines[at - 1].strip())}
    return [line for at, line in enumerate(lines) if at not in dropped]
