"""StableHLO operators. Those that run a subgraph on elements bring one that joins two of them."""

from dataclasses import dataclass

from builders import ModelBuilder, options
from configurations.case import Case, data, scalar
from configurations.drawing import any_shape, generates, lengths
from tflops_native.ops import REGISTRY

F32, INT32, INT64, BOOL, UINT64 = "FLOAT32", "INT32", "INT64", "BOOL", "UINT64"


@dataclass(frozen=True)
class BodyCase(Case):
    """An operator that runs subgraph 1: `body` on two elements, or nothing where it is None."""

    body: str | None = None
    elements: int = 2

    def pack(self):
        builder = ModelBuilder()
        main, body = builder.graph(), builder.graph()
        inputs = [main.input(operand.shape, operand.type) for operand in self.operands]
        main.outputs = [
            main.tensor(shape, made)
            for shape, made in zip(
                self.recorded or [()] * len(self.outputs), self.outputs, strict=True
            )
        ]
        table = REGISTRY[self.operator].options_type
        main.operator(self.operator, inputs, main.outputs, options(table, **self.options))
        types = [operand.type for operand in self.operands[: self.elements]]
        x, y = (body.input([], dtype) for dtype in (types[0], types[-1]))
        if self.body is None:
            body.outputs = [y]
        else:
            body.outputs = [body.tensor([], types[0])]
            rule = REGISTRY.get(self.body)
            fields = options(rule.options_type) if rule and rule.options_type else None
            body.operator(self.body, [x, y], body.outputs, fields)
        return builder.pack()


UNARY = [
    "STABLEHLO_ABS",
    "STABLEHLO_CBRT",
    "STABLEHLO_CONVERT",
    "STABLEHLO_COSINE",
    "STABLEHLO_EXPONENTIAL",
    "STABLEHLO_FLOOR",
    "STABLEHLO_LOG",
    "STABLEHLO_LOGISTIC",
    "STABLEHLO_NEGATE",
    "STABLEHLO_RSQRT",
    "STABLEHLO_TANH",
]
BINARY = [
    "STABLEHLO_ADD",
    "STABLEHLO_AND",
    "STABLEHLO_COMPARE",
    "STABLEHLO_DIVIDE",
    "STABLEHLO_MAXIMUM",
    "STABLEHLO_MINIMUM",
    "STABLEHLO_MULTIPLY",
    "STABLEHLO_OR",
    "STABLEHLO_POWER",
    "STABLEHLO_REMAINDER",
    "STABLEHLO_SHIFT_LEFT",
    "STABLEHLO_SUBTRACT",
]


@generates(*UNARY)
def unary(r, name):
    return Case(name, (data(any_shape(r)),))


@generates(*BINARY)
def binary(r, name):
    shape = any_shape(r)
    types = {"STABLEHLO_AND": [BOOL, INT32], "STABLEHLO_SHIFT_LEFT": [INT32]}
    dtype = r.choice(types.get(name, [F32, INT32]))
    return Case(name, (data(shape, dtype), data(shape, dtype)), outputs=(dtype,))


@generates("STABLEHLO_SELECT")
def select(r, name):
    shape = any_shape(r)
    condition = data(r.choice([(), shape]), BOOL)
    return Case(name, (condition, data(shape), data(shape)))


@generates("STABLEHLO_CLAMP")
def clamp(r, name):
    shape = any_shape(r)
    low, high = (data(r.choice([(), shape])) for _ in range(2))
    return Case(name, (low, data(shape), high))


@generates("STABLEHLO_RESHAPE")
def reshape(r, name):
    shape = any_shape(r)
    output = list(shape)
    r.shuffle(output)
    return Case(name, (data(shape),), recorded=(tuple(output),))


@generates("STABLEHLO_BROADCAST_IN_DIM")
def broadcast_in_dim(r, name):
    output = lengths(r, r.randint(0, 4))
    axes = r.sample(range(len(output)), r.randint(0, len(output)))
    shape = tuple(r.choice([1, output[axis]]) for axis in axes)
    return Case(name, (data(shape),), {"broadcast_dimensions": axes}, recorded=(output,))


@generates("STABLEHLO_IOTA")
def iota(r, name):
    output = any_shape(r, 1)
    axis = r.randrange(len(output))
    return Case(name, (), {"iota_dimension": axis}, (INT32,), recorded=(output,))


@generates("STABLEHLO_CONCATENATE")
def concatenate(r, name):
    shape = lengths(r, r.randint(1, 4))
    axis = r.randrange(len(shape))
    parts = [(*shape[:axis], r.randint(0, 4), *shape[axis + 1 :]) for _ in range(r.randint(1, 3))]
    return Case(name, tuple(map(data, parts)), {"dimension": axis})


@generates("STABLEHLO_TRANSPOSE")
def transpose(r, name):
    shape = any_shape(r)
    return Case(name, (data(shape),), {"permutation": r.sample(range(len(shape)), len(shape))})


@generates("STABLEHLO_SLICE")
def slice_(r, name):
    shape = lengths(r, r.randint(0, 4))
    starts = [r.randint(0, length) for length in shape]
    limits = [r.randint(start, length) for start, length in zip(starts, shape, strict=True)]
    fields = {
        "start_indices": starts,
        "limit_indices": limits,
        "strides": [r.randint(1, 3) for _ in shape],
    }
    return Case(name, (data(shape),), fields)


@generates("STABLEHLO_DYNAMIC_SLICE")
def dynamic_slice(r, name):
    shape = lengths(r, r.randint(1, 4))
    starts = [scalar(r.randint(-1, 4)) for _ in shape]
    sizes = [r.randint(0, length) for length in shape]
    return Case(name, (data(shape), *starts), {"slice_sizes": sizes})


@generates("STABLEHLO_DYNAMIC_UPDATE_SLICE")
def dynamic_update_slice(r, name):
    shape = lengths(r, r.randint(1, 4))
    starts = [scalar(r.randint(-1, 4)) for _ in shape]
    return Case(name, (data(shape), data([r.randint(0, n) for n in shape]), *starts))


@generates("STABLEHLO_PAD")
def pad(r, name):
    shape = lengths(r, r.randint(1, 4))
    fields = {
        "edge_padding_low": [r.randint(-2, 3) for _ in shape],
        "edge_padding_high": [r.randint(-2, 3) for _ in shape],
        "interior_padding": [r.randint(0, 2) for _ in shape],
    }
    return Case(name, (data(shape), data(())), fields)


@generates("STABLEHLO_GATHER")
def gather(r, name):
    shape = lengths(r, r.randint(1, 4))
    rank = len(shape)
    collapsed = sorted(r.sample(range(rank), r.randint(0, rank)))
    sizes = [1 if axis in collapsed else r.randint(1, shape[axis]) for axis in range(rank)]
    named = r.sample(range(rank), r.randint(1, rank))
    batch = lengths(r, r.randint(0, 2))
    at = r.randint(0, len(batch))
    indices = (*batch[:at], len(named), *batch[at:])
    if len(named) == 1 and r.random() < 0.5:
        at, indices = len(batch), batch  # one coordinate needs no axis of its own
    made = len(batch) + rank - len(collapsed)
    fields = {
        "offset_dims": sorted(r.sample(range(made), rank - len(collapsed))),
        "collapsed_slice_dims": collapsed,
        "start_index_map": named,
        "index_vector_dim": at,
        "slice_sizes": sizes,
    }
    # The kernel takes the rank from the file, and nothing else.
    return Case(name, (data(shape), data(indices, INT32)), fields, recorded=((1,) * made,))


@generates("STABLEHLO_RNG_BIT_GENERATOR")
def rng_bit_generator(r, name):
    state = (r.choice([2, 3]),)
    made = r.choice([INT32, INT64])
    fields = {"algorithm": r.choice([1, 2])}
    recorded = (state, any_shape(r))
    return Case(name, (data(state, UINT64),), fields, (UINT64, made), recorded=recorded)


@generates("STABLEHLO_DOT_GENERAL")
def dot_general(r, name):
    batch, depth, rows, columns = (lengths(r, r.randint(0, 2)) for _ in range(4))
    sides = []
    for rest in (rows, columns):
        marked = [("b", i) for i in range(len(batch))] + [("k", i) for i in range(len(depth))]
        marked += [("r", i) for i in range(len(rest))]
        r.shuffle(marked)
        named = {"b": batch, "k": depth, "r": rest}
        sides.append((marked, [named[kind][i] for kind, i in marked]))
    fields = {}
    for side, (marked, _) in zip(("lhs", "rhs"), sides, strict=True):
        for kind, word, number in (("b", "batching", batch), ("k", "contracting", depth)):
            axes = [marked.index((kind, i)) for i in range(len(number))]
            fields[f"{side}_{word}_dimensions"] = axes
    return Case(name, tuple(data(shape) for _, shape in sides), fields)


@generates("STABLEHLO_CONVOLUTION")
def convolution(r, name):
    rank = r.randint(0, 3)
    groups, batches = r.choice([(1, 1), (2, 1), (3, 1), (1, 2)])
    depth, filters, images = r.randint(1, 2), groups * batches * r.randint(1, 2), batches
    window = lengths(r, rank, 1, 2)
    orders = [r.sample(range(rank + 2), rank + 2) for _ in range(3)]
    shapes = []
    for order, made in zip(
        orders,
        [(images, depth * groups, *lengths(r, rank, 4, 6)), (depth, filters, *window)],
        strict=False,
    ):
        shapes.append([made[order.index(axis)] for axis in range(rank + 2)])
    fields = {
        "window_strides": [r.randint(1, 2) for _ in window],
        "padding": [r.randint(-1, 2) for _ in range(2 * rank)],
        "lhs_dilation": [r.randint(1, 2) for _ in window],
        "rhs_dilation": [r.randint(1, 2) for _ in window],
        "input_batch_dimension": orders[0][0],
        "input_feature_dimension": orders[0][1],
        "input_spatial_dimensions": orders[0][2:],
        "kernel_input_feature_dimension": orders[1][0],
        "kernel_output_feature_dimension": orders[1][1],
        "kernel_spatial_dimensions": orders[1][2:],
        "output_batch_dimension": orders[2][0],
        "output_feature_dimension": orders[2][1],
        "output_spatial_dimensions": orders[2][2:],
        "feature_group_count": groups,
        "batch_group_count": batches,
    }
    return Case(name, tuple(map(data, shapes)), fields)


@generates("STABLEHLO_REDUCE")
def reduce(r, name):
    shape = any_shape(r)
    axes = r.sample(range(len(shape)), r.randint(0, len(shape)))
    fields = {"dimensions": axes, "body_subgraph_index": 1}
    return BodyCase(name, (data(shape), data(())), fields, body="STABLEHLO_ADD")


@generates("STABLEHLO_REDUCE_WINDOW")
def reduce_window(r, name):
    shape = lengths(r, r.randint(1, 4))
    fields = {
        "window_dimensions": [r.randint(1, 3) for _ in shape],
        "window_strides": [r.randint(1, 2) for _ in shape],
        "base_dilations": [r.randint(1, 2) for _ in shape],
        "window_dilations": [r.randint(1, 2) for _ in shape],
        "padding": [r.randint(0, 2) for _ in range(2 * len(shape))],
        "body_subgraph_index": 1,
    }
    body = r.choice(["STABLEHLO_ADD", "MAXIMUM", "STABLEHLO_MINIMUM", "STABLEHLO_MULTIPLY"])
    return BodyCase(name, (data(shape), data(())), fields, body=body)


@generates("STABLEHLO_SCATTER")
def scatter(r, name):
    rows, columns, count = lengths(r, 3, 1, 5)
    fields = {
        "update_window_dims": [1],
        "inserted_window_dims": [0],
        "scatter_dims_to_operand_dims": [0],
        "index_vector_dim": 1,
        "update_computation_subgraph_index": 1,
    }
    operands = (data((rows, columns)), data((count, 1), INT32), data((count, columns)))
    return BodyCase(name, operands, fields, body="STABLEHLO_ADD")


@generates("STABLEHLO_SORT")
def sort(r, name):
    shape = any_shape(r, 1)
    fields = {"dimension": r.randrange(len(shape)), "comparator_subgraph_index": 1}
    return BodyCase(name, (data(shape),), fields, body="STABLEHLO_COMPARE", elements=1)


@generates("STABLEHLO_CUSTOM_CALL")
def custom_call(r, name):
    shape = any_shape(r)
    return Case(name, (data(shape),), {"call_target_name": "my_call"}, recorded=(shape,))
