"""The join of counts and times, and what it gives as plain data."""

import dataclasses
import hashlib
import json

import pytest

from report_schema import validate_text
from tflops_native.errors import OptionError
from tflops_native.formats.registry import OF_ALL
from tflops_native.formats.showing import shown
from tflops_native.ops import Cost
from tflops_native.plain_json import dump_json
from tflops_native.reports.loaded import load_report
from tflops_native.reports.report import Report
from tflops_native.reports.saved import save_report, saved_reports


def test_plain_data_has_base_units_and_a_version(made):
    whole = saved_reports([made("float")])
    assert list(whole) == ["format", "format_version", "tool", "reports"]
    assert whole["format"] == "tflops_native/report"
    assert whole["format_version"] == 3
    (plain,) = whole["reports"]
    assert list(plain) == [
        "model",
        "analysis",
        "timing",
        "timing_error",
        "conventions",
        "valid_macs",
        "peaks",
        "remarks",
        "arena",
        "operations_per_second",
        "attainable_seconds",
        "attainable_operations_per_second",
        "utilization",
        "notes",
        "findings",
    ]
    assert plain["model"] == {
        "name": "tiny.tflite",
        "path": "/some/where/tiny.tflite",
        "size_bytes": 12_345,
        "description": "made up",
        "sha256": hashlib.sha256(b"made up").hexdigest(),
        "conversion": None,
    }


def test_plain_data_is_json_of_finite_numbers(case):
    _, report = case
    plain = report.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


@pytest.mark.parametrize("form", list(OF_ALL))
def test_what_was_saved_shows_itself_as_before(case, form, tmp_path):
    _, report = case
    path = tmp_path / "report.json"
    path.write_text(dump_json(saved_reports([report])))
    again = load_report(path)
    assert again.to_dict() == report.to_dict()
    assert shown(again, form) == shown(report, form)
    assert len(repr(report).splitlines()) == 1


def test_what_save_report_writes_load_report_reads(made, tmp_path):
    path = tmp_path / "report.json"
    save_report(made("float"), path)
    validate_text(path.read_text(encoding="utf-8"))
    assert load_report(path).to_dict() == made("float").to_dict()
    whole = path.stat().st_size
    save_report(made("float"), path, samples=False)
    assert load_report(path).timing.samples_ns == ()
    assert load_report(path).timing.latency == made("float").timing.latency
    assert path.stat().st_size < whole
    with pytest.raises(
        OptionError, match=r"cannot write '.*none.r\.json': no such file or directory"
    ):
        save_report(made("float"), tmp_path / "none" / "r.json")


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
    assert report.operations_per_second is None
    assert report.to_dict()["analysis"] is None


def test_a_model_without_arithmetic_has_neither_shares_nor_rates(made):
    report = made("float")
    operators = tuple(
        dataclasses.replace(operator, own_cost=Cost(), mac_arithmetic=None)
        for operator in report.analysis.operators
    )
    analysis = dataclasses.replace(report.analysis, operators=operators)
    idle = report.with_parts(analysis=analysis)
    assert [row.share for row in idle.rows] == [None] * 3
    assert [row.rate for row in idle.rows] == [None] * 3
    assert idle.operations_per_second == 0
    text = str(idle)
    assert "0 MACs" in text
    assert "\nspeed" not in text


def test_a_model_without_operators(made):
    report = made("float")
    empty = dataclasses.replace(report.analysis, operators=())
    text = str(Report(model=report.model, analysis=empty))
    assert "0 operators" in text
    assert "0 MACs, 0 FLOPs" in text


@pytest.mark.parametrize("name", ["analysis", "rows", "nonsense"])
def test_a_report_does_not_change(made, name):
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
        setattr(made("float"), name, None)
