"""One cell of a sweep: a configuration, and what was measured with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from tflops_native.formatting import seconds, shape
from tflops_native.reports.report import Report
from tflops_native.reports.report_figures import check_figures, report_figures
from tflops_native.result import Result
from tflops_native.timing.statistics import MedianInterval


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SweepCell(Result):
    """A configuration with its figures; those that are not known are None.

    key                     of all that its figures depend on: model, configuration, options, machine
    model                   name of the model, its path where two have the same name
    input_shapes            input name -> shape, of all inputs; of those asked for where that failed
    quantization            how the model was converted; None where it was not
    error                   why it was not measured; None if it was
    file                    name of its report in the folder of the sweep; None without a folder
    operations              FLOPs, or OPs of integers
    arena_bytes             of the arena that TensorFlow Lite plans for its builtin kernels
    operations_per_second   by the typical latency
    utilization             the least time by the roofline over the typical latency
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("precision", "batch")

    key: str
    model: str
    input_shapes: Mapping[str, tuple[int, ...]]
    quantization: str | None
    runtime: str
    kernels: str
    threads: int
    error: str | None = None
    file: str | None = None
    macs: int | None = None
    operations: int | None = None
    parameters: int | None = None
    weight_bytes: int | None = None
    arena_bytes: int | None = None
    median_seconds: float | None = None
    median_interval_seconds: MedianInterval | None = None
    p95_seconds: float | None = None
    operations_per_second: float | None = None
    utilization: float | None = None

    def __post_init__(self) -> None:
        check_figures(self)

    @property
    def precision(self) -> float | None:
        """Half of the interval of the median, as a fraction of the median."""
        if self.median_interval_seconds is None or not self.median_seconds:
            return None
        return self.median_interval_seconds.half_width / self.median_seconds

    @property
    def batch(self) -> int | None:
        """The first length of all inputs with axes; None where they differ."""
        found = {shape[0] for shape in self.input_shapes.values() if shape}
        return found.pop() if len(found) == 1 else None

    @property
    def shape_without_batch(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """All other lengths."""
        return tuple((name, shape[1:]) for name, shape in self.input_shapes.items())

    @property
    def series(self) -> tuple[str, str | None, str, str]:
        """All that is not a shape or a number of threads."""
        return (self.model, self.quantization, self.runtime, self.kernels)

    def with_report(self, report: Report, arena_bytes: int | None) -> "SweepCell":
        """The cell with the figures of a report, as far as that has them."""
        cell = replace(self, arena_bytes=arena_bytes, **report_figures(report))
        if report.analysis is None:
            return cell
        return replace(
            cell, input_shapes={item.name: item.shape for item in report.analysis.inputs}
        )

    @property
    def file_words(self) -> tuple[str, ...]:
        """What the name of its file begins with."""
        return (
            Path(self.model.split("::")[0]).stem,
            *(shape(lengths) for lengths in self.input_shapes.values()),
            *filter(None, [self.quantization]),
            Path(self.runtime).stem,
            self.kernels,
            f"{self.threads}t",
        )

    def __repr__(self) -> str:
        what = self.error or (
            "not timed" if self.median_seconds is None else seconds(self.median_seconds)
        )
        return f"<SweepCell {self.model}, {self.threads} threads: {what}>"
