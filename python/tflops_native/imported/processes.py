"""Lines of several processes that one log holds, those of each process together.

Sources: system/logging/liblog/logprint.cpp (all formats of logcat), Android Studio, Xcode, journald.
"""

import re
from collections.abc import Sequence

_TIME = r"(?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d+(?: [+-]\d{4})?"
_PROCESS = re.compile(
    rf"{_TIME}\s+(?:\S+\s+)?(?P<threadtime>\d+)\s+\d+\s+[VDIWEFA]\s"
    rf"|(?:{_TIME}\s+)?[VDIWEFA]/[^()]{{0,80}}\(\s*(?P<brief>\d+)\):"
    r"|[VDIWEFA]\(\s*(?P<process>\d+)(?::\s*\d+)?\) "
    rf"|{_TIME}\s+(?P<studio>\d+)-\d+[ /]"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+[+-]\d{4} [\w.-]+\[(?P<xcode>\d+):\d+\] "
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w.-]+\[(?P<journald>\d+)\]: "
)


def apart(lines: Sequence[str], is_known: Sequence[bool]) -> list[int]:
    """The positions of the lines in the order of their processes, each as it comes first.

    A line without a process, or of one that printed no known line, stays behind the line before it.

    Args:
        is_known: per line whether a benchmark printed it.
    """
    found = [
        match[match.lastgroup] if (match := _PROCESS.match(line)) and match.lastgroup else None
        for line in lines
    ]
    known = {process for process, is_of in zip(found, is_known, strict=True) if is_of}
    order: dict[str | None, list[int]] = {}
    last: str | None = None
    for position, process in enumerate(found):
        last = process if process is not None and process in known else last
        order.setdefault(last, []).append(position)
    return [position for positions in order.values() for position in positions]
