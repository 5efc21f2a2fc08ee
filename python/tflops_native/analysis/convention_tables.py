"""What other tools count for an operator: their tables, on the shapes of TensorFlow Lite's operators.

Each table maps an operator's name to a function of its operands. What a table lacks its tool counts
as 0, without a word.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.model.graph import Operator, Subgraph, Tensor
from tflops_native.ops.tensor_spec import Shape


class UndeterminedError(ValueError):
    """A shape or an option that a count needs is not known."""


@dataclass(frozen=True, slots=True)
class Operands:
    """Shapes and options of one operator, None where a shape is unknown or an input absent."""

    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    options: Mapping[str, object]

    @classmethod
    def inferred(cls, operator: OperatorAnalysis) -> "Operands":
        """As the analysis found them."""
        rule = operator.rule
        options = {} if rule is None else {f.name: getattr(rule, f.name) for f in fields(rule)}
        return cls(operator.input_shapes, operator.output_shapes, options)

    @classmethod
    def stored(cls, subgraph: Subgraph, operator: Operator) -> "Operands":
        """As the file has them."""
        inputs = (None if i is None else stored_shape(subgraph.tensors[i]) for i in operator.inputs)
        outputs = (stored_shape(subgraph.tensors[index]) for index in operator.outputs)
        return cls(tuple(inputs), tuple(outputs), operator.options)

    def input(self, position: int = 0) -> Shape:
        return _known(self.inputs, position)

    @property
    def output(self) -> Shape:
        return _known(self.outputs, 0)

    @property
    def out(self) -> int:
        """Elements of the first output."""
        return math.prod(self.output)

    def elements(self, position: int = 0) -> int:
        """Elements of an input."""
        return math.prod(self.input(position))

    def bias(self, position: int) -> int:
        """Additions of a bias at this input: the elements of the output, 0 without one."""
        return self.out if self.has(position) else 0

    def has(self, position: int) -> bool:
        return position < len(self.inputs) and self.inputs[position] is not None

    def number(self, name: str) -> int:
        """A numeric option."""
        value = self.options.get(name)
        if not isinstance(value, int):
            raise UndeterminedError(f"the option {name} is not known")
        return value

    @property
    def window(self) -> int:
        """Elements of the window of a pooling operator."""
        return self.number("filter_height") * self.number("filter_width")


def stored_shape(tensor: Tensor) -> Shape | None:
    """The shape in the file, None where it leaves a length open."""
    is_open = not tensor.has_rank or -1 in tensor.shape_signature
    return None if is_open else tensor.shape


def _known(shapes: tuple[Shape | None, ...], position: int) -> Shape:
    shape = shapes[position] if position < len(shapes) else None
    if shape is None:
        raise UndeterminedError("a shape is not known")
    return shape


Table: TypeAlias = Mapping[str, Callable[[Operands], int]]


def _each(names: str, count: Callable[[Operands], int]) -> dict[str, Callable[[Operands], int]]:
    return dict.fromkeys(names.split(), count)


# EstimateArithmeticCount in tflite/converter/flatbuffer_export.cc, and what implements
# TflArithmeticCountOpInterface in tflite/converter/ir/tfl_ops.cc. A bias of TRANSPOSE_CONV is left out.
CONVERTER: Final[Table] = {
    **_each(
        "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED",
        lambda o: 2 * o.elements(1) * math.prod(o.output[:-1]) + o.bias(2),
    ),
    "TRANSPOSE_CONV": lambda o: 2 * o.elements(2) * math.prod(o.input(1)[:3]),
    **_each("ADD SUB MUL DIV", lambda o: o.out),
    "ADD_N": lambda o: (len(o.inputs) - 1) * o.out,
    **_each("LOGISTIC TANH SOFTMAX LOG_SOFTMAX", lambda o: 64 * o.out),
    **_each("AVERAGE_POOL_2D MAX_POOL_2D", lambda o: o.window * o.out),
    "L2_NORMALIZATION": lambda o: 3 * o.out,
}

# Positions of the inputs whose shapes the converter asks for; of all but TRANSPOSE_CONV it asks for the
# output's as well. It estimates nothing as soon as one of them is open.
CONVERTER_INPUTS: Final[Mapping[str, tuple[int, ...]]] = {
    "CONV_2D": (1,),
    "DEPTHWISE_CONV_2D": (1,),
    "FULLY_CONNECTED": (1,),
    "TRANSPOSE_CONV": (1, 2),
}


def _transposed_by_output(o: Operands) -> int:
    """Conv2DBackpropInput: by the output and the stride, cut to an integer."""
    strides = o.number("stride_h") * o.number("stride_w")
    channels = o.output[-1]
    if not channels or not strides:
        return 0
    return 2 * o.out * o.elements(1) // (channels * strides) + o.bias(3)


def _l2_normalization(o: Operands) -> int:
    """Square, Sum, Maximum, Rsqrt and Mul, which the converter fuses."""
    length = o.input()[-1] if o.input() else 1
    rows = o.elements() // length if length else 0
    return 3 * o.elements() + 2 * rows


# tensorflow/python/profiler/internal/flops_registry.py and tensorflow/python/ops/nn_ops.py.
# The converter makes `adj_x` of a transposition in front of BatchMatMul: there the inner axis was the last.
TF_PROFILER: Final[Table] = {
    "CONV_2D": lambda o: 2 * o.out * math.prod(o.input(1)[1:]) + o.bias(2),
    "DEPTHWISE_CONV_2D": lambda o: 2 * o.out * math.prod(o.input(1)[1:3]) + o.bias(2),
    "CONV_3D": lambda o: 2 * o.out * math.prod(o.input(1)[:-1]) + o.bias(2),
    "TRANSPOSE_CONV": _transposed_by_output,
    "FULLY_CONNECTED": lambda o: 2 * o.out * o.input(1)[-1] + o.bias(2),
    "BATCH_MATMUL": lambda o: 2 * o.out * o.input()[-2 if o.options.get("adj_x") else -1],
    **_each("AVERAGE_POOL_2D MAX_POOL_2D", lambda o: o.window * o.out),
    "SOFTMAX": lambda o: 5 * o.elements(),
    "L2_NORMALIZATION": _l2_normalization,
    **_each("SQUARE LOG NEG MEAN", lambda o: o.elements()),
    "RSQRT": lambda o: 2 * o.elements(),
    **_each(
        "ADD SUB MUL DIV MAXIMUM MINIMUM POW GREATER_EQUAL GREATER LESS_EQUAL LESS EQUAL NOT_EQUAL",
        lambda o: o.out,
    ),
    "SQUARED_DIFFERENCE": lambda o: 2 * o.out,
    **_each("SUM ARG_MAX ARG_MIN", lambda o: o.elements() - o.out),
    "ADD_N": lambda o: (len(o.inputs) - 1) * o.elements(),
}


def _adaptive_pool(o: Operands) -> int:
    """The elements of the input, where the mean is that of an image; fvcore has no other mean."""
    shape = o.input()
    is_global = len(shape) == 4 and o.out == shape[0] * shape[3]
    return o.elements() if is_global else 0


# fvcore/nn/flop_count.py and jit_handles.py.
FVCORE: Final[Table] = {
    **_each(
        "CONV_2D DEPTHWISE_CONV_2D CONV_3D",
        lambda o: o.elements(1) * math.prod(o.output[:-1]),
    ),
    **_each(
        "TRANSPOSE_CONV CONV_3D_TRANSPOSE",
        lambda o: o.elements(1) * math.prod(o.input(2)[:-1]),
    ),
    "FULLY_CONNECTED": lambda o: o.elements() * o.input(1)[0],
    "BATCH_MATMUL": lambda o: o.elements() * o.output[-1],
    "RESIZE_NEAREST_NEIGHBOR": lambda o: o.out,
    "RESIZE_BILINEAR": lambda o: 4 * o.out,
    "MEAN": _adaptive_pool,
}
