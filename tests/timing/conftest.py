"""A protocol cut short: these tests look at what is measured, never at how long it takes."""

import pytest


@pytest.fixture
def short_protocol(monkeypatch):
    """One warm-up run and two profiled ones."""
    from tflops_native.timing import protocol

    for name, value in {
        "WARM_UP_SECONDS": 0.0,
        "WARM_UP_RUNS": 1,
        "PROFILE_SECONDS": 0.0,
        "PROFILE_RUNS": 2,
    }.items():
        monkeypatch.setattr(protocol, name, value)
