"""One job of a batch: a model on a device, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from tflops_native.formatting import seconds, shape
from tflops_native.plain_json import valid_text
from tflops_native.reports.report import Report
from tflops_native.reports.report_figures import check_figures, report_figures
from tflops_native.result import Result
from tflops_native.timing.statistics import MedianInterval

# One for all of the thousands of jobs that have none.
_NO_SHAPES: Mapping[str, tuple[int, ...]] = {}
Reason: TypeAlias = Literal[
    "not a model", "conversion", "not counted", "refused", "crash", "timeout", "memory",
    "runtime", "device", "bug",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BatchJob(Result):
    """A model and how it was counted or measured, with its figures; those that are not known are None.

    key                     of all that its figures depend on: content of the model, options, runtime,
                            device
    model                   name of the model, as it was called the last time
    names                   all paths under which its content was given, the last `model` first: it is
                            measured once
    sha256                  of the content of the model; None where it could not be read
    input_shapes            input name -> shape, of those asked for; the empty name is the only input's
    device                  label of the device; None without
    runtime                 what measured; None where the model was only counted
    reason                  why there is no result, in a word: "not a model"; "conversion" from Keras or
                            TensorFlow failed; "not counted" by `strict`; "refused" by the runtime, or by an
                            option; "crash", "timeout" and "memory" of the runtime; "runtime" that could not
                            be loaded; "device" that could not be reached; "bug" of tflops
    error                   the same in a sentence; None if there is a result
    attempts                how often it was measured, by `cool_down`
    verdict                 on the stability of the samples
    file                    name of its report in the folder; None without a folder
    operations              FLOPs, or OPs of integers
    not_counted             operators that are missing from the counts
    arena_bytes             of the arena that TensorFlow Lite plans for its builtin kernels
    operations_per_second   by the typical latency
    utilization             the least time by the roofline over the typical latency
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("precision",)

    key: str
    model: str
    names: tuple[str, ...]
    sha256: str | None = None
    input_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: _NO_SHAPES)
    device: str | None = None
    runtime: str | None = None
    runtime_version: str | None = None
    kernels: str | None = None
    threads: int | None = None
    reason: Reason | None = None
    error: str | None = None
    attempts: int = 0
    verdict: str | None = None
    file: str | None = None
    macs: int | None = None
    operations: int | None = None
    not_counted: int | None = None
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
        # As its file has them: what is read again is the same.
        object.__setattr__(self, "model", valid_text(self.model))
        object.__setattr__(self, "names", tuple(dict.fromkeys(map(valid_text, self.names))))

    @property
    def precision(self) -> float | None:
        """Half of the interval of the median, as a fraction of the median."""
        if self.median_interval_seconds is None or not self.median_seconds:
            return None
        return self.median_interval_seconds.half_width / self.median_seconds

    @property
    def file_words(self) -> tuple[str, ...]:
        """What the name of its file begins with."""
        run = (Path(self.runtime).stem, str(self.kernels)) if self.runtime is not None else ()
        threads = () if self.threads is None else (f"{self.threads}t",)
        shapes = map(shape, self.input_shapes.values())
        return (
            Path(self.model.split("::")[0]).stem,
            *shapes,
            *filter(None, [self.device]),
            *run,
            *threads,
        )

    def with_names(self, names: Iterable[str]) -> "BatchJob":
        """Also given under these names."""
        return replace(self, names=tuple(dict.fromkeys((*self.names, *names))))

    def called(self, model: str, name: str) -> "BatchJob":
        """As its content is called now: this name is the first."""
        return replace(self, model=model, names=tuple(dict.fromkeys((name, *self.names))))

    def with_report(self, report: Report, attempts: int) -> "BatchJob":
        """The job with the figures of a report, as far as that has them."""
        coverage = None if report.analysis is None else report.analysis.coverage
        stability = None if report.timing is None else report.timing.stability
        run = None if report.timing is None else report.timing.runtime
        return replace(
            self,
            attempts=attempts,
            not_counted=None if coverage is None else coverage.unsupported,
            arena_bytes=None if report.arena is None else report.arena.arena_bytes,
            verdict=None if stability is None else stability.verdict,
            runtime_version=self.runtime_version if run is None else run.version,
            **report_figures(report),
        )

    def __repr__(self) -> str:
        time = self.median_seconds
        what = self.reason or ("counted" if time is None else seconds(time))
        return f"<BatchJob {self.model}: {what}>"
