"""A clock that moves as a test says."""

import itertools

import pytest


@pytest.fixture
def seconds(monkeypatch):
    """`seconds(0.5)`: from now on the clock moves half a second with every look."""
    import time

    def tick(step):
        ticks = itertools.count(0.0, step)
        monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))

    return tick
