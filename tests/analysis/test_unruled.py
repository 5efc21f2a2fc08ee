"""Operators without a rule in files as compilers for accelerators and old converters write them."""

import pytest

from builders import ModelBuilder
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load
from workloads import analyze_model


def accelerated(name, *, scratch_shape=(64,), late=False):
    """An operator that stands for a compiled part, with memory to work in, and a RELU behind it."""
    builder = ModelBuilder()
    graph = builder.graph()
    given = graph.input((1, 8))
    scratch = graph.tensor(scratch_shape, "UINT8")
    made = graph.tensor((1, 8))
    graph.outputs = [graph.tensor((1, 8))]
    graph.operator(name, [given, scratch], [made], {"customOptions": [1, 2, 3]})
    graph.operator("RELU", [made], graph.outputs)
    if late:
        graph.operator("RELU", [given], [scratch])
    return builder.pack()


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("ethos-u", "Ethos-U"),
        ("edgetpu-custom-op", "Edge TPU"),
        ("DISPATCH_OP", "NPU"),
        ("acme.anything", None),
    ],
)
def test_compiled_parts_are_not_counted_and_the_rest_is(name, target):
    first, second = analyze_model(load(accelerated(name))).operators
    assert first.status is Status.UNSUPPORTED
    assert first.input_shapes == ((1, 8), (64,))
    assert first.output_shapes == ((1, 8),)
    if target is None:
        assert first.note == "no rule for this custom operator"
    else:
        assert first.note.startswith("compiled for")
        assert target in first.note
    assert second.cost.scalar_ops == 8


def test_what_a_later_operator_writes_is_not_scratch():
    with pytest.raises(ShapeError, match="is read before it is written"):
        analyze_model(load(accelerated("ethos-u", late=True)))


def test_an_operator_with_a_rule_needs_its_inputs():
    builder = ModelBuilder()
    graph = builder.graph()
    graph.input((1, 8))
    graph.outputs = [graph.tensor((1, 8))]
    graph.operator("RELU", [graph.tensor((1, 8))], graph.outputs)
    with pytest.raises(ShapeError, match="is read before it is written"):
        analyze_model(load(builder.pack()))


def decoded(*, has_rank):
    """An unknown operator whose output is stored with an empty shape, and a NEG behind it."""
    builder = ModelBuilder()
    graph = builder.graph()
    given = graph.input((1, 8), hasRank=has_rank)
    made = graph.tensor((), hasRank=has_rank)
    graph.outputs = [graph.tensor((3,), hasRank=has_rank)]
    graph.operator("acme.decoder", [given], [made])
    graph.operator("NEG", [made], graph.outputs)
    return builder.pack()


def test_an_empty_shape_in_an_old_file_is_unknown():
    """Files of before `has_rank` hold no difference between a scalar and an unknown rank."""
    first, second = analyze_model(load(decoded(has_rank=False))).operators
    assert first.output_shapes == (None,)
    assert second.status is Status.UNSUPPORTED
    assert "is unknown" in second.note


def test_an_empty_shape_in_a_file_that_states_ranks_is_a_scalar():
    first, second = analyze_model(load(decoded(has_rank=True))).operators
    assert first.output_shapes == ((),)
    assert second.output_shapes == ((),)
    assert second.cost.scalar_ops == 1
