"""A protocol cut short: these tests look at what is measured, never at how long it takes."""

import pytest


@pytest.fixture
def short_protocol(monkeypatch):
    """One warm-up run and two profiled ones."""
    from tflops_native.timing import profiling, protocol

    monkeypatch.setattr(protocol, "WARM_UP_SECONDS", 0.0)
    monkeypatch.setattr(protocol, "WARM_UP_RUNS", 1)
    monkeypatch.setattr(profiling, "SECONDS_LIMIT", 1e-9)
    monkeypatch.setattr(profiling, "ROUNDS_IN_ANY_CASE", 2)
