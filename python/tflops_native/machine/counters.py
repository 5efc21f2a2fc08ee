"""What the system counts of this process and its CPUs, and how much that was between two moments."""

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflops_native.machine.kernel_files import ROOT, folders, read_text


@dataclass(frozen=True, slots=True)
class Task:
    """One thread: seconds that it waited for a CPU, moves between CPUs, and the CPU it was on."""

    wait_seconds: float | None
    migrations: int | None
    cpu: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Totals at one moment; what the system does not tell is None, or missing from a mapping.

    busy_seconds    per CPU: time in which anything ran on it
    steal_seconds   per CPU: time in which the hypervisor ran something else
    tasks           thread id -> thread
    """

    seconds: float
    cpu_seconds: float
    voluntary_switches: int | None
    involuntary_switches: int | None
    minor_faults: int | None
    major_faults: int | None
    busy_seconds: Mapping[int, float]
    steal_seconds: Mapping[int, float]
    tasks: Mapping[int, Task]


def read_counters(root: Path = ROOT) -> Counters:
    """The totals now. Takes some tenths of a millisecond."""
    usage = _usage()
    busy, steal = _cpu_seconds(root)
    return Counters(
        seconds=time.perf_counter(),
        cpu_seconds=time.process_time(),
        voluntary_switches=usage.get("ru_nvcsw"),
        involuntary_switches=usage.get("ru_nivcsw"),
        minor_faults=usage.get("ru_minflt"),
        major_faults=usage.get("ru_majflt"),
        busy_seconds=busy,
        steal_seconds=steal,
        tasks={
            int(folder.name): _read_task(folder)
            for folder in folders(root / "proc/self/task", "[0-9]*")
        },
    )


def _usage() -> dict[str, int]:
    try:
        import resource
    except ImportError:
        return {}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        name: getattr(usage, name) for name in ("ru_nvcsw", "ru_nivcsw", "ru_minflt", "ru_majflt")
    }


def _cpu_seconds(root: Path) -> tuple[dict[int, float], dict[int, float]]:
    """Busy and stolen seconds per CPU."""
    busy: dict[int, float] = {}
    steal: dict[int, float] = {}
    text = read_text(root / "proc/stat")
    if text is None:
        return busy, steal
    ticks_per_second = os.sysconf("SC_CLK_TCK")
    for line in text.splitlines():
        name, *numbers = line.split()
        if not name.startswith("cpu"):
            break
        if name == "cpu" or len(numbers) < 8:
            continue
        user, nice, system, _idle, _iowait, interrupt, soft, stolen = map(int, numbers[:8])
        cpu = int(name.removeprefix("cpu"))
        busy[cpu] = (user + nice + system + interrupt + soft) / ticks_per_second
        steal[cpu] = stolen / ticks_per_second
    return busy, steal


def _read_task(folder: Path) -> Task:
    waited = (read_text(folder / "schedstat") or "").split()
    # The name of the thread, in brackets, may hold anything; the 39th field is the CPU.
    fields = (read_text(folder / "stat") or "").rpartition(")")[2].split()
    migrations = None
    for line in (read_text(folder / "sched") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("se.nr_migrations", "nr_migrations"):
            migrations = int(value)
    return Task(
        wait_seconds=int(waited[1]) / 1e9 if len(waited) == 3 else None,
        migrations=migrations,
        cpu=int(fields[36]) if len(fields) > 36 else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What happened between two moments; the switches, faults and times of all threads together.

    samples         samples that were taken
    cpu_seconds     processor time that this process used
    wait_seconds    time in which threads of this process were ready to run, but others ran
    migrations      moves of threads from one CPU to another
    busy_seconds    processor time that all used on the CPUs allowed to this process
    steal_seconds   time that the hypervisor took from those CPUs while they had work
    """

    samples: int
    seconds: float
    cpu_seconds: float
    voluntary_switches: int | None
    involuntary_switches: int | None
    minor_faults: int | None
    major_faults: int | None
    wait_seconds: float | None
    migrations: int | None
    busy_seconds: float | None
    steal_seconds: float | None

    @classmethod
    def between(
        cls, before: Counters, after: Counters, *, samples: int, cpus: Collection[int] | None
    ) -> "Window":
        """The difference of two totals; of the CPUs, those listed, or all if None."""

        def risen(name: str) -> Any:
            start, end = getattr(before, name), getattr(after, name)
            return None if start is None or end is None else end - start

        def on_cpus(name: str) -> float | None:
            start, end = getattr(before, name), getattr(after, name)
            there = [cpu for cpu in end if cpu in start and (cpus is None or cpu in cpus)]
            return sum(end[cpu] - start[cpu] for cpu in there) if there else None

        return cls(
            samples=samples,
            seconds=after.seconds - before.seconds,
            cpu_seconds=after.cpu_seconds - before.cpu_seconds,
            voluntary_switches=risen("voluntary_switches"),
            involuntary_switches=risen("involuntary_switches"),
            minor_faults=risen("minor_faults"),
            major_faults=risen("major_faults"),
            wait_seconds=_risen_in_tasks(before, after, "wait_seconds"),
            migrations=_risen_in_tasks(before, after, "migrations"),
            busy_seconds=on_cpus("busy_seconds"),
            steal_seconds=on_cpus("steal_seconds"),
        )

    @property
    def other_seconds(self) -> float | None:
        """Processor time that others used on the CPUs allowed to this process."""
        # The system counts in ticks of some milliseconds: the difference may come out below 0.
        return None if self.busy_seconds is None else max(0.0, self.busy_seconds - self.cpu_seconds)

    def __add__(self, other: "Window") -> "Window":
        sums: dict[str, Any] = {}
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            sums[name] = None if mine is None or theirs is None else mine + theirs
        return Window(**sums)


def _risen_in_tasks(before: Counters, after: Counters, name: str) -> Any:
    """By how much a count rose in the threads that are there now; None if it is not reported."""
    rises = []
    for identity, task in after.tasks.items():
        now = getattr(task, name)
        then = getattr(before.tasks[identity], name) if identity in before.tasks else 0
        if now is not None and then is not None:
            rises.append(now - then)
    return sum(rises) if rises else None
