"""Runs that are kept as they were: made-up events, laid out by hand, and that none overlaps another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs import chain
from made_runs import runs_of
from tflops_native.profile import recording
from tflops_native.profile.recording import record_runs

BUILTIN = ("ADD", 0, 0, False)


def spans(recorded, rank):
    (run,) = [run for run in recorded.runs if run.rank == rank]
    starts_and_ends = [
        (start, start + duration)
        for start, duration in zip(run.starts_ns, run.durations_ns, strict=True)
    ]
    return run, starts_and_ends


def test_the_fastest_the_median_and_the_slowest_run_are_kept():
    runs = [(invoke, [(0, 0, invoke - 1)]) for invoke in (500, 100, 400, 200, 300)]
    recorded = record_runs(
        chain("ADD"), [runs_of([BUILTIN], *runs[:2]), runs_of([BUILTIN], *runs[2:])]
    )
    found = {run.rank: (run.invoke_ns, run.durations_ns) for run in recorded.runs}
    assert found == {"fastest": (100, (99,)), "median": (300, (299,)), "slowest": (500, (499,))}


@pytest.mark.parametrize(("count", "ranks"), [(1, ["median"]), (2, ["fastest", "slowest"])])
def test_no_run_is_kept_twice(count, ranks):
    recorded = record_runs(chain("ADD"), [runs_of([BUILTIN], *[(9, [(0, 0, 5)])] * count)])
    assert [run.rank for run in recorded.runs] == ranks


def test_events_of_a_delegate_end_with_their_report():
    # Builtin 0..1000, then two kernels of 3000 and 4000 reported at 10000, then builtin from 10500.
    events = [
        ("CUSTOM", 0, 0, False),
        ("Add", 0, 0, True),
        ("Multiply", 1, 0, True),
        ("CUSTOM", 3, 0, False),
    ]
    chunk = runs_of(events, (12_000, [(0, 0, 1000), (1, 0, 3000), (2, 0, 4000), (3, 0, 900)]))
    chunk.at_ns = np.array([0, 10_000, 10_000, 10_500])
    run, found = spans(record_runs(chain("CUSTOM", "ADD", "MUL", "CUSTOM"), [chunk]), "median")
    assert found == [(0, 1000), (3000, 6000), (6000, 10_000), (10_500, 11_400)]
    assert run.invoke_ns == 12_000


def test_events_name_their_operators_where_that_is_certain():
    events = [("CUSTOM", 0, 0, False), ("Multiply (NC, F32)", 7, 0, True), ("ADD", 2, 1, False)]
    chunk = runs_of(events, (9000, [(0, 0, 4000), (2, 1, 1000), (1, 0, 3000)]))
    recorded = record_runs(chain("CUSTOM", "MUL"), [chunk])
    kinds = [recorded.events[event] for event in recorded.runs[0].events]
    assert [(kind.name, kind.operator, kind.subgraph_index) for kind in kinds] == [
        ("CUSTOM", 0, 0),
        ("ADD", 2, 1),
        ("Multiply (NC, F32)", 1, 0),
    ]


def test_runs_of_too_many_events_are_left_out(monkeypatch):
    monkeypatch.setattr(recording, "EVENTS_LIMIT", 2)
    short, long = (10, [(0, 0, 1)] * 2), (20, [(0, 0, 1)] * 3)
    recorded = record_runs(chain("ADD"), [runs_of([BUILTIN], short, long)])
    assert [run.rank for run in recorded.runs] == ["fastest"]
    assert record_runs(chain("ADD"), [runs_of([BUILTIN], long)]) is None


@st.composite
def any_run(draw):
    """Depths as calls have them, and times that are as wrong as those of a damaged file."""
    count = draw(st.integers(0, 12))
    depths, depth = [], 0
    for _ in range(count):
        depth = draw(st.integers(0, depth))
        depths.append(depth)
        depth += 1
    times = st.lists(st.integers(-5, 60), min_size=count, max_size=count)
    delegated = st.lists(st.booleans(), min_size=count, max_size=count)
    return depths, draw(delegated), draw(times), draw(times), draw(st.integers(0, 100))


@given(any_run())
def test_events_are_nested_or_apart(run):
    depths, delegated, at, elapsed, invoke = run
    laid = recording._laid_out(depths, delegated, at, elapsed, invoke)
    around = [(0, invoke)]
    before = 0
    for depth, (start, duration) in zip(depths, laid, strict=True):
        assert type(start) is type(duration) is int
        del around[depth + 1 :]
        assert around[-1][0] <= start <= start + duration <= around[-1][1]
        assert start >= before if depth == 0 else True
        around.append((start, start + duration))
        before = start + duration if depth == 0 else before
