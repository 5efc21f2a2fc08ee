"""Reads the part of a file that may hold a benchmark, in bounded time and memory.

A phone's whole log can be hundreds of megabytes: what is looked at begins shortly before the first line of
a benchmark and has a fixed size. What is packed is unpacked on the way.
"""

import io
from typing import IO, Any, BinaryIO

from tflops_native.imported.foreign import check_not_foreign
from tflops_native.model.sources.compressed import DAMAGED, packing, unpacking
from tflops_native.model.sources.kind import MOST_UNKNOWN_BYTES, START_BYTES
from tflops_native.notes import Note

# More than any tool writes for the largest models (10,000 operators: 5 MB).
LARGEST_BYTES = 6 << 20
_CHUNK = 1 << 20
_BEFORE = 1 << 16
# What the first lines of any benchmark hold.
_FIRST = (
    b"STARTING!",
    b"Initialized session",
    b"nference timings in us",
    b"BENCHMARK RESULTS",
    b"node type",
)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def read_window(file: BinaryIO) -> tuple[bytes, Note | None]:
    """The bytes that count, and a note where there are more than are read.

    Raises:
        ValueError: a file that is not a log is too large, or a large log holds no benchmark; it is known
            to be something else; it is packed, and damaged or a trap.
        OSError: it cannot be read.
    """
    start = _up_to(file, START_BYTES)
    title = packing(start)
    if title is None:
        return _window(start, file, most=None)
    try:
        with unpacking(title, io.BufferedReader(_Rejoined(start, file))) as unpacked:
            return _window(b"", unpacked, most=MOST_UNKNOWN_BYTES)
    except DAMAGED as error:
        raise ValueError(f"it is a damaged {title} file: {error}") from error


class _Rejoined(io.RawIOBase):
    """A stream of which the first bytes were read, with them."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        found = self._start[: len(target)]
        self._start = self._start[len(found) :]
        found = found or self._rest.read(len(target))
        target[: len(found)] = found
        return len(found)


def _window(start: bytes, file: IO[bytes], most: int | None) -> tuple[bytes, Note | None]:
    """What `read_window` gives, of a stream and what was read of it already; `most` bytes are looked at."""
    data = start + _up_to(file, LARGEST_BYTES + 1 - len(start))
    check_not_foreign(data)
    if len(data) <= LARGEST_BYTES:
        return data, None
    if data.startswith(_BYTE_ORDER_MARKS) or data.lstrip()[:1] == b"{" or b"\0" in data[:_CHUNK]:
        raise ValueError(f"it is larger than {LARGEST_BYTES >> 20} MiB")
    first = _first(data, 0)
    skipped = 0
    while first < 0:
        if most is not None and skipped + len(data) > most:
            raise ValueError(
                f"it holds no benchmark in the first {most >> 20} MiB that it unpacks to: unpack it first"
            )
        # The rest may hold the beginning of a mark, and lines that stand in front of it.
        kept = data[-_BEFORE:]
        skipped += len(data) - len(kept)
        more = _up_to(file, _CHUNK)
        if not more:
            raise ValueError("it holds no benchmark")
        data = kept + more
        first = _first(data, 0)
    begin = data.rfind(b"\n", 0, max(first - _BEFORE, 0)) + 1
    data = data[begin:]
    skipped += begin
    data += _up_to(file, LARGEST_BYTES - len(data)) if len(data) < LARGEST_BYTES else b""
    data = data[:LARGEST_BYTES]
    end = data.rfind(b"\n") + 1 or len(data)
    return data[:end], Note(
        code="window",
        text=f"only {end / 1e6:.1f} MB of the log were read, from byte {skipped:,} on",
        hint="keep the lines of the benchmark only: adb logcat -s tflite",
    )


def _first(data: bytes, start: int) -> int:
    found = [at for mark in _FIRST if (at := data.find(mark, start)) >= 0]
    return min(found, default=-1)


def _up_to(file: IO[bytes], size: int) -> bytes:
    """So many bytes, fewer only at the end: a pipe gives what it has."""
    parts = []
    while size > 0 and (part := file.read(min(size, _CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
