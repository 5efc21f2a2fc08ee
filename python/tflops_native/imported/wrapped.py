"""Lines that a terminal of some width or `fold` broke, put together: a part of a number is another number.

The rule: what follows on a line of the whole width is its rest, unless it begins a line of its own; whether
it does is seen by what stands in front of all lines, and in a log without such prefixes by what it says.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from tflops_native.imported.log_lines import kind_of
from tflops_native.imported.nodes import is_whole_name
from tflops_native.imported.prefixes import SEVERITY, beginning_pattern

# Lines of which the end is known and is not there.
_BROKEN = re.compile(
    r"Running benchmark for at least (?!.* seconds\.)|count=\d+ first=(?!.* std=\S)"
    r"|nference timings in us: (?!.*(?:Inference(?: \(avg\))?|no stats): \S)"
    r"|\[[Nn]ode type\](?!.*(?:\[Name\]|\[times called\]))"
)
Item = TypeVar("Item")
_NARROWEST = 40  # columns; narrower ones break the beginnings of lines too
_WIDEST = 1_024
_MOST_LOOKED_AT = 1_000  # lines, to find out how the log was kept
_LONGEST = 16_384  # of what is put together
# A row up to its name, the beginning of one, and a line that ends in its type, or before it.
_NUMBERS = r"(?:\s+-?[0-9][0-9.]*%?)"
_LONG_ROW = re.compile(rf"\s*+\S(?: ?\S){{0,255}}?{_NUMBERS}{{5,}}+(?:\s*+$|\s++(?P<name>\S.*))")
_ROW = re.compile(
    rf"(?=\s*\S*[A-Za-z(])(?:\s{{8,}}\S(?: ?\S)*?{_NUMBERS}|\s*\S(?: ?\S)*?{_NUMBERS}{{2}})"
)
_PADDING = re.compile(r"\s{8}")
_TYPE = re.compile(r"\s{8,}\S(?: ?\S)*\s*|\s+")


def rejoined(lines: list[str]) -> list[str]:
    """The lines as they were printed; as they are unless one is broken at the width of the widest."""
    if max(map(len, lines), default=0) > _WIDEST:
        # No terminal did: nothing is searched in lines of millions of characters.
        return lines
    widths = [len(line.expandtabs()) for line in lines]
    width = max(widths, default=0)
    at_width = [line for line, columns in zip(lines, widths, strict=True) if columns == width]
    if width < _NARROWEST:
        return lines
    starts = [at for at, last in enumerate((0, *widths[:-1])) if last < width and lines[at]]
    prefix = beginning_pattern([lines[at] for at in _some(starts)])
    if not any(map(_BROKEN.search, at_width)) and not any(
        _is_row_broken(line, prefix) for line in _some(at_width)
    ):
        return lines
    joined: list[str] = []
    is_broken = False
    for line, columns in zip(lines, widths, strict=True):
        # The rest of a line is never empty.
        if is_broken and line and not _begins(joined[-1], line, prefix):
            joined[-1] += line
        else:
            joined.append(line)
        is_broken = columns == width and len(joined[-1]) < _LONGEST
    return joined


def _some(found: Sequence[Item]) -> Sequence[Item]:
    return found[:: -(-len(found) // _MOST_LOOKED_AT) or 1]


def _is_row_broken(line: str, prefix: re.Pattern[str] | None) -> bool:
    """Whether it is a row of a table, and not all of it is there."""
    # Rows are padded in front, so that what stands there ends.
    padding = _PADDING.search(line) if prefix is not None and prefix.match(line) else None
    found = _LONG_ROW.fullmatch(line.rstrip(), 0 if padding is None else padding.start())
    return found is not None and not (found["name"] and is_whole_name(found["name"]))


def _begins(before: str, line: str, prefix: re.Pattern[str] | None) -> bool:
    """Whether a line, behind another one of the whole width, is not the rest of that one."""
    if prefix is not None:
        return prefix.match(line) is not None
    if _ROW.match(line):
        return _TYPE.fullmatch(before) is None
    if _BROKEN.search(before) or _is_row_broken(before, None):
        return False
    if _TYPE.fullmatch(line):
        return True
    text = line.strip()
    severity = SEVERITY.match(text)
    behind = text if severity is None else text[severity.end() :]
    # A title has such an end.
    return behind != text or bool(kind_of(behind)[0] and text.strip("="))
