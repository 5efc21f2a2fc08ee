"""Operators that take a part of a tensor, or repeat it."""

from configurations.case import Case, data, decides, scalar
from configurations.drawing import any_shape, generates, lengths, part_of, signed_axis

F32, INT8, INT32, INT64 = "FLOAT32", "INT8", "INT32", "INT64"
TYPES = (F32, INT8, INT32, INT64)


@generates("SLICE")
def slice_(r, name):
    shape = any_shape(r)
    begin = [r.randint(0, length) for length in shape]
    size = [
        r.choice([-1, r.randint(0, length - first)])
        for length, first in zip(shape, begin, strict=True)
    ]
    index_type, dtype = r.choice([INT32, INT64]), r.choice(TYPES)
    operands = (data(shape, dtype), decides(begin, index_type), decides(size, index_type))
    return Case(name, operands, {}, (dtype,))


@generates("STRIDED_SLICE")
def strided_slice(r, name):
    shape = any_shape(r, 1)
    positions = r.randint(1, len(shape))
    masks = {"begin_mask": r.getrandbits(positions), "end_mask": r.getrandbits(positions)}
    if r.random() < 0.5:
        masks["shrink_axis_mask"] = r.getrandbits(positions) & r.getrandbits(positions)
    if r.random() < 0.4:
        masks["ellipsis_mask"] = 1 << r.randrange(positions)
    if r.random() < 0.4:
        masks["new_axis_mask"] = 1 << r.randrange(positions)
    begin = [r.randint(-6, 6) for _ in range(positions)]
    end = [r.randint(-6, 6) for _ in range(positions)]
    strides = [r.choice([1, 1, 2, 3, -1, -2]) for _ in range(positions)]
    for axis in range(positions):
        if masks.get("shrink_axis_mask", 0) >> axis & 1:
            strides[axis] = 1  # as for x[i] in Python; the kernel insists
    dtype = r.choice(TYPES)
    operands = (data(shape, dtype), decides(begin), decides(end), decides(strides))
    return Case(name, operands, masks, (dtype,))


@generates("GATHER")
def gather(r, name):
    shape = lengths(r, r.randint(1, 4))
    axis = r.randrange(len(shape))
    batch = r.randint(0, axis)
    indices = (*shape[:batch], *lengths(r, r.randint(0, 2)))
    batch_option = batch
    if indices and batch < len(indices) and r.random() < 0.4:
        batch_option = batch - len(indices)
    options = {"axis": signed_axis(r, axis, len(shape)), "batch_dims": batch_option}
    dtype = r.choice(TYPES)
    operands = (data(shape, dtype), data(indices, r.choice([INT32, INT64])))
    return Case(name, operands, options, (dtype,))


@generates("SPLIT")
def split(r, name):
    shape = list(lengths(r, r.randint(1, 4)))
    axis, parts = r.randrange(len(shape)), r.randint(1, 4)
    shape[axis] *= parts
    operands = (scalar(signed_axis(r, axis, len(shape))), data(shape, dtype := r.choice(TYPES)))
    return Case(name, operands, {"num_splits": parts}, (dtype,) * parts)


@generates("SPLIT_V")
def split_v(r, name):
    shape = list(lengths(r, r.randint(1, 4)))
    axis = r.randrange(len(shape))
    sizes = [r.randint(0, 3) for _ in range(r.randint(1, 4))]
    shape[axis] = sum(sizes)
    if r.random() < 0.5:
        sizes[r.randrange(len(sizes))] = -1
    dtype = r.choice(TYPES)
    operands = (
        data(shape, dtype),
        decides(sizes, r.choice([INT32, INT64])),
        scalar(signed_axis(r, axis, len(shape))),
    )
    return Case(name, operands, {"num_splits": len(sizes)}, (dtype,) * len(sizes))


@generates("TILE")
def tile(r, name):
    shape = any_shape(r, 1)
    times = [r.randint(0 if r.random() < 0.1 else 1, 3) for _ in shape]
    dtype = r.choice([F32, INT32, INT64])
    operands = (data(shape, dtype), decides(times, r.choice([INT32, INT64])))
    return Case(name, operands, {}, (dtype,))


@generates("BROADCAST_TO")
def broadcast_to(r, name):
    shape = lengths(r, r.randint(1, 4))  # the kernel divides by an empty axis
    dtype = r.choice([F32, INT32, INT64])
    operands = (data(part_of(r, shape), dtype), decides(shape, r.choice([INT32, INT64])))
    return Case(name, operands, {}, (dtype,), version=2)  # there was never a first
