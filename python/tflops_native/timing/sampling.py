"""The clean runs: samples until they are precise enough, or a bound is reached."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.precision import Stop, is_precise, next_look

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

DEFAULT_PRECISION = 0.01
# No less, however soon the samples agree: a machine has other moods a little later.
LEAST_SECONDS = 1.0
DEFAULT_MAX_SECONDS = 10.0
# As many as are kept: they are all in the report.
MOST_SAMPLES = 100_000
# Between chunks the caller hears of the progress.
CHUNK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted, with the defaults filled in.

    precision   None where a number of samples was asked for and no precision
    """

    precision: float | None
    least: int
    most: int
    max_seconds: float
    interval_seconds: float
    stops_at_runs: bool

    @classmethod
    def of(cls, options: MeasureOptions) -> "Plan":
        """A number of runs alone is that number exactly, however long it takes."""
        is_count = options.runs is not None and options.precision is None
        max_seconds = options.max_time
        if max_seconds is None:
            max_seconds = math.inf if is_count else DEFAULT_MAX_SECONDS
        return cls(
            precision=None if is_count else options.precision or DEFAULT_PRECISION,
            least=options.min_runs,
            most=options.runs or MOST_SAMPLES,
            max_seconds=max_seconds,
            interval_seconds=options.interval,
            stops_at_runs=options.runs is not None,
        )

    def reason_to_stop(self, samples: int, seconds: float) -> str | None:
        """The bound that is reached, if any; with no sample there is none."""
        if samples >= self.most:
            return "runs" if self.stops_at_runs else "samples"
        # The next run would begin too late.
        if samples and seconds + self.interval_seconds >= self.max_seconds:
            return "max_time"
        return None

    def may_stop(self, samples: int, seconds: float) -> bool:
        """Whether there is enough to look at the precision."""
        return samples >= self.least and seconds >= min(LEAST_SECONDS, self.max_seconds / 2)

    def fraction_done(self, samples: int, seconds: float) -> float:
        """Of the bound that is nearest, for people who wait."""
        return min(1.0, max(samples / self.most, seconds / self.max_seconds))


def take_samples(
    interpreter: "Interpreter",
    plan: Plan,
    invokes_per_sample: int,
    report: Progress,
    look: Callable[[int], None],
) -> tuple[list[int], Stop]:
    """Samples in nanoseconds, each of so many invokes, and why there are no more.

    `look` hears of every few samples that were taken, outside of the timed regions.
    """
    samples: list[int] = []
    next_check = next_look(0)
    start = time.perf_counter()
    while True:
        seconds = time.perf_counter() - start
        report("measure", plan.fraction_done(len(samples), seconds))
        reason = plan.reason_to_stop(len(samples), seconds)
        if reason is None and len(samples) >= next_check and plan.may_stop(len(samples), seconds):
            next_check = next_look(len(samples))
            if plan.precision is not None and is_precise(samples, plan.precision):
                reason = "precision"
        if reason is not None:
            return samples, _stop(reason, samples, plan.precision, seconds)
        chunk = interpreter.time_invokes(
            plan.most - len(samples),
            max(0.0, min(CHUNK_SECONDS, plan.max_seconds - seconds)),
            invokes_per_sample,
            plan.interval_seconds,
        )
        look(len(chunk))
        samples += chunk.tolist()


def _stop(reason: str, samples: list[int], precision: float | None, seconds: float) -> Stop:
    reached = None if precision is None else is_precise(samples, precision)
    return Stop(reason=reason, precision=precision, is_reached=reached, seconds=seconds)
