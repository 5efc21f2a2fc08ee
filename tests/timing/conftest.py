"""A protocol cut short: these tests look at what is measured, never at how long it takes."""

import itertools

import pytest


@pytest.fixture
def short_protocol(monkeypatch):
    """Hardly any warm-up, and two profiled runs."""
    from tflops_native.profile import profiling
    from tflops_native.timing import warm_up

    monkeypatch.setattr(warm_up, "SECONDS_LIMIT", 0.001)
    monkeypatch.setattr(profiling, "SECONDS_LIMIT", 1e-9)
    monkeypatch.setattr(profiling, "ROUNDS_IN_ANY_CASE", 2)


@pytest.fixture
def seconds(monkeypatch):
    """`seconds(0.5)`: from now on the clock moves half a second with every look."""
    import time

    def tick(step):
        ticks = itertools.count(0.0, step)
        monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))

    return tick
