"""Events of made-up runs, joined to graphs made by hand, with sums worked out beside them."""

from dataclasses import replace

import pytest

from graphs import chain, graph
from made_runs import runs_of
from tflops_native.profile.join import join_events, join_runs
from tflops_native.profile.sequences import Event

CONVOLUTION = "Convolution (NHWC, F32) IGEMM"
COPY = "Copy (NC, X32)"


def builtin(index, name="X"):
    return Event(name, index, is_delegated=False)


def delegated(name, index=0):
    return Event(name, index, is_delegated=True)


def join(subgraph, *chunks):
    return join_runs(subgraph, chunks)


def samples(joined):
    """Of each operator by its index, as measured."""
    return {index: found.times.reported_ns.tolist() for index, found in joined.operators.items()}


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


def test_nothing_is_called_fused_where_the_runtime_ran_in_another_order():
    # Operator 2 cannot run before 1, whose result it takes: another cut than the one that is known.
    subgraph = chain("CONV_2D", "CUSTOM", "CUSTOM", "RELU")
    events = [delegated(CONVOLUTION), builtin(2), builtin(1)]
    assert join_events(subgraph, events) == ([None, 2, 1], {0, 3})


def test_an_unknown_event_leaves_the_rest_of_its_partition_sure():
    subgraph = chain("CONV_2D", "RELU", "MEAN", "CONV_2D", "RELU")
    events = [delegated(CONVOLUTION), delegated("Weird Thing (NC)"), delegated(CONVOLUTION)]
    assert join_events(subgraph, events) == ([0, None, 3], {1, 2})


def test_a_variable_is_written_where_its_value_is_made():
    # Read, add, write: of three copies only that to the output is one that cannot be left out.
    subgraph = replace(
        graph(
            ("READ_VARIABLE", [9], [1]),
            ("ADD", [0, 1], [2]),
            ("ASSIGN_VARIABLE", [9, 2], []),
            ("READ_VARIABLE", [9], [3]),
        ),
        outputs=(3,),
    )
    events = [delegated("Add (ND)"), delegated("Copy (NC, X32)")]
    assert join_events(subgraph, events) == ([1, 3], set())


LOOKUP, CONVERT = "Invalid Unary Op", "Convert (NC)"
BYTES = range(100)  # all tensors are of 8 bits


@pytest.mark.parametrize(
    ("operators", "constants", "eight_bits", "events", "expected"),
    [
        pytest.param(
            [
                ("DEQUANTIZE", [0], [1]),
                ("GELU", [1], [2]),
                ("QUANTIZE", [2], [3]),
                ("CONV_2D", [3], [4]),
            ],
            (),
            {0, 3, 4},
            [LOOKUP, CONVOLUTION],
            [2, 3],
            id="of another type inside",
        ),
        pytest.param(
            [
                ("MUL", [0, 9], [1]),
                ("ADD", [8, 1], [2]),
                ("LOGISTIC", [2], [3]),
                ("DEQUANTIZE", [3], [4]),
            ],
            (8, 9),
            {0, 1, 2, 3, 8, 9},
            [LOOKUP, CONVERT],
            [2, 3],
            id="a conversion to floats is none of it",
        ),
        pytest.param(
            [
                ("MUL", [0, 9], [1]),
                ("LOGISTIC", [1], [2]),
                ("DEQUANTIZE", [2], [3]),
                ("EXP", [3], [4]),
            ],
            (9,),
            {0, 1, 2, 9},
            [LOOKUP, CONVERT, "Exp (NC)"],
            [1, 2, 3],
            id="nor what is computed of the floats",
        ),
        pytest.param(
            [("QUANTIZE", [0], [1]), ("MUL", [1, 9], [2]), ("TANH", [2], [3]), ("ELU", [3], [4])],
            (9,),
            {1, 2, 3, 4, 9},
            [CONVERT, LOOKUP],
            [0, 3],
            id="nor a conversion of floats",
        ),
        pytest.param(
            [("MUL", [0, 9], [1]), ("LOGISTIC", [1], [2]), ("MUL", [2, 5], [3])],
            (9,),
            BYTES,
            [LOOKUP, "Multiply (ND)"],
            [1, 2],
            id="a product of two is none of it",
        ),
        pytest.param(
            [("ADD", [0, 9], [1]), ("LOGISTIC", [1], [2]), ("MUL", [0, 2], [3])],
            (9,),
            BYTES,
            [LOOKUP],
            [2],
            id="unless both are functions of the same",
        ),
        pytest.param(
            [
                ("ADD", [0, 9], [1]),
                ("LOGISTIC", [1], [2]),
                ("TANH", [2], [3]),
                ("MUL", [2, 3], [4]),
            ],
            (9,),
            BYTES,
            [LOOKUP, LOOKUP],
            [1, 3],
            id="what two read is written",
        ),
        pytest.param(
            [*((name, [i], [i + 1]) for i, name in enumerate(["TANH", "ELU"] * 7))],
            (),
            BYTES,
            [LOOKUP],
            [13],
            id="more than one table holds",
        ),
    ],
)
def test_what_is_looked_up_in_one_table_belongs_to_the_last_operator(
    operators, constants, eight_bits, events, expected
):
    subgraph = graph(*operators, constants=constants, eight_bits=eight_bits)
    assert join_events(subgraph, [*map(delegated, events)]) == (expected, set())


def test_no_events():
    assert join_events(chain("CONV_2D"), []) == ([], set())


DYNAMIC = [
    ("Convert (NC, F32, QD8)", 0, 0, True),
    ("Fully Connected (NC, QD8, F32, QC8W) GEMM", 1, 0, True),
    ("SOFTMAX", 1, 0, False),
]


def test_times_are_kept_per_run_and_those_of_one_operator_added():
    # Dynamic range: conversion and product are one operator.
    joined = join(
        chain("FULLY_CONNECTED", "SOFTMAX"),
        runs_of(
            DYNAMIC,
            (9_000, [(0, 0, 1000), (1, 0, 5000), (2, 0, 700)]),
            (9_500, [(0, 0, 2000), (1, 0, 6000), (2, 0, 800)]),
            (9_100, [(0, 0, 1000), (1, 0, 5000), (2, 0, 600)]),
        ),
    )
    assert samples(joined) == {0: [6000, 8000, 6000], 1: [700, 800, 600]}
    first, second = joined.operators.values()
    assert first.names == ["Convert (NC, F32, QD8)", "Fully Connected (NC, QD8, F32, QC8W) GEMM"]
    assert second.names == ["builtin"]
    assert (first.is_delegated, second.is_delegated) == (True, False)
    assert (first.readings, second.readings) == (2, 1)
    assert joined.invoke_ns.tolist() == [9_000, 9_500, 9_100]


def test_chunks_of_runs_are_joined_in_their_order():
    # The same events have other numbers in each chunk.
    subgraph = chain("A", "B")
    joined = join(
        subgraph,
        runs_of([("A", 0, 0, False), ("B", 1, 0, False)], (50, [(0, 0, 10), (1, 0, 20)])),
        runs_of([("B", 1, 0, False), ("A", 0, 0, False)], (60, [(1, 0, 11), (0, 0, 21)])),
        runs_of([("A", 0, 0, False), ("B", 1, 0, False)], (70, [(0, 0, 12), (1, 0, 22)])),
    )
    assert samples(joined) == {0: [10, 11, 12], 1: [20, 21, 22]}
    assert joined.invoke_ns.tolist() == [50, 60, 70]


def test_events_inside_an_event_or_in_another_subgraph_are_not_counted_twice():
    events = [("IF", 0, 0, False), ("NEG", 0, 1, False), ("Negate (NC, F32)", 0, 1, True)]
    joined = join(
        chain("IF"),
        runs_of(
            events,
            (100, [(0, 0, 80), (1, 1, 30), (2, 1, 20)]),
            (120, [(0, 0, 90), (1, 1, 30)]),
            (110, [(0, 0, 85), (1, 1, 30), (2, 1, 20)]),
        ),
    )
    assert samples(joined) == {0: [80, 90, 85]}
    assert joined.unmatched == []


def test_an_operator_that_does_not_run_each_time_has_zeros():
    # The same graph cannot skip an operator, but nothing here may depend on that.
    events = [("A", 0, 0, False), ("B", 1, 0, False)]
    runs = runs_of(events, (50, [(0, 0, 10), (1, 0, 20)]), (30, [(0, 0, 12)]))
    assert samples(join(chain("A", "B"), runs)) == {0: [10, 12], 1: [20, 0]}


def test_unmatched_events_keep_their_times_and_their_operators_are_not_called_fused():
    events = [(CONVOLUTION, 0, 0, True), (COPY, 1, 0, True)]
    joined = join(
        chain("CONV_2D", "RELU", "RESHAPE", "RESHAPE"),
        runs_of(events, (30_000, [(0, 0, 9000), (1, 0, 2000)])),
    )
    assert samples(joined) == {0: [9000]}
    (copy,) = joined.unmatched
    assert (copy.names, copy.times.reported_ns.tolist()) == ([COPY], [2000])
    assert 2 not in joined.fused
    assert 3 not in joined.fused


def test_two_unmatched_events_of_one_name_stay_two():
    events = [(COPY, 0, 0, True), (COPY, 1, 0, True)]
    joined = join(
        chain("SQUEEZE", "RESHAPE", "RESHAPE"),
        runs_of(events, (9_000, [(0, 0, 1000), (1, 0, 2000)])),
    )
    assert [event.times.reported_ns.tolist() for event in joined.unmatched] == [[1000], [2000]]
    assert joined.operators == {}
    assert joined.fused == ()


def test_what_was_cut_off_is_bounded_by_what_the_report_leaves():
    # The report comes at 7000 ns in the first run: 6000 of these are in the times, 1000 are left for
    # two cuts. Most likely two thirds of that, in equal parts; at most all of it in one of them. In the
    # second run 9000 are left, more than two cuts can take: half a step each, a step at most.
    joined = join(
        chain("FULLY_CONNECTED", "SOFTMAX"),
        runs_of(
            DYNAMIC,
            (9_000, [(0, 0, 1000), (1, 0, 5000), (2, 0, 700)]),
            (17_000, [(0, 0, 1000), (1, 0, 5000), (2, 0, 700)]),
        ),
    )
    first, second = (found.times for found in joined.operators.values())
    assert first.likely_cut_ns == pytest.approx([2000 / 3, 1000])
    assert first.most_cut_ns.tolist() == [2000, 2000]  # each of its two events 1000
    assert second.likely_cut_ns.tolist() == second.most_cut_ns.tolist() == [0, 0]


def test_a_partition_begins_where_the_operator_before_it_ended():
    # ADD runs for 5000 ns; the report comes at 9500: 3000 in the time, 1500 left for one cut.
    joined = join(
        chain("ADD", "CONV_2D"),
        runs_of(
            [("ADD", 0, 0, False), (CONVOLUTION, 0, 0, True)],
            (11_500, [(0, 0, 5000), (1, 0, 3000)]),
            (10_400, [(0, 0, 5000), (1, 0, 3000)]),
        ),
    )
    times = joined.operators[1].times
    assert times.likely_cut_ns.tolist() == [500, 200]  # 400 left in the second: half of it
    assert times.most_cut_ns.tolist() == [1000, 400]


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "copies"),
    [
        ("CONCATENATION", [0, 0, 0], [1], 3),
        ("SPLIT", [0, 0], [1, 2, 3, 4], 4),
        ("RESHAPE", [0, 0], [1], 1),
    ],
)
def test_copies_are_timed_once_for_each_copy(name, inputs, outputs, copies):
    joined = join(
        graph((name, inputs, outputs)), runs_of([(COPY, 0, 0, True)], (9_000, [(0, 0, 1000)]))
    )
    assert joined.operators[0].readings == copies


def test_the_partitions_of_the_run_are_kept():
    joined = join(
        chain("CONV_2D", "CUSTOM", "CONV_2D"),
        runs_of(
            [(CONVOLUTION, 0, 0, True), ("CUSTOM", 1, 0, False)],
            (9_000, [(0, 0, 1000), (1, 0, 500), (0, 0, 1000)]),
        ),
    )
    found = [
        (part.is_delegated, part.operators, [(t.index, t.from_partition) for t in part.taken_over])
        for part in joined.partitions
    ]
    assert found == [(True, (0,), []), (False, (1,), [(1, 0)]), (True, (2,), [(2, 1)])]
