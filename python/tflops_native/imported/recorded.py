"""What a file of another tool says of a measurement: summaries, never samples that it does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass

BENCHMARK_MODEL = "benchmark_model"
MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationSummary:
    """What is told of one kind of duration, in seconds; None for what is not told.

    count        durations it was made of
    resolution   the steps in which it was measured or written, whichever are larger
    """

    mean: float
    count: int | None = None
    minimum: float | None = None
    p5: float | None = None
    median: float | None = None
    p95: float | None = None
    maximum: float | None = None
    std: float | None = None
    resolution: float = MICROSECOND

    @property
    def typical(self) -> float:
        """The median where it is told, else the mean."""
        return self.mean if self.median is None else self.median


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMark:
    """How the file names the model. A size may be rounded: `size_error_bytes` tells how far."""

    name: str | None = None
    size_bytes: float | None = None
    size_error_bytes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One node of the main subgraph as the runtime ran it, or one operator inside of a delegate.

    name        "CONV_2D", the name of a custom operator or of a delegate; inside a delegate its own
    index       of the node: operators of the model, then the delegates; or the delegate's own
    is_inside   whether it ran inside of a delegate
    outputs     of a node, their names written one after the other; None if they are not told
    seconds     mean per inference
    calls       per inference; 0 if it did not run in all of them
    """

    name: str
    index: int
    is_inside: bool
    outputs: str | None
    seconds: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Everything that one file tells.

    tool             the program that measured: "benchmark_model"
    form             the kind of file: "CSV", "log", ...
    input_shapes     input name -> shape, where the file tells them
    is_profiled      whether the latency holds the price of a profiler; None if it is not told
    initialization   seconds to load the model and to prepare it
    delegates        names of those that were asked for; empty if they are not told
    events           of the main subgraph, in order; empty without a profile
    inside           of delegates, where they are told apart from the nodes; in order
    """

    tool: str
    form: str
    model: ModelMark = ModelMark()
    threads: int | None = None
    delegates: tuple[str, ...] = ()
    signature: str | None = None
    input_shapes: Mapping[str, tuple[int, ...]] | None = None
    latency: DurationSummary | None = None
    is_profiled: bool | None = None
    initialization: float | None = None
    first_invoke: float | None = None
    warm_up: DurationSummary | None = None
    profiled_runs: int | None = None
    events: tuple[RecordedEvent, ...] = ()
    inside: tuple[RecordedEvent, ...] = ()
