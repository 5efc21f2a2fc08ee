"""Sparse weights count as the kernels do them: what is stored, and no more."""

import numpy as np
import pytest

from builders import ModelBuilder, options, quantization
from tflops_native._native import Interpreter, Library
from tflops_native.analysis.operators import Status
from tflops_native.errors import ModelFormatError
from tflops_native.model.reader import load
from tflops_native.reports.report import Report
from workloads import analyze_model

ROWS, UNITS, COLUMNS = 3, 8, 64
KERNELS = [("FLOAT32", "FLOAT32", 1), ("FLOAT32", "FLOAT32", 4), ("INT8", "INT8", 16)]


def matrix(weights, block):
    """Blocks of ones and of zeros; one row is empty, and one block has a zero inside."""
    kept = np.random.default_rng(0).random((UNITS, COLUMNS // block)) < 0.3
    kept[2], kept[3, 0] = False, True
    array = np.repeat(kept, block, axis=1).astype(weights.lower())
    if block > 1:
        array[3, 0] = 0
    return array


def packed(kind, weights, block, **fields):
    builder = ModelBuilder()
    graph = builder.graph()
    scaled = {"quantization": quantization(scale=[0.5], zeroPoint=[0])}
    x = graph.input([ROWS, COLUMNS], kind, **(scaled if kind == "INT8" else {}))
    made = matrix(weights, block)
    w = graph.sparse_constant(made, block, **(scaled if weights == "INT8" else {}), **fields)
    y = graph.tensor([ROWS, UNITS], kind, **(scaled if kind == "INT8" else {}))
    graph.operator("FULLY_CONNECTED", [x, w, -1], [y], options("FullyConnectedOptions"), version=8)
    graph.outputs = [y]
    return builder.pack(), made


def multiplications(array, block):
    """Of a loop over rows, units and the blocks of a unit that are not all zero."""
    count = 0
    for _ in range(ROWS):
        for unit in array:
            for start in range(0, COLUMNS, block):
                if any(unit[start : start + block]):
                    count += block
    return count


@pytest.mark.parametrize(("kind", "weights", "block"), KERNELS)
def test_macs_of_stored_elements_beside_the_dense_ones(kind, weights, block):
    data, array = packed(kind, weights, block)
    (operator,) = analyze_model(load(data)).operators
    assert operator.status is Status.COUNTED
    assert operator.cost.macs == multiplications(array, block)
    assert operator.dense_macs == ROWS * UNITS * COLUMNS
    assert "only the elements that are stored" in operator.note
    assert "no kernel" not in operator.note


@pytest.mark.parametrize(("kind", "weights", "block"), KERNELS)
def test_the_runtime_multiplies_such_a_matrix(kind, weights, block):
    data, array = packed(kind, weights, block)
    interpreter = Interpreter(Library.linked(), data, kernels="builtin")
    interpreter.allocate()
    x = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 3
    interpreter.set_input(0, x.astype(kind.lower()))
    interpreter.invoke()
    if kind == "FLOAT32":
        assert np.array_equal(interpreter.get_output(0), x @ array.T)


def test_weights_are_what_the_file_stores():
    data, array = packed("FLOAT32", "FLOAT32", 4)
    analysis = analyze_model(load(data))
    blocks = int(array.reshape(UNITS, -1, 4).any(axis=2).sum())
    stored = blocks * 4 * 4 + (UNITS + 1) * 4 + blocks * 2  # elements, segments, indices
    assert analysis.weight_bytes == stored
    assert analysis.bytes_read == stored + ROWS * COLUMNS * 4
    assert analysis.parameters == UNITS * COLUMNS


def test_float_inputs_with_sparse_integer_weights():
    data, array = packed("FLOAT32", "INT8", 16)
    (operator,) = analyze_model(load(data)).operators
    assert operator.macs_by_arithmetic == {"int8": multiplications(array, 16)}


def test_a_form_without_a_kernel_says_so():
    data, _ = packed("FLOAT32", "FLOAT32", 2)
    (operator,) = analyze_model(load(data)).operators
    assert "no kernel for this sparse form" in operator.note
    assert [note.text for note in Report.of(load(data), analyze_model(load(data))).notes] == [
        f"0 FULLY_CONNECTED: {operator.note}"
    ]


def test_a_damaged_table_is_refused():
    builder = ModelBuilder()
    graph = builder.graph()
    x, w = graph.input([1, 4]), graph.sparse_constant(np.eye(4, dtype="f4"))
    graph.tensors[w].sparsity.dimMetadata[1].arraySegments.values = [0, 1, 2, 3]
    graph.operator("FULLY_CONNECTED", [x, w, -1], [graph.tensor([1, 4])])
    with pytest.raises(ModelFormatError, match="sparse level 1 has 4 segments"):
        load(builder.pack())
