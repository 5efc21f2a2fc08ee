"""Models, profiles and outputs that are replaced, truncated, special, or of names that are not UTF-8."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fake_tflite
from tflops_native.errors import ModelFormatError, ProfileFormatError
from tflops_native.imported.load import load_timing
from tflops_native.model.reader import load
from tflops_native.model.sources import files
from tflops_native.runtime.cut import cut_model
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from workloads import measure_in_child, measure_model, workload
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
OTHER = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="special files of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="files of Linux")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tflite"
    shutil.copy(SINGLE, path)
    return path


def replace(path):
    """Another model takes its place, as a training script would do it."""
    fresh = path.with_suffix(".new")
    shutil.copy(OTHER, fresh)
    fresh.replace(path)


def rewrite(path):
    """Same length, same place, other content."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


CHANGES = [replace, rewrite, lambda path: path.unlink()]


@pytest.mark.parametrize("change", CHANGES, ids=["replaced", "rewritten", "deleted"])
@pytest.mark.parametrize("measure", [measure_model, measure_in_child])
def test_a_model_that_changes_after_it_was_counted_is_not_measured(model, change, measure):
    counted = load(model)
    change(model)
    with pytest.raises(ModelFormatError, match=r"has changed since it was loaded|again: no such"):
        measure(counted, runs=1, profile=False)


@pytest.mark.parametrize("change", CHANGES[:2], ids=["replaced", "rewritten"])
def test_a_model_that_changes_after_it_was_counted_is_not_cut(model, change):
    counted = load(model)
    change(model)
    with pytest.raises(ModelFormatError, match="has changed since it was loaded"):
        cut_model(counted, [0])


def test_a_model_that_changes_between_count_and_measurement_keeps_the_counts(
    tflops, model, monkeypatch
):
    from tflops_native import api

    measure = api.measure_counted

    def replaced_before(*arguments):
        replace(model)
        return measure(*arguments)

    monkeypatch.setattr(api, "measure_counted", replaced_before)
    ended = tflops("report", model, "--runs", "1")
    assert ended.status == 2
    assert "194,688 MACs" in ended.out
    assert "latency" not in ended.out
    assert "has changed since it was loaded" in ended.err


def test_the_runtime_opens_the_file_that_was_loaded(model):
    counted = load(model)
    replace(model)
    with pytest.raises(ModelFormatError, match="has changed since it was loaded"):
        open_runtime("tflite").open(counted, RunOptions(), signature=None, profile=False)


TRUNCATED = """
import os, sys
from tflops_native.model.sources import files
from tflops_native.model.reader import load

files.LARGEST_READ_BYTES = int(sys.argv[2])
model = load(sys.argv[1])
before = bytes(model.data)
os.truncate(sys.argv[1], 0)
print(bytes(model.data) == before)
"""


@linux
@pytest.mark.parametrize("is_mapped", [False, True], ids=["read", "mapped"])
def test_a_file_that_is_truncated_while_it_is_used(model, is_mapped):
    # The second is what the system does, and why only large files are mapped.
    limit = 0 if is_mapped else files.LARGEST_READ_BYTES
    ended = subprocess.run(
        [sys.executable, "-c", TRUNCATED, model, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if is_mapped:
        assert ended.returncode < 0
    else:
        assert (ended.returncode, ended.stdout) == (0, "True\n")


def test_a_large_file_is_mapped_and_measured_alike(model, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_READ_BYTES", 0)
    assert len(measure_model(load(model), runs=2, profile=False).samples_ns) == 2


@pytest.mark.usefixtures("own_child")
def test_what_is_read_of_a_model_is_not_part_of_its_memory_limit():
    size = OTHER.stat().st_size
    assert size > 500_000
    from tflops_native.isolation.limits import ChildLimits

    limits = ChildLimits(memory_bytes=32 << 20) if sys.platform == "linux" else ChildLimits()
    timing = measure_in_child(OTHER, runs=1, profile=False, limits=limits)
    assert len(timing.samples_ns) == 1


@pytest.mark.parametrize("command", [["count"], ["time", "--runs", "1"], ["report", "--runs", "1"]])
@pytest.mark.parametrize("name", ["-", pytest.param("/dev/stdin", marks=posix)])
@pytest.mark.parametrize("is_pipe", [False, True], ids=["file", "pipe"])
def test_a_model_on_standard_input(process, command, name, is_pipe):
    if is_pipe:
        content = SINGLE.read_bytes()
        ended = process(*command, name, input=content, text=False, encoding=None)
    else:
        with SINGLE.open("rb") as file:
            ended = process(*command, name, stdin=file, text=False, encoding=None)
    assert (ended.status, ended.err) == (0, b"")
    assert b"(bytes), 2.43KiB" in ended.out


@posix
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("</dev/null", "standard input is empty (0 bytes)"),
        ("<&-", "cannot read the model: standard input is closed"),
        ("</dev/zero", "what is not recognized on standard input is larger than 64 MiB"),
    ],
)
def test_standard_input_that_is_not_a_model(process, redirection, message):
    words = f'exec "$0" -c "$1" count - {redirection}'
    ended = process(args=["sh", "-c", words, process.program[0], process.program[2]])
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")
    assert ended.err.count("\n") == 1


@pytest.fixture(params=["pipe", "zero", "full", "random", "directory", "socket"])
def special(request, tmp_path):
    if request.param == "pipe":
        path = tmp_path / "pipe.json"
        os.mkfifo(path)
        return path
    if request.param == "directory":
        path = tmp_path / "folder.json"
        path.mkdir()
        return path
    if request.param == "socket":
        import socket

        path = tmp_path / "socket.json"
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
        return path
    return f"/dev/{request.param}"


@posix
@pytest.mark.parametrize("command", ["count", "time", "report", "verify"])
def test_a_special_file_as_a_model(refuses, special, command):
    said = refuses(command, special)
    assert "is a directory" in said or "regular file" in said or "there is no model in" in said


@posix
def test_a_special_file_as_a_profile(special, tflops):
    with pytest.raises(ProfileFormatError, match=r"directory|regular file"):
        load_timing(special, workload(SINGLE))
    ended = tflops("report", SINGLE, "--profile", special)
    # Before anything is counted: nothing is lost.
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.count("\n") == 1


@posix
def test_a_special_file_as_a_result(refuses, special):
    assert refuses("show", special)


@posix
@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "cannot write '.': it is a directory; name a file in it"),
        ("-", "cannot write '-': name a file; without -o it goes to standard output"),
        ("/dev/null/x", "cannot write '/dev/null/x': there is no folder '/dev/null'"),
    ],
)
def test_a_special_file_as_output(refuses, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    assert refuses("count", SINGLE, "--format", "json", "-o", name).startswith(message)


def test_a_place_without_permission_is_said_before_anything_is_measured(
    refuses, tmp_path, monkeypatch
):
    """The superuser, as whom tests may run, is permitted everything."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr("tflops_native.api.report", None)
    place = tmp_path / "result.json"
    assert refuses("report", SINGLE, "-o", place) == f"cannot write '{place}': permission denied"


@posix
def test_a_result_that_cannot_be_written_goes_to_standard_output(tflops):
    ended = tflops("count", SINGLE, "--format", "json", "-o", "/proc/x")
    assert ended.status == 2
    assert ended.err.startswith("error: cannot write '/proc/x': ")
    assert json.loads(ended.out)["reports"][0]["analysis"]["macs"] == 194_688


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_result_for_which_there_is_no_room_goes_to_standard_output(tflops):
    ended = tflops("count", SINGLE, "--format", "json", "-o", "/dev/full")
    assert ended.status == 2
    assert ended.err == "error: cannot write '/dev/full': no space left on device\n"
    assert json.loads(ended.out)["reports"][0]["analysis"]["macs"] == 194_688


@posix
def test_output_into_a_pipe(start, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with start("count", SINGLE, "--format", "json", "-o", pipe) as process:
        plain = json.loads(pipe.read_text(encoding="utf-8"))
    assert process.returncode == 0
    assert len(plain["reports"]) == 1


@linux
@pytest.mark.parametrize("output", ["text", "json", "csv", "markdown", "html"])
def test_paths_that_are_not_utf_8(process, tmp_path, output):
    path = os.fsencode(tmp_path) + b"/caf\xe9.tflite"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(SINGLE.read_bytes())
    program = [*process.program, "report", path, "--runs", "1", "--format", output]
    ended = process(args=program, text=False, encoding=None)
    assert ended.status == 0, ended.err
    text = ended.out.decode("utf-8")
    if output == "json":
        (plain,) = json.loads(text)["reports"]
        assert plain["model"]["name"] == "caf\ufffd.tflite"
        # Half a character of UTF-16 would be an error to other readers.
        assert "\\udc" not in text


def test_a_library_may_not_replace_the_model_either(fake_runtime, tmp_path):
    # The fake reads its orders from the file: it must be the one that was counted.
    path = tmp_path / "model.tflite"
    path.write_bytes(fake_tflite.model())
    counted = load(path)
    replace(path)
    with pytest.raises(ModelFormatError, match="has changed"):
        measure_in_child(counted, runs=1, runtime=str(fake_runtime))
