"""The property of `fuzz_reader`, under hypothesis, which shrinks what fails."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("builders")

from fuzz import fuzz_logs, fuzz_reader, limits

EDITS = st.lists(
    st.tuples(
        st.sampled_from(fuzz_reader.KINDS), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300)
@given(st.integers(0, 10_000), EDITS)
def test_damaged_models_are_counted_or_refused(number, edits):
    models = fuzz_reader.seeds()
    fuzz_reader.check(fuzz_reader.damaged(models[number % len(models)], edits))


def test_undamaged_models_are_counted():
    ends = Counter(map(fuzz_reader.check, fuzz_reader.seeds()))
    # Windows that do not fit: of `single_conv_dynamic.tflite` as it stands, and of the model for the
    # reader, which nobody is meant to run.
    assert ends["ShapeError"] == 2
    assert set(ends) == {"counted", "ShapeError"}


def test_the_same_seed_damages_alike():
    first, second = (
        fuzz_reader.damaged(bytes(1000), fuzz_reader.random_edits(random.Random(seed)))
        for seed in (7, 7)
    )
    assert first == second != bytes(1000)


def test_a_failure_is_kept_and_told(monkeypatch, tmp_path, capsys):
    def fail(data):
        raise KeyError("oops")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzz_reader, "check", fail)
    assert fuzz_reader.run(60.0, seed=3) == 1
    assert capsys.readouterr().out == (
        "input 0 of seed 3: KeyError: 'oops'; see fuzz-failure-3-0.tflite\n"
    )
    assert (tmp_path / "fuzz-failure-3-0.tflite").stat().st_size > 0


@pytest.mark.skipif(limits.resource is None, reason="the system has no such limits")
def test_the_limits_hold(monkeypatch):
    def forever():
        while True:
            pass

    monkeypatch.setattr(limits, "SECONDS", 0.05)
    with pytest.raises(limits.TooSlow), limits.limits():
        forever()
    with limits.limits(), pytest.raises(MemoryError):
        bytearray(2 * limits.BYTES)
    # And are lifted again.
    assert len(bytearray(2 * limits.BYTES)) == 2 * limits.BYTES


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 2**32 - 1))
def test_damaged_logs_are_read_or_refused(number, seed):
    logs = fuzz_logs.seeds()
    fuzz_logs.check(fuzz_logs.damaged(logs[number % len(logs)], random.Random(seed)))
