"""Contenders side by side: what a person reads, and plain data."""

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from made_reports import make_report
from tflops_native.formats.comparison import comparison_document, time_sentence
from tflops_native.formats.registry import render
from tflops_native.formats.text import print_text
from tflops_native.reports.comparison import Comparison
from tflops_native.timing.precision import Stop
from tflops_native.timing.ratio import Ratio

NONE = {"lower": None, "upper": None}


@pytest.fixture
def comparison():
    """B has four threads, and its convolution takes 15 instead of 25 us of about 40."""
    made = make_report("float")
    timing = replace(made.timing, latency=replace(made.timing.latency, median_seconds=40e-6))
    first = made.with_parts(timing=timing)
    convolution, softmax = timing.profile.operators
    shorter = replace(
        convolution.estimate, typical_seconds=15e-6, lower_seconds=14e-6, upper_seconds=16e-6
    )
    profile = replace(timing.profile, operators=(replace(convolution, estimate=shorter), softmax))
    latency = replace(
        timing.latency, median_seconds=timing.latency.median_seconds - 10e-6, p95_seconds=50e-6
    )
    other = first.with_parts(timing=replace(timing, threads=4, profile=profile, latency=latency))
    return Comparison.of(
        [("tiny.tflite", first), ("tiny.tflite", other)],
        [Ratio(value=0.75, lower=0.73, upper=0.785, blocks=12)],
        Stop(reason="max_time", precision=0.01, is_reached=False, seconds=10.04),
    )


def test_text(comparison):
    lines = render(comparison_document(comparison), "text").splitlines()
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["A", "2", "threads", "195k"],
        ["B", "4", "threads", "195k"],
    ]
    assert lines[1].endswith("      1")
    assert lines[2].endswith("  0.750")
    rows = [line for line in lines if line.startswith("CONV_2D ") or "0    0  CONV_2D" in line]
    assert [row.split()[-4:] for row in rows] == [["25.0µs", "15.0µs", "-10.0µs", "100.0"]] * 2
    closing = lines[lines.index("", lines.index("")) :]
    assert "result    B takes 25.0% less time than A (21.5% to 27.0%, 95% confidence)" in closing
    assert "          of -10.0µs: CONV_2D -10.0µs" in closing
    assert "counts    B has the same operators and MACs as A" in closing
    assert (
        "runs      12 blocks in 10.0s, interleaved, in both orders; stopped before the ratios were "
        "known to ±1.0%" in closing
    )
    assert "machine   Example CPU @ 3 GHz" in closing


def test_plain_data(comparison):
    plain = comparison_document(comparison).data()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["format"], plain["format_version"]) == ("tflops_native/comparison", 3)
    assert [item["label"] for item in plain["contenders"]] == ["A", "B"]
    (difference,) = plain["differences"]
    assert difference["ratio"]["differs"] is True
    assert difference["conditions"] == [{"name": "threads", "first": "2", "other": "4"}]
    assert difference["types"][0]["name"] == "CONV_2D"


@pytest.mark.parametrize(
    ("ratio", "sentence"),
    [
        (
            Ratio(value=0.911, lower=0.903, upper=0.919, blocks=20),
            "B takes 8.9% less time than A (8.1% to 9.7%, 95% confidence)",
        ),
        (
            Ratio(value=1.004, lower=1.002, upper=1.006, blocks=20),
            "B takes 0.40% more time than A (0.20% to 0.60%, 95% confidence)",
        ),
        (
            Ratio(value=2.5, lower=2.4, upper=2.6, blocks=20),
            "B takes 2.50 times as long as A (2.40 to 2.60, 95% confidence)",
        ),
        (
            Ratio(value=1.001, lower=0.996, upper=1.006, blocks=20),
            "no difference between A and B: one of more than 0.60% can be excluded (95% confidence)",
        ),
        (
            Ratio(value=1.1, lower=0.5, upper=3.0, blocks=8),
            "cannot tell A and B apart: B takes 0.5 to 3 times as long as A (95% confidence)",
        ),
        (
            Ratio(value=1.1, blocks=2, **NONE),
            "B takes 10.0% more time than A in 2 blocks, too few for an interval: a longer --max-time "
            "takes more",
        ),
        (
            Ratio(value=0.5, blocks=None, **NONE),
            "B takes 50.0% less time than A; these files do not say how certain that is",
        ),
        (
            Ratio(value=1.0, blocks=None, **NONE),
            "B takes the same time as A; these files do not say how certain that is",
        ),
    ],
)
def test_the_verdict_in_words(ratio, sentence):
    assert time_sentence(ratio, "A", "B") == sentence


def test_no_difference_has_no_table_of_chances(comparison):
    same = replace(comparison, interleaved=(Ratio(value=1.0, lower=0.99, upper=1.01, blocks=12),))
    text = render(comparison_document(same), "text")
    assert "no difference between A and B" in text
    assert "CONV_2D" not in text


@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_numbers(comparison, width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, force_jupyter=False)
    print_text(comparison_document(comparison), console)
    text = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    first, _, operators = text.split("\n\n")[:3]
    assert max(map(len, first.splitlines())) <= width
    assert first.splitlines()[2].endswith("  0.750")
    if width >= 60:
        assert max(map(len, operators.splitlines())) <= width
    assert "-10.0µs" in operators
