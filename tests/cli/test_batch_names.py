"""Models that are called otherwise than in the run before: shown as they are called now, and done once."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import fake_tflite
from builders import ModelBuilder, options
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
WAYS = [("--runs", "2"), ("--count",), ("--count", "--processes", "1")]


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def renamed(tmp_path):
    """Two models, and a function that calls the first one otherwise."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(SINGLE, folder / "old.tflite")
    shutil.copy(EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite", folder / "other.tflite")
    return folder, lambda name: (folder / "old.tflite").rename(folder / name)


@pytest.mark.parametrize("way", WAYS)
def test_a_renamed_model_has_its_new_name_everywhere(tflops, renamed, tmp_path, way):
    models, rename = renamed
    given = ("batch", models, *way, "-o", tmp_path / "out")
    assert tflops(*given).status == 0
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    rename("new.tflite")
    shown = tflops(*given).out
    assert "old.tflite" not in shown
    assert "2 kept from before" in shown
    for out in (
        tflops(*given, "--format", "csv"),
        tflops("collect", tmp_path / "out", "--format", "csv"),
    ):
        row = {row["model"]: row for row in rows(out.out)}["new.tflite"]
        # The first of its names is that which it has now.
        assert row["names"].split("; ") == [
            str(models / f"{name}.tflite") for name in ("new", "old")
        ]
    found = json.loads(tflops(*given, "--format", "json").out)
    assert [job["model"] for job in found["jobs"]] == ["new.tflite", "other.tflite"]
    assert "new.tflite" in tflops("collect", tmp_path / "out").out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before


@pytest.mark.parametrize("way", WAYS)
def test_of_several_names_it_has_the_first_that_is_given(tflops, renamed, tmp_path, way):
    models, _ = renamed
    shutil.copy(SINGLE, models / "twin.tflite")
    old, twin = models / "old.tflite", models / "twin.tflite"
    shown = []
    for paths in ([old, twin], [twin, old], [twin], [old, twin], [old, twin]):
        ended = tflops("batch", *paths, *way, "-o", tmp_path / "out", "--format", "json")
        (job,) = json.loads(ended.out)["jobs"]
        assert set(job["names"]) == {str(old), str(twin)}
        assert job["names"][0].endswith(job["model"])
        shown.append(job["model"][:-7])
    assert shown == ["old", "twin", "twin", "old", "old"]


@pytest.mark.usefixtures("own_child")
def test_however_many_count_the_name_is_the_first(tflops, tmp_path):
    for place in range(30):
        model = ModelBuilder()
        graph = model.graph()
        x, y = graph.input([1, 1 + place % 3]), graph.tensor([1, 1 + place % 3])
        graph.operator("ADD", [x, x], [y], options("AddOptions"))
        graph.outputs = [y]
        (tmp_path / f"{place:02}.tflite").write_bytes(model.pack())
    for more in ((), ("-o", tmp_path / "out"), ("-o", tmp_path / "out")):
        given = ("batch", tmp_path, "--count", "--processes", "4", *more, "--format", "json")
        found = json.loads(tflops(*given).out)["jobs"]
        assert [job["model"] for job in found] == ["00.tflite", "01.tflite", "02.tflite"]
        assert [len(job["names"]) for job in found] == [10, 10, 10]


@pytest.mark.parametrize("command", ["batch", "sweep"])
def test_what_is_done_again_under_a_new_name_leaves_no_old_file(
    tflops, tmp_path, fake_runtime, command
):
    """Two files of one key: the older would be the one that is read."""
    old, new, folder = tmp_path / "z.tflite", tmp_path / "a.tflite", tmp_path / "out"
    old.write_bytes(fake_tflite.model("on load 1 fail"))
    given = ("--runtime", fake_runtime, "--runs", "1", "-o", folder, "--format", "json")
    assert tflops(command, old, *given).status == 2
    (path,) = folder.glob("*.json")
    old.rename(new)
    tflops(command, new, *given, "--retry")
    (again,) = folder.glob("*.json")
    assert path.name.startswith("z-")
    assert again.name.startswith("a-")
    # One that was damaged goes, too.
    again.write_bytes(again.read_bytes()[:50])
    new.rename(old)
    tflops(command, old, *given)
    assert [found.name for found in folder.glob("*.json")] == [path.name]


def test_of_two_files_of_a_job_the_one_that_succeeded_is_read(tflops, tmp_path):
    folder = tmp_path / "out"
    assert tflops("batch", SINGLE, "--count", "-o", folder).status == 0
    (path,) = folder.glob("*.json")
    plain = json.loads(path.read_bytes())
    failed = {**plain["job"], "reason": "crash", "error": "it crashed"}
    del plain["reports"]
    for first in ("aaa", "zzz"):
        other = folder / path.name.replace("single_conv_28x28", first)
        other.write_text(json.dumps({**plain, "job": failed}))
    assert "1 of 1 job done" in tflops("collect", folder).out


@pytest.mark.parametrize("change", ["cut", "gone"])
def test_a_file_that_changes_while_it_gets_a_name_is_no_traceback(tmp_path, renamed, change):
    """Between reading the folder and adding a name."""
    import tflops_native
    from tflops_native.batches import ResultFolder

    models, rename = renamed
    folder = tmp_path / "out"
    tflops_native.batch(str(models / "old.tflite"), folder=folder, count=True)
    rename("new.tflite")
    (path,) = folder.glob("*.json")
    read = ResultFolder.read

    def then_changed(*arguments):
        found = read(*arguments)
        path.unlink() if change == "gone" else path.write_bytes(path.read_bytes()[:60])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResultFolder, "read", then_changed)
        (job,) = tflops_native.batch(str(models / "new.tflite"), folder=folder, count=True).jobs
    assert job.model == "new.tflite"
    # What is not whole is done again.
    assert tflops_native.batch(str(models / "new.tflite"), folder=folder, count=True).kept == 0


def test_an_edited_report_is_kept_as_it_is_when_its_job_gets_a_name(tflops, renamed, tmp_path):
    models, rename = renamed
    folder = tmp_path / "out"
    given = ("batch", models / "old.tflite", "--count", "-o", folder)
    assert tflops(*given).status == 0
    (path,) = folder.glob("*.json")
    edited = path.read_text().replace('"subgraphs": [', '"subgraphs": [oops')
    edited = edited if "oops" in edited else edited.rstrip()[:-1] + "oops }\n"
    path.write_text(edited)
    rename("new.tflite")
    ended = tflops("batch", models / "new.tflite", "--count", "-o", folder)
    assert ended.status == 0
    assert "new.tflite" in ended.out
    assert path.read_text().split('"reports"')[1] == edited.split('"reports"')[1]


@pytest.mark.parametrize("way", WAYS[1:])
def test_a_file_is_written_once_however_many_names_its_content_has(
    tflops, tmp_path, monkeypatch, way
):
    """Of thousands, to write all of them for each took as long as the square of their number."""
    from tflops_native.reports.result_folder import ResultFolder

    written, write = [], ResultFolder.write

    def counted(self, entry, text, **settings):
        written.append(len(entry.names))
        write(self, entry, text, **settings)

    monkeypatch.setattr(ResultFolder, "write", counted)
    for name in range(40):
        shutil.copy(SINGLE, tmp_path / f"{name:02}.tflite")
    given = ("batch", tmp_path, *way, "-o", tmp_path / "out", "--format", "json")
    for _ in range(2):
        (job,) = json.loads(tflops(*given).out)["jobs"]
        assert len(job["names"]) == 40
    assert written == [1, 40]


def test_names_are_kept_where_a_run_is_interrupted(tmp_path):
    import tflops_native

    for name in ("a", "b"):
        shutil.copy(SINGLE, tmp_path / f"{name}.tflite")
    shutil.copy(EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite", tmp_path / "c.tflite")
    paths = [str(tmp_path / f"{name}.tflite") for name in ("a", "b", "c")]

    def interrupt(job, *_progress):
        if job.model == "c.tflite":
            raise KeyboardInterrupt

    folder = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt) as caught:
        tflops_native.batch(*paths, folder=folder, count=True, processes=1, job_done=interrupt)
    assert caught.value.batch.jobs[0].names == tuple(paths[:2])
    assert tflops_native.collect(folder).jobs[0].names == tuple(paths[:2])


@pytest.mark.parametrize("label", ["", " "])
def test_a_label_that_is_none_is_refused(refuses, label):
    """As of a variable of the shell that is not set."""
    assert "device must be a label" in refuses("batch", SINGLE, "--device", label)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="has no files of a process by number")
@pytest.mark.usefixtures("own_child")
def test_an_open_file_by_its_number_is_counted_in_this_process(tflops, renamed):
    """In another one the number is another file, or none."""
    models, _ = renamed
    with (models / "old.tflite").open("rb") as stream:
        path = f"/dev/fd/{stream.fileno()}"
        given = ("batch", path, models / "other.tflite", "--count", "--processes", "2")
        ended = tflops(*given, "--format", "json")
    assert [job["reason"] for job in json.loads(ended.out)["jobs"]] == [None, None]
