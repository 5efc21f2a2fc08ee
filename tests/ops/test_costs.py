"""Counts of contractions and pooling against naive kernels that tally what they do."""

from itertools import product

import pytest

from counting import Number, clamped, counting, function, larger, numbers, root, rounded, scalar_ops
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import Padding, TensorType
from tflops_native.ops import REGISTRY, Cost, TensorSpec
from tflops_native.ops.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from tflops_native.ops.matmul import BatchMatMul, FullyConnected

SAME, VALID = Padding.SAME, Padding.VALID
F32 = TensorType.FLOAT32


def spec(*shape, type=F32, value=None):
    return TensorSpec(shape, type, value)


def starts(size, window, stride, dilation, padding):
    """Where windows start on an axis, and the length of the axis with its zeros, found by walking."""
    reach = (window - 1) * dilation + 1
    if padding is VALID:
        return [start for start in range(0, size, stride) if start + reach <= size], size
    found = list(range(0, size, stride))
    return found, max(size, found[-1] + reach)


def activated(y, activation):
    match activation:
        case Activation.RELU:
            return larger(y, 0)
        case Activation.RELU6:
            return clamped(y, 0, 6)
        case Activation.RELU_N1_TO_1:
            return clamped(y, -1, 1)
        case Activation.TANH:
            return function(y)
    return y


def epilogue(elements, bias, activation):
    """Work beside the multiply-accumulates: a bias and an activation for each element."""
    with counting() as tally:
        for _ in range(elements):
            y = Number()
            activated(y + Number() if bias else y, activation)
    return tally


def naive_conv(input, kernel, strides, dilations, padding):
    """A grouped convolution over an input with its zeros around it, taken as data."""
    n, h, w, c = input
    o, kh, kw, depth = kernel
    rows, height = starts(h, kh, strides[0], dilations[0], padding)
    columns, width = starts(w, kw, strides[1], dilations[1], padding)
    x, f = numbers(n, height, width, c), numbers(*kernel)
    per_group = o // (c // depth)
    outputs = 0
    with counting() as tally:
        for b, top, left, out in product(range(n), rows, columns, range(o)):
            first = out // per_group * depth
            y = Number(0.0)
            for i, j, k in product(range(kh), range(kw), range(depth)):
                pixel = x[b][top + i * dilations[0]][left + j * dilations[1]]
                y = y + pixel[first + k] * f[out][i][j][k]
            outputs += 1
    assert tally["add"] == tally["mul"]
    return tally["mul"], outputs


CONVOLUTIONS = [
    # input, kernel, strides, dilations, padding
    ((1, 5, 5, 1), (1, 1, 1, 1), (1, 1), (1, 1), SAME),
    ((2, 5, 4, 2), (3, 3, 3, 2), (1, 1), (1, 1), SAME),
    ((1, 5, 4, 2), (3, 3, 2, 2), (1, 1), (1, 1), VALID),
    ((1, 7, 6, 2), (2, 3, 3, 2), (2, 3), (1, 1), SAME),
    ((1, 7, 6, 2), (2, 3, 3, 2), (3, 2), (1, 1), VALID),
    ((1, 7, 7, 1), (1, 3, 2, 1), (1, 1), (2, 3), VALID),
    ((1, 6, 5, 1), (2, 3, 2, 1), (1, 2), (2, 2), SAME),
    ((1, 4, 4, 6), (4, 3, 3, 3), (1, 1), (1, 1), SAME),  # two groups
    ((1, 4, 4, 6), (6, 2, 2, 1), (2, 2), (1, 1), VALID),  # six groups
    ((3, 1, 1, 4), (5, 3, 3, 4), (1, 1), (1, 1), SAME),  # more zeros than data
]


@pytest.mark.parametrize(("input", "kernel", "strides", "dilations", "padding"), CONVOLUTIONS)
@pytest.mark.parametrize(
    ("bias", "activation"),
    [(False, Activation.NONE), (True, Activation.RELU), (True, Activation.RELU6)],
)
def test_conv_2d(input, kernel, strides, dilations, padding, bias, activation):
    macs, outputs = naive_conv(input, kernel, strides, dilations, padding)
    rule = Conv2D(padding, strides[1], strides[0], activation, dilations[1], dilations[0])
    inferred = rule.infer(spec(*input), spec(*kernel), spec(kernel[0]) if bias else None)
    rest = epilogue(outputs, bias, activation)
    assert inferred.cost == Cost(macs, scalar_ops(rest), rest["function"])


@pytest.mark.parametrize(
    ("input", "kernel", "strides", "padding"),
    [
        ((2, 4, 5, 3), (1, 3, 3, 3), (1, 1), SAME),
        ((1, 5, 6, 2), (1, 3, 2, 4), (2, 1), VALID),  # two filters for each channel
        ((1, 5, 6, 1), (1, 2, 2, 5), (2, 3), SAME),
    ],
)
def test_depthwise_conv_2d(input, kernel, strides, padding):
    n, h, w, c = input
    _, kh, kw, o = kernel
    rows, height = starts(h, kh, strides[0], 1, padding)
    columns, width = starts(w, kw, strides[1], 1, padding)
    x, f = numbers(n, height, width, c), numbers(kh, kw, c, o // c)
    outputs = 0
    with counting() as tally:
        for b, top, left, k, m in product(range(n), rows, columns, range(c), range(o // c)):
            y = Number(0.0)
            for i, j in product(range(kh), range(kw)):
                y = y + x[b][top + i][left + j][k] * f[i][j][k][m]
            outputs += 1
    rest = epilogue(outputs, True, Activation.RELU_N1_TO_1)
    rule = DepthwiseConv2D(padding, strides[1], strides[0], Activation.RELU_N1_TO_1)
    inferred = rule.infer(spec(*input), spec(*kernel), spec(o))
    assert inferred.cost == Cost(tally["mul"], scalar_ops(rest))


@pytest.mark.parametrize(
    ("output", "kernel", "strides", "padding"),
    [
        ((2, 6, 4, 3), (3, 3, 2, 2), (2, 2), SAME),
        ((1, 7, 5, 1), (1, 3, 3, 4), (2, 1), VALID),
        ((1, 3, 3, 2), (2, 2, 2, 1), (3, 3), SAME),
    ],
)
def test_transpose_conv(output, kernel, strides, padding):
    """Scatter: every input element is multiplied by the whole window, also outside the output."""
    n, oh, ow, o = output
    _, kh, kw, c = kernel
    rows, _ = starts(oh, kh, strides[0], 1, padding)
    columns, _ = starts(ow, kw, strides[1], 1, padding)
    f, x = numbers(*kernel), numbers(n, len(rows), len(columns), c)
    made = {}
    with counting() as tally:
        for b, i, j, k in product(range(n), range(len(rows)), range(len(columns)), range(c)):
            for p, q, out in product(range(kh), range(kw), range(o)):
                place = (b, rows[i] + p, columns[j] + q, out)
                made[place] = made.get(place, Number(0.0)) + x[b][i][j][k] * f[out][p][q][k]
    assert tally["mul"] == tally["add"]
    rest = epilogue(n * oh * ow * o, True, Activation.RELU)
    rule = TransposeConv(padding, strides[1], strides[0], Activation.RELU)
    inferred = rule.infer(
        spec(4, type=TensorType.INT32, value=output),
        spec(*kernel),
        spec(n, len(rows), len(columns), c),
        spec(o),
    )
    assert inferred.cost == Cost(tally["mul"], scalar_ops(rest))


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("leading", [(), (1,), (3,), (2, 4), (2, 1, 3)])
def test_fully_connected(leading, keep):
    depth, units = 5, 3
    x, f = numbers(*leading, depth), numbers(units, depth)
    outputs = 0
    with counting() as tally:
        for position in product(*map(range, leading)):
            row = x
            for index in position:
                row = row[index]
            for unit in range(units):
                y = Number(0.0)
                for k in range(depth):
                    y = y + row[k] * f[unit][k]
                outputs += 1
    rest = epilogue(outputs, True, Activation.TANH)
    rule = FullyConnected(Activation.TANH, keep_num_dims=keep)
    inferred = rule.infer(spec(*leading, depth), spec(units, depth), spec(units))
    assert inferred.cost == Cost(tally["mul"], scalar_ops(rest), rest["function"])


def test_fully_connected_rows_across_axes():
    # [2, 6] are 4 rows of 3: 4 * 2 * 3 multiplications.
    rule = FullyConnected(Activation.NONE)
    inferred = rule.infer(spec(2, 6), spec(2, 3))
    assert (inferred.outputs, inferred.cost) == (((4, 2),), Cost(macs=24))


@pytest.mark.parametrize(
    ("batch_x", "batch_y"), [((), ()), ((2,), (2,)), ((3, 1), (2,)), ((), (2, 2)), ((1, 2), (3, 1))]
)
@pytest.mark.parametrize("adj_x", [True, False])
@pytest.mark.parametrize("adj_y", [True, False])
def test_batch_matmul(batch_x, batch_y, adj_x, adj_y):
    m, k, n = 2, 3, 4
    rank = max(len(batch_x), len(batch_y))
    aligned = [(1,) * (rank - len(batch)) + batch for batch in (batch_x, batch_y)]
    # A batch of the result exists where an operand has it; one of length 1 serves all.
    batches = {
        position
        for lengths in aligned
        for position in product(
            *(range(max(mine, *both)) for mine, *both in zip(lengths, *aligned, strict=True))
        )
    }
    x, y = numbers(m, k), numbers(k, n)
    with counting() as tally:
        for _ in batches:
            for i, j in product(range(m), range(n)):
                total = Number(0.0)
                for inner in range(k):
                    total = total + x[i][inner] * y[inner][j]
    shape_x = (*batch_x, *((k, m) if adj_x else (m, k)))
    shape_y = (*batch_y, *((n, k) if adj_y else (k, n)))
    inferred = BatchMatMul(adj_x, adj_y).infer(spec(*shape_x), spec(*shape_y))
    assert inferred.cost == Cost(macs=tally["mul"])


def average(taps):
    total = taps[0]
    for tap in taps[1:]:
        total = total + tap
    return total / len(taps)


def maximum(taps):
    best = taps[0]
    for tap in taps[1:]:
        best = larger(best, tap)
    return best


def root_mean_square(taps):
    return root(average([tap * tap for tap in taps]))


@pytest.mark.parametrize(
    ("name", "pool"),
    [("AVERAGE_POOL_2D", average), ("MAX_POOL_2D", maximum), ("L2_POOL_2D", root_mean_square)],
)
@pytest.mark.parametrize(
    ("input", "window", "strides", "padding"),
    [
        ((2, 4, 4, 3), (2, 2), (2, 2), VALID),
        ((1, 5, 6, 2), (3, 2), (2, 1), SAME),
        ((1, 7, 7, 1), (7, 7), (1, 1), VALID),
        ((1, 3, 3, 2), (1, 1), (2, 2), SAME),
    ],
)
def test_pooling(name, pool, input, window, strides, padding):
    n, h, w, c = input
    rows, height = starts(h, window[0], strides[0], 1, padding)
    columns, width = starts(w, window[1], strides[1], 1, padding)
    x = numbers(n, height, width, c)
    with counting() as tally:
        for b, top, left, k in product(range(n), rows, columns, range(c)):
            taps = [
                x[b][top + i][left + j][k] for i, j in product(range(window[0]), range(window[1]))
            ]
            clamped(pool(taps), 0, 6)
    rule = REGISTRY[name]
    op = rule.op(
        **rule.fixed,
        padding=padding,
        stride_w=strides[1],
        stride_h=strides[0],
        filter_width=window[1],
        filter_height=window[0],
        fused_activation_function=Activation.RELU6,
    )
    assert op.infer(spec(*input)).cost == Cost(scalar_ops=scalar_ops(tally))


def test_dynamic_range_quantization():
    """Float inputs, int8 weights: each input is quantized (5), each result is scaled (1)."""
    with counting() as tally:
        for x in numbers(2 * 3):
            clamped(rounded(x / 0.5) + 1, -128, 127)
        for y in numbers(2 * 4):
            y * 0.25
    inferred = FullyConnected(Activation.NONE).infer(spec(2, 3), spec(4, 3, type=TensorType.INT8))
    assert inferred.cost == Cost(macs=2 * 4 * 3, scalar_ops=scalar_ops(tally))
    assert inferred.mac_arithmetic == "int8"
