"""What a time most likely is when it was read with a clock that cuts, and how well it is known.

XNNPACK gives the time of each of its operators in whole microseconds, cut off, not rounded
(xnn_get_elapsed_time in XNNPACK src/runtime.c). One such time says that the operator took between n and
n + 1 us. Many of them say more where they differ: how often n and how often n + 1 was read.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.timing.precision import is_precise
from tflops_native.timing.statistics import (
    LONGEST_SECONDS,
    NANOSECONDS_PER_SECOND,
    SHORTEST_SECONDS,
)
from tflops_native.timing.unsteady import unsteady_median_bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP_NS = 1000
# Times that are spread smoothly over several steps tell where between them the median lies, as if they
# were evenly spread within each: where the median's own step holds no more than this share of them, and
# either neighbour at least half as many. The median is then off by less than this much of a step, also
# for times of two kinds (tests/timing/test_estimate.py).
_SHARE_OF_OWN_STEP = 0.4
_EVEN_SPREAD_ERROR = 0.2
# An error that may be anything up to a bound has a standard deviation of the bound / sqrt(3), of which
# 95 % intervals have 1.96 to either side (JCGM 100:2008, "Guide to the Expression of Uncertainty in
# Measurement", 4.3.7 and 6.3).
OF_A_BOUND = 1.96 / math.sqrt(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEstimate:
    """A typical time, and between what it lies with 95 % confidence, all in seconds.

    The bounds hold for what chance did and for what the clock cut off.
    """

    typical_seconds: float
    lower_seconds: float
    upper_seconds: float

    def __post_init__(self) -> None:
        # Of saved results that were edited; what is computed is never so short, or contradicts itself.
        times = (self.typical_seconds, self.lower_seconds, self.upper_seconds)
        if any(time and not SHORTEST_SECONDS <= abs(time) <= LONGEST_SECONDS for time in times):
            raise ValueError(
                f"a time is 0, or {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} seconds, got {times}"
            )
        if self.typical_seconds <= 0 < self.lower_seconds:
            raise ValueError(
                f"typical_seconds is {self.typical_seconds}, but lower_seconds {self.lower_seconds}"
            )

    @property
    def uncertainty(self) -> float | None:
        """Half the distance of the bounds, as a fraction of the typical time; None for no time."""
        if self.typical_seconds <= 0:
            return None
        return (self.upper_seconds - self.lower_seconds) / 2 / self.typical_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTimes:
    """Times per run as they were read, and what the clock may have cut off each of them.

    reported_ns     as read, whole steps; or exact ones, with nothing cut off
    likely_cut_ns   what was most likely cut off
    most_cut_ns     what was cut off at most
    """

    reported_ns: "NDArray[Any]"
    likely_cut_ns: "NDArray[np.float64]"
    most_cut_ns: "NDArray[np.float64]"

    @classmethod
    def zero(cls, runs: int) -> "CutTimes":
        """Of so many runs in which nothing was measured, to be added to."""
        import numpy as np

        return cls(
            reported_ns=np.zeros(runs, dtype=np.int64),
            likely_cut_ns=np.zeros(runs),
            most_cut_ns=np.zeros(runs),
        )

    def spread_ns(self) -> "NDArray[np.float64]":
        """Times that may have led to these: equal ones are spread evenly over what they may have been.

        In the order of the runs; which of the equal ones gets which place is drawn, but always in the
        same way.
        """
        import numpy as np

        half = np.minimum(self.likely_cut_ns, STEP_NS / 2)
        if not half.any():
            return self.reported_ns.astype(np.float64)
        order = np.lexsort((np.random.default_rng(0).permutation(len(half)), self.reported_ns))
        _, first, count = np.unique(self.reported_ns[order], return_index=True, return_counts=True)
        place = np.empty(len(half))
        place[order] = (np.arange(len(half)) - np.repeat(first, count) + 0.5) / np.repeat(
            count, count
        )
        return self.reported_ns + self.likely_cut_ns + (2 * place - 1) * half

    def is_precise(self, precision: float, own_ns: float = 0.0) -> bool:
        """Whether further runs are needless: what chance did to the median is within this part of it.

        Args:
            own_ns: how much of each time is the profiler's own, and not of the median.
        """
        import numpy as np

        net_ns = self.spread_ns() - own_ns
        if not is_precise(net_ns, precision):
            return False
        lower, upper = unsteady_median_bounds(net_ns)
        return (upper - lower) / 2 <= precision * float(np.median(net_ns))

    def estimate(
        self, own_ns: float = 0.0, error_ns: float = 0.0, widening: float = 1.0
    ) -> TimeEstimate:
        """The median of what the times were before they were cut.

        The bounds are those of any distribution: whatever was cut off, the median lies between that of
        the times as read and that of the longest they can have been. Where the times spread over
        several steps, they tell more.

        Args:
            own_ns: how much of each time is the profiler's own.
            error_ns: by how much at most each time is wrong in the same way, beside what was cut off.
            widening: by how much the bounds are farther away than chance alone puts them.
        """
        import numpy as np

        spread = self.spread_ns()
        typical = float(np.median(spread))
        lower, upper = (
            unsteady_median_bounds(self.reported_ns)[0],
            unsteady_median_bounds(self.reported_ns + self.most_cut_ns)[1],
        )
        if self._is_spread(typical):
            error = _EVEN_SPREAD_ERROR * STEP_NS
            within = unsteady_median_bounds(spread)
            lower, upper = max(lower, within[0] - error), min(upper, within[1] + error)
        below_ns = _together(widening * (typical - lower), error_ns)
        above_ns = _together(widening * (upper - typical), error_ns)
        return TimeEstimate(
            typical_seconds=_seconds(typical - own_ns),
            lower_seconds=_seconds(typical - below_ns - own_ns),
            upper_seconds=_seconds(typical + above_ns - own_ns),
        )

    def _is_spread(self, median_ns: float) -> bool:
        """Whether the times spread smoothly over the step of the median and its neighbours."""
        import numpy as np

        if not self.most_cut_ns.any():
            return False
        steps = np.floor((self.reported_ns + self.likely_cut_ns - median_ns) / STEP_NS + 0.5)
        below, own, above = (float(np.mean(steps == step)) for step in (-1, 0, 1))
        return own <= _SHARE_OF_OWN_STEP and min(below, above) >= own / 2


def _together(by_chance_ns: float, error_ns: float) -> float:
    """How far a time may be off by chance, with 95 %, and by an error of at most so much.

    The two have nothing to do with each other: their squares add up. Nor is it ever more than both.
    """
    return min(by_chance_ns + error_ns, math.hypot(by_chance_ns, OF_A_BOUND * error_ns))


def _seconds(nanoseconds: float) -> float:
    # No more digits than can be known: files of reports are full of these.
    return round(max(nanoseconds, 0.0), 1) / NANOSECONDS_PER_SECOND
