"""Time against MACs, a mark for each layer."""

from itertools import zip_longest

from tflops_native.formats.figures.plot import ORANGE, Plot, Scale
from tflops_native.formats.operator_cells import percent_text
from tflops_native.formatting import count, seconds
from tflops_native.reports.groups import OperatorGroup
from tflops_native.reports.report import Report

_FEWEST = 2


def layers_figure(report: Report) -> str | None:
    """None where fewer than two layers have both; the line is the speed of all of them together."""
    groups = report.by_layer
    layers = [
        group
        for group, following in zip_longest(groups, groups[1:])
        if _is_leaf(group, following) and group.macs and group.time_seconds
    ]
    if len(layers) < _FEWEST:
        return None
    plot = Plot(
        x=Scale.around("MACs", [group.macs for group in layers], is_log=True),
        y=Scale.around("time", [group.time_seconds or 0.0 for group in layers], is_log=True),
        label="Time against MACs by layer",
    )
    speed = sum(group.macs for group in layers) / sum(group.time_seconds or 0.0 for group in layers)
    low = max(plot.x.low, plot.y.low * speed)
    high = min(plot.x.high, plot.y.high * speed)
    if low < high:
        ends = [(low, low / speed), (high, high / speed)]
        plot.line(ends, f"{count(speed)} MACs/s", colour=ORANGE, dash="4 3")
    for group in layers:
        time = group.time_seconds or 0.0
        share = (
            f", {percent_text(group.own_time_share)}%" if group.own_time_share is not None else ""
        )
        hover = f"{group.name or 'other'}: {count(group.macs)} MACs, {seconds(time)}{share}"
        plot.dot(group.macs, time, hover)
    return plot.svg(count, seconds)


def _is_leaf(group: OperatorGroup, following: OperatorGroup | None) -> bool:
    return following is None or following.depth <= group.depth
