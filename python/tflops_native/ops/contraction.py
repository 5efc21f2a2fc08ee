"""What all contractions share: MACs, bias, activation, and the arithmetic they are done in."""

from functools import cache

from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.schema import ActivationFunctionType, TensorType
from tflops_native.ops._op import Cost, Inferred
from tflops_native.ops.geometry import epilogue_cost, size_of
from tflops_native.ops.tensor_spec import Shape, TensorSpec

# Per element, as the QUANTIZE operator is counted: scale, round, add the zero point, clamp twice.
QUANTIZE_OPS = 5

_INTEGER_WEIGHTS = frozenset(
    {TensorType.INT8, TensorType.UINT8, TensorType.INT4, TensorType.UINT4, TensorType.INT2}
)


def contraction_cost(
    output: Shape,
    macs: int,
    *,
    input: TensorSpec,
    weights: TensorSpec,
    bias: TensorSpec | None = None,
    activation: ActivationFunctionType = ActivationFunctionType.NONE,
) -> Inferred:
    """The result of an operator that multiplies and accumulates, with what is fused into it.

    Float activations times integer weights (dynamic-range quantization) are multiplied as integers:
    the kernel quantizes its input on the fly and scales each result. Of block-wise quantized weights
    it scales and adds up the sum of each block instead. That float work is counted with the operator.
    The rescaling of a fully quantized kernel is part of its MACs and is not counted.
    """
    elements = size_of(output)
    fused = epilogue_cost(elements, activation, bias)
    cost = Cost(macs, fused.scalar_ops, fused.transcendentals)
    mac_arithmetic = arithmetic = None
    if input.is_float and weights.type in _INTEGER_WEIGHTS:
        mac_arithmetic = arithmetic_name(TensorType.INT8, weights.type)
        cost += Cost(scalar_ops=QUANTIZE_OPS * input.size + scaling_operations(weights) * elements)
    elif not input.is_float:
        # Whatever comes before it: TRANSPOSE_CONV takes its shape first.
        arithmetic = arithmetic_name(input.type, input.type)
        if input.type != weights.type:
            mac_arithmetic = arithmetic_name(input.type, weights.type)
    return Inferred(
        outputs=(output,), cost=cost, arithmetic=arithmetic, mac_arithmetic=mac_arithmetic
    )


def scaling_operations(weights: TensorSpec) -> int:
    """Float operations that make one result of integer products, along the last axis of the weights.

    One product with the scale of the weights and the row. With blocks one product for each block, the
    additions of their sums, and a product with the scale of the row (fully_connected.cc,
    EvalBlockwise4Bit).
    """
    if not weights.block_size:
        return 1
    return 2 * -(-weights.shape[-1] // weights.block_size)


@cache
def arithmetic_name(left: TensorType, right: TensorType) -> str:
    """`int8`, or `int16x8` where the operands' types differ."""
    name = ELEMENT_TYPES[left].name
    if left == right:
        return name
    return f"{name}x{ELEMENT_TYPES[right].bits}"
