"""MACs without the taps that fall into the zero border of a convolution."""

import math

from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.analysis.result import Analysis
from tflops_native.model import Padding
from tflops_native.ops.convolution import Conv2D, Conv3D, DepthwiseConv2D


def valid_taps(
    size: int, window: int, output: int, stride: int, dilation: int, padding: Padding
) -> int:
    """Taps of all windows along one axis that hit an element of the input.

    Of SAME padding the border in front is the smaller half (tflite/kernels/padding.h,
    ComputePadding); with VALID there is none.

    Args:
        size: length of the input.
        window: taps of one window.
        output: number of windows.
        stride: elements from one window to the next.
        dilation: elements from one tap to the next.
        padding: SAME or VALID.
    """
    before = 0
    if padding is Padding.SAME:
        before = max((output - 1) * stride + (window - 1) * dilation + 1 - size, 0) // 2
    # Tap k of window o is at o * stride + k * dilation - before: the shorter of the two is walked.
    (few, step), (many, apart) = sorted([(window, dilation), (output, stride)])
    taps = 0
    for start in range(-before, few * step - before, step):
        first = max(-(start // apart), 0)
        last = min((size - 1 - start) // apart, many - 1)
        taps += max(last - first + 1, 0)
    return taps


def valid_macs(operator: OperatorAnalysis) -> int:
    """MACs of an operator that multiply an element of the input, subgraphs that it runs included.

    Of CONV_2D, DEPTHWISE_CONV_2D and CONV_3D those without taps on padding; of all others, all.
    """
    macs = operator.own_cost.macs
    axes = _axes(operator) if macs else []
    if axes:
        # MACs are the product of windows and taps of all axes, batch and channels.
        dense = math.prod(output * window for _, window, output, *_ in axes)
        macs = macs // dense * math.prod(valid_taps(*axis) for axis in axes)
    return macs + sum(
        call.times * sum(map(valid_macs, call.operators))
        for call in operator.calls
        if call.is_counted
    )


def total_valid_macs(analysis: Analysis) -> int:
    """Sum over all operators."""
    return sum(map(valid_macs, analysis.operators))


def _axes(operator: OperatorAnalysis) -> list[tuple[int, int, int, int, int, Padding]]:
    """What `valid_taps` takes, for each spatial axis of a padded convolution."""
    rule = operator.rule
    if not isinstance(rule, Conv2D | DepthwiseConv2D | Conv3D):
        return []
    image, kernel, output = *operator.input_shapes[:2], operator.output_shapes[0]
    if image is None or kernel is None or output is None:
        return []
    strides = [rule.stride_h, rule.stride_w]
    dilations = [rule.dilation_h_factor, rule.dilation_w_factor]
    windows = kernel[1:3]
    if isinstance(rule, Conv3D):
        strides, dilations = [rule.stride_d, *strides], [rule.dilation_d_factor, *dilations]
        windows = kernel[:3]
    return [
        (*axis, rule.padding)
        for axis in zip(image[1:-1], windows, output[1:-1], strides, dilations, strict=True)
    ]
