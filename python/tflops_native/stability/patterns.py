"""What the order and the distribution of samples tell: drift, correlation, two modes, stalls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Medians of blocks take outliers out of the trend; more blocks tell a trend no better.
BLOCKS = 32
# Two-sided chance of about one in a thousand that a stream without trend is said to have one.
TREND_Z = 3.3
# Neighbouring blocks that are correlated further than this leave too little that is independent.
TREND_CORRELATION_LIMIT = 0.9

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
class Modes:
    """Two kinds of samples with hardly any between: where they lie, and the share of the slower."""

    fast_ns: float
    slow_ns: float
    slow_share: float


def drift(samples: Sequence[int]) -> Drift | None:
    """The trend by Theil and Sen over the medians of blocks, tested by Mann and Kendall.

    The test's variance is widened by what neighbouring blocks have in common. None if the blocks
    hang together so much that a trend cannot be told from a slow swing.
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
