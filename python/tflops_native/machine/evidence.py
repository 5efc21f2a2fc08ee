"""What went on around the samples: gathered before, between and after them, never while one is taken."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tflops_native.machine.cgroup import CpuQuota, read_cpu_quota
from tflops_native.machine.counters import Counters, Window, read_counters
from tflops_native.machine.kernel_files import ROOT
from tflops_native.machine.processors import (
    Processor,
    read_boost,
    read_heat_limit,
    read_is_virtual,
    read_processors,
    read_temperature,
)

# Windows are not made shorter: the system counts processor time in ticks of up to 10 ms.
WINDOW_SECONDS = 0.1
# Beyond, neighbours are put together, so that an hour gives no endless list.
WINDOWS_LIMIT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The state of the machine at one moment; None is unknown.

    processors      the CPUs that this process may run on
    is_heat_limited whether heat, or a weak power supply, holds the frequency down
    temperature_celsius
    load_average    processes that run or want to, mean over a minute
    """

    processors: tuple[Processor, ...]
    quota: CpuQuota | None
    is_heat_limited: bool | None
    temperature_celsius: float | None
    load_average: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What went on while the samples were taken.

    threads         asked of the runtime
    is_pinned       whether the measurement chose its CPUs
    cpus_allowed    CPUs that the measuring threads may run on; None is unknown
    cpus_used       CPUs that threads were found on, as far as the system tells
    busy_share      CPU -> the share of the time that anything ran on it, for all that there are
    """

    threads: int
    is_pinned: bool
    cpus_allowed: tuple[int, ...] | None
    cpus_used: tuple[int, ...]
    busy_share: Mapping[int, float]
    is_virtual: bool | None
    has_boost: bool | None
    start: Surroundings
    end: Surroundings
    windows: tuple[Window, ...]

    @property
    def total(self) -> Window:
        """All windows as one."""
        return sum(self.windows[1:], self.windows[0])


class Watch:
    """Gathers evidence: made before the samples, `look` between them, `finish` after them."""

    def __init__(self, *, threads: int, is_pinned: bool = False, root: Path = ROOT) -> None:
        self._root = root
        self._threads = threads
        self._is_pinned = is_pinned
        self._cpus = _cpus_allowed()
        self._start = self._surroundings()
        self._window_seconds = WINDOW_SECONDS
        self._windows: list[Window] = []
        self._samples = 0
        self._first = self._last = read_counters(root)
        self._cpus_used = _cpus_of(self._last)

    def look(self, samples: int) -> None:
        """So many samples more were taken. Ends a window if it has lasted long enough."""
        self._samples += samples
        if time.perf_counter() - self._last.seconds >= self._window_seconds:
            self._end_window(read_counters(self._root))

    def finish(self) -> Evidence:
        """No more samples."""
        if self._samples or not self._windows:
            self._end_window(read_counters(self._root))
        return Evidence(
            threads=self._threads,
            is_pinned=self._is_pinned,
            cpus_allowed=self._cpus,
            cpus_used=tuple(sorted(self._cpus_used)),
            busy_share=_busy_shares(self._first, self._last),
            is_virtual=read_is_virtual(self._root),
            has_boost=read_boost(self._root),
            start=self._start,
            end=self._surroundings(),
            windows=tuple(self._windows),
        )

    def _end_window(self, now: Counters) -> None:
        window = Window.between(self._last, now, samples=self._samples, cpus=self._cpus)
        self._windows.append(window)
        self._cpus_used |= _cpus_of(now)
        self._last = now
        self._samples = 0
        if len(self._windows) > WINDOWS_LIMIT:
            pairs = zip(self._windows[::2], self._windows[1::2], strict=False)
            odd = self._windows[len(self._windows) // 2 * 2 :]
            self._windows = [first + second for first, second in pairs] + odd
            self._window_seconds *= 2

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            processors=read_processors(self._cpus or (), self._root),
            quota=read_cpu_quota(self._root),
            is_heat_limited=read_heat_limit(self._root),
            temperature_celsius=read_temperature(self._root),
            load_average=_load(),
        )


def _cpus_allowed() -> tuple[int, ...] | None:
    affinity = getattr(os, "sched_getaffinity", None)
    return tuple(sorted(affinity(0))) if affinity else None


def _cpus_of(counters: Counters) -> set[int]:
    return {task.cpu for task in counters.tasks.values() if task.cpu is not None}


def _busy_shares(first: Counters, last: Counters) -> dict[int, float]:
    seconds = last.seconds - first.seconds
    return {
        cpu: min(1.0, (busy - first.busy_seconds[cpu]) / seconds)
        for cpu, busy in last.busy_seconds.items()
        if cpu in first.busy_seconds and seconds > 0
    }


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None
