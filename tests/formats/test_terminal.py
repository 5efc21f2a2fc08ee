"""What a terminal and a pipe get: width, cuts, colour. Times are made up: they only fill columns."""

import dataclasses
import io
import re

import pytest
from rich.console import Console

from tflops_native.formats.operator_table import operator_table, rate_text
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.text import print_text
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


BOUNDS = ("compute", "overhead", "L2", "DRAM", "-")
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


def columns(report):
    return operator_table(report, report.analysis).shown


def on_terminal(report, width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, force_jupyter=False)
    print_text(report_document(report), console)
    return stream.getvalue()


def number_cells(report, headings):
    """Per line of the table the texts of its number columns but for the index, blanks left out."""
    table = operator_table(report, report.analysis)
    cells = []
    for row in table.rows:
        numbers = [
            cell
            for column, cell in zip(table.shown, table.texts(row), strict=True)
            if column.is_number and column.heading in headings
        ]
        cells.append([cell for cell in numbers[1:] if cell])
    return cells


def table_lines(text):
    return [line.rstrip() for line in text.split("\n\n")[1].splitlines()[1:]]


def check_numbers(report, text, left_out=()):
    """Every number of the table is printed whole, in its place, but for whole columns left out."""
    printed = table_lines(text)
    headings = text.split("\n\n")[1].splitlines()[0].split()
    every = [column.heading for column in columns(report)]
    assert headings == [heading for heading in every if heading not in left_out]
    shown = columns(report)
    types = {"i8", "f32", "f32+i8", "i8+f32", "i32", "i64", "-"}
    has_types = any(column.heading == "type" for column in shown)
    has_bounds = any(column.heading == "bound" for column in shown)
    expected = number_cells(report, headings)
    assert len(printed) == len(expected)
    for line, cells in zip(printed, expected, strict=True):
        tokens = line.split()
        if len(cells) > 2 and has_bounds:
            bound = tokens.pop().removesuffix("…")
            assert any(word.startswith(bound) for word in BOUNDS)
        if len(cells) > 2 and has_types:
            kind = tokens.pop(-(len(cells) - 2) - 1)
            assert kind in types
        assert tokens[-len(cells) :] == cells


@pytest.mark.parametrize("name", MODELS)
def test_80_columns_are_enough(name):
    report = report_of(name)
    text = ANSI.sub("", on_terminal(report, 80))
    assert [line for line in text.splitlines() if len(line) > 80] == []
    headings = text.split("\n\n")[1].splitlines()[0].split()
    left_out = [name for name in ("%", "bytes") if name not in headings]
    assert left_out in ([], ["%"], ["%", "bytes"])
    check_numbers(report, text, left_out)


@pytest.mark.parametrize("name", MODELS)
def test_a_pipe_gets_everything_in_plain_text(name):
    report = report_of(name)
    text = report_to_text(report)
    assert "\x1b" not in text
    assert "…" not in text
    lines = table_lines(text)
    check_numbers(report, text)
    for line, row in zip(lines, report.rows, strict=False):
        assert row.operator.name in line.split()
    labels = [line.split()[0] for line in text.split("\n\n")[2].splitlines()]
    assert all(re.fullmatch(r"[a-z]+", label) for label in labels)  # no line is wrapped


@pytest.mark.parametrize("width", [20, 40, 60])
def test_a_narrow_terminal_cuts_no_number(width):
    report = report_of("attention_encoder_dynamic.tflite")
    text = ANSI.sub("", on_terminal(report, width))
    check_numbers(report, text, ("%", "bytes"))


def test_long_names_are_cut_with_an_ellipsis():
    report = dataclasses.replace(report_of("attention_encoder_dynamic.tflite"), peaks=None)
    lines = table_lines(ANSI.sub("", on_terminal(report, 75)))
    assert "UNSORTED_SEGMENT_PROD" not in "".join(lines)
    assert lines[21].startswith("21 UNSORTED")
    assert "…" in lines[21]
    assert lines[-4].startswith("   unmatched:")
    assert "…" in lines[-4]


def test_a_wide_terminal_cuts_nothing():
    report = report_of("attention_encoder_dynamic.tflite")
    text = ANSI.sub("", on_terminal(report, 300))
    assert "…" not in text
    # Spaces at the end of a line of the table are no difference.
    assert [line.rstrip() for line in text.splitlines()] == [
        line.rstrip() for line in report_to_text(report).splitlines()
    ]


def test_a_terminal_has_styles():
    assert ANSI.search(on_terminal(report_of("single_conv_28x28.tflite"), 80))


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
    lines = ANSI.sub("", text).split("\n")
    assert all(line.isprintable() for line in lines)
    assert sum("a?]0;b????c?2J?" in line for line in lines) == 3
