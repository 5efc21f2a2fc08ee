"""Runs models in a child process: a runtime that crashes or hangs costs an error, not the session."""

from pathlib import Path

from tflops_native.errors import InvokeError
from tflops_native.isolation.child_process import Ending, Outcome, Task, run_child
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.isolation.post_mortem import last_operator
from tflops_native.measurement import measure_model
from tflops_native.timing.comparison import Comparison, compare_model
from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.result import Timing

# Until then no operator has run that could be at fault.
_BEFORE_OPERATORS = (None, "load", "allocate")


def measure_isolated(
    path: Path,
    options: MeasureOptions,
    progress: Progress | None = None,
    limits: ChildLimits = NO_LIMITS,
) -> Timing:
    """Measure a model file in a child process; arguments and errors as `measure_model`.

    Raises:
        OptionError: moreover, a limit cannot be held.
        InvokeError: moreover, where the runtime crashed or reached a limit; the message says how and
            at which step, the operator last seen, and the last lines that the runtime printed.
    """
    options.check()
    limits.check()
    outcome = run_child(measure_model, path, options, progress, limits)
    if not isinstance(outcome, Ending):
        return outcome
    operator = None
    if outcome.step not in _BEFORE_OPERATORS:
        operator = last_operator(path, options, outcome, limits.memory_bytes)
    raise InvokeError(_message(outcome, operator))


def compare_isolated(
    path: Path,
    options: MeasureOptions,
    progress: Progress | None = None,
    limits: ChildLimits = NO_LIMITS,
) -> Comparison:
    """As `compare_model`, of a model file in a child process; moreover errors as `run_isolated`."""
    options.check()
    return run_isolated(compare_model, path, options, progress, limits)


def run_isolated(
    task: Task[Outcome],
    path: Path,
    options: MeasureOptions,
    progress: Progress | None = None,
    limits: ChildLimits = NO_LIMITS,
) -> Outcome:
    """What `task(load(path), options, progress)` returns in a child process, or raises there.

    Raises:
        OptionError: moreover, a limit cannot be held.
        InvokeError: moreover, where the runtime crashed or reached a limit.
    """
    limits.check()
    outcome = run_child(task, path, options, progress, limits)
    if isinstance(outcome, Ending):
        raise InvokeError(_message(outcome))
    return outcome


def _message(ending: Ending, operator: str | None = None) -> str:
    said = f"it last said: {ending.said}" if ending.said else None
    return "; ".join(part for part in (ending.what, operator, said) if part is not None)
