"""Random shapes and what the generators of several families share."""

import random
from collections.abc import Callable

from configurations.case import Case

Generator = Callable[[random.Random, str], Case]

# Operator name -> what draws a legal configuration of it.
GENERATORS: dict[str, Generator] = {}


def generates(*names):
    """Register a generator for operators."""

    def add(generator):
        for name in names:
            assert name not in GENERATORS
            GENERATORS[name] = generator
        return generator

    return add


def lengths(r, rank, low=1, high=4):
    """A shape of this rank; now and then an axis is empty where `low` allows it."""
    return tuple(r.randint(low, high) for _ in range(rank))


def any_shape(r, low_rank=0, high_rank=4):
    """A shape, one in twelve with an empty axis."""
    shape = lengths(r, r.randint(low_rank, high_rank))
    if shape and r.random() < 1 / 12:
        axis = r.randrange(len(shape))
        shape = (*shape[:axis], 0, *shape[axis + 1 :])
    return shape


def part_of(r, shape):
    """A shape that broadcasts to this one: leading axes left out, others of length 1."""
    kept = shape[r.randint(0, len(shape)) :] if r.random() < 0.4 else shape
    return tuple(1 if r.random() < 0.3 else length for length in kept)


def signed_axis(r, axis, rank):
    """The axis, counted from the front or from the end."""
    return axis - rank if r.random() < 0.5 else axis
