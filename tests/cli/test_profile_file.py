"""`tflops report --profile FILE`: what it prints, and how it ends."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

import benchmark_model_formats as formats
import tflops_native
from tflops_native import ProfileFormatError, load
from tflops_native.machine.peaks.peaks import (
    ComputePeak,
    Fingerprint,
    MemoryPeak,
    Peaks,
    ThreadPeaks,
)
from tflops_native.plain_json import dump_json
from tflops_native.reports.saved import saved
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

CONV = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture
def profile_file(tmp_path):
    """A log with a profile: 1000 us in the only operator, of 1039.66 us in all."""
    events = formats.nodes_of(load(CONV).subgraphs[0], [1000])
    text = formats.log(
        size_bytes=CONV.stat().st_size,
        parameters=["Enable op profiling: [1]"],
        tables=formats.profiles(formats.console_table, events),
    )
    path = tmp_path / "phone.log"
    path.write_text(text)
    return path


def test_report_of_a_phone(tflops, profile_file):
    ended = tflops("report", "-v", CONV, "--profile", profile_file)
    assert ended.status == 0
    assert ended.err == ""
    # 432,640 FLOPs in a millisecond.
    row = next(line for line in ended.out.splitlines() if line.startswith("0 CONV_2D"))
    assert row.split()[-7:] == ["195k", "433k", "88.8Ki", "100.0", "1.00ms", "96.2", "0.433"]
    assert "outside operators" in ended.out
    assert (
        "source    phone.log, log of benchmark_model: measured elsewhere, not on this" in ended.out
    )
    assert "latency   1.03ms median of 50 runs" in ended.out
    assert "; a profiler was running" in ended.out
    assert "speed     0.420 GFLOP/s" in ended.out
    assert "runtime   builtin kernels, 4 threads" in ended.out


def test_json_of_a_phone(tflops, profile_file):
    ended = tflops("report", "-v", CONV, "--profile", profile_file, "--format", "json")
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["timing"]["origin"] == {
        "measured": "elsewhere",
        "tool": "benchmark_model",
        "machine": None,
        "file": str(profile_file),
        "form": "log",
        "device": None,
    }
    assert plain["peaks"] is None
    assert plain["timing"]["samples_ns"] == []
    (operator,) = plain["timing"]["profile"]["operators"]
    assert operator["estimate"]["typical_seconds"] == pytest.approx(1e-3)


def test_the_profile_of_another_model_is_refused_before_anything_is_printed(tflops, tmp_path):
    path = tmp_path / "other.log"
    path.write_text(formats.log(size_bytes=9_000_000))
    ended = tflops("report", "-v", CONV, "--profile", path)
    assert ended.status == 2
    assert ended.err == (
        "error: the profile belongs to another model: it was a model (model.tflite) of about "
        "9,000,000 bytes, this one has 2,488\n"
    )
    assert ended.out == ""


@pytest.mark.parametrize("option", [("--runs", "3"), ("--threads", "2"), ("--kernels", "builtin")])
def test_options_of_a_measurement_are_refused(tflops, profile_file, option):
    ended = tflops("report", "-v", CONV, "--profile", profile_file, *option)
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err == (
        f"error: {option[0]} cannot be combined with --profile (times come from the file)\n"
    )


def test_report_in_python(profile_file):
    report = tflops_native.report(CONV, profile_file=profile_file)
    assert report.operations_per_second == pytest.approx(432_640 / 1030e-6)
    assert report.rows[0].rate == pytest.approx(432_640_000)
    assert report.timing.origin.machine is None
    assert report.peaks is None
    with pytest.raises(ValueError, match="threads cannot be combined with profile_file"):
        tflops_native.report(CONV, profile_file=profile_file, threads=2)
    with pytest.raises(ProfileFormatError, match="no such file"):
        tflops_native.report(CONV, profile_file="missing")


def test_the_roof_of_the_device_that_was_measured(tflops, profile_file, tmp_path):
    """Peaks of this machine are never held against times of another one; those of a file are."""
    peaks = Peaks(
        fingerprint=Fingerprint(
            processor="Phone",
            architecture="aarch64",
            host="phone",
            cpus=8,
            caches=(),
            instructions=(),
            kernels_version=1,
        ),
        measured=(
            ThreadPeaks(
                threads=4,
                compute=(
                    ComputePeak(
                        arithmetic="float32", operations_per_second=1e10, instructions="NEON"
                    ),
                ),
                memory=(
                    MemoryPeak(
                        name="DRAM", capacity_bytes=None, buffer_bytes=1000, bytes_per_second=1e10
                    ),
                ),
            ),
        ),
    )
    path = tmp_path / "phone_peaks.json"
    path.write_text(dump_json(saved("peaks", peaks.to_dict())))
    arguments = ("report", CONV, "--profile", profile_file, "--device", "Pixel 8")
    ended = tflops(*arguments)
    assert (ended.status, ended.err) == (0, "")
    assert "measured on Pixel 8, not on this machine" in ended.out
    assert "\nroof " not in ended.out
    ended = tflops(*arguments, "--peaks", path)
    assert (ended.status, ended.err) == (0, "")
    assert "10.0 GFLOP/s attainable there\n" in ended.out
    (measured,) = peaks.to_dict()["measured"]
    for found, problem in (
        ([{**measured, "threads": 2}], "holds no peaks for 4 threads"),
        ([], "is damaged: the data: nothing was measured"),
    ):
        path.write_text(dump_json(saved("peaks", {**peaks.to_dict(), "measured": found})))
        ended = tflops(*arguments, "--peaks", path)
        assert (ended.status, ended.err) == (2, f"error: '{path}' {problem}\n")


LOGS = Path(__file__).parents[1] / "imported" / "logs"
LOOP = "functional_1_1/lstm_1/while"
PHONE_MODELS = Path(__file__).parents[1] / "models" / "phone"


def test_bodies_of_loops_have_times_of_their_own(tflops):
    ended = tflops(
        *("report", PHONE_MODELS / "lstm_keras.tflite"),
        *("--profile", LOGS / "c01_while_new.log"),
    )
    assert ended.status == 0
    lines = ended.out.splitlines()
    body = next(number for number, line in enumerate(lines) if line.strip() == "body x16")
    # 16 µs in whole µs, 16 times a run: of each time a whole µs may be missing.
    assert lines[body + 1].split() == ["0", "ADD", LOOP, "scalar", "0", "1", "12", "<32µs"]
    ended = tflops(
        *("report", PHONE_MODELS / "lstm_keras.tflite", "--format", "csv"),
        *("--profile", LOGS / "c01_while_new.log"),
    )
    rows = {row["index"]: row for row in csv.DictReader(io.StringIO(ended.out))}
    assert float(rows["1/body/0"]["time_seconds"]) == pytest.approx(16e-6)
    assert rows["1/body/0"]["time_share"] == ""


def test_a_delegate_that_is_timed_as_a_whole_says_what_is_inside(tflops):
    ended = tflops(
        *("report", PHONE_MODELS / "phone.tflite"),
        *("--profile", LOGS / "b05_hexagon_tf24.log"),
    )
    assert ended.status == 0
    assert re.search(
        r"^ *inside TfLiteHexagonDelegate: 7 operators +330µs", ended.out, re.MULTILINE
    )
    assert "; 4 threads, TfLiteHexagonDelegate\n" in ended.out
