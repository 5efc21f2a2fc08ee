"""The figures of a sweep: time against FLOPs, speed over threads, and a table of times in colours."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from tflops_native import formatting as numbers
from tflops_native.formats.charts import Series, heat_table, line_chart
from tflops_native.formats.document import Figure
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
# More rows or columns are no picture.
_HEAT_LIMIT = 24
_TABLES_LIMIT = 6
_AXES: dict[str, Callable[[SweepCell], str]] = {
    "model": lambda cell: cell.model,
    "input": lambda cell: ", ".join(map(numbers.shape, cell.input_shapes.values())),
    "quantization": lambda cell: cell.quantization or "none",
    "runtime": lambda cell: PurePath(cell.runtime).name,
    "kernels": lambda cell: cell.kernels,
    "threads": lambda cell: numbers.plural(cell.threads, "thread"),
}


def sweep_figures(sweep: Sweep) -> Iterator[Figure]:
    """Those that there is something to see in."""
    timed = [cell for cell in sweep.cells if cell.median_seconds]
    if sweep.fits:
        yield _over_operations(sweep)
    if sweep.scalings:
        yield _over_threads(sweep)
    yield from _heat(timed)


def _names(items: Sequence[Any], more: Callable[[Any], str]) -> list[str]:
    """Of series: what tells them apart."""
    parts = [
        (item.model, item.quantization, PurePath(item.runtime).name, item.kernels, more(item))
        for item in items
    ]
    varied = [at for at in range(5) if len({part[at] for part in parts}) > 1] or [0]
    return [", ".join(part[at] or "none" for at in varied) for part in parts]


def _over_operations(sweep: Sweep) -> Figure:
    series, xs, ys = [], [1.0], [1e-9]
    names = _names(sweep.fits, lambda fit: numbers.plural(fit.threads, "thread"))
    for fit, name in zip(sweep.fits, names, strict=True):
        points = [
            (float(cell.operations), cell.median_seconds)
            for cell in sweep.cells
            if cell.median_seconds
            and cell.operations is not None
            and cell.threads == fit.threads
            and cell.series == (fit.model, fit.quantization, fit.runtime, fit.kernels)
        ]
        ends = (0.0, max(x for x, _ in points))
        line = tuple((x, max(fit.fixed_seconds + fit.seconds_per_operation * x, 0.0)) for x in ends)
        xs += [x for x, _ in points]
        ys += [y for _, y in points]
        series.append(Series(name=name, points=tuple(points), line=line))
    x_unit, x_prefix = next(pair for pair in _UNITS if max(xs) >= pair[0])
    y_unit, y_name = next(pair for pair in _TIMES if max(ys) >= pair[0])
    return line_chart(
        "Time against FLOPs", series, f"{x_prefix}FLOPs", f"median, {y_name}", x_unit, y_unit
    )


def _over_threads(sweep: Sweep) -> Figure:
    names = _names(
        sweep.scalings, lambda item: ", ".join(map(numbers.shape, item.input_shapes.values()))
    )
    series = [
        Series(name=name, points=tuple((float(s.threads), s.speedup) for s in item.speedups))
        for item, name in zip(sweep.scalings, names, strict=True)
    ]
    least = min(s.threads for item in sweep.scalings for s in item.speedups)
    most = min(max(s.threads for item in sweep.scalings for s in item.speedups), sweep.cpus)
    if most > least:
        ideal = ((float(least), 1.0), (float(most), most / least))
        series.append(Series(name="in proportion to the threads", points=(), line=ideal))
    return line_chart(
        "Speed over threads", series, "threads", "times as fast", 1.0, 1.0, counts=True
    )


def _heat(cells: list[SweepCell]) -> Iterator[Figure]:
    """The factor with the most values downwards, the next one across, a table for each of the others."""
    values = {
        key: list(dict.fromkeys(of_cell(cell) for cell in cells)) for key, of_cell in _AXES.items()
    }
    varied = sorted((key for key in _AXES if len(values[key]) > 1), key=lambda k: -len(values[k]))
    if len(varied) < 2 or len(values[varied[0]]) > _HEAT_LIMIT:
        return
    down, across, *others = varied
    tables: dict[tuple[str, ...], list[SweepCell]] = {}
    for cell in cells:
        tables.setdefault(tuple(_AXES[key](cell) for key in others), []).append(cell)
    for which, found in list(tables.items())[:_TABLES_LIMIT]:
        by_place = {(_AXES[down](cell), _AXES[across](cell)): cell for cell in found}
        times = [
            [
                by_place[row, column].median_seconds if (row, column) in by_place else None
                for column in values[across]
            ]
            for row in values[down]
        ]
        yield heat_table(
            ", ".join(["Median time", *which]),
            values[down],
            values[across],
            times,
            [[numbers.seconds(t) if t else "" for t in line] for line in times],
        )
