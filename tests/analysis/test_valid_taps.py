"""MACs without taps on padding: against loops that look where each tap falls, and the runtime."""

import random

import numpy as np
import pytest

from builders import ModelBuilder, options
from configurations import GENERATORS
from configurations.case import Case, data, weights
from tflops_native.analysis.padding import total_valid_macs, valid_macs
from tflops_native.model.reader import load
from tflops_native.model.schema import Padding
from tflops_native.ops.traffic import Window
from workloads import analyze_model
from zoo import zoo_model

CONVOLUTIONS = {"CONV_2D": "hw", "DEPTHWISE_CONV_2D": "hw", "CONV_3D": "dhw"}


def border_in_front(size, window, output, stride, dilation, padding):
    """Zeros that the first window needs, when those that all need lie around the input evenly."""
    if padding is Padding.VALID:
        return 0
    last = (output - 1) * stride + (window - 1) * dilation
    missing = [place for place in range(last + 1) if place >= size]
    return len(missing) // 2


def taps_by_looking(size, window, output, stride, dilation, padding):
    before = border_in_front(size, window, output, stride, dilation, padding)
    row = [0] * before + [1] * size + [0] * (window * dilation + output * stride)
    return sum(row[o * stride + k * dilation] for o in range(output) for k in range(window))


@pytest.mark.parametrize("padding", Padding)
def test_taps_along_one_axis(padding):
    r = random.Random(f"taps {padding}")
    for _ in range(500):
        size, window, output = r.randint(1, 9), r.randint(1, 6), r.randint(1, 9)
        stride, dilation = r.randint(1, 4), r.randint(1, 3)
        axis = (size, window, output, stride, dilation, padding)
        assert taps_by_looking(*axis) == Window(*axis).valid_taps(), axis


def macs_by_looking(case, operator):
    """Six nested loops over batch, channels, windows and taps of a 2-D convolution."""
    image, kernel = (operand.shape for operand in case.operands[:2])
    (shape,) = operator.output_shapes
    fronts = [
        border_in_front(
            image[axis],
            kernel[axis],
            shape[axis],
            case.options[f"stride_{letter}"],
            case.options[f"dilation_{letter}_factor"],
            Padding(case.options["padding"]),
        )
        for axis, letter in ((1, "h"), (2, "w"))
    ]
    depth = kernel[3] if case.operator == "CONV_2D" else 1
    macs = 0
    for index in np.ndindex(shape):
        for kh in range(kernel[1]):
            for kw in range(kernel[2]):
                y = index[1] * case.options["stride_h"] + kh * case.options["dilation_h_factor"]
                x = index[2] * case.options["stride_w"] + kw * case.options["dilation_w_factor"]
                if 0 <= y - fronts[0] < image[1] and 0 <= x - fronts[1] < image[2]:
                    macs += depth
    return macs


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_convolutions_by_looking_at_every_tap(name):
    for seed in range(40):
        case = GENERATORS[name](random.Random(f"looking {name} {seed}"), name)
        (operator,) = analyze_model(load(case.pack())).operators
        assert macs_by_looking(case, operator) == valid_macs(operator)
        assert valid_macs(operator) <= operator.cost.macs


def ones(name, r):
    """A convolution of ones with ones: each result is the number of taps that were not on padding."""
    axes = CONVOLUTIONS[name]
    lengths = [r.randint(4, 9) for _ in axes]
    windows = [r.randint(1, 4) for _ in axes]
    depth, channels = r.randint(1, 3), r.randint(1, 3)
    dilation = r.choice([1, 1, 2]) if name != "CONV_3D" else 1
    if dilation > 1:
        lengths = [length + 4 for length in lengths]
    fields = {
        "padding": r.choice(list(Padding)),
        **{f"stride_{axis}": r.randint(1, 3) for axis in axes},
        **{f"dilation_{axis}_factor": dilation for axis in axes},
    }
    kernel = {
        "CONV_2D": (channels, *windows, depth),
        "DEPTHWISE_CONV_2D": (1, *windows, depth * channels),
        "CONV_3D": (*windows, depth, channels),
    }[name]
    if name == "DEPTHWISE_CONV_2D":
        fields["depth_multiplier"] = channels
    builder = ModelBuilder()
    graph = builder.graph()
    shape = (r.randint(1, 2), *lengths, depth)
    x = graph.input(shape)
    graph.outputs = [graph.tensor([])]
    inputs = [x, graph.constant(np.ones(kernel, np.float32))]
    inputs.append(graph.constant(np.zeros(kernel[0 if name == "CONV_2D" else -1], np.float32)))
    table = {"CONV_2D": "Conv2D", "DEPTHWISE_CONV_2D": "DepthwiseConv2D", "CONV_3D": "Conv3D"}[name]
    graph.operator(name, inputs, graph.outputs, options(f"{table}Options", **fields))
    return shape, builder.pack()


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_runtime_multiplies_as_many_elements(name):
    native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    r = random.Random(f"ones {name}")
    for _ in range(30):
        shape, data = ones(name, r)
        interpreter = native.Interpreter(native.Library.linked(), data, kernels="builtin")
        interpreter.allocate()
        interpreter.set_input(0, np.ones(shape, np.float32))
        interpreter.invoke()
        found = int(interpreter.get_output(0).sum())
        assert found == total_valid_macs(analyze_model(load(data)))


def test_without_padding_all_macs_are_valid():
    window = {"padding": Padding.VALID, "stride_h": 1, "stride_w": 1}
    case = Case("CONV_2D", (data((1, 28, 28, 1)), weights((32, 3, 3, 1)), weights([32])), window)
    assert total_valid_macs(analyze_model(load(case.pack()))) == 194_688


def test_with_padding_written_out():
    # 3x3 taps on 4x4: along each axis 2 + 3 + 3 + 2 taps of 12.
    window = {"padding": Padding.SAME, "stride_h": 1, "stride_w": 1}
    case = Case("CONV_2D", (data((1, 4, 4, 1)), weights((1, 3, 3, 1)), weights([1])), window)
    analysis = analyze_model(load(case.pack()))
    assert analysis.macs == 12 * 12
    assert total_valid_macs(analysis) == 10 * 10


@pytest.mark.parametrize("name", ["attention_encoder-float32", "lstm_unrolled-int8"])
def test_other_operators_have_no_border(name):
    analysis = analyze_model(load(zoo_model(name)))
    assert total_valid_macs(analysis) == analysis.macs


def test_a_loop_counts_its_turns():
    """Three times a convolution of 4x4 by 3x3 with a border: 100 of 144 taps are valid."""
    builder = ModelBuilder()
    graph, condition, body = builder.graph(), builder.graph(), builder.graph()
    start = graph.constant(np.array(0, np.int32), "INT32")
    x = graph.input([1, 4, 4, 1])
    graph.outputs = [graph.tensor([], "INT32"), graph.tensor([1, 4, 4, 1])]
    fields = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    graph.operator("WHILE", [start, x], graph.outputs, fields)
    i = condition.input([], "INT32")
    condition.input([1, 4, 4, 1])
    three = condition.constant(np.array(3, np.int32), "INT32")
    condition.outputs = [condition.tensor([], "BOOL")]
    condition.operator("LESS", [i, three], condition.outputs)
    i, x = body.input([], "INT32"), body.input([1, 4, 4, 1])
    one = body.constant(np.array(1, np.int32), "INT32")
    kernel = body.constant(np.ones((1, 3, 3, 1), np.float32))
    body.outputs = [body.tensor([], "INT32"), body.tensor([1, 4, 4, 1])]
    body.operator("ADD", [i, one], body.outputs[:1], options("AddOptions"))
    window = options("Conv2DOptions", padding=0, stride_h=1, stride_w=1)
    body.operator("CONV_2D", [x, kernel], body.outputs[1:], window)
    analysis = analyze_model(load(builder.pack()))
    assert analysis.macs == 3 * 144
    assert total_valid_macs(analysis) == 3 * 100


@pytest.mark.parametrize("seed", range(20))
def test_transposed_convolution_scatters_into_its_output(seed):
    """Each element of the input is multiplied by the whole window; what falls outside is not valid."""
    case = GENERATORS["TRANSPOSE_CONV"](random.Random(f"scatter {seed}"), "TRANSPOSE_CONV")
    (operator,) = analyze_model(load(case.pack())).operators
    (o, kh, kw, c), (n, h, w, _) = (operand.shape for operand in case.operands[1:3])
    (_, oh, ow, _) = operator.output_shapes[0]
    stride_h, stride_w = case.options["stride_h"], case.options["stride_w"]
    padding = Padding(case.options["padding"])
    top = border_in_front(oh, kh, h, stride_h, 1, padding)
    left = border_in_front(ow, kw, w, stride_w, 1, padding)
    inside = 0
    for y in range(h):
        for x in range(w):
            for i in range(kh):
                for j in range(kw):
                    row, column = y * stride_h + i - top, x * stride_w + j - left
                    inside += 0 <= row < oh and 0 <= column < ow
    assert valid_macs(operator) == inside * n * c * o
