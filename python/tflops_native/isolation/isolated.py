"""Makes a call in a child process: a runtime that crashes or hangs costs an error, not the session."""

from collections.abc import Callable
from typing import Any

from tflops_native.errors import InvokeError
from tflops_native.isolation.child_process import Ending, Outcome, run_child
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.progress import Progress, no_progress

# Says more of an ending: which operator was at fault.
Explain = Callable[[Ending], str | None]


def run_isolated(
    function: Callable[..., Outcome],
    *arguments: Any,
    progress: Progress = no_progress,
    limits: ChildLimits = NO_LIMITS,
    explain: Explain | None = None,
    keep: Callable[[Any], None] | None = None,
) -> Outcome:
    """What `function(*arguments, reporter)` returns in a child process, or raises there.

    Args:
        keep: called with what the function hands to `reporter.keep`.

    Raises:
        RuntimeLibraryError: no child process can be started.
        InvokeError: the runtime crashed or reached a limit; the message says how and at which step,
            what `explain` adds, and the last lines that the runtime printed.
        TflopsError: what the function raised.
    """
    outcome = run_child(function, arguments, progress, limits, keep)
    if not isinstance(outcome, Ending):
        return outcome
    parts = [outcome.what, None if explain is None else explain(outcome)]
    parts.append(f"last output: {outcome.last_words}" if outcome.last_words else None)
    error = InvokeError("; ".join(part for part in parts if part))
    error.reason = outcome.reason
    raise error
