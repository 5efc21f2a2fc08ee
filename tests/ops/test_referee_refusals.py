"""Operators that cannot be: refused by the rules and by the runtime, or by the rules alone."""

import pytest

from configurations import Case, data, decides, scalar, weights
from referee import allocated_shapes, analyzed
from tflops_native.errors import InvokeError, ShapeError

CONV = {"padding": 1, "stride_h": 1, "stride_w": 1}
VALID_POOL = {**CONV, "filter_height": 2, "filter_width": 2}
F32_2 = ("FLOAT32", "FLOAT32")


def conv(input, kernel, **options):
    operands = (data(input), weights(kernel), weights((kernel[0],)))
    return Case("CONV_2D", operands, CONV | options)


def one(operator, shape, *operands, outputs=("FLOAT32",), **options):
    return Case(operator, (data(shape), *operands), options, outputs)


# Each with a part of our message.
REFUSED = {
    "conv of an image without batch": (conv((5, 5, 3), (2, 3, 3, 3)), "must have rank 4"),
    "conv with channels that do not divide": (conv((1, 5, 5, 3), (2, 3, 3, 2)), "depth 2"),
    "conv larger than its input": (conv((1, 2, 9, 3), (2, 5, 3, 3)), "does not fit"),
    "depthwise filter of 2 blocks": (
        Case("DEPTHWISE_CONV_2D", (data((1, 5, 5, 3)), weights((2, 3, 3, 3))), CONV),
        "must be [1, KH, KW, O]",
    ),
    "transposed conv of other depth": (
        Case(
            "TRANSPOSE_CONV",
            (decides([1, 5, 5, 2]), weights((2, 3, 3, 4)), data((1, 3, 3, 3))),
            CONV,
        ),
        "do not fit 3 input channels",
    ),
    "transposed conv into 3 axes": (
        Case(
            "TRANSPOSE_CONV",
            (decides([5, 5, 2]), weights((2, 3, 3, 3)), data((1, 3, 3, 3))),
            CONV,
        ),
        "must have 4 elements",
    ),
    "pool of rank 3": (one("MAX_POOL_2D", (4, 4, 3), **VALID_POOL), "must have rank 4"),
    "pool with stride 0": (
        one("AVERAGE_POOL_2D", (1, 4, 4, 3), **(VALID_POOL | {"stride_w": 0})),
        "stride must be 1",
    ),
    "fully connected, kept axis of other length": (
        Case(
            "FULLY_CONNECTED",
            (data((2, 4)), weights((3, 2)), None),
            {"keep_num_dims": True},
        ),
        "the last axis",
    ),
    "fully connected, weights of rank 3": (
        Case("FULLY_CONNECTED", (data((2, 4)), weights((3, 4, 1)), None)),
        "must have rank 2",
    ),
    "matrix product of 3 and 4": (
        one("BATCH_MATMUL", (2, 5, 3), data((2, 4, 6))),
        "the inner axes",
    ),
    "matrix product, batches of 2 and 3": (
        one("BATCH_MATMUL", (2, 5, 4), data((3, 4, 6))),
        "broadcast",
    ),
    "matrix product of a vector": (one("BATCH_MATMUL", (4,), data((4, 6))), "a matrix or more"),
    "sum of 3 and 4": (one("ADD", (2, 3), data((2, 4))), "broadcast"),
    "sum of 0 and 5": (one("ADD", (2, 0), data((2, 5))), "broadcast"),
    "comparison of 3 and 4": (one("LESS", (3,), data((4,)), outputs=("BOOL",)), "broadcast"),
    "alpha larger than x": (one("PRELU", (1, 3), data((2, 3))), "is larger than"),
    "sum of many, of two shapes": (one("ADD_N", (2, 3), data((3, 2))), "of one shape"),
    "sum of one": (one("ADD_N", (2, 3)), "two inputs or more"),
    "choice between two shapes": (
        Case("SELECT", (data((2, 3), "BOOL"), data((2, 3)), data((2, 1)))),
        "must have one shape",
    ),
    "condition of another shape": (
        Case("SELECT", (data((3,), "BOOL"), data((2, 3)), data((2, 3)))),
        "does not fit",
    ),
    "choice that does not broadcast": (
        Case("SELECT_V2", (data((4,), "BOOL"), data((2, 3)), data((2, 3)))),
        "broadcast",
    ),
    "reshape to another number": (one("RESHAPE", (2, 3), decides([4])), "do not fit into"),
    "reshape to an uneven rest": (one("RESHAPE", (2, 3), decides([4, -1])), "do not fit into"),
    "reshape with two rests": (one("RESHAPE", (2, 3), decides([-1, -1])), "at most one"),
    "squeeze of 2": (one("SQUEEZE", (2, 1), squeeze_dims=[0]), "is not of length 1"),
    "squeeze of no axis": (one("SQUEEZE", (2, 1), squeeze_dims=[2]), "does not exist"),
    "new axis too far": (one("EXPAND_DIMS", (2, 3), scalar(4)), "does not exist"),
    "paddings for other axes": (
        one("PAD", (2, 3), decides([1, 1], shape=(1, 2))),
        "must be [2, 2]",
    ),
    "negative paddings": (
        one("PAD", (2, 3), decides([0, -1, 0, 0], shape=(2, 2))),
        "must not be negative",
    ),
    "blocks that do not divide": (one("SPACE_TO_DEPTH", (1, 3, 4, 1), block_size=2), "3x4"),
    "channels of no block": (one("DEPTH_TO_SPACE", (1, 2, 2, 6), block_size=2), "6 channels"),
    "blocks that do not fill": (
        one("SPACE_TO_BATCH_ND", (1, 5, 4, 1), decides([2, 2]), decides([0] * 4, shape=(2, 2))),
        "do not divide",
    ),
    "batch of no blocks": (
        one("BATCH_TO_SPACE_ND", (3, 2, 2, 1), decides([2, 2]), decides([0] * 4, shape=(2, 2))),
        "a batch of 3",
    ),
    "more axes than there are": (one("REVERSE_V2", (2,), decides([0, 0])), "more than"),
    "joined along no axis": (one("CONCATENATION", (2, 3), data((2, 3)), axis=2), "does not exist"),
    "joined with other lengths": (
        one("CONCATENATION", (2, 3), data((3, 3)), axis=1),
        "differ along other axes",
    ),
    "joined with another rank": (
        one("CONCATENATION", (2, 3), data((2, 3, 1)), axis=0),
        "differ along other axes",
    ),
    "stack of two shapes": (
        one("PACK", (2, 3), data((2, 4)), values_count=2),
        "tensors of one shape",
    ),
    "stack along no axis": (one("PACK", (2, 3), values_count=1, axis=3), "does not exist"),
    "taken apart into too few": (
        one("UNPACK", (3, 2), num=2, outputs=F32_2),
        "2 outputs do not fit",
    ),
    "split of 5 in 2": (
        Case("SPLIT", (scalar(0), data((5,))), {"num_splits": 2}, F32_2),
        "cannot be split",
    ),
    "split along no axis": (
        Case("SPLIT", (scalar(1), data((4,))), {"num_splits": 2}, F32_2),
        "does not exist",
    ),
    "parts that do not add up": (
        one("SPLIT_V", (5,), decides([2, 2]), scalar(0), num_splits=2, outputs=F32_2),
        "do not add up",
    ),
    "two rests": (
        one("SPLIT_V", (5,), decides([-1, -1]), scalar(0), num_splits=2, outputs=F32_2),
        "do not add up",
    ),
    "slice of too much": (one("SLICE", (4,), decides([1]), decides([4])), "reach outside"),
    "slice of negative size": (one("SLICE", (4,), decides([1]), decides([-2])), "reach outside"),
    "slice from beyond": (one("SLICE", (4,), decides([5]), decides([-1])), "reach outside"),
    "steps of 0": (
        one("STRIDED_SLICE", (4,), decides([0]), decides([4]), decides([0])),
        "a stride of 0",
    ),
    "begin and end of two lengths": (
        one("STRIDED_SLICE", (4, 4), decides([0]), decides([4, 4]), decides([1])),
        "differ in length",
    ),
    "gather along no axis": (one("GATHER", (4,), data((2,), "INT32"), axis=1), "does not exist"),
    "gather with too many batch axes": (
        one("GATHER", (4, 3), data((4,), "INT32"), axis=0, batch_dims=1),
        "`batch_dims` 1",
    ),
    "gather with batches of 4 and 3": (
        one("GATHER", (4, 3), data((3, 2), "INT32"), axis=1, batch_dims=1),
        "must agree",
    ),
    "tile of other rank": (one("TILE", (2, 3), decides([2])), "do not fit"),
    "broadcast to fewer axes": (
        Case("BROADCAST_TO", (data((2, 3)), decides([3])), version=2),
        "cannot be repeated",
    ),
    "broadcast of 3 to 4": (
        Case("BROADCAST_TO", (data((2, 3)), decides([2, 4])), version=2),
        "broadcast",
    ),
    "negative shape": (Case("FILL", (decides([2, -1]), data(()))), "must not be negative"),
    "fill with a vector": (Case("FILL", (decides([2]), data((2,)))), "must have rank 0"),
    "range with steps of 0": (
        Case("RANGE", (scalar(0), scalar(3), scalar(0)), outputs=("INT32",)),
        "do not lead",
    ),
    "range in the wrong direction": (
        Case("RANGE", (scalar(0), scalar(3), scalar(-1)), outputs=("INT32",)),
        "do not lead",
    ),
    "largest along no axis": (
        one("ARG_MAX", (2, 3), scalar(2), output_type=2, outputs=("INT32",)),
        "does not exist",
    ),
    "segments that are no prefix": (
        one("UNSORTED_SEGMENT_SUM", (2, 3), weights((3,), "INT32"), scalar(2)),
        "must be a prefix",
    ),
    "too few segments": (
        one("UNSORTED_SEGMENT_SUM", (2, 3), weights((2,), "INT32"), scalar(0)),
        "`segment_ids` go up to 0",
    ),
    "resize of rank 3": (one("RESIZE_BILINEAR", (2, 3, 4), decides([2, 2])), "must have rank 4"),
    "softmax of a scalar": (one("SOFTMAX", ()), "must have rank 1 or more"),
    "response normalization of rank 3": (
        one("LOCAL_RESPONSE_NORMALIZATION", (2, 3, 4)),
        "must have rank 4",
    ),
    "shape in a type of its own": (
        one("SHAPE", (2, 3), out_type=0, outputs=("INT32",)),
        "must be INT32 or INT64",
    ),
    "tiles below 0": (one("TILE", (2, 3), decides([1, -1])), "do not fit"),
    "crops larger than the output": (
        one("BATCH_TO_SPACE_ND", (2, 1, 1), decides([2]), decides([2, 1], shape=(1, 2))),
        "are larger",
    ),
    "reduction along no axis": (one("REDUCE_MAX", (3,), decides([-2])), "does not exist"),
}

# What TensorFlow Lite 2.17 lets pass while it allocates, and why it is refused all the same.
ONLY_BY_US = {
    # 7 // 2 rows of 2: one element is dropped without a word.
    "fully connected, a broken row": (
        Case("FULLY_CONNECTED", (data((7,)), weights((3, 2)), None)),
        "not a whole number of rows",
    ),
    # An output without elements.
    "conv with stride 0": (conv((1, 5, 5, 3), (2, 3, 3, 3), stride_h=0), "stride must be 1"),
    "conv with dilation 0": (
        conv((1, 5, 5, 3), (2, 3, 3, 3), dilation_w_factor=0),
        "dilation must be 1",
    ),
    # The kernels find out when they run.
    "groups that do not divide the output": (conv((1, 5, 5, 6), (3, 3, 3, 3)), "2 groups"),
    "depthwise, no multiple of the channels": (
        Case("DEPTHWISE_CONV_2D", (data((1, 5, 5, 3)), weights((1, 3, 3, 4))), CONV),
        "not a multiple",
    ),
    "running sum along no axis": (one("CUMSUM", (2, 3), scalar(2)), "does not exist"),
    "reversed along no axis": (one("REVERSE_V2", (2, 3), decides([2])), "does not exist"),
    # Later releases refuse these.
    "transposed conv from another size": (
        Case(
            "TRANSPOSE_CONV",
            (decides([1, 9, 9, 2]), weights((2, 3, 3, 3)), data((1, 3, 3, 3))),
            CONV,
        ),
        "belongs to an input of 7x7",
    ),
    # Shapes with negative lengths, or begins outside of the input.
    "slice from before the start": (one("SLICE", (4,), decides([-1]), decides([2])), "outside"),
    "negative mirror": (
        one("MIRROR_PAD", (4,), decides([-1, 0], shape=(1, 2))),
        "must not be negative",
    ),
    # A third number is ignored.
    "resize to three lengths": (
        one("RESIZE_BILINEAR", (1, 3, 4, 3), decides([1, 1, 4])),
        "two positive lengths",
    ),
    # Beyond the axes the runtime reads whatever lies in memory.
    "offset for the first axis only": (
        one(
            "STRIDED_SLICE",
            (4, 5),
            decides([0]),
            decides([2]),
            decides([1]),
            offset=True,
        ),
        "with `offset`",
    ),
    "row of a scalar": (one("L2_NORMALIZATION", ()), "must have rank 1 or more"),
}


def parameters(cases):
    return [pytest.param(*case, id=name) for name, case in cases.items()]


@pytest.mark.parametrize(("case", "message"), parameters(REFUSED))
def test_refused_by_both(case, message):
    model = case.pack()
    with pytest.raises(ShapeError) as error:
        analyzed(model)
    assert message in str(error.value)
    with pytest.raises(InvokeError):
        allocated_shapes(model)


@pytest.mark.parametrize(("case", "message"), parameters(ONLY_BY_US))
def test_refused_by_us_alone(case, message):
    model = case.pack()
    with pytest.raises(ShapeError) as error:
        analyzed(model)
    assert message in str(error.value)
    allocated_shapes(model)  # not refused: the day it is, the case belongs above


def test_broadcast_of_clashing_shapes():
    """Not shown to the runtime, which ends the process."""
    case = Case("BROADCAST_ARGS", (decides([2, 3]), decides([2, 4])), outputs=("INT32",))
    with pytest.raises(ShapeError, match="cannot be broadcast"):
        analyzed(case.pack())


def test_depthwise_bias_that_is_marked_absent():
    """Refused by the runtime alone: it wants the bias left out instead. The count is the same."""
    kernel = weights((1, 3, 3, 3))
    left_out = Case("DEPTHWISE_CONV_2D", (data((1, 5, 5, 3)), kernel), CONV)
    marked = Case("DEPTHWISE_CONV_2D", (data((1, 5, 5, 3)), kernel, None), CONV)
    assert analyzed(marked.pack()).cost == analyzed(left_out.pack()).cost
    with pytest.raises(InvokeError):
        allocated_shapes(marked.pack())


def test_select_of_single_elements():
    """The runtime keeps the shape in the file, here a scalar's, if all have one element."""
    one_element = data((1, 1))
    model = Case("SELECT_V2", (data((1,), "BOOL"), one_element, one_element)).pack()
    assert analyzed(model).output_shapes == ((1, 1),)
    assert allocated_shapes(model) == ((),)


def test_strided_slice_of_many_axes():
    """This release stops at five axes; later ones do not."""
    operands = (data((2, 2, 2, 2)), decides([0, 0]), decides([0, 0]), decides([1, 1]))
    model = Case("STRIDED_SLICE", operands, {"new_axis_mask": 3}).pack()
    assert analyzed(model).output_shapes == ((1, 1, 2, 2, 2, 2),)
    with pytest.raises(InvokeError, match="only supports up to 5D"):
        allocated_shapes(model)
