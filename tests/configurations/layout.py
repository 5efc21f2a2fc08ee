"""Operators that change the shape or the order of elements, or make tensors from shapes."""

import math

from configurations.case import Case, data, decides, scalar, weights
from configurations.drawing import any_shape, generates, lengths, part_of, signed_axis

F32, INT8, INT32, INT64, BOOL = "FLOAT32", "INT8", "INT32", "INT64", "BOOL"
TYPES = (F32, INT8, INT32, INT64)


def _one(r, name, shape, *operands, types=TYPES, **options):
    dtype = r.choice(types)
    return Case(name, (data(shape, dtype), *operands), options, (dtype,))


@generates("RESHAPE")
def reshape(r, name):
    shape = any_shape(r)
    target = list(shape)
    for _ in range(r.randint(0, 3)):  # join and split axes
        if len(target) > 1 and r.random() < 0.5:
            axis = r.randrange(len(target) - 1)
            target[axis : axis + 2] = [target[axis] * target[axis + 1]]
        else:
            target.insert(r.randint(0, len(target)), 1)
    rest = math.prod(target)
    if target and rest and r.random() < 0.5:
        target[r.randrange(len(target))] = -1
    if r.random() < 0.3 and target != [0]:  # an option [0] means a scalar
        return _one(r, name, shape, new_shape=target)
    return _one(r, name, shape, decides(target))


@generates("SQUEEZE")
def squeeze(r, name):
    shape = tuple(r.choice([1, 1, 2, 3]) for _ in range(r.randint(0, 5)))
    ones = [axis for axis, length in enumerate(shape) if length == 1]
    chosen = r.sample(ones, r.randint(0, len(ones)))
    return _one(r, name, shape, squeeze_dims=[signed_axis(r, axis, len(shape)) for axis in chosen])


@generates("EXPAND_DIMS")
def expand_dims(r, name):
    shape = any_shape(r)
    axis = signed_axis(r, r.randint(0, len(shape)), len(shape) + 1)
    operand = decides([axis], r.choice([INT32, INT64]), r.choice([(), (1,)]))
    return _one(r, name, shape, operand)


@generates("TRANSPOSE")
def transpose(r, name):
    # Left out are a wrong `perm`, for which the runtime reads beyond its arrays, and scalars, which
    # it handles with a known `perm` only.
    shape = any_shape(r, 1, 5)
    rank = len(shape)
    order = [signed_axis(r, axis, rank) for axis in r.sample(range(rank), rank)]
    return _one(r, name, shape, decides(order))


@generates("PAD", "PADV2")
def pad(r, name):
    shape = any_shape(r, 1)
    numbers = [r.choice([0, 0, 1, 2, 5]) for _ in range(2 * len(shape))]
    case = _one(r, name, shape, decides(numbers, r.choice([INT32, INT64]), (len(shape), 2)))
    if name == "PAD":
        return case
    return Case(name, (*case.operands, data((), case.outputs[0])), {}, case.outputs)


@generates("MIRROR_PAD")
def mirror_pad(r, name):
    shape = lengths(r, r.randint(1, 4))
    mode = r.choice([0, 1])  # REFLECT leaves out the border itself
    numbers = [r.randint(0, length - (1 - mode)) for length in shape for _ in range(2)]
    operand = decides(numbers, r.choice([INT32, INT64]), (len(shape), 2))
    return _one(r, name, shape, operand, mode=mode)


@generates("SPACE_TO_DEPTH")
def space_to_depth(r, name):
    n, h, w, c = lengths(r, 4)
    block = r.randint(1, 3)
    return _one(r, name, (n, h * block, w * block, c), block_size=block)


@generates("DEPTH_TO_SPACE")
def depth_to_space(r, name):
    n, h, w, c = lengths(r, 4)
    block = r.randint(1, 3)
    return _one(r, name, (n, h, w, c * block * block), block_size=block)


@generates("SPACE_TO_BATCH_ND")
def space_to_batch(r, name):
    blocks = lengths(r, r.randint(1, 2), 1, 3)
    borders = [r.randint(0, 3) for _ in range(2 * len(blocks))]
    spatial = []
    for block, before, after in zip(blocks, borders[::2], borders[1::2], strict=True):
        spatial.append(-(before + after) % block + block * r.randint(1, 3))
    shape = (r.randint(1, 3), *spatial, r.randint(1, 3))
    return _one(r, name, shape, decides(blocks), decides(borders, shape=(len(blocks), 2)))


@generates("BATCH_TO_SPACE_ND")
def batch_to_space(r, name):
    blocks = lengths(r, r.randint(1, 2), 1, 3)
    spatial = lengths(r, len(blocks))
    crops = [
        number
        for block, length in zip(blocks, spatial, strict=True)
        for number in (r.randint(0, block * length // 2), r.randint(0, (block * length - 1) // 2))
    ]
    shape = (math.prod(blocks) * r.randint(1, 2), *spatial, r.randint(1, 3))
    return _one(r, name, shape, decides(blocks), decides(crops, shape=(len(blocks), 2)))


@generates("REVERSE_V2")
def reverse(r, name):
    shape = lengths(r, r.randint(1, 4))
    # The kernel takes axes that lie side by side.
    first = r.randrange(len(shape))
    axes = range(first, r.randint(first + 1, len(shape)))
    return _one(r, name, shape, decides(axes))


@generates("CONCATENATION")
def concatenation(r, name):
    shape = any_shape(r, 1)
    axis = r.randrange(len(shape))
    dtype = r.choice(TYPES)
    operands = tuple(
        data((*shape[:axis], r.randint(0 if i else 1, 3), *shape[axis + 1 :]), dtype)
        for i in range(r.randint(1, 4))
    )
    return Case(name, operands, {"axis": signed_axis(r, axis, len(shape))}, (dtype,))


@generates("PACK")
def pack(r, name):
    shape = any_shape(r, 0, 3)
    dtype, count = r.choice(TYPES), r.randint(1, 4)
    axis = signed_axis(r, r.randint(0, len(shape)), len(shape) + 1)
    return Case(
        name, (data(shape, dtype),) * count, {"values_count": count, "axis": axis}, (dtype,)
    )


@generates("UNPACK")
def unpack(r, name):
    shape = lengths(r, r.randint(1, 4))
    axis = r.randrange(len(shape))
    options = {"num": shape[axis], "axis": signed_axis(r, axis, len(shape))}
    dtype = r.choice([F32, INT8, INT32])
    return Case(name, (data(shape, dtype),), options, (dtype,) * shape[axis])


@generates("SHAPE")
def shape_of(r, name):
    made = r.choice([INT32, INT64])
    options = {"out_type": {INT32: 2, INT64: 4}[made]}
    return Case(name, (data(any_shape(r), r.choice(TYPES)),), options, (made,))


@generates("RANK")
def rank(r, name):
    return Case(name, (data(any_shape(r), r.choice(TYPES)),), {}, (INT32,))


@generates("FILL")
def fill(r, name):
    dims = decides(any_shape(r), r.choice([INT32, INT64]))
    dtype = r.choice([F32, INT32, INT64, BOOL])
    return Case(name, (dims, r.choice([data, weights])((), dtype)), {}, (dtype,))


@generates("RANGE")
def range_(r, name):
    dtype = r.choice([F32, INT32, INT64])
    step = r.choice([-3, -1, 1, 2, 5]) if dtype != F32 else r.choice([-0.5, 0.1, 0.3, 1.0, 2.5])
    start = r.randint(-5, 5)
    limit = start + r.randint(0, 12) * (1 if step > 0 else -1)
    return Case(name, tuple(scalar(x, dtype) for x in (start, limit, step)), {}, (dtype,))


@generates("BROADCAST_ARGS")
def broadcast_args(r, name):
    shape = lengths(r, r.randint(1, 4))
    dtype = r.choice([INT32, INT64])
    pair = [shape, part_of(r, shape)]
    r.shuffle(pair)
    return Case(name, tuple(decides(one, dtype) for one in pair), {}, (dtype,))
