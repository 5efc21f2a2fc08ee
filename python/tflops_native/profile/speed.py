"""Times of operators at one speed of the machine, where it became slower and faster while they were taken.

Within a run the speed is that of all operators, and the time of the whole run shows it. What it did to an
operator need not be in the interval of that operator: how well the speed itself is known is what the
interval of the latency says. Operators do not follow it alike. One that waits for memory takes as long at
any clock rate, one after it may lose its data to a neighbor; so each has an exponent of its own, a control
variate whose coefficient is estimated (Lavenberg and Welch, "A Perspective on the Use of Control Variables
to Increase the Efficiency of Monte Carlo Simulations", 1981).

Held by tests/timing/test_speed.py.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.timing.statistics import median_interval
from tflops_native.timing.unsteady import is_steady

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Runs in a row have one speed. Of fewer the median would have more noise than the speed itself.
_RUNS = 16
# All that a time changes with takes longer than a hundredth of the profile, which is tens of milliseconds.
_MOST_BLOCKS = 100
# Fewer do not show what an operator makes of the speed.
_FEWEST_BLOCKS = 8
# From a time that the speed does not change to one that it changes three times as much; these are tried,
# and then those between the two next to the best.
_MOST = 3.0
_STEPS = 31


@dataclass(frozen=True, slots=True)
class Speed:
    """How slow the machine was during each run, against its middle.

    starts     of blocks of runs in a row, without that of the first
    slowness   of each block: the logarithm of how many times as long a run takes as in the middle
    """

    starts: "NDArray[np.intp]"
    slowness: "NDArray[np.float64]"

    @classmethod
    def of(cls, invoke_ns: "NDArray[Any]") -> "Speed | None":
        """Of runs in their order; None where they are few, or hardly hang together."""
        import numpy as np

        count = len(invoke_ns)
        blocks = min(count // _RUNS, _MOST_BLOCKS)
        if blocks < _FEWEST_BLOCKS or is_steady(median_interval(invoke_ns), count):
            return None
        starts = np.linspace(0, count, blocks + 1).astype(np.intp)[1:-1]
        logs = _logs(invoke_ns, starts)
        if logs.min() == logs.max():
            return None
        return cls(starts, logs - np.log(max(float(np.median(invoke_ns)), 1.0)))

    @property
    def widening(self) -> float:
        """By how much intervals of times in the middle are wider: exponents are not known for certain.

        As that of a regression where its line is read off away from the mean of what it was fitted to.
        """
        import numpy as np

        return math.sqrt(1 + float(np.mean(self.slowness)) ** 2 / float(np.var(self.slowness)))

    def middle(self, times_ns: "NDArray[Any]", own_ns: float = 0.0) -> "NDArray[np.float64]":
        """The times as they would be if the machine had kept the speed of its middle.

        Args:
            times_ns: one of each run.
            own_ns: how much of each is the profiler's own.
        """
        import numpy as np

        net_ns = times_ns - own_ns
        logs = _logs(net_ns, self.starts)
        step = _MOST / (_STEPS - 1)
        exponent = self._exponent(logs, np.linspace(0.0, _MOST, _STEPS))
        exponent = self._exponent(logs, exponent + np.linspace(-step, step, _STEPS))
        lengths = np.diff(np.concatenate(([0], self.starts, [len(times_ns)])))
        found: NDArray[np.float64] = net_ns * np.repeat(np.exp(-exponent * self.slowness), lengths)
        return found + own_ns

    def _exponent(self, logs: "NDArray[Any]", candidates: "NDArray[Any]") -> float:
        """The one that leaves least: absolutely, so that a block that was interrupted decides nothing."""
        import numpy as np

        left = logs - candidates[:, None] * self.slowness
        spread = np.abs(left - np.median(left, axis=1, keepdims=True)).sum(axis=1)
        return float(candidates[int(np.argmin(spread))])


def _logs(times_ns: "NDArray[Any]", starts: "NDArray[np.intp]") -> "NDArray[np.float64]":
    """Of the medians of blocks."""
    import numpy as np

    medians = [float(np.median(block)) for block in np.split(times_ns, starts)]
    return np.log(np.maximum(medians, 1.0))
