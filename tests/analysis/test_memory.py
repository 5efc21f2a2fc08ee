"""Peak memory of activations, on graphs small enough to draw the lives of their tensors."""

import numpy as np
import pytest

from builders import ModelBuilder, options
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import zoo_model


def test_a_chain_holds_two_neighbours_and_the_input():
    builder = ModelBuilder()
    graph = builder.graph()
    tensor = graph.input([100], "FLOAT32")
    for _ in range(3):
        following = graph.tensor([100], "FLOAT32")
        graph.operator("NEG", [tensor], [following], options("NegOptions"))
        tensor = following
    graph.outputs = [tensor]
    peak = analyze_model(load(builder.pack())).peak_memory
    assert peak.size_bytes == 3 * 100 * 4
    assert peak.operator_index == 1


def test_a_skip_connection_keeps_its_tensor():
    #  x [10] -> CONCATENATION(x, x) = a [20] -> CONCATENATION(a, a) = b [40] -> CONCATENATION(b, x)
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([10], "FLOAT32")
    a, b = graph.tensor([20], "FLOAT32"), graph.tensor([40], "FLOAT32")
    graph.outputs = [graph.tensor([50], "FLOAT32")]
    join = options("ConcatenationOptions", axis=0)
    graph.operator("CONCATENATION", [x, x], [a], join)
    graph.operator("CONCATENATION", [a, a], [b], join)
    graph.operator("CONCATENATION", [b, x], graph.outputs, join)
    peak = analyze_model(load(builder.pack())).peak_memory
    # 10+20, 10+20+40, 10+40+50
    assert peak.size_bytes == 4 * 100
    assert peak.operator_index == 2
    assert [size for _, size in peak.tensors] == [200, 160, 40]


def test_int4_tensors_are_packed():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([3, 3], "INT4")
    graph.outputs = [graph.tensor([9], "INT4")]
    graph.operator("RESHAPE", [x], graph.outputs, options("ReshapeOptions", new_shape=[9]))
    assert analyze_model(load(builder.pack())).peak_memory.size_bytes == 5 + 5


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        # The first expanded block, 112x112x96, is read with stride 2 and written as 56x56x96, beside the
        # image. Its own input, 112x112x16, is gone by then and would be less.
        ("mobilenet_v2-float32", 4 * (224 * 224 * 3 + 112 * 112 * 96 + 56 * 56 * 96)),
        ("mobilenet_v2-int8", 224 * 224 * 3 + 112 * 112 * 96 + 56 * 56 * 96),
    ],
)
def test_the_widest_place_of_mobilenet_v2(name, peak):
    assert analyze_model(load(zoo_model(name))).peak_memory.size_bytes == peak


@pytest.mark.parametrize(
    ("name", "arena"),
    [
        # What TensorFlow Lite's own arena holds for them, with the input kept to the end.
        ("mobilenet_v1-float32", 5_419_008),
        ("mobilenet_v2-float32", 6_623_232),
    ],
)
def test_inputs_of_a_graph_live_to_the_end(name, arena):
    data = zoo_model(name)
    assert analyze_model(load(data), input_shapes=(1, 224, 224, 3)).peak_memory.size_bytes == arena


def test_a_loop_needs_what_its_body_needs():
    """while i < 3: x = (x x^T) x, with x [2, 64] as the only loop variable of any size."""
    builder = ModelBuilder()
    graph, condition, body = (builder.graph() for _ in range(3))
    zero = graph.constant(0, "INT32")
    x = graph.input([2, 64])
    graph.outputs = [graph.tensor([], "INT32"), graph.tensor([2, 64])]
    loop = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    graph.operator("WHILE", [zero, x], graph.outputs, loop)
    i, _ = condition.input([], "INT32"), condition.input([2, 64])
    condition.outputs = [condition.tensor([], "BOOL")]
    condition.operator("LESS", [i, condition.constant(3, "INT32")], condition.outputs, None)
    i, x = body.input([], "INT32"), body.input([2, 64])
    big, following, made = body.tensor([64, 64]), body.tensor([], "INT32"), body.tensor([2, 64])
    body.outputs = [following, made]
    body.operator("ADD", [i, body.constant(1, "INT32")], [following], options("AddOptions"))
    adjoint = options("BatchMatMulOptions", adjX=True)
    body.operator("BATCH_MATMUL", [x, x], [big], adjoint)
    body.operator("BATCH_MATMUL", [x, big], [made], options("BatchMatMulOptions"))
    peak = analyze_model(load(builder.pack())).peak_memory
    square, row, scalar = 4 * 64 * 64, 4 * 2 * 64, 4
    around = row + (scalar + row)  # the input; the loop's results
    inside = (scalar + row) + scalar + square + row
    assert peak.size_bytes == around + inside
    assert peak.operator_index == 0
    assert {size for _, size in peak.tensors} == {row, scalar}


def test_weights_that_are_made_of_stored_ones_are_no_activations():
    builder = ModelBuilder()
    graph = builder.graph()
    x, half = graph.input([3, 64]), graph.constant(np.zeros((500, 64), "f2"))
    weights, made = graph.tensor([500, 64]), graph.tensor([3, 500])
    graph.outputs = [made]
    graph.operator("DEQUANTIZE", [half], [weights])
    graph.operator("FULLY_CONNECTED", [x, weights, -1], [made], options("FullyConnectedOptions"))
    assert analyze_model(load(builder.pack())).peak_memory.size_bytes == 4 * 3 * (64 + 500)


def test_variable_tensors_are_state():
    builder = ModelBuilder()
    graph = builder.graph()
    batch, units, memory, features = 2, 6, 5, 4
    x = graph.input([batch, features])
    weights = graph.constant(np.zeros((units, features), "f4"))
    times = graph.constant(np.zeros((units, memory), "f4"))
    state = graph.tensor([batch, units * memory], isVariable=True)
    graph.outputs = [graph.tensor([batch, units])]
    graph.operator(
        "SVDF", [x, weights, times, -1, state], graph.outputs, options("SVDFOptions", rank=1)
    )
    analysis = analyze_model(load(builder.pack()))
    assert analysis.state_bytes == 4 * batch * units * memory
    assert analysis.peak_memory.size_bytes == 4 * batch * (features + units)
