"""Bytes in memory as a file, without a copy, for the readers of the standard library."""

import errno
import io
import struct
import zipfile
from typing import Any

from tflops_native.model.sources.kind import MOST_PIECES

# The record at the end of an archive, with the longest comment, and two records in front of it in archives
# of 64 bits.
_END_BYTES = 22
_LONGEST_END_BYTES = _END_BYTES + 0xFFFF
_END_64_BYTES = 56 + 20


class ViewFile(io.RawIOBase):
    """A view of bytes that can be read and sought in."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "seek before the start")
        self._at = start + offset
        return self._at

    def readinto(self, target: Any) -> int:
        found = self._data[self._at : self._at + len(target)]
        target[: len(found)] = found
        self._at += len(found)
        return len(found)


def zip_entries(data: memoryview) -> int:
    """How many entries the directory of a ZIP archive holds, whatever it says of them; 0 without one.

    The standard library reads all of them, and takes 10 s for a million.
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16
    """
    tail = bytes(data[-_LONGEST_END_BYTES:])
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END_BYTES > len(tail):
        return 0
    end = len(data) - len(tail) + at
    (size,) = struct.unpack_from("<L", tail, at + 12)
    if at >= _END_64_BYTES and tail[at - 20 : at - 16] == b"PK\6\7":
        end -= _END_64_BYTES
        (size,) = struct.unpack_from("<Q", data, end + 40)
    return bytes(data[max(end - size, 0) : end]).count(b"PK\1\2")


def zip_names(data: memoryview) -> list[str]:
    """The names of what a ZIP archive holds; none where it is damaged, or not an archive."""
    if bytes(data[:4]) != b"PK\x03\x04" or zip_entries(data) > MOST_PIECES:
        return []
    try:
        with zipfile.ZipFile(ViewFile(data)) as archive:
            return archive.namelist()
    # The last is what the standard library says of versions of the format that it does not read.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
