"""A lock per device: two plans that measure on one device at once would measure each other."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from tflops_native.cache import cache_folder
from tflops_native.errors import DeviceError, OptionError
from tflops_native.fleets.plan import Device


class DeviceLock:
    """Held from its making until `release`, or until the process ends, however it ends.

    Args:
        device: known by its kind and address, whatever its label.
        plan: what the next one is told.

    Raises:
        DeviceError: another process holds it; the message says which.
    """

    def __init__(self, device: Device, plan: Path) -> None:
        try:
            import fcntl
        except ImportError as error:
            raise OptionError("a fleet needs Linux or macOS, which lock files") from error
        folder = (cache_folder() or Path(tempfile.gettempdir())) / "devices"
        name = hashlib.sha256(device.where.encode()).hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OptionError(f"cannot write '{folder}': {reason}") from error
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self.descriptor, 4096, 0).decode("utf-8", "replace").strip()
            os.close(self.descriptor)
            raise DeviceError(
                f"device {device.label!r} ({device.where}) is in use by {holder or 'another process'}"
            ) from error
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"process {os.getpid()}, plan '{plan.resolve()}'".encode(), 0)

    def release(self) -> None:
        """Once."""
        with suppress(OSError):
            os.close(self.descriptor)
