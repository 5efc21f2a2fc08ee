"""Operators that work element by element, as tables: the table says what one element costs."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType
from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.delegate_events import binary_events, unary_events
from tflops_native.ops.families import family
from tflops_native.ops.geometry import broadcast, epilogue_cost, show, size_of
from tflops_native.ops.indices import PASSES_ALL, Indices
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.values import elementwise_value, small_value

Fold = Callable[..., int | float]

ONE = Cost(scalar_ops=1)
FUNCTION = Cost(transcendentals=1)


@dataclass(frozen=True, slots=True)
class Unary(Op):
    """A function of each element.

    input    any shape
    output   the same shape

    Other    `per_element` for each element
    Source   tflite/kernels/elementwise.cc, activations.cc, neg.cc, floor.cc, ceil.cc, round.cc
    """

    per_element: Cost
    fold: Fold | None = None

    def infer(self, input: TensorSpec) -> Inferred:
        value = None
        if self.fold is not None:
            value = elementwise_value(self.fold, input.shape, input)
        return Inferred(outputs=(input.shape,), cost=self.per_element * input.size, values=(value,))


def _round_half_even(x: float) -> float:
    return float(round(x))


family(
    Unary,
    {
        # A comparison, a sign change or a rounding is one operation; so is a square root.
        "ABS": ("AbsOptions", {"per_element": ONE, "fold": abs}),
        "CEIL": (None, {"per_element": ONE, "fold": math.ceil}),
        "FLOOR": (None, {"per_element": ONE, "fold": math.floor}),
        "LOGICAL_NOT": ("LogicalNotOptions", {"per_element": ONE, "fold": operator.not_}),
        "NEG": ("NegOptions", {"per_element": ONE, "fold": operator.neg}),
        "RELU": (None, {"per_element": ONE}),
        "ROUND": (None, {"per_element": ONE, "fold": _round_half_even}),
        "SIGN": ("SignOptions", {"per_element": ONE}),
        "SQRT": (None, {"per_element": ONE, "fold": math.sqrt}),
        "SQUARE": ("SquareOptions", {"per_element": ONE, "fold": lambda x: x * x}),
        # A clamp is two comparisons; 1 / sqrt(x) is a square root and a division.
        "RELU6": (None, {"per_element": Cost(scalar_ops=2)}),
        "RELU_0_TO_1": (None, {"per_element": Cost(scalar_ops=2)}),
        "RELU_N1_TO_1": (None, {"per_element": Cost(scalar_ops=2)}),
        "RSQRT": (None, {"per_element": Cost(scalar_ops=2)}),
        # x * min(max(x + 3, 0), 6) * (1 / 6)
        "HARD_SWISH": ("HardSwishOptions", {"per_element": Cost(scalar_ops=5)}),
        "COS": ("CosOptions", {"per_element": FUNCTION}),
        "EXP": ("ExpOptions", {"per_element": FUNCTION}),
        "LOG": (None, {"per_element": FUNCTION}),
        "LOGISTIC": (None, {"per_element": FUNCTION}),
        "SIN": (None, {"per_element": FUNCTION}),
        "TANH": (None, {"per_element": FUNCTION}),
        # x > 0 ? x : exp(x) - 1
        "ELU": (None, {"per_element": Cost(scalar_ops=2, transcendentals=1)}),
    },
    events={
        "CEIL": unary_events("Ceiling"),
        "NEG": unary_events("Negate"),
        "RELU": unary_events("Clamp"),
        "ROUND": unary_events("Bankers Rounding", "Bankders Rounding"),
        "SQRT": unary_events("Square Root"),
        "RELU6": unary_events("Clamp"),
        "RELU_0_TO_1": unary_events("Clamp"),
        "RELU_N1_TO_1": unary_events("Clamp"),
        "RSQRT": unary_events("Reciprocal Square Root"),
        "COS": unary_events("Cosine"),
        "LOGISTIC": unary_events("Sigmoid"),
        "SIN": unary_events("Sine"),
    },
    default=unary_events(),
)


@register("LEAKY_RELU", options="LeakyReluOptions", events=unary_events())
@dataclass(frozen=True, slots=True)
class LeakyRelu(Op):
    """x where positive, else alpha * x.

    input    any shape
    output   the same shape

    Other    2 per element: a comparison and a multiplication
    Source   tflite/kernels/activations.cc, LeakyReluPrepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=2) * input.size)


@register("PRELU", events=binary_events())
@dataclass(frozen=True, slots=True)
class PRelu(Op):
    """x where positive, else alpha * x, with an alpha of its own per channel.

    input    any shape
    alpha    broadcast to the input
    output   the input's shape

    Other    2 per element: a comparison and a multiplication
    Source   tflite/kernels/activations.cc, PreluPrepare
    """

    def infer(self, input: TensorSpec, alpha: TensorSpec) -> Inferred:
        if broadcast(input.shape, alpha.shape) != input.shape:
            raise ValueError(
                f"`alpha` {list(alpha.shape)} is larger than `input` {list(input.shape)}"
            )
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=2) * input.size)


@register("GELU", options="GeluOptions", events=unary_events("ApproxGELU"))
@dataclass(frozen=True, slots=True)
class Gelu(Op):
    """Gaussian error linear unit.

    input    any shape
    output   the same shape

    Other    4 per element and one erf: x * 0.5 * (1 + erf(x * c));
             with `approximate` 8 per element and one tanh: x * 0.5 * (1 + tanh(c * (x + d * x^3)))
    Source   tflite/kernels/gelu.cc
    """

    approximate: bool = False

    def infer(self, input: TensorSpec) -> Inferred:
        per_element = Cost(scalar_ops=8 if self.approximate else 4, transcendentals=1)
        return Inferred(outputs=(input.shape,), cost=per_element * input.size)


@dataclass(frozen=True, slots=True)
class Binary(Op):
    """A function of two tensors whose shapes are broadcast.

    input1   any shape
    input2   any shape that can be broadcast with it
    output   the common shape

    Other    `per_element` for each output element, and the fused activation where there is one
    Source   tflite/kernels/add.cc and its siblings, kernel_util.cc CalculateShapeForBroadcast
    """

    per_element: Cost
    fold: Fold

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        output = broadcast(input1.shape, input2.shape)
        value = elementwise_value(self.fold, output, input1, input2)
        return Inferred(outputs=(output,), cost=self.per_element * size_of(output), values=(value,))


@dataclass(frozen=True, slots=True)
class FusedBinary(Op):
    """A function of two tensors whose shapes are broadcast, with a fused activation.

    input1   any shape
    input2   any shape that can be broadcast with it
    output   the common shape

    Other    1 for each output element, and the fused activation; of complex numbers ADD and SUB are
             2, MUL is 6 (4 products, 2 sums), DIV is 11 (6 products, 3 sums, 2 divisions)
    Source   tflite/kernels/add.cc, sub.cc, mul.cc, div.cc
    """

    fold: Fold
    complex_operations: int
    fused_activation_function: ActivationFunctionType

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        output = broadcast(input1.shape, input2.shape)
        value = None
        if self.fused_activation_function is ActivationFunctionType.NONE:
            value = elementwise_value(self.fold, output, input1, input2)
        elements = size_of(output)
        operations = self.complex_operations if input1.is_complex else 1
        cost = Cost(scalar_ops=operations * elements)
        cost += epilogue_cost(elements, self.fused_activation_function)
        return Inferred(outputs=(output,), cost=cost, values=(value,))


def _divide(x: int | float, y: int | float) -> int | float:
    """Division as the kernel does it: towards zero for integers."""
    if isinstance(x, int) and isinstance(y, int):
        quotient = abs(x) // abs(y)
        return quotient if (x < 0) == (y < 0) else -quotient
    return x / y


family(
    FusedBinary,
    {
        "ADD": ("AddOptions", {"fold": operator.add, "complex_operations": 2}),
        "SUB": ("SubOptions", {"fold": operator.sub, "complex_operations": 2}),
        "MUL": ("MulOptions", {"fold": operator.mul, "complex_operations": 6}),
        "DIV": ("DivOptions", {"fold": _divide, "complex_operations": 11}),
    },
    events={
        "SUB": binary_events("Subtract"),
        "MUL": binary_events("Multiply", "Square", "Normalize"),
        "DIV": binary_events("Divide"),
    },
    default=binary_events(),
)


def _power(x: int | float, y: int | float) -> int | float:
    """A power that some type can hold: others would be numbers of millions of digits, or complex."""
    if not isinstance(x, int) or not isinstance(y, int):
        return math.pow(x, y)
    if abs(x) > 1 and y >= 64:
        raise OverflowError(f"{x} to the power of {y} is beyond 64 bits")
    power: int | float = x**y  # below 1 for exponents below 0
    return power


def _compare(fold: Fold) -> dict[str, object]:
    return {"per_element": ONE, "fold": fold}


family(
    Binary,
    {
        "MAXIMUM": ("MaximumMinimumOptions", {"per_element": ONE, "fold": max}),
        "MINIMUM": ("MaximumMinimumOptions", {"per_element": ONE, "fold": min}),
        "POW": ("PowOptions", {"per_element": FUNCTION, "fold": _power}),
        # A division and a rounding; a division, a rounding and a correction of the sign.
        "FLOOR_DIV": (
            "FloorDivOptions",
            {"per_element": Cost(scalar_ops=2), "fold": operator.floordiv},
        ),
        "FLOOR_MOD": ("FloorModOptions", {"per_element": Cost(scalar_ops=3), "fold": operator.mod}),
        "SQUARED_DIFFERENCE": (
            "SquaredDifferenceOptions",
            {
                "per_element": Cost(scalar_ops=2),
                "fold": lambda x, y: (x - y) * (x - y),
            },
        ),
        "BITWISE_XOR": ("BitwiseXorOptions", {"per_element": ONE, "fold": operator.xor}),
        "RIGHT_SHIFT": ("RightShiftOptions", {"per_element": ONE, "fold": operator.rshift}),
        "EQUAL": ("EqualOptions", _compare(operator.eq)),
        "NOT_EQUAL": ("NotEqualOptions", _compare(operator.ne)),
        "LESS": ("LessOptions", _compare(operator.lt)),
        "LESS_EQUAL": ("LessEqualOptions", _compare(operator.le)),
        "GREATER": ("GreaterOptions", _compare(operator.gt)),
        "GREATER_EQUAL": ("GreaterEqualOptions", _compare(operator.ge)),
        "LOGICAL_AND": ("LogicalAndOptions", _compare(lambda x, y: x and y)),
        "LOGICAL_OR": ("LogicalOrOptions", _compare(lambda x, y: x or y)),
    },
    indices={"MAXIMUM": PASSES_ALL, "MINIMUM": PASSES_ALL},
    events={
        "MAXIMUM": binary_events("Clamp"),
        "MINIMUM": binary_events("Clamp"),
        "POW": binary_events("Power", "Square"),
        "FLOOR_MOD": binary_events("Modulus"),
        "RIGHT_SHIFT": binary_events("Shift Right Arithmetic", "Shift Right Logical"),
    },
    default=binary_events(),
)


@register("ATAN2", options="ATan2Options")
@dataclass(frozen=True, slots=True)
class Atan2(Op):
    """Angle of the point (x, y). Shapes are not broadcast.

    y        any shape
    x        the same shape
    output   the same shape

    Other    1 arc tangent per element
    Source   tflite/kernels/atan2.cc, Atan2Prepare
    """

    def infer(self, y: TensorSpec, x: TensorSpec) -> Inferred:
        if y.shape != x.shape:
            raise ValueError(f"`y` and `x` must have one shape, but are {show((y.shape, x.shape))}")
        return Inferred(outputs=(y.shape,), cost=FUNCTION * y.size)


@register("ADD_N", options="AddNOptions")
@dataclass(frozen=True, slots=True)
class AddN(Op):
    """Sum of tensors of one shape.

    inputs   two or more, all of the same shape
    output   that shape

    Other    (number of inputs - 1) per element
    Source   tflite/kernels/add_n.cc, Prepare
    """

    def infer(self, *inputs: TensorSpec) -> Inferred:
        shapes = {tensor.shape for tensor in inputs}
        if len(inputs) < 2 or len(shapes) != 1:
            raise ValueError(
                f"two inputs or more of one shape are to be added, but there are {len(inputs)}: "
                f"{show(tensor.shape for tensor in inputs)}"
            )
        (shape,) = shapes
        return Inferred(outputs=(shape,), cost=Cost(scalar_ops=(len(inputs) - 1) * size_of(shape)))


@register("SELECT", options="SelectOptions", indices=Indices(passes_on=(1, 2)))
@dataclass(frozen=True, slots=True)
class Select(Op):
    """Elements of one of two tensors of the same shape.

    condition  the shape of x, or a scalar, or [x.shape[0]]
    x, y       one shape
    output     that shape

    Moves data, no arithmetic.
    Source   tflite/kernels/select.cc, SelectPrepare
    """

    def infer(self, condition: TensorSpec, x: TensorSpec, y: TensorSpec) -> Inferred:
        if x.shape != y.shape:
            raise ValueError(f"`x` and `y` must have one shape, but are {show((x.shape, y.shape))}")
        if condition.shape not in {x.shape, (), x.shape[:1]}:
            raise ValueError(
                f"`condition` {list(condition.shape)} does not fit `x` {list(x.shape)}"
            )
        aligned = condition.shape
        if aligned != x.shape and len(aligned) == 1:
            aligned = aligned + (1,) * (len(x.shape) - 1)
        chooser = TensorSpec(aligned, condition.type, condition.known)
        value = elementwise_value(_choose, x.shape, chooser, x, y)
        return Inferred(outputs=(x.shape,), cost=NO_ARITHMETIC, values=(value,))


@register("SELECT_V2", options="SelectV2Options", indices=Indices(passes_on=(1, 2)))
@dataclass(frozen=True, slots=True)
class SelectV2(Op):
    """Elements of one of two tensors; the shapes of all three inputs are broadcast.

    condition, x, y  shapes that can be broadcast together
    output           the common shape

    Moves data, no arithmetic.
    Source   tflite/kernels/select.cc, SelectPrepare
    """

    def infer(self, condition: TensorSpec, x: TensorSpec, y: TensorSpec) -> Inferred:
        output = broadcast(condition.shape, x.shape, y.shape)
        value = elementwise_value(_choose, output, condition, x, y)
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(value,))


def _choose(condition: int | float, x: int | float, y: int | float) -> int | float:
    return x if condition else y


@register("ZEROS_LIKE", options="ZerosLikeOptions")
@dataclass(frozen=True, slots=True)
class ZerosLike(Op):
    """Zeros in the shape of the input.

    input    any shape
    output   the same shape

    Writes data, no arithmetic.
    Source   tflite/kernels/zeros_like.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        value = (0,) * input.size if small_value(input) is not None else None
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC, values=(value,), bytes_read=0)
