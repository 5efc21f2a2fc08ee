"""`tflops report --profile FILE`: what it prints, and how it ends."""

import json

import pytest

import benchmark_model_formats as formats
import tflops_native
from tflops_native import ProfileFormatError, load
from zoo import EXAMPLES

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
    ended = tflops("report", CONV, "--profile", profile_file)
    assert ended.status == 0
    assert ended.err == ""
    # 432,640 FLOPs in a millisecond.
    assert (
        "0 CONV_2D           1x26x26x32 195k  433k 88.8Ki 100.0 1.00ms  96.2   0.433" in ended.out
    )
    assert "outside operators" in ended.out
    assert (
        "source    phone.log, log of benchmark_model: measured elsewhere, not on this" in ended.out
    )
    assert "latency   1.03ms median of 50 runs" in ended.out
    assert "; a profiler was running" in ended.out
    assert "rate      0.420 GFLOP/s" in ended.out
    assert "runtime   builtin kernels, 4 threads" in ended.out


def test_json_of_a_phone(tflops, profile_file):
    ended = tflops("report", CONV, "--profile", profile_file, "--format", "json")
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


def test_the_count_is_not_lost_with_the_profile_of_another_model(tflops, tmp_path):
    path = tmp_path / "other.log"
    path.write_text(formats.log(size_bytes=9_000_000))
    ended = tflops("report", CONV, "--profile", path)
    assert ended.status == 2
    assert ended.err == (
        "error: the profile belongs to another model: it was a model (model.tflite) of about "
        "9,000,000 bytes, this one has 2,488\n"
    )
    assert "194,688 MACs" in ended.out


@pytest.mark.parametrize("option", [("--runs", "3"), ("--threads", "2"), ("--kernels", "builtin")])
def test_options_of_a_measurement_are_refused(tflops, profile_file, option):
    ended = tflops("report", CONV, "--profile", profile_file, *option)
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
