"""Opens, reads and maps files, and tells a file from another one that took its place."""

import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tflops_native.errors import ModelFormatError

# Files up to this size are read as a whole: whatever happens to them later, the content stays what was
# counted. Larger ones are mapped, and a program that reads a mapped file which another program truncates
# is ended by the system (SIGBUS).
LARGEST_READ_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells a file from another one that took its place, or from itself after a change."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int


def read_file(path: Path, name: str) -> tuple[FileStamp, memoryview]:
    """The content of a file, and what identifies it; `name` is what messages call it.

    A file above `LARGEST_READ_BYTES` is mapped into memory, so that only the parts which are looked at
    are read.

    Raises:
        ModelFormatError: it cannot be opened, or is not a regular file.
    """
    with reading(name):
        # Before opening: to open a pipe may wait forever.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise ModelFormatError(f"cannot read {name}: it is {what}")
        with path.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            if stamp.size_bytes > LARGEST_READ_BYTES:
                return stamp, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            if stamp.size_bytes == 0:
                return stamp, memoryview(b"")
            # Shared pages, as those of a mapped file: they do not count for --memory-limit.
            memory = mmap.mmap(-1, stamp.size_bytes)
            return stamp, memoryview(memory).toreadonly()[: file.readinto(memory)]


@contextmanager
def reading(name: str) -> Iterator[None]:
    """What the system refuses, as an error that names the file.

    Raises:
        ModelFormatError: the file cannot be read.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ModelFormatError(f"cannot read {name}: no such file{_unexpanded(name)}") from error
    except PermissionError as error:
        raise ModelFormatError(f"cannot read {name}: permission denied") from error
    except (OSError, ValueError) as error:
        # ValueError: the system cannot even be asked for such a path, for one with a null say.
        if isinstance(error, ModelFormatError):
            raise
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ModelFormatError(f"cannot read {name}: {reason}") from error


def _unexpanded(name: str) -> str:
    """Why a file may not be found whose name is one for a shell."""
    if name.startswith(("'~/", '"~/')):
        return ": ~ is the home folder only where a shell sees it, outside of quotes; write it out"
    if "*" in name:
        return ": * is for a shell, outside of quotes"
    return ""


def check_unchanged(path: Path, stamp: FileStamp) -> None:
    """Check that what is at the path is still the file that was loaded.

    Raises:
        ModelFormatError: it is another file, has changed, or cannot be looked at.
    """
    try:
        found = _stamp(path.stat())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelFormatError(f"cannot read {str(path)!r} again: {reason}") from error
    if found != stamp:
        raise ModelFormatError(
            f"{str(path)!r} has changed since it was loaded: load it again, and leave it as it is "
            "while it is measured"
        )


def _stamp(found: os.stat_result) -> FileStamp:
    return FileStamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def sha256_of(data: bytes | memoryview) -> str:
    """The SHA-256 in hexadecimal."""
    # Imported when used: it loads OpenSSL, which takes as long as to read a model.
    import hashlib

    return hashlib.sha256(data).hexdigest()
