"""What a report says of the roofline of its model."""

from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import is_float
from tflops_native.formats.document import Found, Line
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.reports.remarks import roofline_notes
from tflops_native.reports.report import Report

if TYPE_CHECKING:
    from tflops_native.machine.peaks.peaks import ThreadPeaks


def roofline_lines(report: Report) -> Found:
    """How near the model comes to its roof, and what is wrong where it is above it."""
    attainable = report.attainable_operations_per_second
    if report.peaks is None or report.timing is None:
        return []
    notes = roofline_notes(report.rows, report.peaks)
    if report.utilization is None or attainable is None:
        return [*notes]
    types = [] if report.analysis is None else list(report.analysis.operations)
    unit = "FLOP" if report.analysis is None else operation_unit(report.analysis)
    text = (
        f"{numbers.share(report.utilization)} of {numbers.three_digits(attainable / 1e9)} "
        f"G{unit}/s attainable; {_peaks_of(report.peaks, types)}"
    )
    return [Line("roof", text), *notes]


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


def rate_text(arithmetic: str, rate: float) -> str:
    """ "103 GFLOP/s"."""
    return f"{numbers.three_digits(rate / 1e9)} G{rate_unit(arithmetic)}/s"


def rate_unit(arithmetic: str) -> str:
    """FLOP or OP."""
    return "FLOP" if is_float(arithmetic) else "OP"
