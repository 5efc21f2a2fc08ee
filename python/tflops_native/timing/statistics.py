"""Statistics of samples: all that is said of a latency is computed here, from raw nanoseconds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NANOSECONDS_PER_SECOND = 1_000_000_000
# Of what is read: a saved result that was edited could say less or more, of which no rate can be made.
SHORTEST_SECONDS, LONGEST_SECONDS = 1e-30, 1e12
_FARTHEST = 1e30
# Of a latency; the measures of its spread may be as small as rounding makes them.
_SECONDS = tuple(
    f"{name}_seconds"
    for name in (
        *("minimum", "p5", "p25", "median", "p75", "p90", "p95", "p99", "maximum"),
        *("mean", "resolution"),
    )
)
CONFIDENCE = 0.95
# The normal quantile of the interval. 1.96 would do for one look at a number of samples that was fixed
# beforehand; the stop rule looks again and again and stops at a narrow interval, which favours those
# that are narrow by accident. With 2.1 the intervals at which it stops cover the median in at least
# 93 % of cases, also where samples depend on those before (tests/timing/test_precision.py).
_QUANTILE = 2.1
# Of fewer samples a percentile that is far out would be the minimum or the maximum.
FEWEST_SAMPLES = {5: 20, 90: 10, 95: 20, 99: 100}
# An interval of a percentile needs so many independent samples beyond it (tests/timing/test_statistics.py).
_SAMPLES_BEYOND = 8
# Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): modified z-scores above 3.5.
_OUTLIER_SCORE = 3.5
_SCORE_BY_MAD = 0.6745
_SCORE_BY_MEAN_DEVIATION = 1 / 1.253314


def check_seconds(name: str, seconds: float | None) -> None:
    """Of a figure that may come from a file that was edited; None and 0 are right, too.

    Raises:
        ValueError: nothing takes so long.
    """
    if seconds and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise ValueError(f"{name} is {seconds:g}: nothing that is measured takes so long")


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianInterval:
    """The 95 % confidence interval of a median, or of another percentile, in the unit of the samples.

    effective_samples   how many independent samples say as much: those in a row are often alike
    """

    lower: float
    upper: float
    effective_samples: float

    def __post_init__(self) -> None:
        # In whichever unit: what is computed of it has to be within what floats hold.
        if not -_FARTHEST <= self.lower <= self.upper <= _FARTHEST:
            raise ValueError(f"an interval from {self.lower:g} to {self.upper:g} holds no median")

    @property
    def half_width(self) -> float:
        """Half of its width."""
        return (self.upper - self.lower) / 2

    def scaled(self, divisor: float) -> "MedianInterval":
        """The same in another unit."""
        return MedianInterval(
            lower=self.lower / divisor,
            upper=self.upper / divisor,
            effective_samples=self.effective_samples,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Statistics of one kind of duration; what a source of times does not say is None.

    Each sample is the mean of some invokes in a row, mostly one; the spread is that of the samples.

    samples                   number of samples
    runs                      number of invokes in them
    p5_seconds, p90_seconds, p95_seconds, p99_seconds
                              also None below 20, 10, 20 and 100 samples
    std_seconds               standard deviation of the samples; also None of a single one
    mad_seconds               median of the absolute deviations from the median
    mdape                     median of the absolute deviations relative to each sample, a fraction
    median_interval_seconds   95 % interval of the median; also None where there are too few samples
    p95_interval_seconds, p99_interval_seconds
                              those of the percentiles; also None where fewer than 8 independent samples
                              lie beyond
    outliers                  number of samples with a modified z-score above 3.5
    throughput_per_second     invokes per second of measured time
    resolution_seconds        the steps in which it was measured or written, whichever are larger; 0
                              for raw samples
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("typical_seconds", "precision")

    samples: int | None = None
    runs: int | None = None
    minimum_seconds: float | None = None
    p5_seconds: float | None = None
    p25_seconds: float | None = None
    median_seconds: float | None = None
    p75_seconds: float | None = None
    p90_seconds: float | None = None
    p95_seconds: float | None = None
    p99_seconds: float | None = None
    maximum_seconds: float | None = None
    mean_seconds: float | None = None
    std_seconds: float | None = None
    mad_seconds: float | None = None
    mdape: float | None = None
    median_interval_seconds: MedianInterval | None = None
    p95_interval_seconds: MedianInterval | None = None
    p99_interval_seconds: MedianInterval | None = None
    outliers: int | None = None
    throughput_per_second: float | None = None
    resolution_seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in _SECONDS:
            check_seconds(name, getattr(self, name))

    @classmethod
    def of(cls, samples_ns: Sequence[int], *, invokes_per_sample: int = 1) -> "Latency":
        """Statistics of samples in nanoseconds, each of so many invokes.

        Percentiles interpolate linearly between the two nearest samples.

        Raises:
            ValueError: there is no sample.
        """
        import numpy as np

        if not len(samples_ns):
            raise ValueError("there is no sample to make statistics of")
        scale = NANOSECONDS_PER_SECOND * invokes_per_sample
        samples = np.asarray(samples_ns, dtype=np.float64)
        count = len(samples)
        median = percentile(samples, 0.5)
        deviations = np.abs(samples - median)
        mean = float(samples.mean())
        # A coarse clock may say 0, of which nothing is a fraction.
        relative = np.divide(deviations, samples, out=np.zeros(count), where=samples > 0)

        def at(percent: int) -> float | None:
            is_known = count >= FEWEST_SAMPLES.get(percent, 1)
            return percentile(samples, percent / 100) / scale if is_known else None

        def in_seconds(interval: MedianInterval | None) -> MedianInterval | None:
            return None if interval is None else interval.scaled(scale)

        return cls(
            samples=count,
            runs=count * invokes_per_sample,
            minimum_seconds=float(samples.min()) / scale,
            p5_seconds=at(5),
            p25_seconds=at(25),
            median_seconds=median / scale,
            p75_seconds=at(75),
            p90_seconds=at(90),
            p95_seconds=at(95),
            p99_seconds=at(99),
            maximum_seconds=float(samples.max()) / scale,
            mean_seconds=mean / scale,
            std_seconds=float(samples.std(ddof=1)) / scale if count > 1 else None,
            mad_seconds=float(np.median(deviations)) / scale,
            mdape=float(np.median(relative)),
            median_interval_seconds=in_seconds(median_interval(samples)),
            p95_interval_seconds=in_seconds(percentile_interval(samples, 0.95)),
            p99_interval_seconds=in_seconds(percentile_interval(samples, 0.99)),
            outliers=int(np.count_nonzero(is_outlier(samples))),
            throughput_per_second=scale / mean if mean else 0.0,
        )

    @property
    def typical_seconds(self) -> float | None:
        """The median; the mean where only that is known."""
        return self.mean_seconds if self.median_seconds is None else self.median_seconds

    @property
    def precision(self) -> float | None:
        """Half the width of the median's interval, as a fraction of the median."""
        if self.median_interval_seconds is None or not self.median_seconds:
            return None
        return self.median_interval_seconds.half_width / self.median_seconds


def median_interval(samples: "Sequence[float] | NDArray[Any]") -> MedianInterval | None:
    """Where the true median lies with 95 % confidence; None where the samples are too few to say.

    Args:
        samples: in the order in which they were taken.
    """
    return _interval(samples, 0.5)


def percentile_interval(
    samples: "Sequence[float] | NDArray[Any]", share: float
) -> MedianInterval | None:
    """As `median_interval`, of the percentile of a share, 0.95 for the 95th.

    None too where fewer than 8 independent samples lie beyond it: those that a series seems to have by
    accident would be too many.
    """
    found = _interval(samples, share)
    if found is None or found.effective_samples * min(share, 1 - share) < _SAMPLES_BEYOND:
        return None
    return found


def _interval(samples: "Sequence[float] | NDArray[Any]", share: float) -> MedianInterval | None:
    """Of the percentile of a share.

    By order statistics, so for any distribution: k of n samples lie below the percentile as heads fall
    in n tosses of a coin with this share of heads. Samples that are like those before them count for
    fewer tosses, by the autocorrelation of lying above or below.
    """
    import numpy as np

    values = np.asarray(samples)
    count = len(values)
    if count < 2:
        return None
    # Far out there are too few samples to see well how they hang together; the middle shows it too.
    effective = count / max(
        correlation_time(np.sign(values - percentile(values, at))) for at in {share, 0.5}
    )
    if effective <= 2:
        return None
    half = quantile_of(effective) * count * math.sqrt(share * (1 - share) / effective)
    lower, upper = math.floor(count * share - half), math.ceil(count * share + half) + 1
    if lower < 1 or upper > count:
        return None
    found = np.partition(values, (lower - 1, upper - 1))
    return MedianInterval(
        lower=float(found[lower - 1]),
        upper=float(found[upper - 1]),
        effective_samples=effective,
    )


def quantile_of(effective_samples: float) -> float:
    """How many standard errors an interval has to either side, for more than 2 effective samples.

    Student's quantile instead of the normal one, to the first order: the correlation is estimated.
    """
    return _QUANTILE * (1 + (_QUANTILE**2 + 1) / (4 * (effective_samples - 1)))


def percentile(samples: "Sequence[float] | NDArray[Any]", share: float) -> float:
    """The percentile of a share, 0.95 for the 95th: between the two nearest samples, linearly."""
    import numpy as np

    return float(np.quantile(np.asarray(samples, dtype=np.float64), share))


def correlation_time(signs: "NDArray[Any]") -> float:
    """How many samples in a row say as much as one independent one: 1 plus twice all autocorrelations.

    Summed in pairs of lags as long as these are positive and made monotone (Geyer, "Practical Markov
    Chain Monte Carlo", 1992), and corrected for the mean that was taken from the same samples (Wolff,
    "Monte Carlo errors with less errors", 2004). Never below 1: samples that alternate are not
    counted for more than they are.
    """
    import numpy as np

    count = len(signs)
    centred = signs - signs.mean()
    variance = float(centred @ centred)
    if variance == 0:
        return 1.0
    # Padded to a power of two above twice the length, for speed and so that nothing wraps around.
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlations = np.fft.irfft((spectrum * spectrum.conj()).real, size)[:count] / variance
    pairs = correlations[: count // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    kept = int(negative[0]) if len(negative) else len(pairs)
    time = 2 * float(np.minimum.accumulate(pairs[:kept]).sum()) - 1
    return max(1.0, time * (1 + (4 * kept + 1) / count)) if time > 1 else 1.0


def is_outlier(samples: "NDArray[np.float64]") -> "NDArray[np.bool_]":
    """Which samples lie far from the median, by their modified z-scores.

    Where more than half of all samples are equal, the mean deviation takes the place of the MAD.
    """
    import numpy as np

    deviations = np.abs(samples - np.median(samples))
    if mad := float(np.median(deviations)):
        scores = _SCORE_BY_MAD * deviations / mad
    elif mean := float(deviations.mean()):
        scores = _SCORE_BY_MEAN_DEVIATION * deviations / mean
    else:
        return np.zeros(len(samples), dtype=np.bool_)
    outliers: NDArray[np.bool_] = scores > _OUTLIER_SCORE
    return outliers
