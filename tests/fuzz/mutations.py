"""Changes of a model's tree that leave the file well-formed: one kind of content each, by one function."""

import numpy as np

from configurations import GENERATORS
from fuzz.hostile import add_call, any_piece, compose
from fuzz.tables import Node, copied, fields_of, with_defaults
from tflops_native.model.control_dependencies import KEY
from tflops_native.model.schema import BUILTIN_OPERATORS, TensorType

LONGEST = 2**31 - 1
RANGES = {
    "bool": (0, 1),
    **{f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
}
INTEGERS = (
    *(0, 1, -1, 2, 3, 4, 5, 7, 8, 16, 31, 64, 127, 128, 255, 256, 257, 1023, 65_536, 1_000_003),
    *(LONGEST, LONGEST - 1, -LONGEST, -LONGEST - 1, 2**32, 2**62, 2**63 - 1, -(2**63)),
)
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-45, 3e38, -3e38, float("inf"), float("nan"), 0.5)
LENGTHS = (0, 1, 1, 2, 3, 5, 31, 257, 65_535, 1 << 20, LONGEST, LONGEST - 1)
RANKS = (0, 1, 1, 2, 3, 4, 5, 8, 9, 64, 255, 256, 257, 1000)
NAMES = (
    *("", " ", "\x1b[31mred", "line\nfeed\r", "\u202eright", "[bold]", "a" * 300, "\0", "\x9b1m"),
    *(
        "<script>",
        "=1+1",
        '","',
        "|",
        "\u200b",
        "x" * 70_000,
        b"\xff\xfe",
        "\ud800",
        "serving_default",
    ),
)
MANY = ((2, 10, 100, 1500), (8, 4, 2, 0.1))


def number_of(kind, source):
    """A number that a field of this kind can hold."""
    if kind == "float32":
        return source.choice(FLOATS)
    lowest, highest = RANGES[kind]
    return min(max(source.choice(INTEGERS), lowest), highest)


def shape_of(source):
    rank = source.choice(RANKS)
    if source.random() < 0.5:
        return [source.choice(LENGTHS)] * rank
    return [source.choice(LENGTHS[:8] if source.random() < 0.9 else LENGTHS) for _ in range(rank)]


def any_graph(model, source):
    return source.choice(model["subgraphs"])


def any_tensor(model, source):
    return source.choice(any_graph(model, source)["tensors"] or [with_defaults(Node("Tensor"))])


def any_operator(model, source):
    return operator_of(any_graph(model, source), source)


def operator_of(graph, source):
    """One of its operators; where it has none, one that stands nowhere."""
    return source.choice(graph["operators"] or [with_defaults(Node("Operator"))])


def any_index(graph, source):
    return source.randrange(len(graph["tensors"])) if graph["tensors"] else 0


def option(model, source):
    """A field of an operator's options: a number, a vector, or a name."""
    operator = any_operator(model, source)
    options = operator.get("builtin_options") or operator.get("builtin_options_2")
    names = tuple(fields_of(options.table)) if options is not None else ()
    if not names:
        return
    name = source.choice(names)
    kind = fields_of(options.table)[name][1]
    if kind in RANGES or kind == "float32":
        options[name] = number_of(kind, source)
    elif kind == "string":
        options[name] = source.choice(NAMES)
    else:
        inner = kind[1:-1]
        old = list(options.get(name, ()))
        if old and source.random() < 0.5:
            old[source.randrange(len(old))] = number_of(inner, source)
            options[name] = old
        else:
            options[name] = [number_of(inner, source) for _ in range(source.choice(RANKS))]


def shape(model, source):
    tensor = any_tensor(model, source)
    old = list(tensor["shape"])
    if old and source.random() < 0.6:
        old[source.randrange(len(old))] = source.choice(LENGTHS)
    else:
        old = shape_of(source)
    tensor["shape"] = old
    tensor.pop("shape_signature", None)
    if source.random() < 0.3:
        tensor["shape_signature"] = [-1 if source.random() < 0.5 else length for length in old]
    if source.random() < 0.5:
        # Constants of another size are damage.
        tensor.pop("buffer", None)


def kind(model, source):
    any_tensor(model, source)["type"] = int(source.choice(tuple(TensorType)))


def flags(model, source):
    tensor = any_tensor(model, source)
    tensor[source.choice(("is_variable", "has_rank"))] = source.random() < 0.5


def name(model, source):
    table = source.choice((any_tensor(model, source), any_graph(model, source), model))
    field = "description" if table is model else "name"
    table[field] = source.choice(NAMES)


def input_(model, source):
    """An input of an operator is another tensor, its own output, absent, one more or one less."""
    graph = any_graph(model, source)
    operator = operator_of(graph, source)
    inputs = operator["inputs"]
    new = source.choice((any_index(graph, source), any_index(graph, source), -1))
    if operator["outputs"] and source.random() < 0.2:
        new = source.choice(operator["outputs"])
    action = source.random()
    if inputs and action < 0.7:
        inputs[source.randrange(len(inputs))] = new
    elif inputs and action < 0.8:
        inputs.pop(source.randrange(len(inputs)))
    else:
        inputs += [new] * source.choices(*MANY)[0]


def output(model, source):
    graph = any_graph(model, source)
    operator = operator_of(graph, source)
    outputs = operator["outputs"]
    if outputs and source.random() < 0.5:
        outputs[source.randrange(len(outputs))] = any_index(graph, source)
    elif outputs and source.random() < 0.5:
        outputs.pop()
    else:
        outputs += [any_index(graph, source)] * source.choices(*MANY)[0]


def ends(model, source):
    """Inputs and outputs of a subgraph."""
    graph = any_graph(model, source)
    field = source.choice(("inputs", "outputs"))
    found = list(graph[field])
    if found and source.random() < 0.5:
        found.pop(source.randrange(len(found)))
    else:
        found += [any_index(graph, source)] * source.choices(*MANY)[0]
    graph[field] = found


def operation(model, source):
    """What an operator is: another code, with its old options or those that belong to it."""
    if not model["operator_codes"]:
        return
    code = source.choice(model["operator_codes"])
    if source.random() < 0.2:
        code.update(builtin_code=BUILTIN_OPERATORS.index("CUSTOM"), deprecated_builtin_code=32)
        custom = [name for name in GENERATORS if name not in BUILTIN_OPERATORS]
        code["custom_code"] = source.choice((*NAMES, *custom))
        return
    found = source.randrange(len(BUILTIN_OPERATORS) + 2)
    code.update(builtin_code=found, deprecated_builtin_code=min(found, 127))
    code["version"] = number_of("int32", source)


def options(model, source):
    """Options of another operator."""
    operator = any_operator(model, source)
    (other,) = any_piece(source)["subgraphs"][0]["operators"]
    for field in ("builtin_options", "builtin_options_2"):
        operator.pop(field, None)
        if field in other:
            operator[field] = copied(other[field])
    if source.random() < 0.1:
        operator["custom_options"] = source.randbytes(source.choice((0, 1, 3, 40)))


def constant(model, source):
    """The numbers in a buffer, whatever they are taken for."""
    found = [buffer for buffer in model["buffers"] if buffer.get("data")]
    if not found:
        return
    buffer = source.choice(found)
    data = bytearray(buffer["data"])
    width = source.choice((1, 4, 4, 8))
    for _ in range(source.choice((1, 1, 2, 5))):
        if len(data) >= width:
            at = source.randrange(len(data) // width) * width
            lowest = -(1 << 8 * width - 1)
            value = min(max(source.choice(INTEGERS), lowest), -lowest - 1)
            data[at : at + width] = value.to_bytes(width, "little", signed=True)
    buffer["data"] = bytes(data)


def is_constant(model, source):
    """A constant becomes an input of nobody, or any tensor a constant."""
    tensor = any_tensor(model, source)
    if tensor.get("buffer") and source.random() < 0.5:
        tensor["buffer"] = 0
    else:
        tensor["buffer"] = source.randrange(len(model["buffers"]))


def value(model, source):
    """A tensor gets a small vector of integers as its value, as those that decide on shapes have."""
    length = source.choice((0, 1, 2, 4, 8, 300))
    numbers = [source.choice(INTEGERS[:24]) for _ in range(length)]
    code = source.choice(("int32", "int64"))
    model["buffers"].append(Node("Buffer", data=np.array(numbers, code).tobytes()))
    any_tensor(model, source).update(
        shape=[length], type=int(TensorType[code.upper()]), buffer=len(model["buffers"]) - 1
    )


def quantization(model, source):
    made = Node("QuantizationParameters")
    for field in ("scale", "zero_point", "min", "max"):
        if source.random() < 0.7:
            inner = "int64" if field == "zero_point" else "float32"
            made[field] = [
                number_of(inner, source) for _ in range(source.choice((0, 1, 1, 4, 1000)))
            ]
    made["quantized_dimension"] = number_of("int32", source)
    if source.random() < 0.2:
        table = source.choice(("BlockwiseQuantization", "MultiAxisQuantization"))
        made["details"] = Node(
            table, scales=source.choice((0, 1)), zero_points=source.choice((-1, 0))
        )
        made["details"]["block_size"] = number_of("int32", source)
    any_tensor(model, source)["quantization"] = made


def sparsity(model, source):
    tensor = any_tensor(model, source)
    levels = []
    for length in tensor["shape"]:
        level = Node(
            "DimensionMetadata", dense_size=source.choice((length, number_of("int32", source)))
        )
        if source.random() < 0.5:
            level["format"] = 1
            for field in ("array_segments", "array_indices"):
                numbers = [
                    source.choice((0, 1, 2, 3, 255)) for _ in range(source.choice((0, 1, 2, 9)))
                ]
                level[field] = Node("Uint8Vector", values=bytes(numbers))
        levels.append(level)
    order = list(range(len(levels)))
    source.shuffle(order)
    tensor["sparsity"] = Node("SparsityParameters", traversal_order=order, dim_metadata=levels)


def signatures(model, source):
    """Many signatures: of one subgraph or several, with the same names or others, all in one table."""
    (times,) = source.choices(*MANY)
    index = source.randrange(len(model["subgraphs"]))
    graph = model["subgraphs"][index]
    fields = {}
    for field in ("inputs", "outputs"):
        fields[field] = [
            Node("TensorMap", name=source.choice(NAMES[:8]), tensor_index=found)
            for found in graph[field]
        ]
    made = Node("SignatureDef", subgraph_index=index, signature_key=source.choice(NAMES), **fields)
    found = model.setdefault("signature_defs", [])
    if source.random() < 0.3:
        found += [made] * times
    for number in range(times):
        other = Node("SignatureDef", **made)
        other["signature_key"] = f"s{number}"
        if source.random() < 0.3:
            other["subgraph_index"] = source.randrange(len(model["subgraphs"]))
        found.append(other)


def repeat(model, source):
    """Entries of a vector stand in it many times, which costs a file four bytes each."""
    (times,) = source.choices(*MANY)
    graph = any_graph(model, source)
    table, field = source.choice(
        ((graph, "operators"), (graph, "operators"), (graph, "tensors"), (model, "subgraphs"))
    )
    found = list(table[field])
    times = min(times, 1 + 2000 // max(len(found), 1))
    table[field] = (
        found + ([source.choice(found)] if source.random() < 0.5 and found else found) * times
    )


def order(model, source):
    graph = any_graph(model, source)
    found = list(graph["operators"])
    if source.random() < 0.5:
        found.reverse()
    else:
        source.shuffle(found)
    graph["operators"] = found


def drop(model, source):
    graph = any_graph(model, source)
    found = list(graph["operators"])
    if found:
        at = source.randrange(len(found))
        del found[at : at + source.choice((1, 1, 2, 10))]
    graph["operators"] = found


def self_composition(model, source):
    graph = any_graph(model, source)
    if graph["operators"]:
        operator = source.choice(graph["operators"])
        compose(model, graph, source, operator, source.choice((1, 2, 5, 12, 40)))


def call(model, source):
    """One more operator that runs subgraphs, of which one may be its own."""
    add_call(model, any_graph(model, source), source, range(len(model["subgraphs"])))


def metadata(model, source):
    """The order of operators, as a converter's metadata says it."""
    model["buffers"].append(Node("Buffer", data=source.randbytes(source.choice((0, 1, 8, 100)))))
    made = Node("Metadata", name=source.choice((KEY, KEY, "min_runtime_version", *NAMES)))
    made["buffer"] = len(model["buffers"]) - 1
    model.setdefault("metadata", []).append(made)


MUTATIONS = (
    *(option, option, option, shape, shape, shape, kind, flags, name, input_, input_, output, ends),
    *(operation, options, constant, constant, is_constant, value, quantization, sparsity),
    *(signatures, repeat, order, drop, self_composition, call, metadata),
)


def mutated(model, source):
    """The tree after a few changes; the tree itself is changed."""
    for _ in range(source.choice((0, 1, 1, 1, 2, 3, 5, 8))):
        source.choice(MUTATIONS)(model, source)
    return model
