"""Operators on the diagonals of matrices."""

from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.tensor_spec import TensorSpec


@register("MATRIX_DIAG", options="MatrixDiagOptions")
@dataclass(frozen=True, slots=True)
class MatrixDiag(Op):
    """Square matrices with the given diagonals, zero elsewhere.

    diagonal  [..., N]
    output    [..., N, N]

    Moves data, no arithmetic.
    Source   tflite/kernels/matrix_diag.cc, Prepare
    """

    def infer(self, diagonal: TensorSpec) -> Inferred:
        if not diagonal.shape:
            raise ValueError("`diagonal` must have an axis, but is a scalar")
        return Inferred(outputs=((*diagonal.shape, diagonal.shape[-1]),), cost=NO_ARITHMETIC)


@register("MATRIX_SET_DIAG", options="MatrixSetDiagOptions")
@dataclass(frozen=True, slots=True)
class MatrixSetDiag(Op):
    """Matrices with other diagonals.

    input     [..., M, N]
    diagonal  [..., min(M, N)]
    output    [..., M, N]

    Moves data, no arithmetic.
    Source   tflite/kernels/matrix_set_diag.cc, Prepare
    """

    def infer(self, input: TensorSpec, diagonal: TensorSpec) -> Inferred:
        if len(input.shape) < 2:
            raise ValueError(f"`input` must be matrices, but is {list(input.shape)}")
        expected = (*input.shape[:-2], min(input.shape[-2:]))
        if diagonal.shape != expected:
            raise ValueError(
                f"`diagonal` {list(diagonal.shape)} does not fit `input` {list(input.shape)}: "
                f"{list(expected)} would"
            )
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)
