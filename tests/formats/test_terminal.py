"""What a terminal and a pipe get: width, cuts, colour. Times are made up: they only fill columns."""

import dataclasses
import io
import re

import pytest
from rich.console import Console

from tflops_native.formats.operator_cells import rate_text
from tflops_native.formats.operator_table import operator_table
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.text import print_text
from tflops_native.formats.view import View
from tflops_native.machine.peaks.peaks import ComputePeak, MemoryPeak, ThreadPeaks
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.model.reader import load
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.result import OperatorTime, Overhead, Profile, UnmatchedEvent
from tflops_native.reports.report import Report
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import WarmUp
from workloads import analyze_model
from zoo import EXAMPLES, zoo_model

ANSI = re.compile(r"\x1b\[[0-9;]*m")
SHAPES = {"single_conv_dynamic": (1, 28, 28, 1), "attention_encoder_dynamic": (1, 32, 64)}
MODELS = [
    "attention_encoder_dynamic.tflite",
    "mobilenet_v1_0.25_96_float32.tflite",
    "mobilenet_v1_0.25_96_int8.tflite",
    "single_conv_28x28.tflite",
    "single_conv_dynamic.tflite",
    "attention_encoder-float32",
    "mobilenet_v3_small-int8",
    "mobilenet_v2-dynamic",
    "lstm_unrolled-dynamic",
]


def whole_microsecond(nanoseconds):
    """The microsecond in which a time lies."""
    lower = nanoseconds // 1000 / 1e6
    return TimeEstimate(
        typical_seconds=lower + 0.5e-6, lower_seconds=lower, upper_seconds=lower + 1e-6
    )


PEAKS = ThreadPeaks(
    threads=2,
    compute=(
        ComputePeak(arithmetic="float32", operations_per_second=1e11, instructions="FMA"),
        ComputePeak(arithmetic="int8", operations_per_second=2e11, instructions="AVX2"),
    ),
    memory=(
        MemoryPeak(name="L2", capacity_bytes=1 << 20, buffer_bytes=1 << 18, bytes_per_second=1e11),
        MemoryPeak(name="DRAM", capacity_bytes=None, buffer_bytes=1 << 27, bytes_per_second=1e10),
    ),
)


def made_up_timing(analysis):
    """Every other operator ran, some below the resolution, some long; one event is unmatched."""
    durations = [700, 1_234_567, 12_345, 98_765_432_100]
    times = tuple(
        OperatorTime(
            index=operator.index,
            kernel="Convolution (NHWC, F32) IGEMM",
            is_delegated=operator.index % 4 == 0,
            resolution_ns=1000,
            estimate=whole_microsecond(durations[operator.index % 4]),
            samples_ns=(durations[operator.index % 4],),
        )
        for operator in analysis.operators
        if operator.index % 5 != 3
    )
    total = sum(time.samples_ns[0] for time in times)
    return Timing(
        origin=Origin(measured="here", tool="tflops", machine=None),
        stability=judge((1,)),
        runtime=RuntimeInfo(name="/a/long/path/of/libtensorflowlite_c.so", version="2", library=""),
        kernels="xnnpack",
        threads=2,
        signature=None,
        input_shapes={},
        seed=0,
        clock=Clock(resolution_ns=30, read_ns=25.5),
        load_ns=1_234_567,
        allocate_ns=1_234_567,
        first_invoke_ns=1_234_567,
        warm_up=WarmUp(runs=100, samples_ns=(1,) * 100, is_steady=True),
        invokes_per_sample=1000,
        samples_ns=(123_456_789,) * 1000,
        latency=Latency.of((123_456_789,) * 1000, invokes_per_sample=1000),
        stop=Stop(reason="precision", precision=0.01, is_reached=True, seconds=123.4),
        profile=Profile.of_runs(
            invoke_ns=(total + 5_000,),
            operators=times,
            unmatched=(
                UnmatchedEvent(
                    name="Fully Connected (NC, QD8, F32, QC8W) GEMM",
                    estimate=whole_microsecond(2000),
                    samples_ns=(2000,),
                ),
            ),
            fused=(3,),
            outside_seconds=4e-6,
            overhead=Overhead(
                relative=0.01, lower=-0.02, upper=0.03, rounds=20, empty_operator_ns=30.0
            ),
            stop=Stop(reason="max_time", precision=0.03, is_reached=False, seconds=5.0),
        ),
    )


def report_of(name):
    path = EXAMPLES / name
    model = load(path) if path.exists() else load(zoo_model(name))
    shape = SHAPES.get(path.stem)
    analysis = analyze_model(model, input_shapes={} if shape is None else {"": shape})
    return Report.of(model, analysis, timing=made_up_timing(analysis), peaks=PEAKS)


def report_to_text(report):
    return render(report_document(report), "text")


ALL = View(is_whole=True)


def on_terminal(report, width, view=ALL):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, force_jupyter=False)
    print_text(report_document(report, view), console)
    return ANSI.sub("", stream.getvalue())


def table_lines(text):
    """The lines of the table with its heading, without the one below and the legend."""
    lines = [line.rstrip() for line in text.split("\n\n")[0].splitlines()]
    legend = (
        "? unknown; - not applicable; fused: in another's time; tflops explain columns explained:"
    )
    while {*lines[-1].split()} <= {*legend.split()}:
        lines.pop()
    if len(lines) > 1 and lines[-1] == lines[0]:
        lines.pop()
    return lines


def whole(text):
    return re.compile(rf"(?<!\S){re.escape(text)}(?!\S)")


def check_numbers(report, text, view=ALL):
    """Every number of the table is printed whole, but for whole columns left out in the stated order."""
    heading, *printed = table_lines(text)
    table = operator_table(report, report.analysis, view)
    kept, at = [], 0
    for column in table.shown:
        if found := whole(column.heading).search(heading, at):
            kept.append(column.key)
            at = found.end()
    assert heading.split() == " ".join(c.heading for c in table.shown if c.key in kept).split()
    drops = sorted(column.drop for column in table.shown if column.drop is not None)
    left_out = sorted(column.drop for column in table.shown if column.key not in kept)
    assert left_out == drops[: len(left_out)]
    assert len(printed) == len(table.rows)
    for line, row in zip(printed, table.rows, strict=True):
        at = 0
        for column, cell in zip(table.shown, table.texts(row), strict=True):
            if column.key in kept and column.shortest is None and cell:
                found = whole(cell).search(line, at)
                assert found, (line, cell)
                at = found.end()
    return kept


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", MODELS)
def test_columns_fit(name, width):
    report = report_of(name)
    text = on_terminal(report, width)
    assert [line for line in text.splitlines() if len(line) > width] == []
    kept = check_numbers(report, text)
    if width >= 80:
        assert {"operator", "operations", "time_seconds", "time_share", "utilization"} <= {*kept}


@pytest.mark.parametrize("name", MODELS)
def test_the_summary_is_ten_lines(name):
    text = on_terminal(report_of(name), 80)
    summary = text.rstrip("\n").split("\n\n")[-1].splitlines()
    assert summary[0].startswith("model ")
    assert len(summary) <= 10
    labels = [line.split()[0] for line in summary if not line.startswith(" ")]
    expected = ["model", "input", "compute", "latency", "speed", "memory", "time"]
    assert [label for label in labels if label in expected] == expected


@pytest.mark.parametrize("name", MODELS)
def test_a_pipe_gets_everything_in_plain_text(name):
    report = report_of(name)
    text = report_to_text(report)
    assert "\x1b" not in text
    assert "…" not in text
    kept = check_numbers(report, text)
    assert len(kept) == len(operator_table(report, report.analysis).shown)
    for line, row in zip(table_lines(text)[1:], report.rows, strict=False):
        assert row.operator.name in line.split()
    labels = [line.split()[0] for line in text.split("\n\n")[1].splitlines()]
    assert all(re.fullmatch(r"[A-Za-z]+", label) for label in labels)  # no line is wrapped


@pytest.mark.parametrize("width", [20, 40])
def test_a_narrow_terminal_cuts_no_number(width):
    report = report_of("attention_encoder_dynamic.tflite")
    check_numbers(report, on_terminal(report, width))


def test_long_names_are_shortened_in_the_middle():
    report = report_of("attention_encoder_dynamic.tflite")
    lines = table_lines(on_terminal(report, 40))
    (line,) = [line for line in lines if line.startswith("21 ")]
    assert line.split()[1] == "UNSORTED…ENT_PROD"
    assert lines[-4].startswith("   unmatche…QC8W) GEMM") or "…" in lines[-4]


def test_a_wide_terminal_cuts_nothing():
    report = report_of("attention_encoder_dynamic.tflite")
    text = on_terminal(report, 300)
    assert "…" not in text
    # Spaces at the end of a line of the table are no difference, and a pipe has neither a legend nor
    # headings below the rows.
    lines = [line.rstrip() for line in text.splitlines() if "tflops explain" not in line]
    lines = [line for at, line in enumerate(lines) if at == 0 or line != lines[0]]
    assert lines == [line.rstrip() for line in report_to_text(report).splitlines()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_columns_can_be_named_from_the_last_screen(width):
    text = on_terminal(report_of("mobilenet_v3_small-int8"), width, View())
    lines = [line.rstrip() for line in text.splitlines()]
    screen = lines[-23:]
    assert lines[0] in screen
    assert any("tflops explain columns" in line for line in screen)


def test_a_terminal_has_styles():
    report = report_of("single_conv_28x28.tflite")
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, force_jupyter=False)
    print_text(report_document(report), console)
    assert ANSI.search(stream.getvalue())


def test_markup_in_names_is_text():
    report = report_of("single_conv_28x28.tflite")
    operator = dataclasses.replace(report.rows[0].operator, name="[bold]x[/nonsense]")
    analysis = dataclasses.replace(report.analysis, operators=(operator,))
    text = report_to_text(report.with_parts(analysis=analysis, timing=None, peaks=None))
    assert "[bold]x[/nonsense]" in text


@pytest.mark.parametrize("name", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_plain_text_is_plain_whatever_the_environment_says(monkeypatch, name):
    report = report_of("attention_encoder_dynamic.tflite")
    expected = report_to_text(report)
    monkeypatch.setenv(name, "1")
    monkeypatch.setenv("COLUMNS", "30")
    assert report_to_text(report) == expected


def test_text_is_returned_in_a_notebook_too(monkeypatch):
    # There, rich shows what it prints, wherever it was told to print it.
    report = report_of("single_conv_28x28.tflite")
    expected = str(report)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert str(report) == expected


def test_rates_next_to_nothing_do_not_widen_the_table():
    report = report_of("single_conv_28x28.tflite")
    slow = dataclasses.replace(report.rows[0], rate=12.5, rate_is_bound=False)
    assert rate_text(slow) == "<0.001"


@pytest.mark.parametrize("width", [80, None])
def test_names_in_a_file_do_not_steer_the_terminal(width):
    report = report_of("single_conv_28x28.tflite")
    hostile = "a\x1b]0;b\x07\n\r\tc\x9b2J\ud800"
    operator = dataclasses.replace(report.rows[0].operator, name=hostile)
    inputs = tuple(dataclasses.replace(i, name=hostile) for i in report.analysis.inputs)
    analysis = dataclasses.replace(
        report.analysis, operators=(operator,), inputs=inputs, signature=hostile
    )
    hostile_report = report.with_parts(analysis=analysis, timing=None, peaks=None)
    text = report_to_text(hostile_report) if width is None else on_terminal(hostile_report, width)
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert sum("a?]0;b????c?2J?" in line for line in lines) == 4
