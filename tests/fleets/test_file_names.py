"""Jobs of a fleet, done in this process: names that are no Unicode, and folders that are none."""

import json
import os
import sys

import pytest

from builders import ModelBuilder, options
from tflops_native.batches import batch
from tflops_native.errors import OptionError
from tflops_native.fleets import counts, jobs, run
from tflops_native.fleets.plan import Device, Plan

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = [
    pytest.mark.usefixtures("measured_here", "place"),
    pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes on Linux alone"),
]
HERE = (Device(label="here", kind="local"),)


@pytest.fixture
def odd(place):
    """The path of a model, as Python has bytes that are not UTF-8."""
    model = ModelBuilder()
    graph = model.graph()
    x, y = graph.input([1, 2]), graph.tensor([1, 2])
    graph.operator("ADD", [x, x], [y], options("AddOptions"))
    graph.outputs = [y]
    path = os.fsdecode(b"\xffm.tflite")
    with open(path, "wb") as stream:  # noqa: PTH123
        stream.write(model.pack())
    return path


def written(place, odd, **more):
    (place / "results" / ".fleet").mkdir(parents=True, exist_ok=True)
    plan = Plan(path=place / "p.yaml", models=(odd,), results=place / "results", **more)
    path = jobs.write_jobs(plan, [odd], "run", [], "jobs.json")
    return path, jobs.FleetJobs.read(path)


def test_a_model_whose_name_is_not_unicode_is_measured_and_kept(place, odd):
    path, found = written(place, odd, devices=HERE, options={"runs": 1})
    (key,) = found.jobs
    assert jobs.run_job(path, key, 1).reason is None
    (file,) = (place / "results" / "here").glob("*.json")
    before = file.stat().st_mtime_ns
    _, found = written(place, odd, devices=HERE, options={"runs": 1})
    assert jobs.look_over_reports(found) == ()
    assert file.stat().st_mtime_ns == before
    # What others print is text.
    json.dumps([job["title"] for job in found.jobs.values()]).encode("utf-8")
    assert "\udcff" not in next(iter(found.jobs.values()))["title"]


def test_a_model_whose_name_is_not_unicode_is_counted(place, odd):
    path, found = written(place, odd, count=True)
    (shard,) = found.shards
    counts.count_shard(path, shard)
    ((row,), _, missing) = counts.counted_rows(found, ())
    assert (row.reason, missing) == (None, 0)
    assert row.names == (f"{place}/\ufffdm.tflite",)


def test_its_batch_writes_its_file_once(place, odd):
    first = batch(odd, folder="out", count=True)
    (file,) = (place / "out").glob("*.json")
    before = file.stat().st_mtime_ns
    again = batch(odd, folder="out", count=True)
    assert again.jobs == first.jobs
    assert file.stat().st_mtime_ns == before
    os.unlink(odd)  # noqa: PTH108
    (job,) = batch(odd, folder="out", count=True).jobs
    assert job.reason == "not a model"


@pytest.mark.parametrize("made", ["here", "unread"])
def test_a_file_where_a_folder_of_the_results_should_be_is_named(place, odd, made):
    (place / "results").mkdir()
    (place / "results" / made).write_text("mine")
    if made == "unread":
        os.truncate(odd, 0)
    with pytest.raises(OptionError, match=rf"results/{made}': (not a directory|it is a file)"):
        written(place, odd, devices=HERE)
    assert (place / "results" / made).read_text() == "mine"


def test_jobs_that_left_no_result_are_named(tflops, place, odd, monkeypatch):
    """As where a model changed, or vanished, before its job began: the table was short of it."""
    (place / "text.tflite").write_text("no model")
    pytest.importorskip("snakemake")
    (place / "p.yaml").write_text(
        "models: [text.tflite, here.tflite]\ndevices: [{label: here, kind: local}]\n"
    )
    os.rename(odd, "here.tflite")  # noqa: PTH104
    monkeypatch.setattr(run, "_snakemake", lambda *_arguments: 1)
    found = run.fleet("p.yaml")
    assert [job.model for job in found.jobs] == ["text.tflite"]
    (note,) = [note for note in found.notes if note.code == "missing_jobs"]
    assert "1 job left no result ('here.tflite' on here)" in note.text
    assert "snakemake.log" in note.text
    # Where nothing else failed it is an error, and what is done is not lost.
    jobs.run_job(place / "results" / ".fleet" / "jobs.json", *_keys(place), 1)
    (place / "p.yaml").write_text(
        "models: [here.tflite, other.tflite]\ndevices: [{label: here, kind: local}]\n"
    )
    with open("here.tflite", "rb") as stream:  # noqa: PTH123
        (place / "other.tflite").write_bytes(stream.read() + b"\0")
    ended = tflops("fleet", "p.yaml")
    assert ended.status == 2
    assert "1 of 1 job done" in ended.out
    assert "1 job left no result ('other.tflite' on here)" in ended.err


def _keys(place):
    return jobs.FleetJobs.read(place / "results" / ".fleet" / "jobs.json").jobs
