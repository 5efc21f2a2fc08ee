"""Operators that look up elements by their indices, or put them in their places; diagonals."""

from configurations.case import Case, data, decides, scalar, weights
from configurations.drawing import any_shape, generates, lengths

F32, INT8, INT32, INT64, BOOL = "FLOAT32", "INT8", "INT32", "INT64", "BOOL"


@generates("GATHER_ND")
def gather_nd(r, name):
    shape = lengths(r, r.randint(1, 4))
    indices = (*lengths(r, r.randint(0, 2)), r.randint(1, len(shape)))
    dtype = r.choice([F32, INT8, INT32, INT64])
    return Case(name, (data(shape, dtype), data(indices, r.choice([INT32, INT64]))), {}, (dtype,))


@generates("SCATTER_ND")
def scatter_nd(r, name):
    shape = lengths(r, r.randint(2, 4))
    depth = r.randint(1, len(shape) - 1)
    outer = lengths(r, r.randint(0, 2))
    dtype = r.choice([F32, INT8, INT32, INT64])
    operands = (data((*outer, depth), INT32), data((*outer, *shape[depth:]), dtype), decides(shape))
    return Case(name, operands, {}, (dtype,))


@generates("SPARSE_TO_DENSE")
def sparse_to_dense(r, name):
    output = lengths(r, r.randint(1, 4))
    count = r.randint(1, 3)
    # A scalar would be legal, too, but for it the kernel reads a length that is not there.
    indices = (count,) if len(output) == 1 and r.random() < 0.5 else (count, len(output))
    dtype, index_type = r.choice([F32, INT8, INT32, INT64]), r.choice([INT32, INT64])
    operands = (
        data(indices, index_type),
        decides(output, index_type),
        data((count,), dtype),  # 2.17.1 takes no scalar for several places, later releases do
        data((), dtype),
    )
    return Case(name, operands, {}, (dtype,))


@generates("EMBEDDING_LOOKUP")
def embedding_lookup(r, name):
    given, made = r.choice([(F32, F32), (INT8, INT8), (INT8, F32), ("UINT8", F32)])
    table = r.choice([weights, data])(lengths(r, r.randint(2, 4)), given)
    return Case(name, (data(lengths(r, 1), INT32), table), {}, (made,))


@generates("EMBEDDING_LOOKUP_SPARSE")
def embedding_lookup_sparse(r, name):
    dense, count = lengths(r, r.randint(1, 3)), r.randint(1, 4)
    operands = (
        data((count,), INT32),
        data((count, len(dense)), INT32),
        decides(dense),
        data((count,), F32, (1,) * count),
        weights(lengths(r, r.randint(2, 4))),
    )
    return Case(name, operands, {"combiner": r.choice([0, 1, 2])})


@generates("CONCAT_EMBEDDINGS")
def concat_embeddings(r, name):
    batch, widths = r.randint(1, 3), lengths(r, r.randint(1, 3))
    operands = tuple(data((batch, width)) for width in widths)
    return Case(name, operands, recorded=((batch, sum(widths)),))


@generates("ONE_HOT")
def one_hot(r, name):
    shape = any_shape(r)
    dtype = r.choice([F32, INT32, INT64, BOOL])
    operands = (
        data(shape, r.choice([INT32, INT64])),
        scalar(r.randint(0, 4)),
        data((), dtype),
        data((), dtype),
    )
    return Case(name, operands, {"axis": r.randint(-1, len(shape))}, (dtype,))


@generates("DYNAMIC_UPDATE_SLICE")
def dynamic_update_slice(r, name):
    shape = lengths(r, r.randint(1, 4))
    update = tuple(r.randint(0 if r.random() < 0.1 else 1, length) for length in shape)
    dtype = r.choice([F32, INT8, INT32, INT64])
    start = data((len(shape),), INT32)
    return Case(name, (data(shape, dtype), data(update, dtype), start), {}, (dtype,))


@generates("MATRIX_DIAG")
def matrix_diag(r, name):
    dtype = r.choice([F32, INT8, INT32])
    return Case(name, (data(any_shape(r, 1, 3), dtype),), {}, (dtype,))


@generates("MATRIX_SET_DIAG")
def matrix_set_diag(r, name):
    shape = any_shape(r, 2, 4)
    dtype = r.choice([F32, INT8, INT32])
    diagonal = (*shape[:-2], min(shape[-2:]))
    return Case(name, (data(shape, dtype), data(diagonal, dtype)), {}, (dtype,))


@generates("REVERSE_SEQUENCE")
def reverse_sequence(r, name):
    shape = lengths(r, r.randint(2, 4))
    seq, batch = r.sample(range(len(shape)), 2)
    dtype = r.choice([F32, INT32, INT64])
    operands = (data(shape, dtype), data((shape[batch],), r.choice([INT32, INT64])))
    return Case(name, operands, {"seq_dim": seq, "batch_dim": batch}, (dtype,))


@generates("DILATE")
def dilate(r, name):
    shape = lengths(r, r.randint(1, 4))  # for an empty axis 2.17.1 computes a negative length
    dtype = r.choice([F32, INT8, INT32, INT64])
    operands = (data(shape, dtype), decides(lengths(r, len(shape), 1, 3)), data((), dtype))
    return Case(name, operands, {}, (dtype,))


SIZES = {"UINT8": 1, "INT16": 2, INT32: 4, F32: 4, INT64: 8}


@generates("BITCAST")
def bitcast(r, name):
    given, made = r.choice(list(SIZES)), r.choice(list(SIZES))
    shape = any_shape(r, 0, 3)
    if SIZES[made] > SIZES[given]:
        shape = (*shape, SIZES[made] // SIZES[given])
    return Case(name, (data(shape, given),), {}, (made,))


@generates("DENSIFY")
def densify(r, name):
    dtype = r.choice([F32, INT8])
    return Case(name, (weights(lengths(r, 2), dtype),), {}, (dtype,))
