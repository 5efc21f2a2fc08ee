"""When to stop taking samples: at the wanted precision, or at a bound, and never by peeking."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.timing.statistics import median_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Fewer independent samples tell too little of how much they depend on each other: intervals that seem
# narrow then often are not. Held by simulation in tests/timing/test_precision.py.
LEAST_EFFECTIVE_SAMPLES = 50
FIRST_LOOK_SAMPLES = 60
# Each look takes more samples than the one before by this factor: few looks, little peeking.
LOOK_FACTOR = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why no more samples were taken.

    reason       "precision", "runs", "max_time", "samples" (as many as are kept) or "interrupted"
    precision    what was wanted: half the width of the median's 95 % interval, relative to it; None
                 where only a number of samples was asked for
    is_reached   whether the samples are that precise; None where nothing was wanted
    seconds      how long the sampling took, pauses included
    """

    reason: str
    precision: float | None
    is_reached: bool | None
    seconds: float


def is_precise(samples: "Sequence[float] | NDArray[Any]", precision: float) -> bool:
    """Whether the median is known that well: half its 95 % interval is no more than this part of it."""
    import numpy as np

    interval = median_interval(samples)
    if interval is None or interval.effective_samples < LEAST_EFFECTIVE_SAMPLES:
        return False
    return interval.half_width <= precision * float(np.median(samples))


def next_look(samples: int) -> int:
    """After how many samples to look whether they are precise enough, having looked at so many."""
    return max(FIRST_LOOK_SAMPLES, math.ceil(samples * LOOK_FACTOR))
