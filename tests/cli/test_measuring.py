"""`tflops time` and `tflops report`: what they print when all goes well. No time is asserted."""

import json
import re
import sys

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import analyze
from tflops_native.runtime import libraries

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"

TIMES = ("latency", "stability", "runs", "before", "clock")
# Too few samples to be called stable.
SUMMARY = ("model", "input", "latency", "stability")


def labels(text):
    """Of the lines around the table, but for those that depend on the machine."""
    found = [line.split()[0] for line in text.splitlines() if re.match(r"[a-z]", line)]
    return [label for label in found if label not in ("note", "finding", "resident")]


def test_time_prints_no_counts(tflops):
    ended = tflops("time", "-v", DYNAMIC, "--input-shape", "1,56,56,1", "--runs", "3")
    assert (ended.status, ended.err) == (0, "")
    assert "input     input 1x56x56x1, random (seed 0)\n" in ended.out
    assert labels(ended.out) == ["input", *TIMES, "runtime", *SUMMARY]
    assert ", xnnpack kernels, 1 thread\n" in ended.out


def test_time_as_json(tflops):
    ended = tflops(
        "time",
        "-v",
        *(SINGLE, "--runs", "3", "--threads", "2", "--kernels", "builtin", "--format", "json"),
    )
    assert (ended.status, ended.err) == (0, "")
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["analysis"] is None
    timing = plain["timing"]
    assert (timing["threads"], timing["kernels"]) == (2, "builtin")
    assert len(timing["samples_ns"]) == 3
    assert timing["profile"] is None
    assert timing["latency"]["runs"] == 3 * timing["invokes_per_sample"]


def test_report_joins_counts_and_times(tflops):
    ended = tflops("report", "-v", SINGLE, "--runs", "2")
    assert (ended.status, ended.err) == (0, "")
    # Whether a note says that an operator is not known well depends on the machine.
    assert [label for label in labels(ended.out) if label != "note"] == [
        *("signature", "input"),
        *("total", "memory", "constants", "coverage", "counting"),
        *("latency", "stability", "roof", "runs", "before", "clock", "profile", "runtime"),
        *("model", "input", "compute", "latency", "speed", "memory", "time", "stability"),
    ]
    table = ended.out.split("\n\n")[0].splitlines()
    headings = (
        "# operator layer output MACs FLOPs bytes FLOPs% time ±% time% GFLOP/s of roof limited by"
    )
    assert " ".join(table[0].split()) == headings
    assert [line.split()[:2] for line in table[1:]] == [
        ["0", "CONV_2D"],
        ["outside", "operators"],
        ["beyond", "medians"],
        ["without", "profiler"],
    ]


def test_report_as_json(tflops):
    ended = tflops("report", "-v", SINGLE, "--runs", "2", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["analysis"] == analyze(SINGLE).to_dict()
    (timed,) = plain["timing"]["profile"]["operators"]
    assert timed["index"] == 0
    median = plain["timing"]["latency"]["median_seconds"]
    assert plain["operations_per_second"] == 432_640 / median
    assert plain["timing"]["origin"]["machine"]["logical_cpus"] >= 1


def test_another_library_by_its_path(tflops):
    library = libraries.open_runtime().info.library
    ended = tflops("time", "-v", SINGLE, "--runs", "1", "--runtime", library, "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    runtime = json.loads(ended.out)["reports"][0]["timing"]["runtime"]
    assert runtime["name"] == runtime["library"] == library


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def read_terminal(descriptor):
    """All that was written to a terminal which nobody writes to any more; closes it."""
    import os

    shown = b""
    while True:
        try:
            piece = os.read(descriptor, 100_000)
        except OSError:  # how Linux says that the other end is closed
            piece = b""
        if not piece:
            os.close(descriptor)
            return shown.decode()
        shown += piece


def test_progress_goes_to_a_terminal_and_not_into_the_result(process):
    import os
    import pty

    ours, theirs = pty.openpty()
    ended = process(
        *("time", "-v", SINGLE, "--runs", "2", "--interval", "1s"),
        capture_output=False,
        stdout=-1,
        stderr=theirs,
    )
    os.close(theirs)
    shown = read_terminal(ours)
    assert ended.status == 0
    assert labels(ended.out) == ["input", *TIMES, "runtime", *SUMMARY]
    assert "\x1b" not in ended.out
    assert "measure latency" in shown
    # The last thing is to clear the line.
    assert re.search(r"\x1b\[2K[^a-z]*$", shown)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (("--runs", "10000000", "--max-time", "20ms"), "10,000,000"),
        (("--min-runs", "10000000", "--max-time", "20ms"), "10,000,000"),
        (("--runs", "3", "--interval", "1", "--max-time", "20ms"), "3"),
    ],
)
def test_fewer_runs_than_asked_for_are_said(tflops, asked, wanted):
    ended = tflops("time", SINGLE, *asked)
    assert ended.status == 0
    # What to try is left out where a verdict on the few samples takes the room.
    assert f" of {wanted} runs: --max-time (20.0ms) was reached before" in ended.out
    assert tflops("time", SINGLE, "--runs", "3", "--max-time", "9").out.count("reached before") == 0
