"""`tflops peaks`, and the roofline in `tflops report`. No time is asserted."""

import json

import pytest

from tflops_native.errors import InvokeError
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import load_report
from tflops_native.machine.peaks import cache

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"


def test_peaks_as_a_table(tflops):
    ended = tflops("peaks", "--threads", "1")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines if line][:2] == ["machine", "threads"]
    # Which types there are is the processor's matter: some have float16.
    assert lines[2].startswith("threads f32 GFLOP/s ")
    assert " i8 GOP/s L1 GB/s" in lines[2]
    assert max(map(len, lines[:4])) <= 80
    assert lines[3].split()[0] == "1"


def test_peaks_as_json(tflops):
    ended = tflops("peaks", "--threads", "1", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    plain = json.loads(ended.out)
    assert plain["format"] == "tflops_native/peaks"
    assert plain["fingerprint"]["cpus"] >= 1
    assert 1 in [peaks["threads"] for peaks in plain["measured"]]


def test_threads_out_of_range(refuses):
    assert refuses("peaks", "--threads", "0") == (
        "Invalid value for '--threads': must be 1 or more, got 0"
    )


def test_a_report_has_a_roof_for_each_operator(tflops, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = tflops("report", "-v", SINGLE, "--runs", "2", "-o", "r.json")
    assert (ended.status, ended.err, ended.out) == (0, "", "")
    report = load_report("r.json")
    (row,) = report.to_rows()
    assert row["operations_per_byte"] == pytest.approx(432_640 / 90_944)
    assert report.peaks.threads == 1
    assert report.rows[0].roof.compute_seconds == 432_640 / report.peaks.operations_per_second(
        "float32"
    )
    assert report.attainable_seconds == row["attainable_seconds"]
    assert row["utilization"] == row["attainable_seconds"] / row["time_seconds"]


def test_a_report_without_peaks(tflops):
    ended = tflops("report", "-v", SINGLE, "--runs", "2", "--no-peaks", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["peaks"] is None
    assert plain["utilization"] is None


def test_a_report_does_without_peaks_that_cannot_be_measured(tflops, monkeypatch):
    def fail(threads, **options):
        raise InvokeError("the peaks cannot be measured")

    monkeypatch.setattr(cache, "machine_peaks", fail)
    ended = tflops("report", "-v", SINGLE, "--runs", "2")
    assert (ended.status, ended.err) == (0, "")
    assert "note      the peaks cannot be measured\n" in ended.out
    assert "without profiler" in ended.out
    assert "roof " not in ended.out
