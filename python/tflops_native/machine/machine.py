"""What is known of the machine that measures. What cannot be read is None, not a guess."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Processor and system. `usable_cpus` are those that this process may run on."""

    processor: str | None
    architecture: str
    system: str
    logical_cpus: int | None
    usable_cpus: int | None


def this_machine() -> Machine:
    """The machine that this process runs on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return Machine(
        processor=_processor(),
        architecture=platform.machine(),
        system=f"{platform.system()} {platform.release()}".strip(),
        logical_cpus=os.cpu_count(),
        usable_cpus=len(affinity(0)) if affinity else None,
    )


def _processor() -> str | None:
    """The processor's name; on Arm boards Linux knows that of the board instead."""
    fields = {}
    for line in _text("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        fields[key.strip()] = value.strip()
    names = [fields.get("model name"), fields.get("Model"), _text("/proc/device-tree/model")]
    return next((name.strip("\0\n ") for name in names if name), platform.processor() or None)


def available_bytes() -> int | None:
    """Memory that can be had without swapping; in a container, no more than its limit leaves."""
    bounds = []
    for line in _text("/proc/meminfo").splitlines():
        key, _, value = line.partition(":")
        if key == "MemAvailable":
            bounds.append(int(value.split()[0]) * 1024)
    limit, used = (_text(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    if limit.isdecimal() and used.isdecimal():
        bounds.append(max(int(limit) - int(used), 0))
    return min(bounds, default=None)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
