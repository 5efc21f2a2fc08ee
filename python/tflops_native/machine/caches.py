"""The data caches of this machine: sizes, and how many of each there are for the CPUs we may use."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KIB = 1024
# Where the system hides them: what small cores have had for a decade. A third level is not assumed.
_ASSUMED = {1: 32 * KIB, 2: 512 * KIB}
_SYSFS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """One level of data caches.

    size_bytes   of one of them
    instances    how many of them the usable CPUs have: one for each CPU, or one that some share
    is_assumed   whether the size is a guess, because the system hides it
    """

    level: int
    size_bytes: int
    instances: int
    is_assumed: bool = False

    def capacity(self, threads: int) -> int:
        """Bytes that so many threads have together, when the system spreads them."""
        return self.size_bytes * min(threads, self.instances)


def data_caches(cpus: Iterable[int], sysfs: Path = _SYSFS) -> tuple[Cache, ...]:
    """The levels from the first on, as Linux shows them, else as the C library does, else assumed."""
    usable = sorted(cpus)
    found = _from_sysfs(usable, sysfs) or _from_c_library(len(usable))
    return found or tuple(
        Cache(level=level, size_bytes=size, instances=len(usable), is_assumed=True)
        for level, size in _ASSUMED.items()
    )


def _from_sysfs(cpus: list[int], sysfs: Path) -> tuple[Cache, ...]:
    sizes: dict[int, int] = {}
    sharers: dict[int, set[str]] = {}
    for cpu in cpus:
        for folder in sorted((sysfs / f"cpu{cpu}" / "cache").glob("index*")):
            try:
                if _text(folder / "type") not in ("Data", "Unified"):
                    continue
                level = int(_text(folder / "level"))
                size = _bytes(_text(folder / "size"))
                shared = _text(folder / "shared_cpu_list")
            except (OSError, ValueError):
                continue
            # Where cores differ, the largest: a peak is what the machine can do at most.
            sizes[level] = max(size, sizes.get(level, 0))
            sharers.setdefault(level, set()).add(shared)
    return tuple(
        Cache(level=level, size_bytes=sizes[level], instances=len(sharers[level]))
        for level in sorted(sizes)
        if sizes[level] > 0
    )


def _from_c_library(cpus: int) -> tuple[Cache, ...]:
    """What `sysconf` says, which does not tell who shares: beyond the second level all do."""
    found = []
    for level, name in ((1, "SC_LEVEL1_DCACHE_SIZE"), (2, "SC_LEVEL2_CACHE_SIZE")):
        size = _sysconf(name)
        if size > 0:
            found.append(Cache(level=level, size_bytes=size, instances=cpus))
    size = _sysconf("SC_LEVEL3_CACHE_SIZE")
    if size > 0:
        found.append(Cache(level=3, size_bytes=size, instances=1))
    return tuple(found)


def _sysconf(name: str) -> int:
    try:
        return os.sysconf(name)
    except (AttributeError, ValueError, OSError):
        return 0


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()


def _bytes(text: str) -> int:
    """ "32K" -> 32768."""
    factor = {"K": KIB, "M": KIB**2}.get(text[-1:])
    return int(text) if factor is None else int(text[:-1]) * factor
