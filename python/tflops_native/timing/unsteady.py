"""Bounds of a median on a machine that changes its speed while samples are taken.

The interval of `median_interval` asks how far the ranks of samples may be off that hang together as they
do near the median. Where the machine was slower for a while, all samples of that while lie above it: they
count for a few, and the ranks reach into the slowest hundredth, which are runs that were interrupted and
take a thousand times as long. But interruptions do not hang together. So here each value is asked by
itself whether it may be the median: whether so many samples may lie below it by chance, as samples hang
together in lying below or above *that value*.

Held by tests/timing/test_unsteady.py.
"""

from typing import TYPE_CHECKING, Any

from tflops_native.timing.precision import LEAST_EFFECTIVE_SAMPLES
from tflops_native.timing.statistics import (
    MedianInterval,
    correlation_time,
    median_interval,
    quantile_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# With so many effective samples, or so large a part of them all, the two intervals say the same.
_STEADY_SAMPLES = 200
_STEADY_PART = 0.5
# Shares of samples that lie nearer to the median than the values that are asked.
_SHARES = (0.52, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99)
# Medians of blocks in time show how far the speed moved; the true one may lie beyond by half of that.
_BLOCKS = 20
_BEYOND = 0.5


def unsteady_median_bounds(samples: "NDArray[Any]") -> tuple[float, float]:
    """Between what the true median lies with 95 % confidence, whatever interrupted some of the samples.

    No farther out than the medians of blocks of time and half of their range. With a handful of samples
    these are the samples themselves.

    Args:
        samples: at least one, in the order in which they were taken.
    """
    import numpy as np

    interval = median_interval(samples)
    if interval is not None and is_steady(interval, len(samples)):
        return interval.lower, interval.upper
    median = float(np.median(samples))
    inner = (median, median) if interval is None else (interval.lower, interval.upper)
    time = correlation_time(np.sign(samples - median))
    lower = -_highest_median(-samples, time)
    upper = _highest_median(samples, time)
    blocks = [np.median(block) for block in np.array_split(samples, min(_BLOCKS, len(samples)))]
    least, most = float(min(blocks)), float(max(blocks))
    beyond = _BEYOND * (most - least)
    lower = max(min(lower, inner[0]), least - beyond, float(samples.min()))
    upper = min(max(upper, inner[1]), most + beyond, float(samples.max()))
    if interval is not None and interval.effective_samples >= LEAST_EFFECTIVE_SAMPLES:
        # Ranks that far in are not among what was interrupted.
        return min(lower, interval.lower), max(upper, interval.upper)
    return lower, upper


def is_steady(interval: MedianInterval | None, count: int) -> bool:
    """Whether so many samples with this interval hang together so little that its ranks are right."""
    steady = min(_STEADY_SAMPLES, _STEADY_PART * count)
    return interval is not None and interval.effective_samples >= steady


def _highest_median(samples: "NDArray[Any]", median_time: float) -> float:
    """The first of the values that are asked behind the last one that may be the median."""
    import numpy as np

    ordered = np.sort(samples)
    last = len(ordered) - 1
    values = [float(ordered[min(int(share * len(ordered)), last)]) for share in _SHARES]
    for number in range(len(values) - 1, -1, -1):
        if _may_be_as_high(samples, values[number], median_time):
            return values[min(number + 1, len(values) - 1)]
    return values[0]


def _may_be_as_high(samples: "NDArray[Any]", value: float, median_time: float) -> bool:
    """Whether by chance alone so many samples may lie below the median, if this value is it."""
    import numpy as np

    below = samples < value
    share = float(below.mean())
    if share <= 0.5:
        return True
    # Where nearly all samples lie below, those few that do not hang together cannot show that they do.
    time = max(correlation_time(below.astype(np.float64)), 4 * share * (1 - share) * median_time)
    effective = len(samples) / time
    if effective <= 2:
        return True
    standard_errors: float = (share - 0.5) * 2 * effective**0.5
    return standard_errors < quantile_of(effective)
