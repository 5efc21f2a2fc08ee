"""Operators that make real numbers of complex ones."""

from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.families import family
from tflops_native.ops.tensor_spec import TensorSpec


@dataclass(frozen=True, slots=True)
class Part(Op):
    """The real or the imaginary part of each element.

    input    any shape, complex
    output   the same shape

    Moves data, no arithmetic.
    Source   tflite/kernels/complex_support.cc, Prepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        _check(input)
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)


family(Part, {"REAL": (None, {}), "IMAG": (None, {})})


@register("COMPLEX_ABS")
@dataclass(frozen=True, slots=True)
class ComplexAbs(Op):
    """Magnitude of each element.

    input    any shape, complex
    output   the same shape

    Other    4 per element: two squares, their sum and its root
    Source   tflite/kernels/complex_support.cc, EvalAbs
    """

    def infer(self, input: TensorSpec) -> Inferred:
        _check(input)
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=4) * input.size)


def _check(input: TensorSpec) -> None:
    if not input.is_complex:
        raise ValueError(f"`input` must be complex, but is {input.type.name}")
