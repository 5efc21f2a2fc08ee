"""What is given in place of a log: packed logs are read, traces and the like are named."""

import gzip
import io
import json
import lzma
import struct
import tarfile

import pytest

from imported.log_writer import MEAN, PREFIXES, VERSIONS
from tflops_native import ProfileFormatError
from tflops_native.imported import window
from tflops_native.imported.files import read_recorded
from tflops_native.imported.load import load_timing
from tflops_native.reports.report import Report
from tflops_native.reports.saved import saved_reports
from workloads import analyze_model, workload
from zoo import EXAMPLES, MODELS

PHONE = MODELS / "phone" / "phone.tflite"
LOG = "\n".join(VERSIONS["2.13"].benchmark(PHONE.stat().st_size, [], []))
NOISE = "05-31 10:31:13.006  1234  5678 D Other: something\n"
PACK = {"gzip": gzip.compress, "xz": lzma.compress}


def read(data):
    return read_recorded(io.BytesIO(data if isinstance(data, bytes) else data.encode()))


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("prefix", ["plain", "threadtime", "json document", "82 columns"])
def test_a_packed_log(tmp_path, pack, prefix):
    path = tmp_path / "phone.log.packed"
    path.write_bytes(PACK[pack](PREFIXES[prefix](LOG.split("\n")).encode()))
    assert read_recorded(path).latency.mean == pytest.approx(MEAN * 1e-6)
    assert read(path.read_bytes()).latency.mean == pytest.approx(MEAN * 1e-6)
    with pytest.raises(ProfileFormatError, match="it holds 1 benchmarks, not 2"):
        read_recorded(f"{path}::2")


@pytest.mark.parametrize("pack", PACK)
def test_packed_parts_one_after_the_other(pack):
    """As `cat a.gz b.gz` and log rotation make them."""
    middle = len(LOG) // 2
    both = PACK[pack](LOG[:middle].encode()) + PACK[pack](LOG[middle:].encode())
    assert read(both).latency.mean == pytest.approx(MEAN * 1e-6)


@pytest.mark.parametrize("pack", PACK)
def test_a_packed_log_that_is_damaged(pack):
    data = PACK[pack](LOG.encode())
    for damaged in (data[:-20], data[:40] + bytes(20) + data[60:], data[:8]):
        with pytest.raises(ProfileFormatError, match=f"it is a damaged {pack} file: "):
            read(damaged)


@pytest.mark.parametrize("pack", PACK)
def test_a_benchmark_in_a_long_packed_log(monkeypatch, pack):
    monkeypatch.setattr(window, "LARGEST_BYTES", 1 << 18)
    monkeypatch.setattr(window, "MOST_UNKNOWN_BYTES", 1 << 20)
    recorded = read(PACK[pack]((NOISE * 10_000 + LOG + "\n" + NOISE * 10_000).encode()))
    assert recorded.latency.mean == pytest.approx(MEAN * 1e-6)
    with pytest.raises(ProfileFormatError, match=r"no benchmark in the first 1 MiB .* unpack it"):
        read(PACK[pack]((NOISE * 30_000 + LOG).encode()))
    with pytest.raises(ProfileFormatError, match=r"it holds no benchmark$"):
        read(PACK[pack]((NOISE * 10_000).encode()))


@pytest.fixture(scope="module")
def report():
    subject = workload(EXAMPLES / "single_conv_28x28.tflite")
    row = "CONV_2D, 1.2, 0.01, 100%, 100%, 0, 1, [StatefulPartitionedCall_1:0]:0"
    table = "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n"
    timing = load_timing(io.BytesIO(f"{table}{row}\n\n".encode()), subject)
    return Report.of(subject.model, analyze_model(subject.model), timing=timing)


def tar(data):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("phone.log")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


EVENT = {"name": "Invoke", "ph": "X", "ts": 1.0, "dur": 2.0, "pid": 1, "tid": 1}
PADDING = "x" * 3000
VIEWER = "<style>.a{}</style>" + "<!-- tracing -->" * 1000
TRACES = {
    "chrome": (json.dumps({"traceEvents": [EVENT]}), "a trace for Chrome or Perfetto"),
    "chrome, last": (
        json.dumps({"otherData": {"v": PADDING}, "traceEvents": [EVENT]}, indent=1),
        "a trace for Chrome or Perfetto",
    ),
    "chrome, a list": (json.dumps([EVENT, EVENT]), "a trace for Chrome or Perfetto"),
    # As programs leave it that end before they close the list.
    "chrome, open": ("[\n" + json.dumps(EVENT) + ",\n", "a trace for Chrome or Perfetto"),
    "chrome, with a log": (
        json.dumps({"traceEvents": [{**EVENT, "args": {"stdout": LOG}}]}),
        "a trace for Chrome or Perfetto",
    ),
    "systrace": (
        f"<!DOCTYPE html>\n<html>\n<title>Android System Trace</title>{VIEWER}<!-- BEGIN TRACE -->\n"
        '  <script class="trace-data" type="application/text">\n# tracer: nop\n</script></html>',
        "a trace of systrace in HTML",
    ),
    "trace2html": (
        f'<!DOCTYPE html>\n<html>{VIEWER}<script id="viewer-data" type="text/plain">x</script>',
        "a trace of systrace in HTML",
    ),
    "ftrace": ("# tracer: nop\n#\n# entries-in-buffer: 1\n", "a trace of the kernel"),
    "atrace -z": (b"TRACE:\n\x78\x9c\x00\x01", "a trace of atrace"),
    "simpleperf record": (b"PERFILE2" + struct.pack("<QQ", 104, 136) + bytes(100), "simpleperf"),
    "simpleperf report-sample": (b"SIMPLEPERF\x01\x00", "a report of simpleperf"),
    "simpleperf report": (
        "Cmdline: /system/bin/simpleperf record -g ./benchmark_model\nArch: arm64\n",
        "a report of simpleperf",
    ),
    "perfetto": (
        b"\x0a\x0a\x32\x06\x0a\x04\x08\x01\x10\x02\x18\x01" + b"\x0a\x02\x40\x01" * 9,
        "a trace of Perfetto or of a profiler, and protocol buffers are not read",
    ),
    "profile": (
        b"\x0a\x08a.tflite\x12\x02\x0a\x00\x1a\xc0\xb8\x02\x0a\x00",
        "a profile, and protocol buffers are not read",
    ),
    "sqlite": (b"SQLite format 3\0" + bytes(84), "an SQLite database"),
}


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("pack", ["as it is", *PACK])
@pytest.mark.parametrize("kind", TRACES)
def test_traces_are_named_with_what_to_give(monkeypatch, kind, pack, size):
    if size == "large":
        monkeypatch.setattr(window, "LARGEST_BYTES", 25_000)
    data, what = TRACES[kind]
    data = data if isinstance(data, bytes) else data.encode()
    data += b" " * 30_000 if size == "large" else b""
    with pytest.raises(ProfileFormatError) as refused:
        read(PACK.get(pack, bytes)(data))
    assert what in str(refused.value)
    for option in ("--enable_op_profiling=true", "--op_profiling_output_mode=csv"):
        assert option in str(refused.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04" + bytes(60), "it is a ZIP archive: unpack it"),
        (b"BZh91AY&SY" + bytes(60), "it is packed with bzip2: unpack it"),
        (b"\x28\xb5\x2f\xfd" + bytes(60), "it is packed with zstd: unpack it"),
        (gzip.compress(gzip.compress(LOG.encode())), "packed twice, with gzip inside: unpack it"),
        (gzip.compress(tar(LOG.encode())), "it is a tar archive: unpack it"),
        (tar(LOG.encode()), "it is a tar archive: unpack it"),
    ],
)
def test_archives_are_named(data, message):
    with pytest.raises(ProfileFormatError, match=message):
        read(data)


def test_a_saved_result_is_named(report):
    text = json.dumps(saved_reports([report]), indent=1)
    with pytest.raises(ProfileFormatError, match="a saved result of tflops: 'tflops show FILE'"):
        read(text)
    with pytest.raises(ProfileFormatError, match="a trace for Chrome or Perfetto"):
        read(json.dumps({"displayTimeUnit": "ns", "traceEvents": [EVENT]}, indent=1))


@pytest.mark.parametrize(
    "text",
    [
        # Documents and pages that hold a log, and speak of traces.
        json.dumps({"stdout": LOG, "note": 'the other file has "traceEvents": [{"ph": "X"}]'}),
        json.dumps([LOG, '[{"ph": "X"}]']),
        f"<!DOCTYPE html><html><p>see trace-data, TRACE: and # tracer: nop</p><pre>{LOG}\n</pre>",
        "# tracer was off\n" + LOG,
    ],
    ids=["object", "list", "page", "text"],
)
def test_what_only_speaks_of_a_trace_is_read(text):
    assert read(text).latency.mean == pytest.approx(MEAN * 1e-6)
