"""StableHLO operators that work element by element. Nothing is broadcast: all shapes are equal."""

import math
import operator
from dataclasses import dataclass

from tflops_native.model.schema import StablehloComparisonDirection
from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.elementwise import FUNCTION, ONE, Fold, Unary
from tflops_native.ops.families import family
from tflops_native.ops.geometry import show
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.values import elementwise_value, small_value


@dataclass(frozen=True, slots=True)
class StablehloUnary(Unary):
    """A function of each element.

    input    any shape
    output   the same shape

    Other    `per_element` for each element
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """


family(
    StablehloUnary,
    {
        "STABLEHLO_ABS": (None, {"per_element": ONE, "fold": abs}),
        "STABLEHLO_FLOOR": (None, {"per_element": ONE, "fold": math.floor}),
        "STABLEHLO_NEGATE": (None, {"per_element": ONE, "fold": operator.neg}),
        # A square root and a division.
        "STABLEHLO_RSQRT": (None, {"per_element": Cost(scalar_ops=2)}),
        "STABLEHLO_CBRT": (None, {"per_element": FUNCTION}),
        "STABLEHLO_COSINE": (None, {"per_element": FUNCTION}),
        "STABLEHLO_EXPONENTIAL": (None, {"per_element": FUNCTION}),
        "STABLEHLO_LOG": (None, {"per_element": FUNCTION}),
        "STABLEHLO_LOGISTIC": (None, {"per_element": FUNCTION}),
        "STABLEHLO_TANH": (None, {"per_element": FUNCTION}),
    },
)


@dataclass(frozen=True, slots=True)
class StablehloBinary(Op):
    """A function of two tensors of one shape; the runtime has a kernel.

    input1   any shape
    input2   the same shape
    output   the same shape

    Other    `per_element` for each element
    Source   tflite/kernels/stablehlo_elementwise.cc, ElementwisePrepare; stablehlo_shift_left.cc
    """

    per_element: Cost
    fold: Fold

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        return _binary(input1, input2, self.per_element, self.fold)


@dataclass(frozen=True, slots=True)
class StablehloBinaryWithoutKernel(Op):
    """A function of two tensors of one shape.

    input1   any shape
    input2   the same shape
    output   the same shape

    Other    `per_element` for each element
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    per_element: Cost
    fold: Fold

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        return _binary(input1, input2, self.per_element, self.fold)


def _binary(input1: TensorSpec, input2: TensorSpec, per_element: Cost, fold: Fold) -> Inferred:
    if input1.shape != input2.shape:
        raise ValueError(
            f"both inputs must have one shape, but are {show((input1.shape, input2.shape))}; "
            "StableHLO broadcasts nothing"
        )
    value = elementwise_value(fold, input1.shape, input1, input2)
    return Inferred(outputs=(input1.shape,), cost=per_element * input1.size, values=(value,))


def _quotient(x: int | float, y: int | float) -> int | float:
    """Division, of integers towards zero."""
    if isinstance(x, int) and isinstance(y, int):
        quotient = abs(x) // abs(y)
        return quotient if (x < 0) == (y < 0) else -quotient
    return x / y


def _remainder(x: int | float, y: int | float) -> int | float:
    """What is left of the division; the sign is that of `x`."""
    if isinstance(x, int) and isinstance(y, int):
        return x - y * _quotient(x, y)
    return math.fmod(x, y)


family(
    StablehloBinary,
    {
        "STABLEHLO_ADD": (None, {"per_element": ONE, "fold": operator.add}),
        "STABLEHLO_MULTIPLY": (None, {"per_element": ONE, "fold": operator.mul}),
        "STABLEHLO_MAXIMUM": (None, {"per_element": ONE, "fold": max}),
        "STABLEHLO_MINIMUM": (None, {"per_element": ONE, "fold": min}),
        "STABLEHLO_AND": (None, {"per_element": ONE, "fold": operator.and_}),
        "STABLEHLO_SHIFT_LEFT": (
            "StablehloShiftLeftOptions",
            # The shift is bounded here: a huge one would build a huge number first.
            {"per_element": ONE, "fold": lambda x, y: x << y if y < 64 else 0},
        ),
    },
)

family(
    StablehloBinaryWithoutKernel,
    {
        "STABLEHLO_SUBTRACT": (None, {"per_element": ONE, "fold": operator.sub}),
        "STABLEHLO_DIVIDE": (None, {"per_element": ONE, "fold": _quotient}),
        "STABLEHLO_OR": (None, {"per_element": ONE, "fold": operator.or_}),
        "STABLEHLO_POWER": (None, {"per_element": FUNCTION, "fold": math.pow}),
        # A division and a rounding.
        "STABLEHLO_REMAINDER": (None, {"per_element": Cost(scalar_ops=2), "fold": _remainder}),
    },
)

_COMPARISONS: dict[StablehloComparisonDirection, Fold] = {
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_EQ: operator.eq,
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_NE: operator.ne,
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_GE: operator.ge,
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_GT: operator.gt,
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_LE: operator.le,
    StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_LT: operator.lt,
}


@register("STABLEHLO_COMPARE", options="StablehloCompareOptions")
@dataclass(frozen=True, slots=True)
class StablehloCompare(Op):
    """Comparison of two tensors of one shape.

    input1   any shape
    input2   the same shape
    output   the same shape

    Other    1 for each element
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    comparison_direction: StablehloComparisonDirection

    def infer(self, input1: TensorSpec, input2: TensorSpec) -> Inferred:
        return _binary(input1, input2, ONE, _COMPARISONS[self.comparison_direction])


@register("STABLEHLO_SELECT")
@dataclass(frozen=True, slots=True)
class StablehloSelect(Op):
    """Elements of one of two tensors of one shape.

    condition  a scalar, or that shape
    x, y       one shape
    output     that shape

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    def infer(self, condition: TensorSpec, x: TensorSpec, y: TensorSpec) -> Inferred:
        if x.shape != y.shape:
            raise ValueError(f"`x` and `y` must have one shape, but are {show((x.shape, y.shape))}")
        _require_scalar_or_same("condition", condition, x)
        value = elementwise_value(lambda c, a, b: a if c else b, x.shape, condition, x, y)
        return Inferred(outputs=(x.shape,), cost=NO_ARITHMETIC, values=(value,))


@register("STABLEHLO_CLAMP")
@dataclass(frozen=True, slots=True)
class StablehloClamp(Op):
    """Elements, limited on both sides.

    minimum  a scalar, or the shape of `input`
    input    any shape
    maximum  a scalar, or the shape of `input`
    output   the shape of `input`

    Other    2 for each element
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    def infer(self, minimum: TensorSpec, input: TensorSpec, maximum: TensorSpec) -> Inferred:
        _require_scalar_or_same("minimum", minimum, input)
        _require_scalar_or_same("maximum", maximum, input)
        value = elementwise_value(
            lambda low, x, high: min(max(low, x), high), input.shape, minimum, input, maximum
        )
        cost = Cost(scalar_ops=2) * input.size
        return Inferred(outputs=(input.shape,), cost=cost, values=(value,))


def _require_scalar_or_same(role: str, tensor: TensorSpec, other: TensorSpec) -> None:
    if tensor.shape not in {(), other.shape}:
        raise ValueError(
            f"`{role}` must be a scalar or {list(other.shape)}, but is {list(tensor.shape)}"
        )


@register("STABLEHLO_CONVERT")
@dataclass(frozen=True, slots=True)
class StablehloConvert(Op):
    """Another number type.

    input    any shape
    output   the same shape

    Moves data, no arithmetic.
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    def infer(self, input: TensorSpec) -> Inferred:
        # The walk converts the value to the output's type.
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC, values=(small_value(input),))
