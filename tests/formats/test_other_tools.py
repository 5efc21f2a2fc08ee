"""What other tools read: LaTeX, traces, node data of Model Explorer, data for pipelines.

The tools themselves read them where they are at hand: pdfLaTeX. Model Explorer's own classes and adapter
were tried by hand.
"""

import dataclasses
import json
import math
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_documents import HOSTILE, document, names
from made_reports import float_analysis, make_report
from tflops_native.errors import OptionError
from tflops_native.formats.latex import escaped
from tflops_native.formats.registry import FORMATS, OF_ALL, render
from tflops_native.formats.report import report_document
from tflops_native.formats.showing import document_of
from tflops_native.formats.trace import _microseconds
from tflops_native.profile.record import RecordedEvent, RecordedRun, RecordedRuns
from tflops_native.reports.report import Report

# A drawing is of planned memory.
OF_REPORTS = [name for name in FORMATS if name not in (*OF_ALL, "svg")]


def recorded():
    """Two runs of the made-up report: nested, and with an event that belongs to no operator."""
    events = (
        RecordedEvent(name="Convolution", operator=0, subgraph_index=0, is_delegated=True),
        RecordedEvent(name="SOFTMAX", operator=2, subgraph_index=0, is_delegated=False),
        RecordedEvent(name="ADD", operator=4, subgraph_index=3, is_delegated=False),
        RecordedEvent(name="Copy", operator=None, subgraph_index=0, is_delegated=True),
    )
    runs = (
        RecordedRun(
            rank="fastest",
            invoke_ns=39_001,
            events=(0, 1, 2),
            depths=(0, 0, 1),
            starts_ns=(0, 24_001, 24_003),
            durations_ns=(24_001, 5_000, 4_998),
        ),
        RecordedRun(
            rank="slowest",
            invoke_ns=41_003,
            events=(3,),
            depths=(0,),
            starts_ns=(7,),
            durations_ns=(40_996,),
        ),
    )
    return RecordedRuns(events=events, runs=runs)


def with_runs(name="roofline"):
    report = make_report(name)
    profile = dataclasses.replace(report.timing.profile, recorded=recorded())
    return report.with_parts(timing=dataclasses.replace(report.timing, profile=profile))


def read(report, name):
    return json.loads(render(report_document(report), name))


# LaTeX


def without_ours(text):
    """What is left when everything that we write for a letter is taken away."""
    text = re.sub(
        r"\\text(backslash|asciitilde|asciicircum|less|greater|bar|asciigrave)\{\}|\\ldots\{\}",
        "",
        text,
    )
    text = re.sub(r"\$\\(mu|pm|times|le|ge|to|cdot)\$", "", text)
    text = re.sub(r"\{('{1,2}|[-\[\]*?!,])\}", "", text)
    return re.sub(r"\\[{}$&#%_]", "", text)


@given(names)
def test_no_name_does_anything_in_latex(name):
    left = without_ours(escaped(name))
    assert not set(left) & set("\\{}$&#%_~^<>|\"'`-[]*?!,")
    assert left.isprintable()


def test_latex_of_a_report_has_a_row_per_operator_and_its_totals_above():
    text = render(report_document(make_report("roofline")), "latex")
    assert r"0 & CONV\_2D & " in text
    table = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1]
    rows = [line for line in table.split("\n") if line.endswith(r" \\")]
    assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in rows} == {len(columns)}
    assert re.search(r"^% compute .*194,688|^% compute .*MACs", text, re.MULTILINE)
    assert text.count(r"\begin{") == text.count(r"\end{")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdfLaTeX")
@pytest.mark.parametrize("count", [3, 40], ids=["short", "long"])
def test_latex_compiles(count, tmp_path):
    letters = [chr(code) for code in (*range(32, 0x250), 0x2026, 0x4E00, 0x1F600)]
    rows = [(name, 1.5) for name in [*HOSTILE, *(f"[{a}{a}" for a in letters)]]
    text = render(document(rows[:count] if count == 3 else rows), "latex")
    head = r"\documentclass{article}\usepackage{booktabs}\usepackage{longtable}"
    reports = [render(report_document(make_report(name)), "latex") for name in ("mixed", "time")]
    body = "\n\n".join([text, *reports])
    (tmp_path / "a.tex").write_text(
        rf"{head}\begin{{document}}{chr(10)}{body}{chr(10)}\end{{document}}"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "a.tex"],
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]


# Traces


@given(st.integers(0, 10**13))
def test_viewers_get_whole_nanoseconds(nanoseconds):
    # Perfetto multiplies the double by 1000 and cuts; others round. Both must give the nanosecond.
    found = json.loads(json.dumps(_microseconds(nanoseconds)))
    assert int(found * 1000) == round(found * 1000) == nanoseconds


def test_a_trace_has_every_event_of_its_runs():
    report = with_runs()
    events = read(report, "trace")["traceEvents"]
    tracks = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert tracks == {
        1: "fastest of 2 profiled runs: 39.0µs",
        2: "slowest of 2 profiled runs: 41.0µs",
    }
    spans = [e for e in events if e["ph"] == "X"]
    assert [e["name"] for e in spans] == [
        "inference", "CONV_2D #0", "SOFTMAX #2", "ADD #4", "inference", "Copy"
    ]  # fmt: skip
    assert [round(e["ts"] * 1000) for e in spans] == [0, 0, 24_001, 24_003, 0, 7]
    assert [round(e["dur"] * 1000) for e in spans] == [39_001, 24_001, 5_000, 4_998, 41_003, 40_996]
    assert spans[1]["args"]["macs"] == 194_688
    assert spans[3]["args"]["subgraph"] == 3


def test_no_event_of_a_trace_overlaps_another():
    spans = [e for e in read(with_runs(), "trace")["traceEvents"] if e["ph"] == "X"]
    for track in {e["tid"] for e in spans}:
        open_until = [math.inf]
        for event in (e for e in spans if e["tid"] == track):
            start = int(event["ts"] * 1000)
            end = start + int(event["dur"] * 1000)
            while start >= open_until[-1]:
                open_until.pop()
            assert end <= open_until[-1]
            open_until.append(end)


def test_a_trace_needs_runs():
    with pytest.raises(OptionError, match="none are recorded here: `tflops report MODEL --format"):
        render(report_document(make_report("roofline")), "trace")


# Model Explorer


def node_data(report):
    texts = FORMATS["model-explorer"].render_files([report_document(report)])
    return {key: json.loads(text) for key, text in texts.items()}


def test_node_data_has_a_set_per_quantity_keyed_by_operators():
    report = make_report("roofline")
    found = node_data(report)
    assert list(found) == ["time", "macs", "speed", "of-roof", "limited-by"]
    names = [
        graph["main"]["name"]
        for graph in ({"main": next(iter(g.values()))} for g in found.values())
    ]
    assert names == ["time (µs)", "MACs", "GFLOP/s", "of roof (%)", "limited by"]
    values = {
        key: {k: v["value"] for k, v in data["serving_default"]["results"].items()}
        for key, data in found.items()
    }
    assert values["macs"] == {"0": 194_688, "1": 0, "2": 0}
    assert values["time"] == {"0": pytest.approx(25), "2": pytest.approx(5.75)}
    # 432,640 operations in 25 us.
    assert values["speed"]["0"] == pytest.approx(432_640 / 25e-6 / 1e9)
    assert set(values["limited-by"].values()) <= {"compute", "overhead", "L1", "L2", "L3", "DRAM"}


@pytest.mark.parametrize(
    ("name", "index", "signature", "expected"),
    [
        ("my graph", 0, "serve", "my graph"),
        ("", 0, "serve", "serve"),
        ("", 0, None, "main"),
        ("", 2, None, "subgraph_2"),
    ],
)
def test_graphs_go_by_the_names_that_the_viewer_gives_them(name, index, signature, expected):
    # As GetSubgraphName in direct_flatbuffer_to_json_graph_convert.cc of Model Explorer.
    analysis = dataclasses.replace(
        float_analysis(), subgraph_name=name, subgraph_index=index, signature=signature
    )
    report = dataclasses.replace(make_report("count"), analysis=analysis)
    found = node_data(report)
    assert list(found) == ["macs"]
    assert list(found["macs"]) == [expected]


# Pipelines


def test_bencher_has_intervals():
    report = make_report("time")
    ((name, measures),) = read(report, "bencher").items()
    assert name.startswith("tiny.tflite")
    latency = report.timing.latency
    assert measures["latency"]["value"] == pytest.approx(latency.median_seconds * 1e9)
    interval = latency.median_interval_seconds
    if interval is not None:
        assert measures["latency"]["lower_value"] == pytest.approx(interval.lower * 1e9)
        assert measures["latency"]["upper_value"] == pytest.approx(interval.upper * 1e9)
    # The schema of the format: benchmark -> measure -> numbers, of which `value` must be there.
    for metric in measures.values():
        assert "value" in metric
        assert set(metric) <= {"value", "lower_value", "upper_value"}
        assert all(type(number) in (int, float) for number in metric.values())
        assert (
            metric.get("lower_value", -math.inf)
            <= metric["value"]
            <= metric.get("upper_value", math.inf)
        )


def test_github_benchmark_has_names_units_and_values():
    entries = read(make_report("roofline"), "github-benchmark")
    assert len({entry["name"] for entry in entries}) == len(entries)
    for entry in entries:
        assert set(entry) <= {"name", "unit", "value", "range", "extra"}
        assert type(entry["value"]) in (int, float)
    by_name = {entry["name"].split(": ")[1]: entry for entry in entries}
    assert by_name["MACs"]["value"] == 194_688
    seconds = make_report("roofline").timing.latency.median_seconds
    assert by_name["latency"]["value"] == pytest.approx(seconds * 1000)


@pytest.mark.parametrize("name", OF_REPORTS)
def test_what_is_not_a_report_is_refused(name):
    with pytest.raises(OptionError, match=r"is for reports and times of models"):
        FORMATS[name].render_files([document([])]) if FORMATS[name].has_several else render(
            document([]), name
        )


@pytest.mark.parametrize("name", OF_REPORTS)
def test_names_of_a_hostile_file_steer_nothing(name):
    report = with_runs("mixed")
    written = document_of(report)
    texts = (
        FORMATS[name].render_files([written]).values()
        if FORMATS[name].has_several
        else [render(written, name)]
    )
    for text in texts:
        json.loads(text)
        assert all(line.isprintable() for line in text.split("\n"))


def test_two_reports_of_a_name_are_two_benchmarks():
    report = make_report("count")
    assert isinstance(report, Report)
    documents = [report_document(report)] * 2
    found = json.loads(FORMATS["bencher"].render_all(documents))
    assert list(found) == ["tiny.tflite (serving_default)", "tiny.tflite (serving_default), 2"]
