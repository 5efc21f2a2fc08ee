"""What a measurement says: raw integer nanoseconds, and the few figures derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tflops_native.timing.evidence import Evidence
from tflops_native.timing.inputs import InputRecord
from tflops_native.timing.memory import Memory
from tflops_native.timing.stability import Stability
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    """The library that ran the model: name as asked for, its own version, and its file."""

    name: str
    version: str
    library: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"name": self.name, "version": self.version, "library": self.library}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTime:
    """The time of one operator of the model in the profiled runs.

    index           operator index in the subgraph
    kernel          what ran it: "builtin", or the names that the delegate gives its own operators
    resolution_ns   how much longer it may have taken: delegates report whole microseconds, cut off
    samples_ns      per profiled run
    """

    index: int
    kernel: str
    is_delegated: bool
    resolution_ns: int
    samples_ns: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Mean time per inference in seconds; means add up to the total, medians would not."""
        return sum(self.samples_ns) / len(self.samples_ns) / NANOSECONDS_PER_SECOND

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "index": self.index,
            "kernel": self.kernel,
            "delegated": self.is_delegated,
            "resolution_ns": self.resolution_ns,
            "mean_seconds": self.mean,
            "samples_ns": list(self.samples_ns),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEvent:
    """An operator of a delegate that could not be joined to an operator of the model."""

    name: str
    samples_ns: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Mean time per inference in seconds."""
        return sum(self.samples_ns) / len(self.samples_ns) / NANOSECONDS_PER_SECOND

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "mean_seconds": self.mean,
            "samples_ns": list(self.samples_ns),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Time per operator, from runs of their own: the profiler has a price.

    invoke_ns    duration of each profiled run as a whole
    operators    those that ran, in the order of the model
    unmatched    events of a delegate that belong to no certain operator
    fused        operators without an event of their own: the delegate fused them into another one,
                 or had nothing to do for them
    overhead     median of the profiled runs over that of the clean ones, minus 1
    """

    invoke_ns: tuple[int, ...]
    operators: tuple[OperatorTime, ...]
    unmatched: tuple[UnmatchedEvent, ...]
    fused: tuple[int, ...]
    overhead: float

    @property
    def invoke(self) -> float:
        """Mean duration of a profiled run in seconds."""
        return sum(self.invoke_ns) / len(self.invoke_ns) / NANOSECONDS_PER_SECOND

    @property
    def outside_ns(self) -> tuple[int, ...]:
        """Per profiled run what lies outside of all operators, so that the parts add up exactly."""
        parts = [operator.samples_ns for operator in self.operators]
        parts += [event.samples_ns for event in self.unmatched]
        return tuple(
            invoke - sum(part[run] for part in parts) for run, invoke in enumerate(self.invoke_ns)
        )

    @property
    def outside(self) -> float:
        """Mean time outside of all operators, in seconds per inference."""
        return sum(self.outside_ns) / len(self.invoke_ns) / NANOSECONDS_PER_SECOND

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "invoke_ns": list(self.invoke_ns),
            "invoke_mean_seconds": self.invoke,
            "outside_operators_mean_seconds": self.outside,
            "overhead": self.overhead,
            "operators": [operator.to_dict() for operator in self.operators],
            "unmatched": [event.to_dict() for event in self.unmatched],
            "fused": list(self.fused),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One measurement of one entry point of a model.

    load_ns            open the model and create the interpreter, delegates included
    allocate_ns        resize, infer shapes, reserve memory, prepare kernels
    first_invoke_ns    first inference, apart: it pays for what is done once
    warm_up_ns         further inferences that do not count
    samples_ns         the samples; each spans `invokes_per_sample` invokes in a row
    seed               of the random inputs
    inputs             what each input held
    stability          how far the samples can be trusted, and what may disturb them
    evidence           what went on around the samples
    memory             what the process held
    """

    runtime: RuntimeInfo
    kernels: str
    threads: int
    signature: str | None
    input_shapes: Mapping[str, tuple[int, ...]]
    seed: int
    clock_resolution_ns: int
    load_ns: int
    allocate_ns: int
    first_invoke_ns: int
    warm_up_ns: tuple[int, ...]
    invokes_per_sample: int
    samples_ns: tuple[int, ...]
    profile: Profile | None
    inputs: tuple[InputRecord, ...] = ()
    stability: Stability | None = None
    evidence: Evidence | None = None
    memory: Memory | None = None

    @property
    def latency(self) -> Latency:
        """Statistics of one inference, from the runs without profiler."""
        return Latency.of(self.samples_ns, invokes_per_sample=self.invokes_per_sample)

    @property
    def typical(self) -> float:
        """Seconds of an inference: the median."""
        return self.latency.median

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "runtime": self.runtime.to_dict(),
            "kernels": self.kernels,
            "threads": self.threads,
            "signature": self.signature,
            "input_shapes": {name: list(shape) for name, shape in self.input_shapes.items()},
            "seed": self.seed,
            "inputs": [record.to_dict() for record in self.inputs],
            "clock_resolution_ns": self.clock_resolution_ns,
            "load_ns": self.load_ns,
            "allocate_ns": self.allocate_ns,
            "first_invoke_ns": self.first_invoke_ns,
            "warm_up_ns": list(self.warm_up_ns),
            "invokes_per_sample": self.invokes_per_sample,
            "samples_ns": list(self.samples_ns),
            "latency": self.latency.to_dict(),
            "profile": None if self.profile is None else self.profile.to_dict(),
            "stability": None if self.stability is None else self.stability.to_dict(),
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
            "memory": None if self.memory is None else self.memory.to_dict(),
        }
