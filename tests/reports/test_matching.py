"""Which operator of one model is which of another."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_reports import operator
from tflops_native.ops import Cost
from tflops_native.reports.matching import match_operators


def op(index, name, layer=None, weights=None, output=(1, 4)):
    inputs = ((1, 4),) if weights is None else ((1, 4), weights)
    return operator(
        index,
        name,
        inputs,
        (output,),
        Cost(macs=1),
        layer=layer,
        constant_bytes=0 if weights is None else 4,
    )


def model(*operators):
    """Operators of (name, layer, shape of the weights)."""
    return [op(index, *described) for index, described in enumerate(operators)]


def chain(count, kind="CONV_2D", prefix="net"):
    return [(kind, f"{prefix}/layer_{index}", (8, index + 1)) for index in range(count)]


def test_a_model_matches_itself():
    one = model(*chain(30))
    assert match_operators(one, one) == tuple((index, index) for index in range(30))


@pytest.mark.parametrize("at", [0, 7, 30])
@pytest.mark.parametrize("names", ["same", "of another model", "none", "numbered"])
def test_one_more_operator_is_the_one_that_is_left(at, names):
    before = chain(30)
    after = [*before[:at], ("CONV_2D", "net/one_more", (99, 99)), *before[at:]]
    if names == "of another model":
        after = [(kind, f"functional_1/{name.partition('/')[2]}", w) for kind, name, w in after]
    elif names == "none":
        before = [(kind, None, w) for kind, _, w in before]
        after = [(kind, None, w) for kind, _, w in after]
    elif names == "numbered":
        # Every layer behind the new one has the name that the one before it had.
        before = [(kind, f"conv_{i}", w) for i, (kind, _, w) in enumerate(before)]
        after = [(kind, f"conv_{i}", w) for i, (kind, _, w) in enumerate(after)]
    pairs = match_operators(model(*before), model(*after))
    assert pairs == tuple((i, i + (i >= at)) for i in range(30))


def test_names_match_where_the_order_is_another():
    operators = chain(20)
    shuffled = random.Random(0).sample(operators, 20)
    pairs = match_operators(model(*operators), model(*shuffled))
    assert [shuffled[j] for _, j in pairs] == operators


def test_types_match_in_order_without_names_and_shapes():
    first = model(("CONV_2D", "a", (1, 2)), ("ADD", "b"), ("SOFTMAX", "c"))
    other = model(("CONV_2D", "x", (3, 4)), ("RELU", "y"), ("ADD", "z"), ("MEAN", "w"))
    assert match_operators(first, other) == ((0, 0), (1, 2))


def test_an_operator_of_another_type_is_another_operator():
    assert match_operators(model(("ADD", "sum")), model(("SUB", "sum"))) == ()


OPERATORS = st.lists(
    st.tuples(
        st.sampled_from(["CONV_2D", "ADD", "MUL"]),
        st.sampled_from([None, "a", "b/c", "d/c", "e/f/g"]),
        st.sampled_from([None, (1, 1), (2, 2)]),
    ),
    max_size=12,
)


@given(OPERATORS, OPERATORS)
def test_pairs_are_one_to_one_and_of_one_type(first, other):
    ours, theirs = model(*first), model(*other)
    pairs = match_operators(ours, theirs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(ours[i].name == theirs[j].name for i, j in pairs)


@given(OPERATORS)
def test_nothing_is_left_of_a_model_and_itself(operators):
    one = model(*operators)
    assert len(match_operators(one, one)) == len(one)


def test_long_models_without_names_take_no_time_to_speak_of():
    first = model(*[("ADD", None), ("MUL", None)] * 4000)
    other = model(*[("MUL", None), ("ADD", None), ("ADD", None)] * 3000)
    pairs = match_operators(first, other)
    assert len({j for _, j in pairs}) == len(pairs)


def test_a_wider_model_is_matched_by_its_names():
    """Twice the filters: the weights of one layer have the shape that those of the one before it had."""
    first = model(*[("CONV_2D", f"net/layer_{i}", (2**i, 3)) for i in range(8)])
    other = model(*[("CONV_2D", f"net/layer_{i}", (2 ** (i + 4), 3)) for i in range(8)])
    assert match_operators(first, other) == tuple((i, i) for i in range(8))
