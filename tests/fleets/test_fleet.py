"""`tflops fleet`: three stand-in devices, one of which dies; this needs Snakemake, from its package."""

import csv
import io
import json
import re
import shutil
import subprocess

import pytest

import fake_tflite
import tflops_native
from fleet_plans import ADB, MOBILENET, OPTIONS, SINGLE, devices, reports, rows, script, write_plan
from zoo import EXAMPLES, ROOT

pytest.importorskip("snakemake")
yaml = pytest.importorskip("yaml")


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
    ended = tflops("fleet", plan)
    assert ended.status == 2  # for the text, which remains one
    assert "7 kept from before" in ended.out
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


def test_a_model_that_was_damaged_and_came_is_one_row(tflops, place, models):
    plan = write_plan(place, [{"label": "here", "kind": "local"}], models=["models/text.tflite"])
    assert tflops("fleet", plan).status == 2
    shutil.copy(SINGLE, models / "text.tflite")
    assert tflops("fleet", plan).status == 0
    assert [row["reason"] for row in rows(tflops, "results")] == [""]


def test_a_renamed_model_is_not_measured_again_and_has_its_new_name(tflops, place):
    models = place / "models"
    models.mkdir()
    shutil.copy(SINGLE, models / "old.tflite")
    plan = write_plan(place, [{"label": "here", "kind": "local"}])
    assert tflops("fleet", plan).status == 0
    (path,) = (place / "results" / "here").glob("*.json")
    before = path.read_text().split('"reports"')[1]
    (models / "old.tflite").rename(models / "new.tflite")
    shutil.copy(SINGLE, models / "twin.tflite")
    tflops("fleet", plan, "--dry-run")
    assert [row["model"] for row in rows(tflops, "results")] == ["old.tflite"]
    ended = tflops("fleet", plan, "--format", "json")
    (row,) = rows(tflops, "results")
    assert json.loads(ended.out)["kept"] == 1
    assert json.loads(ended.out)["jobs"][0]["model"] == row["model"] == "new.tflite"
    names = [str(models / f"{name}.tflite") for name in ("new", "old", "twin")]
    assert row["names"].split("; ") == names
    (after,) = (place / "results" / "here").glob("*.json")
    assert (after, after.read_text().split('"reports"')[1]) == (path, before)
    # One that has to be measured again is where the workflow waits for it.
    path.write_text(path.read_text()[:50])
    assert tflops("fleet", plan).status == 0
    assert [file.name for file in path.parent.glob("*.json")] == [path.name]


def test_a_report_that_is_damaged_is_named_and_measured_again(tflops, place, models):
    (models / "text.tflite").unlink()
    plan = write_plan(place, [{"label": "here", "kind": "local"}])
    assert tflops("fleet", plan).status == 0
    before = reports(place / "results")
    damaged = min(before)
    damaged.write_bytes(damaged.read_bytes()[:100])
    ended = tflops("fleet", plan)
    assert ended.status == 0
    assert f"'{damaged.name}'" in ended.out
    assert "could not be read: measured again" in ended.out
    after = reports(place / "results")
    assert after.keys() == before.keys()
    assert {path for path in after if after[path] != before[path]} == {damaged}
    assert len(rows(tflops, "results")) == 3


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
