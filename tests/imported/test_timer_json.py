"""The JSON of tflops-timer, by hand here; tests/native/test_timer.py has what the program writes."""

import json
import zlib

import pytest

from tflops_native import ProfileFormatError, load
from tflops_native.imported.load import load_timing
from tflops_native.imported.timer_json import read_timer_json
from tflops_native.timing.precision import Stop
from workloads import workload
from zoo import EXAMPLES

CONV = EXAMPLES / "single_conv_28x28.tflite"
MARK = {
    "name": CONV.name,
    "size_bytes": CONV.stat().st_size,
    "crc32": zlib.crc32(CONV.read_bytes()),
}
# Two profiled runs of 50 and 60 us, of which the convolution took 40 and 44.
PROFILE = {
    "invoke_ns": [50_000, 60_000],
    "run_offsets": [0, 1, 2],
    "events": [
        {
            "name": "Convolution (NHWC, F32) IGEMM",
            "operator_index": 0,
            "subgraph_index": 0,
            "delegated": True,
        }
    ],
    "event_ids": [0, 0],
    "depths": [0, 0],
    "at_ns": [46_000, 50_000],  # when the delegate had reported
    "elapsed_ns": [40_000, 44_000],
    "builtin_resolution_ns": 1,
    "builtin_own_ns": 0.0,
    "delegate_resolution_ns": 1000,
    "delegate_own_ns": 0.0,
}
WRITTEN = {
    "format": "tflops_native/timer",
    "format_version": 4,
    "tool": "tflops-timer 0.1.0",
    "model": MARK,
    "machine": {
        "processor": "Example SoC",
        "architecture": "aarch64",
        "system": "Linux 6.0",
        "logical_cpus": 4,
        "usable_cpus": None,
    },
    "runtime": {
        "name": "tflite",
        "kind": "TensorFlow Lite",
        "version": "2.17.1",
        "library": "/data/libtensorflowlite_c.so",
    },
    "kernels": "xnnpack",
    "threads": 2,
    "signature": None,
    "input_shapes": {"image": [1, 28, 28, 1]},
    "seed": 0,
    "clock": {"resolution_ns": 52, "read_ns": 26.5},
    "load_ns": 1_000_000,
    "allocate_ns": 20_000,
    "first_invoke_ns": 90_000,
    "warm_up": {"samples_ns": [60_000, 50_000], "invokes_per_sample": 2, "is_steady": True},
    "invokes_per_sample": 2,
    "stop": {"reason": "runs", "precision": None, "is_reached": None, "seconds": 0.3},
    "samples_ns": [80_000, 82_000, 90_000],
    "profile": PROFILE,
    "peaks": None,
}
PEAKS = {
    "threads": 2,
    "compute": [{"arithmetic": "float32", "operations_per_second": 6.4e10, "instructions": "NEON"}],
    "memory": [
        {
            "name": "DRAM",
            "capacity_bytes": None,
            "buffer_bytes": 1 << 26,
            "bytes_per_second": 8e9,
        }
    ],
}


@pytest.fixture
def load_times(tmp_path):
    def load_times(plain, **options):
        path = tmp_path / "board.json"
        path.write_text(json.dumps(plain))
        return load_timing(path, workload(CONV, **options))

    return load_times


def test_samples_and_events(load_times):
    timing = load_times(WRITTEN)
    assert timing.latency.runs == 6
    assert timing.latency.median_seconds == 41e-6
    assert timing.first_invoke_ns == 90_000
    assert timing.threads == 2
    assert (timing.clock.resolution_ns, timing.clock.read_ns) == (52, 26.5)
    assert timing.stop.reason == "runs"
    (operator,) = timing.profile.operators
    assert operator.samples_ns == (40_000, 44_000)
    assert operator.kernel == "Convolution (NHWC, F32) IGEMM"
    # The time is cut to whole microseconds: it may be one longer, and half of one is likely.
    assert (
        operator.estimate.lower_seconds
        <= 42e-6
        < operator.estimate.typical_seconds
        < operator.estimate.upper_seconds
    )
    # 55 us of profiled runs against 41 us of clean ones.
    assert timing.profile.overhead.relative == pytest.approx(55 / 41 - 1)
    assert timing.origin.machine.processor == "Example SoC"
    assert timing.origin.machine.usable_cpus is None
    assert (timing.origin.tool, timing.origin.form) == ("tflops-timer 0.1.0", "JSON")


def test_what_the_timer_ran_and_why_it_stopped(load_times):
    runtime = {"name": "litert", "kind": "LiteRT", "version": None, "library": "/data/libLiteRt.so"}
    stop = {"reason": "samples", "precision": 0.01, "is_reached": False, "seconds": 4.5}
    timing = load_times({**WRITTEN, "runtime": runtime, "stop": stop})
    assert timing.runtime.title == "LiteRT (version unknown)"
    assert timing.warm_up.runs == 4
    assert timing.stop == Stop(reason="samples", precision=0.01, is_reached=False, seconds=4.5)


def test_peaks_of_the_target():
    peaks = read_timer_json({**WRITTEN, "peaks": PEAKS}).peaks
    assert peaks is not None
    assert peaks.operations_per_second("float32") == 6.4e10
    assert read_timer_json(WRITTEN).peaks is None


def test_without_a_profile(load_times):
    assert load_times({**WRITTEN, "profile": None}).profile is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": {**MARK, "size_bytes": 7}}, "it was single_conv_28x28.tflite of 7 bytes"),
        ({"model": {**MARK, "crc32": 7}}, r"same size but with other content \(CRC-32 00000007"),
        ({"signature": "train"}, "it ran signature 'train', this one has:"),
        (
            {
                "profile": {
                    **PROFILE,
                    "events": [{**PROFILE["events"][0], "delegated": False, "operator_index": 3}],
                }
            },
            "its operator 3 is Convolution .*, this one has 1 operators",
        ),
    ],
)
def test_another_model(load_times, change, message):
    with pytest.raises(ProfileFormatError, match=f"belongs to another model: .*{message}"):
        load_times({**WRITTEN, **change})


def test_other_input_shapes(load_times):
    model = load(CONV).subgraphs[0]
    name = model.tensors[model.inputs[0]].name
    written = {**WRITTEN, "input_shapes": {name: [2, 28, 28, 1]}}
    with pytest.raises(ProfileFormatError, match=r"pass --input-shape .*=2,28,28,1"):
        load_times(written)
    load_times(written, input_shapes={name: (2, 28, 28, 1)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 1}, "its format has version 1, this program reads 4: measure again"),
        ({"format_version": 3}, "its format has version 3, this program reads 4"),
        ({"peaks": {}}, "'threads' has None where a whole number"),
        ({"peaks": {**PEAKS, "threads": 0}}, "'threads' has 0 where a whole number"),
        ({"peaks": {**PEAKS, "memory": [{}]}}, "'peaks' cannot be read"),
        ({"stop": {"reason": "runs", "seconds": -1}}, "'seconds' has -1 where a number"),
        ({"warm_up": []}, "'warm_up' is .* where an object is expected"),
        ({"model": None}, "'model' is None where an object is expected"),
        ({"samples_ns": []}, "'samples_ns' is empty"),
        ({"samples_ns": [0]}, "'samples_ns' has 0 where a whole number"),
        ({"samples_ns": [1.5]}, "'samples_ns' has 1.5 where a whole number"),
        ({"samples_ns": [10**30]}, "'samples_ns' has 1000"),
        ({"threads": True}, "'threads' has True where a whole number"),
        ({"clock": {"resolution_ns": 1, "read_ns": "1"}}, "'read_ns' has '1' where a number"),
        ({"kernels": 3}, "'kernels' is 3 where text is expected"),
        ({"input_shapes": {"x": "1,2"}}, "'x' is '1,2' where a list is expected"),
        ({"machine": {}}, "'architecture' is None where text"),
        ({"profile": {}}, "'events' is None where a list"),
        ({"profile": {**PROFILE, "event_ids": [0, 1]}}, "an event that is none of the 1"),
        ({"profile": {**PROFILE, "depths": [0]}}, "different lengths"),
        ({"profile": {**PROFILE, "run_offsets": [0, 2]}}, "'run_offsets' does not fit"),
        ({"profile": {**PROFILE, "run_offsets": [0, 2, 1]}}, "'run_offsets' does not fit"),
        ({"profile": {**PROFILE, "run_offsets": [0, 1, 3]}}, "'run_offsets' does not fit"),
        ({"profile": {**PROFILE, "events": [3]}}, "3 in 'events' is not an object"),
    ],
)
def test_damaged(load_times, change, message):
    with pytest.raises(ProfileFormatError, match=message):
        load_times({**WRITTEN, **change})
