"""No line of any command is wider than the terminal, but for a path or a name that stands alone."""

import re

import pytest

from tflops_native.formats.printable import width
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

MODEL = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"
OPEN = EXAMPLES / "attention_encoder_dynamic.tflite"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COMMANDS = {
    "runtimes": ("runtimes",),
    "verify": ("verify", MODEL),
    "ops": ("ops",),
    "explain": ("explain", "CONV_2D"),
    "explain a long rule": ("explain", "BIDIRECTIONAL_SEQUENCE_LSTM"),
    "explain an operator": ("explain", f"{MODEL}:3"),
    "explain columns": ("explain", "columns"),
    "count": ("count", OPEN, "-v"),
    "conventions": ("count", MODEL, "--convention", "all", "--valid-taps"),
    "several": ("count", MODEL, SINGLE),
    "memory": ("memory", OPEN),
    "memory of a board": ("memory", OPEN, "--planner", "tflm"),
    "a budget": ("memory", MODEL, "--budget", "256KiB", "--flash", "1MiB"),
    "check": ("check", MODEL, "--max-macs", "1M", "--max-latency", "1ns", "--runs", "3"),
    "time": ("time", SINGLE, MODEL, "--runs", "3"),
    "compare": ("compare", SINGLE, MODEL, "--runs", "3"),
    "sweep": ("sweep", SINGLE, "--threads", "1,2", "--runs", "3"),
    "batch": ("batch", SINGLE, MODEL, "--count"),
    "peaks": ("peaks",),
}


@pytest.fixture
def terminal(tflops, monkeypatch):
    """Runs a command as on a terminal of so many columns; returns the lines that it prints."""
    monkeypatch.setenv("FORCE_COLOR", "1")

    def run(columns, *arguments):
        monkeypatch.setenv("COLUMNS", str(columns))
        ended = tflops(*arguments)
        assert ended.out
        return ANSI.sub("", ended.out).splitlines()

    return run


def too_wide(lines, columns):
    return [line for line in lines if width(line) > columns and " " in line.strip()]


def test_why_a_limit_is_undecided_is_never_cut(terminal, tflops, tmp_path):
    path = tmp_path / "count.json"
    assert tflops("count", MODEL, "-o", path).status == 0
    lines = terminal(60, "check", path, "--max-latency", "1s", "--max-p95", "1s")
    assert too_wide(lines, 60) == []
    assert "why       latency, 95th percentile: it was not measured" in lines


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_every_line_fits(terminal, arguments, columns):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    assert too_wide(terminal(columns, *arguments), columns) == []


def test_what_is_broken_is_all_there(terminal, tflops):
    wide = " ".join(tflops("explain", "CONV_2D").out.split())
    assert " ".join(" ".join(terminal(40, "explain", "CONV_2D")).split()) == wide


def test_a_path_is_broken_nowhere(terminal):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    lines = terminal(40, "runtimes")
    assert any(re.fullmatch(r" +/\S+libtensorflowlite_c\.\w+", line) for line in lines)


def test_what_was_written_is_said_in_lines_that_fit(terminal, tmp_path):
    path = tmp_path / "a.tflite"
    lines = terminal(40, "extract", f"{MODEL}:3", "-o", path)
    assert too_wide(lines, 40) == []
    assert str(path) in "".join(lines)


def test_a_line_about_a_job_stands_alone_above_the_bar(terminal, tflops):
    terminal(80, "batch", SINGLE, MODEL, "--runs", "3")
    said = ANSI.sub("", tflops("batch", SINGLE, MODEL, "--runs", "3").err)
    found = [line for line in re.split(r"[\r\n]+", said) if SINGLE.name in line]
    assert found
    assert all(re.match(r"1/2 \S+: ", line) for line in found)
