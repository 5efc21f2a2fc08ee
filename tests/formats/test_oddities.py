"""Numbers that nobody should see: residues of floats, minus zero, percents without sense, repetitions."""

import dataclasses
import lzma
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import Status
from tflops_native.formats.operator_cells import percent_text
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.summary import precision_of
from tflops_native.formats.view import View
from tflops_native.model.reader import load
from tflops_native.reports.remarks import counting_notes
from tflops_native.reports.report import Report
from tflops_native.timing.statistics import Latency, MedianInterval
from workloads import analyze_model
from zoo import EXAMPLES, MODELS

finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(finite | st.floats(-1e-9, 1e-9))
def test_no_residue_and_no_minus_zero_is_printed(value):
    for text in (numbers.seconds(value), numbers.percent(value), percent_text(value)):
        assert not text.startswith("-0.0") or float(text.rstrip("munsµ")) < 0
        assert "0.000" not in text
    if value:
        assert percent_text(value) != "0.0"


def test_residues_of_floats_are_no_times():
    assert numbers.seconds(3.39e-21) == "0"
    assert numbers.seconds(-2e-17) == "0"
    assert numbers.seconds(2.5e-10) == "0.250ns"
    assert numbers.percent(-0.0001) == "0.0"


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [(0.99, 1.01, " ±1%"), (0.7, 1.3, " ±30%"), (0.5, 108.0, " (500ms to 108s)")],
)
def test_a_median_that_is_hardly_known_lies_between_two_values(lower, upper, text):
    latency = Latency(
        median_seconds=1.0,
        median_interval_seconds=MedianInterval(lower=lower, upper=upper, effective_samples=5),
    )
    assert precision_of(latency) == text


def test_what_is_true_of_many_operators_is_said_once(made):
    analysis = made("count").analysis
    unknown = dataclasses.replace(
        analysis.operators[0], status=Status.UNSUPPORTED, name="Mystify", note="no rule"
    )
    operators = tuple(dataclasses.replace(unknown, index=index) for index in range(85))
    notes = counting_notes(dataclasses.replace(analysis, operators=operators, inputs=()))
    assert [note.text for note in notes] == ["85 times Mystify (0, 1, 2, ...): no rule"]


@pytest.mark.parametrize("name", ["keras_lstm_rolled", "keras_gru_rolled", "while_ten_matmuls"])
def test_the_counter_of_a_loop_makes_no_integer_model(name):
    packed = MODELS / "control_flow" / f"{name}.tflite.xz"
    analysis = analyze_model(load(lzma.decompress(packed.read_bytes())))
    assert len(analysis.operations) > 1
    assert operation_unit(analysis) == "FLOP"


PATHS = [*sorted(EXAMPLES.glob("*.tflite")), *sorted(MODELS.rglob("*.tflite.xz"))]
# Residues of floats, minus zero, exponents, one of many, what is not a number.
ODDITIES = re.compile(
    r"\b0\.0000|(?<![\w.{])-0(\.0+)?(?![\w.])|\de[+-]\d|\b(nan|inf|NaN|Infinity|None)\b|"
    r"\b1 (further )?(operator|parameter|tensor|element|weight|vector|table|state|map|run|sample|input|"
    r"block scale|iteration|type|thread)s\b|\b1 (biases|indices)\b"
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name.partition(".")[0])
def test_nothing_odd_is_said_of_any_test_model(path):
    data = path.read_bytes()
    model = load(lzma.decompress(data) if path.suffix == ".xz" else data)
    shapes = {"input": (1, 28, 28, 1)} if path.stem == "single_conv_dynamic" else None
    report = Report.of(model, analyze_model(model, input_shapes=shapes))
    for view in (View(is_verbose=True), View(by="type"), View(by="layer")):
        document = report_document(report, view)
        for form in ("text", "markdown", "latex"):
            text = render(document, form)
            # Names are the model's own.
            lines = [line for line in text.split("\n") if not re.match(r"\W*(model|input)\W", line)]
            assert [line for line in lines if ODDITIES.search(line)] == []
    said = [re.sub(r"\d+", "N", str(note)) for note in report_document(report).notes]
    assert len(set(said)) == len(said)


def test_a_time_that_is_hardly_known_has_no_percents_without_sense(made):
    report = made("roofline")
    profile = report.timing.profile
    estimate = dataclasses.replace(
        profile.operators[0].estimate, lower_seconds=1e-6, upper_seconds=1e-3
    )
    first = dataclasses.replace(profile.operators[0], estimate=estimate)
    profile = dataclasses.replace(profile, operators=(first, *profile.operators[1:]))
    report = report.with_parts(timing=dataclasses.replace(report.timing, profile=profile))
    text = render(report_document(report, View(columns=("index", "time_uncertainty"))), "text")
    assert re.search(r"^ *0 +>99!?$", text, re.MULTILINE)
