"""Numbers for people: SI prefixes for counts, rates and times, IEC prefixes for bytes."""

import math

_SI = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_IEC = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SHORTEST = 1e-12  # seconds
_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def count(number: float) -> str:
    """Three significant digits and an SI prefix: 568740352 -> "569M"."""
    return _prefixed(number, 1000.0, _SI)


def byte_count(number: float) -> str:
    """Three significant digits and an IEC prefix, without the unit: 1536 -> "1.50Ki"."""
    return _prefixed(number, 1024.0, _IEC)


def _prefixed(number: float, base: float, prefixes: tuple[str, ...]) -> str:
    if number < base and number == int(number):
        return str(int(number))
    power = 0
    # 999.5 k is written as 1.00 M, not as 1000 k.
    while number >= base - base / 2000 and power < len(prefixes) - 1:
        number /= base
        power += 1
    return three_digits(number) + prefixes[power]


def three_digits(number: float) -> str:
    """Three significant digits without an exponent: 0.01234 -> "0.0123", 12.34 -> "12.3"."""
    return _significant(number, 3)


def _significant(number: float, digits: int) -> str:
    """So many significant digits without an exponent; with three, numbers above 1000 keep their others."""
    if not math.isfinite(number):
        return str(number)
    # The exponent of the rounded number: 9.996 is written as 10.0.
    rounded = float(f"{number:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    exponent = int(f"{rounded:e}".partition("e")[2])
    shown = number if digits == 3 else rounded
    return f"{shown:.{max(digits - 1 - exponent, 0)}f}"


def brief(number: float, digits: int) -> str:
    """At most so many significant digits, without an exponent: 0.50 -> "0.5", with two 1234 -> "1200"."""
    text = _significant(number, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def known_digits(uncertainty: float | None) -> int:
    """How many significant digits to write of a number that is known to this fraction of it.

    Three below 10 %, two below 60 %, else one; also for None, where nothing is known.
    """
    if uncertainty is None:
        return 1
    return 3 if uncertainty < 0.1 else 2 if uncertainty < 0.6 else 1


def rate(value: float, digits: int = 3) -> str:
    """A rate in units of 10**9 per second."""
    return _significant(value / 1e9, digits)


def seconds(value: float, digits: int = 3) -> str:
    """Significant digits with the unit that suits: 0.000412 -> "412µs"."""
    # Rounded first: 999.6 µs is written as 1.00 ms.
    rounded = float(f"{value:.{digits - 1}e}")
    # What is left of sums and differences of floats is not a time.
    if abs(rounded) < _SHORTEST:
        return "0"
    unit, name = next((pair for pair in _SECONDS if abs(rounded) >= pair[0]), _SECONDS[-1])
    return _significant(rounded / unit, digits) + name


def percent(fraction: float) -> str:
    """One decimal, without the sign: 0.1234 -> "12.3"."""
    return f"{100 * fraction:z.1f}"  # "z": what rounds to zero has no sign


def share(fraction: float) -> str:
    """Whole percents with the sign; below one a decimal, for "0%" would say that there is nothing."""
    if not fraction:
        return "0%"
    if fraction < 0.0005:
        return "<0.1%"
    return f"{100 * fraction:.{0 if fraction >= 0.00995 else 1}f}%"


def precision(fraction: float) -> str:
    """Two digits, 0.0123 -> "1.2%"; less than a hundredth is "<0.01%", from 100 % on whole percents."""
    if fraction < 1e-4:
        return "<0.01%"
    return f"{brief(100 * fraction, 2)}%" if fraction < 1 else f"{100 * fraction:.0f}%"


def shape(lengths: tuple[int, ...] | None) -> str:
    """1x224x224x3; "scalar" without axes, "?" where it is unknown or open."""
    if lengths is None:
        return "?"
    return "x".join("?" if length == -1 else str(length) for length in lengths) or "scalar"


def plural(number: int, noun: str) -> str:
    """ "1 run", "1,000 runs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
