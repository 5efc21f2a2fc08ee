"""Several runtimes on one model in turns, so that the moods of the machine are the same for all."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tflops_native.errors import OptionError
from tflops_native.machine.affinity import pinned
from tflops_native.model import Entry, Model, entry_point
from tflops_native.runtime.inputs import InputRecord
from tflops_native.runtime.libraries import RuntimeInfo, open_runtime, runtime_names
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from tflops_native.timing.clock import Clock
from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.precision import LEAST_EFFECTIVE_SAMPLES, Stop, next_look
from tflops_native.timing.sampling import Plan
from tflops_native.timing.statistics import Latency, median_interval
from tflops_native.timing.warm_up import WarmUp, warm_up

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# Of one runtime in a round: short enough for a machine not to change meanwhile, but of some samples where
# there is time for them.
TURN_SECONDS = 0.025
TURN_SAMPLES = 3
TURN_SAMPLES_LIMIT = 200


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

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "runtime": self.runtime.to_dict(),
            "load_ns": self.load_ns,
            "allocate_ns": self.allocate_ns,
            "first_invoke_ns": self.first_invoke_ns,
            "warm_up": self.warm_up.to_dict(),
            "invokes_per_sample": self.invokes_per_sample,
            "samples_ns": list(self.samples_ns),
            "latency": self.latency.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The time that one runtime takes, as a multiple of that of another.

    Of the medians of each round; the typical round, and between what it lies with 95 % confidence.

    lower, upper   None where there are too few rounds to say
    """

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

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "value": self.value,
            "lower": self.lower,
            "upper": self.upper,
            "rounds": self.rounds,
            "differs": self.differs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Several runtimes on one entry point of a model.

    runtimes   in the order asked for
    ratios     of the time of each runtime but the first to that of the first
    stop       why there are no more rounds; the precision is that of the ratios
    """

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

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "kernels": self.kernels,
            "threads": self.threads,
            "signature": self.signature,
            "input_shapes": {name: list(shape) for name, shape in self.input_shapes.items()},
            "seed": self.seed,
            "inputs": [record.to_dict() for record in self.inputs],
            "clock": self.clock.to_dict(),
            "runtimes": [runtime.to_dict() for runtime in self.runtimes],
            "ratios": [ratio.to_dict() for ratio in self.ratios],
            "stop": self.stop.to_dict(),
        }


@dataclass(slots=True)
class _Contender:
    """One runtime, ready to run, and what was measured of it so far."""

    interpreter: "Interpreter"
    timing: RuntimeTiming
    shapes: dict[str, tuple[int, ...]]
    inputs: tuple[InputRecord, ...]
    samples: list[int] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)

    def take_turn(self, plan: Plan) -> None:
        """Some samples in a row. What the other runtimes left in the caches is paid for before."""
        import numpy as np

        invokes = self.timing.invokes_per_sample
        expected = self.timing.latency.median * invokes
        if expected <= TURN_SECONDS:
            self.interpreter.invoke()
        taken = self.interpreter.time_invokes(
            min(TURN_SAMPLES_LIMIT, plan.most - len(self.samples)),
            max(TURN_SECONDS, TURN_SAMPLES * expected),
            invokes,
            plan.interval_seconds,
        )
        self.samples += taken.tolist()
        # A coarse clock may say 0.
        self.medians.append(max(float(np.median(taken)), 1.0) / invokes)

    def finished(self) -> RuntimeTiming:
        invokes = self.timing.invokes_per_sample
        latency = Latency.of(self.samples, invokes_per_sample=invokes)
        return replace(self.timing, samples_ns=tuple(self.samples), latency=latency)


def compare_model(
    model: Model, options: MeasureOptions, progress: Progress | None = None
) -> Comparison:
    """Measure one entry point of a model with the several runtimes that `options` name.

    Raises:
        OptionError: moreover, there are not several runtimes.
        The same as `measure_model`.
    """
    options.check()
    names = runtime_names(options.runtime)
    if len(names) < 2:
        raise OptionError(f"two or more runtimes are compared, not {options.runtime!r} alone")
    with pinned(options.pin):
        return _compare(model, names, options, progress or (lambda what, done: None))


def _compare(
    model: Model, names: list[str], options: MeasureOptions, report: Progress
) -> Comparison:
    entry = entry_point(model, options.signature)
    clock, plan = Clock.calibrate(), Plan.of(options)
    contenders = [
        _prepare(model, entry, replace(options, runtime=name), clock, plan, report)
        for name in names
    ]
    stop = _take_rounds(contenders, plan, report)
    report("done", 1.0)
    return Comparison(
        kernels=options.kernels,
        threads=options.threads,
        signature=entry.signature,
        input_shapes=contenders[0].shapes,
        inputs=contenders[0].inputs,
        seed=options.seed,
        clock=clock,
        runtimes=tuple(contender.finished() for contender in contenders),
        ratios=tuple(_ratios(contenders)),
        stop=stop,
    )


def _prepare(
    model: Model,
    entry: Entry,
    options: MeasureOptions,
    clock: Clock,
    plan: Plan,
    report: Progress,
) -> _Contender:
    """One runtime, warm."""
    runtime = open_runtime(options.runtime)
    session = open_session(model, entry, options, runtime, progress=report)
    inputs = fill_inputs(session, options)
    report("first invoke", 0.0)
    first_invoke_ns = first_invoke(session)
    invokes = clock.invokes_per_sample(session.interpreter)
    warmed_up = warm_up(session.interpreter, invokes, plan.max_seconds, report)
    if plan.interval_seconds:
        invokes = 1
    clean = reset_state(session, options, runtime)
    timing = RuntimeTiming(
        runtime=runtime.info,
        load_ns=session.load_ns,
        allocate_ns=session.allocate_ns,
        first_invoke_ns=first_invoke_ns,
        warm_up=warmed_up,
        invokes_per_sample=invokes,
        samples_ns=(),
        latency=Latency.of(warmed_up.samples_ns, invokes_per_sample=warmed_up.invokes_per_sample),
    )
    shapes = {item.name: session.shapes[item.position] for item in entry.inputs}
    return _Contender(clean.interpreter, timing, shapes, inputs)


def _take_rounds(contenders: list[_Contender], plan: Plan, report: Progress) -> Stop:
    """Rounds until all ratios are precise enough, or a bound is reached."""
    start = time.perf_counter()
    look = next_look(0)
    while True:
        rounds = len(contenders[0].medians)
        samples = min(len(contender.samples) for contender in contenders)
        seconds = time.perf_counter() - start
        report("measure", plan.fraction_done(samples, seconds))
        full = max(len(contender.samples) for contender in contenders)
        reason = plan.reason_to_stop(full, seconds) if rounds else None
        if reason is None and rounds >= look and plan.may_stop(samples, seconds):
            look = next_look(rounds)
            if plan.precision is not None and _are_precise(contenders, plan.precision):
                reason = "precision"
        if reason is not None:
            return Stop(
                reason=reason,
                precision=plan.precision,
                is_reached=None
                if plan.precision is None
                else _are_precise(contenders, plan.precision),
                seconds=seconds,
            )
        # There and back again, so that a trend favours none.
        for contender in contenders if rounds % 2 == 0 else reversed(contenders):
            contender.take_turn(plan)


def _are_precise(contenders: list[_Contender], precision: float) -> bool:
    for log_ratios in _log_ratios(contenders):
        interval = median_interval(log_ratios)
        if interval is None or interval.effective_samples < LEAST_EFFECTIVE_SAMPLES:
            return False
        # The logarithm of a ratio near 1 is off by as much as the ratio is.
        if interval.half_width > precision:
            return False
    return True


def _ratios(contenders: list[_Contender]) -> list[Ratio]:
    return [Ratio.of(log_ratios) for log_ratios in _log_ratios(contenders)]


def _log_ratios(contenders: list[_Contender]) -> list[list[float]]:
    """Of each runtime but the first to the first, per round."""
    first, *others = contenders
    return [
        [math.log(theirs / base) for theirs, base in zip(other.medians, first.medians, strict=True)]
        for other in others
    ]
