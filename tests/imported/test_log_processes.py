"""Logs that hold what several processes printed, line by line mixed; and logs inside of traces."""

import io
import random

import pytest

from imported.log_writer import MEAN, PREFIXES, VERSIONS
from tflops_native import ProfileFormatError
from tflops_native.imported.files import read_recorded
from workloads import workload
from zoo import MODELS

PHONE = MODELS / "phone" / "phone.tflite"
FORMATS = {
    "threadtime": "05-31 10:31:13.123 {0:5} {0:5} I tflite  : {1}",
    "uid": "05-31 10:31:13.123 10234 {0:5} {0:5} I tflite  : {1}",
    "year, zone": "2024-05-31 10:31:13.123 +0200 {0:5} {0:5} I tflite  : {1}",
    "time": "05-31 10:31:13.123 I/tflite  ({0:5}): {1}",
    "brief": "I/tflite  ({0:5}): {1}",
    "thread": "I({0:5}:{0:5}) {1}",
    "studio": "2023-04-04 17:24:18.123 {0}-{0} tflite         pid-{0}            I  {1}",
    "old studio": "2019-05-31 14:15:55.123 {0}-{0}/org.tensorflow.lite I/tflite: {1}",
    "xcode": "2022-09-06 13:15:37.123456-0700 Benchmark[{0}:4020499] {1}",
    "journald": "Nov 25 16:42:46 board benchmark_model[{0}]: {1}",
}


def lines(version, microseconds, mean):
    """A benchmark whose operators take so long each."""
    subgraph = workload(PHONE).entry.subgraph
    rows = [
        (
            o.name,
            VERSIONS[version].name(subgraph.tensors[o.outputs[0]].name, o.index),
            microseconds,
        )
        for o in subgraph.operators
    ]
    found = VERSIONS[version].benchmark(PHONE.stat().st_size, rows, [])
    return [line.replace(f"{MEAN:g}", f"{mean:g}") for line in found]


def mixed(form, *processes):
    """The lines of (process, lines), each in order, mixed by chance."""
    chance = random.Random(0)
    waiting = [(process, list(own)) for process, own in processes]
    out = []
    while waiting := [(process, own) for process, own in waiting if own]:
        process, own = chance.choice(waiting)
        out.append(FORMATS[form].format(process, own.pop(0)))
    return "\n".join(out) + "\n"


def read(text):
    return read_recorded(io.BytesIO(text.encode()))


@pytest.mark.parametrize("version", ["1.14", "2.4", "2.13"])
@pytest.mark.parametrize("form", FORMATS)
def test_two_benchmarks_at_once(tmp_path, form, version):
    first, second = lines(version, 100, 4321.5), lines(version, 300, 8765.5)
    path = tmp_path / "two.log"
    path.write_text(mixed(form, (1234, first), (567, second)))
    with pytest.raises(ProfileFormatError, match="it holds 2 benchmarks"):
        read_recorded(path)
    found = {}
    for number in (1, 2):
        recorded = read_recorded(f"{path}::{number}")
        (profile,) = recorded.profiles
        found[round(recorded.latency.mean * 1e6, 1)] = [e.seconds for e in profile.events]
        assert recorded.threads == 4
    count = len(workload(PHONE).entry.subgraph.operators)
    assert found == {
        4321.5: pytest.approx([1e-4] * count),
        8765.5: pytest.approx([3e-4] * count),
    }


@pytest.mark.parametrize("form", FORMATS)
def test_lines_of_a_process_that_loads_models_too(form):
    """As a keyboard in the background does."""
    other = [
        "Created TensorFlow Lite XNNPACK delegate for CPU.",
        "Initialized TensorFlow Lite runtime.",
    ]
    recorded = read(mixed(form, (1234, lines("2.13", 100, 4321.5)), (567, other * 3)))
    assert recorded.latency.mean == pytest.approx(4321.5e-6)
    (profile,) = recorded.profiles
    assert [e.seconds for e in profile.events] == pytest.approx([1e-4] * len(profile.events))


def field(number, data):
    """One field of a protocol buffer."""
    length = len(data)
    prefix = bytes([number << 3 | 2])
    while length > 0x7F:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + data


@pytest.mark.parametrize("count", [1, 3, 1000])
@pytest.mark.parametrize("cut", [0, 5])
def test_a_trace_that_holds_a_log_is_no_log(count, cut):
    """As Perfetto keeps logcat: packets with the text of the lines among other fields."""
    printed = [line for line in lines("2.13", 100, 4321.5) if line]
    packets = b"".join(
        field(1, b"\x08\x01" + field(2, line.encode())) for line in (printed * count)[:1000]
    )
    with pytest.raises(ProfileFormatError, match="protocol buffers are not read"):
        read_recorded(io.BytesIO(packets[: len(packets) - cut]))


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_log_that_begins_with_an_empty_line_and_holds_noise_is_no_trace(prefix):
    text = "\n" + PREFIXES[prefix](lines("2.13", 100, 4321.5)) + "\x00\x01"
    if prefix.startswith("json"):
        text = text.rstrip("\x00\x01")
    assert read(text).latency.mean == pytest.approx(4321.5e-6)
