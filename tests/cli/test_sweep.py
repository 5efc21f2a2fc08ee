"""`tflops sweep`: a grid of cells, each measured once, whatever interrupts it."""

import json
import shutil
import signal
import subprocess
import time
from importlib import metadata
from pathlib import Path

import pytest

import fake_tflite
from tflops_native.runtime.libraries import open_runtime, runtime_identity
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = str(EXAMPLES / "single_conv_28x28.tflite")
FAST = ("--runs", "2")


def grid(folder):
    """12 cells, of few runs each."""
    shapes = ("--input-shape", "{1,2},28,28,1")
    more = ("--threads", "1,2", "--kernels", "xnnpack,builtin,reference")
    return ("sweep", SINGLE, *shapes, *more, *FAST, "-o", str(folder))


def finished(err):
    """The configurations whose cells a run said that it finished."""
    return [line.split(" ", 1)[1].split(": ")[0] for line in err.splitlines() if line[:1].isdigit()]


def files(folder):
    """Name -> content, of cells."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*.json")}


def wait_for(folder, count, process):
    """Until so many cells are there."""
    deadline = time.monotonic() + 600
    while len(files(folder)) < count:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_sweep_goes_on_without_measuring_a_cell_twice(start, tmp_path, number):
    folder = tmp_path / "cells"
    folder.mkdir()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    said, before = [], {}
    for count in (2, 5):
        with start(*grid(folder), **streams) as process:
            wait_for(folder, count, process)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        now = files(folder)
        assert before.items() <= now.items()
        for content in now.values():
            json.loads(content)
        before = now
        said += finished(err)
    with start(*grid(folder), "--format", "json", **streams) as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 2, err  # for the kernels that the runtime does not have
    said += finished(err)
    assert len(said) == len(set(said))
    # A process that ends between the two has kept a cell, and not said so.
    assert 12 - len(said) <= 2
    after = files(folder)
    assert before.items() <= after.items()
    assert len(after) == 12
    found = json.loads(out)
    assert len(found["cells"]) == found["planned"] == 12
    assert found["kept"] == len(before)


def test_what_failed_is_a_cell_with_its_reason(tflops, tmp_path):
    given = (
        "sweep",
        SINGLE,
        "--input-shape",
        "1,28,28,{1,3}",
        *FAST,
        "-o",
        str(tmp_path / "cells"),
    )
    ended = tflops(*given, "--format", "json")
    assert ended.status == 2
    good, bad = json.loads(ended.out)["cells"]
    assert good["error"] is None
    assert good["macs"] == 194_688
    assert bad["median_seconds"] is None
    assert "channel" in bad["error"]
    again = tflops(*given, "--format", "json")
    assert json.loads(again.out)["kept"] == 2
    retried = tflops(*given, "--retry", "--format", "json")
    assert json.loads(retried.out)["kept"] == 1


def test_a_sweep_of_nothing_but_failures_ends_as_an_error(tflops):
    ended = tflops("sweep", SINGLE, "--runtime", "/nowhere/lib.so", *FAST)
    assert ended.status == 2
    assert "failed" in ended.out
    assert "lib.so" in ended.out


def test_a_cell_is_a_report_that_show_reads(tflops, tmp_path):
    folder = tmp_path / "cells"
    assert tflops("sweep", SINGLE, *FAST, "-o", str(folder)).status == 0
    (path,) = folder.iterdir()
    assert "194,688 MACs" in tflops("show", str(path)).out


def test_a_model_of_two_names_is_measured_once(tflops, tmp_path):
    paths = [tmp_path / name for name in ("one.tflite", "two.tflite")]
    for path in paths:
        shutil.copy(SINGLE, path)
    folder = tmp_path / "cells"
    given = ("sweep", paths[0], paths[0], paths[1], *FAST, "--threads", "1,2", "-o", folder)
    first = tflops(*given, "--format", "csv").out
    assert first.count("\n") == 1 + len(files(folder)) == 3
    assert first.count(",one.tflite,") == 2
    assert tflops(*given, "--format", "csv").out == first
    # What is kept has the name that it has now.
    renamed = tflops(
        "sweep", paths[1], *FAST, "--threads", "1,2", "-o", folder, "--format", "csv"
    ).out
    assert renamed.count(",two.tflite,") == 2
    assert len(files(folder)) == 2


def test_the_order_is_random_and_that_of_the_seed(tflops):
    def order(seed):
        given = ("--input-shape", "{1..8},28,28,1", "--runs", "1", "--seed", seed)
        return finished(tflops("sweep", SINGLE, *given).err)

    first, again, other = order("1"), order("1"), order("2")
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)


@pytest.mark.parametrize("output", ["text", "json", "csv", "markdown", "html"])
def test_all_formats(tflops, output):
    given = ("--input-shape", "{1,2,4},28,28,1", "--threads", "1,2", *FAST, "--format", output)
    ended = tflops("sweep", SINGLE, *given)
    assert ended.status == 0
    assert "2x28x28x1" in ended.out or '"sweep"' in ended.out or "28" in ended.out
    assert ended.out.count("<svg") == (3 if output == "html" else 0)


def test_a_saved_sweep_can_be_shown(tflops, tmp_path):
    given = ("--input-shape", "{1,2,4},28,28,1", *FAST, "--format", "json")
    path = tmp_path / "sweep.json"
    path.write_text(tflops("sweep", SINGLE, *given).out)
    assert "fixed" in tflops("show", str(path)).out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--input-shape", "{1..1000000},28,28,1"), "1,000,000 cells"),
        (("--input-shape", "{1..1000000000000},{1..99999999},28,1"), "at most 10,000"),
        (("--input-shape", "{9..1},28,28,1"), "holds no length"),
        (("--input-shape", "{1..9..0},28,28,1"), "step of 0"),
        (("--input-shape", "1,{28},28,1,"), "is not a shape"),
        (("--input-shape", "1,{a..b},28,1"), "is neither a range nor a list"),
        (("--threads", "0"), "1 or more"),
        (("--threads", "2000"), "1,024 or less"),
        (("--quantize", "none,int8"), "quantize"),
        (("-o", "sweep.html"), "--format"),
        (("-o", "no/such/cells"), "there is no folder 'no/such'"),
        (("-o", SINGLE), "it is a file"),
    ],
)
def test_what_is_wrong_is_said_before_it_starts(refuses, given, message):
    assert message in refuses("sweep", SINGLE, *given)


def test_foreign_and_damaged_files_are_named_and_left_alone(tflops, tmp_path):
    folder = tmp_path / "cells"
    given = ("sweep", SINGLE, "--input-shape", "{1,2},28,28,1", *FAST, "-o", str(folder))
    assert tflops(*given).status == 0
    cell, other = sorted(folder.iterdir())
    cell.write_bytes(cell.read_bytes()[:100])
    (folder / "notes.txt").write_text("mine")
    kept = other.read_bytes()
    ended = tflops(*given)
    assert ended.status == 0
    assert "'notes.txt'" in ended.out
    assert cell.name in ended.out
    assert (folder / "notes.txt").read_text() == "mine"
    assert other.read_bytes() == kept
    assert json.loads(cell.read_bytes())["cell"]["error"] is None


def test_other_options_are_other_cells(tflops, tmp_path):
    folder = str(tmp_path)
    for runs in ("2", "3"):
        tflops("sweep", SINGLE, "--runs", runs, "-o", folder)
    assert len(list(Path(folder).iterdir())) == 2


def test_a_full_disk_ends_it_and_keeps_what_was_measured(tflops, tmp_path, monkeypatch):
    folder = tmp_path / "cells"
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    given = ("sweep", SINGLE, "--input-shape", "{1..4},28,28,1", *FAST, "-o", str(folder))
    ended = tflops(*given)
    assert ended.status == 2
    assert "no space left on device" in ended.err
    # The second one was measured: what could not be written is shown.
    assert "2 of 4 cells measured" in ended.out
    assert len(list(Path(folder).iterdir())) == 1
    assert tflops(*given).status == 0
    assert len(list(Path(folder).iterdir())) == 4


def test_a_runtime_that_crashes_fails_its_cells_alone(tflops, tmp_path, fake_runtime):
    paths = []
    for name, statements in (("good", ()), ("bad", ("on invoke 1 crash",))):
        paths.append(tmp_path / f"{name}.tflite")
        paths[-1].write_bytes(fake_tflite.model(*statements))
    ended = tflops("sweep", *paths, "--runtime", fake_runtime, *FAST, "--format", "json")
    assert ended.status == 2
    good, bad = json.loads(ended.out)["cells"]
    assert good["error"] is None
    assert bad["error"] is not None


def test_another_version_of_a_runtime_is_measured_anew(
    tflops, tmp_path, fake_runtime, slower_runtime
):
    library = tmp_path / fake_tflite.LIBRARY
    model, folder = tmp_path / "model.tflite", tmp_path / "cells"
    model.write_bytes(fake_tflite.model())
    command = ("sweep", model, "--runtime", library, *FAST, "-o", folder, "--format", "json")
    kept = []
    for version in (fake_runtime, fake_runtime, slower_runtime):
        shutil.copy(version, library)
        ended = tflops(*command)
        assert ended.status == 0, ended.err
        kept.append(json.loads(ended.out)["kept"])
    assert kept == [0, 1, 0]
    assert len(files(folder)) == 2


@pytest.mark.parametrize(
    ("name", "package"),
    [("litert", "ai-edge-litert"), ("litert-lm", "litert-lm-api"), ("tensorflow", "tensorflow")],
)
def test_versions_of_runtimes_are_known_without_loading_them(name, package):
    try:
        assert runtime_identity(name) == metadata.version(package)
    except metadata.PackageNotFoundError:
        assert runtime_identity(name) == ""


def test_versions_of_libraries(tmp_path):
    assert runtime_identity("tflite") == open_runtime("tflite").info.version
    assert runtime_identity("/nowhere/lib.so") == ""
    (tmp_path / "a.so").write_bytes(b"a")
    (tmp_path / "b.so").write_bytes(b"b")
    assert len({runtime_identity(str(tmp_path / name)) for name in ("a.so", "b.so")}) == 2
