"""What a measurement says: raw integer nanoseconds, and the few figures derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tflops_native.timing.evidence import Evidence
from tflops_native.timing.inputs import InputRecord
from tflops_native.timing.memory import Memory
from tflops_native.timing.profile_result import Profile
from tflops_native.timing.stability import Stability
from tflops_native.timing.statistics import Latency


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
