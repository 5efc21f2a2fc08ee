"""What an input held while a model ran."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """The data of one input, so that a measurement can be repeated.

    type         element type as the model has it: "float32"
    kind         "random", "zeros", "file" or "array"
    seed         of the random numbers; None for the other kinds
    low, high    range of random numbers, low <= number < high; None for the other kinds, and for
                 types whose bytes are drawn
    file         path of the user's file; None for the other kinds
    sha256       of that file, or of the bytes of the array, in hexadecimal; None if drawn
    """

    name: str
    type: str
    shape: tuple[int, ...]
    kind: str
    seed: int | None = None
    low: int | float | None = None
    high: int | float | None = None
    file: str | None = None
    sha256: str | None = None
