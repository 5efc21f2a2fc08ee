"""The comparison of inferred shapes with the runtime's, on shapes that are written out."""

import pytest

from tflops_native.model.reader import load
from tflops_native.reports.verification import Verification
from tflops_native.runtime.shapes import ObservedRun
from workloads import analyze_model

builders = pytest.importorskip("builders")


def chain():
    """x [2, 3] -> ABS -> EXP -> NEG, and a NEG of x beside it."""
    model = builders.ModelBuilder()
    graph = model.graph()
    x = graph.input([2, 3], name="x")
    a, b, c, d = (graph.tensor([2, 3], name=name) for name in "abcd")
    for name, table, given, made in (
        ("ABS", "AbsOptions", x, a),
        ("EXP", "ExpOptions", a, b),
        ("NEG", "NegOptions", b, c),
        ("NEG", "NegOptions", x, d),
    ):
        graph.operator(name, [given], [made], builders.options(table))
    graph.outputs = [c, d]
    return model


def where():
    """x [8] -> WHERE -> int64 [?, 1] -> CAST -> float."""
    model = builders.ModelBuilder()
    graph = model.graph()
    x = graph.input([8], name="x")
    found, real = graph.tensor([1, 1], "INT64", name="found"), graph.tensor([1, 1], name="real")
    graph.operator("WHERE", [x], [found], builders.options("WhereOptions"))
    graph.operator("CAST", [found], [real])
    graph.outputs = [real]
    return model


def verified(builder, *shapes):
    model = load(builder.pack())
    return Verification.of(model, analyze_model(model), ObservedRun(shapes=shapes), threads=1)


SHAPE = (2, 3)


def test_all_right():
    found = verified(chain(), *[SHAPE] * 5)
    assert found.is_right
    assert (found.tensors, found.operators) == (5, 4)
    assert (found.mismatches, found.not_compared) == ((), ())
    assert found.to_dict()["is_right"] is True


def test_only_the_operator_that_is_wrong_is_named():
    found = verified(chain(), SHAPE, SHAPE, (3, 2), (3, 2), SHAPE)
    (wrong,) = found.mismatches
    assert (wrong.operator_index, wrong.operator_name) == (1, "EXP")
    assert (wrong.tensor_index, wrong.tensor_name) == (2, "b")
    assert (wrong.inferred, wrong.runtime) == ((2, 3), (3, 2))
    # The NEG after it cannot be blamed; the other one is right.
    assert [item.tensor_name for item in found.not_compared] == ["c"]
    assert (found.tensors, found.operators) == (4, 3)
    plain = found.to_dict()
    assert plain["is_right"] is False
    assert plain["mismatches"][0]["inferred"] == [2, 3]
    assert plain["mismatches"][0]["runtime"] == [3, 2]


def test_an_input_that_is_wrong_has_no_operator():
    found = verified(chain(), (9, 9), SHAPE, SHAPE, SHAPE, SHAPE)
    (wrong,) = found.mismatches
    assert (wrong.operator_index, wrong.tensor_name) == (None, "x")
    # What comes after is what it is for another reason than its own rule.
    assert [item.tensor_name for item in found.not_compared] == ["a", "d"]


def test_what_the_runtime_does_not_show():
    found = verified(chain(), SHAPE, None, SHAPE, SHAPE, SHAPE)
    assert found.is_right
    (hidden,) = found.not_compared
    assert (hidden.tensor_name, hidden.reason) == ("a", "the runtime does not show it")
    assert found.tensors == 4


@pytest.mark.parametrize(
    ("rows", "is_right"), [(0, True), (5, True), (8, True), (9, False)], ids=str
)
def test_a_bound_must_hold(rows, is_right):
    found = verified(where(), (8,), (rows, 1), (rows, 1))
    assert found.is_right is is_right
    if not is_right:
        (wrong,) = found.mismatches
        assert (wrong.operator_name, wrong.reason) == ("WHERE", "beyond the upper bound")
        assert wrong.is_bound


def test_a_bound_is_of_the_same_rank():
    assert not verified(where(), (8,), (5,), (5,)).is_right


def test_what_is_unsupported_is_not_compared_but_what_follows_is():
    model = builders.ModelBuilder()
    graph = model.graph()
    x = graph.input(SHAPE, name="x")
    a, b = (graph.tensor(SHAPE, name=name) for name in "ab")
    graph.operator("Mystify", [x], [a])
    graph.operator("NEG", [a], [b], builders.options("NegOptions"))
    graph.outputs = [b]
    found = verified(model, SHAPE, SHAPE, SHAPE)
    (unknown,) = found.not_compared
    assert (unknown.operator_name, unknown.tensor_name) == ("Mystify", "a")
    assert unknown.reason == "not inferred: no rule for this custom operator"
    assert (found.tensors, found.operators) == (2, 1)
    # Where the file's shape is not the true one, nothing after it can be compared either.
    found = verified(model, SHAPE, (7,), (7,))
    assert found.is_right
    assert [item.tensor_name for item in found.not_compared] == ["a", "b"]
    assert found.tensors == 1
