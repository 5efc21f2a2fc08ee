"""Ctrl-C: one word, exit code 130, and no process left behind."""

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


def test_ctrl_c_in_the_midst_of_a_measurement(start):
    import pty

    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": theirs}
    with start("report", SINGLE, "--runs", "100000000", **streams) as process:
        child = measuring_child(process.pid)
        shown = b""
        while b"measure" not in shown:
            assert select.select([ours], [], [], PATIENCE_SECONDS)[0], shown
            shown += os.read(ours, 10_000)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    shown += os.read(ours, 10_000)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 130
    assert out == ""
    assert shown.decode().rstrip().endswith("interrupted")
    assert b"Traceback" not in shown
    check_gone(child)


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
