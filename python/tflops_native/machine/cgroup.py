"""How much processor time the control groups of this process allow, and how often they held it back.

Containers and services limit it so: a process that has used up its share of a period (often 100 ms)
stands still until the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tflops_native.machine.kernel_files import ROOT, read_fields, read_integer, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuQuota:
    """The tightest limit of the groups around this process, and what it did so far.

    cpus                CPUs' worth of time per second; None where there is no limit
    throttled_periods   periods that it ended early
    throttled_seconds   time that threads stood still for it, summed over CPUs
    """

    cpus: float | None
    throttled_periods: int
    throttled_seconds: float


def read_cpu_quota(root: Path = ROOT) -> CpuQuota | None:
    """The quota of this process now; None where the system does not tell."""
    quotas = [quota for quota in map(_read_group, _groups(root)) if quota is not None]
    if not quotas:
        return None
    limits = [quota.cpus for quota in quotas if quota.cpus is not None]
    return CpuQuota(
        cpus=min(limits, default=None),
        throttled_periods=sum(quota.throttled_periods for quota in quotas),
        throttled_seconds=sum(quota.throttled_seconds for quota in quotas),
    )


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the groups that limit processor time, from that of this process outwards."""
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2) if line.count(":") >= 2 else ("", "-", "")
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = _mount(root, controllers)
        if mount is None:
            continue
        top, inside = mount
        # Seen from inside a container the path may begin above what is mounted.
        relative = path.removeprefix(inside if inside != "/" else "").strip("/")
        folder = root / top.strip("/") / relative
        if ".." in folder.parts or not folder.is_dir():
            folder = root / top.strip("/")
        while folder != root / top.strip("/"):
            yield folder
            folder = folder.parent
        yield folder


def _mount(root: Path, controllers: str) -> tuple[str, str] | None:
    """Where the hierarchy is mounted, and which of its folders; the unified one has no controllers."""
    for line in (read_text(root / "proc/self/mountinfo") or "").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        is_found = kind[0] == "cgroup" and "cpu" in kind[2].split(",")
        if kind[0] == "cgroup2" if not controllers else is_found:
            return fields[4], fields[3]
    return None


def _read_group(folder: Path) -> CpuQuota | None:
    maximum = read_text(folder / "cpu.max")
    if maximum is not None:
        cpus = _ratio(*maximum.split()[:2]) if len(maximum.split()) == 2 else None
    else:
        quota = read_integer(folder / "cpu.cfs_quota_us")
        cpus = _ratio(quota, read_integer(folder / "cpu.cfs_period_us"))
        if quota is None and not (folder / "cpu.stat").is_file():
            return None
    counts = read_fields(folder / "cpu.stat")
    return CpuQuota(
        cpus=cpus,
        throttled_periods=counts.get("nr_throttled", 0),
        # Microseconds in version 2, nanoseconds in version 1.
        throttled_seconds=counts.get("throttled_usec", 0) / 1e6
        + counts.get("throttled_time", 0) / 1e9,
    )


def _ratio(quota: str | int | None, period: str | int | None) -> float | None:
    """CPUs' worth of time; None for "max", -1 and what is not a number: no limit."""
    try:
        quota, period = int(quota or 0), int(period or 0)
    except ValueError:
        return None
    return quota / period if quota > 0 and period > 0 else None
