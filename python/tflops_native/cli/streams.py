"""Standard input as a model, standard output as a file that may be full or closed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.sources.recognize import check_start

STANDARD_INPUT = ("-", "/dev/stdin")
LARGEST_INPUT_BYTES = 2 << 30
LARGEST_UNKNOWN_BYTES = 64 << 20  # of what does not begin as a model or a bundle does
_START_BYTES = 32
_PIECE_BYTES = 1 << 20


@contextmanager
def writing_output() -> Iterator[None]:
    """Name what could not be written, but for a reader that left early.

    Raises:
        OptionError: the system refused to write.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write to standard output: {reason}") from error


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
