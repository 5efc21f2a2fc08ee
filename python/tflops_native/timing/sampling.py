"""The clean runs: samples until they are precise enough, or a bound is reached."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tflops_native.progress import Progress, early_stop
from tflops_native.timing.precision import Stop, is_precise, next_look
from tflops_native.timing.stop_rule import StopRule

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# Between chunks the caller hears of the progress.
CHUNK_SECONDS = 0.2


def take_samples(
    interpreter: "Interpreter",
    rule: StopRule,
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
        report("measure", rule.fraction_done(len(samples), seconds))
        reason = rule.reason_to_stop(len(samples), seconds)
        if reason is None and len(samples) >= next_check and rule.may_stop(len(samples), seconds):
            next_check = next_look(len(samples))
            if rule.wanted_precision is not None and is_precise(samples, rule.wanted_precision):
                reason = "precision"
        if reason is None and samples and early_stop.is_requested:
            reason = "interrupted"
        if reason is not None:
            return samples, _stop(reason, samples, rule.wanted_precision, seconds)
        chunk = interpreter.time_invokes(
            rule.max_samples - len(samples),
            max(0.0, min(CHUNK_SECONDS, rule.max_seconds - seconds)),
            invokes_per_sample,
            rule.interval,
        )
        look(len(chunk))
        samples += chunk.tolist()


def _stop(reason: str, samples: list[int], precision: float | None, seconds: float) -> Stop:
    reached = None if precision is None else is_precise(samples, precision)
    return Stop(reason=reason, precision=precision, is_reached=reached, seconds=seconds)
