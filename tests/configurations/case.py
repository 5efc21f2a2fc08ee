"""One operator with concrete operands, and its model in two forms: values known, or given late."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from builders import ModelBuilder, options, quantization
from tflops_native.ops import REGISTRY

QUANTIZED = {"INT8", "UINT8", "INT16"}
SCALE = 0.5


@dataclass(frozen=True)
class Operand:
    """An input of the operator.

    value      the elements, else zeros
    constant   whether the file holds the value, else it is an input of the graph
    decides    whether the value decides on the output's shape
    scale      of a type that is not always quantized, as the INT32 of a bias
    variable   whether it is state, kept from one run to the next
    block      columns of a block, where a constant matrix is stored without the blocks of zeros
    folded     whether a constant goes through an operator that the runtime computes beforehand
    """

    shape: tuple[int, ...]
    type: str = "FLOAT32"
    value: tuple | None = None
    constant: bool = False
    decides: bool = False
    scale: float | None = None
    variable: bool = False
    block: int = 0
    folded: bool = False

    @property
    def array(self):
        value = (0,) * math.prod(self.shape) if self.value is None else self.value
        return np.array(value, self.type.lower()).reshape(self.shape)


def data(shape, type="FLOAT32", value=None):
    """An input of the graph."""
    return Operand(tuple(shape), type, value)


def weights(shape, type="FLOAT32", *, scale=None):
    """A constant whose value does not matter."""
    return Operand(tuple(shape), type, constant=True, scale=scale)


def variable(shape, type="FLOAT32"):
    """State that the operator keeps from one run to the next."""
    return Operand(tuple(shape), type, variable=True)


def decides(value, type="INT32", shape=None):
    """Constant numbers on which the output's shape depends; a vector unless told otherwise."""
    value = tuple(value)
    shape = (len(value),) if shape is None else tuple(shape)
    return Operand(shape, type, value, constant=True, decides=True)


def scalar(value, type="INT32"):
    return decides([value], type, ())


@dataclass(frozen=True)
class Case:
    """An operator, its operands (None: left out), its options, and the types of its outputs.

    `recorded` are the shapes that the file states for the outputs; elsewhere it states scalars:
    nobody may believe them. `scale` and `zero_point` are those of quantized outputs; some kernels
    insist on theirs.
    """

    operator: str
    operands: tuple[Operand | None, ...]
    options: dict = field(default_factory=dict)
    outputs: tuple[str, ...] = ("FLOAT32",)
    scale: float = SCALE
    zero_point: int = 0
    version: int = 1
    recorded: tuple[tuple[int, ...], ...] = ()

    def late(self):
        """The same, but what decides on the shape is an input of the graph."""
        return self._deciding(constant=False)

    def folded(self):
        """The same, but what decides on the shape is computed, of constants, before the model runs."""
        return self._deciding(folded=True)

    def _deciding(self, **fields):
        return replace(
            self,
            operands=tuple(
                replace(operand, **fields) if operand and operand.decides else operand
                for operand in self.operands
            ),
        )

    @property
    def graph_inputs(self):
        return [
            operand
            for operand in self.operands
            if operand and not operand.constant and not operand.variable
        ]

    def pack(self):
        """The bytes of the model."""
        builder = ModelBuilder()
        graph = builder.graph()
        indices = [-1 if item is None else _add(graph, item) for item in self.operands]
        graph.outputs = [
            graph.tensor(
                shape,
                made,
                **(_quantized(self.scale, self.zero_point) if made in QUANTIZED else {}),
            )
            for shape, made in zip(
                self.recorded or ((),) * len(self.outputs), self.outputs, strict=True
            )
        ]
        table = REGISTRY[self.operator].options_type
        fields = options(table, **self.options) if table else None
        graph.operator(self.operator, indices, graph.outputs, fields, version=self.version)
        return builder.pack()


def _add(graph, operand):
    scale = SCALE if operand.type in QUANTIZED else operand.scale
    fields = {} if scale is None else _quantized(scale, 0)
    if operand.variable:
        return graph.tensor(operand.shape, operand.type, isVariable=True, **fields)
    if operand.block:
        return graph.sparse_constant(operand.array, operand.block, **fields)
    if operand.folded:
        shape = graph.constant(np.array(operand.shape, "i4"), "INT32")
        given = graph.constant(operand.array.ravel(), operand.type, **fields)
        made = graph.tensor(operand.shape, operand.type, **fields)
        graph.operator("RESHAPE", [given, shape], [made], options("ReshapeOptions"))
        return made
    if operand.constant:
        return graph.constant(operand.array, operand.type, **fields)
    return graph.input(operand.shape, operand.type, **fields)


def _quantized(scale, zero_point):
    return {"quantization": quantization(scale=[scale], zeroPoint=[zero_point])}
