"""Bytes in memory as a file, without a copy, for the readers of the standard library."""

import errno
import io
import zipfile
from typing import Any


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


def zip_names(data: memoryview) -> list[str]:
    """The names of what a ZIP archive holds; none where it is damaged, or not an archive."""
    if bytes(data[:4]) != b"PK\x03\x04":
        return []
    try:
        with zipfile.ZipFile(ViewFile(data)) as archive:
            return archive.namelist()
    # The last is what the standard library says of versions of the format that it does not read.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
