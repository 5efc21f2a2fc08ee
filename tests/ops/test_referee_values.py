"""Shapes that the graph computes: SHAPE, arithmetic on it, and an operator that takes the result.

The rules must follow the numbers without running the model; the runtime, which has run it, decides.
"""

import numpy as np
import pytest

from builders import ModelBuilder, options
from referee import invoked_shapes
from tflops_native.analysis.operators import Status
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY
from workloads import analyze_model

INT32, INT64 = 2, 4


class Chain:
    """A graph on one float input; every step adds an operator and returns its output."""

    def __init__(self, shape):
        self.builder = ModelBuilder()
        self.graph = self.builder.graph()
        self.shape = shape
        self.x = self.graph.input(shape)

    def constant(self, values, dtype="INT32"):
        return self.graph.constant(values, dtype)

    def step(self, name, *inputs, dtype="INT32", outputs=1, version=1, **fields):
        """Inputs are tensors, or numbers: these become constants of INT32."""
        indices = [item if isinstance(item, int) else self.constant(*item) for item in inputs]
        # Nobody may believe the stored shape. It is a scalar's, for the runtime believes others of
        # SLICE and SELECT_V2.
        made = [self.graph.tensor([], dtype) for _ in range(outputs)]
        table = REGISTRY[name].options_type
        operator_options = options(table, **fields) if table else None
        self.graph.operator(name, indices, made, operator_options, version=version)
        return made[0] if outputs == 1 else made

    def sizes(self):
        """The lengths of x, as scalars."""
        shape = self.step("SHAPE", self.x, out_type=INT32)
        return self.step("UNPACK", shape, outputs=len(self.shape), num=len(self.shape))

    def vector(self, *scalars):
        return self.step("PACK", *scalars, values_count=len(scalars))

    def shapes(self, result):
        """The shape of the result: analysed, and as the runtime has it after one run."""
        self.graph.outputs = [result]
        model = self.builder.pack()
        analysis = analyze_model(load(model))
        assert all(
            operator.status in {Status.COUNTED, Status.NO_ARITHMETIC}
            for operator in analysis.operators
        )
        ours = analysis.operators[-1].output_shapes
        return ours, invoked_shapes(model, [np.zeros(self.shape, np.float32)])


def flatten_all_but_the_batch(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    batch = c.step("STRIDED_SLICE", shape, ([0],), ([1],), ([1],), begin_mask=1, shrink_axis_mask=1)
    target = c.vector(batch, c.constant(-1))
    return c.step("RESHAPE", c.x, target, dtype="FLOAT32")


def heads_of_attention(c):
    n, length, width = c.sizes()
    per_head = c.step("FLOOR_DIV", width, (4,))
    split = c.step("RESHAPE", c.x, c.vector(n, length, c.constant(4), per_head), dtype="FLOAT32")
    return c.step("TRANSPOSE", split, ([0, 2, 1, 3],), dtype="FLOAT32")


def product_of_a_slice(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    tail = c.step("SLICE", shape, ([1],), ([-1],))
    rest = c.step("REDUCE_PROD", tail, ([0],), keep_dims=True)
    first = c.step("GATHER", shape, ([0],))
    target = c.step("CONCATENATION", first, rest)
    return c.step("RESHAPE", c.x, target, dtype="FLOAT32")


def long_shape_cast_to_int32(c):
    shape = c.step("SHAPE", c.x, dtype="INT64", out_type=INT64)
    doubled = c.step("ADD", shape, shape, dtype="INT64")
    target = c.step("CAST", doubled)
    return c.step("FILL", target, (1,))


def fill_with_a_64_bit_shape(c):
    shape = c.step("SHAPE", c.x, dtype="INT64", out_type=INT64)
    return c.step(
        "FILL",
        c.step("SUB", shape, ([1], "INT64"), dtype="INT64"),
        (0.5, "FLOAT32"),
        dtype="FLOAT32",
    )


def broadcast_to_the_larger_shape(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    target = c.step("MAXIMUM", shape, ([3, 3, 3],))
    one = c.step("FILL", ([1, 1, 1],), (0.0, "FLOAT32"), dtype="FLOAT32")
    return c.step("BROADCAST_TO", one, target, dtype="FLOAT32", version=2)


def broadcast_of_two_shapes(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    target = c.step("BROADCAST_ARGS", shape, ([5, 1, 1, 1],))
    return c.step("BROADCAST_TO", c.x, target, dtype="FLOAT32", version=2)


def tile_up_to_a_multiple(c):
    n, *_ = c.sizes()
    missing = c.step("FLOOR_MOD", c.step("NEG", n), (5,))
    return c.step("TILE", c.x, c.vector(missing, c.constant(2), c.constant(1)), dtype="FLOAT32")


def pad_to_a_multiple(c):
    _, length, _ = c.sizes()
    missing = c.step("FLOOR_MOD", c.step("SUB", (0,), length), (8,))
    zero = c.constant(0)
    flat = c.vector(zero, zero, zero, missing, zero, zero)
    return c.step("PAD", c.x, c.step("RESHAPE", flat, ([3, 2],)), dtype="FLOAT32")


def slice_of_the_first_half(c):
    n, length, width = c.sizes()
    half = c.step("DIV", length, (2,))
    begin = c.vector(c.constant(0), half, c.constant(0))
    size = c.vector(n, c.step("MINIMUM", half, (2,)), width)
    return c.step("SLICE", c.x, begin, size, dtype="FLOAT32")


def strided_slice_to_the_length(c):
    n, length, width = c.sizes()
    end = c.vector(n, c.step("SUB", length, (1,)), width)
    return c.step("STRIDED_SLICE", c.x, ([0, 0, 0],), end, ([1, 2, 1],), dtype="FLOAT32")


def positions(c):
    _, length, _ = c.sizes()
    return c.step("RANGE", (0,), c.step("MUL", length, (2,)), (3,))


def float_positions(c):
    _, length, _ = c.sizes()
    limit = c.step("CAST", length, dtype="FLOAT32")
    tenth = c.step("DIV", limit, (10.0, "FLOAT32"), dtype="FLOAT32")
    return c.step("RANGE", (0.0, "FLOAT32"), tenth, (0.1, "FLOAT32"), dtype="FLOAT32")


def twice_the_size_of_an_image(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    image = c.step("STRIDED_SLICE", shape, ([1],), ([3],), ([1],))
    size = c.step("MUL", image, ([2],))
    return c.step("RESIZE_NEAREST_NEIGHBOR", c.x, size, dtype="FLOAT32")


def image_scaled_by_a_float(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    image = c.step("CAST", c.step("SLICE", shape, ([1],), ([2],)), dtype="FLOAT32")
    scaled = c.step(
        "FLOOR", c.step("MUL", image, (1.6, "FLOAT32"), dtype="FLOAT32"), dtype="FLOAT32"
    )
    return c.step("RESIZE_BILINEAR", c.x, c.step("CAST", scaled), dtype="FLOAT32")


def one_of_two_shapes(c):
    n, length, width = c.sizes()
    is_long = c.step("GREATER", length, (3,), dtype="BOOL")
    chosen = c.step("SELECT_V2", is_long, length, (7,))
    return c.step("FILL", c.vector(n, chosen, width), (1,))


def one_of_two_vectors(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    is_one = c.step("EQUAL", shape, ([1],), dtype="BOOL")
    return c.step("FILL", c.step("SELECT", is_one, ([9, 9, 9],), shape), (1,))


def logical_choice(c):
    n, length, width = c.sizes()
    small = c.step("LESS_EQUAL", n, (2,), dtype="BOOL")
    wide = c.step("NOT_EQUAL", width, (1,), dtype="BOOL")
    both = c.step("LOGICAL_AND", small, c.step("LOGICAL_NOT", wide, dtype="BOOL"), dtype="BOOL")
    either = c.step("LOGICAL_OR", both, small, dtype="BOOL")
    count = c.step("CAST", either)
    return c.step("FILL", c.vector(length, c.step("ADD", count, (1,))), (1,))


def reduced_shape(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    most = c.step("REDUCE_MAX", shape, ([0],), keep_dims=True)
    least = c.step("REDUCE_MIN", shape, ([0],), keep_dims=True)
    total = c.step("SUM", shape, ([0],), keep_dims=True)
    return c.step("FILL", c.step("CONCATENATION", most, least, total), (1,))


def transposed_paddings(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    zeros = c.step("ZEROS_LIKE", shape)
    pair = c.step("PACK", zeros, shape, values_count=2)
    return c.step("PAD", c.x, c.step("TRANSPOSE", pair, ([1, 0],)), dtype="FLOAT32")


def permutation_from_the_rank(c):
    rank = c.step("RANK", c.x)
    axes = c.step("RANGE", (0,), rank, (1,))
    return c.step("TRANSPOSE", c.x, c.step("REVERSE_V2", axes, ([0],)), dtype="FLOAT32")


def axes_from_the_rank(c):
    last = c.step("SUB", c.step("RANK", c.x), (1,))
    return c.step("SUM", c.x, last, dtype="FLOAT32")


def shape_taken_apart_and_joined(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    first, second, third = c.step("SPLIT", (0,), shape, outputs=3, num_splits=3)
    swapped = c.step("CONCATENATION", third, first, second)
    return c.step("RESHAPE", c.x, swapped, dtype="FLOAT32")


def shape_in_two_parts(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    head, tail = c.step("SPLIT_V", shape, ([1, -1],), (0,), outputs=2, num_splits=2)
    merged = c.step("EXPAND_DIMS", c.step("REDUCE_PROD", head, ([0],)), (0,))
    product = c.step("TILE", merged, ([2],))
    return c.step("FILL", c.step("CONCATENATION", product, tail), (1,))


def powers_and_shifts(c):
    _, length, _ = c.sizes()
    square = c.step("POW", length, (2,))
    difference = c.step("SQUARED_DIFFERENCE", length, (1,))
    half = c.step("RIGHT_SHIFT", square, (1,))
    other = c.step("ABS", c.step("BITWISE_XOR", difference, (1,)))
    return c.step("FILL", c.vector(square, half, other), (1,))


def rounded_up_square_root(c):
    _, length, _ = c.sizes()
    root = c.step("SQRT", c.step("CAST", length, dtype="FLOAT32"), dtype="FLOAT32")
    up = c.step("CAST", c.step("CEIL", root, dtype="FLOAT32"))
    nearest = c.step("CAST", c.step("ROUND", root, dtype="FLOAT32"))
    return c.step("FILL", c.vector(up, nearest), (1,))


def floor_of_a_float_quotient(c):
    # 0.7 / 0.1 would be 7 in float32, but the kernel divides in double precision, and it is 6.
    _, length, _ = c.sizes()
    tenths = c.step(
        "DIV", c.step("CAST", length, dtype="FLOAT32"), (10.0, "FLOAT32"), dtype="FLOAT32"
    )
    count = c.step("FLOOR_DIV", tenths, (0.1, "FLOAT32"), dtype="FLOAT32")
    return c.step("FILL", c.vector(c.step("CAST", count)), (1,))


def squeezed_sizes(c):
    shape = c.step("SHAPE", c.x, out_type=INT32)
    row = c.step("RESHAPE", shape, ([1, -1],))
    return c.step("FILL", c.step("SQUEEZE", row, squeeze_dims=[0]), (1,))


def broadcast_size(c):
    n, *_ = c.sizes()
    target = c.step("BROADCAST_TO", n, ([2],), version=2)
    return c.step("FILL", target, (1,))


RANK_3 = [
    flatten_all_but_the_batch,
    product_of_a_slice,
    long_shape_cast_to_int32,
    fill_with_a_64_bit_shape,
    broadcast_to_the_larger_shape,
    broadcast_of_two_shapes,
    tile_up_to_a_multiple,
    pad_to_a_multiple,
    slice_of_the_first_half,
    strided_slice_to_the_length,
    positions,
    float_positions,
    one_of_two_shapes,
    one_of_two_vectors,
    logical_choice,
    reduced_shape,
    transposed_paddings,
    permutation_from_the_rank,
    axes_from_the_rank,
    shape_taken_apart_and_joined,
    shape_in_two_parts,
    powers_and_shifts,
    rounded_up_square_root,
    floor_of_a_float_quotient,
    squeezed_sizes,
    broadcast_size,
]


@pytest.mark.parametrize("shape", [(1, 7, 3), (2, 3, 1), (4, 8, 2)], ids=str)
@pytest.mark.parametrize("chain", RANK_3)
def test_chains(chain, shape):
    c = Chain(shape)
    ours, theirs = c.shapes(chain(c))
    assert ours == theirs


@pytest.mark.parametrize("shape", [(1, 5, 8), (3, 2, 12)], ids=str)
def test_attention(shape):
    c = Chain(shape)
    n, length, width = shape
    ours, theirs = c.shapes(heads_of_attention(c))
    assert ours == theirs == ((n, 4, length, width // 4),)


@pytest.mark.parametrize("chain", [twice_the_size_of_an_image, image_scaled_by_a_float])
def test_images(chain):
    c = Chain((1, 5, 7, 3))
    ours, theirs = c.shapes(chain(c))
    assert ours == theirs


def test_shape_arithmetic_is_no_arithmetic_of_the_model():
    c = Chain((2, 7, 3))
    c.graph.outputs = [positions(c)]
    analysis = analyze_model(load(c.builder.pack()))
    assert analysis.total.operations == 0
    assert analysis.coverage.is_complete


def test_an_unknown_number_spreads():
    """What depends on data is not known, nor is anything that is made of it."""
    c = Chain((2, 3))
    count = c.step("CAST", c.step("SUM", c.x, ([0, 1],), dtype="FLOAT32"))
    made = c.step("FILL", c.vector(count, c.constant(2)), (1,))
    c.graph.outputs = [c.step("NEG", made)]
    *_, fill, negated = analyze_model(load(c.builder.pack())).operators
    assert fill.status is Status.UNSUPPORTED
    assert fill.note == "the value of `dims` is known only when the model runs"
    assert fill.shapes_assumed
    assert negated.input_shapes == ((),)  # that of the file
