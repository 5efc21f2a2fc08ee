"""Which input of an operator holds indices, what they index, and whose numbers its outputs hold.

A rule says so: `register(..., indices=...)`. What is not said there is neither index nor handed on.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Indices:
    """The indices of one operator.

    operand     position of the input that holds them; None: it has none
    table       position of the input that they index
    axis        along which axis of the table, or the option that says it
    sizes       position of the constant that says how long the table is, where it is not an input
    is_vector   whether the last axis of the operand is one index of several numbers
    passes_on   positions of the inputs whose numbers the outputs hold unchanged; None: all
    """

    operand: int | None = None
    table: int | None = None
    axis: int | str = 0
    sizes: int | None = None
    is_vector: bool = False
    passes_on: tuple[int, ...] | None = ()


NO_INDICES: Final = Indices()
# Operators that move or choose numbers of their first input, or of all inputs.
PASSES_FIRST: Final = Indices(passes_on=(0,))
PASSES_ALL: Final = Indices(passes_on=None)
