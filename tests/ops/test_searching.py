"""Operators whose shape or cost depends on data, against the runtime: an upper bound, and reached.

With known values the rule must be exact.
"""

import random

import numpy as np
import pytest

from builders import ModelBuilder, options, schema
from configurations import GENERATORS, Case, data, decides, scalar, weights
from referee import allocated_shapes, analyzed, invoked_shapes
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load
from workloads import analyze_model

F32, INT32, INT64, BOOL = "FLOAT32", "INT32", "INT64", "BOOL"
CONFIGURATIONS = 20


def run(case):
    """The shapes after one run, each operand with its own value."""
    return invoked_shapes(case.pack(), [operand.array for operand in case.graph_inputs])


def drawn(name, seed):
    return GENERATORS[name](random.Random(f"searching {name} {seed}"), name)


def holds(bound, shape):
    return len(bound) == len(shape) and all(x >= y for x, y in zip(bound, shape, strict=True))


@pytest.mark.parametrize("name", ["WHERE", "UNIQUE", "SEGMENT_SUM"])
def test_known_values_give_the_runtimes_shapes(name):
    for seed in range(CONFIGURATIONS):
        case = drawn(name, seed)
        operator = analyzed(case.pack())
        assert operator.output_shapes == run(case), case
        assert operator.status in {Status.COUNTED, Status.NO_ARITHMETIC}


@pytest.mark.parametrize("name", ["WHERE", "UNIQUE", "SEGMENT_SUM"])
def test_data_stays_within_the_bound(name):
    for seed in range(CONFIGURATIONS):
        late = drawn(name, seed).late()
        operator = analyzed(late.pack())
        assert operator.status is Status.BOUNDED
        for bound, shape in zip(operator.output_shapes, run(late), strict=True):
            assert holds(bound, shape), late


WORST = [
    Case("WHERE", (data((2, 3, 2), BOOL, (1,) * 12),), {}, (INT64,)),
    Case("UNIQUE", (data((5,), INT32, (4, 3, 0, 1, 2)),), {"idx_out_type": 2}, (INT32, INT32)),
    Case("SEGMENT_SUM", (data((3, 4)), data((3,), INT32, (0, 1, 2)))),
]


@pytest.mark.parametrize("case", WORST, ids=lambda case: case.operator)
def test_the_bound_is_reached(case):
    assert analyzed(case.pack()).output_shapes == run(case)


def test_what_rests_on_a_bound_is_a_bound():
    builder = ModelBuilder()
    graph = builder.graph()
    condition, table = graph.input([4, 3], BOOL), graph.input([4, 3, 5])
    places, rows = graph.tensor([], INT64), graph.tensor([])
    graph.operator("WHERE", [condition], [places], options("WhereOptions"))
    graph.operator("GATHER_ND", [table, places], [rows], options("GatherNdOptions"))
    graph.outputs = [rows]
    model = builder.pack()
    where, gather = analyze_model(load(model)).operators
    assert where.note == "data decides how many elements are chosen"
    assert gather.output_shapes == ((12, 5),)
    assert gather.status is Status.BOUNDED
    every = [np.ones((4, 3), bool), np.zeros((4, 3, 5), np.float32)]
    assert invoked_shapes(model, every) == ((12, 5),)


def reshaped_by(last_operator):
    """A graph that computes a shape, and what the runtime and the analysis make of it."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([3, 4])
    shape, result = graph.tensor([], INT32), graph.tensor([])
    graph.operator("SHAPE", [x], [shape], options("ShapeOptions", out_type=2))
    target = last_operator(graph, shape)
    graph.operator("RESHAPE", [x, target], [result], options("ReshapeOptions"))
    graph.outputs = [result]
    model = builder.pack()
    operators = analyze_model(load(model)).operators
    assert all(one.status in {Status.COUNTED, Status.NO_ARITHMETIC} for one in operators)
    return operators[-1].output_shapes, invoked_shapes(model, [np.zeros((3, 4), np.float32)])


def lengths_above_three(graph, shape):
    """[12]: 3 times the only length that is larger than 3."""
    large, places = graph.tensor([], BOOL), graph.tensor([], INT64)
    picked, product = graph.tensor([], INT32), graph.tensor([], INT32)
    graph.operator("GREATER", [shape, graph.constant(3, INT32)], [large], options("GreaterOptions"))
    graph.operator("WHERE", [large], [places], options("WhereOptions"))
    graph.operator("GATHER_ND", [shape, places], [picked], options("GatherNdOptions"))
    graph.operator("MUL", [picked, graph.constant([3], INT32)], [product], options("MulOptions"))
    return product


def scattered_lengths(graph, shape):
    """[4, 3]: the lengths put into the other's place."""
    made = graph.tensor([], INT32)
    indices = graph.constant([[1], [0]], INT32)
    graph.operator(
        "SCATTER_ND",
        [indices, shape, graph.constant([2], INT32)],
        [made],
        options("ScatterNdOptions"),
    )
    return made


def updated_lengths(graph, shape):
    """[1, 3, 4]: the lengths over [1, 9, 9] from position 5 on, which is moved inwards to 1."""
    made = graph.tensor([], INT32)
    operands = [graph.constant([1, 9, 9], INT32), shape, graph.constant([5], INT32)]
    graph.operator("DYNAMIC_UPDATE_SLICE", operands, [made], options("DynamicUpdateSliceOptions"))
    return made


def summed_segments(graph, shape):
    """[12]: 3 + 4 in one segment, and 5 to come to 12."""
    made, result = graph.tensor([], INT32), graph.tensor([], INT32)
    ids = graph.constant([0, 0], INT32)
    graph.operator("SEGMENT_SUM", [shape, ids], [made], options("SegmentSumOptions"))
    graph.operator("ADD", [made, graph.constant([5], INT32)], [result], options("AddOptions"))
    return result


def different_lengths(graph, shape):
    """[3, 4] of [3, 4, 3, 4]."""
    twice, found = graph.tensor([], INT32), graph.tensor([], INT32)
    places = graph.tensor([], INT32)
    graph.operator("CONCATENATION", [shape, shape], [twice], options("ConcatenationOptions"))
    graph.operator("UNIQUE", [twice], [found, places], options("UniqueOptions", idx_out_type=2))
    return found


@pytest.mark.parametrize(
    "last_operator",
    [lengths_above_three, scattered_lengths, updated_lengths, summed_segments, different_lengths],
)
def test_shapes_that_are_searched_for(last_operator):
    analysed, runs = reshaped_by(last_operator)
    assert analysed == runs


@pytest.mark.parametrize("name", ["NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"])
def test_suppression_has_the_runtimes_shapes(name):
    for seed in range(CONFIGURATIONS):
        case = drawn(name, seed)
        operator = analyzed(case.pack())
        assert operator.output_shapes == allocated_shapes(case.pack()) == run(case)
        assert operator.status is Status.BOUNDED
        assert operator.minimum.operations <= operator.cost.operations
        late = case.late()
        assert run(late) == operator.output_shapes
        assert analyzed(late.pack()).status is Status.UNSUPPORTED


def test_only_the_cost_of_suppression_is_a_bound():
    builder = ModelBuilder()
    graph = builder.graph()
    boxes, scores = graph.input([6, 4]), graph.input([6])
    numbers = [graph.constant(number, kind) for number, kind in ((3, INT32), (0.5, F32), (0, F32))]
    indices, count, rows = graph.tensor([], INT32), graph.tensor([], INT32), graph.tensor([])
    graph.operator(
        "NON_MAX_SUPPRESSION_V4",
        [boxes, scores, *numbers],
        [indices, count],
        options("NonMaxSuppressionV4Options"),
    )
    graph.operator("GATHER", [boxes, indices], [rows], options("GatherOptions"))
    graph.outputs = [rows]
    suppression, gather = analyze_model(load(builder.pack())).operators
    assert suppression.status is Status.BOUNDED
    assert gather.status is Status.NO_ARITHMETIC
    assert gather.output_shapes == ((3, 4),)


def test_embedding_lookup_sparse():
    for seed in range(CONFIGURATIONS):
        case = drawn("EMBEDDING_LOOKUP_SPARSE", seed)
        operator = analyzed(case.pack())
        assert operator.status is Status.COUNTED
        assert (run(case), run(case.late())) == (operator.output_shapes,) * 2
        assert analyzed(case.late().pack()).status is Status.UNSUPPORTED


def test_densify():
    """A 2x3 matrix with one element, in the form that keeps the columns of each row."""
    dense = schema.DimensionMetadataT(format=schema.DimensionType.DENSE, denseSize=2)
    columns = schema.DimensionMetadataT(
        format=schema.DimensionType.SPARSE_CSR,
        arraySegmentsType=schema.SparseIndexVector.Int32Vector,
        arraySegments=schema.Int32VectorT(values=[0, 1, 1]),
        arrayIndicesType=schema.SparseIndexVector.Int32Vector,
        arrayIndices=schema.Int32VectorT(values=[2]),
    )
    builder = ModelBuilder()
    graph = builder.graph()
    sparse = graph.constant([7.0], F32)
    graph.tensors[sparse].shape = [2, 3]
    graph.tensors[sparse].sparsity = schema.SparsityParametersT(
        traversalOrder=[0, 1], dimMetadata=[dense, columns]
    )
    x, made, result = graph.input([1, 3]), graph.tensor([]), graph.tensor([])
    graph.operator("DENSIFY", [sparse], [made], options("DensifyOptions"))
    graph.operator("ADD", [x, made], [result], options("AddOptions"))
    graph.outputs = [result]
    model = builder.pack()
    densify, add = analyze_model(load(model)).operators
    assert densify.status is Status.NO_ARITHMETIC
    assert densify.output_shapes == ((2, 3),)
    assert (densify.bytes_read, densify.bytes_written) == (0, 0)
    assert densify.note == "converts a constant, once, at the first invoke"
    assert add.output_shapes == allocated_shapes(model) == ((2, 3),)


def test_concat_embeddings_has_the_shape_in_the_file():
    operator = analyzed(drawn("CONCAT_EMBEDDINGS", 0).pack())
    assert operator.output_shapes == drawn("CONCAT_EMBEDDINGS", 0).recorded
    assert operator.status is Status.NO_ARITHMETIC
    assert not operator.shapes_assumed


def test_only_looked_up_rows_are_read():
    case = Case("EMBEDDING_LOOKUP", (data((2,), INT32), weights((1000, 3), "INT8")), {}, (F32,))
    operator = analyzed(case.pack())
    assert (operator.bytes_read, operator.bytes_written) == (2 * 3 + 2 * 4, 2 * 3 * 4)


REFUSED = [
    (Case("WHERE", (data((), BOOL),), {}, (INT64,)), "must have an axis, but is a scalar"),
    (
        Case("SEGMENT_SUM", (data((3,)), decides([0, 2, 2]))),
        r"must rise from 0 by steps of 1, but are \[0, 2, 2\]",
    ),
    (
        Case("SEGMENT_SUM", (data((2,)), decides([1, 1]))),
        r"must rise from 0 by steps of 1, but are \[1, 1\]",
    ),
    (
        Case("TOPK_V2", (data((2, 3)), scalar(4)), {}, (F32, INT32)),
        r"there are no 4 elements in a row of `input` \[2, 3\]",
    ),
    (
        Case(
            "CONV_3D",
            (data((1, 4, 4, 4, 3)), weights((1, 1, 1, 2, 1))),
            CONV_3D_OPTIONS := {"stride_d": 1, "stride_h": 1, "stride_w": 1},
        ),
        "a filter of depth 2 does not fit 3 input channels",
    ),
    (
        Case(
            "CONV_3D_TRANSPOSE",
            (decides([1, 4, 4, 5, 1]), weights((1, 1, 1, 1, 3)), data((1, 4, 4, 4, 3))),
            CONV_3D_OPTIONS,
        ),
        r"an output of \[4, 4, 5\] belongs to an input of \[4, 4, 5\], but",
    ),
    (
        Case("REVERSE_SEQUENCE", (data((2, 3)), data((2,), INT32)), {"seq_dim": 0}),
        "must be two axes of `input`",
    ),
    (
        Case("ONE_HOT", (data((2,), INT32), scalar(3), data(()), data(())), {"axis": -2}),
        "`axis` must be -1 or 0 to 1, but is -2",
    ),
    (
        Case("BITCAST", (data((2, 3), "INT16"),), {}, (INT32,)),
        r"the last axis of `input` \[2, 3\] must be 2, the parts of one INT32",
    ),
    (
        Case("SCATTER_ND", (data((2, 1), INT32), data((3, 4)), decides([5, 4]))),
        r"must be a slice \[4\] for each index",
    ),
    (
        Case("GATHER_ND", (data((2, 3)), data((1, 3), INT32))),
        "must have at most one number for each axis",
    ),
    (
        Case("DYNAMIC_UPDATE_SLICE", (data((2, 3)), data((3, 3)), data((2,), INT32))),
        r"`update` \[3, 3\] and `start_indices` \[2\] do not fit `operand` \[2, 3\]",
    ),
    (
        Case("BUCKETIZE", (data((2,)),), {"boundaries": [1.0, 0.0]}, (INT32,)),
        r"must be sorted, but are \[1.0, 0.0\]",
    ),
    (
        Case(
            "NON_MAX_SUPPRESSION_V4",
            (data((2, 5)), data((2,)), scalar(1), data(()), data(())),
            {},
            (INT32, INT32),
        ),
        r"must be \[N, 4\] and \[N\], but are \[2, 5\] and \[2\]",
    ),
]


@pytest.mark.parametrize(("case", "message"), REFUSED)
def test_refusals_are_the_runtimes_too(case, message):
    with pytest.raises(ShapeError, match=message):
        analyzed(case.pack())
    with pytest.raises(Exception, match="TensorFlow Lite could not"):
        run(case)


def test_sizes_that_the_runtime_does_not_compare():
    """It would read beyond the smaller one."""
    for case in (
        Case("ATAN2", (data((4,)), data((3,)))),
        Case("MATRIX_SET_DIAG", (data((3, 3)), data((2,)))),
    ):
        with pytest.raises(ShapeError):
            analyzed(case.pack())
