"""What a machine can do at most: arithmetic per second, and bytes per second from each level of memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

FORMAT = "tflops_native/peaks"
FORMAT_VERSION = 1
DRAM = "DRAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePeak:
    """The most operations per second of one arithmetic type, 2 for each multiplication with addition.

    instructions   the instruction set that reached it
    """

    arithmetic: str
    operations_per_second: float
    instructions: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "arithmetic": self.arithmetic,
            "operations_per_second": self.operations_per_second,
            "instructions": self.instructions,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        return cls(
            arithmetic=str(plain["arithmetic"]),
            operations_per_second=_positive(plain["operations_per_second"]),
            instructions=str(plain["instructions"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPeak:
    """The most bytes read per second from one level of memory, by all threads together.

    name             "L1", "L2", ... or "DRAM"
    capacity_bytes   what the level holds for all threads together; None for DRAM
    buffer_bytes     what was read, by all threads together, again and again
    """

    name: str
    capacity_bytes: int | None
    buffer_bytes: int
    bytes_per_second: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "capacity_bytes": self.capacity_bytes,
            "buffer_bytes": self.buffer_bytes,
            "bytes_per_second": self.bytes_per_second,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        capacity = plain["capacity_bytes"]
        return cls(
            name=str(plain["name"]),
            capacity_bytes=None if capacity is None else int(_positive(capacity)),
            buffer_bytes=int(_positive(plain["buffer_bytes"])),
            bytes_per_second=_positive(plain["bytes_per_second"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPeaks:
    """The peaks of so many threads together.

    compute   one per arithmetic type that was measured
    memory    from the nearest level on
    """

    threads: int
    compute: tuple[ComputePeak, ...]
    memory: tuple[MemoryPeak, ...]

    def operations_per_second(self, arithmetic: str) -> float | None:
        """None for arithmetic that was not measured."""
        for peak in self.compute:
            if peak.arithmetic == arithmetic:
                return peak.operations_per_second
        return None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "threads": self.threads,
            "compute": [peak.to_dict() for peak in self.compute],
            "memory": [peak.to_dict() for peak in self.memory],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        return cls(
            threads=int(_positive(plain["threads"])),
            compute=tuple(ComputePeak.from_dict(peak) for peak in plain["compute"]),
            memory=tuple(MemoryPeak.from_dict(peak) for peak in plain["memory"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The peaks of a machine by number of threads.

    fingerprint   what they belong to: processor, CPUs, caches, and the kernels that measured them
    measured      one for each number of threads measured, ascending
    """

    fingerprint: Mapping[str, Any]
    measured: tuple[ThreadPeaks, ...]

    def of_threads(self, threads: int) -> ThreadPeaks | None:
        """Those of so many threads; of all CPUs where there are more threads than CPUs."""
        cpus = int(self.fingerprint["cpus"])
        return next((p for p in self.measured if p.threads == min(threads, cpus)), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "fingerprint": dict(self.fingerprint),
            "measured": [peaks.to_dict() for peaks in self.measured],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        if (plain["format"], plain["format_version"]) != (FORMAT, FORMAT_VERSION):
            raise ValueError(f"not {FORMAT} of version {FORMAT_VERSION}")
        return cls(
            fingerprint=plain["fingerprint"],
            measured=tuple(ThreadPeaks.from_dict(peaks) for peaks in plain["measured"]),
        )


def _positive(value: Any) -> float:
    """A number above zero and finite, as every peak and size is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e24:
        raise ValueError(f"{value!r} is no positive number")
    return value
