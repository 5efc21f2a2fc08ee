"""Operators that search and sort."""

from configurations.case import Case, data, decides, scalar
from configurations.drawing import any_shape, generates, lengths

F32, INT8, INT32, INT64, BOOL = "FLOAT32", "INT8", "INT32", "INT64", "BOOL"


@generates("TOPK_V2")
def top_k(r, name):
    shape = lengths(r, r.randint(1, 4))
    dtype = r.choice([F32, INT8, INT32, INT64])
    return Case(name, (data(shape, dtype), scalar(r.randint(0, shape[-1]))), {}, (dtype, INT32))


@generates("BUCKETIZE")
def bucketize(r, name):
    boundaries = sorted(r.uniform(-5, 5) for _ in range(r.randint(1, 5)))
    operand = data(any_shape(r), r.choice([F32, INT32, INT64]))
    return Case(name, (operand,), {"boundaries": boundaries}, (INT32,))


@generates("UNIQUE")
def unique(r, name):
    dtype = r.choice([F32, INT32, INT64])
    made = r.choice([INT32, INT64])
    value = [r.randint(0, 4) for _ in range(r.randint(1, 8))]
    options = {"idx_out_type": {INT32: 2, INT64: 4}[made]}
    return Case(name, (decides(value, dtype),), options, (dtype, made))


@generates("WHERE")
def where(r, name):
    shape = any_shape(r, 1, 3)
    elements = data(shape).array.size
    value = [r.randint(0, 1) for _ in range(elements)]
    return Case(name, (decides(value, r.choice([BOOL, INT32, F32]), shape),), {}, (INT64,))


@generates("SEGMENT_SUM")
def segment_sum(r, name):
    shape = lengths(r, r.randint(1, 3))
    ids = [0]
    while len(ids) < shape[0]:
        ids.append(ids[-1] + r.randint(0, 1))
    dtype = r.choice([F32, INT32])
    return Case(name, (data(shape, dtype), decides(ids)), {}, (dtype,))


@generates("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5")
def non_max_suppression(r, name):
    boxes = r.randint(1, 6)
    operands = (
        data((boxes, 4), F32, [r.random() for _ in range(4 * boxes)]),
        data((boxes,), F32, [r.random() for _ in range(boxes)]),
        scalar(r.randint(0, 5)),
        data((), F32, [0.5]),
        data((), F32, [0.1]),
    )
    if name == "NON_MAX_SUPPRESSION_V4":
        return Case(name, operands, {}, (INT32, INT32))
    return Case(name, (*operands, data((), F32, [0.5])), {}, (INT32, F32, INT32))
