"""What the cells of a sweep say together: time over FLOPs, over threads, throughput over batches."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tflops_native.reports.sweep_cell import SweepCell

# A line through two points says nothing of how well it fits.
FEWEST_OF_A_FIT = 3
# Of the best throughput; a larger batch for the rest is not worth its latency.
NEAR_BEST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Time as a fixed cost and a share of the operations: t = a + b * FLOPs, over the shapes of a model.

    Least squares of the relative residuals: times are known to a fraction of themselves.

    cells                   how many
    fixed_seconds           a
    seconds_per_operation   b
    operations_per_second   1 / b, which large shapes come near to; None where more operations take no
                            more time
    rms_residual            root of the mean square of the relative residuals
    largest_residual        the largest of them, without its sign
    """

    model: str
    quantization: str | None
    runtime: str
    kernels: str
    threads: int
    cells: int
    fixed_seconds: float
    seconds_per_operation: float
    operations_per_second: float | None
    rms_residual: float
    largest_residual: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speedup:
    """How much faster so many threads are than the fewest of the sweep."""

    threads: int
    speedup: float
    is_oversubscribed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """One configuration over numbers of threads.

    speedups          against the fewest threads
    serial_fraction   part of the time of one thread that more threads do not shorten, by Amdahl's law,
                      least squares of relative residuals; None without two numbers of threads that the
                      CPUs suffice for
    """

    model: str
    quantization: str | None
    runtime: str
    kernels: str
    input_shapes: dict[str, tuple[int, ...]]
    speedups: tuple[Speedup, ...]
    serial_fraction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestBatch:
    """The smallest batch whose throughput is within 5 % of the best.

    batches                how many were measured
    samples_per_second     with this batch
    seconds                of an inference with it
    best_batch             the one with the highest throughput
    best_per_second        that throughput
    """

    model: str
    quantization: str | None
    runtime: str
    kernels: str
    threads: int
    batches: int
    batch: int
    samples_per_second: float
    seconds: float
    best_batch: int
    best_per_second: float


def relative_line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float] | None:
    """The line a + b * x with the least squares of its residuals, each relative to y.

    Returns None where all x are the same.
    """
    weights = [1 / (y * y) for y in ys]
    total = math.fsum(weights)
    mean_x = math.fsum(w * x for w, x in zip(weights, xs, strict=True)) / total
    mean_y = math.fsum(w * y for w, y in zip(weights, ys, strict=True)) / total
    spread = math.fsum(w * (x - mean_x) ** 2 for w, x in zip(weights, xs, strict=True))
    if not spread:
        return None
    slope = (
        math.fsum(w * (x - mean_x) * (y - mean_y) for w, x, y in zip(weights, xs, ys, strict=True))
        / spread
    )
    return mean_y - slope * mean_x, slope


def fits(cells: Iterable[SweepCell]) -> Iterator[Fit]:
    """One for each model, way to run it and number of threads that has three shapes or more."""
    for (series, threads), found in _grouped(cells, lambda cell: (cell.series, cell.threads)):
        points = [
            (float(cell.operations), cell.median_seconds)
            for cell in found
            if cell.operations is not None and cell.median_seconds
        ]
        if len({x for x, _ in points}) < FEWEST_OF_A_FIT:
            continue
        xs, ys = zip(*points, strict=True)
        line = relative_line(xs, ys)
        if line is None:
            continue
        fixed, slope = line
        residuals = [(fixed + slope * x) / y - 1 for x, y in points]
        yield Fit(
            **_named(series),
            threads=threads,
            cells=len(points),
            fixed_seconds=fixed,
            seconds_per_operation=slope,
            operations_per_second=1 / slope if slope > 0 else None,
            rms_residual=math.sqrt(math.fsum(r * r for r in residuals) / len(residuals)),
            largest_residual=max(map(abs, residuals)),
        )


def scalings(cells: Iterable[SweepCell], cpus: int) -> Iterator[Scaling]:
    """One for each configuration that was measured with several numbers of threads."""
    for (series, shapes), found in _grouped(
        cells, lambda cell: (cell.series, tuple(cell.input_shapes.items()))
    ):
        times = {cell.threads: cell.median_seconds for cell in found if cell.median_seconds}
        if len(times) < 2:
            continue
        counts = sorted(times)
        base = times[counts[0]]
        fitting = [threads for threads in counts if threads <= cpus]
        line = (
            relative_line([1 / n for n in fitting], [times[n] for n in fitting])
            if fitting
            else None
        )
        serial = None
        if line is not None and sum(line) > 0:
            # Caches and chance can make it a little less than nothing, or more than all.
            serial = min(max(line[0] / sum(line), 0.0), 1.0)
        yield Scaling(
            **_named(series),
            input_shapes=dict(shapes),
            speedups=tuple(
                Speedup(threads=n, speedup=base / times[n], is_oversubscribed=n > cpus)
                for n in counts
            ),
            serial_fraction=serial,
        )


def best_batches(cells: Iterable[SweepCell]) -> Iterator[BestBatch]:
    """One for each configuration that was measured with several batches."""
    for (series, threads, _), found in _grouped(
        cells, lambda cell: (cell.series, cell.threads, cell.shape_without_batch)
    ):
        rates = {
            cell.batch: (cell.batch / cell.median_seconds, cell.median_seconds)
            for cell in found
            if cell.batch and cell.median_seconds
        }
        if len(rates) < 2:
            continue
        best = max(rates, key=lambda batch: rates[batch][0])
        batch = min(b for b in rates if rates[b][0] >= (1 - NEAR_BEST) * rates[best][0])
        yield BestBatch(
            **_named(series),
            threads=threads,
            batches=len(rates),
            batch=batch,
            samples_per_second=rates[batch][0],
            seconds=rates[batch][1],
            best_batch=best,
            best_per_second=rates[best][0],
        )


def _named(series: tuple[str, str | None, str, str]) -> dict[str, Any]:
    return dict(zip(("model", "quantization", "runtime", "kernels"), series, strict=True))


def _grouped(
    cells: Iterable[SweepCell], key: Callable[[SweepCell], Hashable]
) -> Iterator[tuple[Any, list[SweepCell]]]:
    groups: dict[Hashable, list[SweepCell]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    yield from groups.items()
