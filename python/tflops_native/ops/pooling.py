"""Pooling over windows. Windows that reach into the padding are counted whole."""

from dataclasses import dataclass

from tflops_native.model import ActivationFunctionType, Padding
from tflops_native.ops._op import Cost, Inferred, Op, TensorSpec, family
from tflops_native.ops.geometry import epilogue_cost, size_of, window_output_size, with_rank


@dataclass(frozen=True, slots=True)
class Pool2D(Op):
    """One result from each window of each channel.

    input    [N, H, W, C]
    output   [N, OH, OW, C]

    Other    per output element, with k = KH * KW: AVERAGE k - 1 additions and a division, MAX
             k - 1 comparisons, L2 k squares, k - 1 additions, a division and a square root;
             and the fused activation
    Source   tflite/kernels/pooling.cc, GenericPrepare
    """

    per_tap: int
    per_output: int
    padding: Padding
    stride_w: int
    stride_h: int
    filter_width: int
    filter_height: int
    fused_activation_function: ActivationFunctionType

    def infer(self, input: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        output = (
            n,
            window_output_size(h, self.filter_height, self.stride_h, self.padding),
            window_output_size(w, self.filter_width, self.stride_w, self.padding),
            c,
        )
        elements = size_of(output)
        taps = self.filter_height * self.filter_width
        cost = Cost(scalar_ops=elements * (self.per_tap * taps + self.per_output))
        cost += epilogue_cost(elements, self.fused_activation_function)
        return Inferred(outputs=(output,), cost=cost)


family(
    Pool2D,
    {
        "AVERAGE_POOL_2D": ("Pool2DOptions", {"per_tap": 1, "per_output": 0}),
        "MAX_POOL_2D": ("Pool2DOptions", {"per_tap": 1, "per_output": -1}),
        "L2_POOL_2D": ("Pool2DOptions", {"per_tap": 2, "per_output": 1}),
    },
)
