"""How much longer one contender takes than another, and how well that is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tflops_native.timing.statistics import Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The time that one contender takes, as a multiple of that of another.

    value          the typical ratio
    lower, upper   between what it lies with 95 % confidence; None where that is not known
    blocks         measured interleaved: of how many blocks the ratios are, each with the models loaded
                   anew; None: of two latencies that were measured one after the other
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("differs",)

    value: float
    lower: float | None
    upper: float | None
    blocks: int | None

    @classmethod
    def of_blocks(cls, log_ratios: Sequence[float]) -> "Ratio":
        """From the logarithm of the ratio in each block: a half and a double are as far from 1.

        The bounds are two of the ratios, so that nothing is assumed of their distribution but that the
        blocks are independent of each other. Below 8 blocks there are none.
        """
        import numpy as np

        bounds = middle_bounds(sorted(log_ratios))
        return cls(
            value=math.exp(float(np.median(log_ratios))),
            lower=None if bounds is None else math.exp(bounds[0]),
            upper=None if bounds is None else math.exp(bounds[1]),
            blocks=len(log_ratios),
        )

    @classmethod
    def of_latencies(cls, first: Latency, other: Latency) -> "Ratio | None":
        """From two latencies that were measured apart; None where one of them is not known.

        The bounds follow from the 95 % intervals of both medians by the method of variance estimates
        recovery (Zou and Donner, "Construction of confidence limits about effect measures", 2008), on
        logarithms. They hold what chance did, not what changed in between.
        """
        ours, theirs = first.typical_seconds, other.typical_seconds
        if not ours or not theirs:
            return None
        value = math.log(theirs / ours)
        lower = upper = None
        a, b = first.median_interval_seconds, other.median_interval_seconds
        if a is not None and b is not None and a.lower > 0 and b.lower > 0:
            lower = value - math.hypot(math.log(theirs / b.lower), math.log(a.upper / ours))
            upper = value + math.hypot(math.log(b.upper / theirs), math.log(ours / a.lower))
        return cls(
            value=theirs / ours,
            lower=None if lower is None else math.exp(lower),
            upper=None if upper is None else math.exp(upper),
            blocks=None,
        )

    @property
    def differs(self) -> bool | None:
        """Whether one of the two is faster; None where that is not known."""
        if self.lower is None or self.upper is None:
            return None
        return not self.lower <= 1 <= self.upper

    @property
    def may_differ(self) -> bool:
        """Whether a difference is known or, where nothing is known of how certain it is, likely."""
        return self.value != 1 if self.differs is None else self.differs

    @property
    def precision(self) -> float | None:
        """Half the width of the interval of its logarithm; near 1 that of the ratio itself."""
        if self.lower is None or self.upper is None:
            return None
        return math.log(self.upper / self.lower) / 2


def middle_bounds(ordered: Sequence[float], error: float = 0.01) -> tuple[float, float] | None:
    """Two of the values between which the median lies, but for an error of 1 %; None below 8 values.

    As many values lie below the median as heads fall in as many tosses of a coin. With an error of 1 %
    instead of 5 % that of a few looks, at which a measurement may stop, stays below 5 %; and blocks on a
    busy machine are not wholly independent (benchmarks/compare_itself.py).
    """
    count = len(ordered)
    # P(fewer than `place` values lie below the median), one side.
    place, below = 0, 0.0
    while True:
        below += math.comb(count, place) / 2**count
        if 2 * below > error:
            break
        place += 1
    if place == 0:
        return None
    return ordered[place - 1], ordered[count - place]
