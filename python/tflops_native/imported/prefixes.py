"""What stands in front of the lines of a log, as a pattern in which digits are any digits."""

import re
from collections import Counter
from collections.abc import Sequence

from tflops_native.imported.log_lines import marked

SEVERITY = re.compile(
    r"(?: *(?:INFO|WARN|WARNING|ERROR|VERBOSE|DEBUG): )?(?:\[\S+:\d+\] )?(?=\S)", re.ASCII
)
_LONGEST_PREFIX = 256
_MOST_PREFIXES = 16
_MOST_SAMPLES = 5_000

_DIGITS, _BLANKS, _LETTER = "\x01", "\x02", "\x03"
_PARTS = {_DIGITS: r"\d+", _BLANKS: r"\s+", _LETTER: "[A-Z]"}


def prefix_pattern(seen: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for what stands in front of known lines; None if nothing does."""
    common = [shape for shape, _ in _shapes(seen).most_common(_MOST_PREFIXES)]
    if not common:
        return None
    # The longest first: another may be its beginning.
    patterns = [_pattern(shape) for shape in sorted(common, key=len, reverse=True)]
    return re.compile("|".join(patterns))


def beginning_pattern(lines: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for how lines begin, of whatever program; None if most of them have nothing in common.

    Args:
        lines: such that are known to begin there.
    """
    starts = [(line, at) for line in lines if (at := marked(line)) >= 0]
    # A severity stands in front of some lines only, and behind what all have.
    prefixes = _shapes([_LAST_SEVERITY.sub("", line[:at]) for line, at in starts]).most_common(1)
    if prefixes and prefixes[0][1] * 2 > len(starts):
        shape = prefixes[0][0]
        return re.compile(_pattern(_head(shape) or shape))
    # Of narrow ones hardly any is known.
    heads = Counter(_head(_shape(line[:_LONGEST_PREFIX])) for line in lines).most_common(1)
    if heads and heads[0][0] and heads[0][1] * 2 > len(lines):
        return re.compile(_pattern(heads[0][0]))
    return None


_LAST_SEVERITY = re.compile(
    r"(?:INFO|WARN|WARNING|ERROR|VERBOSE|DEBUG): (?:\[\S+:\d+\] )?$", re.ASCII
)
_HEAD = re.compile(r"[^a-zA-Z]+")
_FEWEST_PARTS = 4


def _head(shape: str) -> str:
    """The part in front of the first name, which lines of other programs have too; "" if that is little."""
    match = _HEAD.match(shape)
    is_enough = match is not None and sum(map(match[0].count, _PARTS)) >= _FEWEST_PARTS
    return match[0] if match is not None and is_enough else ""


def _shapes(seen: Sequence[str]) -> Counter[str]:
    step = -(-len(seen) // _MOST_SAMPLES) or 1
    return Counter(_shape(prefix) for prefix in seen[::step] if 0 < len(prefix) <= _LONGEST_PREFIX)


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
