"""Folders of models and results that cannot be read: said, and not left out in silence."""

import errno
import json
import os
import shutil

import pytest

from tflops_native.locks import FolderLock
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

SINGLE = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with a model, and a folder in it that others may not read, whoever runs the tests."""
    folder = tmp_path / "models"
    (folder / "secret").mkdir(parents=True)
    shutil.copy(SINGLE, folder)
    scandir = os.scandir

    def refused(path="."):
        if os.fspath(path).endswith("secret"):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    return folder


def test_a_folder_in_one_of_models_is_a_row_with_the_reason(tflops, models):
    ended = tflops("batch", models, "--count", "--processes", "1", "--format", "json")
    assert ended.status == 2
    found = {job["model"]: job["error"] for job in json.loads(ended.out)["jobs"]}
    secret = models / "secret"
    assert found == {SINGLE.name: None, "secret": f"cannot read '{secret}': permission denied"}


@pytest.mark.parametrize("command", [("sweep",), ("count",)])
def test_other_commands_say_it_in_a_line(tflops, models, command):
    ended = tflops(*command, models)
    assert ended.status == 2
    assert f"error: cannot read '{models / 'secret'}': permission denied\n" in ended.err


@pytest.mark.parametrize("method", ["is_dir", "exists"])
def test_what_cannot_be_looked_at_is_a_row(tflops, tmp_path, monkeypatch, method):
    """A folder that may be listed and not entered."""
    from pathlib import Path

    asked = getattr(Path, method)

    def refused(path):
        if "secret" in str(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return asked(path)

    (tmp_path / "secret").mkdir()
    monkeypatch.setattr(Path, method, refused)
    ended = tflops("batch", tmp_path / "secret", SINGLE, "--count", "--processes", "1")
    assert ended.status == 2
    assert "1 of 2 jobs done" in ended.out
    assert f"cannot read '{tmp_path / 'secret'}': permission denied" in " ".join(ended.out.split())


@pytest.mark.parametrize("command", [("batch", "--count"), ("sweep", "--runs", "1")])
def test_results_that_may_be_written_and_not_listed_are_a_line(
    refuses, tmp_path, monkeypatch, command
):
    from pathlib import Path

    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    said = refuses(*command, SINGLE, "-o", tmp_path)
    assert said == f"cannot read '{tmp_path}': permission denied"
    FolderLock(tmp_path, "another").release()
