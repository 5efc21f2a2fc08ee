"""Events of made-up runs, joined to graphs made by hand, with sums worked out beside them."""

from types import SimpleNamespace

import pytest

from graphs import chain, graph
from tflops_native.timing.profile import Event, join_events, join_profile

CONVOLUTION = "Convolution (NHWC, F32) IGEMM"
COPY = "Copy (NC, X32)"


def builtin(index, name="X"):
    return Event(name, index, is_delegated=False)


def delegated(name, index=0):
    return Event(name, index, is_delegated=True)


def runs_of(events, *runs):
    """What the runtime returns: runs are (invoke ns, [(event position, depth, elapsed ns), ...])."""
    flat = [event for _, listed in runs for event in listed]
    offsets = [0]
    for _, listed in runs:
        offsets.append(offsets[-1] + len(listed))
    return SimpleNamespace(
        events=events,
        invoke_ns=[invoke for invoke, _ in runs],
        event_ids=[event for event, _, _ in flat],
        depths=[depth for _, depth, _ in flat],
        elapsed_ns=[elapsed for _, _, elapsed in flat],
        run_offsets=offsets,
    )


def test_builtin_events_name_their_operator():
    events = [builtin(0), builtin(1), builtin(2)]
    assert join_events(chain("CONV_2D", "CUSTOM", "ADD"), events) == ([0, 1, 2], set())


def test_delegated_events_belong_to_the_partition_where_they_ran():
    # Conv | custom | conv, conv: the first event cannot be one of the last two.
    subgraph = chain("CONV_2D", "CUSTOM", "CONV_2D", "CONV_2D")
    events = [
        delegated(CONVOLUTION, 0),
        builtin(1),
        delegated(CONVOLUTION, 0),
        delegated(CONVOLUTION, 1),
    ]
    assert join_events(subgraph, events) == ([0, 1, 2, 3], set())


def test_a_fused_operator_is_certain_where_all_events_are():
    subgraph = chain("CONV_2D", "RELU")
    assert join_events(subgraph, [delegated(CONVOLUTION)]) == ([0], set())


def test_operators_that_may_have_made_an_unmatched_event_are_uncertain():
    subgraph = chain("CONV_2D", "RESHAPE", "RESHAPE")
    events = [delegated(CONVOLUTION), delegated(COPY)]
    assert join_events(subgraph, events) == ([0, None], {1, 2})


def test_a_branch_taken_past_the_runtimes_own():
    # 0 -> 1 -> 3 and 2 -> 3: the delegate runs 0 and 2 first.
    subgraph = graph(
        ("CONV_2D", [0], [1]), ("CUSTOM", [1], [2]), ("SOFTMAX", [0], [3]), ("ADD", [2, 3], [4])
    )
    events = [
        delegated(CONVOLUTION),
        delegated("Softmax (NC, F32)"),
        builtin(1),
        delegated("Add (ND, F32)"),
    ]
    assert join_events(subgraph, events) == ([0, 2, 1, 3], set())


def test_delegated_events_where_no_partition_is_are_unmatched():
    assert join_events(chain("CUSTOM"), [builtin(0), delegated(CONVOLUTION)]) == ([0, None], set())


def test_no_events():
    assert join_events(chain("CONV_2D"), []) == ([], set())


def test_times_are_kept_per_run_and_those_of_one_operator_added():
    # Dynamic range: conversion and product are one operator.
    events = [
        ("Convert (NC, F32, QD8)", 0, 0, True),
        ("Fully Connected (NC, QD8, F32, QC8W) GEMM", 1, 0, True),
        ("SOFTMAX", 1, 0, False),
    ]
    profile = join_profile(
        chain("FULLY_CONNECTED", "SOFTMAX"),
        runs_of(
            events,
            (9_000, [(0, 0, 1000), (1, 0, 5000), (2, 0, 700)]),
            (9_500, [(0, 0, 2000), (1, 0, 6000), (2, 0, 800)]),
            (9_100, [(0, 0, 1000), (1, 0, 5000), (2, 0, 600)]),
        ),
        clean_median_ns=8_000,
    )
    first, second = profile.operators
    assert (first.index, second.index) == (0, 1)
    assert first.samples_ns == (6000, 8000, 6000)
    assert second.samples_ns == (700, 800, 600)
    assert first.kernel == ("Convert (NC, F32, QD8) + Fully Connected (NC, QD8, F32, QC8W) GEMM")
    assert second.kernel == "builtin"
    assert (first.is_delegated, second.is_delegated) == (True, False)
    assert (first.resolution_ns, second.resolution_ns) == (2000, 1)
    assert profile.invoke_ns == (9_000, 9_500, 9_100)
    assert profile.outside_ns == (2300, 700, 2500)
    assert profile.overhead == pytest.approx(0.1375)  # 9100 / 8000 - 1


def test_events_inside_an_event_or_in_another_subgraph_are_not_counted_twice():
    events = [("IF", 0, 0, False), ("NEG", 0, 1, False), ("Negate (NC, F32)", 0, 1, True)]
    profile = join_profile(
        chain("IF"),
        runs_of(
            events,
            (100, [(0, 0, 80), (1, 1, 30), (2, 1, 20)]),
            (120, [(0, 0, 90), (1, 1, 30)]),
        ),
        clean_median_ns=100,
    )
    (only,) = profile.operators
    assert only.samples_ns == (80, 90)
    assert profile.outside_ns == (20, 30)
    assert profile.unmatched == ()


def test_an_operator_that_does_not_run_each_time_has_zeros():
    # The same graph cannot skip an operator, but nothing here may depend on that.
    events = [("A", 0, 0, False), ("B", 1, 0, False)]
    profile = join_profile(
        chain("A", "B"),
        runs_of(events, (50, [(0, 0, 10), (1, 0, 20)]), (30, [(0, 0, 12)])),
        clean_median_ns=40,
    )
    assert [operator.samples_ns for operator in profile.operators] == [(10, 12), (20, 0)]
    assert profile.outside_ns == (20, 18)
    assert profile.overhead == 0.0  # median of 50 and 30


def test_unmatched_events_keep_their_times_and_their_operators_are_not_called_fused():
    events = [(CONVOLUTION, 0, 0, True), (COPY, 1, 0, True)]
    profile = join_profile(
        chain("CONV_2D", "RELU", "RESHAPE", "RESHAPE"),
        runs_of(events, (30_000, [(0, 0, 9000), (1, 0, 2000)])),
        clean_median_ns=30_000,
    )
    assert [(o.index, o.samples_ns) for o in profile.operators] == [(0, (9000,))]
    assert [(event.name, event.samples_ns) for event in profile.unmatched] == [(COPY, (2000,))]
    assert profile.outside_ns == (19_000,)
    assert 2 not in profile.fused
    assert 3 not in profile.fused


def test_two_unmatched_events_of_one_name_stay_two():
    events = [(COPY, 0, 0, True), (COPY, 1, 0, True)]
    profile = join_profile(
        chain("SQUEEZE", "RESHAPE", "RESHAPE"),
        runs_of(events, (9_000, [(0, 0, 1000), (1, 0, 2000)])),
        clean_median_ns=9_000,
    )
    assert [event.samples_ns for event in profile.unmatched] == [(1000,), (2000,)]
    assert profile.operators == ()
    assert profile.fused == ()
