"""The JSON of litert-benchmark, as a run of it wrote it here; and files that are nothing known."""

import json
import os

import pytest

from tflops_native import ProfileFormatError
from tflops_native.imported import window
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import EXAMPLES

CONV = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"

# Written by litert-benchmark of ai-edge-litert 2.3.0 with --num_runs 20 --warmup_runs 3.
WRITTEN = {
    "model": "mobilenet_v1_0.25_96_int8.tflite",
    "model_size_mb": 0.57,
    "accelerators": ["CPU"],
    "signature": "serving_default",
    "fully_accelerated": False,
    "num_threads": 1,
    "latency": {
        "init_ms": 2.13,
        "warmup_first_ms": 0.49,
        "warmup_avg_ms": 0.4,
        "num_warmup_runs": 3,
        "avg_ms": 0.85,
        "min_ms": 0.31,
        "max_ms": 8.47,
        "median_ms": 0.32,
        "std_ms": 1.86,
        "p5_ms": 0.31,
        "p95_ms": 2.87,
        "num_runs": 20,
    },
    "throughput_mb_s": 30.99,
}


@pytest.fixture
def times_of(tmp_path):
    def times_of(model, data, **options):
        path = tmp_path / "times"
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return load_timing(path, workload(model, **options))

    return times_of


def test_what_it_tells(times_of):
    timing = times_of(MOBILENET, WRITTEN)
    latency = timing.latency
    assert latency.runs == 20
    assert latency.median_seconds == pytest.approx(320e-6)
    assert latency.mean_seconds == pytest.approx(850e-6)
    assert latency.maximum_seconds == pytest.approx(8.47e-3)
    assert latency.resolution_seconds == 1e-5
    assert timing.threads == 1
    assert timing.warm_up.runs == 3
    assert timing.is_profiled is False
    assert timing.kernels == "CPU"
    assert timing.profile is None


def test_another_model(times_of):
    with pytest.raises(
        ProfileFormatError, match=r"another model: it was a model .*this one has 2,488"
    ):
        times_of(CONV, WRITTEN)


def test_another_signature(times_of):
    with pytest.raises(
        ProfileFormatError, match="ran signature 'train', this one has: serving_def"
    ):
        times_of(MOBILENET, {**WRITTEN, "signature": "train"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latency": []}, "'latency' must be an object"),
        ({"num_threads": "one"}, "'num_threads' is 'one' where a number is expected"),
        ({"model_size_mb": True}, "'model_size_mb' is 'True' where a number"),
        ({"model_size_mb": -1}, "'model_size_mb' is -1"),
        ({"latency": {**WRITTEN["latency"], "avg_ms": None}}, "'avg_ms' is 'None' where a number"),
        ({"latency": {**WRITTEN["latency"], "p5_ms": float("inf")}}, "it holds Infinity"),
        ({"latency": {**WRITTEN["latency"], "p5_ms": float("nan")}}, "it holds NaN"),
        ({"latency": {**WRITTEN["latency"], "avg_ms": 1e308}}, r"'avg_ms' is 1e\+308"),
        ({"latency": {**WRITTEN["latency"], "avg_ms": 1e14}}, "longer than any benchmark"),
        ({"model_size_mb": 10**400}, "'model_size_mb' is huge"),
    ],
)
def test_damaged(times_of, change, message):
    with pytest.raises(ProfileFormatError, match=message):
        times_of(MOBILENET, {**WRITTEN, **change})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"{}", "it is JSON, but not that of litert-benchmark"),
        # The three fields of a BenchmarkProfilingData.
        (b"\x0a\x01m\x1a\x02\x0a\x00", "protocol buffers are not read: .*_output_mode=csv"),
        (b'{"a": ', "cannot read timings from .*: Expecting value"),
        (b'{"a":' * 100_000, "cannot read timings from"),
        (b"a,b,c\n1,2,3\n", "it is none of: the log"),
        (b"\x00\x01\x02\xff" * 100, "it is none of: the log"),
        (b"\xff\xfe" + b"\x00" * 7, "it is none of: the log"),
    ],
)
def test_nothing_known(times_of, data, message):
    with pytest.raises(ProfileFormatError, match=message):
        times_of(CONV, data)


def test_a_model_is_no_profile(times_of):
    with pytest.raises(ProfileFormatError, match="it is a model: give the log"):
        times_of(CONV, CONV.read_bytes())


def test_too_large_a_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(window, "LARGEST_BYTES", 1 << 20)
    path = tmp_path / "large"
    path.write_bytes(b"{" + b" " * (1 << 20))
    with pytest.raises(ProfileFormatError, match="larger than 1 MiB"):
        load_timing(path, workload(CONV))


@pytest.mark.parametrize("path", ["missing", ".", "nul\0l"])
def test_what_is_no_file(path):
    with pytest.raises(ProfileFormatError, match="cannot read timings from"):
        load_timing(path, workload(CONV))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ProfileFormatError, match="not a regular file"):
        load_timing(tmp_path / "pipe", workload(CONV))
