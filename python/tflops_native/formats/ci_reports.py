"""A check for systems of continuous integration: JUnit XML, and annotations of GitHub."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from tflops_native.formats.budgets import sentence
from tflops_native.formats.printable import printable
from tflops_native.reports.budgets import METRICS, Check, CheckLine, Verdict

_LEVELS: dict[Verdict, str] = {"pass": "notice", "fail": "error", "undecided": "warning"}


def junit(check: Check) -> str:
    """One test case per limit, as JUnit XML. An undecided one was skipped, with its reason."""
    return _suite(check.model.name, check.lines, [])


def junit_of_error(model: str, lines: Sequence[CheckLine], error: str) -> str:
    """The same of a check that did not come to its end: what there is of it, and an error."""
    return _suite(model, lines, [error])


def _suite(model: str, lines: Sequence[CheckLine], errors: Sequence[str]) -> str:
    failures = sum(line.verdict == "fail" for line in lines)
    skipped = sum(line.verdict == "undecided" for line in lines)
    name = quoteattr(printable(model))
    cases = [_case(line, name) for line in lines]
    cases += [
        f'<testcase classname={name} name="the check itself">'
        f"<error message={quoteattr(text)}>{escape(text)}</error></testcase>"
        for text in map(printable, errors)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="tflops check" tests="{len(cases)}" failures="{failures}" '
        f'errors="{len(errors)}" skipped="{skipped}">\n'
        + "".join(f"  {case}\n" for case in cases)
        + "</testsuite>\n"
    )


def _case(line: CheckLine, model: str) -> str:
    title = METRICS[line.metric].title + (
        " against the baseline" if line.baseline is not None else ""
    )
    head = f"<testcase classname={model} name={quoteattr(title)}"
    text = printable(sentence(line))
    if line.verdict == "pass":
        return f"{head}/>"
    if line.verdict == "fail":
        return f"{head}><failure message={quoteattr(text)}>{escape(text)}</failure></testcase>"
    return f"{head}><skipped message={quoteattr(text)}/></testcase>"


def annotations(check: Check) -> list[str]:
    """Workflow commands of GitHub for what did not pass: shown beside the change."""
    path = check.model.path or check.model.name
    return [
        f"::{_LEVELS[line.verdict]} file={_property(path)},title=tflops check::"
        f"{_data(printable(sentence(line)))}"
        for line in check.lines
        if line.verdict != "pass"
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
