"""Bounds of every tensor, whether a file stores its shape or a rule infers it."""

import math
from collections.abc import Sequence

# Far above what any kernel takes. Without it a few kilobytes can double a rank at each operator.
MAX_RANK = 256
MAX_LENGTH = 2**31 - 1  # the runtime keeps lengths in 32 bits
MAX_ELEMENTS = 2**63 - 1
_SHOWN_LENGTHS = 16


def shape_problem(shape: Sequence[int]) -> str | None:
    """Why no tensor can have this shape; None if one can."""
    if len(shape) > MAX_RANK:
        return f"a tensor of rank {len(shape)} is beyond the highest rank supported, {MAX_RANK}"
    if shape and not 0 <= min(shape) <= max(shape) <= MAX_LENGTH:
        wrong = next(length for length in shape if not 0 <= length <= MAX_LENGTH)
        # An integer of thousands of digits cannot even be shown.
        length = f"of {wrong}" if abs(wrong) < 2**64 else "beyond 64 bits"
        return f"a tensor cannot have a length {length}: lengths go from 0 to {MAX_LENGTH}"
    return None


def size_problem(shape: Sequence[int]) -> str | None:
    """Why no tensor of this shape can be stored; None if one can."""
    problem = shape_problem(shape)
    if problem is None and math.prod(shape) > MAX_ELEMENTS:
        return f"a tensor of shape {shown_shape(shape)} has more than 2**63 elements"
    return problem


def shown_shape(shape: Sequence[int]) -> str:
    """A shape for a message, "[1, 28, 28, 1]"; one of high rank is cut, and its rank is said."""
    lengths = ", ".join(str(length) for length in shape[:_SHOWN_LENGTHS])
    if len(shape) <= _SHOWN_LENGTHS:
        return f"[{lengths}]"
    return f"[{lengths}, ... ({len(shape)} lengths)]"
