"""Two that write to one folder of results at once: the second says who holds it, and touches nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tflops_native
from command_line import plain_environment, refuses, tflops
from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.locks import FolderLock
from zoo import EXAMPLES

__all__ = ["plain_environment", "refuses", "tflops"]

pytest.importorskip("fcntl")
SINGLE = EXAMPLES / "single_conv_28x28.tflite"
HOLDS = "import sys; from pathlib import Path; from tflops_native.locks import FolderLock; \
lock = FolderLock(Path(sys.argv[1]), 'a batch'); print('locked', flush=True); sys.stdin.read()"


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("command", [("batch", "--count"), ("batch", "--runs", "1"), ("sweep",)])
def test_the_second_to_write_to_a_folder_says_who_holds_it(refuses, tmp_path, command):
    (tmp_path / "link").symlink_to(tmp_path)
    with FolderLock(tmp_path, "a sweep"):
        said = refuses(*command, SINGLE, "-o", tmp_path / "link")
    assert f"link' is in use by process {os.getpid()} on " in said
    assert "a sweep: wait until it ends, or give another folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_the_lock_ends_with_its_process_however_that_ends(tflops, tmp_path):
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with pytest.raises(OptionError, match=f"process {process.pid} "):
            FolderLock(tmp_path, "a sweep")
        process.kill()
    assert len(hidden(tmp_path)) == 1
    assert tflops("batch", SINGLE, "--count", "-o", tmp_path).status == 0
    assert hidden(tmp_path) == []


def test_it_is_held_while_the_models_are_done_and_then_released(tmp_path):
    held = []

    def look(*_job):
        with pytest.raises(OptionError, match="in use") as caught:
            FolderLock(tmp_path, "another")
        held.append(str(caught.value))

    tflops_native.batch(str(SINGLE), folder=tmp_path, count=True, job_done=look)
    assert len(held) == 1
    with pytest.raises(ModelFormatError):
        tflops_native.sweep(b"text", folder=tmp_path)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("which", ["none", "not here"])
def test_where_there_are_no_locks_it_goes_without(tflops, tmp_path, monkeypatch, which):
    """Windows has no such module, and some file systems refuse."""
    import fcntl

    def refused(*_arguments):
        raise OSError(95, "Operation not supported")

    if which == "none":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        monkeypatch.setattr(fcntl, "flock", refused)
    for _ in range(2):
        assert tflops("batch", SINGLE, "--count", "-o", tmp_path).status == 0


def test_a_full_disk_and_a_name_that_is_no_text_keep_nobody_from_locking(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with FolderLock(tmp_path, "plan '\udcff'"), pytest.raises(OptionError, match="plan"):
        FolderLock(tmp_path, "another")
    monkeypatch.setattr(os, "pwrite", full)
    with FolderLock(tmp_path, "a batch"), pytest.raises(OptionError, match="another process"):
        FolderLock(tmp_path, "another")


def test_a_lock_that_is_removed_between_opening_and_locking_is_made_again(tmp_path, monkeypatch):
    """The file that the first one opened is gone: locking it would keep nobody away."""
    import fcntl

    locked, before = fcntl.flock, FolderLock(tmp_path, "before")

    def after_release(descriptor, how):
        before.release()
        locked(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", after_release)
    lock = FolderLock(tmp_path, "first")
    with pytest.raises(OptionError, match="first"):
        FolderLock(tmp_path, "second")
    lock.release()
    assert hidden(tmp_path) == []


def test_a_link_in_its_place_is_not_followed(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    with FolderLock(folder, "a batch"):
        (name,) = hidden(folder)
    (folder / name).symlink_to(precious)
    with pytest.raises(OptionError, match=re.escape(name)):
        FolderLock(folder, "a batch")
    assert precious.read_text() == "mine"


def test_collect_reads_a_folder_that_is_in_use(tflops, tmp_path):
    shutil.copy(SINGLE, tmp_path / "a.tflite")
    folder = Path(tmp_path / "out")
    assert tflops("batch", tmp_path / "a.tflite", "--count", "-o", folder).status == 0
    with FolderLock(folder, "a batch"):
        ended = tflops("collect", folder)
    assert ended.status == 0
    assert "1 of 1 job done" in ended.out
    assert "left alone" not in ended.out
