"""Locks: held from their making until `release`, or until the process ends, however it ends."""

import errno
import os
import platform
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tflops_native.errors import OptionError, TflopsError

# What says that another process holds a lock; anything else, that the file system has none.
_HELD = (errno.EWOULDBLOCK, errno.EACCES)
_FOLDER_LOCK = ".tflops-lock"


class Lock:
    """Of a file that is made for it; no lock where the system, or the file system, has none.

    Args:
        path: of the file.
        what: is locked, as the message says it.
        holder: what the next one is told.
        refusal: the error where another process holds it; the message says which.
        hint: of that error.

    Raises:
        OptionError: the file cannot be made.
    """

    def __init__(
        self, path: Path, what: str, holder: str, refusal: type[TflopsError], hint: str = ""
    ) -> None:
        self.path = path
        self.descriptor: int | None = None
        try:
            import fcntl
        except ImportError:
            return
        while self.descriptor is None:
            descriptor = _opened(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                by = os.pread(descriptor, 4096, 0).decode("utf-8", "replace").strip()
                os.close(descriptor)
                if error.errno not in _HELD:
                    return
                text = f"{what} is in use by {by or 'another process'}{hint}"
                raise refusal(text) from error
            if _is_at(path, descriptor):
                self.descriptor = descriptor
            else:
                os.close(descriptor)  # it was released, and removed, in between
        by = f"process {os.getpid()} on {platform.node()}, {holder}"
        with suppress(OSError):  # as on a full disk: it is locked all the same
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, by.encode("utf-8", "backslashreplace"), 0)

    def release(self) -> None:
        """Let others have it."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


class FolderLock(Lock):
    """Of a folder of results: of two that write to one at once, each would overwrite what the other wrote.

    It lies in the folder, so that it is one for all paths, users and machines that reach it.

    Raises:
        OptionError: another process holds it; the message says which.
    """

    def __init__(self, folder: Path, holder: str) -> None:
        hint = ": wait until it ends, or give another folder"
        super().__init__(folder / _FOLDER_LOCK, f"the folder '{folder}'", holder, OptionError, hint)

    def release(self) -> None:
        """Let others have it; nothing of it remains in the folder."""
        if self.descriptor is not None:
            with suppress(OSError):
                self.path.unlink()
        super().release()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        if isinstance(error, PermissionError):
            with suppress(OSError):
                return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)  # that of another user
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{path}': {reason}") from error


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether a file is still the one of its name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False
