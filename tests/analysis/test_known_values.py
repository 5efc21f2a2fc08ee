"""Values that the user gives, values known in part, and positions that only a run knows."""

import contextlib
import itertools
import math

import numpy as np
import pytest

from builders import ModelBuilder, options
from referee import invoked_shapes
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY
from workloads import analyze_model


def model(build):
    builder = ModelBuilder()
    build(builder.graph())
    return builder.pack()


def packed(graph, *parts):
    made = graph.tensor([len(parts)], "INT32")
    graph.operator("PACK", parts, [made], options("PackOptions", values_count=len(parts)))
    return made


def sliced(size):
    """SLICE at [begin, 0], then a product: what streaming models do with a table of positions."""

    def build(graph):
        x, begin = graph.input([10, 8]), graph.input([], "INT32", name="begin")
        zero = graph.constant(np.array(0), "INT32")
        start = packed(graph, begin, zero)
        # The runtime trusts the shape in the file where that leaves no length open.
        part = graph.tensor([1, 8], shapeSignature=[-1, 8])
        made = graph.tensor([1, 4], shapeSignature=[-1, 4])
        lengths = graph.constant(size, "INT32")
        graph.operator("SLICE", [x, start, lengths], [part], options("SliceOptions"))
        weights = graph.constant(np.zeros((4, 8), "f4"))
        graph.operator(
            "FULLY_CONNECTED", [part, weights, -1], [made], options("FullyConnectedOptions")
        )
        graph.outputs = [made]

    return model(build)


@pytest.mark.parametrize("size", [[2, 8], [2, -1]])
def test_slice_at_a_position_that_only_the_run_knows(size):
    data = sliced(size)
    analysis = analyze_model(load(data), strict=True)
    shapes = invoked_shapes(data, [np.zeros((10, 8), "f4"), np.array(3, "i4")])
    assert (analysis.operators[-1].output_shapes[0],) == shapes
    assert analysis.macs == 2 * 4 * 8


def test_slice_to_the_end_from_there_needs_the_position():
    analysis = analyze_model(load(sliced([-1, 8])))
    assert analysis.operators[1].status is Status.UNSUPPORTED
    assert analysis.operators[1].note.endswith("give it with --input begin=FILE")
    assert analysis.waits_for == ("begin",)


def test_the_position_can_be_given():
    data = sliced([-1, 8])
    analysis = analyze_model(load(data), inputs={"begin": np.array(3, "i4")}, strict=True)
    shapes = invoked_shapes(data, [np.zeros((10, 8), "f4"), np.array(3, "i4")])
    assert (analysis.operators[-1].output_shapes[0],) == shapes == ((7, 4),)
    assert analysis.waits_for == ()


def shrunk(graph):
    """x[i] of an image, with its end computed as i + 1."""
    x, begin = graph.input([10, 3, 8]), graph.input([1], "INT32")
    one, step = graph.constant([1], "INT32"), graph.constant([1], "INT32")
    end, made = graph.tensor([1], "INT32"), graph.tensor([3, 8])
    graph.operator("ADD", [begin, one], [end], options("AddOptions"))
    graph.operator(
        "STRIDED_SLICE",
        [x, begin, end, step],
        [made],
        options("StridedSliceOptions", shrink_axis_mask=1),
    )
    graph.outputs = [made]


def test_one_element_along_an_axis_wherever_it_is():
    data = model(shrunk)
    analysis = analyze_model(load(data), strict=True)
    shapes = invoked_shapes(data, [np.zeros((10, 3, 8), "f4"), np.array([4], "i4")])
    assert (analysis.operators[-1].output_shapes[0],) == shapes == ((3, 8),)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_transposed_convolution_of_a_size_that_only_the_run_knows(stride, padding):
    def build(graph):
        size, x = graph.input([4], "INT32", name="size"), graph.input([1, 5, 5, 2])
        weights = graph.constant(np.zeros((3, 3, 3, 2), "f4"))
        graph.outputs = [graph.tensor([1, 1, 1, 3])]
        fields = {"padding": padding, "stride_h": stride, "stride_w": stride}
        graph.operator(
            "TRANSPOSE_CONV",
            [size, weights, x],
            graph.outputs,
            options("TransposeConvOptions", **fields),
        )

    data = model(build)
    length = 5 * stride if padding == 0 else 4 * stride + 3
    exact = analyze_model(
        load(data), inputs={"size": np.array([1, length, length, 3], "i4")}, strict=True
    )
    late = analyze_model(load(data))
    given = [np.array([1, length, length, 3], "i4"), np.zeros((1, 5, 5, 2), "f4")]
    assert exact.operators[0].output_shapes == invoked_shapes(data, given)
    assert late.macs == exact.macs == 5 * 5 * 2 * 3 * 3 * 3
    assert late.coverage.is_complete is (stride == 1)
    bound = late.operators[0].output_shapes[0]
    assert all(most >= true for most, true in zip(bound, (1, length, length, 3), strict=True))


def test_work_on_given_values_is_still_work():
    def build(graph):
        n, one, made = graph.input([4], "INT32"), graph.constant([1], "INT32"), graph.tensor([4])
        graph.tensors[made].type = graph.tensors[n].type
        graph.operator("ADD", [n, one], [made], options("AddOptions"))
        graph.outputs = [made]

    loaded = load(model(build))
    name = loaded.subgraphs[0].tensors[0].name
    plain, given = (
        analyze_model(loaded, inputs=v) for v in (None, {name: np.arange(4, dtype="i4")})
    )
    assert plain.total == given.total
    assert plain.total.scalar_ops == 4


FOLDED = sorted(name for name, rule in REGISTRY.items() if "fold" in rule.fixed)


@pytest.mark.parametrize("name", FOLDED)
@pytest.mark.parametrize("kind", ["INT32", "INT64", "FLOAT32"])
def test_hostile_values_are_folded_or_not_known(name, kind):
    """Results that no type holds: a power of millions of digits, a complex root, a shift by 2^31."""
    most = 2**62 if kind == "INT64" else 2**30
    numbers = (-most, -8, -1, 0, 1, 2, 63, most)
    if kind == "FLOAT32":
        numbers = (-3e38, -8, -0.5, 0, 0.5, 3e38, math.inf, math.nan)
    rule = REGISTRY[name]

    def counted(operands):
        """How many of these operators, all in one model."""
        builder = ModelBuilder()
        graph = builder.graph()
        for values in operands:
            constants = [graph.constant(np.array([number], kind.lower())) for number in values]
            graph.outputs = [*graph.outputs, graph.tensor([], kind)]
            table = options(rule.options_type) if rule.options_type else None
            graph.operator(name, constants, graph.outputs[-1:], table)
        return len(analyze_model(load(builder.pack())).operators)

    combinations = list(itertools.product(numbers, repeat=len(rule.roles)))
    try:
        assert counted(combinations) == len(combinations)
    except ShapeError:  # it takes other types, or not all of these values
        few = (numbers[0], numbers[3], numbers[-1])
        for values in itertools.product(few, repeat=len(rule.roles)):
            with contextlib.suppress(ShapeError):
                assert counted([values]) == 1
