"""What a machine can do at most: arithmetic per second, and bytes per second from each level of memory."""

from dataclasses import dataclass

from tflops_native.machine.caches import Cache
from tflops_native.result import Result

DRAM = "DRAM"
_LARGEST = 1e24


def _check_positive(*values: float) -> None:
    """Raise `ValueError` unless all are above zero and finite, as every peak and size is."""
    for value in values:
        if not 1 / _LARGEST < value < _LARGEST:
            raise ValueError(f"a peak must be a positive number, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePeak:
    """The most operations per second of one arithmetic type, 2 for each multiplication with addition.

    instructions   the instruction set that reached it
    """

    arithmetic: str
    operations_per_second: float
    instructions: str

    def __post_init__(self) -> None:
        _check_positive(self.operations_per_second)


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

    def __post_init__(self) -> None:
        _check_positive(self.buffer_bytes, self.bytes_per_second, self.capacity_bytes or 1)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """All that peaks depend on, as far as the system reports it.

    cpus              that may be used
    instructions      of the kernels that measured: "float32 AVX2"
    kernels_version   raised with every change of the kernels or of the trials
    """

    processor: str | None
    architecture: str
    host: str
    cpus: int
    caches: tuple[Cache, ...]
    instructions: tuple[str, ...]
    kernels_version: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Peaks(Result):
    """The peaks of a machine by number of threads.

    fingerprint   what they belong to
    measured      one for each number of threads measured, ascending
    """

    fingerprint: Fingerprint
    measured: tuple[ThreadPeaks, ...]

    def __post_init__(self) -> None:
        if not self.measured:
            raise ValueError("nothing was measured")

    def of_threads(self, threads: int) -> ThreadPeaks | None:
        """Those of so many threads; of all CPUs where there are more threads than CPUs."""
        wanted = min(threads, self.fingerprint.cpus)
        return next((peaks for peaks in self.measured if peaks.threads == wanted), None)

    def __repr__(self) -> str:
        counts = ", ".join(str(peaks.threads) for peaks in self.measured)
        return f"<Peaks {self.fingerprint.processor or 'unknown processor'}, threads {counts}>"
