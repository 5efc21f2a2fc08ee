"""StableHLO operators, most of which no runtime can run: shapes written out from the specification."""

import random
from dataclasses import replace

import pytest

from builders import ModelBuilder, options
from configurations import GENERATORS, Case, data
from configurations.stablehlo import BodyCase
from referee import analyzed
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load
from tflops_native.ops import Cost
from workloads import analyze_model

F32, INT32 = "FLOAT32", "INT32"


def shapes(case):
    return analyzed(case.pack()).output_shapes


def refusal(case):
    with pytest.raises(ShapeError) as caught:
        analyzed(case.pack())
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "operands", "fields", "expected"),
    [
        ("CONCATENATE", [(2, 3), (2, 1)], {"dimension": 1}, (2, 4)),
        ("CONCATENATE", [(3, 2), (1, 2)], {"dimension": 0}, (4, 2)),
        ("TRANSPOSE", [(2, 3, 5)], {"permutation": [2, 0, 1]}, (5, 2, 3)),
        (
            "SLICE",
            [(3, 8)],
            {"start_indices": [1, 4], "limit_indices": [3, 8], "strides": [1, 2]},
            (2, 2),
        ),
        (
            "SLICE",
            [(7,)],
            {"start_indices": [1], "limit_indices": [7], "strides": [4]},
            (2,),  # 1 and 5
        ),
        (
            # The example of the specification: interior, low and high padding.
            "PAD",
            [(2, 3), ()],
            {
                "edge_padding_low": [0, 1],
                "edge_padding_high": [2, 1],
                "interior_padding": [1, 2],
            },
            (5, 9),
        ),
        (
            "DOT_GENERAL",
            [(2, 2, 2), (2, 2, 2)],
            {
                "lhs_batching_dimensions": [0],
                "rhs_batching_dimensions": [0],
                "lhs_contracting_dimensions": [2],
                "rhs_contracting_dimensions": [1],
            },
            (2, 2, 2),
        ),
        (
            "DOT_GENERAL",
            [(3, 5, 7), (11, 7, 3)],
            {
                "lhs_batching_dimensions": [0],
                "rhs_batching_dimensions": [2],
                "lhs_contracting_dimensions": [2],
                "rhs_contracting_dimensions": [1],
            },
            (3, 5, 11),
        ),
        ("DOT_GENERAL", [(2,), (3,)], {}, (2, 3)),  # nothing shared: an outer product
        ("SELECT", [(), (2, 3), (2, 3)], {}, (2, 3)),
        ("CLAMP", [(), (2, 3), (2, 3)], {}, (2, 3)),
        ("TANH", [(4, 1)], {}, (4, 1)),
        ("SUBTRACT", [(4, 1), (4, 1)], {}, (4, 1)),
    ],
)
def test_shapes(name, operands, fields, expected):
    case = Case(f"STABLEHLO_{name}", tuple(map(data, operands)), fields)
    assert shapes(case) == (expected,)


CONVOLUTION = {
    "window_strides": [4, 4],
    "padding": [0, 0, 0, 0],
    "lhs_dilation": [2, 2],
    "rhs_dilation": [1, 1],
    "input_batch_dimension": 0,
    "input_feature_dimension": 3,
    "input_spatial_dimensions": [1, 2],
    "kernel_input_feature_dimension": 2,
    "kernel_output_feature_dimension": 3,
    "kernel_spatial_dimensions": [0, 1],
    "output_batch_dimension": 0,
    "output_feature_dimension": 3,
    "output_spatial_dimensions": [1, 2],
    "feature_group_count": 1,
    "batch_group_count": 1,
}


@pytest.mark.parametrize(
    ("lhs", "rhs", "changes", "expected", "macs"),
    [
        # The example of the specification: 4 dilated by 2 is 7 long; (7 - 3) // 4 + 1 = 2.
        ((1, 4, 4, 1), (3, 3, 1, 1), {}, (1, 2, 2, 1), 36),
        # A window dilated by 2 reaches over 5: (7 + 2 - 5) // 1 + 1 = 5.
        (
            (1, 4, 4, 1),
            (3, 3, 1, 1),
            {"rhs_dilation": [2, 2], "window_strides": [1, 1], "padding": [1, 1, 1, 1]},
            (1, 5, 5, 1),
            225,
        ),
        # Plain, with two groups of 2 features, batch last in the output.
        (
            (2, 5, 5, 4),
            (2, 2, 2, 6),
            {
                "lhs_dilation": [1, 1],
                "window_strides": [1, 2],
                "feature_group_count": 2,
                "output_batch_dimension": 3,
                "output_feature_dimension": 0,
            },
            (6, 4, 2, 2),
            6 * 4 * 2 * 2 * 2 * 2 * 2,
        ),
        # Images in two groups, as the gradient of a grouped convolution has them.
        (
            (4, 5, 5, 3),
            (2, 2, 3, 6),
            {"lhs_dilation": [1, 1], "window_strides": [1, 1], "batch_group_count": 2},
            (2, 4, 4, 6),
            2 * 4 * 4 * 6 * 2 * 2 * 3,
        ),
    ],
)
def test_convolution(lhs, rhs, changes, expected, macs):
    case = Case("STABLEHLO_CONVOLUTION", (data(lhs), data(rhs)), CONVOLUTION | changes)
    operator = analyzed(case.pack())
    assert operator.output_shapes == (expected,)
    assert operator.cost == Cost(macs=macs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feature_group_count": 0}, "group counts must be 1 or more, and one of them 1"),
        ({"feature_group_count": 2}, "2 feature groups and 1 batch groups do not fit"),
        ({"padding": [0, 0, 0]}, "`padding` must have 4 elements, but is [0, 0, 0]"),
        ({"window_strides": [0, 1]}, "must be 1 or more"),
        ({"input_feature_dimension": 0}, "input axes [0, 0, 1, 2] are not an order of the axes"),
        ({"output_batch_dimension": 4}, "output axes [4, 3, 1, 2] are not an order of 4 axes"),
    ],
)
def test_convolution_refuses(changes, message):
    operands = (data((1, 4, 4, 1)), data((3, 3, 1, 1)))
    assert message in refusal(Case("STABLEHLO_CONVOLUTION", operands, CONVOLUTION | changes))


def test_reduce_drops_its_axes():
    fields = {"dimensions": [0, 2], "body_subgraph_index": 1}
    operands = (data((2, 3, 4)), data(()))
    case = BodyCase("STABLEHLO_REDUCE", operands, fields, body="STABLEHLO_MAXIMUM")
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((3,),)
    assert operator.cost == Cost(scalar_ops=21)  # 24 elements become 3
    assert (operator.bytes_read, operator.bytes_written) == (100, 12)


def test_reduce_of_pairs():
    """An argmax: values and positions together."""
    fields = {"dimensions": [1], "body_subgraph_index": 1}
    builder = ModelBuilder()
    main, body = builder.graph(), builder.graph()
    inputs = [main.input(shape, dtype) for shape in ((2, 5), ()) for dtype in (F32, INT32)]
    main.outputs = [main.tensor([], F32), main.tensor([], INT32)]
    main.operator(
        "STABLEHLO_REDUCE", inputs, main.outputs, options("StablehloReduceOptions", **fields)
    )
    x, i, y, j = (body.input([], dtype) for dtype in (F32, INT32, F32, INT32))
    is_less = body.tensor([], "BOOL")
    body.outputs = [body.tensor([], F32), body.tensor([], INT32)]
    body.operator("STABLEHLO_COMPARE", [x, y], [is_less], options("StablehloCompareOptions"))
    body.operator("STABLEHLO_SELECT", [is_less, x, y], [body.outputs[0]])
    body.operator("STABLEHLO_SELECT", [is_less, i, j], [body.outputs[1]])
    (operator,) = analyze_model(load(builder.pack())).operators
    assert operator.output_shapes == ((2,), (2,))
    assert operator.cost == Cost(scalar_ops=8)  # one comparison for each of 4 steps of 2 rows


def test_a_body_that_is_not_counted_leaves_its_operator_not_counted():
    fields = {"dimensions": [0], "body_subgraph_index": 1}
    case = BodyCase(
        "STABLEHLO_REDUCE", (data((4,)), data(())), fields, body="My operator", recorded=((),)
    )
    operator = analyzed(case.pack())
    assert operator.status is Status.UNSUPPORTED
    assert operator.note == "subgraph 1, which it runs on elements, is not counted"


def test_scatter_that_replaces_does_no_arithmetic():
    case = GENERATORS["STABLEHLO_SCATTER"](random.Random(1), "STABLEHLO_SCATTER")
    operator = analyzed(replace(case, body=None).pack())
    assert operator.status is Status.NO_ARITHMETIC


def test_custom_call_is_listed_as_not_counted():
    case = Case(
        "STABLEHLO_CUSTOM_CALL",
        (data((2, 3)),),
        {"call_target_name": "my_target"},
        recorded=((4, 5),),
    )
    operator = analyzed(case.pack())
    assert operator.status is Status.UNSUPPORTED
    assert operator.note == "only its backend knows the call target 'my_target'"
    assert operator.output_shapes == ((4, 5),)
    assert operator.shapes_assumed


@pytest.mark.parametrize(
    ("name", "operands", "fields", "recorded"),
    [
        ("RESHAPE", [(2, 6)], {}, (3, 4)),
        ("BROADCAST_IN_DIM", [(1, 3)], {"broadcast_dimensions": [2, 1]}, (2, 3, 2)),
        ("IOTA", [], {"iota_dimension": 1}, (4, 5)),
    ],
)
def test_the_shape_in_the_file_is_part_of_the_operator(name, operands, fields, recorded):
    case = Case(f"STABLEHLO_{name}", tuple(map(data, operands)), fields, recorded=(recorded,))
    operator = analyzed(case.pack())
    assert operator.output_shapes == (recorded,)
    assert operator.status is Status.NO_ARITHMETIC
    assert not operator.shapes_assumed


@pytest.mark.parametrize(
    ("name", "operands", "fields", "recorded", "message"),
    [
        ("RESHAPE", [(2, 6)], {}, (3, 5), "12 elements do not make the shape [3, 5]"),
        ("BROADCAST_IN_DIM", [(2,)], {"broadcast_dimensions": [0]}, (3,), "cannot be repeated"),
        ("BROADCAST_IN_DIM", [(2,)], {"broadcast_dimensions": [1]}, (2,), "must be axes of"),
        ("ADD", [(2, 3), (3,)], {}, (), "StableHLO broadcasts nothing"),
        ("SELECT", [(3,), (2, 3), (2, 3)], {}, (), "`condition` must be a scalar or [2, 3]"),
        ("TRANSPOSE", [(2, 3)], {"permutation": [0]}, (), "not an order of the 2 axes"),
        ("CONCATENATE", [(2, 3), (2, 3)], {"dimension": -1}, (), "must be axes of"),
        (
            "SLICE",
            [(3,)],
            {"start_indices": [0], "limit_indices": [4], "strides": [1]},
            (),
            "is not a block of `input` [3]",
        ),
        ("DYNAMIC_SLICE", [(3,), ()], {"slice_sizes": [4]}, (), "does not fit into `input` [3]"),
        ("DYNAMIC_UPDATE_SLICE", [(3,), (4,), ()], {}, (), "does not fit into `input` [3]"),
        (
            "DOT_GENERAL",
            [(2, 3), (4, 5)],
            {"lhs_contracting_dimensions": [1], "rhs_contracting_dimensions": [0]},
            (),
            "axes [1] and [0] of [2, 3] and [4, 5] differ",
        ),
        (
            "DOT_GENERAL",
            [(2, 3), (2, 3)],
            {
                "lhs_batching_dimensions": [0],
                "rhs_batching_dimensions": [0],
                "lhs_contracting_dimensions": [0],
                "rhs_contracting_dimensions": [0],
            },
            (),
            "names an axis twice",
        ),
    ],
)
def test_refusals(name, operands, fields, recorded, message):
    case = Case(f"STABLEHLO_{name}", tuple(map(data, operands)), fields, recorded=(recorded,))
    assert message in refusal(case)


def test_an_open_shape_in_the_file_is_not_guessed():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 6])
    graph.outputs = [graph.tensor([1, 4], shapeSignature=[-1, 4])]
    graph.operator("STABLEHLO_RESHAPE", [x], graph.outputs)
    (operator,) = analyze_model(load(builder.pack())).operators
    assert operator.status is Status.UNSUPPORTED
    assert operator.note == "the file leaves the shape of its output open"
    assert operator.output_shapes == (None,)


def value_of(build):
    """The shape of a RESHAPE to what the graph computes."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([24])
    target = build(graph)
    graph.outputs = [graph.tensor([])]
    graph.operator("RESHAPE", [x, target], graph.outputs)
    return analyze_model(load(builder.pack())).operators[-1].output_shapes[0]


def step(graph, name, inputs, fields=None, *, shape=(2,), type=INT32):
    made = graph.tensor(shape, type)
    table = {"STABLEHLO_IOTA": "Iota", "STABLEHLO_COMPARE": "Compare", "STABLEHLO_SLICE": "Slice"}
    table |= {"STABLEHLO_CONCATENATE": "Concatenate", "STABLEHLO_DYNAMIC_SLICE": "DynamicSlice"}
    given = options(f"Stablehlo{table[name]}Options", **(fields or {})) if name in table else None
    graph.operator(name, inputs, [made], given)
    return made


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("ADD", [1, 5], [2, 3], (3, 8)),
        ("SUBTRACT", [5, 9], [2, 1], (3, 8)),
        ("MULTIPLY", [3, 2], [1, 4], (3, 8)),
        ("DIVIDE", [-7, -17], [-2, -2], (3, 8)),
        ("REMAINDER", [13, 26], [5, 9], (3, 8)),
        ("MAXIMUM", [3, 2], [1, 8], (3, 8)),
        ("MINIMUM", [3, 9], [5, 8], (3, 8)),
        ("POWER", [3, 2], [1, 3], (3, 8)),
        ("AND", [7, 12], [3, 9], (3, 8)),
        ("OR", [1, 8], [2, 8], (3, 8)),
    ],
)
def test_values_are_followed(name, x, y, expected):
    def build(graph):
        return step(
            graph, f"STABLEHLO_{name}", [graph.constant(x, INT32), graph.constant(y, INT32)]
        )

    assert value_of(build) == expected


def test_division_and_remainder_round_towards_zero():
    def build(graph):
        x, y = graph.constant([-7, 7], INT32), graph.constant([2, -2], INT32)
        quotient = step(graph, "STABLEHLO_DIVIDE", [x, y])  # -3, -3
        rest = step(graph, "STABLEHLO_REMAINDER", [x, y])  # -1, 1
        product_ = step(graph, "STABLEHLO_MULTIPLY", [quotient, rest])  # 3, -3
        return step(graph, "STABLEHLO_ADD", [product_, graph.constant([0, 11], INT32)])

    assert value_of(build) == (3, 8)


def test_a_shape_made_of_pieces():
    def build(graph):
        ramp = step(graph, "STABLEHLO_IOTA", [], shape=(10,))
        fields = {"start_indices": [3], "limit_indices": [9], "strides": [5]}
        ends = step(graph, "STABLEHLO_SLICE", [ramp], fields)  # 3, 8
        late = graph.constant(40, INT32)  # is moved to 8
        last = step(graph, "STABLEHLO_DYNAMIC_SLICE", [ramp, late], {"slice_sizes": [2]})
        is_small = step(graph, "STABLEHLO_COMPARE", [ends, last], {"comparison_direction": 5})
        wide = step(graph, "STABLEHLO_CONVERT", [is_small])  # 3 < 8, 8 < 9
        both = step(graph, "STABLEHLO_MULTIPLY", [wide, ends])
        return step(graph, "STABLEHLO_RESHAPE", [both])

    assert value_of(build) == (3, 8)


def test_newer_runtimes_agree():
    """The linked library has no kernel for these two."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    for name in ("STABLEHLO_AND", "STABLEHLO_SHIFT_LEFT"):
        for seed in range(6):
            case = GENERATORS[name](random.Random(f"newer {name} {seed}"), name)
            interpreter = litert.Interpreter(model_content=case.pack())
            interpreter.allocate_tensors()
            (output,) = interpreter.get_output_details()
            assert shapes(case) == (tuple(output["shape"]),)
