"""What is counted or measured is not lost, whatever fails or ends the rest."""

import json
import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
import tflops_native
from tflops_native.errors import InvokeError
from tflops_native.isolation import child_process
from tflops_native.machine.peaks import cache
from tflops_native.measurement import isolated, post_mortem
from workloads import measure_in_child, measure_model
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("short_protocol")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
MACS = "194,688 MACs"


def interrupt(*_arguments, **_options):
    raise KeyboardInterrupt


def test_ctrl_c_while_peaks_are_measured(tflops, monkeypatch):
    monkeypatch.setattr(cache, "machine_peaks", interrupt)
    ended = tflops("report", SINGLE, "--runs", "2")
    assert ended.status == 130
    assert MACS in ended.out
    assert "latency" in ended.out
    assert ended.err.strip() == "interrupted"


def ended_at_profile(monkeypatch, number):
    """The child is ended by a signal as soon as it says that it times operators."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            started.append(self)

    monkeypatch.setattr(child_process.subprocess, "Popen", Recorded)
    monkeypatch.setattr(post_mortem, "INVOKE_SECONDS", 0.0)

    def progress(what, done):
        if what == "profile":
            started[0].send_signal(number)

    return progress


@pytest.fixture
def slow_runtime(fake_runtime):
    """Its inferences take so long that operators are still being timed when this process hears of it."""
    return {
        "model": fake_tflite.model("durations 200000000"),
        "runtime": fake_runtime,
    }


def report_on(slow_runtime, **options):
    return tflops_native.report(**slow_runtime, runs=2, peaks=False, **options)


@posix
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_while_operators_are_timed_keeps_the_latency(monkeypatch, slow_runtime, number):
    progress = ended_at_profile(monkeypatch, number)
    with pytest.raises(InvokeError, match="at step 'profile'") as caught:
        report_on(slow_runtime, isolated=True, progress=progress, timeout=60)
    report = caught.value.report
    assert len(report.timing.samples_ns) == 2
    assert report.timing.profile is None
    assert report.timing_error == str(caught.value)
    assert "latency" in str(report)


@posix
def test_a_time_limit_while_operators_are_timed_keeps_the_latency(monkeypatch, slow_runtime):
    # The deadline itself, brought forward to the step in question.
    deadlines = []

    class Deadline(child_process._Deadline):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            deadlines.append(self)

    monkeypatch.setattr(child_process, "_Deadline", Deadline)
    monkeypatch.setattr(post_mortem, "INVOKE_SECONDS", 0.0)

    def progress(what, done):
        if what == "profile":
            deadlines[0]._end()

    with pytest.raises(
        InvokeError, match="did not end within 60 s, it was at step 'profile'"
    ) as caught:
        report_on(slow_runtime, isolated=True, progress=progress, timeout=60)
    assert len(caught.value.report.timing.samples_ns) == 2


@pytest.mark.parametrize("is_isolated", [False, True], ids=["here", "isolated"])
def test_ctrl_c_while_operators_are_timed_keeps_the_latency(is_isolated):
    def progress(what, done):
        if what == "profile":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        tflops_native.report(SINGLE, runs=2, isolated=is_isolated, progress=progress, peaks=False)
    assert len(caught.value.report.timing.samples_ns) == 2


def test_ctrl_c_while_operators_are_timed_shows_the_report(tflops, monkeypatch):
    timing = measure_model(SINGLE, runs=2, profile=False)

    def interrupted(*_arguments):
        error = KeyboardInterrupt()
        error.timing = timing
        raise error

    monkeypatch.setattr("tflops_native.api.measure_counted", interrupted)
    ended = tflops("report", SINGLE)
    assert (ended.status, ended.err.strip()) == (130, "interrupted")
    assert MACS in ended.out
    assert "latency" in ended.out


def test_a_runtime_that_refuses_to_profile_keeps_the_latency(monkeypatch):
    def refuse(*_arguments, **_options):
        raise InvokeError("no profile")

    monkeypatch.setattr("tflops_native.measurement.measure.profile_model", refuse)
    with pytest.raises(InvokeError, match="no profile") as caught:
        measure_model(SINGLE, runs=2)
    assert len(caught.value.timing.samples_ns) == 2


def test_a_crash_after_the_last_step_is_a_note(monkeypatch):
    complete = measure_model(SINGLE, runs=2, profile=False)

    def crash(*_arguments, keep, **_options):
        keep(complete)
        raise InvokeError("the runtime crashed")

    monkeypatch.setattr(isolated, "run_isolated", crash)
    timing = measure_in_child(SINGLE, runs=2, profile=False)
    assert timing.samples_ns == complete.samples_ns
    assert timing.notes[-1].code == "crashed_at_end"


@linux
def test_memory_that_suffices_for_the_model_but_not_for_the_profile(tflops, fake_runtime, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(fake_tflite.model("on allocate 1 allocate 50000000"))
    ended = tflops(
        "report", path, "--runtime", fake_runtime, "--runs", "2", "--memory-limit", "80MB"
    )
    assert ended.status == 2
    assert "latency" in ended.out
    assert "ran out of memory at step 'profile'" in ended.err


@posix
def test_shapes_of_a_run_that_crashes_keep_the_counts(tflops, fake_runtime, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(fake_tflite.model("on invoke 1 crash SIGSEGV"))
    ended = tflops("report", path, "--runtime", fake_runtime, "--shapes", "runtime")
    assert ended.status == 2
    assert "FLOPs     100% ABS (3)" in ended.out
    assert "crashed" in ended.err


@posix
@pytest.mark.parametrize("command", ["count", "report"])
def test_counts_with_a_handful_of_files(process, command):
    # Enough to import the program, too few for pipes to a child.
    words = f'ulimit -n 8; exec "$0" -c "$1" {command} "$2"'
    ended = process(args=["sh", "-c", words, *process.program[::2], SINGLE])
    assert MACS in ended.out
    assert "Traceback" not in ended.err
    assert ended.status == (0 if command == "count" else 2)


@pytest.mark.parametrize("what", ["process", "thread"])
def test_a_child_that_cannot_start_keeps_the_counts(tflops, monkeypatch, what):
    def refuse(*_arguments, **_options):
        if what == "thread":
            raise RuntimeError("can't start new thread")
        raise BlockingIOError(11, "Resource temporarily unavailable")

    if what == "thread":
        monkeypatch.setattr(child_process.threading.Thread, "start", refuse)
    else:
        monkeypatch.setattr(child_process.subprocess, "Popen", refuse)
    ended = tflops("report", SINGLE)
    assert ended.status == 2
    assert MACS in ended.out
    assert ended.err.startswith("error: cannot start the measuring process: ")


def test_peaks_that_cannot_be_measured_are_a_note(tflops, monkeypatch):
    def refuse(*_arguments, **_options):
        raise InvokeError("no peaks")

    monkeypatch.setattr(cache, "run_isolated", refuse)
    monkeypatch.setattr(cache, "_read", lambda *_: ())
    ended = tflops("report", SINGLE, "--runs", "2", "--format", "json")
    assert ended.status == 0
    (plain,) = json.loads(ended.out)["reports"]
    assert [note["code"] for note in plain["remarks"]] == ["no_peaks"]


@posix
def test_a_peaks_cache_that_is_a_pipe(process, tmp_path):
    folder = tmp_path / "tflops_native"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    process("peaks", "--threads", "1", env=environment)
    (kept,) = folder.glob("peaks-*.json")
    kept.unlink()
    os.mkfifo(kept)
    ended = process("report", SINGLE, "--runs", "2", env=environment)
    assert (ended.status, ended.err) == (0, "")


def test_a_job_that_cannot_be_written_is_shown(tflops, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    folder = tmp_path / "jobs"
    ended = tflops("batch", SINGLE, "--runs", "1", "-o", folder)
    assert ended.status == 2
    assert "no space left on device" in ended.err
    assert SINGLE.name in ended.out
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("cannot allocate"), "there is not enough memory for this"),
        (
            ImportError("IMPORTANT: READ THIS!\n\nfailed to map segment"),
            "a part that this needs cannot be loaded: failed to map segment",
        ),
    ],
)
def test_memory_that_does_not_suffice_for_the_program_itself(refuses, monkeypatch, error, message):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr("tflops_native.api.measure", fail)
    assert refuses("time", SINGLE) == message


@linux
def test_a_small_address_space_suffices(process):
    """A library that nothing here uses would start threads with megabytes for each CPU."""
    words = ["bash", "-c", 'ulimit -v 1000000; exec "$0" "$@"', *process.program]
    ended = process(args=[*words, "report", SINGLE, "--runs", "1", "--no-peaks"])
    assert (ended.status, ended.err) == (0, "")
    assert "latency" in ended.out
