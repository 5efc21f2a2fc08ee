"""Named conventions against the numbers of the tools themselves."""

import dataclasses
import json
import lzma
import os

import numpy as np
import pytest

from builders import ModelBuilder, options, signature
from configurations.case import Case, data, decides, weights
from tflops_native.analysis.convention_tables import CONVERTER, FVCORE, TF_PROFILER, Operands
from tflops_native.analysis.conventions import CONVENTIONS, convention_counts, converter_line
from tflops_native.model.reader import load
from tflops_native.plain import to_plain
from workloads import analyze_model
from zoo import EXAMPLES, MODELS, NAMES, zoo_model

SAME = 0
WINDOW = {"stride_h": 1, "stride_w": 1, "padding": SAME}
POOL = {**WINDOW, "filter_height": 3, "filter_width": 3}
SQUARE = data((10, 10))
CUBE = data((10, 10, 10))

# What the converter counts for each operator, as its own test get-arithmetic-count.mlir says.
CONVERTER_VECTORS = [
    (
        Case(
            "CONV_2D", (data((256, 32, 32, 3)), weights((16, 3, 3, 3)), weights([16])), {**WINDOW}
        ),
        230_686_720,
    ),
    (Case("FULLY_CONNECTED", (data((1, 37)), weights((40, 37)), weights([40]))), 3_000),
    *[(Case(name, (CUBE, CUBE)), 1_000) for name in ("ADD", "SUB", "MUL", "DIV")],
    *[(Case(name, (CUBE, data([10]))), 1_000) for name in ("ADD", "SUB", "MUL", "DIV")],
    (Case("LOGISTIC", (SQUARE,)), 6_400),
    (Case("TANH", (SQUARE,)), 6_400),
    (Case("SOFTMAX", (SQUARE,), {"beta": 1.0}), 6_400),
    (Case("LOG_SOFTMAX", (SQUARE,)), 6_400),
    (Case("ADD_N", (SQUARE, SQUARE, SQUARE)), 200),
    (Case("MAX_POOL_2D", (data((1, 10, 10, 3)),), POOL), 2_700),
    (Case("AVERAGE_POOL_2D", (data((1, 10, 10, 3)),), POOL), 2_700),
    (
        Case(
            "TRANSPOSE_CONV",
            (decides([1, 64, 84, 32]), weights((32, 4, 4, 128)), data((1, 32, 42, 128))),
            {"stride_h": 2, "stride_w": 2, "padding": SAME},
        ),
        176_160_768,
    ),
    (Case("L2_NORMALIZATION", (SQUARE,)), 300),
    # What it does not know is 0.
    (Case("BATCH_MATMUL", (data((2, 4, 8, 16)), data((2, 4, 16, 32)))), 0),
    (Case("GELU", (SQUARE,)), 0),
    (Case("RELU", (SQUARE,)), 0),
]


def counted(model_bytes, name, **arguments):
    model = load(model_bytes)
    return convention_counts(analyze_model(model, **arguments), name, model)


@pytest.mark.parametrize(
    ("case", "count"), CONVERTER_VECTORS, ids=lambda x: getattr(x, "operator", x)
)
def test_the_converter_counts(case, count):
    counts = counted(case.pack(), "tflite-converter")
    assert counts.counts == (count,)
    assert counts.total == count
    assert counts.unknown == ()
    assert counts.silent_zeros == ((case.operator,) if count == 0 else ())


def test_the_converter_counts_a_depthwise_convolution():
    # Its own case makes 32 channels of 3, which no kernel takes.
    shapes = ((1, 112, 112, 3), (1, 3, 3, 32), (32,))
    operands = Operands(shapes, ((1, 112, 112, 32),), {})
    assert CONVERTER["DEPTHWISE_CONV_2D"](operands) == 7_626_752


@pytest.mark.parametrize(
    ("count", "line"),
    [
        # Logged by TensorFlow 2.21 for: a convolution, a softmax of 10 x 10, a loop of ten products.
        (1_802_240, "Estimated count of arithmetic ops: 1.802 M  ops, equivalently 0.901 M  MACs"),
        (6_400, "Estimated count of arithmetic ops: 6400  ops, equivalently 3200  MACs"),
        (1_025, "Estimated count of arithmetic ops: 1025  ops, equivalently 512  MACs"),
        # By its source: the unit of both numbers is that of the first.
        (0, "Estimated count of arithmetic ops: 0  ops, equivalently 0  MACs"),
        (9_999, "Estimated count of arithmetic ops: 9999  ops, equivalently 4999  MACs"),
        (10_000, "Estimated count of arithmetic ops: 0.010 M  ops, equivalently 0.005 M  MACs"),
        (
            999_999_999,
            "Estimated count of arithmetic ops: 1000.000 M  ops, equivalently 500.000 M  MACs",
        ),
        (
            1_000_000_000,
            "Estimated count of arithmetic ops: 1.000 G  ops, equivalently 0.500 G  MACs",
        ),
    ],
)
def test_the_line_of_the_converter(count, line):
    assert line == converter_line(count)


def convolution(batch_is_open):
    builder = ModelBuilder()
    graph = builder.graph()
    batch = -1 if batch_is_open else 2
    x = graph.input([2, 32, 32, 3], shapeSignature=[batch, 32, 32, 3])
    kernel = graph.constant(np.zeros((16, 3, 3, 3), np.float32))
    bias = graph.constant(np.zeros(16, np.float32))
    graph.outputs = [graph.tensor([2, 32, 32, 16], shapeSignature=[batch, 32, 32, 16])]
    graph.operator("CONV_2D", [x, kernel, bias], graph.outputs, options("Conv2DOptions", **WINDOW))
    return builder.pack()


def test_the_converter_logs_nothing_where_a_batch_is_open():
    line = "Estimated count of arithmetic ops: 1.802 M  ops, equivalently 0.901 M  MACs"
    fixed = counted(convolution(False), "tflite-converter")
    assert (fixed.line, fixed.is_printed) == (line, True)
    # The same number for the shapes asked for, but no line in the converter's log.
    open_batch = counted(convolution(True), "tflite-converter", input_shapes={"": (2, 32, 32, 3)})
    assert (open_batch.line, open_batch.is_printed) == (line, False)


def test_whether_the_line_is_printed_needs_the_model():
    analysis = analyze_model(load(convolution(True)), input_shapes={"": (2, 32, 32, 3)})
    counts = convention_counts(analysis, "tflite-converter")
    assert counts.total == 1_802_240
    assert counts.is_printed is None
    model = load(convolution(True))
    assert all(
        (counts.line, counts.is_printed) == (None, None)
        for name in ("tflops", "tf-profiler", "fvcore")
        for counts in [convention_counts(analysis, name, model)]
    )


def control_flow(name):
    return lzma.decompress((MODELS / "control_flow" / f"{name}.tflite.xz").read_bytes())


def test_the_converter_counts_one_turn_of_a_loop():
    # Logged for this model: a product of 8x8 matrices, and 1 for the counter.
    counts = counted(control_flow("while_ten_matmuls"), "tflite-converter")
    assert counts.line == "Estimated count of arithmetic ops: 1025  ops, equivalently 512  MACs"
    assert counts.is_printed


def test_the_converter_counts_both_branches():
    # A product of 8x8 matrices in the one, an addition of 8x8 in the other.
    assert counted(control_flow("if_matmul"), "tflite-converter").total == 1024 + 64


def two_branches(flag):
    """then: x + x, else: x + x + x; the condition is a constant."""
    builder = ModelBuilder()
    graph, *branches = (builder.graph() for _ in range(3))
    cond = graph.constant(np.array(flag), "BOOL")
    x = graph.input([5])
    graph.outputs = [graph.tensor([5])]
    indices = options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
    graph.operator("IF", [cond, x], graph.outputs, indices)
    for additions, branch in enumerate(branches, 1):
        start = last = branch.input([5])
        for _ in range(additions):
            made = branch.tensor([5])
            branch.operator("ADD", [last, start], [made], options("AddOptions"))
            last = made
        branch.outputs = [last]
    return builder.pack()


@pytest.mark.parametrize(("flag", "ours"), [(True, 5), (False, 10)])
def test_a_branch_that_is_never_taken_counts_as_well(flag, ours):
    assert counted(two_branches(flag), "tflops").total == ours
    assert counted(two_branches(flag), "tflite-converter").total == 15
    # Without the model only what the analysis followed is known.
    analysis = analyze_model(load(two_branches(flag)))
    assert convention_counts(analysis, "tflite-converter").total == ours


def test_a_subgraph_that_is_called_twice_is_one_function():
    builder = ModelBuilder()
    graph, called = builder.graph(), builder.graph()
    last = graph.input([5])
    for _ in range(2):
        made = graph.tensor([5])
        graph.operator("CALL", [last], [made], options("CallOptions", subgraph=1))
        last = made
    graph.outputs = [last]
    x = called.input([5])
    called.outputs = [called.tensor([5])]
    called.operator("ADD", [x, x], called.outputs, options("AddOptions"))
    counts = counted(builder.pack(), "tflite-converter")
    assert counts.counts == (5, 0)
    assert counted(builder.pack(), "tflops").counts == (5, 5)


def test_the_line_is_about_the_whole_file():
    builder = ModelBuilder()
    for index, name in enumerate(("serve", "train")):
        graph = builder.graph()
        x = graph.input([5])
        graph.outputs = [graph.tensor([5])]
        graph.operator("TANH", [x], graph.outputs)
        builder.signatures.append(signature(name, index, {"x": 0}, {"y": 1}))
    counts = counted(builder.pack(), "tflite-converter", signature="train")
    assert (counts.total, counts.line, counts.is_printed) == (5 * 64, None, None)


def torch_example():
    """The example in the documentation of fvcore's FlopCountAnalysis: conv, ReLU, flatten, linear."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([1, 10, 10, 3])
    kernel = graph.constant(np.zeros((10, 1, 1, 3), np.float32))
    bias = graph.constant(np.zeros(10, np.float32))
    image = graph.tensor([1, 10, 10, 10])
    graph.operator("CONV_2D", [x, kernel, bias], [image], options("Conv2DOptions", **WINDOW))
    activated = graph.tensor([1, 10, 10, 10])
    graph.operator("RELU", [image], [activated])
    flat = graph.tensor([1, 1000])
    shape = graph.constant([1, 1000], "INT32")
    graph.operator("RESHAPE", [activated, shape], [flat], options("ReshapeOptions"))
    matrix = graph.constant(np.zeros((10, 1000), np.float32))
    graph.outputs = [graph.tensor([1, 10])]
    graph.operator(
        "FULLY_CONNECTED", [flat, matrix, bias], graph.outputs, options("FullyConnectedOptions")
    )
    return builder.pack()


def test_fvcore_counts_its_own_example():
    counts = counted(torch_example(), "fvcore")
    assert counts.counts == (3_000, 0, 0, 10_000)
    assert counts.total == 13_000
    assert counts.silent_zeros == ("RELU",)


@pytest.mark.parametrize(
    ("case", "count"),
    [
        # prod(x) * n of a product of stacks, whichever way they lie.
        (Case("BATCH_MATMUL", (data((2, 4, 8, 16)), data((2, 4, 16, 32)))), 32_768),
        (
            Case("BATCH_MATMUL", (data((2, 16, 8)), data((2, 32, 16))), {"adj_x": 1, "adj_y": 1}),
            8_192,
        ),
        (Case("RESIZE_BILINEAR", (data((1, 4, 4, 3)), decides([8, 8]))), 768),
        (Case("RESIZE_NEAREST_NEIGHBOR", (data((1, 4, 4, 3)), decides([8, 8]))), 192),
        # The global pool of ResNet50: adaptive_avg_pool2d counts its input. Other means are 0.
        (Case("MEAN", (data((1, 7, 7, 2048)), decides([1, 2]))), 100_352),
        (Case("MEAN", (data((7, 2048)), decides([1]))), 0),
        (
            Case(
                "TRANSPOSE_CONV",
                (decides([1, 64, 84, 32]), weights((32, 4, 4, 128)), data((1, 32, 42, 128))),
                {"stride_h": 2, "stride_w": 2, "padding": SAME},
            ),
            88_080_384,
        ),
    ],
    ids=lambda x: getattr(x, "operator", x),
)
def test_fvcore_counts(case, count):
    assert counted(case.pack(), "fvcore").total == count


def test_fvcore_counts_every_turn_of_a_loop():
    assert counted(control_flow("while_ten_matmuls"), "fvcore").total == 10 * 512


@pytest.mark.parametrize("name", NAMES)
def test_our_own_convention_is_our_total(name):
    model = load(zoo_model(name))
    analysis = analyze_model(model)
    counts = convention_counts(analysis, "tflops", model)
    assert counts.total == analysis.total.operations
    assert counts.counts == tuple(operator.cost.operations for operator in analysis.operators)
    assert counts.silent_zeros == counts.unknown == ()


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(
    "name", ["mobilenet_v3_small-int8", "attention_encoder-dynamic", "lstm_unrolled-float32"]
)
def test_rows_add_up_and_are_plain_data(name, convention):
    counts = counted(zoo_model(name), convention)
    assert sum(counts.counts) == counts.total
    plain = to_plain(counts)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["counts"] == list(counts.counts)
    with pytest.raises(dataclasses.FrozenInstanceError):
        counts.total = 0


@pytest.mark.parametrize(
    ("convention", "count", "unknown"),
    [
        # To the converter a custom operator is one of those that are 0.
        ("tflite-converter", 0, ()),
        ("tflops", None, ("Frobnicate",)),
        ("tf-profiler", None, ("Frobnicate",)),
        ("fvcore", None, ("Frobnicate",)),
    ],
)
def test_a_custom_operator(convention, count, unknown):
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([5])
    graph.outputs = [graph.tensor([5])]
    graph.operator("Frobnicate", [x], graph.outputs)
    counts = counted(builder.pack(), convention)
    assert (counts.counts, counts.total, counts.unknown) == ((count,), 0, unknown)


def test_an_operator_behind_an_unknown_shape_stops_the_converter():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([5])
    between = graph.tensor([1], shapeSignature=[-1])
    graph.operator("Frobnicate", [x], [between])
    graph.outputs = [graph.tensor([1], shapeSignature=[-1])]
    graph.operator("TANH", [between], graph.outputs)
    counts = counted(builder.pack(), "tflite-converter")
    assert counts.counts == (0, None)
    assert counts.unknown == ("TANH",)
    assert (counts.line, counts.is_printed) == (None, False)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", sorted({*CONVERTER, *TF_PROFILER, *FVCORE}))
def test_any_operator_behind_an_unknown_shape(name, convention):
    """However few its tensors are, and whatever their ranks: nothing is checked before it is known."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([])
    between = graph.tensor([1], shapeSignature=[-1])
    graph.operator("Frobnicate", [x], [between])
    for inputs in ([between], [x, between], [between, x], [between, x, x]):
        for outputs in ([], [graph.tensor([])], [graph.tensor([1], shapeSignature=[-1])]):
            graph.operator(name, inputs, outputs)
    counts = counted(builder.pack(), convention)
    assert len(counts.counts) == 13
    assert "Frobnicate" in (*counts.unknown, *counts.silent_zeros)


def test_an_unknown_convention_is_refused():
    analysis = analyze_model(load(EXAMPLES / "single_conv_28x28.tflite"))
    with pytest.raises(
        ValueError, match="no convention 'thop'; known are tflops, tflite-converter"
    ):
        convention_counts(analysis, "thop")


def profiled(function, *shapes):
    """float_operation of the profiler, and the same function converted."""
    tf = pytest.importorskip("tensorflow")
    constants = pytest.importorskip("tensorflow.python.framework.convert_to_constants")
    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    concrete = tf.function(function).get_concrete_function(*specs)
    frozen = constants.convert_variables_to_constants_v2(concrete)
    options_builder = tf.compat.v1.profiler.ProfileOptionBuilder
    chosen = options_builder(options_builder.float_operation()).with_empty_output()
    profile = tf.compat.v1.profiler.profile(graph=frozen.graph, options=chosen.build())
    converted = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    return profile.total_float_ops, converted


# The converter leaves out biases of zeros, with which Keras starts.
BIASED = {"bias_initializer": "ones"}


def keras_classifier(tf):
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((16, 16, 3), batch_size=2),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", **BIASED),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", **BIASED),
        ]
    )


def keras_separable(tf):
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((16, 16, 4), batch_size=1),
            layers.DepthwiseConv2D(3, padding="same", **BIASED),
            layers.AveragePooling2D(2, padding="valid"),
            layers.Conv2DTranspose(6, 3, strides=2, padding="same", **BIASED),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="tanh", **BIASED),
        ]
    )


def elementwise(tf):
    def function(x, y):
        scores = tf.matmul(x, y, transpose_b=True)
        row = tf.reduce_sum(tf.math.squared_difference(scores, 1.0), axis=-1)
        return tf.add_n([tf.math.rsqrt(row + 1.0), tf.math.log(row + 2.0), tf.maximum(row, 3.0)])

    return function


def transposed(tf):
    # The converter makes adj_x of it: the profiler has seen the transposed operand.
    return lambda x, y: tf.matmul(tf.transpose(x, [0, 2, 1]), y)


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (keras_classifier, [(2, 16, 16, 3)]),
        (keras_separable, [(1, 16, 16, 4)]),
        (elementwise, [(2, 5, 7), (2, 3, 7)]),
        (transposed, [(2, 7, 5), (2, 7, 3)]),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_profiler_counts_the_same(make, shapes, monkeypatch):
    monkeypatch.setitem(os.environ, "TF_CPP_MIN_LOG_LEVEL", "2")
    tf = pytest.importorskip("tensorflow")
    expected, converted = profiled(make(tf), *shapes)
    assert expected == counted(converted, "tf-profiler").total
