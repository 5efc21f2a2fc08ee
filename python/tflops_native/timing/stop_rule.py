"""When to take samples, and when there are enough of them."""

import math
from dataclasses import dataclass

from tflops_native.checks import number, whole_number
from tflops_native.errors import OptionError

DEFAULT_PRECISION = 0.01
# Minimum sampling time: clock frequency and load drift over longer periods than a few samples.
MIN_SECONDS = 1.0
DEFAULT_MAX_SECONDS = 10.0
# As many as are kept: they are all in the report.
MAX_SAMPLES = 100_000
# Seconds between the starts of two runs.
MAX_INTERVAL = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule:
    """When to take samples, and when to stop.

    runs        number of samples, or the maximum if `precision` is given too
    min_runs    minimum number of samples
    precision   stop once the median is known to within this fraction of itself, at 95 % confidence;
                0.01 if None and `runs` is None
    max_time    maximum sampling time in seconds; 10 if None, unlimited if only `runs` is given
    interval    start one inference every `interval` seconds, for models that run at a rate; 0 for runs
                one after the other

    Raises:
        OptionError: a value is out of range or of another type.
    """

    runs: int | None = None
    min_runs: int = 1
    precision: float | None = None
    max_time: float | None = None
    interval: float = 0.0

    def __post_init__(self) -> None:
        if self.runs is not None:
            whole_number("runs", self.runs, minimum=1)
        whole_number("min_runs", self.min_runs, minimum=1)
        if self.runs is not None and self.min_runs > self.runs:
            raise OptionError(
                f"min_runs must be no more than the {self.runs} runs, got {self.min_runs}"
            )
        if self.precision is not None:
            number("precision", self.precision, above=0, below=1)
        if self.max_time is not None:
            number("max_time (seconds)", self.max_time, above=0, below=math.inf)
        number("interval (seconds)", self.interval, minimum=0, below=MAX_INTERVAL + 1e-9)

    @property
    def wanted_precision(self) -> float | None:
        """None where a number of samples alone was asked for."""
        is_count = self.runs is not None and self.precision is None
        return None if is_count else self.precision or DEFAULT_PRECISION

    @property
    def max_samples(self) -> int:
        """How many samples to take at most."""
        return self.runs or MAX_SAMPLES

    @property
    def max_seconds(self) -> float:
        """How long to sample at most."""
        if self.max_time is not None:
            return self.max_time
        return math.inf if self.wanted_precision is None else DEFAULT_MAX_SECONDS

    def reason_to_stop(self, samples: int, seconds: float) -> str | None:
        """The bound that is reached, if any; with no sample there is none."""
        if samples >= self.max_samples:
            return "samples" if self.runs is None else "runs"
        # The next run would begin too late.
        if samples and seconds + self.interval >= self.max_seconds:
            return "max_time"
        return None

    def may_stop(self, samples: int, seconds: float) -> bool:
        """Whether there is enough to look at the precision."""
        return samples >= self.min_runs and seconds >= min(MIN_SECONDS, self.max_seconds / 2)

    def fraction_done(self, samples: int, seconds: float) -> float:
        """Of the bound that is nearest, for people who wait."""
        return min(1.0, max(samples / self.max_samples, seconds / self.max_seconds))
