"""Folders of results: what is whole is read without its reports, and what is not is named."""

import json

import pytest

import tflops_native
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.result_folder import ResultFolder, entry_text, read_results
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
