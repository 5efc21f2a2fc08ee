"""The document of a batch: a row per job, failures included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from tflops_native import formatting as numbers
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Emphasis,
    Line,
    Lines,
    Role,
    Row,
    Table,
    row_of,
)
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.saved import saved

# What tells the jobs apart, with the heading of its column: shown where it differs.
_FACTORS = {
    "input_shapes": "input",
    "device": "device",
    "runtime": "runtime",
    "kernels": "kernels",
    "threads": "threads",
}
# On a narrow terminal they are left out last, in this order.
_FACTOR_DROPS = {"kernels": 8, "threads": 9, "runtime": 10, "input_shapes": 11, "device": 12}
_TEXT = frozenset(
    ("names", "sha256", "device", "runtime", "runtime_version", "kernels", "verdict", "reason")
)
# For machines only.
_HIDDEN = (
    "key",
    "sha256",
    "names",
    "runtime_version",
    "error",
    "file",
    "operations",
    "not_counted",
)
_HIDDEN_FIGURES = ("weight_bytes", "lower_seconds", "upper_seconds", "utilization", "attempts")


def job_document(job: BatchJob) -> Document:
    """Of one job alone."""
    return batch_document(Batch(jobs=(job,)))


def batch_document(batch: Batch) -> Document:
    """The jobs, and what failed."""
    table = _table(batch)
    return Document(
        title=f"Batch of {numbers.plural(len(batch.jobs), 'job')}",
        parts=(_summary(batch), table) if batch.jobs else (_summary(batch),),
        data=lambda: saved("batch", batch.to_dict()),
        records=table,
    )


def _summary(batch: Batch) -> Lines:
    done = len(batch.jobs) - len(batch.failed)
    text = f"{done} of {numbers.plural(len(batch.jobs), 'job')} done"
    if batch.kept:
        text += f", {batch.kept} kept from before"
    return Lines((Line("batch", text), *batch.notes), role=Role.SUMMARY)


def _table(batch: Batch) -> Table:
    jobs = batch.jobs
    is_timed = any(job.median_seconds is not None for job in jobs)
    # Of a model that could not be read nothing is known that could differ.
    read = [job for job in jobs if job.sha256 is not None]
    varied = {key for key in _FACTORS if len({_factor(job, key) for job in read}) > 1}
    has_failed = bool(batch.failed)

    def text(key: str, heading: str, **settings: Any) -> Column:
        return Column(key=key, heading=heading, is_number=False, **settings)

    def hidden(key: str) -> Column:
        return Column(key=key, heading=key, is_number=key not in _TEXT, is_shown=False)

    columns = (
        text("model", "model", readable=24, shortest=10),
        *(
            text(
                key,
                heading,
                is_shown=key in varied,
                readable=14,
                shortest=8,
                drop=_FACTOR_DROPS[key],
            )
            for key, heading in _FACTORS.items()
        ),
        text("reason", "failed", is_shown=has_failed),
        Column(key="macs", heading="MACs", drop=7),
        Column(key="parameters", heading="params", drop=2),
        Column(key="arena_bytes", heading="arena", drop=3),
        Column(key="median_seconds", heading="median", is_shown=is_timed),
        Column(key="precision", heading="±%", is_shown=is_timed, drop=5),
        Column(key="p95_seconds", heading="p95", is_shown=is_timed, drop=4),
        Column(key="operations_per_second", heading="GFLOP/s", is_shown=is_timed, drop=6),
        text("verdict", "samples", is_shown=is_timed, drop=1),
        *map(hidden, (*_HIDDEN, *_HIDDEN_FIGURES)),
    )
    return Table(title="jobs", columns=columns, rows=_Rows(columns, jobs), gap=2)


@dataclass(frozen=True, slots=True)
class _Rows(Sequence[Row]):
    """Rows that are made as they are looked at: of thousands, they take three times what the jobs do."""

    columns: tuple[Column, ...]
    jobs: Sequence[BatchJob]

    def __len__(self) -> int:
        return len(self.jobs)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> "_Rows": ...
    def __getitem__(self, at: int | slice) -> "Row | _Rows":
        if isinstance(at, slice):
            return _Rows(self.columns, self.jobs[at])
        return _row(self.columns, self.jobs[at])


def _row(columns: tuple[Column, ...], job: BatchJob) -> Row:
    cells = {
        key: Cell(getattr(job, key)) for key in (*_HIDDEN, *_HIDDEN_FIGURES) if hasattr(job, key)
    }
    cells["names"] = Cell("; ".join(job.names))
    cells["error"] = Cell(None if job.error is None else " ".join(job.error.split()))
    for key in ("model", *_FACTORS, "reason", "verdict"):
        value = _factor(job, key)
        cells[key] = Cell(value, "-" if value is None else printable(str(value), NAME_LIMIT))
    if job.reason is None:
        cells["reason"] = Cell()
    for key, show in (
        ("macs", numbers.count),
        ("parameters", numbers.count),
        ("arena_bytes", _bytes),
        ("median_seconds", numbers.seconds),
        ("precision", numbers.percent),
        ("p95_seconds", numbers.seconds),
        ("operations_per_second", numbers.rate),
    ):
        value = getattr(job, key)
        cells[key] = Cell(value, "-" if value is None else show(value))
    if (interval := job.median_interval_seconds) is not None:
        cells["lower_seconds"], cells["upper_seconds"] = Cell(interval.lower), Cell(interval.upper)
    emphasis = Emphasis.NONE if job.reason is None else Emphasis.PROBLEM
    return row_of(columns, cells, emphasis=emphasis)


def _factor(job: BatchJob, key: str) -> Any:
    if key != "input_shapes":
        return getattr(job, key)
    shapes = job.input_shapes.items()
    return (
        ", ".join(
            f"{name}={numbers.shape(lengths)}" if name else numbers.shape(lengths)
            for name, lengths in shapes
        )
        or None
    )


def _bytes(value: float) -> str:
    return f"{numbers.byte_count(value)}B"
