"""Reductions, scans and searches."""

from configurations.case import Case, data, decides, scalar, weights
from configurations.drawing import any_shape, generates, lengths, signed_axis

F32, INT32, INT64, BOOL = "FLOAT32", "INT32", "INT64", "BOOL"
NUMBERS = (F32, INT32, INT64)


@generates("SUM", "MEAN", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL")
def reduce(r, name):
    dtype = BOOL if name in {"REDUCE_ANY", "REDUCE_ALL"} else r.choice(NUMBERS)
    shape = lengths(r, r.randint(0, 4))
    rank = len(shape)
    # Any number of axes, repetitions included.
    axes = [
        signed_axis(r, r.randrange(rank), rank) for _ in range(r.randint(0, rank) if rank else 0)
    ]
    operand = scalar(axes[0]) if len(axes) == 1 and r.random() < 0.5 else decides(axes)
    if not shape:
        operand = weights((0,), INT32)  # there is nothing to decide
    return Case(name, (data(shape, dtype), operand), {"keep_dims": r.random() < 0.5}, (dtype,))


def _axis_operand(r, rank):
    axis = signed_axis(r, r.randrange(rank), rank)
    return scalar(axis, r.choice([INT32, INT64]))


@generates("ARG_MAX", "ARG_MIN")
def search(r, name):
    made = r.choice([INT32, INT64])
    shape = lengths(r, r.randint(1, 4))
    options = {"output_type": {INT32: 2, INT64: 4}[made]}
    dtype = r.choice([F32, INT32])
    return Case(name, (data(shape, dtype), _axis_operand(r, len(shape))), options, (made,))


@generates("CUMSUM")
def cumsum(r, name):
    shape = any_shape(r, 1)
    rank = len(shape)
    axis = scalar(signed_axis(r, r.randrange(rank), rank))
    options = {"exclusive": r.random() < 0.5, "reverse": r.random() < 0.5}
    dtype = r.choice(NUMBERS)
    return Case(name, (data(shape, dtype), axis), options, (dtype,))


@generates(
    "UNSORTED_SEGMENT_SUM", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_MIN"
)
def unsorted_segment(r, name):
    shape = lengths(r, r.randint(1, 4))
    ids = shape[: r.randint(1, len(shape))]
    dtype = r.choice([F32, INT32])
    operands = (data(shape, dtype), weights(ids, INT32), scalar(r.randint(1, 4)))
    return Case(name, operands, {}, (dtype,))
