"""`tflops fleet` with `count: true`: a zoo in shards; this needs Snakemake, from its package."""

import csv
import errno
import io
import shutil
import time

import pytest

import tflops_native
from fleet_plans import MOBILENET, SINGLE, reports, rows
from tflops_native.errors import OptionError

pytest.importorskip("snakemake")


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
    assert "4 kept from before" in tflops("fleet", "plan.yaml").out
    assert reports(place / "results") == before


def test_jobs_that_cannot_be_written_are_one_error(place, models, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    monkeypatch.setattr("tflops_native.whole_files._beside", full)
    with pytest.raises(OptionError, match=r"cannot write '.*jobs\.json': no space left on device"):
        tflops_native.fleet(place / "plan.yaml")


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


def test_models_that_are_links_keep_their_names(tflops, place):
    """Of a cache whose files are called by their content, as that of a model hub."""
    blob = place / "blobs" / "0123456789abcdef"
    blob.parent.mkdir()
    shutil.copy(SINGLE, blob)
    (place / "models").mkdir()
    (place / "models" / "named.tflite").symlink_to(blob)
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    (row,) = table(tflops)
    assert row["model"] == "named.tflite"
    assert row["names"] == str(place / "models" / "named.tflite")
    blob.write_bytes(MOBILENET.read_bytes())
    (row,) = table(tflops)
    assert int(row["macs"]) == tflops_native.analyze(str(MOBILENET)).macs


def test_damaged_rows_of_a_shard_are_said_and_counted_again(tflops, place, models):
    (models / "text.tflite").unlink()
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    before = table(tflops)
    (rows_file,) = (place / "results" / ".fleet").glob("*.counted")
    rows_file.write_bytes(rows_file.read_bytes()[:100])
    ended = tflops("fleet", "plan.yaml")
    assert ended.status == 0
    assert f"'{rows_file.name}'" in ended.out
    assert "3 of 3 jobs done" in ended.out
    assert table(tflops) == before


def test_a_folder_of_reports_that_is_gone_is_counted_again(tflops, place, models):
    (models / "text.tflite").unlink()
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    before = table(tflops)
    shutil.rmtree(place / "results" / "counts" / "0000")
    ended = tflops("fleet", "plan.yaml")
    assert ended.status == 0
    assert "3 files (" in ended.out
    assert "damaged or gone: counted again" in ended.out
    assert len(list((place / "results" / "counts" / "0000").glob("*.json"))) == 3
    assert table(tflops) == before


def test_reports_that_are_damaged_or_gone_are_named_and_counted_again(tflops, place, models):
    (models / "text.tflite").unlink()
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    before = table(tflops)
    cut, gone, whole = sorted((place / "results" / "counts").rglob("*.json"))
    time.sleep(0.1)  # of a file that is changed in the same tick nobody knows
    cut.write_bytes(cut.read_bytes()[:100])
    gone.unlink()
    whole.touch()
    unchanged = whole.stat().st_mtime_ns
    ended = tflops("fleet", "plan.yaml")
    assert ended.status == 0
    assert f"2 files ('{cut.name}', '{gone.name}') in " in ended.out
    assert "damaged or gone: counted again" in ended.out
    assert whole.stat().st_mtime_ns == unchanged
    assert "damaged" not in tflops("fleet", "plan.yaml").out
    assert "damaged" not in tflops("collect", "results").out
    assert table(tflops) == before


def test_rows_that_a_plan_no_longer_needs_are_removed_and_those_of_others_kept(
    tflops, place, models
):
    (models / "text.tflite").unlink()
    (place / "other.yaml").write_text(f"models: [models/{SINGLE.name}]\ncount: true\n")
    (place / "plan.yaml").write_text("models: [models]\ncount: true\n")
    kept = {}
    for plan in ("plan.yaml", "other.yaml"):
        assert tflops("fleet", plan).status == 0
        kept[plan] = set((place / "results" / ".fleet").glob("*.counted")) - set().union(
            *kept.values()
        )
    (models / MOBILENET.name).unlink()
    assert tflops("fleet", "plan.yaml", "--dry-run").status == 0
    assert all(path.exists() for path in kept["plan.yaml"])
    assert tflops("fleet", "plan.yaml").status == 0
    now = set((place / "results" / ".fleet").glob("*.counted"))
    assert len(now) == 2
    assert now & kept["other.yaml"]
    assert not now & kept["plan.yaml"]
