"""Opens a file of timings and finds out by its content what it is."""

import json
import os
import stat
from pathlib import Path

from tflops_native.errors import ProfileFormatError
from tflops_native.imported.benchmark_proto import read_proto
from tflops_native.imported.benchmark_text import MARKS, read_text
from tflops_native.imported.litert_json import is_litert_json, read_litert_json
from tflops_native.imported.recorded import Recorded
from tflops_native.imported.timer_json import TimerRecord, is_timer_json, read_timer_json

# Far above what any of the tools writes for the largest of models.
LARGEST_BYTES = 256 * 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # as PowerShell redirects output
_ACCEPTED = (
    "the log, the CSV file or a protocol buffer of TensorFlow Lite's benchmark_model, "
    "the JSON of litert-benchmark or of tflops-timer"
)
_MODEL_IDENTIFIER = b"TFL3"


def read_recorded(path: str | os.PathLike[str]) -> Recorded | TimerRecord:
    """What a file of timings tells.

    Raises:
        ProfileFormatError: it cannot be read, is damaged, or is none of the known formats.
    """
    name = repr(str(path))
    data = _read(Path(path), name)
    try:
        return _parse(data)
    except (ValueError, RecursionError) as error:
        raise ProfileFormatError(f"cannot read timings from {name}: {error}") from error


def _read(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ProfileFormatError(f"cannot read timings from {name}: it is not a regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ProfileFormatError):
            raise
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ProfileFormatError(f"cannot read timings from {name}: {reason}") from error
    if len(data) > LARGEST_BYTES:
        raise ProfileFormatError(
            f"cannot read timings from {name}: it is larger than {LARGEST_BYTES >> 20} MiB"
        )
    return data


def _parse(data: bytes) -> Recorded | TimerRecord:
    if not data.strip():
        raise ValueError("it is empty")
    if data[4:8] == _MODEL_IDENTIFIER:
        raise ValueError("it is a model")
    # Names of tensors may be in any encoding: what is no UTF-8 is replaced.
    text = data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig", "replace")
    if text.lstrip().startswith("{"):
        return _parse_json(text)
    if any(mark in text for mark in MARKS):
        return read_text(text)
    try:
        return read_proto(memoryview(data))
    except ValueError as error:
        raise ValueError(f"it is none of: {_ACCEPTED}") from error


def _parse_json(text: str) -> Recorded | TimerRecord:
    plain = json.loads(text)
    if is_timer_json(plain):
        return read_timer_json(plain)
    if is_litert_json(plain):
        return read_litert_json(plain)
    raise ValueError(f"it is JSON, but none of: {_ACCEPTED}")
