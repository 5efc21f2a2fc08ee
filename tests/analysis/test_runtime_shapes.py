"""Counting on shapes that a run had: exact where data decides, and honest where they do not help."""

import numpy as np
import pytest

from tflops_native.analysis.operators import Status
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY
from workloads import analyze_model

builders = pytest.importorskip("builders")


class Made:
    """A graph whose tensors are named, and their shapes in a run beside it."""

    def __init__(self):
        self.model = builders.ModelBuilder()
        self.graph = self.model.graph()
        self.shapes = []

    def input(self, shape, type="FLOAT32"):
        self.shapes.append(tuple(shape))
        return self.graph.input(shape, type)

    def constant(self, values, type):
        self.shapes.append(np.shape(values))
        return self.graph.constant(values, type)

    def operator(self, name, inputs, shapes, table=None, type="FLOAT32", **options):
        """Append it; `shapes` are those of a run, the file leaves them open."""
        made = []
        for shape in shapes:
            open_shape = {"shape": [1] * len(shape), "shapeSignature": [-1] * len(shape)}
            made.append(self.graph.tensor(open_shape.pop("shape"), type, **open_shape))
            self.shapes.append(None if shape is None else tuple(shape))
        fields = builders.options(table, **options) if table else None
        self.graph.operator(name, inputs, made, fields)
        return made

    def analyses(self):
        """Without and with the shapes of the run."""
        self.graph.outputs = [len(self.graph.tensors) - 1]
        model = load(self.model.pack())
        return analyze_model(model), analyze_model(model, tensor_shapes=self.shapes)


def test_a_selection_is_exact():
    made = Made()
    x = made.input([8, 4])
    (found,) = made.operator("WHERE", [x], [(11, 2)], "WhereOptions", "INT64")
    (chosen,) = made.operator("GATHER_ND", [x, found], [(11,)], "GatherNdOptions")
    made.operator("EXP", [chosen], [(11,)], "ExpOptions")
    inferred, run = made.analyses()
    assert [o.status for o in inferred.operators] == [Status.BOUNDED] * 3
    assert inferred.total.transcendentals == 32
    assert inferred.bounded_tensors == {1, 2, 3}
    assert [o.status for o in run.operators] == [
        *(Status.NO_ARITHMETIC, Status.NO_ARITHMETIC, Status.COUNTED)
    ]
    assert run.total.transcendentals == 11
    assert run.coverage.is_complete
    assert run.bounded_tensors == frozenset()
    assert (inferred.has_runtime_shapes, run.has_runtime_shapes) == (False, True)


def test_counts_that_data_decides_remain_a_bound():
    # How long the search in UNIQUE takes is no matter of shapes alone.
    made = Made()
    made.operator("UNIQUE", [made.input([10], "INT32")], [(4,), (10,)], "UniqueOptions", "INT32")
    inferred, run = made.analyses()
    assert inferred.operators[0].output_shapes == ((10,), (10,))
    assert run.operators[0].output_shapes == ((4,), (10,))
    assert run.operators[0].status is Status.BOUNDED
    assert run.bounded_tensors == frozenset()


F32, I32 = "FLOAT32", "INT32"
LATE = {
    # name: (inputs, shapes of the run, options table, options)
    "RESHAPE": ([((2, 6), F32), ((3,), I32)], [(2, 3, 2)], "ReshapeOptions", {}),
    "FILL": ([((2,), I32), ((), F32)], [(3, 5)], "FillOptions", {}),
    "BROADCAST_TO": ([((1, 3), F32), ((2,), I32)], [(4, 3)], "BroadcastToOptions", {}),
    "RESIZE_BILINEAR": ([((1, 4, 4, 2), F32), ((2,), I32)], [(1, 3, 5, 2)], None, {}),
    "RESIZE_NEAREST_NEIGHBOR": ([((1, 4, 4, 2), F32), ((2,), I32)], [(1, 3, 5, 2)], None, {}),
    "TRANSPOSE_CONV": (
        [((4,), I32), ((2, 3, 3, 5), F32), ((1, 4, 4, 5), F32)],
        [(1, 8, 8, 2)],
        "TransposeConvOptions",
        {"stride_w": 2, "stride_h": 2},
    ),
    "SCATTER_ND": ([((2, 1), I32), ((2, 3), F32), ((2,), I32)], [(5, 3)], None, {}),
    "TOPK_V2": ([((2, 9), F32), ((), I32)], [(2, 4), (2, 4)], None, {}),
    "ONE_HOT": (
        [((3,), I32), ((), I32), ((), F32), ((), F32)],
        [(3, 7)],
        "OneHotOptions",
        {"axis": -1},
    ),
    "UNSORTED_SEGMENT_SUM": ([((4, 2), F32), ((4,), I32), ((), I32)], [(3, 2)], None, {}),
    # The value does not follow from the shapes, but these only move data.
    "SLICE": ([((4, 6), F32), ((2,), I32), ((2,), I32)], [(2, 5)], None, {}),
    "STRIDED_SLICE": (
        [((4, 6), F32), ((2,), I32), ((2,), I32), ((2,), I32)],
        [(2, 5)],
        "StridedSliceOptions",
        {},
    ),
    "TRANSPOSE": ([((2, 3), F32), ((2,), I32)], [(3, 2)], None, {}),
    "TILE": ([((2, 3), F32), ((2,), I32)], [(4, 9)], None, {}),
    "PAD": ([((2, 3), F32), ((2, 2), I32)], [(4, 5)], None, {}),
    "RANGE": ([((), F32), ((), F32), ((), F32)], [(7,)], None, {}),
    "SPLIT": ([((), I32), ((4, 6), F32)], [(2, 6), (2, 6)], "SplitOptions", {"num_splits": 2}),
}


@pytest.mark.parametrize("name", LATE)
def test_a_shape_that_is_computed_late(name):
    inputs, shapes, table, options = LATE[name]
    made = Made()
    made.operator(name, [made.input(*item) for item in inputs], shapes, table, **options)
    inferred, run = made.analyses()
    # A transposed convolution does its MACs at any output shape, and its filter bounds that.
    before = Status.BOUNDED if name == "TRANSPOSE_CONV" else Status.UNSUPPORTED
    assert inferred.operators[0].status is before
    (operator,) = run.operators
    # The order of the elements decides on how many are compared.
    after = {Status.BOUNDED} if name == "TOPK_V2" else {Status.COUNTED, Status.NO_ARITHMETIC}
    assert operator.status in after
    assert operator.output_shapes == tuple(shapes)
    assert operator.shapes_assumed is False
    assert operator.note == "its shape is the runtime's, for one input"


@pytest.mark.parametrize(
    ("name", "macs", "read"),
    [
        # Each of 4 * 4 * 5 inputs is scattered into 3 * 3 * 2 outputs.
        ("TRANSPOSE_CONV", 4 * 4 * 5 * 3 * 3 * 2, 4 * 4 + 4 * (2 * 3 * 3 * 5) + 4 * (4 * 4 * 5)),
        # No more is read than written: 2 * 5 floats, though the input has 24.
        ("SLICE", 0, 4 * 2 * 5),
        # 2 * 3 floats and 2 integers, though the output has 36.
        ("TILE", 0, 4 * 2 * 3 + 4 * 2),
    ],
)
def test_what_a_late_shape_costs(name, macs, read):
    inputs, shapes, table, options = LATE[name]
    made = Made()
    made.operator(name, [made.input(*item) for item in inputs], shapes, table, **options)
    (operator,) = made.analyses()[1].operators
    assert operator.cost.macs == macs
    assert operator.bytes_read == read


def test_arithmetic_whose_axes_nobody_knows_remains_unsupported():
    made = Made()
    inputs = [made.input([3, 4]), made.input([1], "INT32")]
    (total,) = made.operator("SUM", inputs, [(3,)], "ReducerOptions")
    made.operator("EXP", [total], [(3,)], "ExpOptions")
    _, run = made.analyses()
    assert [o.status for o in run.operators] == [Status.UNSUPPORTED, Status.COUNTED]
    # What comes after is counted on the true shape, which nobody assumed.
    assert run.total.transcendentals == 3
    assert run.coverage.shapes_assumed == 0


def test_a_rule_that_contradicts_the_runtime_does_not_count():
    made = Made()
    made.operator("EXP", [made.input([3, 4])], [(3, 5)], "ExpOptions")
    _, run = made.analyses()
    (operator,) = run.operators
    assert operator.status is Status.UNSUPPORTED
    assert operator.note == "its rule infers [3, 4], but the runtime has [3, 5]"
    assert operator.output_shapes == ((3, 5),)


def test_unknown_shapes_of_the_runtime_change_nothing():
    made = Made()
    made.operator("EXP", [made.input([3, 4])], [(3, 4)], "ExpOptions")
    made.shapes = [None, None]
    inferred, run = made.analyses()
    assert run.operators == inferred.operators


def test_another_number_of_shapes_is_refused():
    made = Made()
    made.operator("EXP", [made.input([3, 4])], [(3, 4)], "ExpOptions")
    made.shapes.append((1,))
    with pytest.raises(ValueError, match="there are 2 tensors, but 3 shapes"):
        made.analyses()


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_input_that_says_the_shape_is_one_of_the_inputs(name):
    rule = REGISTRY[name]
    assert rule.op.shape_role is None or rule.op.shape_role in rule.roles
