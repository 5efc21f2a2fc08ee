"""The child process of `isolation`: does one task with one model and reports through a pipe."""

import os
import pickle
import sys
from typing import IO

from tflops_native.errors import TflopsError
from tflops_native.model import load
from tflops_native.timing.isolation import Done, Failure, Message, Request, Step


def main() -> None:
    """Serve one request."""
    # The runtime prints to standard output or error as it likes: the pipe is taken out of its way.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        request: Request = pickle.load(sys.stdin.buffer)
        try:
            _send(pipe, _run(request, pipe))
        except BrokenPipeError:
            # The parent is gone and nobody waits for the result.
            os._exit(1)


def _run(request: Request, pipe: IO[bytes]) -> Message:
    def report(what: str, done: float) -> None:
        _send(pipe, Step(what, done))

    try:
        return Done(request.task(load(request.path), request.options, report))
    except (TflopsError, ValueError) as error:
        return Failure(error)


def _send(pipe: IO[bytes], message: Message) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


if __name__ == "__main__":
    main()
