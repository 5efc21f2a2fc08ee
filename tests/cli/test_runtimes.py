"""--runtime: several side by side, and what is refused."""

import json
import os
import shutil
from pathlib import Path

import pytest

import fake_tflite

pytest.importorskip("tflops_native._native", exc_type=ImportError)

SINGLE = Path(__file__).parents[2] / "examples" / "single_conv_28x28.tflite"


def test_several_runtimes_side_by_side(tflops):
    ended = tflops("time", SINGLE, "--runtime", "tflite, tflite", "--runs", "3")
    assert (ended.status, ended.err) == (0, "")
    labels = [line.split(" ")[0] for line in ended.out.splitlines() if line]
    # What a note says of a busy machine is no matter of this test.
    assert [label for label in labels if label != "note"] == [
        *("", "A", "B"),
        *("result", "counts", "runs", "runtime", "machine", "input"),
    ]


def test_side_by_side_as_json(tflops):
    ended = tflops("time", SINGLE, "--runtime", "tflite,tflite", "--runs", "3", "--format", "json")
    plain = json.loads(ended.out)
    assert plain["format"] == "tflops_native/comparison"
    assert [len(one["report"]["timing"]["samples_ns"]) for one in plain["contenders"]] == [3, 3]


@pytest.mark.parametrize("command", ["report", "verify"])
def test_commands_that_run_one_runtime(tflops, command):
    ended = tflops(command, SINGLE, "--runtime", "tflite,litert")
    assert (ended.status, ended.out) == (2, "")
    assert "error: one runtime is needed here, got 'tflite,litert'" in ended.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--delegate", "/none.so"), "cannot load '/none.so': there is no such file"),
        (("--delegate-option", "a=b"), "delegate options are given, but no delegate"),
        (("--delegate-option", "a"), "'a' is not of the form key=value"),
        (("--kernels", "reference"), "has no choice of reference kernels"),
        (("--runtime", "/none.so"), "cannot load '/none.so': there is no such file"),
        (
            ("--runtime", "tflight"),
            "a runtime is one of tflite, litert, litert-lm, tensorflow, or the path of a library",
        ),
        (("--runtime", "tflite,/none.so"), "cannot load '/none.so': there is no such file"),
    ],
)
def test_what_is_refused(tflops, options, expected):
    ended = tflops("time", SINGLE, *options)
    assert (ended.status, ended.out) == (2, "")
    assert expected in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes of files")
@pytest.mark.parametrize("command", ["time", "sweep", "batch"])
def test_a_pipe_is_no_library_and_is_not_waited_for(tflops, tmp_path, command):
    path = tmp_path / "lib.so"
    os.mkfifo(path)
    ended = tflops(command, SINGLE, "--runtime", path, "--runs", "1")
    assert ended.status == 2
    said = " ".join((ended.out + ended.err).split())
    assert f"cannot load '{path}': it is not a regular file" in said


def test_a_library_in_the_current_folder_needs_no_folder_in_its_name(
    tflops, tmp_path, monkeypatch, fake_runtime
):
    monkeypatch.chdir(tmp_path)
    shutil.copy(fake_runtime, "libmine.so")
    Path("model.tflite").write_bytes(fake_tflite.model())
    ended = tflops("time", "model.tflite", "--runtime", "libmine.so", "--runs", "3")
    assert (ended.status, ended.err) == (0, "")
    # A file does not stand in the way of a runtime of its name.
    Path("tflite").write_bytes(b"")
    assert tflops("time", SINGLE, "--runtime", "tflite", "--runs", "3").status == 0
    ended = tflops("time", SINGLE, "--delegate", "model.tflite", "--runs", "3")
    assert "cannot load './model.tflite'" in ended.err
