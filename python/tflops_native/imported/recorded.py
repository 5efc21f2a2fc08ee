"""What a file of another tool says of a measurement: summaries, never samples that it does not hold."""

from dataclasses import dataclass

from tflops_native.notes import Note

BENCHMARK_MODEL = "benchmark_model"
MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationSummary:
    """Statistics of one kind of duration, in seconds; None for those that the file does not hold.

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
        """The median where the file holds it, else the mean."""
        return self.mean if self.median is None else self.median


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMark:
    """How the file names the model. A size may be rounded: `size_error_bytes` says how far."""

    name: str | None = None
    size_bytes: float | None = None
    size_error_bytes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One node of a subgraph as the runtime ran it, or one operator inside of a delegate.

    name        "CONV_2D", the name of a custom operator or of a delegate; inside a delegate its own
    index       of the node: operators of the model, then the delegates; or the delegate's own; None where
                the file numbers no nodes
    is_inside   whether it ran inside of a delegate
    is_nested   whether its time is part of the time of another event, the delegate's node
    outputs     of a node, their names written one after the other; None if they are not in the file
    seconds     mean per inference; of those in which it ran if it did not run in all of them
    calls       per inference; 0 if it did not run in all of them
    """

    name: str
    index: int | None
    is_inside: bool
    is_nested: bool = False
    outputs: str | None
    seconds: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProfile:
    """The operators of one subgraph, in the order of a run.

    runs       how many were profiled
    is_whole   whether none is missing in the file
    """

    subgraph_index: int = 0
    runs: int | None = None
    events: tuple[RecordedEvent, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InputShape:
    """The shape of one input, by position; the name is the one that was given to the tool."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Everything that one benchmark in a file says.

    tool             the program that measured: "benchmark_model"
    form             the kind of file: "CSV", "log", ...
    label            what sets it off from other benchmarks in the same file: "gpu-fp16"
    input_shapes     by position, as they were given to the tool; None where the file does not say
    is_profiled      whether the latency holds the price of a profiler; None if it is not known
    initialization   seconds to load the model and to prepare it
    delegates        names of those that were asked for; empty if they are not known
    profiles         of each subgraph that ran; empty without a profile
    inside           of delegates, where they stand in a table of their own; in order
    notes            what a reader should know about the file
    """

    tool: str
    form: str
    label: str | None = None
    model: ModelMark = ModelMark()
    threads: int | None = None
    delegates: tuple[str, ...] = ()
    signature: str | None = None
    input_shapes: tuple[InputShape, ...] | None = None
    latency: DurationSummary | None = None
    is_profiled: bool | None = None
    initialization: float | None = None
    first_invoke: float | None = None
    warm_up: DurationSummary | None = None
    profiles: tuple[RecordedProfile, ...] = ()
    inside: tuple[RecordedEvent, ...] = ()
    notes: tuple[Note, ...] = ()

    def profile_of(self, subgraph_index: int) -> RecordedProfile | None:
        """The profile of one subgraph, None if nothing ran in it."""
        for profile in self.profiles:
            if profile.subgraph_index == subgraph_index and profile.events:
                return profile
        return None
