"""Locks: two plans that measure on one device at once would measure each other.

Of two that write to one folder at once, each would overwrite the jobs of the other.
"""

import hashlib
import os
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

from tflops_native.cache import cache_folder
from tflops_native.errors import DeviceError, OptionError, TflopsError
from tflops_native.fleets.plan import Device, Plan


class Lock:
    """Held from its making until `release`, or until the process ends, however it ends.

    Args:
        what: is locked, as the message says it.
        identity: the same for all that must not be at once.
        plan: what the next one is told.
        refusal: the error where another process holds it; the message says which.
    """

    def __init__(self, what: str, identity: str, plan: Path, refusal: type[TflopsError]) -> None:
        try:
            import fcntl
        except ImportError as error:
            raise OptionError("a fleet needs Linux or macOS, which lock files") from error
        name = hashlib.sha256(identity.encode()).hexdigest()[:16]
        path = _lock_folder() / f"{name}.lock"
        try:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _refusal(path, error) from error
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self.descriptor, 4096, 0).decode("utf-8", "replace").strip()
            os.close(self.descriptor)
            raise refusal(f"{what} is in use by {holder or 'another process'}") from error
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"process {os.getpid()}, plan '{plan.resolve()}'".encode(), 0)

    def release(self) -> None:
        """Once."""
        with suppress(OSError):
            os.close(self.descriptor)


class DeviceLock(Lock):
    """Of a device, by its kind and address, whatever its label.

    Raises:
        DeviceError: another process holds it; the message says which.
    """

    def __init__(self, device: Device, plan: Path) -> None:
        what = f"device {device.label!r} ({device.where})"
        super().__init__(what, device.where, plan, DeviceError)


class ResultsLock(Lock):
    """Of the folder of a plan's results.

    Raises:
        OptionError: another process holds it; the message says which.
    """

    def __init__(self, plan: Plan) -> None:
        what = f"the folder '{plan.results}'"
        super().__init__(what, f"results {plan.results.resolve()}", plan.path, OptionError)


def lock_owner() -> str:
    """Of all processes that these locks keep apart: what lies on a device under this name is theirs.

    Raises:
        OptionError: it cannot be kept.
    """
    path = _lock_folder() / "owner"
    own = path.with_name(f"owner.{os.getpid()}")
    try:
        if not path.exists():
            own.write_text(uuid.uuid4().hex[:12])
            # Whole when it appears, and never replaced.
            with suppress(FileExistsError):
                path.hardlink_to(own)
            own.unlink()
        return path.read_text()
    except OSError as error:
        raise _refusal(path, error) from error


def _lock_folder() -> Path:
    folder = (cache_folder() or Path(tempfile.gettempdir())) / "devices"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(folder, error) from error
    return folder


def _refusal(path: Path, error: OSError) -> OptionError:
    reason = (error.strerror or str(error)).lower()
    return OptionError(f"cannot write '{path}': {reason}")
