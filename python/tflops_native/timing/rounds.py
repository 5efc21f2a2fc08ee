"""Several contenders measured interleaved: the state of the machine is the same for all.

In each round every contender takes a few samples in a row; the order is reversed with every round, so that
a trend favors none. What is compared are the medians of each round.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tflops_native._native import Interpreter

# Of one contender in a round: short enough for a machine not to change meanwhile, but of some samples where
# there is time for them.
SLICE_SECONDS = 0.025
SLICE_SAMPLES = 3
SLICE_SAMPLES_LIMIT = 200
# Where a slice takes no longer than this, an invoke that does not count comes first: the caches are full of
# the other contenders' data.
REFILL_SECONDS = 0.25


@dataclass(slots=True)
class Contender:
    """One of those that are compared.

    take             takes samples: at most so many, for so many seconds; nanoseconds each
    sample_seconds   about how long a sample takes
    medians_ns       of its samples, per round
    """

    interpreter: "Interpreter"
    take: "Callable[[int, float], NDArray[Any]]"
    sample_seconds: float
    medians_ns: list[float] = field(default_factory=list)

    def take_slice(self, max_samples: int, max_seconds: float) -> None:
        """Some samples in a row."""
        import numpy as np

        wanted = SLICE_SAMPLES * self.sample_seconds
        seconds = min(max(SLICE_SECONDS, wanted), max_seconds)
        if wanted <= min(seconds, REFILL_SECONDS):
            self.interpreter.invoke()
        taken = self.take(max(1, min(SLICE_SAMPLES_LIMIT, max_samples)), seconds)
        # A coarse clock may say 0.
        self.medians_ns.append(max(float(np.median(taken)), 1.0))


def take_round(
    contenders: Sequence[Contender], max_samples: int, max_slice_seconds: float = math.inf
) -> None:
    """One slice of each, no more than so many samples and seconds."""
    is_even = len(contenders[0].medians_ns) % 2 == 0
    for contender in contenders if is_even else reversed(contenders):
        contender.take_slice(max_samples, max_slice_seconds)


def log_ratios(contenders: Sequence[Contender]) -> list[list[float]]:
    """Logarithms of the medians of each contender but the first over those of the first, per round.

    The logarithm, because a half and a double are as far from 1.
    """
    first, *others = contenders
    return [
        [
            math.log(theirs / base)
            for theirs, base in zip(other.medians_ns, first.medians_ns, strict=True)
        ]
        for other in others
    ]
