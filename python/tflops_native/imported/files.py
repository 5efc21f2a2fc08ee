"""Opens a file of timings and finds out by its content what it is."""

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from tflops_native.checks import file_path, parser_reason
from tflops_native.errors import ProfileFormatError
from tflops_native.formatting import brief
from tflops_native.imported.benchmark_log import NoBenchmarkError, read_log
from tflops_native.imported.json_files import read_json
from tflops_native.imported.log_notes import benchmarks_left_out
from tflops_native.imported.recorded import Recorded
from tflops_native.imported.timer_record import TimerRecord
from tflops_native.imported.window import read_window
from tflops_native.notes import Note

STANDARD_INPUT = "-"
_CHOICE = "::"
_MOST_LISTED = 12
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # as PowerShell redirects output
_ACCEPTED = (
    "the log or the CSV file of TensorFlow Lite's benchmark_model, the JSON or the log of "
    "litert-benchmark, the JSON of tflops-timer"
)


def read_recorded(source: str | os.PathLike[str] | BinaryIO) -> Recorded | TimerRecord:
    """What a file of timings says.

    Args:
        source: a path, "-" for standard input, or a stream of bytes. "::N" behind a path chooses the Nth
            of several benchmarks.

    Raises:
        ProfileFormatError: it cannot be read, is damaged, or is none of the known formats.
    """
    chosen = None
    name = "the stream"
    if isinstance(source, str | os.PathLike) or not hasattr(source, "read"):
        path = file_path("cannot read timings from a file: its name", source, ProfileFormatError)
        source, chosen = _chosen(str(path))
        name = "standard input" if source == STANDARD_INPUT else repr(source)
    try:
        data, note = _read(source)
        return _with_note(_one(_parse(data), chosen), note)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProfileFormatError(f"cannot read timings from {name}: {reason}") from error
    except (ValueError, RecursionError) as error:
        reason = parser_reason(error)
        raise ProfileFormatError(f"cannot read timings from {name}: {reason}") from error


def _chosen(source: str) -> tuple[str, int | None]:
    """The path, and the number behind it; a file may have such a name itself."""
    path, _, number = source.rpartition(_CHOICE)
    if not path or not number.isdecimal() or len(number) > 6 or "\0" in source:
        return source, None
    return (source, None) if Path(source).exists() else (path, int(number))


def _read(source: str | BinaryIO) -> tuple[bytes, Note | None]:
    if not isinstance(source, str):
        return read_window(source)
    if source == STANDARD_INPUT:
        return read_window(sys.stdin.buffer)
    if not stat.S_ISREG(Path(source).stat().st_mode):
        raise ValueError("it is not a regular file (- reads standard input)")
    with Path(source).open("rb") as file:
        return read_window(file)


def _parse(data: bytes) -> list[Recorded | ValueError] | TimerRecord:
    if not data.strip():
        raise ValueError("it is empty")
    # Names of tensors may be in any encoding: what is not UTF-8 is replaced.
    text = data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig", "replace")
    if text.lstrip().startswith(("{", '["', "[{", "[\n")):
        found = read_json(text)
        if isinstance(found, Recorded | TimerRecord):
            return found if isinstance(found, TimerRecord) else [found]
        text = found or text
    try:
        return read_log(text)
    except NoBenchmarkError as error:
        raise ValueError(f"it is none of: {_ACCEPTED}") from error


def _one(
    found: list[Recorded | ValueError] | TimerRecord, chosen: int | None
) -> Recorded | TimerRecord:
    """The benchmark that was chosen, or the only one that can be read."""
    if isinstance(found, TimerRecord):
        if chosen not in (None, 1):
            raise ValueError(f"it holds 1 benchmark, not {chosen}")
        return found
    found = list(map(_timed, found))
    if chosen is not None and not 1 <= chosen <= len(found):
        raise ValueError(f"it holds {len(found)} benchmarks, not {chosen}")
    if chosen is not None or len(found) == 1:
        one = found[(chosen or 1) - 1]
        if isinstance(one, ValueError):
            raise one
        return one
    valid = [recorded for recorded in found if not isinstance(recorded, ValueError)]
    if len(valid) != 1:
        raise ValueError(
            f"it holds {len(found)} benchmarks: choose one with {_CHOICE}1 to {_CHOICE}{len(found)} behind "
            f"its name ({'; '.join(map(_line, range(1, _MOST_LISTED + 1), found))})"
        )
    others = [
        _line(number, error)
        for number, error in enumerate(found, 1)
        if isinstance(error, ValueError)
    ]
    note = benchmarks_left_out(len(found), others[:_MOST_LISTED])
    return replace(valid[0], notes=(*valid[0].notes, note))


def _timed(found: Recorded | ValueError) -> Recorded | ValueError:
    """An error for times of 0."""
    latency = None if isinstance(found, ValueError) else found.latency
    if latency is None or (latency.mean and latency.typical):
        return found
    return ValueError("an inference took 0 as it is printed: too short for this tool to tell")


def _line(number: int, found: Recorded | ValueError) -> str:
    if isinstance(found, ValueError):
        return f"{number}: {str(found).partition(':')[0]}"
    what = found.label or found.model.name or "a model"
    if found.latency is None:
        return f"{number}: {what}, times of operators only"
    return f"{number}: {what}, {brief(found.latency.mean * 1e6, 6)} µs"


def _with_note(recorded: Recorded | TimerRecord, note: Note | None) -> Recorded | TimerRecord:
    if note is None or isinstance(recorded, TimerRecord):
        return recorded
    return replace(recorded, notes=(*recorded.notes, note))
