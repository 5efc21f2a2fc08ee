"""Where the bytes of a model come from, and whether they are a TensorFlow Lite model at all.

Owns opening, reading and mapping files, and the messages for what is not a model.
"""

import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tflops_native.errors import ModelFormatError

IDENTIFIER = b"TFL3"
# Files up to this size are read as a whole: whatever happens to them later, the content stays what was
# counted. Larger ones are mapped, and a program that reads a mapped file which another program truncates
# is ended by the system (SIGBUS).
LARGEST_READ_BYTES = 64 << 20
_HEADER_BYTES = 8

_CONVERT = "convert it first, with tf.lite.TFLiteConverter.from_keras_model"
# What people pass by mistake: the first bytes -> what it is, and what to do.
_KNOWN_STARTS = {
    b"\xff\xd8\xff": ("a JPEG image", ""),
    b"\x89PNG": ("a PNG image", ""),
    b"PK\x03\x04": ("a ZIP archive", "unpack a .task bundle with unzip, it holds .tflite files"),
    b"\x89HDF": ("an HDF5 file, as are .h5 Keras models", _CONVERT),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"LITERTLM": ("a LiteRT-LM container", ""),
    b"version https://git-lfs": ("a Git LFS pointer", "run git lfs pull"),
    b"<": ("HTML or XML, perhaps of a failed download", ""),
    b"{": ("JSON", ""),
    b"\x08\x01\x12": (
        "a SavedModel",
        "convert its folder first, with tf.lite.TFLiteConverter.from_saved_model",
    ),
    b"\x08": ("a protocol buffer, such as an ONNX model", ""),
}


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells a file from another one that took its place, or from itself after a change."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Source:
    """An opened source of a model.

    name    what to call it in messages
    path    of the file; None for bytes
    stamp   of the file; None for bytes
    data    a view of its bytes
    """

    name: str
    path: Path | None
    stamp: FileStamp | None
    data: memoryview


def open_source(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> Source:
    """Open a file, or take bytes.

    A file above `LARGEST_READ_BYTES` is mapped into memory, so that only the parts which are looked at
    are read.

    Raises:
        ModelFormatError: it cannot be opened, is empty, or is neither a path nor bytes.
    """
    path: Path | None = None
    stamp: FileStamp | None = None
    if isinstance(source, (bytes, bytearray, memoryview)):
        name = "the model"
        data = memoryview(source).cast("B").toreadonly()
    else:
        try:
            path = Path(source)
        except TypeError as error:
            raise ModelFormatError(
                f"a model is a path or bytes, not {type(source).__name__}"
            ) from error
        name = repr(str(path))
        stamp, data = _content(path, name)
    if not data:
        raise ModelFormatError(f"{name} is empty (0 bytes)")
    return Source(name, path, stamp, data)


def check_identifier(name: str, data: memoryview) -> None:
    """Raises `ModelFormatError` unless the bytes start as a TensorFlow Lite model does."""
    start = bytes(data[:32])
    found = start[4:_HEADER_BYTES]
    if found == IDENTIFIER:
        return
    for known, (description, remedy) in _KNOWN_STARTS.items():
        # Of a few bytes nothing can be said.
        if start.startswith(known) and len(start) >= _HEADER_BYTES:
            if known[:2] in (b"PK", b"\x89H") and name.strip("'").endswith(".keras"):
                description, remedy = "a Keras model", _CONVERT
            raise ModelFormatError(
                f"{name} is {description}, not a TensorFlow Lite model"
                + (f": {remedy}" if remedy else "")
            )
    raise ModelFormatError(
        f"{name} is not a TensorFlow Lite model: it has {found!r} at bytes 4 to 8 instead of "
        f"{IDENTIFIER!r}"
    )


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


def _content(path: Path, name: str) -> tuple[FileStamp, memoryview]:
    try:
        # Before opening: to open a pipe may wait forever.
        problem = _kind_problem(path)
        if problem is None:
            with path.open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp.size_bytes > LARGEST_READ_BYTES:
                    return stamp, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
                if stamp.size_bytes == 0:
                    return stamp, memoryview(b"")
                # Shared pages, as those of a mapped file: they do not count for --memory-limit.
                memory = mmap.mmap(-1, stamp.size_bytes)
                return stamp, memoryview(memory).toreadonly()[: file.readinto(memory)]
    except FileNotFoundError as error:
        raise ModelFormatError(f"cannot read {name}: no such file") from error
    except PermissionError as error:
        raise ModelFormatError(f"cannot read {name}: permission denied") from error
    except (OSError, ValueError) as error:
        # ValueError: the system cannot even be asked for such a path, for one with a null say.
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ModelFormatError(f"cannot read {name}: {reason}") from error
    raise ModelFormatError(f"cannot read {name}: {problem}")


def _kind_problem(path: Path) -> str | None:
    """Why what is at the path cannot be a model file; `None` if it is a file."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return None
    if not stat.S_ISDIR(mode):
        return "it is not a regular file"
    if (path / "saved_model.pb").exists():
        return "it is a SavedModel directory, convert it to a .tflite file first"
    return "it is a directory"


def sha256_of(data: bytes | memoryview) -> str:
    """The SHA-256 in hexadecimal."""
    # Imported when used: it loads OpenSSL, which takes as long as to read a model.
    import hashlib

    return hashlib.sha256(data).hexdigest()
