"""How far something has come, for people who wait."""

from collections.abc import Callable

# Called with what is being done and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]


def no_progress(what: str, done: float) -> None:
    """For callers that need not hear of the progress."""
