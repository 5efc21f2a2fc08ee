"""What a program printed, without what viewers, loggers and people put around each line.

How a log was kept is found out from the file as a whole: the text in front of lines that are known is
taken as a pattern, digits as any digits, and cut off the other lines too. So `logcat` in all its formats,
Android Studio, Xcode, journald, docker, `ts`, CI systems, `grep -n`, quoting and indentation need no entry.
"""

import re
from collections.abc import Sequence

from tflops_native.imported.log_lines import marked
from tflops_native.imported.prefixes import SEVERITY, prefix_pattern
from tflops_native.imported.processes import apart
from tflops_native.imported.raw_lines import lines_of

# Lines of which the end is known; what stands behind it is how the log was kept: `logcat -v process` puts
# the tag there, scripts the rest of a quotation, spreadsheets a quote.
_ENDED = re.compile(
    r"(?:STARTING!|Initialized session in [0-9.]+ms\.?|Running benchmark for at least .*? seconds\."
    r"|Number of nodes executed: \d+|Memory \(bytes\): count=0|\d+ nodes observed"
    r"|\[[Nn]ode type\].*\[(?:Name|times called)\])(?P<suffix>.*)"
)


def payloads(text: str) -> list[str]:
    """The payload of every line; an empty one for a line with nothing behind its prefix.

    Raises:
        ValueError: there are more lines than any benchmark prints.
    """
    lines = lines_of(text)
    starts = [marked(line) for line in lines]
    order = apart(lines, [at >= 0 for at in starts])
    lines, starts = [lines[at] for at in order], [starts[at] for at in order]
    prefix = prefix_pattern([line[:at] for line, at in zip(lines, starts, strict=True) if at > 0])
    suffix = _suffix([line[at:] for line, at in zip(lines, starts, strict=True) if at >= 0])
    found = [_payload(line, at, prefix, suffix) for line, at in zip(lines, starts, strict=True)]
    if "'" in suffix or '"' in suffix:
        found = [payload.replace(r"\t", "\t").replace('""', '"') for payload in found]
    return _without_repeated(found)


def _payload(line: str, at: int, prefix: re.Pattern[str] | None, suffix: str) -> str:
    if at >= 0:
        payload = line[at:]
    else:
        cut = prefix.match(line) if prefix is not None else None
        payload = line if cut is None else line[cut.end() :]
        severity = SEVERITY.match(payload)
        payload = payload if severity is None else payload[severity.end() :]
    payload = payload.rstrip().removesuffix(suffix)
    # A spreadsheet quotes what it left empty.
    return "" if payload == '""' else payload.rstrip()


def _without_repeated(found: list[str]) -> list[str]:
    """Without the empty lines that some viewers put behind each, and lines of two streams shown twice."""
    for step in (3, 2):
        if not any(payload for at, payload in enumerate(found) if at % step):
            found = found[::step]
    # No line is printed twice: rows have a number or names of their own, and a share of all times.
    return [p for at, p in enumerate(found) if not (at and p and p == found[at - 1])]


def _suffix(seen: Sequence[str]) -> str:
    """What stands behind all lines of which the end is known; "" if nothing does."""
    found = {match["suffix"].rstrip() for line in seen if (match := _ENDED.fullmatch(line))}
    return found.pop() if len(found) == 1 else ""
