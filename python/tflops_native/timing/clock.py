"""What the clock can tell, and how many invokes a sample must span so that it can tell them apart."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.compiled import native

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# A sample as long as so many steps of the clock is known to a tenth of a percent.
SAMPLE_STEPS = 1000
_TRIALS = 5
_TRIAL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`std::chrono::steady_clock` on this machine.

    resolution_ns   the smallest step that it was seen to make
    read_ns         what reading it costs
    """

    resolution_ns: int
    read_ns: float

    @classmethod
    def calibrate(cls) -> "Clock":
        """Calibrate it; takes less than a millisecond."""
        resolution_ns, read_ns = native().calibrate_clock()
        return cls(resolution_ns=resolution_ns, read_ns=read_ns)

    def invokes_per_sample(self, interpreter: "Interpreter") -> int:
        """How many invokes in a row make a sample long enough; 1 for all but short ones.

        Tried out, because the first guess holds the cost of the clock.
        """
        import numpy as np

        wanted_ns = SAMPLE_STEPS * self.resolution_ns
        invokes = 1
        while True:
            trials = interpreter.time_invokes(_TRIALS, _TRIAL_SECONDS, invokes)
            sample_ns = max(1.0, float(np.median(trials)))
            if sample_ns >= wanted_ns:
                return invokes
            invokes = max(invokes + 1, round(invokes * wanted_ns / sample_ns))
