"""The parent's side of a child process that makes one call, and how it ended if not well.

The child reads one pickled request from its standard input and writes pickled messages to its standard
output; whatever the runtime prints goes to standard error, the end of which is kept for the error message.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from tflops_native.errors import InvokeError, RuntimeLibraryError, TflopsError
from tflops_native.formatting import brief
from tflops_native.isolation.limits import ChildLimits, byte_text
from tflops_native.isolation.messages import (
    Done,
    Failure,
    Kept,
    Message,
    OutOfMemory,
    Request,
    Step,
)
from tflops_native.isolation.stall import StallWatch
from tflops_native.progress import SAMPLING_STEPS, Progress, early_stop

Outcome = TypeVar("Outcome")

# What Python runs in the child. -P: modules are not looked for in the working directory.
PROGRAM = ("-P", "-m", "tflops_native.isolation.child")

_LAST_LINES = 3
_LAST_BYTES = 4096
_PIECE_BYTES = 1 << 16
# For a pipe that others hold open when the child has ended.
_PATIENCE_SECONDS = 1.0
_START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of a child that did not do its task, and raised no error of ours.

    what         in one line
    step         what it was doing; None before its first word
    timed_out    whether the time limit ended it, or that it made no progress
    last_words   the last lines that the runtime printed, joined
    reason       "crash", "timeout" or "memory"
    """

    what: str
    step: str | None
    timed_out: bool
    last_words: str
    reason: str = "crash"


def run_child(
    function: Callable[..., Outcome],
    arguments: tuple[Any, ...],
    progress: Progress,
    limits: ChildLimits,
    keep: Callable[[Any], None] | None = None,
) -> Outcome | Ending:
    """What `function(*arguments, reporter)` returns or raises in a child process.

    The function is one of a module, which the child imports by its name; the reporter is the child's
    `Reporter`. No child remains, however this ends.

    Args:
        keep: called with what the function keeps.

    Raises:
        RuntimeLibraryError: no child process can be started.
        TflopsError: what the function raised.
        KeyboardInterrupt: sampling was to end early before this began.
    """
    if early_stop.is_requested:
        raise KeyboardInterrupt
    with ExitStack() as open_files:
        try:
            request = open_files.enter_context(tempfile.TemporaryFile())
            call = pickle.dumps((function, arguments))
            pickle.dump(Request(call, limits.memory_bytes, os.getpid()), request)
            request.seek(0)
            child = subprocess.Popen(
                [sys.executable, *PROGRAM],
                stdin=request,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C reaches this process only, which then ends the child: one of them must speak.
                start_new_session=True,
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RuntimeLibraryError(f"cannot start the measuring process: {reason}") from error
        outcome: Outcome | Ending = _converse(child, progress, limits, keep)
        return outcome


def _converse(
    child: "subprocess.Popen[bytes]",
    progress: Progress,
    limits: ChildLimits,
    keep: Callable[[Any], None] | None,
) -> Any:
    """What the child returns or raises, or how it ended instead."""
    noise = _Noise(child.stderr)
    deadline = _Deadline(child, limits.timeout_seconds)
    stall = StallWatch(child, limits.stall_seconds if limits.timeout_seconds is None else None)
    try:
        try:
            noise.start()
            deadline.start()
            stall.start()
        except RuntimeError as error:
            raise RuntimeLibraryError(f"cannot start the measuring process: {error}") from error
        step = Step(_START, 0.0)

        def stop_sampling() -> bool:
            # Of Windows, a process cannot be sent this signal alone.
            is_possible = step.what in SAMPLING_STEPS and os.name == "posix"
            if is_possible:
                child.send_signal(signal.SIGINT)
            return is_possible

        with early_stop.passed_on(stop_sampling):
            while isinstance(message := _receive(child), Step | Kept):
                stall.heard()
                if isinstance(message, Step):
                    step = message
                    progress(step.what, step.done)
                elif keep is not None:
                    keep(message.outcome)
        if isinstance(message, Done):
            return message.outcome
        if isinstance(message, Failure):
            raise _with_limit(message.error, limits)
        is_short = isinstance(message, OutOfMemory)
        if is_short:
            child.kill()
        status = child.wait()
        timed_out = deadline.has_passed or stall.has_passed
        return _ending(None if is_short else status, step, timed_out, limits, noise.last_words())
    finally:
        deadline.cancel()
        stall.cancel()
        child.kill()
        child.wait()
        noise.finish()
        if child.stdout is not None:
            child.stdout.close()


class _Deadline:
    """Ends a child when its time is up. A thread, because reads from pipes of Windows have no limit."""

    def __init__(self, child: "subprocess.Popen[bytes]", seconds: float | None) -> None:
        self.has_passed = False
        self._child = child
        self._timer: threading.Timer | None = None
        if seconds is not None:
            self._timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._end)
            self._timer.daemon = True

    def start(self) -> None:
        """Raises `RuntimeError` where there can be no further thread."""
        if self._timer is not None:
            self._timer.start()

    def _end(self) -> None:
        self.has_passed = True
        self._child.kill()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Noise:
    """What the runtime prints, however much: all is read, and the end is kept."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._end = b""
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        """Raises `RuntimeError` where there can be no further thread."""
        self._thread.start()

    def _read(self) -> None:
        # Closed meanwhile, where Ctrl-C came as this thread started.
        with suppress(ValueError, OSError):
            while self._pipe is not None and (piece := os.read(self._pipe.fileno(), _PIECE_BYTES)):
                self._end = (self._end + piece)[-_LAST_BYTES:]

    def finish(self) -> None:
        """After the end of the child."""
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_SECONDS)
        if self._pipe is not None and not self._thread.is_alive():
            self._pipe.close()

    def last_words(self) -> str:
        """The last lines of a child that has ended, joined."""
        self._thread.join(_PATIENCE_SECONDS)
        lines = self._end.decode("utf-8", "replace").strip().splitlines()
        telling = [line for line in lines if line and not line.startswith("INFO: ")]
        return " | ".join(telling[-_LAST_LINES:])


def _receive(child: "subprocess.Popen[bytes]") -> Message | None:
    """What the child says next; None if it ended instead."""
    if child.stdout is None:
        return None
    try:
        message: Message = pickle.load(child.stdout)
    except (EOFError, pickle.UnpicklingError):
        return None
    return message


def _ending(
    status: int | None, step: Step, timed_out: bool, limits: ChildLimits, last_words: str
) -> Ending:
    """How the child ended.

    Args:
        status: its exit status; None if Python in it could not have memory, and reported it.
    """
    place = f"at step {step.what!r}"
    limit = _limit_text(limits)
    reason = "timeout" if timed_out else "crash"
    is_stalled = limits.timeout_seconds is None
    waited = brief((limits.stall_seconds if is_stalled else limits.timeout_seconds) or 0.0, 6)
    if timed_out and is_stalled:
        what = (
            f"the measurement makes no progress: for {waited} s it has reported "
            f"nothing and used no processor time, {place}; if it should wait that long, "
            "give a longer --timeout"
        )
    elif timed_out:
        what = f"the measurement did not end within {waited} s, it was {place}"
        if step.done:
            what += f" ({step.done:.0%} done)"
    elif status is None or "bad_alloc" in last_words:
        reason = "memory"
        what = f"the runtime ran out of memory {place}{limit}"
    else:
        what = (
            f"the runtime crashed (the measuring process {describe_ending(status)} {place}{limit})"
        )
    return Ending(
        what=what,
        step=None if step.what == _START else step.what,
        timed_out=timed_out,
        last_words=last_words,
        reason=reason,
    )


def _with_limit(error: TflopsError, limits: ChildLimits) -> TflopsError:
    """The error of a runtime, which seldom says that it was memory that it lacked."""
    if limits.memory_bytes is None or type(error) is not InvokeError:
        return error
    return InvokeError(f"{error}{_limit_text(limits)}")


def _limit_text(limits: ChildLimits) -> str:
    if limits.memory_bytes is None:
        return ""
    return f", with a memory limit of {byte_text(limits.memory_bytes)}"


def describe_ending(status: int) -> str:
    """How a process ended, by its return code: "ended with exit code 3", "was ended by SIGSEGV"."""
    if status >= 0:
        return f"ended with exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    killer = ", as the system does where memory is short," if name == "SIGKILL" else ""
    return f"was ended by {name}{killer}"
