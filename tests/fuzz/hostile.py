"""Well-formed models with hostile content, drawn at random: what is built, before anything is mutated.

Operators come from the generators of `configurations`: every registered one occurs, with operands that fit.
Here they are applied to their own results, chained, nested in subgraphs and run in loops.
"""

import random
from functools import cache

import numpy as np

from configurations import GENERATORS
from fuzz.tables import Node, copied, read
from tflops_native.model.schema import BUILTIN_OPERATORS, TensorType

PIECES_PER_OPERATOR = 4
# Seldom many: what grows with each operator has grown by then, and files stay small.
TIMES = ((1, 2, 3, 5, 9, 33, 300, 1500), (6, 6, 6, 4, 3, 2, 0.3, 0.03))
# Of loops; to follow one for thousands of iterations takes as long as to look at hundreds of other models.
LIMITS = ((0, 1, 2, 7, 40, 900, 10_000, 2**31 - 1), (4, 4, 4, 4, 4, 0.5, 0.1, 0.1))
# How operators name the subgraphs that they run.
CALLERS = {
    "IF": ("IfOptions", ("then_subgraph_index", "else_subgraph_index")),
    "WHILE": ("WhileOptions", ("cond_subgraph_index", "body_subgraph_index")),
    "CALL": ("CallOptions", ("subgraph",)),
    "CALL_ONCE": ("CallOnceOptions", ("init_subgraph_index",)),
    "STABLEHLO_COMPOSITE": ("StableHLOCompositeOptions", ("decomposition_subgraph_index",)),
    "STABLEHLO_WHILE": ("StablehloWhileOptions", ("cond_subgraph_index", "body_subgraph_index")),
    "STABLEHLO_CASE": ("StablehloCaseOptions", ("branch_subgraph_indices",)),
}


@cache
def piece(name, number):
    """A model of one operator, as a tree that nobody may change."""
    return read(GENERATORS[name](random.Random(f"{name} {number}"), name).pack())


def any_piece(source, name=None):
    """Of one operator, any if none is named."""
    return piece(name or source.choice(OPERATORS), source.randrange(PIECES_PER_OPERATOR))


OPERATORS = tuple(sorted(GENERATORS))


def empty_model():
    return Node("Model", version=3, operator_codes=[], subgraphs=[], buffers=[Node("Buffer")])


def new_graph(model):
    graph = Node("SubGraph", tensors=[], inputs=[], outputs=[], operators=[], name="main")
    model["subgraphs"].append(graph)
    return graph


def add_tensor(graph, shape=(), kind=TensorType.FLOAT32, **fields):
    graph["tensors"].append(
        Node(
            "Tensor", shape=list(shape), type=int(kind), name=f"t{len(graph['tensors'])}", **fields
        )
    )
    return len(graph["tensors"]) - 1


def add_constant(model, graph, array):
    model["buffers"].append(Node("Buffer", data=array.tobytes()))
    kind = TensorType[array.dtype.name.upper()]
    return add_tensor(graph, array.shape, kind, buffer=len(model["buffers"]) - 1, has_rank=True)


def add_operator(model, graph, name, inputs, outputs, options=None):
    code = BUILTIN_OPERATORS.index(name)
    model["operator_codes"].append(
        Node("OperatorCode", builtin_code=code, deprecated_builtin_code=min(code, 127), version=1)
    )
    node = Node("Operator", inputs=list(inputs), outputs=list(outputs))
    node["opcode_index"] = len(model["operator_codes"]) - 1
    if options is not None:
        second = options.table.startswith(("Stable", "Dilate", "ReduceWindow"))
        node["builtin_options_2" if second else "builtin_options"] = options
    graph["operators"].append(node)
    return node


def add_piece(model, graph, tree):
    """Append the operator of a piece with its tensors, and the subgraphs that it runs. Returns its node."""
    found = copied(tree)
    part, *others = found["subgraphs"]
    tensors, buffers, codes = (
        len(x) for x in (graph["tensors"], model["buffers"], model["operator_codes"])
    )
    graphs = len(model["subgraphs"]) - 1  # where those of the piece begin: they count from 1
    for inside in found["subgraphs"]:
        for tensor in inside["tensors"]:
            if tensor.get("buffer"):
                tensor["buffer"] += buffers
        for operator in inside["operators"]:
            operator["opcode_index"] = operator.get("opcode_index", 0) + codes
    model["buffers"] += found["buffers"]
    model["operator_codes"] += found["operator_codes"]
    model["subgraphs"] += others
    graph["tensors"] += part["tensors"]
    graph["inputs"] += [index + tensors for index in part["inputs"]]
    (operator,) = part["operators"]
    for name in ("inputs", "outputs", "intermediates"):
        if name in operator:
            operator[name] = [i + tensors if i >= 0 else i for i in operator[name]]
    for options in (operator.get("builtin_options"), operator.get("builtin_options_2")):
        for name in options or ():
            if name.endswith("subgraph_index"):
                options[name] += graphs
    graph["operators"].append(operator)
    return operator


def compose(model, graph, source, operator, times):
    """Apply an operator to its own results: at one input, at those that hold data, or at all."""
    inputs = operator["inputs"]
    free = [p for p, i in enumerate(inputs) if i in graph["inputs"]]
    positions = source.choice((free, free, free[:1], list(range(len(inputs)))))
    if positions and source.random() < 0.3:
        positions = [source.choice(positions)]
    for _ in range(times):
        given, made = operator["outputs"], []
        for index in given:
            graph["tensors"].append(copied(graph["tensors"][index]))
            made.append(len(graph["tensors"]) - 1)
        following = copied(operator)
        following["outputs"] = made
        if given:
            for p in positions:
                following["inputs"][p] = source.choice(given) if len(given) > 1 else given[0]
        graph["operators"].append(following)
        operator = following
    return operator


def composed(source):
    """One operator, applied to its own result again and again."""
    model = empty_model()
    graph = new_graph(model)
    operator = add_piece(model, graph, any_piece(source))
    (times,) = source.choices(*TIMES)
    graph["outputs"] = compose(model, graph, source, operator, times)["outputs"]
    return model


def _join(graph, source, operator, before):
    """Feed results of operators before into the inputs that hold data."""
    for p, index in enumerate(operator["inputs"]):
        if index in graph["inputs"] and source.random() < 0.7:
            operator["inputs"][p] = source.choice(before)
            graph["inputs"].remove(index)


def add_chain(model, graph, source, length):
    """Operators of several kinds, some of which read what others wrote."""
    written = []
    for _ in range(length):
        operator = add_piece(model, graph, any_piece(source))
        if written:
            _join(graph, source, operator, written)
        written += operator["outputs"]
        if source.random() < 0.2:
            compose(model, graph, source, operator, source.choice((1, 2, 5, 12)))
    graph["outputs"] = written[-source.choice((1, 1, 2, 9)) :]


def chain(source):
    """Several operators in a row."""
    model = empty_model()
    add_chain(model, new_graph(model), source, source.choice((1, 2, 3, 5, 8)))
    return model


def add_call(model, graph, source, callees):
    """Append an operator that runs subgraphs, with as many inputs as the last of them takes."""
    name = source.choice(tuple(CALLERS))
    table, fields = CALLERS[name]
    options = Node(table)
    if name == "STABLEHLO_CASE":
        options[fields[0]] = [source.choice(callees) for _ in range(source.choice((1, 2, 5)))]
        last = options[fields[0]][-1]
    else:
        for field in fields:
            last = options[field] = source.choice(callees)
    callee = model["subgraphs"][last]
    inputs, outputs = [], []
    for index in callee["inputs"]:
        wanted = callee["tensors"][index]
        known = [
            i
            for i, tensor in enumerate(graph["tensors"])
            if tensor["type"] == wanted["type"] and tensor["shape"] == wanted["shape"]
        ]
        if known and source.random() < 0.9:
            inputs.append(source.choice(known))
        elif graph["tensors"] and source.random() < 0.3:
            inputs.append(source.randrange(len(graph["tensors"])))
        else:
            inputs.append(add_tensor(graph, wanted["shape"], wanted["type"]))
            graph["inputs"].append(inputs[-1])
    if name in ("IF", "STABLEHLO_CASE"):
        kind = TensorType.BOOL if name == "IF" else TensorType.INT32
        inputs.insert(0, add_tensor(graph, (), kind, has_rank=True))
        graph["inputs"].append(inputs[0])
    for index in callee["outputs"]:
        graph["tensors"].append(copied(callee["tensors"][index]))
        outputs.append(len(graph["tensors"]) - 1)
    add_operator(model, graph, name, inputs, outputs, options)
    graph["outputs"] = outputs or graph["outputs"]


def nested(source):
    """Subgraphs that run one another: mostly those after them, now and then any."""
    model = empty_model()
    number = source.choice((2, 3, 4, 6, 12, 40))
    graphs = [new_graph(model) for _ in range(number)]
    for index in reversed(range(number)):
        if index == number - 1 or source.random() < 0.3:
            add_chain(model, graphs[index], source, source.choice((1, 1, 2)))
        later = range(index + 1, min(index + 3, number))
        for _ in range(source.choice((1, 1, 2, 3, 8)) if number < 12 else 2):
            callees = range(number) if not later or source.random() < 0.02 else later
            if later or source.random() < 0.1:
                add_call(model, graphs[index], source, callees)
    return model


def loop(source):
    """A WHILE that counts to a limit, and sends a tensor through an operator in each iteration."""
    model = empty_model()
    main, condition, body = (new_graph(model) for _ in range(3))
    int32, limit = TensorType.INT32, source.choices(*LIMITS)[0]
    count = add_tensor(condition, (1,), int32)
    go_on = add_tensor(condition, (1,), TensorType.BOOL)
    most = add_constant(model, condition, np.int32([limit]))
    add_operator(model, condition, "LESS", [count, most], [go_on], Node("LessOptions"))
    condition["inputs"], condition["outputs"] = [count], [go_on]
    counter, following = add_tensor(body, (1,), int32), add_tensor(body, (1,), int32)
    step = add_constant(model, body, np.int32([1]))
    add_operator(model, body, "ADD", [counter, step], [following], Node("AddOptions"))
    operator = add_piece(model, body, any_piece(source))
    carried = [i for i in operator["inputs"] if i in body["inputs"]]
    if source.random() < 0.4:
        operator = compose(model, body, source, operator, source.choice((1, 2, 5)))
    made = (operator["outputs"] or [following])[:1] * len(carried)
    body["inputs"], body["outputs"] = [counter, *carried], [following, *made]
    for index in carried:
        condition["tensors"].append(copied(body["tensors"][index]))
        condition["inputs"].append(len(condition["tensors"]) - 1)
    start = add_constant(model, main, np.int32([0]))
    given, results = [start], [add_tensor(main, (1,), int32)]
    for index in carried:
        for found in (given, results):
            main["tensors"].append(copied(body["tensors"][index]))
            found.append(len(main["tensors"]) - 1)
    main["inputs"], main["outputs"] = given[1:], results
    options = Node("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    add_operator(model, main, "WHILE", given, results, options)
    return model
