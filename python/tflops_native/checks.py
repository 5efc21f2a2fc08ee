"""Checks of option values, for functions that anybody may call with anything."""

import math
from numbers import Integral, Real
from typing import Any

from tflops_native.errors import OptionError


def whole_number(name: str, value: Any, *, minimum: int, maximum: int | None = None) -> int:
    """The value as an `int`.

    Raises:
        OptionError: it is not a whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise OptionError(f"{name} must be a whole number, got {value!r}")
    whole = int(value)
    if whole < minimum:
        raise OptionError(f"{name} must be {minimum} or more, got {whole}")
    if maximum is not None and whole > maximum:
        raise OptionError(f"{name} must be {maximum:,} or less, got {whole:,}")
    return whole


def number(
    name: str, value: Any, *, above: float = -math.inf, minimum: float = -math.inf, below: float
) -> float:
    """The value as a `float`; it must be finite unless `below` allows more.

    Raises:
        OptionError: it is not a number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise OptionError(f"{name} must be a number, got {value!r}")
    found = float(value)
    # Written so that a NaN fails too.
    if not (found > above and minimum <= found < below):
        lower = f"above {above:g}" if above > -math.inf else f"{minimum:g} or more"
        upper = "" if below == math.inf else f" and below {below:g}"
        raise OptionError(f"{name} must be {lower}{upper}, got {found:g}")
    return found


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    """The value, which must be one of a few words.

    Raises:
        OptionError: it is another one.
    """
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value
