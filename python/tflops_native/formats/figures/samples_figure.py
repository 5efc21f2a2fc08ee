"""The samples in the order of the runs, with the verdict on them."""

from collections.abc import Sequence

from tflops_native.formats.figures.plot import GREEN, ORANGE, RED, Plot, Scale
from tflops_native.formatting import seconds
from tflops_native.reports.report import Report

_FEWEST = 2
# Beyond so many times the 95th percentile, samples are drawn at the upper edge.
_FAR = 2
_MOST = 1_000  # marks; of more samples the fastest and the slowest of as many in a row are drawn


def samples_figure(report: Report) -> str | None:
    """None without samples."""
    timing = report.timing
    if timing is None or len(timing.samples_ns) < _FEWEST:
        return None
    scale = 1e9 * (timing.invokes_per_sample or 1)
    values = [sample / scale for sample in timing.samples_ns]
    latency = timing.latency
    limit = max(values)
    if latency.p95_seconds:
        limit = min(limit, _FAR * latency.p95_seconds)
    plot = Plot(
        x=Scale("sample, in the order of the runs", 0, len(values)),
        y=Scale.around("latency", [limit]),
        label=f"Samples in run order: {timing.stability.verdict}",
    )
    drawn = _thinned(values)
    plot.specks([point for point in drawn if point[1] <= limit])
    beyond = sum(value > limit for value in values)
    if beyond:
        plot.specks([(at, plot.y.high) for at, value in drawn if value > limit], colour=RED)
        plot.note(f"{beyond:,} above, to {seconds(max(values))}", colour=RED)
    for name, value, colour in (
        ("p95", latency.p95_seconds, ORANGE),
        ("median", latency.median_seconds, GREEN),
    ):
        if value is not None:
            ends = [(0.0, value), (float(len(values)), value)]
            plot.line(ends, f"{name} {seconds(value)}", colour=colour)
    return plot.svg(lambda value: f"{value:,.0f}", seconds)


def _thinned(values: Sequence[float]) -> list[tuple[float, float]]:
    """Position and value; of many the lowest and the highest of some in a row."""
    every = -(-2 * len(values) // _MOST)
    if every <= 2:
        return [(float(position), value) for position, value in enumerate(values)]
    found = []
    for start in range(0, len(values), every):
        part = values[start : start + every]
        found += [(float(start), value) for value in {min(part), max(part)}]
    return found
