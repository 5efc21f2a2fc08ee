"""What a measuring child process may use of time and memory; the second is held by the system."""

import math
import mmap
import sys
from dataclasses import dataclass
from pathlib import Path

from tflops_native.checks import number, whole_number
from tflops_native.compiled import native
from tflops_native.errors import OptionError

MIB = 1 << 20
MB = 10**6
# Longer than any step waits for something that is not an accelerator, and uses no processor meanwhile.
STALL_SECONDS = 300.0
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """Limits of one task in a child process; None is none.

    timeout_seconds   for the whole task, the start of the process included
    memory_bytes      memory that may be allocated on top of what the process has before it loads the
                      model: by the runtime, and for inputs and samples. Pages of the model file and of
                      libraries that are only read do not count; stacks of threads do. To time each
                      operator too, the model is in memory twice. Linux only.
    stall_seconds     for which the process may neither report anything nor use the processor, where there
                      is no `timeout_seconds`; Linux only

    Raises:
        OptionError: a limit is out of range, or cannot be held on this system.
    """

    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    stall_seconds: float | None = STALL_SECONDS

    def __post_init__(self) -> None:
        if self.timeout_seconds is not None:
            number("timeout (seconds)", self.timeout_seconds, above=0, below=math.inf)
        if self.memory_bytes is None:
            return
        whole_number("memory_limit (bytes)", self.memory_bytes, minimum=1)
        if sys.platform != "linux":
            raise OptionError(f"a memory limit can be held on Linux only, not on {sys.platform}")


NO_LIMITS = ChildLimits()


def hold_memory(limit_bytes: int) -> None:
    """From now on let this process allocate so many bytes more.

    Raises:
        OptionError: this system does not hold a process to such a limit.
        RuntimeLibraryError: the compiled part does not load.
    """
    import resource

    # What every measurement has in memory, whatever the model: not part of what is limited.
    import numpy as np  # noqa: F401

    native()
    most = _allocated_bytes() + limit_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    # Private memory that can be written: unlike the address space, what is used of it is what people
    # mean by memory. Not the resident set, which Linux does not limit.
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        mmap.mmap(-1, limit_bytes + MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, OverflowError, MemoryError):
        return
    raise OptionError("this system does not hold a process to a memory limit")


def release_memory() -> None:
    """End the limit, so that there is memory to say that there was none."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def byte_text(count: int) -> str:
    """Bytes in the unit in which they are a whole number: 500 MB, 64 MiB."""
    for unit, name in ((MIB, "MiB"), (MB, "MB")):
        if count % unit == 0:
            return f"{count // unit:,} {name}"
    return f"{count:,} bytes"


def _allocated_bytes() -> int:
    """What RLIMIT_DATA counts for this process."""
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise OptionError(
        f"a memory limit cannot be held here: {_STATUS} does not say how much memory a process has"
    )
