"""Standard input as a model, standard output as a file that may be full or closed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

import click

from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.sources.recognize import check_start

STANDARD_INPUT = ("-", "/dev/stdin")
LARGEST_INPUT_BYTES = 2 << 30
LARGEST_UNKNOWN_BYTES = 64 << 20  # of what does not begin as a model or a bundle does
_START_BYTES = 32
_PIECE_BYTES = 1 << 20


@contextmanager
def prepared_streams() -> Iterator[None]:
    """Standard output and error that can be written to, whatever the caller made of them."""
    before = sys.stdout, sys.stderr
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by the caller, `tflops ... >&-`: what is written there is not wanted.
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        stream = getattr(sys, name)
        # A terminal without Unicode shows "?" for what it lacks, instead of failing.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.stderr = cast("TextIO", _Unfailing(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Unfailing:
    """A text stream on which a full disk, a terminal that is gone or a pipe that nobody reads ends nothing:
    what cannot be written is not.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As many characters as were asked for."""
        with self._unfailing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """What is left in its buffer."""
        with self._unfailing():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _unfailing(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            discard(self._stream)


def discard(stream: TextIO) -> None:
    """Send the rest nowhere, or the interpreter fails again when it exits."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, stream.fileno())
    os.close(descriptor)


@contextmanager
def writing_output() -> Iterator[None]:
    """Name what could not be written. A reader that left early is no error: the rest goes nowhere, and the
    command ends with the exit code of what it found.

    Raises:
        OptionError: the system refused to write.
    """
    try:
        yield
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write to standard output: {reason}") from error


def say(text: str) -> None:
    """A line, or several, on standard output; raises as `writing_output`."""
    with writing_output():
        click.echo(text)


def read_model() -> bytes:
    """The bytes of a model on standard input.

    Raises:
        ModelFormatError: there are none, they are not a model, or there are too many.
    """
    if sys.stdin is None:
        raise ModelFormatError("cannot read the model: standard input is closed")
    if sys.stdin.isatty():
        raise ModelFormatError("cannot read the model: standard input is a terminal")
    stream = sys.stdin.buffer
    try:
        found = bytearray(stream.read(_START_BYTES))
        if found:
            # Before more is read: what is not a model may never end.
            is_known = check_start("standard input", bytes(found))
            largest_bytes = LARGEST_INPUT_BYTES if is_known else LARGEST_UNKNOWN_BYTES
        while piece := stream.read(_PIECE_BYTES):
            found += piece
            if len(found) > largest_bytes:
                what = "the model" if is_known else "what is not recognized"
                raise ModelFormatError(
                    f"{what} on standard input is larger than {largest_bytes >> 20:,} MiB"
                )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelFormatError(f"cannot read the model from standard input: {reason}") from error
    if not found:
        raise ModelFormatError("standard input is empty (0 bytes)")
    return bytes(found)
