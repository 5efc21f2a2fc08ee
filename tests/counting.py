"""Numbers that count what is done to them: the arithmetic of a naive kernel, tallied as it runs."""

import math
from collections import Counter
from contextlib import contextmanager

_TALLIES = []


@contextmanager
def counting():
    """A tally of all operations on `Number`s within, by name."""
    tally = Counter()
    _TALLIES.append(tally)
    try:
        yield tally
    finally:
        _TALLIES.pop()  # by position: an equal tally may be around this one


def _count(name):
    for tally in _TALLIES:
        tally[name] += 1


def _value(other):
    return other.value if isinstance(other, Number) else other


class Number:
    """A float that counts."""

    def __init__(self, value=1.0):
        self.value = value

    def _binary(self, other, name, function):
        _count(name)
        return Number(function(self.value, _value(other)))

    def __add__(self, other):
        return self._binary(other, "add", lambda x, y: x + y)

    def __sub__(self, other):
        return self._binary(other, "sub", lambda x, y: x - y)

    def __mul__(self, other):
        return self._binary(other, "mul", lambda x, y: x * y)

    def __truediv__(self, other):
        return self._binary(other, "div", lambda x, y: x / y)

    def __neg__(self):
        _count("neg")
        return Number(-self.value)

    def __gt__(self, other):
        _count("compare")
        return self.value > _value(other)

    def __lt__(self, other):
        _count("compare")
        return self.value < _value(other)


def larger(x, y):
    """One comparison."""
    return x if x > y else Number(_value(y))


def smaller(x, y):
    """One comparison."""
    return x if x < y else Number(_value(y))


def compared(x, y=0.0):
    """One comparison, whatever comes of it."""
    _ = x > y
    return x


def clamped(x, low, high):
    """Two comparisons."""
    return smaller(larger(x, low), high)


def root(x):
    """One square root."""
    _count("root")
    return Number(math.sqrt(x.value))


def rounded(x):
    """One rounding: to the nearest, up, or down."""
    _count("round")
    return Number(round(x.value))


def function(x, of=math.tanh):
    """One evaluation of exp, log, tanh, ..."""
    _count("function")
    return Number(of(x.value))


def scalar_ops(tally):
    """All but the evaluations of functions."""
    return tally.total() - tally["function"]


def numbers(*shape):
    """A nested list of numbers, of this shape."""
    if not shape:
        return Number()
    return [numbers(*shape[1:]) for _ in range(shape[0])]
