"""Folders of results: what is whole is read without its reports, and what is not is named."""

import json
import os

import numpy as np
import pytest

import tflops_native
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.result_folder import (
    ResultFolder,
    entry_text,
    file_digest,
    option_facts,
    read_results,
)
from tflops_native.reports.sweep_cell import SweepCell
from zoo import EXAMPLES

MODEL = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with a job and its report, the job, and the file."""
    folder = tmp_path_factory.mktemp("results")
    job = BatchJob(
        key="0123456789abcdef", model=MODEL.name, names=('a, "b"\n "reports": []',), macs=7
    )
    job = ResultFolder(folder, BatchJob).keep(job, tflops_native.count(MODEL)[0])
    return folder, job, folder / job.file


@pytest.fixture
def file(kept):
    """The file, which is as it was when a test is over."""
    path = kept[2]
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def read(path):
    entries, notes = read_results(path.parent, BatchJob)
    return list(entries.values()), [note.code for note in notes]


def test_the_file_is_json_with_the_job_and_the_report(kept):
    _, job, path = kept
    plain = json.loads(path.read_bytes())
    assert plain["job"] == job.to_dict()
    assert [report["model"]["name"] for report in plain["reports"]] == [MODEL.name]
    assert read(path) == ([job], [])


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("is_last", [False, True])
def test_whatever_wrote_the_json_anew_the_job_is_the_same(kept, file, indent, is_last):
    plain = json.loads(file.read_bytes())
    moved = "job" if is_last else "reports"
    plain[moved] = plain.pop(moved)
    file.write_text(json.dumps(plain, indent=indent))
    assert read(file) == ([kept[1]], [])


def test_a_file_that_was_cut_is_damaged_wherever_that_was(file):
    content = file.read_bytes().rstrip()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        assert read(file) == ([], ["damaged_jobs"]), length
    file.write_bytes(content[:-1])
    assert read(file) == ([], ["damaged_jobs"])


@pytest.mark.parametrize("at", [0.0, 0.3, 0.9])
def test_a_file_with_a_hole_of_zeros_is_damaged(file, at):
    content = bytearray(file.read_bytes())
    start = int(at * len(content))
    content[start : start + 64] = bytes(64)
    file.write_bytes(content)
    assert read(file) == ([], ["damaged_jobs"])


def test_a_failure_has_no_report_and_is_read_whole(tmp_path):
    job = BatchJob(key="0123456789abcdef", model="m", names=("m",), reason="crash", error="it did")
    text = entry_text(job, None)
    (tmp_path / "m-0123456789abcdef.json").write_text(text)
    (found,), _ = read(tmp_path / "m-0123456789abcdef.json")
    assert (found.reason, found.error) == ("crash", "it did")


def _ramp(changed):
    array = np.arange(5000, dtype=np.float32)
    array[2500] += changed
    return array


def _file(path, changed):
    np.save(path, _ramp(changed))
    return path


@pytest.mark.parametrize("form", ["array", "file"])
def test_data_is_part_of_a_key_by_all_of_its_content(form, tmp_path):
    """numpy shows the ends of a large array alone, and a file keeps its name."""

    def facts(changed):
        data = _ramp(changed) if form == "array" else _file(tmp_path / "data.npy", changed)
        return option_facts({"inputs": {"input": data}, "runs": 1}, ())

    before = facts(0)
    assert facts(0) == before
    assert facts(1) != before
    assert facts(0) == before


def test_a_delegate_is_part_of_a_key_by_its_content(tmp_path):
    library = tmp_path / "delegate.so"
    library.write_bytes(b"one")
    before = option_facts({"delegate": library}, ())
    assert option_facts({"delegate": str(library)}, ()) == before
    library.write_bytes(b"other")
    assert option_facts({"delegate": library}, ()) != before


def test_a_library_that_never_ends_is_not_read():
    assert file_digest("/dev/zero") is None


def test_a_sweep_with_other_data_is_measured_again(tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    data = tmp_path / "input.npy"

    def kept(value):
        np.save(data, np.full((1, 28, 28, 1), value, np.float32))
        folder = tmp_path / "folder"
        return tflops_native.sweep(MODEL, inputs={"input": data}, folder=folder, runs=1).kept

    assert [kept(0), kept(0), kept(1)] == [0, 1, 0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes of files")
def test_a_pipe_with_the_name_of_a_job_is_damaged_and_not_waited_for(file):
    file.unlink()
    os.mkfifo(file)
    assert read(file) == ([], ["damaged_jobs"])
    file.unlink()


def test_a_cell_of_a_sweep_is_foreign_to_a_batch_and_the_other_way_round(tmp_path):
    tflops_native.batch(str(MODEL), folder=tmp_path, count=True)
    cell = SweepCell(
        key="fedcba9876543210",
        model="m",
        input_shapes={},
        quantization=None,
        runtime="tflite",
        kernels="xnnpack",
        threads=1,
    )
    ResultFolder(tmp_path, SweepCell).keep(cell, None)
    for kind, whole in ((BatchJob, MODEL.name), (SweepCell, "m")):
        entries, notes = read_results(tmp_path, kind)
        assert [entry.model for entry in entries.values()] == [whole]
        assert [note.code for note in notes] == ["foreign_files"]
