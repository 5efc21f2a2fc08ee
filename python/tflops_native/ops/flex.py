"""Elementwise operators of TensorFlow that a Flex delegate runs: counted by the arithmetic they name."""

from dataclasses import dataclass

from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.families import family
from tflops_native.ops.geometry import broadcast, show, size_of
from tflops_native.ops.tensor_spec import TensorSpec

_ONE = Cost(scalar_ops=1)
_TWO = Cost(scalar_ops=2)
_THREE = Cost(scalar_ops=3)
_FUNCTION = Cost(transcendentals=1)


@dataclass(frozen=True, slots=True)
class FlexUnary(Op):
    """A TensorFlow operator on each element, run by the Flex delegate.

    input    any shape
    output   the same shape

    Other    `per_element` for each element, as for the builtin operator of that name
    Source   tflite/delegates/flex/kernel.cc; the arithmetic is that of the name
    """

    per_element: Cost

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=self.per_element * input.size)


_FUNCTIONS = (
    "Acos Acosh Asin Asinh Atan Atanh Cos Cosh Digamma Erf Erfc Exp Expm1 Lgamma Log Log1p Sigmoid "
    "Sin Sinh Tan Tanh"
)
_SINGLE = "Abs Ceil Floor Inv Invert LogicalNot Neg Reciprocal Relu Rint Round Sign Sqrt Square"

family(
    FlexUnary,
    {
        f"Flex{name}": (None, {"per_element": cost})
        for name, cost in (
            *((name, _FUNCTION) for name in _FUNCTIONS.split()),
            *((name, _ONE) for name in _SINGLE.split()),
            ("LeakyRelu", _TWO),  # a comparison and a multiplication
            ("Relu6", _TWO),
            ("Rsqrt", _TWO),
            ("Elu", Cost(scalar_ops=2, transcendentals=1)),  # x > 0 ? x : exp(x) - 1
            ("Selu", Cost(scalar_ops=3, transcendentals=1)),  # s * x, or t * (exp(x) - 1)
            ("Softplus", Cost(scalar_ops=1, transcendentals=2)),  # log(exp(x) + 1)
            ("Softsign", _THREE),  # x / (abs(x) + 1)
        )
    },
)


@dataclass(frozen=True, slots=True)
class FlexBinary(Op):
    """A TensorFlow operator on two tensors whose shapes are broadcast, run by the Flex delegate.

    input1   any shape
    input2   any shape that can be broadcast with it
    output   the common shape

    Other    `per_element` for each output element, as for the builtin operator of that name; of
             complex numbers a sum is 2, a product 6 and a quotient 11
    Source   tflite/delegates/flex/kernel.cc; the arithmetic is that of the name
    """

    per_element: Cost
    complex_operations: int | None = None

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        output = broadcast(input1.shape, input2.shape)
        per_element = self.per_element
        if input1.is_complex and self.complex_operations is not None:
            per_element = Cost(scalar_ops=self.complex_operations)
        return Inferred(outputs=(output,), cost=per_element * size_of(output))


_COMPARISONS = "Equal NotEqual Less LessEqual Greater GreaterEqual Maximum Minimum"
_BITWISE = "BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift LogicalAnd LogicalOr"

family(
    FlexBinary,
    {
        f"Flex{name}": (None, {"per_element": cost, "complex_operations": complex_operations})
        for name, cost, complex_operations in (
            *((name, _ONE, None) for name in (_COMPARISONS + " " + _BITWISE).split()),
            ("Add", _ONE, 2),
            ("AddV2", _ONE, 2),
            ("Sub", _ONE, 2),
            ("Mul", _ONE, 6),
            ("Div", _ONE, 11),
            ("RealDiv", _ONE, 11),
            ("TruncateDiv", _ONE, None),
            ("Atan2", _FUNCTION, None),
            ("Pow", _FUNCTION, None),
            ("FloorDiv", _TWO, None),  # a division and a rounding
            ("FloorMod", _THREE, None),  # these, and a correction of the sign
            ("SquaredDifference", _TWO, None),
            ("DivNoNan", _TWO, None),  # the comparison with 0 too
            ("Xdivy", _TWO, None),
            ("Xlogy", Cost(scalar_ops=2, transcendentals=1), None),
        )
    },
)


@register("FlexAddN")
@dataclass(frozen=True, slots=True)
class FlexAddN(Op):
    """Sum of tensors of one shape, run by the Flex delegate.

    inputs   one or more, all of the same shape
    output   that shape

    Other    (number of inputs - 1) per element
    Source   tflite/delegates/flex/kernel.cc; the arithmetic is that of the name
    """

    def infer(self, *inputs: TensorSpec) -> Inferred:
        shapes = {tensor.shape for tensor in inputs}
        if len(shapes) != 1:
            raise ValueError(
                "one input or more of one shape are to be added, but there are "
                f"{len(inputs)}: {show(tensor.shape for tensor in inputs)}"
            )
        (shape,) = shapes
        return Inferred(outputs=(shape,), cost=_ONE * ((len(inputs) - 1) * size_of(shape)))
