"""Tiny models, written with the official schema module, and the library in the package."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from tflops_native._native import Library

# Row o holds what output o takes of each input; sums by hand are easy.
WEIGHTS = np.array(
    [[1, 0, 0, 0], [0, 2, 0, 0], [1, 1, 1, 1], [0, 0, -1, 3]],
    dtype=np.float32,
)

TYPES = {np.float32: "FLOAT32", np.int32: "INT32", np.int64: "INT64", np.bool_: "BOOL"}


class ModelBuilder:
    """Collects subgraphs, tensors and operators, and packs them into the bytes of a model file."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.model.subgraphs = []
        self.model.signatureDefs = []

    def subgraph(self) -> Any:
        graph = self.schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
        self.model.subgraphs.append(graph)
        return graph

    def tensor(self, graph: Any, name: str, shape: Sequence[int], dtype: type = np.float32) -> int:
        tensor = self.schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, list(shape), 0
        tensor.type = getattr(self.schema.TensorType, TYPES[dtype])
        graph.tensors.append(tensor)
        return len(graph.tensors) - 1

    def constant(self, graph: Any, name: str, values: np.ndarray) -> int:
        index = self.tensor(graph, name, values.shape, values.dtype.type)
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), dtype=np.uint8)
        self.model.buffers.append(buffer)
        graph.tensors[index].buffer = len(self.model.buffers) - 1
        return index

    def operator(
        self,
        graph: Any,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Any = None,
    ) -> None:
        code = self.schema.OperatorCodeT()
        code.builtinCode = getattr(
            self.schema.BuiltinOperator, name, self.schema.BuiltinOperator.CUSTOM
        )
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        if code.builtinCode == self.schema.BuiltinOperator.CUSTOM:
            code.customCode = name
        self.model.operatorCodes.append(code)
        operator = self.schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(
                self.schema.BuiltinOptions, type(options).__name__.removesuffix("T")
            )
        graph.operators.append(operator)

    def signature(self, key: str, subgraph: int) -> None:
        graph = self.model.subgraphs[subgraph]
        definition = self.schema.SignatureDefT()
        definition.signatureKey, definition.subgraphIndex = key, subgraph
        definition.inputs = [self._named("x", graph.inputs[0])]
        definition.outputs = [self._named("y", graph.outputs[0])]
        self.model.signatureDefs.append(definition)

    def _named(self, name: str, tensor: int) -> Any:
        entry = self.schema.TensorMapT()
        entry.name, entry.tensorIndex = name, tensor
        return entry

    def pack(self) -> bytes:
        flatbuffers = pytest.importorskip("flatbuffers")
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def add_fully_connected(builder: ModelBuilder, weights: np.ndarray) -> None:
    """Subgraph with tensors 0 input [1, 4], 1 weights [4, 4], 2 output [1, 4]."""
    graph = builder.subgraph()
    x = builder.tensor(graph, "input", [1, 4])
    w = builder.constant(graph, "weights", weights)
    y = builder.tensor(graph, "output", [1, 4])
    builder.operator(
        graph, "FULLY_CONNECTED", [x, w, -1], [y], builder.schema.FullyConnectedOptionsT()
    )
    graph.inputs, graph.outputs = [x], [y]


@pytest.fixture(scope="session")
def library() -> "Library":
    from tflops_native._native import Library

    return Library.linked()


@pytest.fixture(scope="session")
def schema() -> Any:
    return pytest.importorskip("ai_edge_litert.schema_py_generated")


@pytest.fixture(scope="session")
def fully_connected(schema: Any) -> bytes:
    builder = ModelBuilder(schema)
    add_fully_connected(builder, WEIGHTS)
    return builder.pack()


@pytest.fixture(scope="session")
def two_signatures(schema: Any) -> bytes:
    """Signature "once" applies the weights, "twice" in subgraph 1 the doubled weights."""
    builder = ModelBuilder(schema)
    add_fully_connected(builder, WEIGHTS)
    add_fully_connected(builder, 2 * WEIGHTS)
    builder.signature("once", 0)
    builder.signature("twice", 1)
    return builder.pack()


@pytest.fixture(scope="session")
def custom_operator(schema: Any) -> bytes:
    builder = ModelBuilder(schema)
    graph = builder.subgraph()
    graph.inputs = [builder.tensor(graph, "input", [1, 4])]
    graph.outputs = [builder.tensor(graph, "output", [1, 4])]
    builder.operator(graph, "NoSuchOperator", graph.inputs, graph.outputs)
    return builder.pack()


@pytest.fixture(scope="session")
def add_constant(schema: Any) -> bytes:
    """ADD of x [4] and the constant [0, 1, 2, 3]."""
    builder = ModelBuilder(schema)
    graph = builder.subgraph()
    x = builder.tensor(graph, "x", [4])
    constant = builder.constant(graph, "constant", np.arange(4, dtype=np.float32))
    y = builder.tensor(graph, "y", [4])
    builder.operator(graph, "ADD", [x, constant], [y], schema.AddOptionsT())
    graph.inputs, graph.outputs = [x], [y]
    return builder.pack()


@pytest.fixture(scope="session")
def dynamic_output(schema: Any) -> bytes:
    """WHERE: the positions of the true values, as many as there are."""
    builder = ModelBuilder(schema)
    graph = builder.subgraph()
    graph.inputs = [builder.tensor(graph, "condition", [4], np.bool_)]
    graph.outputs = [builder.tensor(graph, "positions", [1, 1], np.int64)]
    builder.operator(graph, "WHERE", graph.inputs, graph.outputs, schema.WhereOptionsT())
    return builder.pack()


@pytest.fixture(scope="session")
def two_operators(schema: Any) -> bytes:
    """NEG, then ABS, with tensors 0 x, 1 between, 2 y."""
    builder = ModelBuilder(schema)
    graph = builder.subgraph()
    x, between, y = (builder.tensor(graph, name, [4]) for name in ("x", "between", "y"))
    builder.operator(graph, "NEG", [x], [between], schema.NegOptionsT())
    builder.operator(graph, "ABS", [between], [y], schema.AbsOptionsT())
    graph.inputs, graph.outputs = [x], [y]
    return builder.pack()


@pytest.fixture(scope="session")
def random_branch(schema: Any) -> bytes:
    """IF a random number is below 1/2: NEG of x (subgraph 1), else NEG of NEG of x (subgraph 2)."""
    builder = ModelBuilder(schema)
    graph = builder.subgraph()
    x = builder.tensor(graph, "x", [4])
    one = builder.constant(graph, "one", np.array([1], np.int32))
    half = builder.constant(graph, "half", np.array([0.5], np.float32))
    drawn = builder.tensor(graph, "drawn", [1])
    is_below = builder.tensor(graph, "is_below", [1], np.bool_)
    y = builder.tensor(graph, "y", [4])
    random = schema.RandomOptionsT()
    random.seed, random.seed2 = 1, 2
    branch = schema.IfOptionsT()
    branch.thenSubgraphIndex, branch.elseSubgraphIndex = 1, 2
    builder.operator(graph, "RANDOM_UNIFORM", [one], [drawn], random)
    builder.operator(graph, "LESS", [drawn, half], [is_below], schema.LessOptionsT())
    builder.operator(graph, "IF", [is_below, x], [y], branch)
    graph.inputs, graph.outputs = [x], [y]
    for count in (1, 2):
        body = builder.subgraph()
        tensors = [builder.tensor(body, f"t{i}", [4]) for i in range(count + 1)]
        for before, after in pairwise(tensors):
            builder.operator(body, "NEG", [before], [after], schema.NegOptionsT())
        body.inputs, body.outputs = tensors[:1], tensors[-1:]
    return builder.pack()
