"""`tflops fleet`: three stand-in devices, one of which dies; this needs Snakemake, from its package."""

import csv
import io
import os
import re
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

import fake_tflite
import tflops_native
from zoo import EXAMPLES, ROOT

pytest.importorskip("snakemake")
yaml = pytest.importorskip("yaml")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
OPTIONS = {"runs": 2, "max_time": 1}
# What `adb` of Android would do, on this machine.
ADB = """#!/bin/sh
echo "$@" >> {log}
shift
[ "$1" = {serial} ] || {{ echo "adb: device '$1' not found" >&2; exit 1; }}
shift
[ -e {dead} ] && {{ echo "adb: device offline" >&2; exit 1; }}
case "$1" in
  shell) shift; {before} exec sh -c "$*" ;;
  push) exec cp "$2" "$3" ;;
  pull) exec cp "$2" "$3" ;;
esac
"""
# Dies as it is to run a model for the second time.
DIES = """case "$*" in *exec*tflops-timer*)
  [ -e {once} ] && {{ touch {dead}; exit 255; }}; touch {once} ;; esac;"""


@pytest.fixture(scope="session")
def timer(timer_program, tmp_path_factory):
    """A folder with the program and the library that it opens."""
    folder = tmp_path_factory.mktemp("timer")
    shutil.copy(timer_program, folder)
    _native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    shutil.copy(_native.Library.linked().path, folder)
    return folder


def script(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, with `bin` first in PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "device").mkdir()
    return tmp_path


@pytest.fixture
def adb(place):
    """Makes the stand-in; `dies` as it runs its second model."""

    def make(dies=False):
        names = {name: place / name for name in ("log", "dead", "once")}
        before = DIES.format(**names) if dies else ""
        script(place / "bin" / "adb", ADB.format(serial="fake", before=before, **names))
        return names

    return make


@pytest.fixture
def ssh(place):
    """Arguments of ssh to a server on this machine, or to a script that stands for it."""
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(server).exists():
        # No server can be had here: the last argument is the command, as it is for ssh.
        script(place / "bin" / "ssh", '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
        yield []
        return
    keys = place / "keys"
    keys.mkdir(mode=0o700)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name]
        subprocess.run(command, check=True)
    shutil.copy(keys / "user.pub", keys / "allowed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (keys / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys / 'host'}\nUsePAM no\n"
        f"AuthorizedKeysFile {keys / 'allowed'}\nStrictModes no\nPidFile none\nPermitRootLogin yes\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen([server, "-D", "-E", keys / "log", "-f", keys / "config"])
    arguments = [
        *("-F", "/dev/null", "-p", str(port), "-i", str(keys / "user")),
        *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={keys / 'known'}"),
    ]
    deadline = time.monotonic() + 30
    while subprocess.run(
        ["ssh", *arguments, "-o", "BatchMode=yes", "127.0.0.1", "true"],
        check=False, capture_output=True,
    ).returncode:  # fmt: skip
        assert process.poll() is None, (keys / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield arguments
    process.terminate()
    process.wait()


def write_plan(place, devices, models=("models",), **more):
    plan = {"models": list(models), "options": OPTIONS, "devices": devices, **more}
    path = place / "plan.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in plan.items() if value}))
    return path


def devices(place, timer, ssh=()):
    """The three stand-ins."""
    common = {"timer": str(timer), "folder": str(place / "device")}
    return [
        {"label": "here", "kind": "local"},
        {"label": "desk", "kind": "ssh", "address": "127.0.0.1", "arguments": list(ssh), **common},
        {"label": "phone", "kind": "adb", "address": "fake", **common},
    ]


@pytest.fixture
def models(place):
    """Three models, and a text."""
    folder = place / "models"
    folder.mkdir()
    for path in (SINGLE, MOBILENET, EXAMPLES / "attention_encoder_dynamic.tflite"):
        shutil.copy(path, folder)
    (folder / "text.tflite").write_bytes(b"this is not a model")
    return folder


def rows(tflops, folder):
    return list(csv.DictReader(io.StringIO(tflops("collect", folder, "--format", "csv").out)))


def reports(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*.json")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def test_of_three_devices_one_dies_and_the_rest_go_on(tflops, place, models, timer, ssh, adb):
    names = adb(dies=True)
    plan = write_plan(place, devices(place, timer, ssh))
    ended = tflops("fleet", plan)
    assert ended.status == 2
    assert "2 jobs failed (device), the first" in ended.out
    found = rows(tflops, "results")
    by_device = {
        label: [row["reason"] for row in found if row["device"] == label]
        for label in ("here", "desk", "phone")
    }
    assert by_device["here"] == by_device["desk"] == ["", "", ""]
    assert sorted(by_device["phone"]) == ["", "device", "device"]
    (text,) = [row for row in found if row["device"] == ""]
    assert text["reason"] == "not a model"
    lost = [row["error"] for row in found if row["reason"] == "device"]
    assert all("'phone'" in error and "device offline" in error for error in lost)
    for row in found:
        if row["device"] and not row["reason"]:
            report = tflops_native.load_report(place / "results" / row["device"] / row["file"])
            assert report.timing.origin.device == row["device"]
    (left,) = (place / "device").iterdir()
    # It is mended: only what is left is measured, and nothing twice; what it was lost with is removed.
    before = reports(place / "results" / "here") | reports(place / "results" / "desk")
    names["dead"].unlink()
    script(place / "bin" / "adb", ADB.format(serial="fake", before="", **names))
    assert tflops("fleet", plan).status == 2  # for the text, which remains one
    after = rows(tflops, "results")
    assert [row["reason"] for row in after if row["device"]] == [""] * 9
    assert len(after) == 10
    now = reports(place / "results" / "here") | reports(place / "results" / "desk")
    assert before == now
    assert not left.exists()
    assert list((place / "device").iterdir()) == []


def test_what_a_lost_connection_left_is_removed_and_ended(place, timer, adb):
    """Also a program that still runs; folders of this run and of strangers are left alone."""
    from tflops_native.fleets.plan import Device
    from tflops_native.fleets.remote import FolderName, time_on

    adb()
    folder = place / "device"
    phone = Device(label="phone", kind="adb", address="fake", timer=str(timer), folder=str(folder))
    name = FolderName(owner="us", run="now", job="job")
    beside = FolderName(owner="us", run="now", job="beside")
    strangers = ["tflops-them-now-job", "tflops-usx-now-job", "other", str(beside)]
    ours = [str(name), str(FolderName(owner="us", run="before", job="job"))]
    running = []
    for made in (*ours, *strangers):
        (folder / made).mkdir()
        running.append(subprocess.Popen(["sleep", "600"], cwd=folder / made))
        (folder / made / "process").write_text(f"{running[-1].pid}\n")
    # A number that another process has by now.
    away = subprocess.Popen(["sleep", "600"])
    reused = folder / str(FolderName(owner="us", run="long ago", job="job"))
    reused.mkdir()
    (reused / "process").write_text(f"{away.pid}\n")
    try:
        time_on(phone, SINGLE.read_bytes(), OPTIONS, place / "times.json", name)
        assert {path.name for path in folder.iterdir()} == set(strangers)
        assert [process.wait(10) for process in running[:2]] == [-9, -9]
        assert [process.poll() for process in (*running[2:], away)] == [None] * 5
    finally:
        for process in (*running, away):
            process.kill()
            process.wait()
    assert tflops_native.report(SINGLE, profile_file=str(place / "times.json")).timing is not None


def test_the_shapes_of_a_plan_reach_every_device(tflops, place, timer, ssh, adb):
    adb()
    (place / "models").mkdir()
    shutil.copy(EXAMPLES / "single_conv_dynamic.tflite", place / "models")
    shapes = {"input_shapes": [1, 8, 8, 1]}
    plan = write_plan(place, devices(place, timer, ssh), options={**OPTIONS, **shapes})
    assert tflops("fleet", plan).status == 0
    found = rows(tflops, "results")
    wanted = tflops_native.analyze(EXAMPLES / "single_conv_dynamic.tflite", **shapes).macs
    assert [(row["input_shapes"], int(row["macs"])) for row in found] == [("1x8x8x1", wanted)] * 3
    for row in found:
        report = tflops_native.load_report(place / "results" / row["device"] / row["file"])
        assert report.analysis.inputs[0].shape == (1, 8, 8, 1)
    # Without them they are other jobs, and refused: a window does not fit into a length of 1.
    assert tflops("fleet", write_plan(place, devices(place, timer, ssh))).status == 2
    assert [row["reason"] for row in rows(tflops, "results")].count("refused") == 3
    write_plan(place, (), options=shapes, count=True, results="counts")
    assert tflops("fleet", plan).status == 0
    (row,) = rows(tflops, "counts")
    assert int(row["macs"]) == wanted


def test_nothing_remains_on_a_device(tflops, place, models, timer, ssh, adb):
    adb()
    (models / "text.tflite").unlink()
    plan = write_plan(place, devices(place, timer, ssh)[1:])
    assert tflops("fleet", plan).status == 0
    assert list((place / "device").iterdir()) == []
    assert len(rows(tflops, "results")) == 6


def test_the_jobs_are_shown_and_not_run(process, place, models):
    plan = write_plan(place, [{"label": "here", "kind": "local"}])
    ended = process("fleet", plan, "--dry-run")
    assert ended.status == 0
    for path in (SINGLE, MOBILENET):
        assert f"here: measure {path.name}" in ended.out + ended.err
    assert not (place / "results" / "here").exists()


def test_a_model_that_crashes_the_runtime_is_a_row(tflops, place, fake_runtime):
    (place / "models").mkdir()
    for name, statements in (("good", ()), ("bad", ("on invoke 1 crash",))):
        (place / "models" / f"{name}.tflite").write_bytes(fake_tflite.model(*statements))
    # The same content under another name is one job.
    shutil.copy(place / "models" / "good.tflite", place / "models" / "twin.tflite")
    plan = write_plan(place, [{"label": "here", "kind": "local", "runtime": str(fake_runtime)}])
    assert tflops("fleet", plan).status == 2
    found = {row["model"]: row for row in rows(tflops, "results")}
    assert {name: row["reason"] for name, row in found.items()} == {
        "good.tflite": "",
        "bad.tflite": "crash",
    }
    assert found["good.tflite"]["names"].count(".tflite") == 2


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


def test_a_zoo_is_counted_in_shards(tflops, place, models, monkeypatch):
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    ended = tflops("fleet", "plan.yaml", "--cores", "2")
    assert ended.status == 2
    found = {row["model"]: row for row in rows(tflops, "results")}
    assert len(found) == 4
    assert found["text.tflite"]["reason"] == "not a model"
    wanted = tflops_native.analyze(str(MOBILENET)).macs
    assert int(found[MOBILENET.name]["macs"]) == wanted
    # Foreign files are named, and left alone.
    foreign = [place / "results" / "notes.txt", place / "results" / "counts" / "0000" / "old.csv"]
    for path in foreign:
        path.write_text("mine")
    for command in (("collect", "results"), ("fleet", "plan.yaml")):
        said = tflops(*command).out
        assert all(f"'{path.name}'" in said for path in foreign)
    for path in foreign:
        path.unlink()
    before = reports(place / "results")
    tflops("fleet", "plan.yaml")
    assert reports(place / "results") == before


def table(tflops):
    return list(csv.DictReader(io.StringIO(tflops("fleet", "plan.yaml", "--format", "csv").out)))


def test_the_table_of_counts_has_what_the_plan_names(tflops, place, models):
    """A model that is removed, one that is replaced, and one of two names that is no longer there."""
    (models / "text.tflite").unlink()
    shutil.copy(SINGLE, models / "twin.tflite")
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    first = table(tflops)
    assert len(first) == 3
    assert max(row["names"].count(".tflite") for row in first) == 2
    (models / "attention_encoder_dynamic.tflite").unlink()
    (models / "twin.tflite").unlink()
    (models / MOBILENET.name).write_bytes(b"replaced by a text")
    found = {row["names"]: row["reason"] for row in table(tflops)}
    assert found == {
        str(models / SINGLE.name): "",
        str(models / MOBILENET.name): "not a model",
    }


def test_a_model_that_was_damaged_and_came_is_one_row(tflops, place, models):
    plan = write_plan(place, [{"label": "here", "kind": "local"}], models=["models/text.tflite"])
    assert tflops("fleet", plan).status == 2
    shutil.copy(SINGLE, models / "text.tflite")
    assert tflops("fleet", plan).status == 0
    assert [row["reason"] for row in rows(tflops, "results")] == [""]


def test_damaged_rows_of_a_shard_are_said_and_counted_again(tflops, place, models):
    (models / "text.tflite").unlink()
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    before = table(tflops)
    (rows_file,) = (place / "results" / ".fleet").glob("*.counted")
    rows_file.write_bytes(rows_file.read_bytes()[:100])
    ended = tflops("fleet", "plan.yaml")
    assert ended.status == 2
    assert "3 models not counted" in ended.err
    assert table(tflops) == before


def test_the_arguments_reach_snakemake(tflops, place, models):
    (models / "text.tflite").unlink()
    plan = write_plan(place, [{"label": "here", "kind": "local"}])
    assert tflops("fleet", plan, "--", "--executor", "local").status == 0
    assert len(rows(tflops, "results")) == 3


PAGE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_can_be_followed_on_one_machine(tflops, place, timer):
    """Its first plan and commands, then the `adb` that it shows."""
    (place / "examples").mkdir()
    shutil.copy(SINGLE, place / "examples")
    (place / "plan.yaml").write_text(blocks("yaml")[0])
    commands = [
        line.removeprefix("$ tflops ").split("#")[0].split()
        for line in blocks("console")[1].splitlines()
    ]
    assert [command[0] for command in commands] == ["fleet", "fleet", "fleet", "collect"]
    for command in commands:
        assert tflops(*command).status == 0
    (row,) = csv.DictReader(io.StringIO((place / "table.csv").read_text()))
    assert (row["device"], row["reason"]) == ("here", "")
    script(place / "bin" / "adb", blocks("sh")[0])
    shutil.copytree(timer, place / "timer")
    phone = yaml.safe_load(re.search(r"`(\{label: phone.*?\})`", PAGE)[1])
    write_plan(place, [phone], models=["examples"])
    assert tflops("fleet", "plan.yaml").status == 0
    assert {row["device"] for row in rows(tflops, "results")} == {"here", "phone"}
