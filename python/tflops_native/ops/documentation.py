"""What the documentation of a rule says, part by part: it is the text that people read in tables."""

import inspect
import re
import sys
from dataclasses import dataclass

from tflops_native.errors import OptionError
from tflops_native.ops._op import Cost, Rule

# "input    [N, H, W, C]": a label at the margin, two blanks or more, and its text.
_LABELLED = re.compile(r"^(?P<label>[A-Za-z_][\w, ]*?)  +(?P<text>\S.*)$")
_COUNTS = ("MACs", "Other")


@dataclass(frozen=True, slots=True)
class RuleText:
    """The parts of a rule's docstring.

    summary   its first sentence
    outputs   shapes, by the label of the line: "output" or the names of the outputs
    macs      formula of the MACs; empty without
    other     what else is counted; empty without
    source    where the rule was read
    kind      "counted", "no arithmetic", "runs subgraphs" or "not counted"
    """

    summary: str
    outputs: tuple[tuple[str, str], ...]
    macs: str
    other: str
    source: str
    kind: str


def documentation_of(rule: Rule) -> str:
    """The docstring of a rule.

    Raises:
        OptionError: Python runs without docstrings, and has others made up in their place.
    """
    if sys.flags.optimize > 1:
        raise OptionError(
            "the rules are documented in docstrings, which Python leaves out with -OO or "
            "PYTHONOPTIMIZE=2: run it without"
        )
    return inspect.getdoc(rule.op) or ""


def rule_text(rule: Rule) -> RuleText:
    """Take the documentation of a rule apart; errors as `documentation_of`."""
    document = documentation_of(rule)
    paragraphs = document.split("\n\n")
    labelled = _labelled_lines(document)
    outputs = tuple(
        (label, text)
        for label, text in labelled
        if label not in (*rule.roles, *_COUNTS, "Source") and not label[0].isupper()
    )
    counts = {label: _with_numbers(text, rule) for label, text in labelled}
    other = counts.get("Other", "")
    kind = "counted"
    if "caller" in rule.context_names:
        kind = "runs subgraphs"
    elif "not counted, and reported as such" in document:
        kind = "not counted"
    elif "no arithmetic" in document.lower() and not other and "MACs" not in counts:
        kind = "no arithmetic"
    return RuleText(
        summary=" ".join(paragraphs[0].split()),
        outputs=outputs,
        macs=counts.get("MACs", ""),
        other=other,
        source=counts.get("Source", ""),
        kind=kind,
    )


def _with_numbers(text: str, rule: Rule) -> str:
    """The text of a family with the numbers of this member: `per_element` becomes 2."""
    for name, value in rule.fixed.items():
        if isinstance(value, Cost):
            parts = [str(value.scalar_ops)] if value.scalar_ops or not value.transcendentals else []
            if value.transcendentals:
                parts.append(f"{value.transcendentals} function")
            text = text.replace(f"`{name}`", " and ".join(parts))
        elif isinstance(value, int):
            text = text.replace(f"`{name}`", str(value))
    return text


def _labelled_lines(document: str) -> list[tuple[str, str]]:
    """Label and text of each labelled line, with the indented lines that go on below it."""
    found: list[tuple[str, str]] = []
    goes_on = False
    for line in document.splitlines():
        matched = _LABELLED.match(line)
        if matched:
            found.append((matched["label"], matched["text"]))
        elif goes_on and line.startswith("   ") and line.strip():
            label, text = found[-1]
            found[-1] = (label, f"{text} {line.strip()}")
            matched = None
        goes_on = bool(matched) or (goes_on and line.startswith("   "))
    return found
