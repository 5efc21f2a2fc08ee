"""MACs without the kernel positions on the zero border of a convolution."""

import math

from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.analysis.result import Analysis
from tflops_native.ops.convolution import (
    Conv2D,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv2D,
    TransposeConv,
)
from tflops_native.ops.traffic import Window

_CONVOLUTIONS = Conv2D | DepthwiseConv2D | Conv3D | TransposeConv | Conv3DTranspose


def valid_macs(operator: OperatorAnalysis) -> int:
    """MACs of an operator that multiply an element of the input, subgraphs that it runs included.

    Of CONV_2D, DEPTHWISE_CONV_2D and CONV_3D those without positions on padding, of TRANSPOSE_CONV and
    CONV_3D_TRANSPOSE those whose result lies inside of the output; of all others, all.
    """
    macs = operator.own_cost.macs
    axes = _axes(operator) if macs else []
    if axes:
        # MACs are the product of windows and kernel positions of all axes, batch and channels.
        dense = math.prod(axis.count * axis.taps for axis in axes)
        macs = macs // dense * math.prod(axis.valid_taps() for axis in axes)
    return macs + sum(
        call.times * sum(map(valid_macs, call.operators))
        for call in operator.calls
        if call.is_counted
    )


def total_valid_macs(analysis: Analysis) -> int:
    """Sum over all operators."""
    return sum(map(valid_macs, analysis.operators))


def _axes(operator: OperatorAnalysis) -> list[Window]:
    """The windows along each spatial axis of a convolution; none of other operators.

    A transposed convolution is the reverse of a convolution from its output to its input: what that one
    reads, this one writes.
    """
    rule = operator.rule
    if not isinstance(rule, _CONVOLUTIONS):
        return []
    is_transposed = isinstance(rule, TransposeConv | Conv3DTranspose)
    image, kernel, output = *operator.input_shapes[:2], operator.output_shapes[0]
    if is_transposed:
        image, output = output, operator.input_shapes[2]
    if image is None or kernel is None or output is None:
        return []
    strides = [rule.stride_h, rule.stride_w]
    dilations = [1, 1]
    if not isinstance(rule, TransposeConv):
        dilations = [rule.dilation_h_factor, rule.dilation_w_factor]
    windows = kernel[1:3]
    if isinstance(rule, Conv3D | Conv3DTranspose):
        strides, dilations = [rule.stride_d, *strides], [rule.dilation_d_factor, *dilations]
        windows = kernel[:3]
    return [
        Window(*axis, rule.padding)
        for axis in zip(image[1:-1], windows, output[1:-1], strides, dilations, strict=True)
    ]
