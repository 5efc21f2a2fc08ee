"""Keeps measured peaks in the user's cache folder, one file per machine, and measures what is missing."""

import hashlib
import json
import platform
from collections.abc import Sequence
from pathlib import Path

from tflops_native.cache import cache_folder, keep
from tflops_native.checks import whole_number
from tflops_native.compiled import native
from tflops_native.errors import OptionError
from tflops_native.isolation.isolated import run_isolated
from tflops_native.machine.affinity import usable_cpus
from tflops_native.machine.caches import Cache, data_caches
from tflops_native.machine.machine import this_machine
from tflops_native.machine.peaks.peaks import Fingerprint, Peaks, ThreadPeaks
from tflops_native.machine.peaks.trials import measure_thread_peaks
from tflops_native.plain import to_plain
from tflops_native.plain_json import dump_json
from tflops_native.plain_reading import from_plain
from tflops_native.progress import Progress, no_progress

# Raised with every change of the kernels or of the trials, so that older figures are measured again.
KERNELS_VERSION = 4
LARGEST_BYTES = 1 << 20  # of a cache file
_ALL_COUNTS = 8  # up to so many CPUs each number of threads is measured, then each power of two


def thread_counts(cpus: int) -> tuple[int, ...]:
    """1 to so many CPUs, from eight on only powers of two, and all of them."""
    if cpus <= _ALL_COUNTS:
        return tuple(range(1, cpus + 1))
    powers = [1 << power for power in range(cpus.bit_length()) if 1 << power < cpus]
    return (*powers, cpus)


def machine_peaks(
    threads: Sequence[int] | None = None,
    *,
    may_exceed: bool = False,
    force: bool = False,
    isolated: bool = False,
    progress: Progress = no_progress,
) -> Peaks:
    """The peaks of this machine: those in the cache, and what is missing measured now.

    Args:
        threads: numbers of threads; None: 1 to all CPUs.
        may_exceed: whether more threads than CPUs count as all of these, instead of being refused.
        force: measure again what is in the cache.
        isolated: measure in a child process: an instruction that a machine only claims to have would
            end this one.
        progress: called with what is measured and how much is done, 0 to 1.

    Raises:
        OptionError: a number of threads is below 1, or above the CPUs.
        RuntimeLibraryError: the compiled part is missing.
        InvokeError: isolated, the child process ended without a result.
    """
    caches = data_caches(usable_cpus())
    fingerprint = _fingerprint(caches)
    cpus = fingerprint.cpus
    wanted = set(thread_counts(cpus))
    if threads is not None:
        wanted = {_thread_count(count, cpus, may_exceed) for count in threads}
    path = _path(fingerprint)
    known = {peaks.threads: peaks for peaks in _read(path, fingerprint)}
    missing = [count for count in sorted(wanted) if force or count not in known]
    for done, count in enumerate(missing):
        progress("peaks", done / len(missing))
        if isolated:
            known[count] = run_isolated(measure_thread_peaks, count, caches)
        else:
            known[count] = measure_thread_peaks(count, caches)
    peaks = Peaks(fingerprint=fingerprint, measured=tuple(known[count] for count in sorted(known)))
    if missing:
        _write(path, peaks)
    return peaks


def _thread_count(count: int, cpus: int, may_exceed: bool) -> int:
    count = whole_number("threads", count, minimum=1)
    if count > cpus and not may_exceed:
        raise OptionError(f"threads must be {cpus} or less on this machine, got {count}")
    return min(count, cpus)


def _fingerprint(caches: tuple[Cache, ...]) -> Fingerprint:
    machine = this_machine()
    kernels = native().compute_kernels()
    return Fingerprint(
        processor=machine.processor,
        architecture=machine.architecture,
        host=platform.node(),
        cpus=len(usable_cpus()),
        caches=caches,
        instructions=tuple(f"{kernel.arithmetic} {kernel.instructions}" for kernel in kernels),
        kernels_version=KERNELS_VERSION,
    )


def _path(fingerprint: Fingerprint) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(dump_json(to_plain(fingerprint)).encode()).hexdigest()
    return None if folder is None else folder / f"peaks-{digest[:16]}.json"


def _read(path: Path | None, fingerprint: Fingerprint) -> tuple[ThreadPeaks, ...]:
    """What the file says of this machine; nothing where there is none, or it is damaged."""
    if path is None:
        return ()
    try:
        # Whatever else lies there, a pipe or a device, is not read: it may never end.
        if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
            return ()
        peaks = from_plain(Peaks, json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    return peaks.measured if peaks.fingerprint == fingerprint else ()


def _write(path: Path | None, peaks: Peaks) -> None:
    """Failures are ignored: they can be measured again."""
    if path is not None:
        keep(path, dump_json(peaks.to_dict()).encode())
