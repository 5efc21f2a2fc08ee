"""Which inputs index a table, and how long it is: through everything that leaves a number as it is."""

import numpy as np
import pytest

pytest.importorskip("builders")

from builders import ModelBuilder, options
from tflops_native.model.reader import load
from tflops_native.runtime.inputs.index_limits import index_limits

TABLE = np.zeros((50, 8), np.float32)


def limits(builder, **known):
    """Limits of the inputs of the main subgraph, by name. `known`: shapes that only a run tells."""
    model = load(builder.pack())
    subgraph = model.subgraphs[0]
    shapes = {tensor.index: known.get(tensor.name) for tensor in subgraph.tensors}
    found = index_limits(model, subgraph, shapes.get)
    return {subgraph.tensors[index].name: found.get(index) for index in subgraph.inputs}


@pytest.fixture
def builder():
    return ModelBuilder()


def gather(graph, table, indices, axis=0):
    made = graph.tensor([1])
    graph.operator("GATHER", [table, indices], [made], options("GatherOptions", axis=axis))
    graph.outputs.append(made)


def test_a_table_and_what_is_none(builder):
    graph = builder.graph()
    tokens, image = graph.input([4], "INT32", name="tokens"), graph.input([4], name="image")
    gather(graph, graph.constant(TABLE), tokens)
    graph.operator("ABS", [image], [graph.tensor([4])], options("AbsOptions"))
    assert limits(builder) == {"tokens": 50, "image": None}


@pytest.mark.parametrize(("axis", "limit"), [(0, 50), (1, 8), (-1, 8), (-2, 50), (2, None)])
def test_the_axis_that_is_gathered(builder, axis, limit):
    graph = builder.graph()
    gather(graph, graph.constant(TABLE), graph.input([4], "INT32", name="i"), axis)
    assert limits(builder) == {"i": limit}


def test_the_smallest_table_counts(builder):
    graph = builder.graph()
    tokens = graph.input([4], "INT32", name="tokens")
    for rows in (50, 3, 70):
        gather(graph, graph.constant(np.zeros((rows, 2), np.float32)), tokens)
    assert limits(builder) == {"tokens": 3}


def test_an_input_indexes_another_one(builder):
    graph = builder.graph()
    table, tokens = graph.input([9, 2], name="table"), graph.input([4], "INT32", name="tokens")
    gather(graph, table, tokens)
    assert limits(builder) == {"table": None, "tokens": 9}
    # The shape that the user asks for counts, not that of the file.
    assert limits(builder, table=(5, 2)) == {"table": None, "tokens": 5}
    # A table without a row: no index is right, 0 is the smallest.
    assert limits(builder, table=(0, 2)) == {"table": None, "tokens": 1}


def test_through_what_a_float_embedding_is_made_of(builder):
    """CAST, LESS, ADD, SELECT_V2, GATHER: how Keras writes an Embedding of a float input."""
    graph = builder.graph()
    x = graph.input([4], name="x")
    cast, is_negative, wrapped, chosen = (
        graph.tensor([4], kind) for kind in ("INT32", "BOOL", "INT32", "INT32")
    )
    graph.operator("CAST", [x], [cast], options("CastOptions"))
    graph.operator("LESS", [cast, graph.constant(0, "INT32")], [is_negative])
    graph.operator("ADD", [cast, graph.constant(50, "INT32")], [wrapped], options("AddOptions"))
    graph.operator("SELECT_V2", [is_negative, wrapped, cast], [chosen])
    gather(graph, graph.constant(TABLE), chosen)
    assert limits(builder) == {"x": 50}


def test_through_shapes_and_joins(builder):
    graph = builder.graph()
    first, second = (graph.input([2, 2], "INT64", name=name) for name in ("first", "second"))
    joined, flat, parts = graph.tensor([4, 2]), graph.tensor([8]), [graph.tensor([4]) for _ in "ab"]
    graph.operator("CONCATENATION", [first, second], [joined])
    graph.operator("RESHAPE", [joined, graph.constant([8], "INT32")], [flat])
    graph.operator("SPLIT", [graph.constant(0, "INT32"), flat], parts)
    gather(graph, graph.constant(TABLE), parts[1])
    assert limits(builder) == {"first": 50, "second": 50}


def test_a_computed_index_is_the_business_of_the_model(builder):
    graph = builder.graph()
    x, hashed = graph.input([4], "INT32", name="x"), graph.tensor([4], "INT32")
    graph.operator("FLOOR_MOD", [x, graph.constant(50, "INT32")], [hashed])
    gather(graph, graph.constant(TABLE), hashed)
    assert limits(builder) == {"x": None}


@pytest.mark.parametrize(
    ("name", "inputs", "position", "limit"),
    [
        # Two numbers per index, into the first two axes of 50 x 8.
        ("GATHER_ND", [TABLE, ([3, 2], "INT32")], 1, 8),
        ("GATHER_ND", [TABLE, ([3, 1], "INT32")], 1, 50),
        ("EMBEDDING_LOOKUP", [([3], "INT32"), TABLE], 0, 50),
        ("ONE_HOT", [([3], "INT32"), np.int32(6), np.float32(1), np.float32(0)], 0, 6),
        ("SCATTER_ND", [([3, 1], "INT32"), ([3, 8], "FLOAT32"), np.int32([9, 8])], 0, 9),
        ("SCATTER_ND", [([3, 2], "INT32"), ([3], "FLOAT32"), np.int32([9, 8])], 0, 8),
        ("UNSORTED_SEGMENT_SUM", [([3], "FLOAT32"), ([3], "INT32"), np.int32(4)], 1, 4),
        ("SPARSE_TO_DENSE", [([3, 2], "INT32"), np.int32([9, 8])], 0, 8),
    ],
)
def test_other_operators_that_index(builder, name, inputs, position, limit):
    graph = builder.graph()
    tensors = [
        graph.constant(given) if isinstance(given, np.generic | np.ndarray) else graph.input(*given)
        for given in inputs
    ]
    graph.operator(name, tensors, [graph.tensor([1])])
    index = builder.graphs[0].tensors[tensors[position]].name
    assert {found: at for found, at in limits(builder).items() if at is not None} == {index: limit}


def call(builder, name, option_table, inputs, **targets):
    graph = builder.graphs[0]
    graph.operator(
        name, inputs, [graph.tensor([1]) for _ in inputs], options(option_table, **targets)
    )


def test_through_the_body_of_a_loop(builder):
    """What the body indexes with its second input, at the first iteration or at a later one."""
    graph = builder.graph()
    counter, tokens = (graph.input([1], "INT32", name=name) for name in ("counter", "tokens"))
    call(
        builder,
        "WHILE",
        "WhileOptions",
        [counter, tokens],
        cond_subgraph_index=1,
        body_subgraph_index=2,
    )
    condition, body = builder.graph(), builder.graph()
    c, _ = condition.input([1], "INT32"), condition.input([1], "INT32")
    condition.outputs = [condition.tensor([1], "BOOL")]
    condition.operator("LESS", [c, condition.constant(3, "INT32")], condition.outputs)
    first, second = body.input([1], "INT32"), body.input([1], "INT32")
    gather(body, body.constant(TABLE), second)
    # The two change places: at the second iteration the counter is the index.
    body.outputs = [second, first]
    assert limits(builder) == {"counter": 50, "tokens": 50}


def test_through_a_branch_and_out_of_it(builder):
    graph = builder.graph()
    condition, tokens = graph.input([1], "BOOL", name="c"), graph.input([1], "INT32", name="t")
    made = graph.tensor([1], "INT32")
    branches = options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
    graph.operator("IF", [condition, tokens], [made], branches)
    gather(graph, graph.constant(TABLE), made)
    for kind in ("CAST", "SQUEEZE"):
        branch = builder.graph()
        x, y = branch.input([1], "INT32"), branch.tensor([1], "INT32")
        branch.operator(kind, [x], [y], options(f"{kind.title()}Options"))
        branch.outputs = [y]
    assert limits(builder) == {"c": None, "t": 50}


def test_calls_that_lead_nowhere_or_in_circles(builder):
    graph = builder.graph()
    x = graph.input([1], "INT32", name="x")
    for target in (0, 9):
        call(builder, "CALL", "CallOptions", [x], subgraph=target)
    assert limits(builder) == {"x": None}


def test_through_a_case(builder):
    """Each branch gets all inputs but the one that chooses."""
    graph = builder.graph()
    chosen, tokens = (graph.input([1], "INT32", name=name) for name in ("chosen", "tokens"))
    branches = options("StablehloCaseOptions", branch_subgraph_indices=[1, 2])
    graph.operator("STABLEHLO_CASE", [chosen, tokens], [graph.tensor([1])], branches)
    for rows in (50, 9):
        branch = builder.graph()
        gather(branch, branch.constant(np.zeros((rows, 2), np.float32)), branch.input([1], "INT32"))
    assert limits(builder) == {"chosen": None, "tokens": 9}


@pytest.mark.parametrize("name", ["WHILE", "STABLEHLO_WHILE"])
def test_a_condition_returns_no_loop_variable(builder, name):
    """With one loop variable, both subgraphs of a loop have one output."""
    graph = builder.graph()
    count = graph.input([1], "INT32", name="count")
    made = graph.tensor([1], "INT32")
    table = {"WHILE": "WhileOptions"}.get(name, "StablehloWhileOptions")
    targets = options(table, cond_subgraph_index=1, body_subgraph_index=2)
    graph.operator(name, [count], [made], targets)
    gather(graph, graph.constant(TABLE), made)
    condition, body = builder.graph(), builder.graph()
    condition.outputs = [condition.input([1], "INT32")]
    body.input([1], "INT32")
    body.outputs = [body.constant(np.int32([1]))]
    assert limits(builder) == {"count": None}
