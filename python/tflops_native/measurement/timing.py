"""What is known of the times of a model, whoever measured them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tflops_native.formatting import seconds
from tflops_native.machine.evidence import Evidence
from tflops_native.machine.machine import Machine
from tflops_native.machine.memory import Memory
from tflops_native.notes import Note
from tflops_native.profile.result import Profile
from tflops_native.result import Result
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.verdict import Stability
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import WarmUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where times come from.

    measured   "here": by this package, on the machine and in the session that made the result;
               "elsewhere": read from a file of a tool that measured
    tool       the program that measured
    machine    None where the file does not say
    file       the file that was read; None for times measured here
    form       its form: "CSV", "log", ...; None for times measured here
    device     a label for the device that somebody gave; None without
    """

    measured: Literal["here", "elsewhere"]
    tool: str
    machine: Machine | None
    file: str | None = None
    form: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Timing(Result):
    """One measurement of one entry point of a model; what its origin does not say is None or empty.

    kernels             "xnnpack", "builtin" or "reference"; the names of delegates from elsewhere
    delegate            path of the external delegate, if there was one
    input_shapes        input name -> shape
    inputs              what each input held
    seed                of the random inputs
    load_ns             open the model and create the interpreter, delegates included
    allocate_ns         resize, infer shapes, reserve memory, prepare kernels
    initialization_ns   both together, where they are not separate
    first_invoke_ns     first inference, apart: it pays for what is done once
    warm_up             further inferences that do not count
    invokes_per_sample  how many invokes in a row each sample spans
    samples_ns          the samples
    latency             their statistics, or those that a file has
    is_profiled         whether the latency holds the price of a profiler
    stop                why there are no more samples
    stability           how far the samples can be trusted, and what may disturb them
    evidence            what went on around the samples
    memory              what the process held
    notes               what a reader should know
    """

    origin: Origin
    runtime: RuntimeInfo | None = None
    kernels: str | None = None
    delegate: str | None = None
    threads: int | None = None
    signature: str | None = None
    input_shapes: Mapping[str, tuple[int, ...]]
    inputs: tuple[InputRecord, ...] = ()
    seed: int | None = None
    clock: Clock | None = None
    load_ns: int | None = None
    allocate_ns: int | None = None
    initialization_ns: int | None = None
    first_invoke_ns: int | None = None
    warm_up: WarmUp | None = None
    invokes_per_sample: int | None = None
    samples_ns: tuple[int, ...] = ()
    latency: Latency
    is_profiled: bool | None = None
    stop: Stop | None = None
    profile: Profile | None = None
    stability: Stability
    evidence: Evidence | None = None
    memory: Memory | None = None
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        typical = self.latency.typical_seconds
        time = "unknown" if typical is None else seconds(typical)
        operators = 0 if self.profile is None else len(self.profile.operators)
        runtime = "unknown runtime" if self.runtime is None else self.runtime.title
        return (
            f"<Timing {time} per inference, {len(self.samples_ns)} samples, "
            f"{operators} operators, {runtime}>"
        )
