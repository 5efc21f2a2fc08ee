"""Measures in a child process, so that a runtime that crashes on a model costs an error, not the session.

The child reads one pickled request from its standard input and writes pickled messages to its standard
output; whatever the runtime prints goes to standard error, which is kept for the error message.
"""

import pickle
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tflops_native.errors import InvokeError, TflopsError
from tflops_native.timing.protocol import MeasureOptions, Progress
from tflops_native.timing.result import Timing

_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to measure."""

    path: Path
    options: MeasureOptions


@dataclass(frozen=True, slots=True)
class Step:
    """What the child is doing, and how much of it is done, 0 to 1."""

    what: str
    done: float


@dataclass(frozen=True, slots=True)
class Failure:
    """The child could not measure: an error to raise here."""

    error: TflopsError | ValueError


Message = Step | Failure | Timing


def measure_isolated(
    path: Path, options: MeasureOptions, progress: Progress | None = None
) -> Timing:
    """Measure a model file in a child process; arguments and errors as `measure_model`.

    Raises:
        InvokeError: moreover, where the runtime crashed; the message names the signal and the last
            lines that the runtime printed.
    """
    options.check()
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(
            [sys.executable, "-m", "tflops_native.timing.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            # Ctrl-C reaches this process only, which then ends the child: one of them must speak.
            start_new_session=True,
        )
        try:
            return _listen(child, Request(path, options), noise, progress)
        finally:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    stream.close()


def _listen(
    child: "subprocess.Popen[bytes]",
    request: Request,
    noise: IO[bytes],
    progress: Progress | None,
) -> Timing:
    if child.stdin is None or child.stdout is None:
        raise InvokeError("the measuring process has no pipes")
    step = Step("start", 0.0)
    try:
        child.stdin.write(pickle.dumps(request))
        child.stdin.close()
        while True:
            message: Message = pickle.load(child.stdout)
            if isinstance(message, Timing):
                return message
            if isinstance(message, Failure):
                raise message.error
            step = message
            if progress is not None:
                progress(step.what, step.done)
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        raise InvokeError(_obituary(child.wait(), step, noise)) from None


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
