"""Results that were saved, read back."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tflops_native.checks import file_path, parser_reason, shown
from tflops_native.errors import OptionError, ProfileFormatError
from tflops_native.formatting import plural
from tflops_native.imported.files import read_recorded
from tflops_native.imported.timer_record import TimerRecord
from tflops_native.machine.peaks.peaks import Peaks, ThreadPeaks
from tflops_native.measurement.timing import Timing
from tflops_native.plain_reading import from_plain
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.budgets import Check
from tflops_native.reports.comparison import Comparison
from tflops_native.reports.memory_fit import MemoryFit
from tflops_native.reports.memory_plan import MemoryPlan
from tflops_native.reports.report import Report
from tflops_native.reports.saved import FORMAT_PREFIX, FORMAT_VERSION, PAGE_DATA, REPORT
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.reports.verification import Verification
from tflops_native.result import Result
from tflops_native.runtime.installed import InstalledRuntimes

LARGEST_BYTES = 1 << 30
_KINDS: Mapping[str, type[Result]] = {
    "baseline": Baseline,
    "batch": Batch,
    "cell": SweepCell,
    "check": Check,
    "comparison": Comparison,
    "job": BatchJob,
    "memory": MemoryPlan,
    "memory_fit": MemoryFit,
    "peaks": Peaks,
    "runtimes": InstalledRuntimes,
    "sweep": Sweep,
    "verification": Verification,
}
# Those that are not "a" and their kind.
_IN_WORDS: Mapping[str, str] = {
    "cell": "a cell of a sweep that failed",
    "memory": "a plan of memory",
    "memory_fit": "a plan of memory on a board",
    "peaks": "peaks of a machine",
    "runtimes": "a list of runtimes",
}
# How a page begins.
_PAGE = b"<!doctype html>"
# What annotations mean that are imported for type checkers only.
NAMES = {"ThreadPeaks": ThreadPeaks, "Timing": Timing}


def load_saved(path: str | os.PathLike[str]) -> Result | tuple[Report, ...]:
    """What a file holds: reports, a comparison, peaks or a verification.

    Raises:
        ProfileFormatError: the file cannot be read, was not written by this package, is of another
            version of the format, or is damaged.
    """
    path = file_path("a saved result", path, ProfileFormatError)
    plain = _read(path)
    name = str(plain.get("format", "not stated"))
    kind = name.removeprefix(FORMAT_PREFIX)
    version = plain.get("format_version")
    if not name.startswith(FORMAT_PREFIX) or kind not in (REPORT, *_KINDS):
        raise ProfileFormatError(f"'{path}' is not a saved result: its format is {name[:40]!r}")
    if version != FORMAT_VERSION:
        is_newer = isinstance(version, int) and version > FORMAT_VERSION
        remedy = "update this one" if is_newer else "save it again with this version"
        raise ProfileFormatError(
            f"'{path}' has version {version!r} of the format, this tflops_native reads "
            f"{FORMAT_VERSION}: {remedy}"
        )
    try:
        if kind == REPORT:
            if not plain["reports"]:
                raise ValueError("it holds no reports")
            return tuple([from_plain(Report, item, NAMES) for item in plain["reports"]])
        return from_plain(_KINDS[kind], plain, NAMES)
    except (ValueError, KeyError, TypeError) as error:
        raise ProfileFormatError(f"'{path}' is damaged: {error}") from error


def what_is_saved(found: Result | tuple[Report, ...]) -> str:
    """ "a sweep", of what `load_saved` gives."""
    if isinstance(found, tuple):
        return "a report"
    if isinstance(found, BatchJob):
        return f"a job that failed ({found.reason}: {found.error})"
    (kind,) = (kind for kind, of in _KINDS.items() if type(found) is of)
    return _IN_WORDS.get(kind, f"a {kind}")


def load_report(path: str | os.PathLike[str], *, signature: str | None = None) -> Report:
    """The report that was saved in a file.

    Args:
        path: of the JSON that `tflops report MODEL -o FILE.json` or `save_report` wrote.
        signature: which one, where the file has a report for each of several signatures.

    Raises:
        ProfileFormatError: the file cannot be read, or holds no report of this version.
        OptionError: it has several, or none of this signature.
    """
    if signature is not None and not isinstance(signature, str):
        raise OptionError(f"a signature must be named by its key, got {shown(signature)}")
    found = load_saved(path)
    if not isinstance(found, tuple):
        raise ProfileFormatError(f"'{path}' holds {what_is_saved(found)}, not a report")
    if signature is not None:
        found = tuple(report for report in found if signature in report.signatures)
    if len(found) != 1:
        names = ", ".join(repr(report.signature) for report in found) or "none"
        raise OptionError(f"'{path}' has reports for several signatures, choose one: {names}")
    return found[0]


def load_peaks(path: str | os.PathLike[str], threads: int) -> ThreadPeaks:
    """The peaks of a machine from a file: for as many threads, or all of its CPUs where they are fewer.

    Args:
        path: of the JSON that `tflops peaks -o FILE.json` wrote, or `tflops-timer --peaks`.
        threads: that the model was timed with.

    Raises:
        ProfileFormatError: the file cannot be read, or holds no peaks for so many threads.
    """
    path = file_path("peaks", path, ProfileFormatError)
    plain = _read(path)
    if plain.get("format") == f"{FORMAT_PREFIX}peaks":
        saved_peaks = load_saved(path)
        found = saved_peaks.of_threads(threads) if isinstance(saved_peaks, Peaks) else None
    else:
        recorded = read_recorded(path)
        found = recorded.peaks if isinstance(recorded, TimerRecord) else None
        if found is not None and found.threads != threads:
            found = None
    if found is None:
        raise ProfileFormatError(f"'{path}' holds no peaks for {plural(threads, 'thread')}")
    return found


def _data_of(content: bytes) -> bytes:
    """The JSON of a file: that of a page of ours stands in the page."""
    if content[: len(_PAGE)].lower() != _PAGE:
        return content
    _, opening, rest = content.partition(PAGE_DATA.encode())
    return rest.partition(b"</script>")[0] if opening else b""


def _read(path: Path) -> dict[str, Any]:
    try:
        # Before opening: to open a pipe may wait forever.
        is_regular = path.is_file() or not path.exists()
        is_too_large = path.is_file() and path.stat().st_size > LARGEST_BYTES
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProfileFormatError(f"cannot read '{path}': {reason}") from error
    if not is_regular:
        what = "a directory; name a file in it" if path.is_dir() else "not a regular file"
        raise ProfileFormatError(f"cannot read '{path}': it is {what}")
    if is_too_large:
        raise ProfileFormatError(f"cannot read '{path}': it is larger than 1 GiB")
    try:
        content = path.read_bytes()
        if content[4:8] == b"TFL3":
            raise ProfileFormatError(
                f"'{path}' is a model, not a saved result: count or measure it"
            )
        # As text: of bytes that are not, the parser guesses an encoding.
        plain = json.loads(_data_of(content).decode("utf-8-sig"))
    except ProfileFormatError:
        raise
    except FileNotFoundError as error:
        raise ProfileFormatError(f"cannot read '{path}': no such file") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProfileFormatError(f"cannot read '{path}': {reason}") from error
    except (ValueError, RecursionError) as error:
        raise ProfileFormatError(f"'{path}' is not JSON: {parser_reason(error)}") from error
    if not isinstance(plain, dict):
        raise ProfileFormatError(f"'{path}' is not a saved result: it holds no JSON object")
    return plain
