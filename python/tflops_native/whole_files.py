"""Files that are written as a whole or not at all: what they held stays until the new content is there."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tflops_native.errors import OptionError

# Of a name beside the file; hidden, and no result.
PARTIAL = ".partial"
# A folder in which no file can be made, or a file that is the place of a mount: the file may be writable.
_NO_NEIGHBOUR = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV)


@contextmanager
def written(
    path: Path,
    *,
    is_ours: bool = False,
    is_synced: bool = False,
    partial_name: str | None = None,
) -> Iterator[BinaryIO]:
    """A stream for the content of a file, which takes its place once the block has ended well.

    A file that exists keeps its permissions, and a link its target. What cannot be replaced is written in
    place: pipes, devices, files of another user, with several names, or in a folder that is not writable.

    Args:
        is_ours: whether the file has its place from us, in a cache say: it is replaced, whatever it is.
        is_synced: whether the content is to be on the disk before this returns.
        partial_name: of the file beside it that is written first, where what a killed process left is to
            be overwritten; None for a name that is free.

    Raises:
        OSError: it cannot be written; what the file held before is still there, unless written in place.
    """
    target = path if is_ours else Path(os.path.realpath(path))
    before = None if is_ours else _status(path)
    is_replaced = before is None or _is_replaced(path, before)
    stream = _beside(target, partial_name, is_ours) if is_replaced else None
    if stream is None:
        with path.open("wb") as in_place:
            yield in_place
        return
    partial = Path(stream.name)
    try:
        with stream:
            yield stream
            stream.flush()
            if before is not None:
                partial.chmod(stat.S_IMODE(before.st_mode))
            if is_synced:
                os.fsync(stream.fileno())
        _replace(partial, target, is_ours)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def refuse_source(path: Path, source: str | os.PathLike[str] | None) -> None:
    """Raise `OptionError` if a file that is to be written is the one that it is made of.

    A folder is made of all its files but models, which may be results of before.
    """
    is_same = False
    with suppress(OSError, ValueError):
        if source and path.is_file():
            is_part = path.suffix != ".tflite" and Path(source).resolve() in path.resolve().parents
            is_same = is_part or path.samefile(source)
    if is_same:
        raise OptionError(
            f"cannot write '{path}': it is read, and would be lost; give another name"
        )


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file as `written` does.

    Raises:
        OptionError: it cannot be written.
    """
    with refusing(path), written(path) as stream:
        stream.write(content)


@contextmanager
def refusing(path: Path, after: str = "") -> Iterator[None]:
    """A file that cannot be written is an error of this package.

    Args:
        after: what the message says after the reason.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{path}': {reason}{after}") from error


def _status(path: Path) -> os.stat_result | None:
    """None where there is nothing."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_replaced(path: Path, status: os.stat_result) -> bool:
    """Whether another file may take the place of one: it then differs in nothing but the content.

    Through these folders a program is given a file that others have open.
    """
    if str(path.absolute()).startswith(("/dev/", "/proc/")):
        return False
    is_own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    is_alone = status.st_nlink == 1
    return stat.S_ISREG(status.st_mode) and is_own and is_alone and os.access(path, os.W_OK)


def _beside(path: Path, name: str | None, must_be: bool) -> BinaryIO | None:
    """A new file in the same folder; None where there can be none, and need not be one."""
    partial = path.with_name(name or f".{os.urandom(8).hex()}{PARTIAL}")
    try:
        return partial.open("wb" if name else "xb")
    except OSError as error:
        if must_be or error.errno not in _NO_NEIGHBOUR:
            raise
        return None


def _replace(partial: Path, path: Path, must_be: bool) -> None:
    try:
        partial.replace(path)
    except OSError as error:
        if must_be or error.errno not in _NO_NEIGHBOUR or not path.exists():
            raise
        with partial.open("rb") as source, path.open("wb") as in_place:
            shutil.copyfileobj(source, in_place)
        partial.unlink()
