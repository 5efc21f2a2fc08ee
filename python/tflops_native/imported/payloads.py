"""What a program printed, without what viewers, loggers and people put around each line.

How a log was kept is found out from the file as a whole: the text in front of lines that are known is
taken as a pattern, digits as any digits, and cut off the other lines too. So `logcat` in all its formats,
Android Studio, Xcode, journald, docker, `ts`, CI systems, `grep -n`, quoting and indentation need no entry.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tflops_native.imported.log_lines import marked

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]_P^X][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
    r"|\^\[(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\n\r\t -~\x80-\U0010ffff]"
)
# Keys under which loggers keep a line: docker's json-file, journalctl -o json, cloud logs.
_JSON_KEYS = ("log", "MESSAGE", "message", "textPayload", "msg")
_SEVERITY = re.compile(
    r"(?:(?:INFO|WARN|WARNING|ERROR|VERBOSE|DEBUG): )?(?:\[\S+:\d+\] )?(?=\S)", re.ASCII
)
# `logcat -v process` puts the tag behind: "I( 1234) text  (tag)".
_PROCESS_PREFIX = re.compile(r"[A-Z]\( *\d+\) ")
_PROCESS_TAG = re.compile(r"(?<! ) +\([^()]*\)$")
# Of 10,000 operators: two tables, and a line for each event that was dropped.
MOST_LINES = 100_000
_LONGEST_PREFIX = 256
_MOST_PREFIXES = 16
_MOST_SAMPLES = 5_000

_DIGITS, _BLANKS, _LETTER = "\x01", "\x02", "\x03"
_PARTS = {_DIGITS: r"\d+", _BLANKS: r"\s+", _LETTER: "[A-Z]"}


def payloads(text: str) -> list[str]:
    """The payload of every line; an empty one for a line with nothing behind its prefix.

    Raises:
        ValueError: there are more lines than any benchmark prints.
    """
    lines = _lines(text)
    starts = [marked(line) for line in lines]
    prefix = _prefix([line[:at] for line, at in zip(lines, starts, strict=True) if at > 0])
    is_process = any(
        at > 0 and _PROCESS_PREFIX.match(line) for line, at in zip(lines, starts, strict=True)
    )
    found = [_payload(line, at, prefix, is_process) for line, at in zip(lines, starts, strict=True)]
    # Some viewers put an empty line behind each.
    return found if any(found[1::2]) else found[::2]


def _payload(line: str, at: int, prefix: re.Pattern[str] | None, is_process: bool) -> str:
    if at >= 0:
        payload = line[at:]
    else:
        cut = prefix.match(line) if prefix is not None else None
        payload = line if cut is None else line[cut.end() :]
        severity = _SEVERITY.match(payload)
        payload = payload if severity is None else payload[severity.end() :]
    if is_process and _PROCESS_PREFIX.match(line):
        payload = _PROCESS_TAG.sub("", payload)
    # A spreadsheet quotes what it left empty.
    return "" if payload == '""' else payload.rstrip()


def _lines(text: str) -> list[str]:
    if text.count("\n") > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES:,} lines")
    if text.lstrip().startswith("{"):
        text = "\n".join(_unwrapped(text.split("\n")))
    if _has_escapes(text):
        text = _ESCAPES.sub("", text)
    lines = text.removesuffix("\n").split("\n")
    if "\r" in text:
        # "\r\r\n" is one end of a line, a carriage return alone is too: a terminal would write over it.
        lines = [part for line in lines for part in line.rstrip("\r").split("\r")]
    if len(lines) > MOST_LINES:
        raise ValueError(f"it has {len(lines):,} lines, more than {MOST_LINES:,}")
    return lines


def _has_escapes(text: str) -> bool:
    return any(mark in text for mark in ("\x1b", "^[", "\b", "\x00", "\x7f"))


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """The lines inside of JSON objects, one a line; what is not such an object stays as it is."""
    for line in lines:
        plain = None
        if line.startswith("{"):
            try:
                plain = json.loads(line)
            except (ValueError, RecursionError):
                plain = None
        if isinstance(plain, dict):
            value = next((plain[key] for key in _JSON_KEYS if isinstance(plain.get(key), str)), "")
            yield value.removesuffix("\n")
        else:
            yield line


def _prefix(seen: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for what stands in front of known lines; None if nothing does."""
    step = -(-len(seen) // _MOST_SAMPLES) or 1
    counts = Counter(
        _shape(prefix) for prefix in seen[::step] if 0 < len(prefix) <= _LONGEST_PREFIX
    )
    common = [shape for shape, _ in counts.most_common(_MOST_PREFIXES)]
    if not common:
        return None
    # The longest first: another may be its beginning.
    patterns = [_pattern(shape) for shape in sorted(common, key=len, reverse=True)]
    return re.compile("|".join(patterns))


def _shape(prefix: str) -> str:
    shape = re.sub(r"\d+", _DIGITS, prefix)
    shape = re.sub(r"\b[A-Z]\b", _LETTER, shape)
    return re.sub(r"\s+", _BLANKS, shape)


def _pattern(shape: str) -> str:
    parts = [_PARTS.get(character) or re.escape(character) for character in shape]
    # Editors cut the blanks off a line that holds nothing else.
    if shape.endswith(_BLANKS):
        parts[-1] = r"(?:\s|$)"
    return "".join(parts)
