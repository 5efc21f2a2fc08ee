"""Numbers that nobody should see: residues of floats, minus zero, percents without sense, repetitions."""

import dataclasses
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import Status
from tflops_native.formats.operator_cells import percent_text
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formats.summary import precision_of
from tflops_native.model.reader import load
from tflops_native.reports.remarks import counting_notes
from tflops_native.timing.statistics import Latency, MedianInterval
from workloads import analyze_model
from zoo import MODELS

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
