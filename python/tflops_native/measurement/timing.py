"""What a measurement says: raw integer nanoseconds, and the few figures derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tflops_native.machine.evidence import Evidence
from tflops_native.machine.memory import Memory
from tflops_native.profile.result import Profile
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.verdict import Stability
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import WarmUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One measurement of one entry point of a model.

    load_ns            open the model and create the interpreter, delegates included
    allocate_ns        resize, infer shapes, reserve memory, prepare kernels
    first_invoke_ns    first inference, apart: it pays for what is done once
    warm_up            further inferences that do not count
    samples_ns         the samples; each spans `invokes_per_sample` invokes in a row
    latency            their statistics
    stop               why there are no more of them
    seed               of the random inputs
    inputs             what each input held
    stability          how far the samples can be trusted, and what may disturb them
    evidence           what went on around the samples
    memory             what the process held
    delegate           path of the external delegate, if there was one
    """

    runtime: RuntimeInfo
    kernels: str
    threads: int
    signature: str | None
    input_shapes: Mapping[str, tuple[int, ...]]
    seed: int
    clock: Clock
    load_ns: int
    allocate_ns: int
    first_invoke_ns: int
    warm_up: WarmUp
    invokes_per_sample: int
    samples_ns: tuple[int, ...]
    latency: Latency
    stop: Stop
    profile: Profile | None
    inputs: tuple[InputRecord, ...] = ()
    stability: Stability | None = None
    evidence: Evidence | None = None
    memory: Memory | None = None
    delegate: str | None = None

    @property
    def typical(self) -> float:
        """Seconds of an inference: the median."""
        return self.latency.median

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "runtime": self.runtime.to_dict(),
            "kernels": self.kernels,
            "delegate": self.delegate,
            "threads": self.threads,
            "signature": self.signature,
            "input_shapes": {name: list(shape) for name, shape in self.input_shapes.items()},
            "seed": self.seed,
            "inputs": [record.to_dict() for record in self.inputs],
            "clock": self.clock.to_dict(),
            "load_ns": self.load_ns,
            "allocate_ns": self.allocate_ns,
            "first_invoke_ns": self.first_invoke_ns,
            "warm_up": self.warm_up.to_dict(),
            "invokes_per_sample": self.invokes_per_sample,
            "samples_ns": list(self.samples_ns),
            "latency": self.latency.to_dict(),
            "stop": self.stop.to_dict(),
            "profile": None if self.profile is None else self.profile.to_dict(),
            "stability": None if self.stability is None else self.stability.to_dict(),
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
            "memory": None if self.memory is None else self.memory.to_dict(),
        }
