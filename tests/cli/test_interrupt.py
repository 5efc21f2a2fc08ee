"""Ctrl-C: samples are kept, then one word, exit code 130, and no process left behind."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)
if not Path("/proc/self/cmdline").exists():
    pytest.skip("looks for processes in /proc", allow_module_level=True)

SINGLE = str(EXAMPLES / "single_conv_28x28.tflite")
PATIENCE_SECONDS = 30


def command_line(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def parent_of(process):
    try:
        # The name in brackets may hold spaces: state and parent come behind it.
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def measuring_child(parent):
    """The process number of its measuring child, as soon as it has one."""
    for _ in patiently():
        for entry in Path("/proc").iterdir():
            is_child = entry.name.isdigit() and parent_of(entry.name) == parent
            if is_child and b"isolation.child" in command_line(entry.name):
                return int(entry.name)
    pytest.fail("there is no measuring process")


def patiently():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.01)


def check_gone(process):
    """A process that waits to be buried has no command line any more."""
    for _ in patiently():
        if b"isolation.child" not in command_line(process):
            return
    pytest.fail("the measuring process is still there")


@pytest.mark.parametrize("command", ["report", "time"])
def test_ctrl_c_right_after_the_start(start, command):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start(command, SINGLE, "--runs", "100000000", **streams) as process:
        child = measuring_child(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "interrupted"
    check_gone(child)


def interrupted(start, arguments, step, times):
    """Exit code, standard output and what a terminal showed, with Ctrl-C at a step."""
    import pty

    ours, theirs = pty.openpty()
    with start(*arguments, stdout=subprocess.PIPE, stderr=theirs) as process:
        child = measuring_child(process.pid)
        shown = b""
        while step not in shown:
            assert select.select([ours], [], [], PATIENCE_SECONDS)[0], shown
            shown += os.read(ours, 10_000)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            # Signals of one kind that arrive together are one.
            time.sleep(0.02)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    shown += os.read(ours, 100_000)
    os.close(theirs)
    os.close(ours)
    assert b"Traceback" not in shown
    check_gone(child)
    return process.returncode, out, shown.decode()


LONG = ("--runs", "100000000")
KEPT = "interrupted: the times are those measured until then"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("report", SINGLE, *LONG, "--no-peaks"), "latency "),
        (("time", SINGLE, *LONG), "latency "),
        (("compare", SINGLE, SINGLE, *LONG, "--max-time", "1h"), "result "),
    ],
    ids=["report", "time", "compare"],
)
def test_the_first_ctrl_c_ends_sampling_and_reports(start, arguments, expected):
    status, out, shown = interrupted(start, arguments, b"measure latency", 1)
    assert status == 130
    assert expected in out
    assert shown.rstrip().endswith(KEPT)


def test_the_first_ctrl_c_says_why_sampling_ended(start):
    arguments = ("time", SINGLE, *LONG, "--precision", "0.001%", "--format", "json")
    _, out, _ = interrupted(start, (*arguments, "--max-time", "1h"), b"measure latency", 1)
    (report,) = json.loads(out)["reports"]
    assert report["timing"]["stop"]["reason"] == "interrupted"
    assert report["timing"]["latency"]["samples"] == len(report["timing"]["samples_ns"]) > 0


def test_ctrl_c_while_operators_are_timed_keeps_what_is_known(start):
    model = str(EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite")
    arguments = ("report", model, "--runs", "3", "--no-peaks", "--format", "json")
    status, out, _ = interrupted(start, arguments, b"time operators", 1)
    assert status == 130
    (report,) = json.loads(out)["reports"]
    assert report["timing"]["latency"]["samples"] == 3


def test_ctrl_c_between_models_shows_those_that_are_done(start):
    arguments = ("time", SINGLE, SINGLE, SINGLE, *LONG)
    status, out, _ = interrupted(start, arguments, b"measure latency", 1)
    assert status == 130
    assert out.count("latency ") == 1


def test_the_second_ctrl_c_leaves(start):
    # The child does not hear of the first one in the midst of a sample: these last for some seconds.
    arguments = ("time", SINGLE, *LONG, "--interval", "5s")
    status, out, shown = interrupted(start, arguments, b"measure latency", 2)
    assert (status, out) == (130, "")
    assert shown.rstrip().endswith("interrupted")


def test_ctrl_c_leaves_where_there_are_no_samples(start, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    status, out, shown = interrupted(start, ("peaks",), b"measure peaks", 1)
    assert (status, out) == (130, "")
    assert shown.rstrip().endswith("interrupted")


API = """
import sys
import tflops_native

def progress(what, done):
    print(what, flush=True)

try:
    tflops_native.measure(sys.argv[1], runs=10**9, isolated=sys.argv[2] == "isolated",
                          progress=progress)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("where", ["here", "isolated"])
def test_ctrl_c_ends_a_call_of_the_api(where):
    command = [sys.executable, "-c", API, SINGLE, where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line == "measure\n":
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().split()
    assert process.returncode == 0
    assert rest[-1] == "interrupted"
    assert set(rest[:-1]) <= {"measure"}
