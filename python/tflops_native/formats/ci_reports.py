"""A check for systems of continuous integration: JUnit XML, and annotations of GitHub."""

from xml.sax.saxutils import escape, quoteattr

from tflops_native.formats.budgets import sentence
from tflops_native.formats.printable import printable
from tflops_native.reports.budgets import METRICS, Check, CheckLine, Verdict

_LEVELS: dict[Verdict, str] = {"pass": "notice", "fail": "error", "undecided": "warning"}


def junit(check: Check) -> str:
    """One test case per limit, as JUnit XML. An undecided one was skipped, with its reason."""
    failures = sum(line.verdict == "fail" for line in check.lines)
    skipped = sum(line.verdict == "undecided" for line in check.lines)
    name = quoteattr(printable(check.model.name))
    cases = "".join(f"  {_case(line, name)}\n" for line in check.lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="tflops check" tests="{len(check.lines)}" failures="{failures}" '
        f'errors="0" skipped="{skipped}">\n{cases}</testsuite>\n'
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
