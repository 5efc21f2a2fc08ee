"""Saved results that were edited are refused where they cannot be, and shown where they can."""

import json
import random

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("builders")

from fuzz import fuzz_results, limits
from made_reports import make_report
from tflops_native.errors import ProfileFormatError
from tflops_native.formats.document import Column, Document, Row, Table
from tflops_native.formats.registry import render
from tflops_native.formats.showing import document_of
from tflops_native.reports.loaded import load_saved


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """The fuzzer holds inputs to a second; a test must pass on a busy machine, too."""
    monkeypatch.setattr(limits, "SECONDS", 20.0)


def seed_of(kind):
    """What is saved of this kind, the first of several."""
    return json.loads(
        json.dumps(
            next(data for data in fuzz_results.seeds() if data["format"] == f"tflops_native/{kind}")
        )
    )


def test_what_commands_save_is_shown():
    assert {fuzz_results.check(json.dumps(data).encode()) for data in fuzz_results.seeds()} == {
        "shown"
    }


def test_edited_results_are_shown_or_refused():
    source = random.Random(1)
    ends = {fuzz_results.check(fuzz_results.drawn(source)) for _ in range(120)}
    assert ends == {"refused", "shown"}


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
    [
        ("report", ("reports",), [], "it holds no reports"),
        ("report", ("reports", 0, "analysis"), 7, "analysis: expected an object|Analysis or null"),
        ("report", ("reports", 0, "model", "size_bytes"), 10**400, r"below 2\*\*128"),
        ("report", ("reports", 0, "model", "size_bytes"), -(2**128), r"below 2\*\*128"),
        ("memory", ("peak", "tensors"), [10**6], "peak.tensors are positions"),
        ("memory", ("peak", "tensors"), [0, 2**128], r"below 2\*\*128"),
        ("memory", ("planner",), "best", "planner must be tflite, tflm or none, got 'best'"),
        ("memory_fit", ("planner",), "best", "planner must be"),
        ("memory_fit", ("shapes",), [], "there are 0 shapes"),
        ("memory_fit", ("largest",), 9, "the largest is 9"),
        ("check", ("lines", 0, "metric"), "beauty", "metric must be one of macs.*got 'beauty'"),
        ("sweep", ("cells", 0, "median_seconds"), 1e300, r"median_seconds is 1e\+300: nothing"),
        ("sweep", ("cells", 0, "threads"), 0, "threads is 0: it is 1 or more"),
        ("sweep", ("cells", 0, "macs"), -1, "macs is -1: it is 0 or more"),
        ("batch", ("jobs", 0, "operations_per_second"), 1e300, "nothing that is measured has such"),
        ("batch", ("jobs", 0, "p95_seconds"), -1e-3, "p95_seconds is -0.001: nothing"),
    ],
)
def test_what_cannot_be_is_refused(kind, path, value, message, tmp_path):
    data = seed_of(kind)
    fuzz_results.at(data, path[:-1])[path[-1]] = value
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ProfileFormatError, match=message):
        load_saved(file)


def test_loops_in_loops_beyond_all_figures_are_refused(tmp_path):
    """Each number is one that can be, but not their product."""
    data = seed_of("report")
    operator = data["reports"][0]["analysis"]["operators"][0]
    for _ in range(4):
        call = {
            "role": "body",
            "subgraph_index": 1,
            "name": "",
            "times": 2**100,
            "is_counted": True,
            "operators": [operator],
        }
        operator = {**operator, "calls": [call]}
    data["reports"][0]["analysis"]["operators"][0] = operator
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ProfileFormatError, match="do more than any can"):
        load_saved(file)


def test_runs_that_are_not_of_one_length_are_refused(tmp_path):
    run = {"rank": "median", "invoke_ns": 9, "events": [0], "depths": [0], "starts_ns": [1]}
    event = {"name": "ADD", "operator": 0, "subgraph_index": 0, "is_delegated": False}
    data = json.loads(render(document_of(make_report("float")), "json"))
    file = tmp_path / "result.json"
    for durations, events, message in (
        ([], [event], "equally many"),
        ([5], [], "positions of 0 events"),
        ([5], [event], None),
    ):
        recorded = {"events": events, "runs": [{**run, "durations_ns": durations}]}
        data["reports"][0]["timing"]["profile"]["recorded"] = recorded
        file.write_text(json.dumps(data))
        if message is None:
            load_saved(file)
            continue
        with pytest.raises(ProfileFormatError, match=message):
            load_saved(file)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("median_seconds", -1.0, "median_seconds is -1: nothing that is measured"),
        ("p95_seconds", 5e-324, r"p95_seconds is 4\.94066e-324: nothing that is measured"),
        ("maximum_seconds", 1e300, r"maximum_seconds is 1e\+300: nothing that is measured"),
        (
            "p95_interval_seconds",
            {"lower": 2.0, "upper": 1.0, "effective_samples": 9.0},
            "an interval from 2 to 1 holds no median",
        ),
    ],
)
def test_a_latency_that_cannot_be_is_refused(name, value, message, tmp_path):
    data = json.loads(render(document_of(make_report("float")), "json"))
    data["reports"][0]["timing"]["latency"][name] = value
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ProfileFormatError, match=message):
        load_saved(file)


def test_a_line_through_times_of_all_sizes_is_shown():
    data = seed_of("sweep")
    for cell in data["cells"]:
        cell |= {"median_seconds": 1e-30 if cell["threads"] > 1 else 1e12, "threads": 1}
        cell |= {"operations": 2**127 if cell["quantization"] else 1, "quantization": None}
    assert fuzz_results.check(json.dumps(data).encode()) == "shown"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ((5e-324, 5e-324, 1e-6), "a time is 0, or"),
        ((1e-6, 1e-6, 1e300), "a time is 0, or"),
        ((0.0, 1e-6, 2e-6), "typical_seconds is 0.0, but lower_seconds"),
        ((0.0, 0.0, 1e-6), None),
        ((0.0, 0.0, 0.0), None),
    ],
)
def test_times_of_nothing_are_shown_or_refused(times, message, tmp_path):
    data = json.loads(render(document_of(make_report("float")), "json"))
    names = ("typical_seconds", "lower_seconds", "upper_seconds")
    for operator in data["reports"][0]["timing"]["profile"]["operators"]:
        operator["estimate"] = dict(zip(names, times, strict=True))
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    if message is None:
        assert fuzz_results.check(file.read_bytes()) == "shown"
        return
    with pytest.raises(ProfileFormatError, match=message):
        load_saved(file)


@pytest.mark.parametrize("seconds", [-1e-6, 41e-6, 1e300])
def test_a_profiler_that_takes_longer_than_the_run_is_refused(seconds, tmp_path):
    data = json.loads(render(document_of(make_report("float")), "json"))
    data["reports"][0]["timing"]["profile"]["profiler_seconds"] = seconds
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ProfileFormatError, match="profiler_seconds must be from 0 to the 4e-05"):
        load_saved(file)


def test_a_profile_in_which_nothing_took_any_time_is_shown():
    data = json.loads(render(document_of(make_report("float")), "json"))
    profile = data["reports"][0]["timing"]["profile"]
    profile |= {"invoke_ns": [0, 0], "outside_seconds": 0.0}
    zeros = dict.fromkeys(("typical_seconds", "lower_seconds", "upper_seconds"), 0.0)
    for operator in profile["operators"]:
        operator["estimate"] = zeros
    assert fuzz_results.check(json.dumps(data).encode()) == "shown"


@pytest.mark.parametrize(
    "changed",
    [
        {"own_cost": {"macs": 0, "scalar_ops": -1, "transcendentals": 0}},
        {"own_bytes_read": -4416},
        {"constant_bytes": -1},
        {"parameters": -1},
    ],
)
def test_an_operator_that_does_less_than_nothing_is_refused(changed, tmp_path):
    data = json.loads(render(document_of(make_report("roofline")), "json"))
    data["reports"][0]["analysis"]["operators"][1] |= changed
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    with pytest.raises(
        ProfileFormatError, match=r"operator 1 \(RESHAPE\) does is less than nothing"
    ):
        load_saved(file)


def test_more_outside_operators_than_there_is_time_is_shown():
    data = json.loads(render(document_of(make_report("float")), "json"))
    data["reports"][0]["timing"]["profile"] |= {"outside_seconds": 1e308, "invoke_ns": [1, 1]}
    assert fuzz_results.check(json.dumps(data).encode()) == "shown"


def test_memory_of_less_than_nothing_is_shown():
    data = seed_of("memory")
    for tensor in data["tensors"]:
        tensor |= {"size_bytes": -5, "offset_bytes": -5}
    data["arena_bytes"] = -10
    assert fuzz_results.check(json.dumps(data).encode()) == "shown"


def test_a_baseline_with_a_figure_that_is_not_known_is_shown(tmp_path):
    data = seed_of("baseline")
    data["counts"]["beauty"] = 7.0
    file = tmp_path / "result.json"
    file.write_text(json.dumps(data))
    assert "beauty" in render(document_of(load_saved(file)), "text")


@pytest.mark.parametrize("signature", [[-1], [-1, -1], [1, -1, 3, -1, 7]])
def test_an_input_whose_shape_and_signature_contradict_each_other_is_shown(signature):
    data = json.loads(render(document_of(make_report("count")), "json"))
    for item in data["reports"][0]["analysis"]["inputs"]:
        item |= {"shape": [], "shape_signature": signature, "is_defaulted": True}
    assert fuzz_results.check(json.dumps(data).encode()) == "shown"


def test_headings_are_printable():
    """Those of peaks have names in them that a saved result brings."""
    table = Table(
        title="x", columns=(Column(key="a", heading="a\x1b[31m\u202e"),), rows=(Row(cells=()),) * 0
    )
    text = render(Document(title="t", parts=(table,), data=dict), "text")
    assert fuzz_results.RAW.search(text) is None
