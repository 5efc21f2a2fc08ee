"""What constants are for, how many there are, and block-wise quantized weights among them."""

import numpy as np
import pytest

from builders import ModelBuilder, options, quantization, schema
from tflops_native.analysis.constants import constants_in_use
from tflops_native.model.reader import load
from workloads import analyze_model

UNITS, COLUMNS, BLOCK, ROWS = 6, 64, 16, 5


def blockwise(kind, bits):
    """FULLY_CONNECTED with weights of few bits and one float16 scale for each block of 16."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([ROWS, COLUMNS])
    scales = graph.constant(np.ones((UNITS, COLUMNS // BLOCK), "f2"))
    details = schema.BlockwiseQuantizationT(scales=scales, zeroPoints=-1, blockSize=BLOCK)
    packed = graph.constant(np.zeros(UNITS * COLUMNS * bits // 8, "i1"))
    weights = graph.tensor(
        [UNITS, COLUMNS],
        kind,
        buffer=graph.tensors[packed].buffer,
        quantization=quantization(
            detailsType=schema.QuantizationDetails.BlockwiseQuantization, details=details
        ),
    )
    graph.outputs = [graph.tensor([ROWS, UNITS])]
    graph.operator(
        "FULLY_CONNECTED", [x, weights, -1], graph.outputs, options("FullyConnectedOptions")
    )
    return analyze_model(load(builder.pack()))


@pytest.mark.parametrize(("kind", "bits"), [("INT2", 2), ("INT4", 4), ("INT8", 8)])
def test_blockwise_weights_and_their_scales(kind, bits):
    analysis = blockwise(kind, bits)
    scale_bytes = UNITS * COLUMNS // BLOCK * 2
    weight_bytes = UNITS * COLUMNS * bits // 8
    assert analysis.parameters == UNITS * COLUMNS
    assert analysis.weight_bytes == weight_bytes + scale_bytes
    assert analysis.bytes_read == ROWS * COLUMNS * 4 + weight_bytes + scale_bytes
    assert {kind.kind: kind.elements for kind in analysis.constants} == {
        "weights": UNITS * COLUMNS,
        "block scales": UNITS * COLUMNS // BLOCK,
    }


def test_scaling_of_blocks_is_work():
    scalings = 0
    for _ in range(ROWS * UNITS):
        total = None
        for _ in range(COLUMNS // BLOCK):
            scalings += 1  # the sum of a block times its scale
            if total is not None:
                scalings += 1  # added to those before
            total = 0
        scalings += 1  # times the scale of the row
    (operator,) = blockwise("INT4", 4).operators
    assert operator.cost.scalar_ops == 5 * ROWS * COLUMNS + scalings


def test_kinds_by_what_uses_them():
    builder = ModelBuilder()
    graph = builder.graph()
    ids, image = graph.input([4], "INT32"), graph.input([1, 4, 4, 8])
    table = graph.constant(np.zeros((10, 8), "f4"))
    rows = graph.tensor([4, 8])
    graph.operator("GATHER", [table, ids], [rows], options("GatherOptions"))
    half = graph.constant(np.zeros((6, 8), "f2"))
    weights = graph.tensor([6, 8])
    graph.operator("DEQUANTIZE", [half], [weights])
    bias = graph.constant(np.zeros(6, "f4"))
    made = graph.tensor([4, 6])
    graph.operator(
        "FULLY_CONNECTED", [rows, weights, bias], [made], options("FullyConnectedOptions")
    )
    slope, mask = graph.constant(np.ones(8, "f4")), graph.constant(np.ones((4, 8), "f4"))
    again = graph.tensor(
        [4, 8], buffer=graph.tensors[mask].buffer
    )  # another tensor with the same buffer
    shape = graph.constant([4, 4, 8], "INT32")
    outputs = [graph.tensor([1, 4, 4, 8]) for _ in range(3)]
    for name, constant, output in zip(
        ("MUL", "ADD", "ADD"), (slope, mask, again), outputs, strict=True
    ):
        table_name = "MulOptions" if name == "MUL" else "AddOptions"
        graph.operator(name, [image, constant], [output], options(table_name))
    reshaped = graph.tensor([4, 4, 8])
    graph.operator("RESHAPE", [image, shape], [reshaped], options("ReshapeOptions"))
    graph.outputs = [made, *outputs, reshaped]
    analysis = analyze_model(load(builder.pack()))
    assert {kind.kind: (kind.elements, kind.size_bytes) for kind in analysis.constants} == {
        "tables": (80, 320),
        "maps": (32, 128),
        "weights": (48, 96),
        "vectors": (8, 32),
        "biases": (6, 24),
        "indices": (3, 12),
    }
    assert analysis.parameters == 80 + 32 + 48 + 8 + 6
    assert next(k for k in analysis.constants if k.kind == "maps").shared_elements == 32


def shared_buffer(kind, values):
    """FULLY_CONNECTED with int8 weights in blocks of 16 whose scales, and an index, may have the bytes of
    its bias: the converter writes equal bytes once."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([ROWS, COLUMNS])
    bias = graph.constant(np.asarray(values, "f4"))
    buffer = graph.tensors[bias].buffer
    other = bias
    if kind != "same tensor":
        other_type = "INT32" if kind == "index" else "FLOAT32"
        other = graph.tensor([len(values)], other_type, buffer=buffer)
    details = schema.BlockwiseQuantizationT(scales=other, zeroPoints=-1, blockSize=BLOCK)
    packed = graph.constant(np.ones((UNITS, COLUMNS), "i1"))
    weights = graph.tensor(
        [UNITS, COLUMNS],
        "INT8",
        buffer=graph.tensors[packed].buffer,
        quantization=quantization(
            detailsType=schema.QuantizationDetails.BlockwiseQuantization, details=details
        )
        if kind != "index"
        else quantization(scale=[1.0], zeroPoint=[0]),
    )
    graph.outputs = [graph.tensor([ROWS, UNITS])]
    if kind == "index":
        moved = graph.tensor([ROWS, COLUMNS])
        graph.operator("PAD", [x, other], [moved], options("PadOptions"))
        x = moved
    graph.operator(
        "FULLY_CONNECTED", [x, weights, bias], graph.outputs, options("FullyConnectedOptions")
    )
    model = load(builder.pack())
    return constants_in_use(model, model.subgraphs[0])


@pytest.mark.parametrize("kind", ["scales", "same tensor", "index"])
def test_a_bias_that_has_the_buffer_of_what_is_no_parameter_is_one(kind):
    found = shared_buffer(kind, [0.0] * UNITS)
    assert found.parameters == UNITS * COLUMNS + UNITS
    # The scales or the index are a further tensor of that buffer.
    further = 0 if kind == "same tensor" else UNITS
    kinds = {item.kind: (item.tensors, item.elements, item.shared_elements) for item in found.kinds}
    assert kinds == {"weights": (1, UNITS * COLUMNS, 0), "biases": (1, UNITS, further)}
    assert found.size_bytes == UNITS * COLUMNS + 4 * UNITS
