"""Numbers in files of other tools, checked where they enter."""

import math

# Eleven days: no benchmark takes that long, and sums of them stay finite.
LONGEST_SECONDS = 1e6
# What is printed as less took nothing: shares and rates of it are beyond what floats hold.
_SHORTEST_SECONDS = 1e-15
MOST_RUNS = 10**12


def duration(text: str, unit: float) -> float:
    """Seconds, from a number as a program printed it, in units of so many seconds.

    Raises:
        ValueError: it is not a number of 0 or more, or it is longer than any benchmark takes.
    """
    return checked_duration(number(text), unit, text)


def checked_duration(value: float, unit: float, shown: object) -> float:
    """Seconds, from a number that is finite and not negative.

    Raises:
        ValueError: it is longer than any benchmark takes.
    """
    if value * unit > LONGEST_SECONDS:
        raise ValueError(f"{str(shown)[:40]!r} is longer than any benchmark takes")
    return value * unit if value * unit >= _SHORTEST_SECONDS else 0.0


def number(text: str) -> float:
    """A number of 0 or more.

    Raises:
        ValueError: it is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text[:40]!r} where a number is expected")
    return value


def count(text: str) -> int:
    """A number of runs or calls.

    Raises:
        ValueError: it is not a whole number of 0 or more, or out of all bounds.
    """
    if not text.isdecimal() or len(text) > 13 or int(text) > MOST_RUNS:
        raise ValueError(f"{text[:40]!r} where a number of runs is expected")
    return int(text)
