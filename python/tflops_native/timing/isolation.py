"""Runs models in a child process: a runtime that crashes on one costs an error, not the session.

The child reads one pickled request from its standard input and writes pickled messages to its standard
output; whatever the runtime prints goes to standard error, which is kept for the error message.
"""

import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

from tflops_native.errors import InvokeError, TflopsError
from tflops_native.model import Model
from tflops_native.timing.options import MeasureOptions, Progress
from tflops_native.timing.protocol import measure_model
from tflops_native.timing.result import Timing

Outcome = TypeVar("Outcome")
# What the child does with a model: a function of a module, which it imports by its name.
Task: TypeAlias = Callable[[Model, MeasureOptions, Progress | None], Outcome]

_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do."""

    task: Task[Any]
    path: Path
    options: MeasureOptions


@dataclass(frozen=True, slots=True)
class Step:
    """What the child is doing, and how much of it is done, 0 to 1."""

    what: str
    done: float


@dataclass(frozen=True, slots=True)
class Failure:
    """The child could not do it: an error to raise here."""

    error: TflopsError | ValueError


@dataclass(frozen=True, slots=True)
class Done:
    """What the task returned."""

    outcome: Any


Message = Step | Failure | Done


def measure_isolated(
    path: Path, options: MeasureOptions, progress: Progress | None = None
) -> Timing:
    """Measure a model file in a child process; arguments and errors as `measure_model`.

    Raises:
        InvokeError: moreover, where the runtime crashed; the message names the signal and the last
            lines that the runtime printed.
    """
    options.check()
    return run_isolated(measure_model, path, options, progress)


def run_isolated(
    task: Task[Outcome], path: Path, options: MeasureOptions, progress: Progress | None = None
) -> Outcome:
    """What `task(load(path), options, progress)` returns in a child process, or raises there.

    Raises:
        InvokeError: moreover, where the runtime crashed.
    """
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as noise:
        pickle.dump(Request(task, path, options), request)
        request.seek(0)
        child = subprocess.Popen(
            # -P: modules are not looked for in the working directory.
            [sys.executable, "-P", "-m", "tflops_native.timing.child"],
            stdin=request,
            stdout=subprocess.PIPE,
            stderr=noise,
            # Ctrl-C reaches this process only, which then ends the child: one of them must speak.
            start_new_session=True,
        )
        try:
            outcome: Outcome = _listen(child, noise, progress)
            return outcome
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _listen(child: "subprocess.Popen[bytes]", noise: IO[bytes], progress: Progress | None) -> Any:
    step = Step("start", 0.0)
    while True:
        message = _receive(child)
        if isinstance(message, Done):
            return message.outcome
        if isinstance(message, Failure):
            raise message.error
        if message is None:
            raise InvokeError(_obituary(child.wait(), step, noise))
        step = message
        if progress is not None:
            progress(step.what, step.done)


def _receive(child: "subprocess.Popen[bytes]") -> Message | None:
    """What the child says next; None if it ended instead."""
    if child.stdout is None:
        return None
    try:
        message: Message = pickle.load(child.stdout)
    except (EOFError, pickle.UnpicklingError):
        return None
    return message


def _obituary(status: int, step: Step, noise: IO[bytes]) -> str:
    """How the child ended, in one line."""
    if status < 0:
        try:
            cause = f"was ended by {signal.Signals(-status).name}"
        except ValueError:
            cause = f"was ended by signal {-status}"
    else:
        cause = f"ended with exit code {status}"
    noise.seek(0)
    lines = noise.read().decode("utf-8", "replace").strip().splitlines()[-_LAST_LINES:]
    said = f"; it last said: {' | '.join(lines)}" if lines else ""
    return f"the runtime crashed (the measuring process {cause} at step {step.what!r}){said}"
