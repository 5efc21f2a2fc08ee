"""What a short summary says of findings: what to try with the weightiest, before how many there are."""

from types import SimpleNamespace

import pytest

from tflops_native.formats.findings import brief_findings, height
from tflops_native.reports.findings.finding import Finding

ADVICE = "try RELU6, or compare with the float model"


def made(count, length=40):
    found = [
        Finding(code=f"c{n}", severity="high", text=f"{n} " + "x" * length, advice=ADVICE)
        for n in range(count)
    ]
    return SimpleNamespace(findings=found, notes=(), rows=())


def texts(count, room, **size):
    return [line.text for line in brief_findings(made(count, **size), room)]


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("room", [2, 3, 4])
def test_the_first_says_what_to_try(count, room):
    shown = texts(count, room)
    assert ADVICE in shown[0]
    assert sum(map(height, shown)) <= room


def test_the_others_are_counted_where_there_is_no_line_for_them():
    assert texts(5, 2)[0].endswith("; 4 more with -v")
    assert texts(5, 3)[1:] == ["4 more findings with -v"]


def test_what_to_try_is_left_out_before_the_finding():
    assert texts(3, 1) == ["0 " + "x" * 40 + "; 2 more with -v"]
    assert texts(1, 1) == ["0 " + "x" * 40]
