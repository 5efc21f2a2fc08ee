"""Findings, and behind them the notes that must be known before the figures are trusted."""

import textwrap
from collections import Counter
from collections.abc import Iterator

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import EXACT
from tflops_native.formats.document import Found, Line
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report

ROOM = 70  # cells of a line of 80 beside its label
# Notes that a line of the summary or a finding says already, or that nobody must read first.
_DETAILS = frozenset(
    {"convention", "disturbed", "imprecise_operators", "newer_runtime", "open_lengths"}
    | {"unmatched_events"}
)
_BRIEFLY = _DETAILS | {"exact"}


def all_findings(report: Report) -> Found:
    """All of them, with what to try."""
    return [Line("finding", str(finding)) for finding in report.findings]


def all_notes(report: Report) -> Found:
    """All that nothing else in the summary says."""
    return [Line("note", text) for text in _notes(report, _DETAILS)]


def brief_findings(report: Report, room: int) -> Found:
    """As many as take so many lines of a terminal, the weightiest always; what to try as there is room."""
    items = [("finding", _variants(finding)) for finding in report.findings]
    items += [("note", (text, text.partition(";")[0])) for text in _notes(report, _BRIEFLY)]
    found: Found = []
    for position, (label, variants) in enumerate(items):
        left = items[position:]
        allowed = room - (1 if len(left) > 1 else 0)
        fitting = [text for text in variants if height(text) <= allowed]
        more = f"{variants[0]}; {len(left) - 1} more with -v"
        if not found and variants[0] not in fitting and left[1:] and height(more) <= room:
            # What to try with the weightiest is worth more than a line of its own for how many there are.
            found.append(Line(label, more))
            break
        if not fitting and found:
            found.append(Line("", _more(left)))
            break
        text = fitting[0] if fitting else variants[-1]
        room -= height(text)
        found.append(Line(label, text))
        if not fitting and left[1:]:
            # Hidden ones are said to be there, if need be in short.
            hidden = len(left) - 1
            ends = (f"; {hidden} more with -v", f"; {hidden} more: -v", f" (+{hidden}: -v)")
            shown = next((end for end in ends if height(text + end) == height(text)), ends[-1])
            found[-1] = Line(label, text + shown)
            break
    return found


def _variants(finding: Finding) -> tuple[str, ...]:
    return (str(finding), finding.text)


def _more(items: list[tuple[str, tuple[str, ...]]]) -> str:
    """ "2 more findings and 1 note with -v"."""
    counts = Counter(label for label, _ in items)
    parts = [numbers.plural(count, label) for label, count in counts.items()]
    return f"{' and '.join(parts)} with -v".replace(" ", " more ", 1)


def height(text: str) -> int:
    """Lines that a text takes."""
    return len(textwrap.wrap(text, ROOM))


def _notes(report: Report, left_out: frozenset[str]) -> Iterator[str]:
    """The same one once, with how many there are, but for these codes."""
    named = {index for finding in report.findings for index in finding.operators}
    rows = (row.operator for row in report.rows)
    are_found = {operator.index for operator in rows if operator.status not in EXACT} <= named
    counts = Counter(
        str(note)
        for note in report.notes
        if note.code not in left_out and not (are_found and note.code == "not_exact")
    )
    for text, times in counts.items():
        yield text if times == 1 else f"{times:,} times: {text}"
