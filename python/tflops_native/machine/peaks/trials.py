"""Measures the peaks of this machine: short trials, of which the best counts, for a peak is a maximum."""

from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from typing import TYPE_CHECKING

from tflops_native.compiled import native
from tflops_native.machine.caches import Cache
from tflops_native.machine.machine import available_bytes
from tflops_native.machine.peaks.peaks import DRAM, ComputePeak, MemoryPeak, ThreadPeaks
from tflops_native.progress import Progress, no_progress

if TYPE_CHECKING:
    from tflops_native._native import ComputeKernel

# Other work on the machine makes a trial slower, never faster. So trials are shorter than what a scheduler
# gives a program at a time, and go on until a number of them in a row brought nothing better. On a machine
# that never comes to rest they end all the same.
TRIAL_NS = 1_000_000
TRIALS_WITHOUT_GAIN = 50
TRIALS_LIMIT = 200
GAIN = 1.002
# On some processors the widest instruction set runs at a lower frequency than the next one.
_CANDIDATES = 2
_PORTABLE = "portable"
# A length is long enough if several in a row say so: one alone may have been interrupted.
_CONFIRMATIONS = 3
_DRAM_LEAST_BYTES = 64 << 20
_DRAM_MOST_BYTES = 1 << 30
_DRAM_PARTS = 16  # so that a trial is short here too

# Does something so many times; returns the nanoseconds that took.
Trial = Callable[[int], int]


def measure_thread_peaks(
    threads: int, caches: tuple[Cache, ...], progress: Progress = no_progress
) -> ThreadPeaks:
    """Measure on so many threads, in less than two seconds."""
    return ThreadPeaks(
        threads=threads,
        compute=measure_compute_peaks(threads),
        memory=_memory_peaks(threads, caches),
    )


def measure_compute_peaks(threads: int) -> tuple[ComputePeak, ...]:
    """One for each arithmetic type that the processor has instructions for."""
    kernels = native().compute_kernels()
    return tuple(
        _compute_peak([k for k in kernels if k.arithmetic == arithmetic], threads)
        for arithmetic in dict.fromkeys(kernel.arithmetic for kernel in kernels)
    )


def best_rate(trial: Trial) -> float:
    """The most repetitions per second that a trial showed."""
    repetitions = _calibrate(trial)
    return best_of(lambda: repetitions * 1e9 / max(trial(repetitions), 1))


def best_of(measure: Callable[[], float]) -> float:
    """The most that a measurement says, of as many as it takes."""
    best = 0.0
    without_gain = trials = 0
    while without_gain < TRIALS_WITHOUT_GAIN and trials < TRIALS_LIMIT:
        rate = measure()
        without_gain = 0 if rate > GAIN * best else without_gain + 1
        best = max(best, rate)
        trials += 1
    return best


def _calibrate(trial: Trial) -> int:
    """How many repetitions make a trial; the search also wakes up the processor."""
    repetitions = 1
    while (elapsed := _least(trial, repetitions)) < TRIAL_NS / 4:
        # Not in one step: the first ones are the least exact.
        repetitions *= min(max(TRIAL_NS // (2 * elapsed), 2), 64)
    return max(1, round(repetitions * TRIAL_NS / elapsed))


def _least(trial: Trial, repetitions: int) -> int:
    """The nanoseconds of one trial; the least of several where it seems long enough."""
    least = max(trial(repetitions), 1)
    confirmed = 1
    while least >= TRIAL_NS / 4 and confirmed < _CONFIRMATIONS:
        least = max(min(trial(repetitions), least), 1)
        confirmed += 1
    return least


def _compute_peak(kernels: "list[ComputeKernel]", threads: int) -> ComputePeak:
    special = [kernel for kernel in kernels if kernel.instructions != _PORTABLE]
    peaks = []
    for kernel in (special or kernels)[:_CANDIDATES]:
        rate = best_rate(lambda rounds, kernel=kernel: kernel.time(rounds, threads))  # type: ignore[misc]
        peaks.append(
            ComputePeak(
                arithmetic=kernel.arithmetic,
                operations_per_second=rate * threads * kernel.operations_per_round,
                instructions=kernel.instructions,
            )
        )
    return max(peaks, key=lambda peak: peak.operations_per_second)


def _memory_peaks(threads: int, caches: tuple[Cache, ...]) -> tuple[MemoryPeak, ...]:
    peaks = []
    nearer = 0
    for cache in caches:
        capacity = cache.capacity(threads)
        total = cache_buffer_bytes(capacity, nearer)
        peaks.append(_memory_peak(f"L{cache.level}", capacity, total, threads))
        nearer = capacity
    dram_total = dram_buffer_bytes(nearer, available_bytes())
    if dram_total is not None:
        with suppress(MemoryError):
            peaks.append(_memory_peak(DRAM, None, dram_total, threads, parts=_DRAM_PARTS))
    return tuple(peaks)


def cache_buffer_bytes(capacity: int, nearer: int) -> int:
    """Bytes to read from a level: so many that the nearer level cannot keep them, and no more.

    Others share a large cache, and on a virtual machine it may not even be there in the size it is said
    to have: then much of what is read again would come from memory.
    """
    return max(min(capacity // 4, 4 * nearer or capacity), 2 * nearer)


def dram_buffer_bytes(largest_cache: int, available: int | None) -> int | None:
    """Bytes to read from memory: several times the caches, but a quarter of what is free at most.

    None where that leaves too little to tell memory from the caches.
    """
    wanted = min(
        max(4 * largest_cache, _DRAM_LEAST_BYTES), max(_DRAM_MOST_BYTES, 2 * largest_cache)
    )
    bound = wanted if available is None else min(wanted, available // 4)
    return bound if bound >= 2 * largest_cache else None


def _memory_peak(
    name: str, capacity: int | None, total: int, threads: int, parts: int = 1
) -> MemoryPeak:
    """The most bytes per second; with several parts each trial reads the next one only."""
    core = native()
    step = core.ReadBuffers.granularity * parts
    per_thread = max(total // threads // step, 1) * step
    buffers = core.ReadBuffers(per_thread, threads)
    kernel = core.read_kernels()[0]
    if parts == 1:
        rate = best_rate(lambda passes: buffers.time(kernel, passes))
    else:
        # A part is not read again before all others were: no cache still holds it.
        part = cycle(range(parts))
        rate = best_of(lambda: 1e9 / buffers.time_part(kernel, next(part), parts)) / parts
    return MemoryPeak(
        name=name,
        capacity_bytes=capacity,
        buffer_bytes=per_thread * threads,
        bytes_per_second=rate * per_thread * threads,
    )
