"""The published JSON Schema of saved reports is current, and says no to what is not a report."""

import subprocess
import sys

import jsonschema
import pytest

from report_schema import published_schema, validate_saved
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.plain_reading import from_plain
from tflops_native.reports.saved import saved_reports
from zoo import ROOT


def test_the_schema_is_up_to_date():
    ended = subprocess.run(
        [sys.executable, "tools/make_report_schema.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(published_schema())


@pytest.mark.parametrize("samples", [True, False])
def test_reports_fit(case, samples):
    _, report = case
    validate_saved(saved_reports([report, report], samples=samples))


def test_what_is_left_out_is_the_default_that_the_schema_states(made):
    properties = published_schema()["$defs"]["OperatorAnalysis"]["properties"]
    defaults = {name: item["default"] for name, item in properties.items() if "default" in item}
    operators = made("float").to_dict()["analysis"]["operators"]
    assert any(defaults.keys() - operator.keys() for operator in operators)
    for operator in operators:
        read = from_plain(OperatorAnalysis, operator)
        assert from_plain(OperatorAnalysis, {**defaults, **operator}) == read


def damage_version(plain):
    plain["format_version"] = 2


def damage_type(plain):
    plain["reports"][0]["analysis"]["macs"] = "many"


def damage_status(plain):
    plain["reports"][0]["analysis"]["operators"][0]["status"] = "fine"


def damage_key(plain):
    del plain["reports"][0]["timing"]["latency"]["median_seconds"]


def damage_depth(plain):
    plain["reports"][0]["timing"]["profile"]["operators"][0]["surprise"] = 1


@pytest.mark.parametrize(
    "damage", [damage_version, damage_type, damage_status, damage_key, damage_depth]
)
def test_what_is_no_report_of_this_version_is_refused(made, damage):
    plain = saved_reports([made("float")])
    validate_saved(plain)
    damage(plain)
    with pytest.raises(jsonschema.ValidationError):
        validate_saved(plain)
