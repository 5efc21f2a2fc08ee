"""How far a series of samples can be trusted: a verdict, the figures behind it, and likely causes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tflops_native import formatting as numbers
from tflops_native.machine.evidence import Evidence
from tflops_native.stability import causes
from tflops_native.stability.causes import Cause, find_causes
from tflops_native.stability.patterns import (
    Drift,
    LevelShift,
    Modes,
    autocorrelation,
    drift,
    level_shift,
    modes,
    stalls,
)
from tflops_native.timing.statistics import percentile

Verdict: TypeAlias = Literal[
    "stable", "noisy", "drifting", "shifted", "bimodal", "throttled", "unknown"
]

# Fewer samples show no pattern.
SAMPLES_FEWEST = 10
# Median deviation from the median. Beyond, two runs of a program often differ by more than what one
# wants to see; other benchmark tools draw their line there too.
SPREAD_LIMIT = 0.05
# How far the 95th percentile may lie above the median: for a normal distribution at the limit above
# it lies 12% above.
TAIL_LIMIT = 0.2
# Of fewer samples the 95th percentile is decided by one or two of them.
TAIL_SAMPLES = 40
# Stalls are too rare to move the percentiles, but take this share of the time.
STALLED_LIMIT = 0.05
STALLS_FEWEST = 3
# A trend smaller than this over the whole measurement decides nothing.
DRIFT_LIMIT = 0.02
# Time lost to others: from here on their work, and not the model, decides the pattern of the samples.
LOST_LIMIT = 0.05
# Percentiles that may hold where others took a share of the time, the highest first. A percentile holds if
# no more than this share of the samples up to it can be time of others.
TRUSTED_PERCENTILES = (0.95, 0.9, 0.75, 0.5, 0.25, 0.05)
OTHERS_SHARE = 0.05
# At least this much of the lost time that the system counts was lost by the threads that run the model.
LOST_ACCURACY = 0.85
# The last quarter of the samples against the first.
SLOWER_LIMIT = 0.02

_ALWAYS = (causes.quota_throttled, causes.heat_throttled, causes.threads_exceed_cpus)
_IF_UNSTEADY = (
    causes.quota_throttled,
    causes.heat_throttled,
    causes.frequency_fell,
    causes.others_run,
    causes.threads_exceed_cpus,
    causes.hypervisor_steals,
    causes.others_load,
    causes.unlike_cpus,
    causes.threads_move,
    causes.memory_faults,
    causes.governor_varies,
    causes.boost_varies,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the samples by themselves tell. Shares are fractions of the median.

    spread              median deviation from the median
    tail                how far the 95th percentile lies above the median; None below 40 samples
    stalls              number of samples that were held up
    stalled             share of all the time that these took beyond the median
    drift               trend over the whole measurement; None if it may be a slow swing
    drift_per_minute    the same by time
    slowdown            median of the last quarter of the samples over that of the first, minus 1
    autocorrelation     of each sample with the next, by ranks; None if all are equal
    modes               the two modes of the samples, if they have two
    shift               the change from one level to another, if there was one
    """

    seconds: float
    spread: float
    tail: float | None
    stalls: int
    stalled: float
    drift: Drift | None
    slowdown: float
    autocorrelation: float | None
    modes: Modes | None
    shift: LevelShift | None = None

    @property
    def drift_per_minute(self) -> float | None:
        """The trend by time."""
        if self.drift is None or not self.seconds:
            return None
        return self.drift.share * 60 / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """A verdict on the samples, and what it rests on.

    verdict   "unknown" if there are too few samples to tell
    because   the reason for the verdict in words
    figures   what the samples tell; None if there are too few
    causes    what can explain it, the weightiest first
    trusted_percentile   where others took a share of the time: the highest percentile that their work
              does not decide, 0.75 for the 75th; None if there is none, if that cannot be
              reported, or if others took no share
    """

    verdict: Verdict
    because: str
    figures: Figures | None
    causes: tuple[Cause, ...]
    trusted_percentile: float | None = None


def judge(
    samples_ns: Sequence[int], evidence: Evidence | None = None, *, resolution_ns: int = 1
) -> Stability:
    """The verdict on samples in the order in which they were taken.

    Args:
        samples_ns: one duration per sample, in nanoseconds.
        evidence: what went on around them, if that is known.
        resolution_ns: the smallest step of the clock.
    """
    figures = None
    if len(samples_ns) < SAMPLES_FEWEST:
        verdict: Verdict = "unknown"
        count = len(samples_ns)
        because = "one sample is too few" if count == 1 else f"{count} samples are too few"
    elif sorted(samples_ns)[len(samples_ns) // 2] <= 0:
        verdict, because = "unknown", "the samples are shorter than a step of the clock"
    else:
        figures = _figures(samples_ns, evidence, resolution_ns)
        verdict, because = _verdict(figures, evidence)
    found: tuple[Cause, ...] = ()
    trusted = None
    if evidence is not None:
        share = causes.lost_share(evidence)
        if figures is not None and share >= LOST_LIMIT:
            trusted, is_known = _trusted(samples_ns, share * evidence.total.seconds, evidence)
            if is_known and trusted is None and verdict == "stable":
                # Samples that all hold the same share of others' time are alike, and all too long.
                verdict, because = "noisy", f"{100 * share:.0f}% of the time was lost to others"
            if is_known and verdict == "noisy":
                because += f"; {_describe_trust(trusted)}"
        is_unsteady = verdict not in ("stable", "unknown")
        found = find_causes(evidence, _IF_UNSTEADY if is_unsteady else _ALWAYS)
        if is_unsteady and not found:
            found = (causes.nothing_seen(evidence),)
    return Stability(
        verdict=verdict,
        because=because,
        figures=figures,
        causes=found,
        trusted_percentile=trusted,
    )


def trusted_percentile(samples_ns: Sequence[int], lost_ns: float) -> float | None:
    """The highest of `TRUSTED_PERCENTILES` that holds although others took time from the samples.

    What the samples take beyond a percentile can be the lost time; the part of it that does not fit
    there lies in the samples up to the percentile and has made them longer.

    Args:
        samples_ns: one duration per sample.
        lost_ns: how much of their sum others took.
    """
    import numpy as np

    values = np.asarray(samples_ns, dtype=float)
    for share in TRUSTED_PERCENTILES:
        if share > 0.9 and len(values) < TAIL_SAMPLES:
            continue
        value = percentile(values, share)
        beyond = float(np.maximum(values - value, 0).sum())
        within = float(values[values <= value].sum())
        if lost_ns - beyond <= OTHERS_SHARE * within:
            return share
    return None


def _trusted(
    samples_ns: Sequence[int], lost_seconds: float, evidence: Evidence
) -> tuple[float | None, bool]:
    """The percentile that holds, or None, and whether that is known.

    The system counts lost time from the first sample to the last: some may lie between two of them.
    """
    sampled = float(sum(samples_ns))
    lost, between = 1e9 * lost_seconds, max(0.0, 1e9 * evidence.total.seconds - sampled)
    surely = trusted_percentile(samples_ns, min(lost, sampled))
    if surely is not None:
        return surely, True
    at_least = max(0.0, LOST_ACCURACY * lost - between)
    return None, trusted_percentile(samples_ns, at_least) is None


def _describe_trust(share: float | None) -> str:
    if share is None:
        return "other processes' time lies in all samples: no percentile can be trusted"
    name = "median" if share == 0.5 else f"{100 * share:.0f}th percentile"
    return f"times up to the {name} can be trusted, those beyond hold other processes' time"


def _figures(samples_ns: Sequence[int], evidence: Evidence | None, resolution_ns: int) -> Figures:
    import numpy as np

    values = np.asarray(samples_ns, dtype=float)
    median = float(np.median(values))
    quarter = -(-len(values) // 4)
    count, share = stalls(samples_ns)
    return Figures(
        seconds=float(values.sum()) / 1e9 if evidence is None else evidence.total.seconds,
        spread=float(np.median(np.abs(values - median))) / median,
        tail=percentile(values, 0.95) / median - 1 if len(values) >= TAIL_SAMPLES else None,
        stalls=count,
        stalled=share,
        drift=drift(samples_ns),
        slowdown=float(np.median(values[-quarter:]) / max(1.0, np.median(values[:quarter]))) - 1,
        autocorrelation=autocorrelation(samples_ns),
        modes=modes(samples_ns, resolution_ns),
        shift=level_shift(samples_ns),
    )


def _verdict(figures: Figures, evidence: Evidence | None) -> tuple[Verdict, str]:
    throttled = None if evidence is None else _throttled(figures, evidence)
    if throttled is not None:
        return "throttled", throttled.seen
    lost = 0.0 if evidence is None else causes.lost_share(evidence)
    noise, trend, pair, shift = _noise(figures), figures.drift, figures.modes, figures.shift
    is_drifting = trend is not None and trend.is_significant and abs(trend.share) >= DRIFT_LIMIT
    is_shifted = shift is not None and abs(shift.share) >= DRIFT_LIMIT
    if lost >= LOST_LIMIT and (noise or is_drifting or is_shifted or pair):
        return "noisy", noise or f"{100 * lost:.0f}% of the time was lost to others"
    if shift is not None and is_shifted:
        return "shifted", _describe_shift(shift)
    if trend is not None and is_drifting:
        return "drifting", f"{100 * trend.share:+.1f}% within {numbers.brief(figures.seconds, 2)} s"
    if pair is not None:
        return "bimodal", _describe(pair)
    if noise:
        return "noisy", noise
    tail = "" if figures.tail is None else f", 95th percentile +{_percent(figures.tail)}"
    return "stable", f"MAD {_percent(figures.spread)}{tail}"


def _throttled(figures: Figures, evidence: Evidence) -> Cause | None:
    """What held the CPUs back, if anything did."""
    cause = causes.quota_throttled(evidence) or causes.heat_throttled(evidence)
    if cause is None and figures.slowdown >= SLOWER_LIMIT:
        cause = causes.frequency_fell(evidence)
    return cause


def _describe(pair: Modes) -> str:
    longer = pair.slow_ns / pair.fast_ns - 1
    return f"{100 * pair.slow_share:.0f}% take {100 * longer:.0f}% longer"


def _describe_shift(shift: LevelShift) -> str:
    direction = "longer" if shift.share > 0 else "less"
    return (
        f"from sample {shift.position + 1:,} on, {100 * abs(shift.share):.1f}% {direction} "
        "than before"
    )


def _noise(figures: Figures) -> str:
    """Why the samples are noisy; empty if they are not."""
    if figures.spread >= SPREAD_LIMIT:
        return f"MAD {_percent(figures.spread)} of the median"
    if figures.tail is not None and figures.tail >= TAIL_LIMIT:
        return f"the 95th percentile is {numbers.brief(1 + figures.tail, 3)} times the median"
    if figures.stalled >= STALLED_LIMIT and figures.stalls >= STALLS_FEWEST:
        return f"{figures.stalls} samples stalled, for {_percent(figures.stalled)} of the time"
    return ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
