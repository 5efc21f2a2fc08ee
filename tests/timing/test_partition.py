"""Partitions of graphs made by hand, against the runtime's rule carried out on paper."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest

from graphs import chain, graph
from tflops_native.model.schema import TensorType
from tflops_native.profile.partition import partition, partitions_that_ran


def partitions(subgraph, delegated):
    """(is delegated, operator indices) of each partition."""
    return [
        (part.is_delegated, [operator.index for operator in part.operators])
        for part in partition(subgraph, delegated)
    ]


def test_a_chain_is_cut_where_the_kind_changes():
    subgraph = chain("A", "B", "C", "D", "E")
    assert partitions(subgraph, {0, 1, 4}) == [(True, [0, 1]), (False, [2, 3]), (True, [4])]


def test_a_chain_may_begin_with_the_runtimes_own():
    subgraph = chain("A", "B", "C")
    assert partitions(subgraph, {1}) == [(False, [0]), (True, [1]), (False, [2])]


@pytest.mark.parametrize(("delegated", "kind"), [({0, 1, 2}, True), (set(), False)])
def test_operators_of_one_kind_are_one_partition(delegated, kind):
    assert partitions(chain("A", "B", "C"), delegated) == [(kind, [0, 1, 2])]


def test_a_graph_without_operators_has_no_partition():
    assert partitions(chain(), {0}) == []


def test_a_skip_connection_waits_for_its_other_side():
    # 0 -> 1 -> 2(0 and 1): the sum cannot run in the first partition.
    subgraph = graph(("CONV_2D", [0], [1]), ("MEAN", [1], [2]), ("ADD", [1, 2], [3]))
    assert partitions(subgraph, {0, 2}) == [(True, [0]), (False, [1]), (True, [2])]


def test_a_skip_connection_within_one_kind_is_no_cut():
    subgraph = graph(("CONV_2D", [0], [1]), ("CONV_2D", [1], [2]), ("ADD", [1, 2], [3]))
    assert partitions(subgraph, {0, 1, 2}) == [(True, [0, 1, 2])]


def test_a_branch_is_taken_past_operators_of_the_other_kind():
    # Branches 0 -> 1 -> 4 and 2 -> 3 -> 4. Operator 1 stays behind, yet 2 and 3 run with 0.
    subgraph = graph(
        ("CONV_2D", [0], [1]),
        ("CUSTOM", [1], [2]),
        ("CONV_2D", [0], [3]),
        ("CONV_2D", [3], [4]),
        ("ADD", [2, 4], [5]),
    )
    assert partitions(subgraph, {0, 2, 3, 4}) == [
        (True, [0, 2, 3]),
        (False, [1]),
        (True, [4]),
    ]


def test_operators_of_both_kinds_are_gathered_across_branches():
    # Two branches of delegated, own, delegated: 0 -> 1 -> 2 and 3 -> 4 -> 5, joined in 6.
    subgraph = graph(
        ("A", [0], [1]),
        ("B", [1], [2]),
        ("C", [2], [3]),
        ("A", [0], [4]),
        ("B", [4], [5]),
        ("C", [5], [6]),
        ("ADD", [3, 6], [7]),
    )
    assert partitions(subgraph, {0, 2, 3, 5, 6}) == [
        (True, [0, 3]),
        (False, [1, 4]),
        (True, [2, 5, 6]),
    ]


def test_the_first_ready_operator_decides_the_first_kind():
    # Operator 0 is the delegate's but reads what 1 writes: a file need not list them in order.
    subgraph = graph(("A", [2], [3]), ("B", [0], [2]))
    assert partitions(subgraph, {0}) == [(False, [1]), (True, [0])]


def test_an_operator_listed_before_its_producer_joins_in_a_second_pass():
    subgraph = graph(("A", [2], [3]), ("A", [0], [2]))
    assert partitions(subgraph, {0, 1}) == [(True, [1, 0])]


def test_absent_inputs_wait_for_nobody():
    subgraph = graph(("FULLY_CONNECTED", [0, 9, None], [1]), ("ADD", [1, None], [2]))
    assert partitions(subgraph, {0, 1}) == [(True, [0, 1])]


def test_several_outputs_are_waited_for_one_by_one():
    subgraph = graph(("SPLIT", [0], [1, 2]), ("A", [2], [3]), ("B", [1, 3], [4]))
    assert partitions(subgraph, {1}) == [(False, [0]), (True, [1]), (False, [2])]


def test_a_cycle_ends_instead_of_running_forever():
    subgraph = graph(("A", [0], [1]), ("B", [3], [2]), ("C", [2], [3]))
    assert partitions(subgraph, {0}) == [(True, [0])]


def test_every_operator_is_in_exactly_one_partition():
    subgraph = graph(
        ("A", [0], [1]), ("B", [0], [2]), ("C", [1, 2], [3]), ("D", [2], [4]), ("E", [3, 4], [5])
    )
    for bits in range(32):
        delegated = {index for index in range(5) if bits >> index & 1}
        found = partitions(subgraph, delegated)
        assert sorted(index for _, indices in found for index in indices) == [0, 1, 2, 3, 4]
        assert {i for kind, indices in found if kind for i in indices} == delegated
        assert all(before[0] != after[0] for before, after in pairwise(found))


RESOURCE = 9


def with_resource(subgraph, edges=None):
    """With tensor 9 as a handle, and with the edges of the metadata."""
    tensors = tuple(
        SimpleNamespace(type=TensorType.RESOURCE if index == RESOURCE else TensorType.FLOAT32)
        for index in range(12)
    )
    return replace(subgraph, tensors=tensors, control_edges=edges)


def streaming():
    """Read, compute, write; and then a second reader that no tensor holds back."""
    return graph(
        ("VAR_HANDLE", [], [RESOURCE]),
        ("READ_VARIABLE", [RESOURCE], [1]),
        ("ADD", [0, 1], [2]),
        ("CUSTOM", [2], [3]),
        ("ASSIGN_VARIABLE", [RESOURCE, 3], []),
        ("READ_VARIABLE", [RESOURCE], [4]),
    )


def test_a_variable_is_not_read_before_it_is_written():
    assert partitions(with_resource(streaming()), {0, 1, 2, 4, 5}) == [
        (True, [0, 1, 2]),
        (False, [3]),
        (True, [4, 5]),
    ]


def test_without_a_handle_the_same_graph_is_read_at_once():
    assert partitions(streaming(), {0, 1, 2, 4, 5}) == [
        (True, [0, 1, 2, 5]),
        (False, [3]),
        (True, [4]),
    ]


@pytest.mark.parametrize("name", ["IF", "WHILE", "CALL_ONCE"])
def test_operators_that_run_subgraphs_keep_their_order(name):
    # The second could run at once, but for the first, which waits for the delegate.
    subgraph = graph(("A", [0], [1]), (name, [1], [2]), (name, [0], [3]), ("B", [0], [4]))
    assert partitions(subgraph, {0, 2}) == [(True, [0]), (False, [1, 3]), (True, [2])]
    assert partitions(subgraph, {0, 3}) == [(True, [0, 3]), (False, [1, 2])]


def test_metadata_decides_instead_of_side_effects():
    subgraph = with_resource(streaming(), edges=((3, 1),))
    # The read waits for the custom operator, which waits for its sum: a cycle.
    assert partitions(subgraph, {0, 1, 2, 4, 5}) == [(True, [0, 5])]
    assert partitions(with_resource(streaming(), edges=()), {0, 1, 2, 4, 5}) == [
        (True, [0, 1, 2, 5]),
        (False, [3]),
        (True, [4]),
    ]


def test_tensors_cross_from_one_partition_to_another():
    # Tensor 1 is needed on both sides of the cut, and again behind it.
    subgraph = graph(("A", [0], [1]), ("B", [1], [2]), ("C", [1, 2], [3]), ("D", [2, 3, 1], [4]))
    assert [part.taken_over for part in partition(subgraph, {1})] == [(), (1,), (1, 2)]


def test_another_order_than_the_rules_has_no_partitions():
    subgraph = chain("A", "B", "C")
    assert [part.indices for part in partitions_that_ran(subgraph, [0, 2])] == [(0,), (1,), (2,)]
    assert partitions_that_ran(subgraph, [2, 0]) is None
