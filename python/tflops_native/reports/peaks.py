"""Peaks of a machine for people: a table of their own, and the lines of a report that relate to them."""

from typing import TYPE_CHECKING

from tflops_native.analysis import is_float
from tflops_native.reports import numbers
from tflops_native.reports.joined import Report
from tflops_native.reports.table import short_type

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import Peaks, ThreadPeaks

_NAMED = 3  # operators above their roof that are named, where there are more


def roofline_lines(report: Report) -> list[tuple[str, str]]:
    """Label and text: how near the model comes to its roof, and what is wrong where it is above it."""
    if report.peaks is None or report.utilization is None or report.attainable_rate is None:
        return []
    analysis = report.analysis
    types = [] if analysis is None else list(analysis.operations)
    is_all_float = all(map(is_float, types))
    unit = "FLOP" if is_all_float else "OP"
    text = (
        f"{100 * report.utilization:.0f}% of {numbers.three_digits(report.attainable_rate / 1e9)} "
        f"G{unit}/s attainable; {_peaks_of(report.peaks, types)}"
    )
    return [("roof", text), *_above(report)]


def _peaks_of(peaks: "ThreadPeaks", types: list[str]) -> str:
    """ "float32 peak 103 GFLOP/s, DRAM 9.2 GB/s, 1 thread"."""
    parts = [
        f"{peak.arithmetic} peak {_rate(peak.arithmetic, peak.operations_per_second)}"
        for peak in peaks.compute
        if peak.arithmetic in types
    ]
    parts += [
        f"{level.name} {numbers.three_digits(level.bytes_per_second / 1e9)} GB/s"
        for level in peaks.memory[-1:]
    ]
    return ", ".join([*parts, numbers.plural(peaks.threads, "thread")])


def _above(report: Report) -> list[tuple[str, str]]:
    above = [row for row in report.rows if row.utilization and row.utilization.is_exceeded]
    if not above:
        return []
    named = ", ".join(f"{row.operator.index} {row.operator.name}" for row in above[:_NAMED])
    more = f" and {len(above) - _NAMED} more" if len(above) > _NAMED else ""
    text = (
        f"quicker than this machine allows: {named}{more}; a peak is too low (`tflops peaks --force` "
        "measures again), or the runtime left work out, as some kernels do for an input of zeros, or "
        "our count is too high: please report that"
    )
    return [("note", text)]


def peaks_to_text(peaks: "Peaks") -> str:
    """A table of all numbers of threads, and what was measured how."""
    fingerprint = peaks.fingerprint
    cpus = numbers.plural(int(fingerprint["cpus"]), "usable CPU")
    processor = fingerprint["processor"] or "unknown processor"
    lines = [f"machine   {processor}, {fingerprint['architecture']}, {cpus}", ""]
    rows = [_headings(peaks.measured[0]), *map(_row, peaks.measured)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [
        " ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    last = peaks.measured[-1]
    used = ", ".join(f"{peak.arithmetic} {peak.instructions}" for peak in last.compute)
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
    lines += ["", f"with      {used}", f"read      {buffers} ({threads})", *_assumed(peaks)]
    return "\n".join(lines)


def _headings(peaks: "ThreadPeaks") -> list[str]:
    compute = [f"{short_type(p.arithmetic)} G{_unit(p.arithmetic)}/s" for p in peaks.compute]
    return ["threads", *compute, *(f"{level.name} GB/s" for level in peaks.memory)]


def _row(peaks: "ThreadPeaks") -> list[str]:
    values = [peak.operations_per_second for peak in peaks.compute]
    values += [level.bytes_per_second for level in peaks.memory]
    return [str(peaks.threads), *(numbers.three_digits(value / 1e9) for value in values)]


def _assumed(peaks: "Peaks") -> list[str]:
    names = [f"L{cache['level']}" for cache in peaks.fingerprint["caches"] if cache["assumed"]]
    return [f"note      the size of {', '.join(names)} is assumed: the system hides it"] * bool(
        names
    )


def _rate(arithmetic: str, rate: float) -> str:
    return f"{numbers.three_digits(rate / 1e9)} G{_unit(arithmetic)}/s"


def _unit(arithmetic: str) -> str:
    return "FLOP" if is_float(arithmetic) else "OP"
