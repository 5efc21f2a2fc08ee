"""What the clock can tell, and how many invokes a sample must span so that it can tell them apart."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.compiled import native
from tflops_native.errors import InvokeError

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# A sample as long as so many steps of the clock is known to a tenth of a percent.
SAMPLE_STEPS = 1000
_TRIALS = 5
_TRIAL_SECONDS = 0.1
# On a coarse clock a sample is as long as this and less exact: a thousand steps would be 15 seconds.
_MAX_SAMPLE_NS = 1_000_000_000
# No call into a runtime is faster.
_MIN_INVOKE_NS = 1.0
_MAX_FACTOR = 16.0


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

        Raises:
            InvokeError: the clock stands still.
        """
        import numpy as np

        wanted_ns = min(SAMPLE_STEPS * self.resolution_ns, _MAX_SAMPLE_NS)
        invokes = 1
        while True:
            trials = interpreter.time_invokes(_TRIALS, _TRIAL_SECONDS, invokes)
            sample_ns = float(np.median(trials))
            if sample_ns >= wanted_ns:
                return invokes
            if invokes * _MIN_INVOKE_NS > wanted_ns:
                raise InvokeError(
                    f"the clock of this machine stands still: {invokes} inferences seem to take "
                    f"{sample_ns:.0f} ns"
                )
            # Step by step, because a time that the clock cannot tell from 0 says nothing of the next.
            factor = min(wanted_ns / max(sample_ns, 1.0), _MAX_FACTOR)
            invokes = max(invokes + 1, round(invokes * factor))
