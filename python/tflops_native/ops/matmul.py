"""Matrix products."""

from dataclasses import dataclass, replace

from tflops_native.model.schema import ActivationFunctionType, FullyConnectedOptionsWeightsFormat
from tflops_native.model.sparsity import Sparsity
from tflops_native.ops._op import Inferred, Op, register
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.delegate_events import DYNAMIC_CONVERT, DelegateEvents
from tflops_native.ops.geometry import broadcast, size_of, with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec

_FULLY_CONNECTED = DelegateEvents(
    main=("Dynamic Fully Connected",),
    before=("Static Reshape", DYNAMIC_CONVERT, "Pack LH"),
    only_if={"Static Reshape": {"keep_num_dims": (False, None)}},
)
_BATCH_MATMUL = DelegateEvents(
    main=("Batch Matrix Multiply", "Fully Connected", "Dynamic Fully Connected"),
    before=("Transpose", DYNAMIC_CONVERT, "Pack LH"),
    only_if={"Transpose": {"adj_x": (True,)}},
)


@register("FULLY_CONNECTED", options="FullyConnectedOptions", events=_FULLY_CONNECTED)
@dataclass(frozen=True, slots=True)
class FullyConnected(Op):
    """Product of a matrix of rows with a constant matrix.

    The input may have any rank: all its elements are taken as rows of K.

    input    [..., K]
    weights  [U, K]
    bias     [U], optional
    output   [elements / K, U], or [..., U] with `keep_num_dims`

    Of sparse weights only the elements that the file stores are multiplied, zeros inside of its blocks
    included; `--kernels reference` multiplies all of them.

    MACs     rows * U * K; with sparse weights rows * stored elements
    Other    1 per output element for the bias, and the fused activation; with float inputs and integer
             weights 5 per input element, and 1 per output element, or 2 for each block of its weights
    Source   tflite/kernels/fully_connected.cc, PrepareImpl; sparse_ops/fully_connected.h
    """

    fused_activation_function: ActivationFunctionType
    weights_format: FullyConnectedOptionsWeightsFormat = FullyConnectedOptionsWeightsFormat.DEFAULT
    keep_num_dims: bool = False

    def infer(
        self, input: TensorSpec, weights: TensorSpec, bias: TensorSpec | None = None
    ) -> Inferred:
        units, depth = with_rank(weights, 2, "weights")
        output: Shape
        if self.keep_num_dims:
            if not input.shape or input.shape[-1] != depth:
                raise ValueError(
                    f"the last axis of `input` {list(input.shape)} must be {depth}, "
                    f"the depth of `weights` {list(weights.shape)}"
                )
            output = (*input.shape[:-1], units)
        else:
            if depth and input.size % depth:
                raise ValueError(
                    f"the {input.size} elements of `input` {list(input.shape)} are not a whole "
                    f"number of rows of {depth}, the depth of `weights` {list(weights.shape)}"
                )
            output = (input.size // depth if depth else size_of(input.shape[:-1]), units)
        rows = size_of(output[:-1])
        sparsity = weights.sparsity
        result = contraction_cost(
            output,
            size_of(output) * depth if sparsity is None else rows * sparsity.stored_elements,
            input=input,
            weights=weights,
            bias=bias,
            activation=self.fused_activation_function,
        )
        if sparsity is not None:
            return replace(
                result,
                dense_macs=size_of(output) * depth,
                note=_sparse_note(sparsity, weights),
            )
        if self.weights_format is FullyConnectedOptionsWeightsFormat.SHUFFLED4x16INT8:
            # The second output is a workspace that holds the shuffled input.
            return Inferred(
                outputs=(output, input.shape),
                cost=result.cost,
                mac_arithmetic=result.mac_arithmetic,
            )
        return result


# Elements of a block along the row that the kernels multiply, by whether the weights are integers.
_BLOCKS = {False: (1, 4), True: (16,)}


def _sparse_note(sparsity: Sparsity, weights: TensorSpec) -> str:
    """What is multiplied, and whether there is a kernel for the form of the weights."""
    text = "sparse weights: only the elements that are stored are multiplied"
    is_integer = not weights.is_float
    fits = (
        sparsity.is_compressed[:2] == (False, True)
        and len(sparsity.is_compressed) == 2 + (sparsity.block_size > 1)
        and sparsity.block_size in _BLOCKS[is_integer]
    )
    return text if fits else f"{text}; the runtime has no kernel for this sparse form"


@register("BATCH_MATMUL", options="BatchMatMulOptions", events=_BATCH_MATMUL)
@dataclass(frozen=True, slots=True)
class BatchMatMul(Op):
    """Product of two stacks of matrices, whose leading axes are broadcast.

    x        [..., M, K], or [..., K, M] with `adj_x`
    y        [..., K, N], or [..., N, K] with `adj_y`
    output   [..., M, N]

    MACs     batch * M * N * K
    Source   tflite/kernels/batch_matmul.cc, Prepare
    """

    adj_x: bool = False
    adj_y: bool = False

    def infer(self, x: TensorSpec, y: TensorSpec) -> Inferred:
        for role, tensor in (("x", x), ("y", y)):
            if len(tensor.shape) < 2:
                raise ValueError(f"`{role}` must be a matrix or more, but is {list(tensor.shape)}")
        m, k = x.shape[-2:] if not self.adj_x else x.shape[:-3:-1]
        k_y, n = y.shape[-2:] if not self.adj_y else y.shape[:-3:-1]
        if k != k_y:
            raise ValueError(
                f"the inner axes of `x` {list(x.shape)} and `y` {list(y.shape)} are {k} and {k_y}"
            )
        output = (*broadcast(x.shape[:-2], y.shape[:-2]), m, n)
        return contraction_cost(output, size_of(output) * k, input=x, weights=y)
