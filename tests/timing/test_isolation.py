"""The measuring child process: what it says arrives, whatever ends it is told, and none remains."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native.errors import InvokeError, ModelFormatError, RuntimeLibraryError, ShapeError
from tflops_native.isolation import child_process
from tflops_native.isolation.messages import Failure
from tflops_native.model.reader import load
from workloads import measure_in_child, measure_model

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="signals, shell scripts")


def options(**changes):
    return {"runs": 2, **changes}


@pytest.fixture
def children(monkeypatch):
    """The child processes started in this test."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            started.append(self)

    monkeypatch.setattr(child_process.subprocess, "Popen", Recorded)
    return started


def is_gone(child):
    """Whether the process was ended and waited for: its number is free."""
    try:
        os.kill(child.pid, 0)
    except ProcessLookupError:
        return child.returncode is not None
    return False


# Left to the measurement, whether operators are also timed alone follows from the times that it sees.
@pytest.mark.parametrize("alone", [False, True])
def test_a_child_measures_what_this_process_would(children, alone):
    steps = []
    asked = options(isolated_operators=alone)
    isolated = measure_in_child(
        SINGLE, **asked, progress=lambda what, done: steps.append((what, done))
    )
    here = measure_model(load(SINGLE), **asked)
    for name in ("runtime", "kernels", "threads", "signature", "input_shapes", "seed"):
        assert getattr(isolated, name) == getattr(here, name)
    assert len(isolated.samples_ns) == len(here.samples_ns) == 2
    assert isolated.to_dict().keys() == here.to_dict().keys()
    joined = [(o.index, o.kernel, o.is_delegated) for o in isolated.profile.operators]
    assert joined == [(o.index, o.kernel, o.is_delegated) for o in here.profile.operators]
    assert list(dict.fromkeys(what for what, _ in steps)) == [
        "load",
        "allocate",
        "first invoke",
        "warm up",
        "measure",
        "profile",
        *(["operators alone"] if alone else []),
        "done",
    ]
    assert all(0 <= done <= 1 for _, done in steps)
    assert steps[-1] == ("done", 1.0)
    assert all(map(is_gone, children))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"input_shapes": {"": (1, 28)}}, ShapeError, "has rank 4"),
        ({"input_shapes": {"no": (1,)}}, ShapeError, "there is no input 'no'"),
        ({"signature": "no"}, ModelFormatError, "no signature 'no'; the model has: serving_def"),
        ({"runtime": "/no/such/library.so"}, RuntimeLibraryError, "/no/such/library.so"),
        ({"input_shapes": {"": (1, 1, 1, 1)}, "kernels": "builtin"}, InvokeError, "CONV_2D"),
    ],
)
def test_errors_of_the_child_arrive_as_they_are(children, changes, error, message):
    with pytest.raises(error, match=message) as here:
        measure_model(load(SINGLE), **options(**changes))
    with pytest.raises(error) as isolated:
        measure_in_child(SINGLE, **options(**changes))
    assert type(isolated.value) is type(here.value)
    assert str(isolated.value) == str(here.value)
    assert all(map(is_gone, children))


def test_notes_survive_the_way(tmp_path):
    error = ShapeError("does not fit")
    error.add_note("operator 37 (CONV_2D) in subgraph 0")
    failure = child_process.pickle.loads(child_process.pickle.dumps(Failure(error)))
    assert type(failure.error) is ShapeError
    assert str(failure.error) == "does not fit"
    assert failure.error.__notes__ == ["operator 37 (CONV_2D) in subgraph 0"]


def test_a_file_that_is_no_model(tmp_path):
    path = tmp_path / "model.tflite"
    with pytest.raises(ModelFormatError, match="no such file"):
        measure_in_child(path, **options())


@pytest.mark.parametrize("changes", [{"threads": 0}, {"runs": 0}, {"kernels": "magic"}])
def test_bad_options_start_no_child(children, changes):
    with pytest.raises(ValueError, match="must be"):
        measure_in_child(SINGLE, **options(**changes))
    assert children == []


@posix
def test_a_runtime_that_crashes_costs_an_error_only(children):
    # XNNPACK divides by an output size that wraps around: a 3x3 window in a 1x1 image.
    with pytest.raises(InvokeError, match="was ended by SIGSEGV at step 'first invoke'") as caught:
        measure_in_child(DYNAMIC, **options(input_shapes={"": (1, 1, 1, 1)}))
    assert "\n" not in str(caught.value)
    assert all(map(is_gone, children))
    # This process is as well as before.
    assert len(measure_in_child(SINGLE, **options(profile=False)).samples_ns) == 2


def interpreter(path, script):
    """A program that takes the place of the child's Python."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@posix
@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("kill -SEGV $$", "was ended by SIGSEGV"),
        ("kill -ABRT $$", "was ended by SIGABRT"),
        ("exit 3", "ended with exit code 3"),
        ("exec cat /dev/null", "ended with exit code 0"),
        (
            "cat >/dev/null; kill -KILL $$",
            "was ended by SIGKILL, as the system does where memory is short,",
        ),
        ("echo this is no pickle", "ended with exit code 0"),
    ],
)
def test_however_the_child_ends_it_is_told(monkeypatch, tmp_path, children, script, cause):
    monkeypatch.setattr(child_process.sys, "executable", interpreter(tmp_path / "python", script))
    with pytest.raises(InvokeError) as caught:
        measure_in_child(SINGLE, **options())
    assert str(caught.value) == (
        f"the runtime crashed (the measuring process {cause} at step 'start')"
    )
    assert all(map(is_gone, children))


@posix
def test_the_last_words_of_the_child_are_kept(monkeypatch, tmp_path):
    script = "cat >/dev/null; for i in 1 2 3 4 5; do echo line $i >&2; done; kill -ABRT $$"
    monkeypatch.setattr(child_process.sys, "executable", interpreter(tmp_path / "python", script))
    with pytest.raises(InvokeError) as caught:
        measure_in_child(SINGLE, **options())
    assert str(caught.value) == (
        "the runtime crashed (the measuring process was ended by SIGABRT at step 'start'); "
        "last output: line 3 | line 4 | line 5"
    )


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, BrokenPipeError, EOFError, RuntimeError], ids=lambda e: e.__name__
)
def test_an_error_of_the_caller_ends_the_child_and_goes_on(children, error):
    # A long measurement, in whose midst the callback fails: its error is not the runtime's.
    def fail(what, done):
        if what == "measure":
            raise error

    with pytest.raises(error):
        measure_in_child(SINGLE, runs=10**9, progress=fail)
    assert len(children) == 1
    assert all(map(is_gone, children))


PARENT = """
import sys
from tflops_native import measure
from tflops_native.isolation import child_process

class Recorded(child_process.subprocess.Popen):
    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        print(self.pid, flush=True)

child_process.subprocess.Popen = Recorded
model, runtime, awaited = sys.argv[1:]
said = []
def progress(what, done):
    if what == awaited and not said:
        said.append(print("there", flush=True))
measure(model, runs=10**9, runtime=runtime, isolated=True, progress=progress)
"""


def check_child_ends_with_its_parent(model, runtime, step):
    command = [sys.executable, "-c", PARENT, str(model), str(runtime), step]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "there\n"
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


@posix
def test_the_child_ends_when_its_parent_was_killed():
    check_child_ends_with_its_parent(SINGLE, "tflite", "measure")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends with its next word")
def test_a_child_that_hangs_ends_when_its_parent_was_killed(fake_runtime, tmp_path):
    path = tmp_path / "hanging.tflite"
    path.write_bytes(fake_tflite.model("on invoke 2 hang"))
    check_child_ends_with_its_parent(path, fake_runtime, "warm up")


def is_running(process):
    """Whether it is there and not merely waiting to be buried, where nobody buries orphans."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc").is_dir()
    return state != "Z"


def test_files_in_the_working_directory_are_not_imported(monkeypatch, tmp_path):
    # Python's -m would look for modules where the user happens to be.
    (tmp_path / "pickle.py").write_text("raise SystemExit('imported by mistake')\n")
    monkeypatch.chdir(tmp_path)
    assert len(measure_in_child(SINGLE, **options(profile=False)).samples_ns) == 2


def test_a_relative_path_is_found_from_the_working_directory(monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    timing = measure_in_child(Path("single_conv_28x28.tflite"), **options(profile=False))
    assert timing.input_shapes == {"input": (1, 28, 28, 1)}
