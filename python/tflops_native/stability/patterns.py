"""What the order and the distribution of samples tell: drift, shifts, correlation, two modes, stalls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.timing.statistics import percentile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Medians of blocks take outliers out of the trend; more blocks tell a trend no better.
BLOCKS = 32
# Two-sided chance of about one in a thousand that a stream without trend is said to have one.
TREND_Z = 3.3
# Neighbouring blocks that are correlated further than this leave too little that is independent.
TREND_CORRELATION_LIMIT = 0.9

# A level holds at least so much of all samples, and at least so many of them.
SHIFT_SHARE = 0.1
SHIFT_SAMPLES = 5
# So many of the samples of each level lie on their own side of the middle between the two.
SHIFT_PURITY = 0.9
# So much of the way from one level to the other lies between neighbouring samples.
SHIFT_JUMP = 0.6
# Two levels are called so where they leave at most this much of the deviations that a line leaves.
SHIFT_FIT = 0.7

# Extremes do not decide where two modes part: they are cut off, so that a mode must hold more.
MODE_TRIM = 0.05
MODE_SHARE = 0.1
# Between two modes there is a valley: at most this share of what is on the lower of the two hills.
MODE_VALLEY = 0.25
# So many standard deviations of the two counts, as if each sample was independent.
MODE_Z = 3.0
# Modes nearer to each other than this do not matter to a reader.
MODE_DISTANCE = 0.05
# A clock that ticks slowly makes modes of its own, one tick apart.
MODE_TICKS = 4

# A sample that took longer than the median by a quarter was held up by something.
STALL = 0.25


@dataclass(frozen=True, slots=True)
class Drift:
    """The trend of the samples over the whole measurement, as a fraction of the median.

    is_significant   whether it is more than samples as variable and as correlated show by chance
    """

    share: float
    is_significant: bool


@dataclass(frozen=True, slots=True)
class LevelShift:
    """All samples before one moment lie about one level, all after it about another.

    position    how many samples came before
    before_ns   median of these
    after_ns    median of those that came after
    """

    position: int
    before_ns: float
    after_ns: float

    @property
    def share(self) -> float:
        """By how much the level changed, as a fraction of the one before."""
        return self.after_ns / self.before_ns - 1


@dataclass(frozen=True, slots=True)
class Modes:
    """Two kinds of samples with hardly any between: where they lie, and the share of the slower."""

    fast_ns: float
    slow_ns: float
    slow_share: float


def drift(samples: Sequence[int]) -> Drift | None:
    """The trend by Theil and Sen over the medians of blocks, tested by Mann and Kendall.

    The test's variance is widened by what neighbouring blocks have in common. None if the blocks
    hang together so much that a trend cannot be distinguished from a slow swing.
    """
    import numpy as np

    size = -(-len(samples) // BLOCKS)
    count = len(samples) // size
    # The few that are left over at the end of the last block are left out.
    values = np.asarray(samples, dtype=float)
    blocks = np.median(values[: count * size].reshape(count, size), axis=1)
    position = np.arange(count) * size
    first, second = np.triu_indices(count, 1)
    rises = blocks[second] - blocks[first]
    slope = np.median(rises / (position[second] - position[first]))
    share = float(slope * (len(values) - 1) / np.median(values))
    rest = blocks - slope * position
    # Of a straight line only rounding is left, which says nothing.
    correlation = 0.0 if np.ptp(rest) < 1e-9 * np.ptp(blocks) else _lag_1(rest)
    # The estimate is too low: for the mean and the slope taken out, and for few blocks.
    correlation = max(0.0, correlation + (1 + 4 * correlation) / count)
    if correlation > TREND_CORRELATION_LIMIT:
        return None
    variance = count * (count - 1) * (2 * count + 5) / 18
    variance *= (1 + correlation) / (1 - correlation)
    return Drift(share, bool(abs(np.sign(rises).sum()) > TREND_Z * variance**0.5))


def level_shift(samples: Sequence[int]) -> LevelShift | None:
    """The moment at which the samples moved from one level to another, if they did so once and for good.

    The moment is the one that leaves least variance about two means; extremes do not decide. It is a
    shift where hardly a sample lies on the other level's side, and where two levels fit better than a
    line through all samples, which would be a drift.
    """
    import numpy as np

    values = np.asarray(samples, dtype=float)
    fewest = max(SHIFT_SAMPLES, int(len(values) * SHIFT_SHARE))
    if len(values) < 2 * fewest:
        return None
    trimmed = np.clip(values, percentile(values, MODE_TRIM), percentile(values, 1 - MODE_TRIM))
    count = np.arange(fewest, len(values) - fewest + 1)
    sums = np.cumsum(trimmed - trimmed.mean())[count - 1]
    position = fewest + int(np.argmax(sums**2 / (count * (len(values) - count))))
    first, second = values[:position], values[position:]
    before, after = float(np.median(first)), float(np.median(second))
    if before <= 0 or before == after:
        return None
    side = np.sign(after - before)
    middle = (before + after) / 2
    purity = min(np.mean(side * (middle - first) > 0), np.mean(side * (second - middle) > 0))
    left = np.abs(first - before).sum() + np.abs(second - after).sum()
    # A slow swing may pass for two levels, but takes its time from one to the other.
    jump = np.median(second[:SHIFT_SAMPLES]) - np.median(first[-SHIFT_SAMPLES:])
    if purity < SHIFT_PURITY or side * jump < SHIFT_JUMP * abs(after - before):
        return None
    if left > SHIFT_FIT * _left_by_a_line(values):
        return None
    return LevelShift(position=position, before_ns=before, after_ns=after)


def _left_by_a_line(values: "NDArray[np.floating[Any]]") -> float:
    """The sum of the deviations from the line of least squares."""
    import numpy as np

    position = np.arange(len(values)) - (len(values) - 1) / 2
    centred = values - values.mean()
    slope = float(position @ centred) / float(position @ position)
    return float(np.abs(centred - slope * position).sum())


def autocorrelation(samples: Sequence[int]) -> float | None:
    """Correlation of each sample with the next, by ranks; None if all are equal."""
    import numpy as np

    # Ranks, so that one outlier does not hide what the others have in common.
    _, inverse, counts = np.unique(samples, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return None
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return _lag_1(ranks[inverse])


def _lag_1(values: "NDArray[np.floating[Any]]") -> float:
    centred = values - values.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power else 0.0


def modes(samples: Sequence[int], resolution_ns: int) -> Modes | None:
    """Two modes, if the samples have them: two hills and a valley between, on a scale of ratios.

    For any distribution with one hill the middle between two places holds at least as much as the
    emptier of the two, so that neither width nor a long tail is taken for a second mode.
    """
    import numpy as np

    ordered = np.sort(np.maximum(samples, 1))
    cut = int(len(ordered) * MODE_TRIM)
    ordered = np.log(ordered[cut : len(ordered) - cut])
    split = _split(ordered)
    if split is None:
        return None
    fast, slow = np.median(ordered[:split]), np.median(ordered[split:])
    distance = slow - fast
    fast_ns, slow_ns = float(np.exp(fast)), float(np.exp(slow))
    if np.expm1(distance) < MODE_DISTANCE or slow_ns - fast_ns < MODE_TICKS * resolution_ns:
        return None
    share = 1 - split / len(ordered)
    if not MODE_SHARE <= share <= 1 - MODE_SHARE:
        return None
    low, middle, high = (
        int(np.count_nonzero(np.abs(ordered - centre) <= distance / 6))
        for centre in (fast, (fast + slow) / 2, slow)
    )
    hill = min(low, high)
    is_deep = middle <= MODE_VALLEY * hill and hill - middle > MODE_Z * (hill + middle) ** 0.5
    return Modes(fast_ns, slow_ns, float(share)) if is_deep else None


def _split(ordered: "NDArray[np.floating[Any]]") -> int | None:
    """How many of the sorted values are in the lower group, with both groups as tight as can be."""
    import numpy as np

    count = np.arange(1, len(ordered))
    sums = np.cumsum(ordered - ordered.mean())[:-1]
    if not len(sums) or ordered[0] == ordered[-1]:
        return None
    # The spread between the two groups; what is left is that within them.
    between = sums**2 / (count * (len(ordered) - count))
    return int(np.argmax(between)) + 1


def stalls(samples: Sequence[int]) -> tuple[int, float]:
    """How many samples were held up, and the share of all the time that they took beyond the median."""
    import numpy as np

    values = np.asarray(samples, dtype=float)
    median = np.median(values)
    beyond = values[values > (1 + STALL) * median] - median
    return len(beyond), float(beyond.sum() / values.sum()) if len(beyond) else 0.0
