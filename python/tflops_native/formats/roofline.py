"""What a report says of the roofline of its model."""

from typing import TYPE_CHECKING

from tflops_native.analysis import is_float
from tflops_native.formats import numbers
from tflops_native.formats.document import Found, Line
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.notes import Note
from tflops_native.reports.joined import Report

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import ThreadPeaks

_NAMED = 3  # operators above their roof that are named, where there are more


def roofline_lines(report: Report) -> Found:
    """How near the model comes to its roof, and what is wrong where it is above it."""
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
    return [Line("roof", text), *_above(report)]


def _peaks_of(peaks: "ThreadPeaks", types: list[str]) -> str:
    """ "float32 peak 103 GFLOP/s, DRAM 9.2 GB/s, 1 thread"."""
    parts = [
        f"{peak.arithmetic} peak {rate_text(peak.arithmetic, peak.operations_per_second)}"
        for peak in peaks.compute
        if peak.arithmetic in types
    ]
    parts += [
        f"{level.name} {numbers.three_digits(level.bytes_per_second / 1e9)} GB/s"
        for level in peaks.memory[-1:]
    ]
    return ", ".join([*parts, numbers.plural(peaks.threads, "thread")])


def _above(report: Report) -> Found:
    above = [row for row in report.rows if row.utilization and row.utilization.is_exceeded]
    if not above:
        return []
    named = ", ".join(
        f"{row.operator.index} {printable(row.operator.name, NAME_LIMIT)}" for row in above[:_NAMED]
    )
    more = f" and {len(above) - _NAMED} more" if len(above) > _NAMED else ""
    return [
        Note(
            code="above_roof",
            text=f"quicker than this machine allows: {named}{more}; a peak is too low "
            "(`tflops peaks --force` measures again), or the runtime left work out, as some kernels "
            "do for an input of zeros, or our count is too high: please report that",
        )
    ]


def rate_text(arithmetic: str, rate: float) -> str:
    """ "103 GFLOP/s"."""
    return f"{numbers.three_digits(rate / 1e9)} G{rate_unit(arithmetic)}/s"


def rate_unit(arithmetic: str) -> str:
    """FLOP or OP."""
    return "FLOP" if is_float(arithmetic) else "OP"
