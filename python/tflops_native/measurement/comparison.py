"""Several runtimes on one workload, measured interleaved."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from tflops_native.errors import OptionError
from tflops_native.machine.affinity import pinned
from tflops_native.machine.machine import Machine, this_machine
from tflops_native.model.info import ModelInfo
from tflops_native.progress import Progress, no_progress
from tflops_native.result import Result
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.runtime.libraries import RuntimeInfo, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import LEAST_EFFECTIVE_SAMPLES, Stop, next_look
from tflops_native.timing.rounds import Contender, log_ratios, take_round
from tflops_native.timing.statistics import Latency, median_interval
from tflops_native.timing.stop_rule import StopRule
from tflops_native.timing.warm_up import WarmUp, warm_up
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeTiming:
    """What was measured of one runtime; fields as those of `Timing`."""

    runtime: RuntimeInfo
    load_ns: int
    allocate_ns: int
    first_invoke_ns: int
    warm_up: WarmUp
    invokes_per_sample: int
    samples_ns: tuple[int, ...]
    latency: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The time that one runtime takes, as a multiple of that of another.

    Of the medians of each round; the typical round, and between what it lies with 95 % confidence.

    lower, upper   None where there are too few rounds to say
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("differs",)

    value: float
    lower: float | None
    upper: float | None
    rounds: int

    @classmethod
    def of(cls, log_ratios: "list[float]") -> "Ratio":
        """From the logarithm of the ratio in each round: a half and a double are as far from 1."""
        import numpy as np

        interval = median_interval(log_ratios)
        return cls(
            value=math.exp(float(np.median(log_ratios))),
            lower=None if interval is None else math.exp(interval.lower),
            upper=None if interval is None else math.exp(interval.upper),
            rounds=len(log_ratios),
        )

    @property
    def differs(self) -> bool | None:
        """Whether one of the two is faster; None where that is not known."""
        if self.lower is None or self.upper is None:
            return None
        return not self.lower <= 1 <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Result):
    """Several runtimes on one entry point of a model.

    runtimes   in the order asked for
    ratios     of the time of each runtime but the first to that of the first
    stop       why there are no more rounds; the precision is that of the ratios
    """

    model: ModelInfo
    machine: Machine
    kernels: str
    threads: int
    signature: str | None
    input_shapes: Mapping[str, tuple[int, ...]]
    inputs: tuple[InputRecord, ...]
    seed: int
    clock: Clock
    runtimes: tuple[RuntimeTiming, ...]
    ratios: tuple[Ratio, ...]
    stop: Stop

    def __repr__(self) -> str:
        names = " and ".join(timing.runtime.title for timing in self.runtimes)
        ratios = ", ".join(f"{ratio.value:.3f}" for ratio in self.ratios)
        return f"<Comparison of {names}: {ratios}>"


@dataclass(slots=True)
class _Runtime:
    """One runtime, ready to run, and what was measured of it so far."""

    contender: Contender
    timing: RuntimeTiming
    inputs: tuple[InputRecord, ...]
    samples: list[int]

    def finished(self) -> RuntimeTiming:
        invokes = self.timing.invokes_per_sample
        latency = Latency.of(self.samples, invokes_per_sample=invokes)
        return replace(self.timing, samples_ns=tuple(self.samples), latency=latency)


def compare_runtimes(
    workload: Workload,
    options: Sequence[RunOptions],
    rule: StopRule,
    progress: Progress = no_progress,
) -> Comparison:
    """Measure one workload with several runtimes, in this process.

    Args:
        options: one for each runtime; they differ in nothing else.

    Raises:
        OptionError: there are not several, or a CPU to pin to is not allowed.
        RuntimeLibraryError: a runtime cannot be loaded, or lacks what is asked for.
        InvokeError: a runtime refuses the model, with its own words.
    """
    if len(options) < 2:
        names = ", ".join(option.runtime for option in options) or "none"
        raise OptionError(f"two or more runtimes are needed for a comparison, got {names}")
    with pinned(options[0].pin):
        return _compare(workload, options, rule, progress)


def _compare(
    workload: Workload, options: Sequence[RunOptions], rule: StopRule, report: Progress
) -> Comparison:
    clock = Clock.calibrate()
    runtimes = [_prepare(workload, option, clock, rule, report) for option in options]
    stop = _take_rounds(runtimes, rule, report)
    report("done", 1.0)
    return Comparison(
        model=ModelInfo.of(workload.model),
        machine=this_machine(),
        kernels=options[0].kernels,
        threads=options[0].threads,
        signature=workload.signature,
        input_shapes=workload.shapes_by_name,
        inputs=runtimes[0].inputs,
        seed=options[0].seed,
        clock=clock,
        runtimes=tuple(runtime.finished() for runtime in runtimes),
        ratios=tuple(Ratio.of(logs) for logs in log_ratios(_contenders(runtimes))),
        stop=stop,
    )


def _contenders(runtimes: Sequence[_Runtime]) -> list[Contender]:
    return [runtime.contender for runtime in runtimes]


def _prepare(
    workload: Workload, options: RunOptions, clock: Clock, rule: StopRule, report: Progress
) -> _Runtime:
    """One runtime, warm."""
    runtime = open_runtime(options.runtime)
    session = open_session(workload, options, runtime, progress=report)
    inputs = fill_inputs(session, options)
    report("first invoke", 0.0)
    first_invoke_ns = first_invoke(session)
    invokes = clock.invokes_per_sample(session.interpreter)
    warmed_up = warm_up(session.interpreter, invokes, rule.max_seconds, report)
    if rule.interval:
        invokes = 1
    interpreter = reset_state(session, options, runtime).interpreter
    latency = Latency.of(warmed_up.samples_ns, invokes_per_sample=warmed_up.invokes_per_sample)
    samples: list[int] = []

    def take(count: int, seconds: float) -> "NDArray[Any]":
        taken = interpreter.time_invokes(count, seconds, invokes, rule.interval)
        samples.extend(taken.tolist())
        return taken / invokes

    return _Runtime(
        contender=Contender(interpreter, take, (latency.median_seconds or 0.0) * invokes),
        timing=RuntimeTiming(
            runtime=runtime.info,
            load_ns=session.load_ns,
            allocate_ns=session.allocate_ns,
            first_invoke_ns=first_invoke_ns,
            warm_up=warmed_up,
            invokes_per_sample=invokes,
            samples_ns=(),
            latency=latency,
        ),
        inputs=inputs,
        samples=samples,
    )


def _take_rounds(runtimes: list[_Runtime], rule: StopRule, report: Progress) -> Stop:
    """Rounds until all ratios are precise enough, or a bound is reached."""
    contenders = _contenders(runtimes)
    precision = rule.wanted_precision
    start = time.perf_counter()
    look = next_look(0)
    while True:
        rounds = len(contenders[0].medians_ns)
        samples = min(len(runtime.samples) for runtime in runtimes)
        most = max(len(runtime.samples) for runtime in runtimes)
        seconds = time.perf_counter() - start
        report("measure", rule.fraction_done(samples, seconds))
        reason = rule.reason_to_stop(most, seconds) if rounds else None
        if reason is None and rounds >= look and rule.may_stop(samples, seconds):
            look = next_look(rounds)
            if precision is not None and _are_precise(contenders, precision):
                reason = "precision"
        if reason is not None:
            reached = None if precision is None else _are_precise(contenders, precision)
            return Stop(reason=reason, precision=precision, is_reached=reached, seconds=seconds)
        take_round(contenders, rule.max_samples - most)


def _are_precise(contenders: Sequence[Contender], precision: float) -> bool:
    for logs in log_ratios(contenders):
        interval = median_interval(logs)
        if interval is None or interval.effective_samples < LEAST_EFFECTIVE_SAMPLES:
            return False
        # The logarithm of a ratio near 1 is off by as much as the ratio is.
        if interval.half_width > precision:
            return False
    return True
