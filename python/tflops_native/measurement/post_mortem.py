"""Which operator a runtime crashed or hung in: the failure is repeated with the profiler watching.

The clean runs of a measurement know nothing of operators. So a second child invokes the model under
the profiler, which notes each operator that begins in memory shared through a file; the parent reads it
when that child has ended too.
"""

import mmap
import os
import struct
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tflops_native.errors import TflopsError
from tflops_native.isolation.child_process import Ending, run_child
from tflops_native.isolation.limits import ChildLimits
from tflops_native.machine.affinity import pinned
from tflops_native.model.graph import Model
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.workload import Workload

# Invokes for so long, if none fails; the last may take a while longer before it counts as hanging.
INVOKE_SECONDS = 2.0
_HANG_SECONDS = 2.0
# For all of it, a model that hangs as it is loaded included.
LIMIT_SECONDS = 20.0

_NOTE = struct.Struct("=qqq")  # LastOperator of the native core
_DELEGATED = "operators in XNNPACK are reported only afterwards"
# Until then no operator has run that could be at fault; in the end, none runs any more.
_OUTSIDE_OPERATORS = (None, "load", "allocate", "done")
_RUN_BEGUN, _OPERATOR_BEGUN, _OPERATOR_ENDED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class LastOperator:
    """What the profiler noted last: a state, and the operator that it is about."""

    state: int
    operator_index: int
    subgraph_index: int


def last_operator(
    workload: Workload, options: RunOptions, limits: ChildLimits, ending: Ending
) -> str | None:
    """What is known, in words, of the operator in which a measurement came to this ending.

    Args:
        limits: those of the measurement. Who asked for a time limit waits no more than twice as long.
    """
    if ending.step in _OUTSIDE_OPERATORS:
        return None
    seconds = LIMIT_SECONDS
    if limits.timeout_seconds is not None:
        seconds = min(seconds, limits.timeout_seconds)
    limits = replace(limits, timeout_seconds=seconds)
    with tempfile.TemporaryDirectory(prefix="tflops") as directory:
        place = Path(directory) / "last_operator"
        place.write_bytes(bytes(_NOTE.size))
        # A part of the time for the start of the child, one for invokes, one to see that it hangs.
        longest = seconds / 4
        arguments = (
            place,
            min(INVOKE_SECONDS, longest),
            min(_HANG_SECONDS, longest),
            workload,
            options,
        )
        try:
            outcome = run_child(watch_operators, arguments, no_progress, limits)
        except TflopsError as error:
            return f"operator not known: under the profiler, {error}"
        note = LastOperator(*_NOTE.unpack(place.read_bytes()))
    if not isinstance(outcome, Ending) and ending.timed_out:
        return "no operator was seen to hang: more time or fewer runs may be all it needs"
    if not isinstance(outcome, Ending):
        return "operator not known: under the profiler it did not happen again"
    if isinstance(outcome, Ending) and outcome.timed_out and note.state == 0:
        return "operator not known: the time limit left no time to look for it"
    return _describe(note, workload.model, options)


def watch_operators(
    place: Path,
    seconds: float,
    hang_seconds: float,
    workload: Workload,
    options: RunOptions,
    progress: Progress,
) -> None:
    """Invoke a model for some seconds, or until it fails, and note each operator at `place`.

    The process is ended if the last invoke does not end within `hang_seconds`.
    """
    with pinned(options.pin), place.open("r+b") as file:
        # Never closed: the interpreter may write to it as long as it lives.
        memory = mmap.mmap(file.fileno(), _NOTE.size)
        session = open_session(workload, options, open_runtime(options.runtime), profile=True)
        session.interpreter.watch_operators(memory)
        fill_inputs(session, options)
        alarm = threading.Timer(seconds + hang_seconds, os._exit, [1])
        alarm.daemon = True
        alarm.start()
        end = time.monotonic() + seconds
        session.interpreter.profile_invokes(1, 0.0)
        while time.monotonic() < end:
            session.interpreter.profile_invokes(1, 0.0)
        alarm.cancel()


def _describe(note: LastOperator, model: Model, options: RunOptions) -> str:
    has_delegate = options.kernels == "xnnpack"
    if note.state == _OPERATOR_BEGUN:
        return f"operator last seen: {_name(note, model)}"
    if note.state == _OPERATOR_ENDED:
        seen = f"operator last seen: {_name(note, model)}, which had ended"
        return f"{seen}; {_DELEGATED}" if has_delegate else seen
    if note.state == _RUN_BEGUN:
        seen = "operator not known: none had reported itself"
        return f"{seen}; {_DELEGATED}" if has_delegate else seen
    return "operator not known: under the profiler it failed before the first run"


def _name(note: LastOperator, model: Model) -> str:
    try:
        operator = model.subgraphs[note.subgraph_index].operators[note.operator_index]
    except IndexError:
        return str(note.operator_index)
    elsewhere = f" in subgraph {note.subgraph_index}" if note.subgraph_index else ""
    return f"{operator.index} ({operator.name}){elsewhere}"
