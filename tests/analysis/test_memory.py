"""Peak memory of activations, on graphs small enough to draw the lives of their tensors."""

import pytest

from builders import ModelBuilder, options
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import zoo_model


def test_a_chain_holds_two_neighbours():
    builder = ModelBuilder()
    graph = builder.graph()
    tensor = graph.input([100], "FLOAT32")
    for _ in range(3):
        following = graph.tensor([100], "FLOAT32")
        graph.operator("NEG", [tensor], [following], options("NegOptions"))
        tensor = following
    graph.outputs = [tensor]
    peak = analyze_model(load(builder.pack())).peak_memory
    assert peak.size_bytes == 2 * 100 * 4
    assert peak.operator_index == 0


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
        # The first expanded block, 112x112x96, is read with stride 2 and written as 56x56x96. Its
        # own input, 112x112x16, is gone by then and would be less.
        ("mobilenet_v2-float32", 4 * (112 * 112 * 96 + 56 * 56 * 96)),
        ("mobilenet_v2-int8", 112 * 112 * 96 + 56 * 56 * 96),
    ],
)
def test_the_widest_place_of_mobilenet_v2(name, peak):
    assert analyze_model(load(zoo_model(name))).peak_memory.size_bytes == peak
