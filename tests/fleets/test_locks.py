"""Two runs of `tflops fleet` at once, and one that is ended in the middle; this needs Snakemake."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import fake_tflite
from fleet_plans import devices, reports, rows, write_plan

pytest.importorskip("snakemake")
if not Path("/proc/self/cmdline").exists():
    pytest.skip("looks for processes in /proc", allow_module_level=True)


def test_a_second_plan_on_a_device_says_who_holds_it(refuses, place, models):
    from tflops_native.fleets.lock import DeviceLock
    from tflops_native.fleets.plan import read_plan

    plan = write_plan(place, [{"label": "here", "kind": "local"}])
    (device,) = read_plan(plan).devices
    lock = DeviceLock(device, Path("other.yaml"))
    said = refuses("fleet", plan)
    lock.release()
    assert f"in use by process {os.getpid()}" in said
    assert "other.yaml" in said


def test_a_device_in_use_fails_its_jobs_and_the_rest_go_on(tflops, place, models, timer, adb):
    from tflops_native.fleets.lock import DeviceLock
    from tflops_native.fleets.plan import read_plan

    adb()
    (models / "text.tflite").unlink()
    here, _, phone = devices(place, timer)
    plan = write_plan(place, [here, phone])
    lock = DeviceLock(read_plan(plan).devices[1], Path("other.yaml"))
    assert tflops("fleet", plan).status == 2
    lock.release()
    found = rows(tflops, "results")
    assert sorted((row["device"], row["reason"]) for row in found) == [
        *[("here", "")] * 3,
        *[("phone", "device")] * 3,
    ]


def test_two_runs_do_not_write_to_one_folder(refuses, tflops, place, models):
    from tflops_native.locks import FolderLock

    (models / "text.tflite").unlink()
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    (place / "results").mkdir()
    lock = FolderLock(place / "results", "a batch")
    said = refuses("fleet", "plan.yaml")
    assert "'results' is in use by process" in said
    assert str(os.getpid()) in said
    # To look is allowed, and changes nothing of what the other reads.
    assert tflops("fleet", "plan.yaml", "--dry-run").status == 0
    assert not (place / "results" / ".fleet" / "jobs.json").exists()
    lock.release()
    assert tflops("fleet", "plan.yaml").status == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_is_finished_stays_when_a_run_is_ended(start, tflops, place, fake_runtime, number):
    """The signal comes while a job runs: its model hangs."""
    (place / "models").mkdir()
    (place / "models" / "a.tflite").write_bytes(fake_tflite.model())
    local = {"label": "here", "kind": "local", "runtime": str(fake_runtime)}
    plan = write_plan(place, [local], options={"runs": 1})
    folder = place / "results" / "here"
    assert tflops("fleet", plan).status == 0
    before = reports(folder)
    (place / "models" / "b.tflite").write_bytes(fake_tflite.model("on invoke 1 hang"))
    with start("fleet", plan, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(lambda: measuring(place))
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    if number == signal.SIGKILL:
        # Nobody could pass it on: what holds the locks ends with its job.
        for other in of_this(place):
            os.kill(other, signal.SIGKILL)
    wait_for(lambda: not of_this(place))
    assert reports(folder) == before
    (place / "models" / "b.tflite").write_bytes(fake_tflite.model("on load 1 sleep 1"))
    ended = tflops("fleet", plan)
    assert ended.status == 0, ended.err
    assert [(row["model"], row["reason"]) for row in rows(tflops, "results")] == [
        ("a.tflite", ""),
        ("b.tflite", ""),
    ]
    assert before.items() <= reports(folder).items()


def wait_for(what):
    deadline = time.monotonic() + 120
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def of_this(place):
    """Processes of the workflow, which work in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            at = (entry / "cwd").readlink()
            if words and at.is_relative_to(place / "results"):
                found.append(int(entry.name))
    return found


def measuring(place):
    """Whether the child process that measures has opened the slow model."""
    for number in of_this(place):
        with contextlib.suppress(OSError):
            if b"isolation.child" in Path(f"/proc/{number}/cmdline").read_bytes():
                return True
    return False
