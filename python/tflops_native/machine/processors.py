"""How fast the processors run and may run: frequencies, governor, boost, heat. Read only.

Linux tells all of this in /sys. A virtual machine or another system hides it: that is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tflops_native.machine.kernel_files import ROOT, folders, read_integer, read_text

_CPUS = "sys/devices/system/cpu"
# Bits of the Raspberry Pi's firmware: voltage too low, frequency capped, throttled, near the limit.
_PI_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
_PI_NOW = 0b1111


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """One logical CPU at one moment.

    frequency_hz             what it runs at now
    minimum_hz, maximum_hz   what the system lets it run at
    hardware_maximum_hz      what it could run at
    thermal_throttles        how often heat slowed it down since the machine was started
    """

    cpu: int
    frequency_hz: int | None
    minimum_hz: int | None
    maximum_hz: int | None
    hardware_maximum_hz: int | None
    governor: str | None
    driver: str | None
    thermal_throttles: int | None


def read_processors(cpus: Sequence[int], root: Path = ROOT) -> tuple[Processor, ...]:
    """The state of these CPUs now."""
    return tuple(_read_processor(cpu, root) for cpu in cpus)


def _read_processor(cpu: int, root: Path) -> Processor:
    folder = root / _CPUS / f"cpu{cpu}"
    scaling = folder / "cpufreq"
    counts = [
        read_integer(folder / "thermal_throttle" / f"{part}_throttle_count")
        for part in ("core", "package")
    ]
    known = [count for count in counts if count is not None]
    return Processor(
        cpu=cpu,
        frequency_hz=_hertz(scaling / "scaling_cur_freq"),
        minimum_hz=_hertz(scaling / "scaling_min_freq"),
        maximum_hz=_hertz(scaling / "scaling_max_freq"),
        hardware_maximum_hz=_hertz(scaling / "cpuinfo_max_freq"),
        governor=read_text(scaling / "scaling_governor"),
        driver=read_text(scaling / "scaling_driver"),
        thermal_throttles=sum(known) if known else None,
    )


def _hertz(path: Path) -> int | None:
    kilohertz = read_integer(path)
    return None if kilohertz is None else kilohertz * 1000


def read_boost(root: Path = ROOT) -> bool | None:
    """Whether CPUs may run above their nominal frequency for as long as heat allows."""
    no_turbo = read_integer(root / _CPUS / "intel_pstate/no_turbo")
    if no_turbo is not None:
        return no_turbo == 0
    boost = read_integer(root / _CPUS / "cpufreq/boost")
    return None if boost is None else boost != 0


def read_heat_limit(root: Path = ROOT) -> bool | None:
    """Whether heat, or a weak power supply, holds the CPUs' frequency down right now."""
    flags = read_text(root / _PI_THROTTLED)
    states = [
        read_integer(device / "cur_state")
        for device in folders(root / "sys/class/thermal", "cooling_device*")
        if "cpu" in (read_text(device / "type") or "").lower()
    ]
    known = [state > 0 for state in states if state is not None]
    try:
        if flags is not None:
            # Hexadecimal, with or without the prefix.
            known.append(int(flags, 16) & _PI_NOW != 0)
    except ValueError:
        pass
    return any(known) if known else None


def read_temperature(root: Path = ROOT) -> float | None:
    """The highest temperature that the system knows of, in degrees Celsius."""
    zones = folders(root / "sys/class/thermal", "thermal_zone*")
    known = [degrees for zone in zones if (degrees := read_integer(zone / "temp")) is not None]
    return max(known) / 1000 if known else None


def read_is_virtual(root: Path = ROOT) -> bool | None:
    """Whether this is a virtual machine, where the processor tells."""
    for line in (read_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return "hypervisor" in value.split()
    if (root / "sys/hypervisor/type").is_file() or (root / "proc/device-tree/hypervisor").exists():
        return True
    return None
