"""Tiny models, and the library in the package."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from builders import ModelBuilder, options, signature

if TYPE_CHECKING:
    from tflops_native._native import Library

# Row o holds what output o takes of each input; sums by hand are easy.
WEIGHTS = np.array(
    [[1, 0, 0, 0], [0, 2, 0, 0], [1, 1, 1, 1], [0, 0, -1, 3]],
    dtype=np.float32,
)


def add_fully_connected(builder: Any, weights: np.ndarray) -> None:
    """Subgraph with tensors 0 input [1, 4], 1 weights [4, 4], 2 output [1, 4]."""
    graph = builder.graph()
    x = graph.input([1, 4], name="input")
    w = graph.constant(weights, name="weights")
    graph.outputs = [graph.tensor([1, 4], name="output")]
    graph.operator("FULLY_CONNECTED", [x, w, -1], graph.outputs, options("FullyConnectedOptions"))


@pytest.fixture(scope="session")
def library() -> "Library":
    from tflops_native._native import Library

    return Library.linked()


@pytest.fixture(scope="session")
def fully_connected() -> bytes:
    builder = ModelBuilder()
    add_fully_connected(builder, WEIGHTS)
    return builder.pack()


@pytest.fixture(scope="session")
def two_signatures() -> bytes:
    """Signature "once" applies the weights, "twice" in subgraph 1 the doubled weights."""
    builder = ModelBuilder()
    add_fully_connected(builder, WEIGHTS)
    add_fully_connected(builder, 2 * WEIGHTS)
    builder.signatures = [
        signature(key, subgraph, {"x": 0}, {"y": 2})
        for subgraph, key in enumerate(["once", "twice"])
    ]
    return builder.pack()


@pytest.fixture(scope="session")
def custom_operator() -> bytes:
    builder = ModelBuilder()
    graph = builder.graph()
    graph.input([1, 4], name="input")
    graph.outputs = [graph.tensor([1, 4], name="output")]
    graph.operator("NoSuchOperator", graph.inputs, graph.outputs)
    return builder.pack()


@pytest.fixture(scope="session")
def add_constant() -> bytes:
    """ADD of x [4] and the constant [0, 1, 2, 3]."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([4], name="x")
    constant = graph.constant(np.arange(4, dtype=np.float32), name="constant")
    graph.outputs = [graph.tensor([4], name="y")]
    graph.operator("ADD", [x, constant], graph.outputs, options("AddOptions"))
    return builder.pack()


@pytest.fixture(scope="session")
def dynamic_output() -> bytes:
    """WHERE: the positions of the true values, as many as there are."""
    builder = ModelBuilder()
    graph = builder.graph()
    graph.input([4], "BOOL", name="condition")
    graph.outputs = [graph.tensor([1, 1], "INT64", name="positions")]
    graph.operator("WHERE", graph.inputs, graph.outputs, options("WhereOptions"))
    return builder.pack()


@pytest.fixture(scope="session")
def two_operators() -> bytes:
    """NEG, then ABS, with tensors 0 x, 1 between, 2 y."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([4], name="x")
    between, y = (graph.tensor([4], name=name) for name in ("between", "y"))
    graph.operator("NEG", [x], [between], options("NegOptions"))
    graph.operator("ABS", [between], [y], options("AbsOptions"))
    graph.outputs = [y]
    return builder.pack()


@pytest.fixture(scope="session")
def random_branch() -> bytes:
    """IF a random number is below 1/2: NEG of x (subgraph 1), else NEG of NEG of x (subgraph 2)."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([4], name="x")
    one = graph.constant([1], "INT32", name="one")
    half = graph.constant([0.5], "FLOAT32", name="half")
    drawn = graph.tensor([1], name="drawn")
    is_below = graph.tensor([1], "BOOL", name="is_below")
    graph.outputs = [graph.tensor([4], name="y")]
    graph.operator("RANDOM_UNIFORM", [one], [drawn], options("RandomOptions", seed=1, seed2=2))
    graph.operator("LESS", [drawn, half], [is_below], options("LessOptions"))
    branches = options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
    graph.operator("IF", [is_below, x], graph.outputs, branches)
    for count in (1, 2):
        body = builder.graph()
        body.input([4])
        tensors = [0, *(body.tensor([4]) for _ in range(count))]
        for before, after in pairwise(tensors):
            body.operator("NEG", [before], [after], options("NegOptions"))
        body.outputs = tensors[-1:]
    return builder.pack()
