"""Row-wise normalizations."""

from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType
from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.geometry import epilogue_cost
from tflops_native.ops.tensor_spec import TensorSpec


def _rows(input: TensorSpec) -> tuple[int, int]:
    """Number of rows, and their length."""
    if not input.shape:
        raise ValueError("`input` must have rank 1 or more, but is a scalar")
    length = input.shape[-1]
    return (input.size // length if length else 0), length


@register("SOFTMAX", options="SoftmaxOptions")
@dataclass(frozen=True, slots=True)
class Softmax(Op):
    """exp(beta * x) over its sum, along the last axis.

    input    [..., C]
    output   the same shape

    Other    per row 4 * C - 2: maximum, differences, sum and divisions; one exp per element;
             one more per element where beta is not 1
    Source   tflite/kernels/activations.cc, SoftmaxPrepare
    """

    beta: float

    def infer(self, input: TensorSpec) -> Inferred:
        rows, length = _rows(input)
        scale = 0 if self.beta == 1.0 else input.size
        cost = Cost(scalar_ops=rows * max(4 * length - 2, 0) + scale, transcendentals=input.size)
        return Inferred(outputs=(input.shape,), cost=cost)


@register("LOG_SOFTMAX", options="LogSoftmaxOptions")
@dataclass(frozen=True, slots=True)
class LogSoftmax(Op):
    """x minus the logarithm of the sum of exp(x), along the last axis.

    input    [..., C]
    output   the same shape

    Other    per row 4 * C - 2: maximum, two differences, sum; one exp per element, one log per row
    Source   tflite/kernels/activations.cc, LogSoftmaxPrepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        rows, length = _rows(input)
        cost = Cost(scalar_ops=rows * max(4 * length - 2, 0), transcendentals=input.size + rows)
        return Inferred(outputs=(input.shape,), cost=cost)


@register("L2_NORMALIZATION", options="L2NormOptions")
@dataclass(frozen=True, slots=True)
class L2Normalization(Op):
    """x over the square root of the sum of its squares, along the last axis.

    input    [..., C]
    output   the same shape

    Other    per row C squares, C - 1 additions, a maximum with epsilon, a square root, C divisions
    Source   tflite/kernels/l2norm.cc, Prepare
    """

    fused_activation_function: ActivationFunctionType

    def infer(self, input: TensorSpec) -> Inferred:
        rows, length = _rows(input)
        cost = Cost(scalar_ops=rows * (3 * length + 1 if length else 0))
        cost += epilogue_cost(input.size, self.fused_activation_function)
        return Inferred(outputs=(input.shape,), cost=cost)


@register("LOCAL_RESPONSE_NORMALIZATION", options="LocalResponseNormalizationOptions")
@dataclass(frozen=True, slots=True)
class LocalResponseNormalization(Op):
    """x over a power of the sum of squares in a window of channels around it.

    input    [N, H, W, C]
    output   the same shape

    Other    6 per element and one pow: square, scale, add to and subtract from the running sum,
             bias, final product; independent of the radius
    Source   tflite/kernels/internal/optimized/optimized_ops.h, LocalResponseNormalization
    """

    def infer(self, input: TensorSpec) -> Inferred:
        if len(input.shape) != 4:
            raise ValueError(f"`input` must have rank 4, but is {list(input.shape)}")
        return Inferred(
            outputs=(input.shape,), cost=Cost(scalar_ops=6, transcendentals=1) * input.size
        )
