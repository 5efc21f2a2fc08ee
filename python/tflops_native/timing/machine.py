"""What is known of the machine that measures. What cannot be read is None, not a guess."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Processor and system. `usable_cpus` are those that this process may run on."""

    processor: str | None
    architecture: str
    system: str
    logical_cpus: int | None
    usable_cpus: int | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "processor": self.processor,
            "architecture": self.architecture,
            "system": self.system,
            "logical_cpus": self.logical_cpus,
            "usable_cpus": self.usable_cpus,
        }


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
    """The processor's name: Linux tells it in a file, on Arm boards as that of the board."""
    for path, keys in (
        (Path("/proc/cpuinfo"), ("model name", "Model", "Hardware")),
        (Path("/proc/device-tree/model"), ()),
    ):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if not keys:
            return text.strip("\0\n ") or None
        fields = dict(
            (part.strip() for part in line.split(":", 1))
            for line in text.splitlines()
            if ":" in line
        )
        for key in keys:
            if fields.get(key):
                return fields[key]
    return platform.processor() or None
