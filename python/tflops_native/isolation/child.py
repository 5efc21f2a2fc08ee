"""The child process of `child_process`: makes one call and reports through a pipe."""

import os
import pickle
import signal
import sys
from types import FrameType
from typing import IO, Any

from tflops_native.errors import InvokeError, TflopsError
from tflops_native.isolation.limits import hold_memory, release_memory
from tflops_native.isolation.messages import (
    Done,
    Failure,
    Kept,
    Message,
    OutOfMemory,
    Request,
    Step,
)
from tflops_native.progress import early_stop


class Reporter:
    """The progress that the function is given: every word of it goes to the parent."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def __call__(self, what: str, done: float) -> None:
        _send(self._pipe, Step(what, done))

    def keep(self, outcome: Any) -> None:
        """Hand over what is finished: it is not lost if this process crashes or is ended."""
        _send(self._pipe, Kept(outcome))


def main() -> None:
    """Serve one request."""
    # The runtime prints to standard output or error as it likes: the pipe is taken out of its way.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        request: Request = pickle.load(sys.stdin.buffer)
        _end_with(request.parent)
        signal.signal(signal.SIGINT, _stop_sampling)
        try:
            _send(pipe, _run(request, pipe))
        except BrokenPipeError:
            # The parent is gone and no one waits for the result.
            os._exit(1)


def _run(request: Request, pipe: IO[bytes]) -> Message:
    try:
        if request.memory_bytes is not None:
            hold_memory(request.memory_bytes)
        function, arguments = pickle.loads(request.call)
        return Done(function(*arguments, Reporter(pipe)))
    except TflopsError as error:
        return Failure(error)
    except MemoryError:
        if request.memory_bytes is not None:
            release_memory()
        return OutOfMemory()
    except BrokenPipeError:
        raise
    except Exception as error:
        # Not an error of ours: reported as a failure of what was run, never as a traceback.
        return Failure(
            InvokeError(f"the measuring process failed ({type(error).__name__}: {error})")
        )


def _stop_sampling(number: int, frame: FrameType | None) -> None:
    """The parent passes on that samples are to end. Ctrl-C itself does not come here."""
    early_stop.is_requested = True


def _end_with(parent: int) -> None:
    """Let the system end this process when its parent ends, even in the middle of a call that hangs.

    Elsewhere than on Linux it ends when it next has something to say.
    """
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _send(pipe: IO[bytes], message: Message) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


if __name__ == "__main__":
    main()
