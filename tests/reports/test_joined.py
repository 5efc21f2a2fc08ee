"""The join of counts and times, and what it gives as plain data."""

import dataclasses
import hashlib
import json

import pytest

from tflops_native.ops import Cost
from tflops_native.reports.report import Report


def test_plain_data_has_base_units_and_a_version(made):
    plain = made("float").to_dict()
    assert list(plain) == [
        "format",
        "format_version",
        "tool",
        "model",
        "analysis",
        "timing_source",
        "timing",
        "timing_error",
        "operations_per_second",
        "roofline",
        "machine",
    ]
    assert plain["format"] == "tflops_native/report"
    assert plain["format_version"] == 2
    assert plain["model"] == {
        "path": "/some/where/tiny.tflite",
        "size_bytes": 12_345,
        "sha256": hashlib.sha256(b"made up").hexdigest(),
        "description": "made up",
    }


def test_plain_data_is_json_of_finite_numbers(case):
    _, report = case
    plain = report.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_times_go_to_the_operator_with_their_index(made):
    rows = made("float").rows
    assert [row.operator.index for row in rows] == [0, 1, 2]
    assert [None if row.time is None else row.time.index for row in rows] == [0, None, 2]
    assert rows[2].time.samples_ns == (6_000, 5_000)


def test_why_there_is_no_timing_is_in_the_plain_data(made):
    plain = made("refused").to_dict()
    assert plain["timing"] is None
    assert plain["timing_error"] == "said no"
    assert plain["analysis"] is not None


def test_without_analysis_there_are_no_rows(made):
    report = made("time")
    assert report.rows == ()
    assert report.rate is None
    assert report.to_dict()["analysis"] is None


def test_a_model_without_arithmetic_has_neither_shares_nor_rates(made):
    report = made("float")
    operators = tuple(
        dataclasses.replace(operator, own_cost=Cost(), mac_arithmetic=None)
        for operator in report.analysis.operators
    )
    analysis = dataclasses.replace(report.analysis, operators=operators)
    idle = Report.of(report.model, analysis, report.timing)
    assert [row.share for row in idle.rows] == [None] * 3
    assert [row.rate for row in idle.rows] == [None] * 3
    assert idle.rate == 0
    text = str(idle)
    assert "0 MACs" in text
    assert "\nrate" not in text


def test_a_model_without_operators(made):
    report = made("float")
    empty = dataclasses.replace(report.analysis, operators=())
    text = str(Report.of(report.model, empty))
    assert "0 operators" in text
    assert "0 counted, 0 without arithmetic: complete" in text


@pytest.mark.parametrize("name", ["analysis", "rows", "nonsense"])
def test_a_report_does_not_change(made, name):
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
        setattr(made("float"), name, None)
