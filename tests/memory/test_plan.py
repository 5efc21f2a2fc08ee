"""Laws of planned memory, on plans small enough to check by hand and on random ones."""

import random

import numpy as np
import pytest

from builders import ModelBuilder, options
from memory_referee import planned
from random_graphs import RandomGraph
from tflops_native._native import plan_arena
from tflops_native.arenas.kernel import Home
from tflops_native.arenas.summary import arena_summary
from tflops_native.arenas.tflite_planner import plan_arenas
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load

FOREVER = 2**31 - 1


def chain(*lengths):
    builder = ModelBuilder()
    graph = builder.graph()
    tensor = graph.input([lengths[0]], "FLOAT32")
    for length in lengths[1:]:
        following = graph.tensor([length], "FLOAT32")
        graph.operator("NEG", [tensor], [following], options("NegOptions"))
        tensor = following
    graph.outputs = [tensor]
    return builder.pack()


def test_an_input_keeps_its_memory_and_neighbours_alternate():
    plan = planned(chain(16, 16, 16, 16))
    assert [tensor.offset for tensor in plan.tensors] == [0, 64, 128, 64]
    assert plan.arena_bytes == plan.lower_bound_bytes == 3 * 64


def test_two_reshapes_of_a_tensor_take_no_memory():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([8, 8], "FLOAT32")
    a = graph.tensor([8, 8], "FLOAT32")
    b = graph.tensor([64], "FLOAT32")
    graph.outputs = [graph.tensor([64], "FLOAT32")]
    shape = graph.constant(np.array([64], np.int32), "INT32")
    graph.operator("NEG", [x], [a], options("NegOptions"))
    graph.operator("RESHAPE", [a, shape], [b], options("ReshapeOptions", new_shape=[64]))
    graph.operator("NEG", [b], graph.outputs, options("NegOptions"))
    plan = planned(builder.pack())
    by_index = {tensor.index: tensor for tensor in plan.tensors}
    assert by_index[b].shares == a
    assert by_index[b].offset == by_index[a].offset
    assert plan.arena_bytes == 3 * 256


def test_variables_are_state():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 4], "FLOAT32")
    state = graph.tensor([2, 6], "FLOAT32", isVariable=True)
    feature = graph.constant(np.ones((3, 4), np.float32), "FLOAT32")
    over_time = graph.constant(np.ones((3, 2), np.float32), "FLOAT32")
    graph.outputs = [graph.tensor([2, 3], "FLOAT32")]
    fields = options("SVDFOptions", rank=1)
    graph.operator("SVDF", [x, feature, over_time, -1, state], graph.outputs, fields)
    plan = planned(builder.pack())
    assert plan.state_bytes == 2 * 6 * 4
    assert {tensor.name for tensor in plan.tensors if tensor.is_scratch} == {"scratch"}


@pytest.mark.parametrize("seed", range(30))
def test_no_two_tensors_alive_overlap(seed):
    graph = RandomGraph(1_000 + seed)
    plan = planned(graph.pack())
    placed = [t for t in plan.tensors if t.home is Home.ARENA and t.shares is None and t.size_bytes]
    for tensor in placed:
        assert tensor.offset is not None
        assert tensor.offset % 64 == 0
        for other in placed:
            if other is tensor or other.offset is None:
                continue
            ends = [FOREVER if t.last is None else t.last for t in (tensor, other)]
            is_alive = tensor.first <= ends[1] and other.first <= ends[0]
            is_apart = (
                tensor.offset + tensor.size_bytes <= other.offset
                or other.offset + other.size_bytes <= tensor.offset
            )
            assert is_apart or not is_alive, (tensor, other)
    assert plan.lower_bound_bytes <= plan.arena_bytes


def test_ten_thousand_tensors_that_are_all_alive_lie_one_behind_the_other():
    sizes = [random.Random(0).randrange(1, 5_000) for _ in range(10_000)]
    tensors = [(i, 0, size, 0, FOREVER, 1) for i, size in enumerate(sizes)]
    offsets = plan_arena(tensors, [(0, 0)], 1)
    assert offsets == [sum(sizes[:i]) for i in range(10)] + offsets[10:]
    assert offsets[-1] + sizes[-1] == sum(sizes)


def test_a_wrong_alignment_is_refused():
    with pytest.raises(ValueError, match="alignment must be 1 or more"):
        plan_arena([], [], 0)


def test_a_subgraph_that_runs_itself_is_refused():
    builder = ModelBuilder()
    graph, body = builder.graph(), builder.graph()
    for one in (graph, body):
        one.input([4], "FLOAT32")
        one.outputs = [one.tensor([4], "FLOAT32")]
        fields = options("IfOptions", then_subgraph_index=1, else_subgraph_index=1)
        condition = one.constant(np.array(True), "BOOL")
        one.operator("IF", [condition, one.inputs[0]], one.outputs, fields)
    model = load(builder.pack())
    with pytest.raises(ShapeError, match="subgraph 1 runs itself"):
        plan_arenas(model, model.subgraphs[0], {})


def test_more_bytes_than_any_memory_are_refused():
    model = load(chain(16, 16))
    shapes = {0: [(2**61,), (16,)]}
    with pytest.raises(ShapeError, match="more bytes than any memory"):
        plan_arenas(model, model.subgraphs[0], shapes)


def test_a_count_of_very_many_tensors_leaves_the_arena_out():
    model = load(chain(*[1] * 10_001))
    assert arena_summary(model, 0, {0: [(1,)] * 10_001}) is None


def test_an_output_of_a_rank_that_the_kernel_does_not_make_has_no_scratch():
    """Nothing is inferred where the lengths are not known; the output then has the shape of the file."""
    builder = ModelBuilder()
    graph = builder.graph()
    given, made = [graph.input([2, 4]), graph.input([2], "INT32")], graph.tensor([], "COMPLEX64")
    graph.operator("RFFT2D", given, [made], options("Rfft2dOptions"))
    graph.outputs = [made]
    assert planned(builder.pack()).arena_bytes > 0
