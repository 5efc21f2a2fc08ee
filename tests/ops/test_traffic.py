"""What operators must move: against loops that mark what they touch, and the runtime itself."""

import math
import random
from types import SimpleNamespace

import numpy as np
import pytest

from builders import ModelBuilder, options
from tflops_native._native import Interpreter, Library
from tflops_native.model.reader import load
from tflops_native.model.schema import Padding
from tflops_native.ops import resize
from tflops_native.ops.traffic import Window
from workloads import analyze_model

F32 = 4


def analyzed(build):
    """The operators of a graph that `build` fills in, and the analysis."""
    builder = ModelBuilder()
    build(builder.graph())
    return analyze_model(load(builder.pack()))


@pytest.mark.parametrize("padding", Padding)
def test_elements_that_windows_touch(padding):
    r = random.Random(f"touched {padding}")
    for _ in range(500):
        size, taps, count = r.randint(0, 20), r.randint(1, 6), r.randint(0, 9)
        stride, dilation = r.randint(1, 7), r.randint(1, 6)
        window = Window(size, taps, count, stride, dilation, padding)
        marks = [0] * size
        hits = 0
        for start in range(count):
            for tap in range(taps):
                place = start * stride + tap * dilation - window.before
                if 0 <= place < size:
                    marks[place] = 1
                    hits += 1
        assert window.valid_taps() == hits, window
        assert window.touched() == sum(marks), window


def test_long_axes_are_not_listed():
    apart = Window(10**18, 10**8, 10**8, 10**10, 2, Padding.VALID)
    assert apart.touched() == apart.valid_taps() == 10**16
    inside = Window(10**9, 10**8, 10**8, 6, 4, Padding.SAME)
    assert inside.touched() <= 10**9 // 2


def strided_convolution(graph):
    x, w = graph.input([1, 64, 64, 8]), graph.constant(np.zeros((4, 1, 1, 8), "f4"))
    bias = graph.constant(np.zeros(4, "f4"))
    graph.outputs = [graph.tensor([1, 8, 8, 4])]
    stride = {"padding": 1, "stride_w": 8, "stride_h": 8}
    graph.operator("CONV_2D", [x, w, bias], graph.outputs, options("Conv2DOptions", **stride))


def test_windows_smaller_than_their_stride():
    assert analyzed(strided_convolution).bytes_read == (8 * 8 * 8 + 32 + 4) * F32


@pytest.mark.parametrize("name", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
@pytest.mark.parametrize("mode", [{}, {"align_corners": True}, {"half_pixel_centers": True}])
@pytest.mark.parametrize(("length", "size"), [(11, 3), (10, 7), (12, 6), (7, 7), (3, 11), (9, 1)])
def test_resizing_reads_the_pixels_that_change_the_result(name, mode, length, size):
    """The runtime itself says which: those that move the output when they alone are 1."""
    builder = ModelBuilder()
    graph = builder.graph()
    x, target = graph.input([1, length, 1, 1]), graph.constant([size, 1], "INT32")
    graph.outputs = [graph.tensor([1, size, 1, 1])]
    table = "ResizeBilinearOptions" if "BI" in name else "ResizeNearestNeighborOptions"
    graph.operator(name, [x, target], graph.outputs, options(table, **mode))
    data = builder.pack()
    interpreter = Interpreter(Library.linked(), data, kernels="builtin")
    interpreter.allocate()
    used = 0
    for place in range(length):
        image = np.zeros((1, length, 1, 1), "f4")
        image[0, place] = 1
        interpreter.set_input(0, image)
        interpreter.invoke()
        used += bool(interpreter.get_output(0).any())
    assert analyze_model(load(data)).bytes_read == used * F32 + 2 * F32


@pytest.mark.parametrize("size", [2049, 30_000, 65_000])
def test_a_long_axis_is_resized_in_no_time(size, monkeypatch):
    """Whatever is between the positions that are read, they are not visited one by one."""
    visits = []
    counted = SimpleNamespace(floor=lambda at: visits.append(at) or math.floor(at), ceil=math.ceil)
    monkeypatch.setattr(resize, "math", counted)

    def build(graph):
        x, target = graph.input([1, 65_535, 1, 1]), graph.constant([size, 1], "INT32")
        graph.outputs = [graph.tensor([1, size, 1, 1])]
        graph.operator(
            "RESIZE_BILINEAR", [x, target], graph.outputs, options("ResizeBilinearOptions")
        )

    read = analyzed(build).bytes_read
    assert size * F32 < read <= 65_535 * F32 + 2 * F32
    assert len(visits) < 10


def test_a_tensor_given_twice_is_read_once():
    def build(graph):
        x = graph.input([100])
        graph.outputs = [graph.tensor([100])]
        graph.operator("MUL", [x, x], graph.outputs, options("MulOptions"))

    assert analyzed(build).bytes_read == 100 * F32


def test_a_table_is_read_at_most_once():
    def build(graph):
        table, ids = graph.constant(np.zeros((10, 64), "f4")), graph.input([1000], "INT32")
        graph.outputs = [graph.tensor([1000, 64])]
        graph.operator("GATHER", [table, ids], graph.outputs, options("GatherOptions"))

    assert analyzed(build).bytes_read == 10 * 64 * F32 + 1000 * 4


def reshapes(graph):
    """RESHAPE of an input, in the middle, and to an output."""
    x, shape = graph.input([10, 10]), graph.constant([100], "INT32")
    tensors = [x]
    for name in ("RESHAPE", "ABS", "RESHAPE", "ABS", "RESHAPE"):
        made = graph.tensor([100])
        inputs = [tensors[-1], shape] if name == "RESHAPE" else [tensors[-1]]
        fields = options("ReshapeOptions") if name == "RESHAPE" else options("AbsOptions")
        graph.operator(name, inputs, [made], fields)
        tensors.append(made)
    graph.outputs = [tensors[-1]]


def test_reshape_copies_at_the_borders_of_the_graph_only():
    moved = [(o.bytes_read, o.bytes_written) for o in analyzed(reshapes).operators]
    copy = (100 * F32 + 4, 100 * F32)
    assert [moved[0], moved[2], moved[4]] == [copy, (0, 0), copy]


@pytest.mark.parametrize("readers", [1, 2])
def test_dynamic_update_slice_copies_what_others_need(readers):
    def build(graph):
        x, update = graph.input([50, 10]), graph.input([1, 10])
        start = graph.input([2], "INT32")
        held, made, end = (graph.tensor([50, 10]) for _ in range(3))
        graph.operator("ABS", [x], [held], options("AbsOptions"))
        graph.operator(
            "DYNAMIC_UPDATE_SLICE",
            [held, update, start],
            [made],
            options("DynamicUpdateSliceOptions"),
        )
        other = held if readers == 2 else made
        graph.operator("ADD", [made, other], [end], options("AddOptions"))
        graph.outputs = [end]

    update = analyzed(build).operators[1]
    copied = 500 * F32 if readers == 2 else 0
    assert update.bytes_read == copied + 10 * F32 + 8
    assert update.bytes_written == (500 if readers == 2 else 10) * F32


def sequence(steps):
    """A fused recurrent layer over a sequence."""

    def build(graph):
        x = graph.input([1, steps, 16])
        w, u = (graph.constant(np.zeros((32, n), "f4")) for n in (16, 32))
        bias = graph.constant(np.zeros(32, "f4"))
        state = graph.tensor([1, 32], isVariable=True)
        graph.outputs = [graph.tensor([1, steps, 32])]
        graph.operator(
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            [x, w, u, bias, state],
            graph.outputs,
            options("SequenceRNNOptions"),
        )

    return analyzed(build).operators[0]


def test_weights_of_a_sequence_are_read_at_every_step():
    weights = (32 * 16 + 32 * 32 + 32) * F32
    one, ten = sequence(1), sequence(10)
    assert ten.bytes_read_again == 9 * weights
    assert one.bytes_read_again == 0
    assert ten.bytes_read == 10 * (weights + 32 * F32 + 16 * F32)
    # As ten operators of one step do it, in a loop.
    assert ten.bytes_read == 10 * one.bytes_read
    assert ten.bytes_written == 10 * one.bytes_written
