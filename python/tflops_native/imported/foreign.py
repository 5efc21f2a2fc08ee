"""What people give where a benchmark's log is expected: recognized by how it begins, to say what to give.

Sources: the Trace Event Format of Chrome; catapult's systrace and trace2html (HTML), ftrace; Perfetto's
trace.proto; simpleperf's record_file_format.h; tflite/profiling/proto/profiling_info.proto.
"""

import re
from collections.abc import Sequence

from tflops_native.model.sources.compressed import packing
from tflops_native.model.sources.kind import is_tar

_GIVE_LOG = (
    "give what benchmark_model prints, with --enable_op_profiling=true for times of operators, or the CSV "
    "file that --op_profiling_output_mode=csv --op_profiling_output_file=profile.csv writes "
    "(TensorFlow up to 2.15: --profiling_output_csv_file=profile.csv)"
)
_UNPACK = "unpack it, and give the log in it"
# The first bytes -> what it is, and what to do.
_STARTS = {
    b"PERFILE2": ("a recording of simpleperf or perf", _GIVE_LOG),
    b"SIMPLEPERF": ("a report of simpleperf", _GIVE_LOG),
    b"# tracer: ": ("a trace of the kernel (ftrace, atrace)", _GIVE_LOG),
    b"TRACE:\n": ("a trace of atrace", _GIVE_LOG),
    b"TRACE:\r\n": ("a trace of atrace", _GIVE_LOG),
    b"SQLite format 3\0": ("an SQLite database", _GIVE_LOG),
    b"PK\x03\x04": ("a ZIP archive", _UNPACK),
    b"BZh": ("packed with bzip2", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", _UNPACK),
    b"\x04\x22\x4d\x18": ("packed with lz4", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _UNPACK),
}
_LOOK_BYTES = 1 << 12
_SIMPLEPERF = re.compile(rb"Cmdline: \S*simpleperf ")
# Of an object or a list of events; inside of a text its quotes would have backslashes.
_EVENTS = re.compile(rb'(?<!\\)"traceEvents"\s*:\s*\[')
_EVENT_LIST = re.compile(rb'\s*\[\s*\{[^\\]{0,2000}?"ph"\s*:\s*"\w"')
_SAVED = re.compile(rb'\s*\{\s*"format":\s*"tflops_native/(?!timer")')
_HTML = re.compile(rb"\s*<(?:!doctype )?html", re.IGNORECASE)
_VIEWERS = (b'<script class="trace-data"', b'<script id="viewer-data"', b"tr-ui-timeline")
# The keys of fields 1 to 4 that hold messages or text, and what is not in text.
_PROTO_KEYS = (b"\x0a", b"\x12", b"\x1a", b"\x22")
_PROTO_FIELDS = 8  # so many in a row are no text by chance
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b"))


def check_not_foreign(data: bytes) -> None:
    """Raise `ValueError` with what the beginning of a file says that it is, and what to give instead."""
    if (found := _described(data)) is not None:
        raise ValueError("it is {}: {}".format(*found))


def _described(data: bytes) -> tuple[str, str] | None:
    if data[4:8] == b"TFL3":
        return "a model", "give the log of a benchmark of it"
    for start, found in _STARTS.items():
        if data.startswith(start):
            return found
    if (title := packing(data)) is not None:
        return f"packed twice, with {title} inside", _UNPACK
    if is_tar(memoryview(data)):
        return "a tar archive", _UNPACK
    if _SIMPLEPERF.search(data, 0, _LOOK_BYTES):
        return "a report of simpleperf", _GIVE_LOG
    if _SAVED.match(data):
        return "a saved result of tflops", "'tflops show FILE' shows it"
    is_json = data[:_LOOK_BYTES].lstrip()[:1] in (b"{", b"[")
    if is_json and (_EVENTS.search(data) or _EVENT_LIST.match(data)):
        return "a trace for Chrome or Perfetto", _GIVE_LOG
    if _HTML.match(data) and any(mark in data for mark in _VIEWERS):
        return "a trace of systrace in HTML", _GIVE_LOG
    return _of_proto(data)


def _of_proto(data: bytes) -> tuple[str, str] | None:
    fields = _proto_fields(data)
    if not fields:
        return None
    # A trace is nothing but packets, and a profile begins with the name of the model.
    (key, first), others = fields[0], {key for key, _ in fields[1:]}
    is_text = first.isascii() and len(first.translate(None, _CONTROL)) == len(first)
    is_trace = key == _PROTO_KEYS[0] and others <= {key} and not is_text
    what = "a trace of Perfetto or of a profiler" if is_trace else "a profile"
    return f"{what}, and protocol buffers are not read", _GIVE_LOG


def _proto_fields(data: bytes) -> Sequence[tuple[bytes, bytes]]:
    """Key and content of the first fields of a protocol buffer, as traces are; none of a text."""
    if len(data.translate(None, _CONTROL)) == len(data):
        return ()
    at = 0
    found: list[tuple[bytes, bytes]] = []
    while at < len(data) and len(found) < _PROTO_FIELDS:
        key = data[at : at + 1]
        if key not in _PROTO_KEYS:
            return ()
        length = shift = 0
        while True:
            at += 1
            if at >= len(data) or shift > 28:
                return ()
            length |= (data[at] & 0x7F) << shift
            shift += 7
            if not data[at] & 0x80:
                break
        # Of a file that was cut off the last field ends behind it.
        found.append((key, data[at + 1 : at + 1 + length]))
        at += 1 + length
    return found
