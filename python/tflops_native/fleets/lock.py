"""The lock of a device: two plans that measure on one at once would measure each other."""

import hashlib
import os
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

from tflops_native.cache import cache_folder
from tflops_native.errors import DeviceError, OptionError
from tflops_native.fleets.plan import Device, destination
from tflops_native.locks import Lock


class DeviceLock(Lock):
    """Of a device, whatever its label.

    Raises:
        DeviceError: another process holds it; the message says which.
    """

    def __init__(self, device: Device, plan: Path) -> None:
        name = hashlib.sha256(destination(device).encode()).hexdigest()[:16]
        what = f"device {device.label!r} ({device.where})"
        path = _lock_folder() / f"{name}.lock"
        super().__init__(path, what, f"plan '{plan.resolve()}'", DeviceError)


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
