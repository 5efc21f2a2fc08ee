"""`tflops batch` and `tflops collect`: many models, each done once, and one row for each."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

import fake_tflite
import tflops_native
from builders import ModelBuilder, options
from zoo import EXAMPLES, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
FAST = ("--runs", "2")
CASES = ("attention_encoder-int8", "lstm_unrolled-int8", "mobilenet_v3_small-int8")
NOT_READ = b"this is not a model at all"


def add_model(length):
    """One ADD of so many numbers."""
    model = ModelBuilder()
    graph = model.graph()
    x, y = graph.input([1, length], name="x"), graph.tensor([1, length], name="y")
    graph.operator("ADD", [x, x], [y], options("AddOptions"))
    graph.outputs = [y]
    return model.pack()


@pytest.fixture
def models(tmp_path):
    """A folder of examples and test models, one of them twice, and a file that is not a model."""
    folder = tmp_path / "models"
    folder.mkdir()
    for path in EXAMPLES.glob("*.tflite"):
        shutil.copy(path, folder)
    for name in CASES:
        (folder / f"{name}.tflite").write_bytes(zoo_model(name))
    shutil.copy(SINGLE, folder / "twin.tflite")
    (folder / "text.tflite").write_bytes(NOT_READ)
    return folder


def files(folder):
    """Name -> content, of jobs."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*.json")}


def measured(err):
    """The models that a run said that it finished, those that could not be read left out."""
    lines = [line for line in err.splitlines() if line[:1].isdigit()]
    return [line.split(" ", 1)[1].split(": ")[0] for line in lines if "not a model" not in line]


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def jobs(ended):
    return json.loads(ended.out)["jobs"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_batch_goes_on_without_measuring_twice(start, models, tmp_path, number):
    folder = tmp_path / "results"
    given = ("batch", str(models), *FAST, "-o", str(folder))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    folder.mkdir()
    said, before = [], {}
    for count in (2, 5):
        with start(*given, **streams) as process:
            deadline = time.monotonic() + 600
            while len(files(folder)) < count:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        now = files(folder)
        assert before.items() <= now.items()
        before = now
        said += measured(err)
    with start(*given, "--format", "json", **streams) as process:
        out, err = process.communicate(timeout=300)
    said += measured(err)
    assert len(said) == len(set(said))
    found = json.loads(out)["jobs"]
    inputs = len(list(models.iterdir()))
    assert len(found) == len(files(folder)) == inputs - 1  # one content has two names
    # A killed process may have kept a job, and not have said so.
    assert inputs - 2 - len(said) <= (2 if number == signal.SIGKILL else 0)
    assert [job["model"] for job in found if job["reason"] == "not a model"] == ["text.tflite"]


@pytest.mark.parametrize("extra", [(), ("--count",), ("--count", "--processes", "1")])
def test_the_same_model_under_two_names_is_one_job_with_both(tflops, tmp_path, extra):
    for name in ("a", "b"):
        shutil.copy(SINGLE, tmp_path / f"{name}.tflite")
    both = [str(tmp_path / f"{name}.tflite") for name in ("a", "b")]
    given = ("batch", *both, *(extra or FAST), "-o", tmp_path / "results", "--format", "json")
    (job,) = jobs(tflops(*given))
    assert sorted(job["names"]) == both
    assert len(files(tmp_path / "results")) == 1
    # A third name of what was done before is added to its row, and nothing is done.
    shutil.copy(SINGLE, tmp_path / "c.tflite")
    third = str(tmp_path / "c.tflite")
    ended = tflops("batch", third, *(extra or FAST), "-o", tmp_path / "results", "--format", "json")
    assert json.loads(ended.out)["kept"] == 1
    (row,) = rows(tflops("collect", tmp_path / "results", "--format", "csv").out)
    assert set(row["names"].split("; ")) == {*both, third}


def test_each_failure_has_its_reason_and_the_rest_goes_on(tflops, tmp_path, fake_runtime):
    wanted = {
        "good": ((), None),
        "crashes": (("on invoke 1 crash",), "crash"),
        "refused": (("on allocate fail",), "refused"),
        "hangs": (("on invoke 1 hang",), "timeout"),
    }
    for name, (statements, _) in wanted.items():
        (tmp_path / f"{name}.tflite").write_bytes(fake_tflite.model(*statements))
    (tmp_path / "text.tflite").write_bytes(NOT_READ)
    limits = ("--timeout", "6s", "--runtime", fake_runtime, *FAST)
    paths = [tmp_path / f"{name}.tflite" for name in (*wanted, "text", "missing")]
    ended = tflops("batch", *paths, *limits, "-o", tmp_path / "out", "--format", "json")
    found = {job["model"]: job for job in jobs(ended)}
    reasons = {name: found[f"{name}.tflite"]["reason"] for name in (*wanted, "text", "missing")}
    assert reasons == {
        **{name: reason for name, (_, reason) in wanted.items()},
        "text": "not a model",
        "missing": "not a model",
    }
    assert found["good.tflite"]["median_seconds"] is not None
    assert ended.status == 2
    collected = rows(tflops("collect", tmp_path / "out", "--format", "csv").out)
    assert len(collected) == len(paths)
    assert all(bool(row["error"]) == bool(row["reason"]) for row in collected)


def test_a_file_that_was_missing_and_came_is_one_row(tflops, tmp_path):
    path, folder = tmp_path / "late.tflite", tmp_path / "out"
    (job,) = jobs(tflops("batch", path, *FAST, "-o", folder, "--format", "json"))
    assert "no such file" in job["error"]
    shutil.copy(SINGLE, path)
    assert tflops("batch", path, *FAST, "-o", folder).status == 0
    (row,) = rows(tflops("collect", folder, "--format", "csv").out)
    assert row["reason"] == ""


def test_the_end_says_why_jobs_failed(tflops, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.tflite").write_bytes(NOT_READ)
    said = tflops("batch", tmp_path, "--count").out.replace("\n", " ")
    assert "2 jobs failed (not a model), the first one.tflite: '" in said


def test_failed_jobs_are_kept_until_retry(tflops, tmp_path, fake_runtime):
    path = tmp_path / "bad.tflite"
    path.write_bytes(fake_tflite.model("on invoke 1 crash"))
    given = ("batch", path, "--runtime", fake_runtime, *FAST, "-o", tmp_path / "out")
    kept = [
        json.loads(tflops(*given, *more, "--format", "json").out)["kept"]
        for more in ((), (), ("--retry",))
    ]
    assert kept == [0, 1, 0]


def test_foreign_and_damaged_files_are_named_in_a_line_and_left_alone(tflops, tmp_path):
    folder = tmp_path / "out"
    given = ("batch", SINGLE, *FAST, "-o", folder)
    assert tflops(*given).status == 0
    (job,) = folder.iterdir()
    job.write_bytes(job.read_bytes()[:100])
    (folder / "notes.txt").write_text("mine")
    said = tflops("collect", folder)
    assert [
        line for line in said.out.splitlines() if "'notes.txt'" in line and "left alone" in line
    ]
    assert [line for line in said.out.splitlines() if job.name in line]
    ended = tflops(*given)
    assert ended.status == 0
    assert (folder / "notes.txt").read_text() == "mine"
    assert json.loads(job.read_bytes())["job"]["reason"] is None


def test_another_device_or_option_is_another_job(tflops, tmp_path):
    given = ("batch", SINGLE, "-o", tmp_path / "out")
    for more in ((*FAST,), ("--runs", "3"), (*FAST, "--device", "desk"), ("--count",)):
        assert tflops(*given, *more).status == 0
    found = rows(tflops("collect", tmp_path / "out", "--format", "csv").out)
    assert len(found) == 4
    assert [row["device"] for row in found if row["device"]] == ["desk"]
    name = next(row["file"] for row in found if row["device"])
    report = tflops_native.load_report(tmp_path / "out" / name)
    assert report.timing.origin.device == "desk"


@pytest.mark.parametrize("extra", [FAST, ("--count",)])
def test_shapes_are_of_all_models_and_part_of_the_job(tflops, tmp_path, extra):
    dynamic = EXAMPLES / "single_conv_dynamic.tflite"
    given = ("batch", dynamic, MOBILENET, *extra, "-o", tmp_path / "out", "--format", "json")
    shapes = [(), ("--input-shape", "input=1,8,8,1"), ("--input-shape", "1,9,9,1")]
    ended = [tflops(*given, *shape) for shape in shapes]
    found = [{job["model"]: job for job in jobs(each)} for each in ended]
    # Each refuses what does not fit, and the other goes on.
    reasons = [[each[path.name]["reason"] for path in (dynamic, MOBILENET)] for each in found]
    assert reasons == [["refused", None], [None, "refused"], [None, "refused"]]
    for each, length in zip(found[1:], (8, 9), strict=True):
        asked = tflops_native.analyze(dynamic, input_shapes=(1, length, length, 1))
        assert each[dynamic.name]["macs"] == asked.macs
    assert len({each[dynamic.name]["key"] for each in found}) == 3
    again = tflops(*given, *shapes[1])
    assert json.loads(again.out)["kept"] == 2
    table = rows(tflops("collect", tmp_path / "out", "--format", "csv").out)
    assert sorted(row["input_shapes"] for row in table if row["model"] == dynamic.name) == [
        "",
        "1x9x9x1",
        "input=1x8x8x1",
    ]


def test_one_of_each_folder_in_turn(tflops, tmp_path):
    for folder, lengths in (("a", (1, 2, 3)), ("b", (4, 5))):
        (tmp_path / folder).mkdir()
        for length in lengths:
            (tmp_path / folder / f"{length}.tflite").write_bytes(add_model(length))

    def order(*more):
        given = ("batch", tmp_path / "a", tmp_path / "b", "--count", "--processes", "1")
        return [job["model"][0] for job in jobs(tflops(*given, *more, "--format", "json"))]

    assert order() == ["1", "2", "3", "4", "5"]
    assert order("--order", "interleaved") == ["1", "4", "2", "5", "3"]
    shuffled = [order("--order", "random", "--seed", seed) for seed in (1, 1, 2)]
    assert shuffled[0] == shuffled[1] != shuffled[2]
    assert sorted(shuffled[0]) == ["1", "2", "3", "4", "5"]


def test_counting_in_several_processes_counts_as_count_does(tflops, tmp_path):
    for length in range(1, 40):
        (tmp_path / f"{length}.tflite").write_bytes(add_model(length))
    found = jobs(tflops("batch", tmp_path, "--count", "--processes", "2", "--format", "json"))
    assert {job["model"]: job["operations"] for job in found} == {
        f"{length}.tflite": length for length in range(1, 40)
    }
    names = [job["model"] for job in found]
    assert names == sorted(names)


@pytest.mark.usefixtures("own_child")
def test_the_order_of_the_rows_is_that_of_the_models_however_many_count(tflops, tmp_path):
    """Also of models that are there under a second name, which another process may count first."""
    for place in range(40):
        (tmp_path / f"{place:02}.tflite").write_bytes(add_model(1 + place * 7 % 23))
    tables = [
        tflops("batch", tmp_path, "--count", "--processes", number, "--format", "json")
        for number in (1, 4)
    ]
    one, several = (
        [(job["sha256"], sorted(job["names"])) for job in jobs(table)] for table in tables
    )
    assert one == several
    assert len(one) == 23


@pytest.mark.usefixtures("own_child")
def test_a_model_that_ends_the_counting_process_fails_alone(tflops, tmp_path, monkeypatch):
    from tflops_native import batch_counts

    for length in range(1, 8):
        (tmp_path / f"{length}.tflite").write_bytes(add_model(length))
    monkeypatch.setattr(batch_counts, "_count_and_keep", ends_at_three)
    found = jobs(tflops("batch", tmp_path, "--count", "--processes", "2", "--format", "json"))
    assert {job["model"]: job["reason"] for job in found} == {
        f"{length}.tflite": "crash" if length == 3 else None for length in range(1, 8)
    }


def ends_at_three(sources, options, kept, reporter):
    import os

    from tflops_native.batch_counts import _counted

    for source in sources:
        if source.endswith("3.tflite"):
            os.abort()
        for found in _counted([source], options, kept.__contains__):
            reporter.keep(found)


# The child imports it by the name of its module, which is not on the path of a package.
ends_at_three.__module__ = "ends_at_three"


@pytest.fixture(autouse=True)
def importable(monkeypatch, tmp_path_factory):
    import inspect
    import types

    folder = tmp_path_factory.mktemp("modules")
    (folder / "ends_at_three.py").write_text(inspect.getsource(ends_at_three))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    module = types.ModuleType("ends_at_three")
    module.ends_at_three = ends_at_three
    monkeypatch.setitem(sys.modules, "ends_at_three", module)


def test_after_a_pause_a_hot_machine_measures_again(tmp_path, monkeypatch):
    from tflops_native import batch_jobs

    waits, verdicts = [], iter(["throttled", "drifting", "stable"])
    monkeypatch.setattr(batch_jobs.time, "sleep", waits.append)
    monkeypatch.setattr(batch_jobs, "_verdict", lambda job: next(verdicts))
    (job,) = tflops_native.batch(str(SINGLE), runs=2, cool_down=60.0).jobs
    assert job.attempts == 3
    assert len(waits) == 2
    waits.clear()
    monkeypatch.setattr(batch_jobs, "_verdict", lambda job: "throttled")
    (job,) = tflops_native.batch(str(SINGLE), runs=2, cool_down=12.0).jobs
    assert sum(waits) == 12.0
    assert job.reason is None


def test_csv_and_parquet_have_the_same_rows(tflops, models, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    tflops("batch", models, *FAST, "-o", tmp_path / "a")
    tflops("batch", models, "--count", "-o", tmp_path / "b")
    for suffix in ("csv", "parquet"):
        path = tmp_path / f"table.{suffix}"
        assert tflops("collect", tmp_path / "a", tmp_path / "b", "-o", path).status == 0
    with (tmp_path / "table.csv").open() as stream:
        from_csv = list(csv.DictReader(stream))
    with duckdb.connect() as connection:
        relation = connection.sql(f"SELECT * FROM '{tmp_path / 'table.parquet'}'")
        names, from_parquet = relation.columns, relation.fetchall()
    assert names == list(from_csv[0])
    assert len(from_csv) == len(from_parquet) == len(files(tmp_path / "a")) * 2 - 1
    for row, values in zip(from_csv, from_parquet, strict=True):
        for text, value in zip(row.values(), values, strict=True):
            assert value == (type(value)(text) if text else None)
    assert {row["reason"] for row in from_csv} >= {"", "not a model", "refused"}


def test_what_to_type_where_duckdb_is_missing(refuses, tflops, tmp_path, monkeypatch):
    tflops("batch", SINGLE, "--count", "-o", tmp_path / "out")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    said = refuses("collect", tmp_path / "out", "-o", tmp_path / "t.parquet")
    assert "pip install 'tflops-native[collect]'" in said


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("batch", SINGLE, "--count", "--threads", "2"), "--threads cannot be combined"),
        (("batch", SINGLE, "--strict"), "--strict goes with --count"),
        (("batch", SINGLE, "--input-shape", "1,x"), "is not a shape"),
        (("batch", SINGLE, "--count", "-o", "out.csv"), "--format"),
        (("batch", SINGLE, "--count", "-o", "no/such"), "there is no folder 'no'"),
        (("batch", SINGLE, "--threads", "0"), "1 or more"),
        (("collect", "no/such"), "there is no such folder"),
        (("collect", SINGLE), "it is a file"),
        (("collect", ".", "-o", "table.xlsx"), ".csv or .parquet"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(refuses, given, message):
    assert message in refuses(*given)


@pytest.mark.parametrize("output", ["text", "json", "csv", "markdown", "html"])
def test_all_formats_show_hostile_names_safely(tflops, tmp_path, output):
    path = tmp_path / "=a\x1b[31m|b\u202e<script>.tflite"
    path.write_bytes(add_model(4))
    ended = tflops("batch", path, "--count", "--format", output)
    assert ended.status == 0
    hostile = ("\x1b", "\u202e", *(["<script>.tf"] if output == "html" else []))
    assert not any(text in ended.out for text in hostile)


def test_a_saved_job_and_batch_are_shown(tflops, tmp_path):
    given = ("batch", SINGLE, *FAST, "-o", tmp_path / "out", "--format", "json")
    (tmp_path / "batch.json").write_text(tflops(*given).out)
    assert "1 of 1 job done" in tflops("show", tmp_path / "batch.json").out
    (path,) = (tmp_path / "out").iterdir()
    assert "194,688 MACs" in tflops("show", path).out


def test_standard_input_is_a_job(process, tmp_path):
    for number, asked in enumerate((("--count",), ("--runs", "3"))):
        ended = process(
            *("batch", "-", "-o", tmp_path / str(number), *asked),
            input=SINGLE.read_bytes(),
            text=None,
            encoding=None,
        )
        assert ended.status == 0, ended.err
        assert b"1 of 1 job done" in ended.out
