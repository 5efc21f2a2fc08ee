"""How far something has come, for people who wait; and that they wait no longer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Called with what is being done and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]


def no_progress(what: str, done: float) -> None:
    """For callers that need not hear of the progress."""


# Steps at which samples are taken: they can end early, and what there is can be reported.
SAMPLING_STEPS = ("measure", "profile", "operators alone")


class EarlyStop:
    """Ends sampling early, in this process and in the child process that measures for it.

    is_requested   whether no more samples are to be taken, and nothing else is to be measured
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._pass_on: Callable[[], bool] | None = None

    def request(self) -> bool:
        """Whether something takes samples, and will stop: not twice, and not at other steps."""
        if self.is_requested or self._pass_on is None or not self._pass_on():
            return False
        self.is_requested = True
        return True

    def reset(self) -> None:
        """Before another command."""
        self.is_requested = False

    @contextmanager
    def passed_on(self, pass_on: Callable[[], bool]) -> Iterator[None]:
        """Let `pass_on` say whether there are samples that can end, and end them."""
        self._pass_on = pass_on
        try:
            yield
        finally:
            self._pass_on = None


# One per process, as the signal is that makes the request.
early_stop = EarlyStop()
