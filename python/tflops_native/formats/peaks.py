"""The peaks of a machine: a table of all numbers of threads, and what was measured how."""

from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.formats.document import Cell, Column, Document, Found, Line, Lines, Table, row_of
from tflops_native.formats.operator_cells import short_type
from tflops_native.formats.roofline import rate_unit
from tflops_native.notes import Note
from tflops_native.reports.saved import saved

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import Peaks, ThreadPeaks

# Of the arithmetic of most models, and of memory: what stays on a narrow terminal.
_USUAL = ("float32", "int8")


def peaks_document(peaks: "Peaks") -> Document:
    """One row per number of threads."""
    return Document(
        title="Peaks of this machine",
        parts=(Lines((_machine(peaks),)), _table(peaks), Lines(tuple(_details(peaks)))),
        data=lambda: saved("peaks", peaks.to_dict()),
    )


def _machine(peaks: "Peaks") -> Line:
    fingerprint = peaks.fingerprint
    cpus = numbers.plural(fingerprint.cpus, "usable CPU")
    processor = fingerprint.processor or "unknown processor"
    return Line("machine", f"{processor}, {fingerprint.architecture}, {cpus}")


def _table(peaks: "Peaks") -> Table:
    first = peaks.measured[0]
    columns = (
        Column(key="threads", heading="threads"),
        *(
            Column(
                key=f"{peak.arithmetic}_operations_per_second",
                heading=f"{short_type(peak.arithmetic)} G{rate_unit(peak.arithmetic)}/s",
                drop=None if peak.arithmetic in _USUAL else 1,
            )
            for peak in first.compute
        ),
        *(
            Column(
                key=f"{level.name.lower()}_bytes_per_second",
                heading=f"{level.name} GB/s",
                drop=None if level.capacity_bytes is None else position,
            )
            for position, level in enumerate(first.memory, 2)
        ),
    )
    return Table(
        title="Peaks by number of threads",
        columns=columns,
        rows=tuple(row_of(columns, _cells(found)) for found in peaks.measured),
    )


def _cells(peaks: "ThreadPeaks") -> dict[str, Cell]:
    rates = {
        f"{peak.arithmetic}_operations_per_second": peak.operations_per_second
        for peak in peaks.compute
    }
    rates |= {
        f"{level.name.lower()}_bytes_per_second": level.bytes_per_second for level in peaks.memory
    }
    return {
        "threads": Cell(peaks.threads, str(peaks.threads)),
        **{key: Cell(rate, numbers.three_digits(rate / 1e9)) for key, rate in rates.items()},
    }


def _details(peaks: "Peaks") -> Found:
    last = peaks.measured[-1]
    used = ", ".join(_instructions(peaks, peak.arithmetic) for peak in last.compute)
    buffers = ", ".join(
        f"{level.name} {numbers.byte_count(level.buffer_bytes)}B"
        + (
            ""
            if level.capacity_bytes is None
            else f" of {numbers.byte_count(level.capacity_bytes)}B"
        )
        for level in last.memory
    )
    threads = numbers.plural(last.threads, "thread")
    found: Found = [Line("with", used), Line("read", f"{buffers} ({threads})")]
    assumed = [f"L{cache.level}" for cache in peaks.fingerprint.caches if cache.is_assumed]
    if assumed:
        found.append(
            Note(
                code="cache_size_assumed",
                text=f"the size of {', '.join(assumed)} is assumed: the system hides it",
            )
        )
    return found


def _instructions(peaks: "Peaks", arithmetic: str) -> str:
    """ "float32 AVX2"; where threads differ, "int8 AMX-INT8 (1 thread), AVX512-VNNI (2 threads)"."""
    used: dict[str, list[int]] = {}
    for measured in peaks.measured:
        for peak in measured.compute:
            if peak.arithmetic == arithmetic:
                used.setdefault(peak.instructions, []).append(measured.threads)
    if len(used) == 1:
        return f"{arithmetic} {next(iter(used))}"
    return f"{arithmetic} " + ", ".join(
        f"{name} ({', '.join(map(str, [*threads[:-1], numbers.plural(threads[-1], 'thread')]))})"
        for name, threads in used.items()
    )
