"""Inferences that do not count, until they take as long as those before."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.progress import Progress
from tflops_native.timing.statistics import median_interval

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# Processors take some hundredths of a second to leave their lower frequencies.
SECONDS = 0.3
SECONDS_LIMIT = 3.0
_LOOK_SECONDS = 0.1
# Of the samples of one look; more of them would not tell more.
_LOOK_SAMPLES = 1000
# Each of the two parts that are compared.
_MIN_SAMPLES = 5
# Medians that differ by no more are alike.
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """The runs before the ones that count.

    runs         number of invokes; None where the source does not say
    samples_ns   each of `invokes_per_sample` invokes; empty where the source does not say
    is_steady    whether the last ones took as long as those before; if not, the time limit was
                 reached; None where that is not known
    """

    runs: int | None
    samples_ns: tuple[int, ...] = ()
    invokes_per_sample: int = 1
    is_steady: bool | None = None


def warm_up(
    interpreter: "Interpreter", invokes_per_sample: int, max_seconds: float, report: Progress
) -> WarmUp:
    """Invoke until the times are steady, for 0.3 to 3 seconds or `max_seconds`."""
    samples: list[int] = []
    limit = min(SECONDS_LIMIT, max_seconds)
    start = time.perf_counter()
    while True:
        elapsed = time.perf_counter() - start
        report("warm up", min(1.0, elapsed / SECONDS_LIMIT))
        steady = is_steady(samples)
        if samples and (elapsed >= limit or (steady and elapsed >= SECONDS)):
            return WarmUp(
                runs=len(samples) * invokes_per_sample,
                samples_ns=tuple(samples),
                invokes_per_sample=invokes_per_sample,
                is_steady=steady,
            )
        left = max(0.0, min(_LOOK_SECONDS, limit - elapsed))
        samples += interpreter.time_invokes(_LOOK_SAMPLES, left, invokes_per_sample).tolist()


def is_steady(samples_ns: Sequence[int]) -> bool:
    """Whether the times have stopped changing: those of the last quarter are those of the one before.

    They are if their medians differ by less than a hundredth, or by no more than chance allows: noise
    does not end by waiting.
    """
    import numpy as np

    length = len(samples_ns) // 4
    if length < _MIN_SAMPLES:
        return False
    newer, older = samples_ns[-length:], samples_ns[-2 * length : -length]
    medians = float(np.median(older)), float(np.median(newer))
    if abs(medians[1] - medians[0]) <= _TOLERANCE * medians[1]:
        return True
    known = median_interval(older), median_interval(newer)
    if known[0] is None or known[1] is None:
        return False
    return known[0].lower <= known[1].upper and known[1].lower <= known[0].upper
