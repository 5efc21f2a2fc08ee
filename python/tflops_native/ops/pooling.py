"""Pooling over windows. Windows that reach into the padding are counted whole."""

from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType, Padding, ReduceWindowFunction
from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.families import family
from tflops_native.ops.geometry import epilogue_cost, size_of, window_output_size, with_rank
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.traffic import Window, touching


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
        windows = [
            Window(h, self.filter_height, output[1], self.stride_h, 1, self.padding),
            Window(w, self.filter_width, output[2], self.stride_w, 1, self.padding),
        ]
        return touching(Inferred(outputs=(output,), cost=cost), input, windows)


# XNNPACK clamps where a window has one element.
_ONE_ELEMENT = {"Clamp": {"filter_height": (1,), "filter_width": (1,)}}

family(
    Pool2D,
    {
        "AVERAGE_POOL_2D": ("Pool2DOptions", {"per_tap": 1, "per_output": 0}),
        "MAX_POOL_2D": ("Pool2DOptions", {"per_tap": 1, "per_output": -1}),
        "L2_POOL_2D": ("Pool2DOptions", {"per_tap": 2, "per_output": 1}),
    },
    events={
        "AVERAGE_POOL_2D": DelegateEvents(
            main=("Average Pooling", "Global Average Pooling", "Clamp"), only_if=_ONE_ELEMENT
        ),
        "MAX_POOL_2D": DelegateEvents(
            main=("Max Pooling", "ArgMax Pooling", "Clamp"), only_if=_ONE_ELEMENT
        ),
    },
)


@register("REDUCE_WINDOW", options="ReduceWindowOptions")
@dataclass(frozen=True, slots=True)
class ReduceWindow(Op):
    """One result from each window, over all axes and without padding.

    input       any shape but a scalar
    init_value  scalar, where each result starts from
    window      [rank], window length along each axis
    strides     [rank]
    dilations   [rank], distance of the elements of a window
    output      floor((length - effective window) / stride) + 1, or 0 where the window does not fit

    Other    (window elements - 1) per output element
    Source   tflite/kernels/stablehlo_reduce_window.cc, TFLiteData
    """

    reduce_function: ReduceWindowFunction

    def infer(
        self,
        input: TensorSpec,
        init_value: TensorSpec,
        window: TensorSpec,
        strides: TensorSpec,
        dilations: TensorSpec,
    ) -> Inferred:
        if self.reduce_function is ReduceWindowFunction.UNSUPPORTED:
            raise ValueError("`reduce_function` is UNSUPPORTED: no function is stated")
        lengths = window.required_integers("window")
        steps = strides.required_integers("strides")
        spread = dilations.required_integers("dilations")
        rank = len(input.shape)
        if not rank == len(lengths) == len(steps) == len(spread) or not rank:
            raise ValueError(
                f"`window` {list(lengths)}, `strides` {list(steps)} and `dilations` {list(spread)} "
                f"must have an element for each axis of `input` {list(input.shape)}"
            )
        if min(*lengths, *steps, *spread) < 1:
            raise ValueError(
                f"`window` {list(lengths)}, `strides` {list(steps)} and `dilations` {list(spread)} "
                "must be 1 or more"
            )
        output = tuple(
            max((size - (length - 1) * apart - 1) // step + 1, 0)
            for size, length, step, apart in zip(input.shape, lengths, steps, spread, strict=True)
        )
        cost = Cost(scalar_ops=(size_of(lengths) - 1) * size_of(output))
        return Inferred(outputs=(output,), cost=cost)
