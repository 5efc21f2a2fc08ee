"""How often which latency occurred."""

from tflops_native.formats.figures.plot import BLUE, RED, Plot, Scale
from tflops_native.formatting import plural, seconds
from tflops_native.reports.report import Report

_FEWEST = 10
_BINS = 60
# The slowest share a bar of their own, or all others would stand in one: one in a hundred, and those
# that take twice as long as the 95th percentile.
_SHOWN = 0.99
_FAR = 2


def histogram_figure(report: Report) -> str | None:
    """None of fewer than ten samples, or of samples that are all equal."""
    timing = report.timing
    if timing is None or len(timing.samples_ns) < _FEWEST:
        return None
    # Imported when used: a count needs nothing of it.
    from tflops_native.timing.statistics import percentile

    scale = 1e9 * (timing.invokes_per_sample or 1)
    values = sorted(sample / scale for sample in timing.samples_ns)
    low = values[0]
    high = min(values[int(_SHOWN * (len(values) - 1))], _FAR * percentile(values, 0.95))
    if low >= high:
        return None
    width = (high - low) / _BINS
    counts = [0] * (_BINS + 1)
    for value in values:
        counts[_BINS if value > high else min(int((value - low) / width), _BINS - 1)] += 1
    plot = Plot(
        x=Scale("latency", low, high + 2 * width),
        y=Scale.around("samples", [float(max(counts))]),
        label="Histogram of the samples",
    )
    for position, number in enumerate(counts):
        left = low + position * width
        if number and position < _BINS:
            hover = f"{seconds(left)} to {seconds(left + width)}: {plural(number, 'sample')}"
            plot.bar(left, left + width, number, hover, colour=BLUE)
        elif number:
            hover = f"above {seconds(high)}: {plural(number, 'sample')}"
            plot.bar(left + width / 2, left + 2 * width, number, hover, colour=RED)
    return plot.svg(seconds, lambda value: f"{value:,.0f}")
