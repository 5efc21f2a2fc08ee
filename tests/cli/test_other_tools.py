"""Formats of other tools, of models that ran."""

import json
import lzma

import pytest

import tflops_native
from zoo import EXAMPLES, MODELS

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_recorded_runs_are_runs_of_the_profile(kernels):
    profile = tflops_native.report(MOBILENET, kernels=kernels, runs=5, peaks=False).timing.profile
    shortest, longest = min(profile.invoke_ns), max(profile.invoke_ns)
    by_rank = {run.rank: run for run in profile.recorded.runs}
    assert by_rank["fastest"].invoke_ns == shortest
    assert by_rank["slowest"].invoke_ns == longest
    for run in by_rank.values():
        durations = {}
        for event, duration in zip(run.events, run.durations_ns, strict=True):
            operator = profile.recorded.events[event].operator
            durations[operator] = durations.get(operator, 0) + duration
        position = profile.invoke_ns.index(run.invoke_ns)
        # The same run joined to the operators, the other way.
        candidates = [
            {o.index: o.samples_ns[place] for o in profile.operators}
            for place, invoke in enumerate(profile.invoke_ns[position:], position)
            if invoke == run.invoke_ns
        ]
        assert {key: ns for key, ns in durations.items() if key is not None} in candidates


def test_bodies_of_loops_lie_within_their_operator(tflops, here):
    packed = MODELS / "control_flow" / "while_ten_matmuls.tflite.xz"
    (here / "loop.tflite").write_bytes(lzma.decompress(packed.read_bytes()))
    ended = tflops("report", "loop.tflite", "--runs", "3", "--no-peaks", "--format", "trace")
    assert (ended.status, ended.err) == (0, "")
    spans = [e for e in json.loads(ended.out)["traceEvents"] if e["ph"] == "X"]
    (loop,) = [e for e in spans if e["name"].startswith("WHILE") and e["tid"] == spans[-1]["tid"]]
    inner = [e for e in spans if "subgraph" in e.get("args", {}) and e["tid"] == loop["tid"]]
    # Ten iterations of a body of several operators.
    assert len(inner) >= 10
    for event in inner:
        assert loop["ts"] <= event["ts"]
        assert event["ts"] + event["dur"] <= loop["ts"] + loop["dur"] + 1e-6


def test_node_data_is_several_files_and_says_what_opens_them(tflops, here):
    refused = tflops("count", MOBILENET, "--format", "model-explorer")
    assert refused.status == 2
    assert "give -o NAME.json, and they are NAME-time.json" in refused.err
    ended = tflops("count", MOBILENET, "--format", "model-explorer", "-o", "data.json")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"model-explorer {MOBILENET} --node_data_paths=data-macs.json\n"
    (graph,) = json.loads((here / "data-macs.json").read_text()).values()
    analysis = tflops_native.analyze(MOBILENET)
    assert sum(value["value"] for value in graph["results"].values()) == analysis.macs
    assert [path.name for path in here.iterdir()] == ["data-macs.json"]


@pytest.mark.parametrize("name", ["github-benchmark", "bencher"])
def test_pipelines_get_each_model_of_a_folder_and_each_side_of_a_comparison(tflops, here, name):
    several = tflops("count", MOBILENET, EXAMPLES / "single_conv_28x28.tflite", "--format", name)
    assert (several.status, several.err) == (0, "")
    assert "mobilenet" in several.out
    assert "single_conv" in several.out
    compared = tflops("time", MOBILENET, "--threads", "1,2", "--runs", "3", "--format", name)
    assert compared.status == 0
    assert "1 thread" in compared.out
    assert "2 threads" in compared.out


def test_a_format_that_a_command_has_nothing_for_is_not_offered(tflops):
    ended = tflops("count", MOBILENET, "--format", "trace")
    assert ended.status == 2
    assert "'trace' is not one of" in ended.err


def test_page_data_has_no_samples_where_none_are_wanted(tflops, here):
    for name, more in (("all.html", ()), ("less.html", ("--no-samples",))):
        ended = tflops("time", MOBILENET, "--runs", "50", "-o", name, *more)
        assert (ended.status, ended.err) == (0, "")
    assert len(tflops_native.load_report("all.html").timing.samples_ns) == 50
    assert tflops_native.load_report("less.html").timing.samples_ns == ()
    # The figures are drawn all the same.
    assert (here / "less.html").read_text().count("<svg") == (here / "all.html").read_text().count(
        "<svg"
    )
