"""What must hold between counts, whatever they are; and counts that others have published."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import Padding, TensorType
from tflops_native.ops import REGISTRY, Cost, TensorSpec
from tflops_native.ops.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from tflops_native.ops.matmul import BatchMatMul, FullyConnected

F32 = TensorType.FLOAT32
NONE = Activation.NONE
length = st.integers(1, 9)
window = st.integers(1, 4)
activation = st.sampled_from(list(Activation))


def spec(*shape):
    return TensorSpec(shape, F32)


def twice(spec):
    return replace(spec, shape=(2 * spec.shape[0], *spec.shape[1:]))


def conv(stride=1, dilation=1, padding=Padding.SAME, fused=NONE):
    return Conv2D(padding, stride, stride, fused, dilation, dilation)


@given(length, length, length, length, length, window, window, activation)
def test_twice_the_batch_is_twice_the_work_of_a_convolution(n, h, w, c, o, k, stride, fused):
    rule = conv(stride, fused=fused)
    x, kernel, bias = spec(n, h, w, c), spec(o, k, k, c), spec(o)
    once, double = rule.infer(x, kernel, bias), rule.infer(twice(x), kernel, bias)
    assert double.cost == once.cost * 2


@pytest.mark.parametrize("name", ["SOFTMAX", "LOG_SOFTMAX", "GELU", "L2_NORMALIZATION", "TANH"])
@given(length, length)
def test_twice_the_rows_are_twice_the_work(name, rows, columns):
    rule = REGISTRY[name]
    op = rule.build(None, {})
    once, double = op.infer(spec(rows, columns)), op.infer(spec(2 * rows, columns))
    assert double.cost == once.cost * 2


@given(length, length, length, activation)
def test_twice_the_batch_of_a_fully_connected(n, depth, units, fused):
    rule = FullyConnected(fused)
    x, weights = spec(n, depth), spec(units, depth)
    assert rule.infer(twice(x), weights).cost == rule.infer(x, weights).cost * 2


@given(length, length, length, length, length, activation)
def test_a_1x1_convolution_is_fully_connected(n, h, w, c, o, fused):
    convolved = conv(fused=fused).infer(spec(n, h, w, c), spec(o, 1, 1, c), spec(o))
    connected = FullyConnected(fused, keep_num_dims=True).infer(
        spec(n, h, w, c), spec(o, c), spec(o)
    )
    assert convolved == connected


@given(length, length, length)
def test_a_matrix_product_is_fully_connected(m, k, n):
    product = BatchMatMul(adj_y=True).infer(spec(m, k), spec(n, k))
    assert product == FullyConnected(NONE).infer(spec(m, k), spec(n, k))


@given(length, length, length, st.integers(1, 3), window, window, activation)
def test_depthwise_is_grouped_by_channel(h, w, c, multiplier, k, stride, fused):
    o = c * multiplier
    rule = DepthwiseConv2D(Padding.SAME, stride, stride, fused)
    depthwise = rule.infer(spec(1, h, w, c), spec(1, k, k, o), spec(o))
    grouped = conv(stride, fused=fused).infer(spec(1, h, w, c), spec(o, k, k, 1), spec(o))
    assert depthwise == grouped


@given(length, length, window, window, st.integers(1, 5))
def test_dilation_of_a_padded_convolution_is_free(h, w, k, stride, dilation):
    plain = conv(stride).infer(spec(1, h, w, 2), spec(3, k, k, 2))
    dilated = conv(stride, dilation).infer(spec(1, h, w, 2), spec(3, k, k, 2))
    assert (dilated.outputs, dilated.cost) == (plain.outputs, plain.cost)


@given(length, length, st.integers(1, 3), st.integers(1, 3))
def test_groups_divide_the_work(h, w, groups, per_group):
    c = o = groups * per_group
    whole = conv().infer(spec(1, h, w, c), spec(o, 3, 3, c))
    grouped = conv().infer(spec(1, h, w, c), spec(o, 3, 3, per_group))
    assert whole.cost == grouped.cost * groups


@given(length, length, length, length, st.booleans(), st.booleans())
def test_adjoints_are_free(batch, m, k, n, adj_x, adj_y):
    x = spec(batch, *((k, m) if adj_x else (m, k)))
    y = spec(batch, *((n, k) if adj_y else (k, n)))
    plain = BatchMatMul().infer(spec(batch, m, k), spec(batch, k, n))
    assert BatchMatMul(adj_x, adj_y).infer(x, y) == plain


@given(length, length, length, length, window, st.integers(1, 4))
def test_a_transposed_convolution_multiplies_as_often_as_the_one_it_transposes(
    h, w, c, o, k, stride
):
    """With windows that tile the image exactly, that is: then no tap falls outside."""
    k = k * stride
    forward = conv(stride, padding=Padding.VALID).infer(
        spec(1, k + stride * h, k + stride * w, o), spec(c, k, k, o)
    )
    shape = TensorSpec((4,), TensorType.INT32, (1, k + stride * h, k + stride * w, o))
    backward = TransposeConv(Padding.VALID, stride, stride).infer(
        shape, spec(o, k, k, c), spec(*forward.outputs[0])
    )
    assert backward.cost == forward.cost


@settings(max_examples=30)
@given(st.lists(length, min_size=1, max_size=5), st.data())
def test_only_what_is_taken_is_read(shape, data):
    """Bytes of SLICE, as those of GATHER of the same rows and of SPLIT."""
    rows = data.draw(st.integers(1, shape[0]))
    begin = TensorSpec((len(shape),), TensorType.INT32, (0,) * len(shape))
    size = TensorSpec((len(shape),), TensorType.INT32, (rows, *shape[1:]))
    part = REGISTRY["SLICE"].build(None, {}).infer(spec(*shape), begin, size)
    indices = TensorSpec((rows,), TensorType.INT32)
    gathered = REGISTRY["GATHER"].build(None, {}).infer(spec(*shape), indices)
    assert part.outputs == gathered.outputs
    assert part.bytes_read == gathered.bytes_read - 4 * rows  # 4 bytes for each index


BIAS_16, BIAS_40 = spec(16), spec(40)


@pytest.mark.parametrize(
    ("inferred", "operations"),
    [
        # What the converter's own tests expect, where its convention is ours: 2 for each MAC, 1 for
        # the bias of each output.
        (conv().infer(spec(256, 32, 32, 3), spec(16, 3, 3, 3), BIAS_16), 230_686_720),
        (
            DepthwiseConv2D(Padding.SAME, 1, 1, NONE).infer(
                spec(1, 112, 112, 3), spec(1, 3, 3, 32 * 3), spec(96)
            ),
            # Theirs has 32 outputs for 3 channels, which no kernel runs: 7,626,752 for a third.
            3 * 7_626_752,
        ),
        (FullyConnected(NONE).infer(spec(1, 37), spec(40, 37), BIAS_40), 3_000),
        (
            TransposeConv(Padding.SAME, 2, 2).infer(
                TensorSpec((4,), TensorType.INT32, (1, 64, 84, 32)),
                spec(32, 4, 4, 128),
                spec(1, 32, 42, 128),
            ),
            176_160_768,
        ),
    ],
)
def test_the_converters_test_vectors(inferred, operations):
    assert inferred.cost.operations == operations


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "DIV"])
@pytest.mark.parametrize("other", [(10, 10, 10), (10,)])
def test_the_converters_test_vectors_of_arithmetic(name, other):
    rule = REGISTRY[name]
    cost = rule.infer(rule.build(None, {}), (spec(10, 10, 10), spec(*other))).cost
    assert cost == Cost(scalar_ops=1_000)


def test_the_converters_test_vector_of_add_n():
    rule = REGISTRY["ADD_N"]
    assert rule.infer(rule.build(None, {}), (spec(10, 10),) * 3).cost == Cost(scalar_ops=200)


def test_the_converters_test_vector_of_average_pooling():
    rule = REGISTRY["AVERAGE_POOL_2D"]
    window = {"stride_w": 1, "stride_h": 1, "filter_width": 3, "filter_height": 3}
    op = replace(rule.build(None, {}), padding=Padding.SAME, **window)
    assert op.infer(spec(1, 10, 10, 3)).cost == Cost(scalar_ops=2_700)
