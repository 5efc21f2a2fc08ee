"""STRIDED_SLICE with every mask, and the other operators with an edge case of their own."""

import random

import pytest

from configurations import Case, data, decides, scalar, weights
from referee import allocated_shapes, analyzed, invoked_shapes
from tflops_native.errors import InvokeError, ShapeError


def agreed(case):
    """The output shapes of both; they must be the same."""
    model = case.pack()
    shapes = analyzed(model).output_shapes
    assert shapes == allocated_shapes(model)
    return shapes


def sliced(shape, begin, end, strides, **options):
    operands = (data(shape), decides(begin), decides(end), decides(strides))
    return Case("STRIDED_SLICE", operands, options)


# The expected shapes are those of numpy for the slice in the comment; x is [4, 5, 6].
@pytest.mark.parametrize(
    ("begin", "end", "strides", "masks", "expected"),
    [
        ([1, 0, 2], [3, 5, 6], [1, 2, 3], {}, (2, 3, 2)),  # x[1:3, 0:5:2, 2:6:3]
        ([0, 0], [0, 0], [1, 2], {"begin_mask": 3, "end_mask": 3}, (4, 3, 6)),  # x[:, ::2]
        ([-1], [-9], [-1], {}, (4, 5, 6)),  # x[::-1]
        ([-1, 4], [0, 0], [-2, -1], {"end_mask": 2}, (2, 5, 6)),  # x[-1:0:-2, 4::-1]
        ([3], [1], [1], {}, (0, 5, 6)),  # x[3:1]
        ([-100], [100], [3], {}, (2, 5, 6)),  # x[-100:100:3]
        ([1, 2], [2, 3], [1, 1], {"shrink_axis_mask": 1}, (1, 6)),  # x[1, 2:3]
        ([-1, -2, -3], [0, 0, 0], [1, 1, 1], {"shrink_axis_mask": 7}, ()),  # x[-1, -2, -3]
        ([0, 1], [0, 3], [1, 1], {"ellipsis_mask": 1}, (4, 5, 2)),  # x[..., 1:3]
        ([1, 0], [2, 0], [1, 1], {"ellipsis_mask": 2, "shrink_axis_mask": 1}, (5, 6)),  # x[1, ...]
        ([0, 0, 2], [2, 0, 4], [1, 1, 1], {"ellipsis_mask": 2}, (2, 5, 2)),  # x[0:2, ..., 2:4]
        ([0], [0], [1], {"new_axis_mask": 1}, (1, 4, 5, 6)),  # x[newaxis]
        ([0, 0], [0, 1], [1, 1], {"new_axis_mask": 1}, (1, 1, 5, 6)),  # x[newaxis, 0:1]
        (  # x[..., newaxis]
            [0, 0],
            [0, 0],
            [1, 1],
            {"ellipsis_mask": 1, "new_axis_mask": 2},
            (4, 5, 6, 1),
        ),
        (  # x[2, ..., newaxis, 1:3]
            [2, 0, 0, 1],
            [3, 0, 0, 3],
            [1, 1, 1, 1],
            {"ellipsis_mask": 2, "new_axis_mask": 4, "shrink_axis_mask": 1},
            (5, 1, 2),
        ),
        (  # x[newaxis] again: a new axis beats shrinking
            [0],
            [0],
            [1],
            {"new_axis_mask": 1, "shrink_axis_mask": 1},
            (1, 4, 5, 6),
        ),
    ],
)
def test_strided_slice_as_in_numpy(begin, end, strides, masks, expected):
    assert agreed(sliced((4, 5, 6), begin, end, strides, **masks)) == (expected,)


@pytest.mark.parametrize(
    ("end", "strides", "masks", "expected"),
    [
        ([2, 3], [1, 1], {}, (2, 3)),
        ([2, 3], [1, 2], {}, (2, 2)),  # ceil(3 / 2)
        ([2, 0], [1, 1], {}, (2, 0)),
        ([4, 3], [1, 1], {"begin_mask": 3, "end_mask": 3}, (4, 3)),  # the masks have no say
        ([9, 1], [1, 1], {"shrink_axis_mask": 2}, (9,)),  # nor has the length of the axis
    ],
)
def test_strided_slice_whose_end_counts_from_begin(end, strides, masks, expected):
    case = sliced((4, 5), [1, 1], end, strides, offset=True, **masks)
    assert agreed(case) == (expected,)


def test_with_offset_begin_decides_nothing():
    case = sliced((4, 5), [1, 1], [2, 3], [1, 1], offset=True)
    begin = data((2,), "INT32")
    case = Case("STRIDED_SLICE", (case.operands[0], begin, *case.operands[2:]), case.options)
    assert agreed(case) == ((2, 3),)


def test_an_ellipsis_takes_one_axis_at_least():
    """As Python has it, x[..., 0:1] would be [1] for an x of one axis; the runtime has its way."""
    case = sliced((4,), [0, 0], [0, 1], [1, 1], ellipsis_mask=1)
    assert agreed(case) == ((4,),)


def test_strided_slice_any_masks():
    """Random numbers and masks, most of them senseless: both refuse, or both give one shape."""
    r = random.Random("any masks")
    accepted = 0
    for _ in range(400):
        rank = r.randint(0, 3)
        shape = tuple(r.randint(0, 4) for _ in range(rank))
        n = r.randint(0, rank + 1)
        masks = {
            mask: r.getrandbits(n) & r.getrandbits(n) if n else 0
            for mask in ("begin_mask", "end_mask", "shrink_axis_mask", "new_axis_mask")
        }
        if n and r.random() < 0.4:  # more than one ellipsis: refused here, taken by the runtime
            masks["ellipsis_mask"] = 1 << r.randrange(n)
        if rank + masks["new_axis_mask"].bit_count() > 5:
            continue  # more than this release of the runtime can do
        begin, end = ([r.randint(-6, 6) for _ in range(n)] for _ in range(2))
        strides = [r.choice([-2, -1, 1, 1, 1, 2, 0]) for _ in range(n)]
        model = sliced(shape, begin, end, strides, **masks).pack()
        try:
            shapes = analyzed(model).output_shapes
        except ShapeError as error:
            if "ellipsis" in str(error):
                continue  # the runtime reads beyond the input's shape
            with pytest.raises(InvokeError):
                allocated_shapes(model)
        else:
            assert shapes == allocated_shapes(model)
            accepted += 1
    assert accepted > 200


@pytest.mark.parametrize(
    ("operator", "shape", "operands", "options", "expected"),
    [
        ("SQUEEZE", (1, 2, 1, 3), (), {"squeeze_dims": [-2]}, (1, 2, 3)),
        ("SQUEEZE", (1, 2, 1, 3), (), {"squeeze_dims": [-4, 2]}, (2, 3)),
        ("SQUEEZE", (1, 2, 1, 0), (), {}, (2, 0)),
        ("SQUEEZE", (1, 1), (), {}, ()),
        ("EXPAND_DIMS", (2, 3), (scalar(-1),), {}, (2, 3, 1)),
        ("EXPAND_DIMS", (2, 3), (scalar(-3),), {}, (1, 2, 3)),
        ("RESHAPE", (2, 3), (decides([-1]),), {}, (6,)),
        ("RESHAPE", (2, 3), (), {"new_shape": [3, -1]}, (3, 2)),
        ("RESHAPE", (1, 1), (), {"new_shape": [0]}, ()),
        ("RESHAPE", (1, 1), (), {}, ()),
        ("RESHAPE", (2, 3), (decides([6]),), {"new_shape": [3, 2]}, (6,)),  # the tensor wins
        ("RESHAPE", (2, 3), (decides([6], "INT64"),), {"new_shape": [3, 2]}, (3, 2)),
        ("RESHAPE", (2, 3), (decides([6], "INT32", ()),), {"new_shape": [3, 2]}, (3, 2)),
        ("RESHAPE", (0, 3), (decides([-1, 0]),), {}, (3, 0)),
        ("RESHAPE", (2, 0), (decides([0, -1]),), {}, (0, 2)),
        ("RESHAPE", (0, 3), (decides([5, -1]),), {}, (5, 0)),
        ("RESHAPE", (0, 3), (decides([3, 0, 7]),), {}, (3, 0, 7)),
        ("SUM", (2, 3, 4), (decides([-1, 2, 2]),), {}, (2, 3)),  # one axis, three times
        ("SUM", (2, 3, 4), (decides([1, -3]),), {"keep_dims": True}, (1, 1, 4)),
        ("SUM", (2, 3, 4), (scalar(1),), {}, (2, 4)),
        ("SUM", (2, 3, 4), (decides([]),), {}, (2, 3, 4)),
        ("SUM", (2, 0, 4), (decides([1]),), {}, (2, 4)),
        ("SUM", (), (weights((0,), "INT32"),), {}, ()),
        ("SLICE", (4, 5), (decides([1, 0]), decides([-1, 5])), {}, (3, 5)),
        ("SLICE", (4, 5), (decides([4, 2]), decides([-1, 0])), {}, (0, 0)),
        ("TILE", (2, 3), (decides([0, 2]),), {}, (0, 6)),
        ("BROADCAST_TO", (3, 1), (decides([2, 3, 4]),), {}, (2, 3, 4)),
        ("MIRROR_PAD", (3, 4), (decides([2, 2, 0, 3], shape=(2, 2)),), {"mode": 0}, (7, 7)),
        ("MIRROR_PAD", (3, 4), (decides([3, 3, 0, 4], shape=(2, 2)),), {"mode": 1}, (9, 8)),
        ("PAD", (3,), (decides([1, 2], "INT64", (1, 2)),), {}, (6,)),
        ("RESIZE_BILINEAR", (2, 3, 4, 5), (decides([7, 1]),), {}, (2, 7, 1, 5)),
    ],
)
def test_edges(operator, shape, operands, options, expected):
    version = 2 if operator == "BROADCAST_TO" else 1
    case = Case(operator, (data(shape), *operands), options, version=version)
    assert agreed(case) == (expected,)


@pytest.mark.parametrize(
    ("shape", "indices", "axis", "batch_dims", "expected"),
    [
        ((4, 5), (), 0, 0, (5,)),
        ((4, 5), (2, 3), -1, 0, (4, 2, 3)),
        ((4, 5, 6), (4, 7), 1, 1, (4, 7, 6)),
        ((4, 5, 6), (4, 5, 2), 2, 2, (4, 5, 2)),
        ((4, 5, 6), (4, 7), 2, -1, (4, 5, 7)),  # -1 is 1 for indices of rank 2
    ],
)
def test_gather(shape, indices, axis, batch_dims, expected):
    options = {"axis": axis, "batch_dims": batch_dims}
    assert agreed(Case("GATHER", (data(shape), data(indices, "INT32")), options)) == (expected,)


def test_split_v_fills_up():
    operands = (data((2, 9)), decides([2, -1, 3]), scalar(-1))
    case = Case("SPLIT_V", operands, {"num_splits": 3}, ("FLOAT32",) * 3)
    assert agreed(case) == ((2, 2), (2, 4), (2, 3))


@pytest.mark.parametrize(
    ("start", "limit", "delta", "type", "length"),
    [
        (0, 10, 3, "INT32", 4),
        (5, -6, -2, "INT64", 6),
        (3, 3, 1, "INT32", 0),
        (0, 1, 0.25, "FLOAT32", 4),
        (0, 0.3, 0.1, "FLOAT32", 3),  # 4 in double precision: 0.3 is above 3 * 0.1 there
        (1, 0, -0.1, "FLOAT32", 10),
        (0, 0.7, 0.1, "FLOAT32", 7),
    ],
)
def test_range(start, limit, delta, type, length):
    operands = tuple(scalar(number, type) for number in (start, limit, delta))
    assert agreed(Case("RANGE", operands, {}, (type,))) == ((length,),)


@pytest.mark.parametrize("condition", [(3, 2), (), (3,)])
def test_select_forms(condition):
    operands = (data(condition, "BOOL"), data((3, 2)), data((3, 2)))
    assert agreed(Case("SELECT", operands)) == ((3, 2),)


def test_shuffled_fully_connected_has_a_workspace():
    """Not run: the runtime wants weights in an order of their own. It is the rule's own claim."""
    options = {"weights_format": 1, "keep_num_dims": False}
    operands = (data((1, 16), "UINT8"), weights((4, 16), "UINT8"), weights((4,), "INT32"))
    model = Case("FULLY_CONNECTED", operands, options, ("INT16", "UINT8")).pack()
    assert analyzed(model).output_shapes == ((1, 4), (1, 16))


def test_reversed_axes_are_not_needed_for_the_shape():
    late = Case("REVERSE_V2", (data((2, 3)), decides([1]))).late()
    model = late.pack()
    assert analyzed(model).output_shapes == invoked_shapes(
        model, [operand.array for operand in late.graph_inputs]
    )
