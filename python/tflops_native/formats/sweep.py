"""The document of a sweep: a row per cell, and what they say together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tflops_native import formatting as numbers
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Emphasis,
    Found,
    Line,
    Lines,
    Part,
    Role,
    Row,
    Table,
    row_of,
)
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.sweep_figures import sweep_figures
from tflops_native.reports.saved import saved
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell

# What may be varied, with the heading of its column.
_FACTORS = {
    "model": "model",
    "input": "input",
    "quantization": "quantized",
    "runtime": "runtime",
    "kernels": "kernels",
    "threads": "threads",
}


def cell_document(cell: SweepCell) -> Document:
    """Of one cell alone."""
    return sweep_document(Sweep(cells=(cell,), planned=1, kept=0, seed=0, cpus=cell.threads))


def sweep_document(sweep: Sweep) -> Document:
    """The cells, fits, scaling, batches, and figures for formats that show them."""
    return Document(
        title=f"Sweep of {numbers.plural(sweep.planned, 'cell')}",
        parts=(
            Lines(tuple(_lines(sweep)), role=Role.SUMMARY),
            cell_table(sweep),
            *_trends(sweep),
            *sweep_figures(sweep),
        ),
        data=lambda: saved("sweep", sweep.to_dict()),
    )


def cell_table(sweep: Sweep, last: int | None = None) -> Table:
    """One row per cell.

    Args:
        last: only so many, the last ones.
    """
    columns = _cell_columns(sweep)
    first = next((cell.median_seconds for cell in sweep.cells if cell.median_seconds), None)
    numbered = list(enumerate(sweep.cells, 1))
    rows = tuple(
        row_of(
            columns,
            _cells(number, cell, first, sweep.cpus),
            emphasis=Emphasis.NONE if cell.error is None else Emphasis.PROBLEM,
        )
        for number, cell in (numbered if last is None else numbered[-last:])
    )
    shared = any(cell.threads > sweep.cpus for cell in sweep.cells)
    legend = f"* more threads than the {numbers.plural(sweep.cpus, 'CPU')}" if shared else ""
    return Table(title="cells", columns=columns, rows=rows, legend=legend, gap=2)


def _cell_columns(sweep: Sweep) -> tuple[Column, ...]:
    varied = _varied(sweep.cells)
    cells = sweep.cells
    has_speed = sum(cell.median_seconds is not None for cell in cells) > 1
    has_roof = any(cell.utilization is not None for cell in cells)
    return (
        Column(key="number", heading="#"),
        *(
            Column(
                key=key,
                heading=heading,
                is_number=key == "threads",
                is_shown=key in varied,
                readable=None if key == "threads" else 14,
                shortest=None if key == "threads" else 8,
            )
            for key, heading in _FACTORS.items()
        ),
        Column(key="macs", heading="MACs", drop=6),
        Column(key="operations", heading="FLOPs", is_shown=False),
        Column(key="parameters", heading="params", drop=2),
        Column(key="weight_bytes", heading="weights", is_shown=False),
        Column(
            key="arena_bytes",
            heading="arena",
            drop=3,
            meaning="planned arena of the builtin kernels",
        ),
        Column(key="median_seconds", heading="median"),
        Column(key="precision", heading="±%", drop=7, meaning="half of its 95% interval"),
        Column(key="lower_seconds", heading="from", is_shown=False),
        Column(key="upper_seconds", heading="to", is_shown=False),
        Column(key="p95_seconds", heading="p95", drop=4),
        Column(key="operations_per_second", heading="GFLOP/s", drop=5),
        Column(
            key="utilization",
            heading="%roof",
            is_shown=has_roof,
            drop=1,
            meaning="of what the roofline allows",
        ),
        Column(
            key="speed",
            heading="speed",
            is_shown=has_speed,
            drop=8,
            meaning="how many times as fast as the first cell",
        ),
        Column(key="error", heading="error", is_number=False, is_shown=False),
        Column(key="file", heading="file", is_number=False, is_shown=False),
    )


def _varied(cells: Sequence[SweepCell]) -> list[str]:
    """The factors that differ between cells; the input where none does."""
    found = [key for key in _FACTORS if len({_factor(cell, key) for cell in cells}) > 1]
    return found or ["input"]


def _factor(cell: SweepCell, key: str) -> str:
    if key == "input":
        return input_text(cell.input_shapes)
    value = getattr(cell, key)
    return "none" if value is None else str(value)


def input_text(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """ "1x224x224x3"."""
    return ", ".join(map(numbers.shape, shapes.values())) or "as in the file"


def _cells(number: int, cell: SweepCell, first: float | None, cpus: int) -> dict[str, Cell]:
    cells = {
        "number": Cell(number, str(number)),
        "error": Cell(cell.error),
        "file": Cell(cell.file),
    }
    for key in _FACTORS:
        text = printable(_factor(cell, key), NAME_LIMIT)
        cells[key] = Cell(cell.threads if key == "threads" else _factor(cell, key), text)
    if cell.threads > cpus:
        cells["threads"] = Cell(cell.threads, f"{cell.threads}*")
    median = "failed" if cell.error is not None else "-"
    cells["median_seconds"] = Cell(None, median)
    cells |= {
        key: Cell(value, show(value))
        for key, value, show in (
            ("macs", cell.macs, numbers.count),
            ("operations", cell.operations, numbers.count),
            ("parameters", cell.parameters, numbers.count),
            ("weight_bytes", cell.weight_bytes, _bytes),
            ("arena_bytes", cell.arena_bytes, _bytes),
            ("median_seconds", cell.median_seconds, numbers.seconds),
            ("precision", cell.precision, numbers.percent),
            ("p95_seconds", cell.p95_seconds, numbers.seconds),
            ("operations_per_second", cell.operations_per_second, numbers.rate),
            ("utilization", cell.utilization, _whole_percent),
        )
        if value is not None
    }
    if (interval := cell.median_interval_seconds) is not None:
        cells["lower_seconds"], cells["upper_seconds"] = Cell(interval.lower), Cell(interval.upper)
    if first and cell.median_seconds:
        speed = first / cell.median_seconds
        cells["speed"] = Cell(speed, f"{numbers.three_digits(speed)}x")
    return cells


def _bytes(value: float) -> str:
    return f"{numbers.byte_count(value)}B"


def _whole_percent(fraction: float) -> str:
    return f"{100 * fraction:.0f}"


def _lines(sweep: Sweep) -> Found:
    measured = sum(cell.error is None for cell in sweep.cells)
    text = f"{measured} of {numbers.plural(sweep.planned, 'cell')} measured"
    if sweep.kept:
        text += f", {sweep.kept} kept from before"
    found: Found = [Line("sweep", f"{text}; random order, seed {sweep.seed}")]
    varied = _varied(sweep.cells)
    if sweep.cells:
        same = [
            f"{heading} {printable(_factor(sweep.cells[0], key), NAME_LIMIT)}"
            for key, heading in _FACTORS.items()
            if key not in varied and not (key == "quantization" and _is_unconverted(sweep))
        ]
        if same:
            found.append(Line("all", ", ".join(same)))
    return [*found, *sweep.notes]


def _is_unconverted(sweep: Sweep) -> bool:
    return all(cell.quantization is None for cell in sweep.cells)


def _trends(sweep: Sweep) -> Iterator[Part]:
    if sweep.fits:
        yield _heading("fit", "time = fixed + FLOPs / rate, over shapes; ± is the typical residual")
        yield _table(
            "time = fixed + FLOPs / rate",
            sweep.fits,
            ("threads",),
            {
                "cells": ("cells", str),
                "fixed_seconds": ("fixed", numbers.seconds),
                "operations_per_second": ("GFLOP/s", numbers.rate),
                "rms_residual": ("±%", numbers.percent),
                "largest_residual": ("largest %", numbers.percent),
            },
        )
    if sweep.scalings:
        text = "times as fast as with the fewest; serial: what more threads do not shorten (Amdahl)"
        yield _heading("threads", text)
        counts = sorted({item.threads for scaling in sweep.scalings for item in scaling.speedups})
        yield _table(
            "speed over threads",
            [_ByThreads(scaling) for scaling in sweep.scalings],
            ("input",),
            {
                **{f"speedup_{n}": (f"{n}*" if n > sweep.cpus else str(n), _times) for n in counts},
                "serial_fraction": ("serial %", numbers.percent),
            },
        )
    if sweep.batches:
        yield _heading("batch", "the smallest within 5% of the best throughput, and the best")
        yield _table(
            "smallest batch within 5% of the best throughput",
            sweep.batches,
            ("threads",),
            {
                "batches": ("batches", str),
                "batch": ("batch", str),
                "samples_per_second": ("per second", numbers.three_digits),
                "seconds": ("time", numbers.seconds),
                "best_batch": ("best", str),
                "best_per_second": ("per second", numbers.three_digits),
            },
        )


def _heading(label: str, text: str) -> Lines:
    return Lines((Line(label, text),))


class _ByThreads:
    """A scaling with its speedups as attributes."""

    def __init__(self, scaling: Any) -> None:
        self.scaling = scaling
        self.input = input_text(scaling.input_shapes)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("speedup_"):
            threads = int(name.removeprefix("speedup_"))
            found = [s.speedup for s in self.scaling.speedups if s.threads == threads]
            return found[0] if found else None
        return getattr(self.scaling, name)


def _times(value: float) -> str:
    return f"{value:.2f}x"


def _table(
    title: str, items: Sequence[Any], more: tuple[str, ...], figures: Mapping[str, Any]
) -> Table:
    """Rows of what tells the items apart, and their figures."""
    named = ("model", "quantization", "runtime", "kernels", *more)
    varied = [key for key in named if len({str(getattr(item, key)) for item in items}) > 1]
    columns = (
        *(
            Column(
                key=key,
                heading=_FACTORS[key],
                is_number=key == "threads",
                is_shown=key in varied or (not varied and key == more[0]),
                readable=None if key == "threads" else 14,
                shortest=None if key == "threads" else 8,
            )
            for key in named
        ),
        *(Column(key=key, heading=heading) for key, (heading, _) in figures.items()),
    )
    return Table(
        title=title,
        columns=columns,
        rows=tuple(_trend_row(columns, item, named, figures) for item in items),
        gap=2,
    )


def _trend_row(
    columns: Sequence[Column], item: Any, named: Sequence[str], figures: Mapping[str, Any]
) -> Row:
    cells = {}
    for key in named:
        value = getattr(item, key)
        cells[key] = Cell(value, printable("none" if value is None else str(value), NAME_LIMIT))
    for key, (_, show) in figures.items():
        value = getattr(item, key)
        cells[key] = Cell(value, "-" if value is None else show(value))
    return row_of(columns, cells)
