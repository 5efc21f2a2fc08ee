"""Signals: no child process, no folder and no traceback remains, whenever they come."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from zoo import EXAMPLES

if not Path("/proc/self/cmdline").exists():
    pytest.skip("looks for processes in /proc", allow_module_level=True)

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
PATIENCE_SECONDS = 60


def patiently():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.01)


def children(parent):
    """Measuring processes that have this parent, as soon as there is one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if int(status[1]) == parent and b"isolation.child" in words:
            found.append(int(entry.name))
    return found


def check_gone(number):
    for _ in patiently():
        try:
            if b"isolation.child" not in Path(f"/proc/{number}/cmdline").read_bytes():
                return
        except OSError:
            return
    pytest.fail("the child process is still there")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_the_child_that_measures_peaks_ends_with_its_parent(start, number):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("it is ignored here, as under nohup")
    with start("peaks", "--force", stdout=-1, stderr=-1) as process:
        for _ in patiently():
            if found := children(process.pid):
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (-number, "", "")
    for child in found:
        check_gone(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_post_mortem_that_is_ended_leaves_no_folder(start, fake_runtime, tmp_path, number):
    path = tmp_path / "model.tflite"
    # The first child crashes; the second, which looks for the operator, hangs.
    path.write_bytes(fake_tflite.model("on operator:1 1 hang"))
    place = tmp_path / "temporary"
    place.mkdir()
    environment = {**os.environ, "TMPDIR": str(place)}
    command = ["time", path, "--runtime", fake_runtime, "--timeout", "4"]
    with start(*command, stdout=-1, stderr=-1, env=environment) as process:
        for _ in patiently():
            if list(place.glob("tflops*")):
                break
        else:
            pytest.fail("there was no post-mortem")
        time.sleep(0.2)  # between the folder and what removes it lies a moment of Python's own
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == (-number if number == signal.SIGTERM else 130)
    assert list(place.iterdir()) == []


def test_signals_that_the_caller_ignores_stay_ignored(start):
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "from tflops_native.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "time", str(SINGLE), "--runs", "1"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        for _ in patiently():
            if children(process.pid) or process.poll() is not None:
                break
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (0, "")
    assert "latency" in out


# Sends Ctrl-C to itself at the n-th import below the package: as early as a user can be.
EARLY = """
import os, signal, sys
left = int(sys.argv.pop(1))
class Finder:
    def find_spec(self, name, path=None, target=None):
        global left
        if name.startswith(("tflops_native.", "click", "rich", "numpy")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGINT)
        return None
import tflops_native.cli
sys.meta_path.insert(0, Finder())
tflops_native.cli.main()
"""


@pytest.mark.parametrize("moment", [1, 2, 3, 5, 10, 20, 40, 80])
def test_ctrl_c_before_the_program_has_begun(moment):
    command = [sys.executable, "-c", EARLY, str(moment), "count", str(SINGLE)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip(), ended.stdout) == (130, "interrupted", "")
