"""The roofline: the measured roofs, and each operator under them."""

import math

from tflops_native.formats.figures.plot import BLUE, COLOURS, Plot, Scale
from tflops_native.formats.operator_cells import roof_text
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formatting import brief, count, seconds, three_digits
from tflops_native.reports.report import Report

_LARGEST = 14  # radius of an operator that takes all of the time


def roofline_figure(report: Report) -> str | None:
    """None without peaks, or without an operator that has a speed and a roof."""
    peaks, analysis = report.peaks, report.analysis
    rows = [row for row in report.rows if row.rate and row.roof and row.roof.intensity]
    if peaks is None or analysis is None or not rows or not peaks.memory:
        return None
    unit = operation_unit(analysis)
    used = [peak for peak in peaks.compute if peak.arithmetic in analysis.operations]
    if not used:
        return None
    highest = max(peak.operations_per_second for peak in used)
    intensities = [row.roof.intensity for row in rows if row.roof and row.roof.intensity]
    ridge = highest / peaks.memory[-1].bytes_per_second
    rates = [row.rate for row in rows if row.rate]
    plot = Plot(
        x=Scale.around(f"{unit}s per byte", [*intensities, ridge], is_log=True),
        y=Scale.around(f"{unit}/s", [*rates, highest], is_log=True),
        label="Roofline of the model's operators",
    )
    for position, peak in enumerate(used):
        rate = peak.operations_per_second
        name = f"{peak.arithmetic} {count(rate)}{unit}/s"
        plot.line(
            [(plot.x.low, rate), (plot.x.high, rate)],
            name,
            colour=COLOURS[(1 + position) % len(COLOURS)],
        )
    for level in peaks.memory:
        bandwidth = level.bytes_per_second
        low = max(plot.x.low, plot.y.low / bandwidth)
        high = min(plot.x.high, highest / bandwidth)
        if low < high:
            ends = [(low, low * bandwidth), (high, high * bandwidth)]
            plot.line(
                ends, f"{level.name} {count(bandwidth)}B/s", colour="currentColor", dash="4 3"
            )
    for row in sorted(rows, key=lambda row: -(row.own_time_share or 0.0)):
        roof, reached = row.roof, row.utilization
        if roof is None or not roof.intensity or not row.rate or row.time is None:
            continue
        layer = "" if row.operator.layer is None else f" {row.operator.layer}"
        hover = (
            f"{row.operator.index} {row.operator.name}{layer}: {count(row.rate)}{unit}/s, "
            f"{three_digits(roof.intensity)} {unit}s per byte, "
            f"{seconds(row.time.estimate.typical_seconds)}"
        )
        if reached is not None and reached.share is not None:
            hover += f", {roof_text(reached.share)} of roof, limited by {reached.bound}"
        radius = 3 + _LARGEST * math.sqrt(row.own_time_share or 0.0)
        plot.dot(roof.intensity, row.rate, hover, colour=BLUE, radius=radius)
    return plot.svg(_tick, count)


def _tick(value: float) -> str:
    return brief(value, 4)
