"""Convolutions. Kernel positions on the zero padding are counted, as in every common counter."""

from dataclasses import dataclass, replace
from typing import ClassVar

from tflops_native.model.schema import ActivationFunctionType, Padding
from tflops_native.ops._op import Inferred, Op, register
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.delegate_events import DYNAMIC_CONVERT, DelegateEvents
from tflops_native.ops.geometry import size_of, window_output_size, with_rank
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.traffic import Window, touching

# Since 2025 a 1x1 convolution is run as a fully connected layer.
_CONVOLUTION = DelegateEvents(main=("Convolution",), before=(DYNAMIC_CONVERT,))
_POINTWISE = DelegateEvents(main=("Convolution", "Fully Connected"), before=(DYNAMIC_CONVERT,))
_DECONVOLUTION = DelegateEvents(main=("Deconvolution",), before=(DYNAMIC_CONVERT,))


@register("CONV_2D", options="Conv2DOptions", events=_POINTWISE)
@dataclass(frozen=True, slots=True)
class Conv2D(Op):
    """2-D convolution, grouped where the filter is shallower than the input.

    input    [N, H, W, C]
    filter   [O, KH, KW, C / groups]
    bias     [O], optional
    output   [N, OH, OW, O]

    MACs     N * OH * OW * O * KH * KW * (C / groups)
    Other    1 per output element for the bias, and the fused activation
    Source   tflite/kernels/conv.cc, Prepare
    """

    padding: Padding
    stride_w: int
    stride_h: int
    fused_activation_function: ActivationFunctionType
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1

    def infer(
        self, input: TensorSpec, filter: TensorSpec, bias: TensorSpec | None = None
    ) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        o, kh, kw, depth = with_rank(filter, 4, "filter")
        if depth == 0 or c == 0 or c % depth:
            raise ValueError(f"a filter of depth {depth} does not divide {c} input channels")
        if o % (c // depth):
            raise ValueError(f"{c // depth} groups do not divide {o} output channels")
        oh = window_output_size(h, kh, self.stride_h, self.padding, self.dilation_h_factor)
        ow = window_output_size(w, kw, self.stride_w, self.padding, self.dilation_w_factor)
        output = (n, oh, ow, o)
        result = contraction_cost(
            output,
            size_of(output) * kh * kw * depth,
            input=input,
            weights=filter,
            bias=bias,
            activation=self.fused_activation_function,
        )
        windows = [
            Window(h, kh, oh, self.stride_h, self.dilation_h_factor, self.padding),
            Window(w, kw, ow, self.stride_w, self.dilation_w_factor, self.padding),
        ]
        return touching(result, input, windows, filter, bias)


@register("DEPTHWISE_CONV_2D", options="DepthwiseConv2DOptions", events=_CONVOLUTION)
@dataclass(frozen=True, slots=True)
class DepthwiseConv2D(Op):
    """2-D convolution of each channel by itself.

    The multiplier is O / C, from the shapes; the option `depth_multiplier` is ignored by the
    kernel as well.

    input    [N, H, W, C]
    filter   [1, KH, KW, O]
    bias     [O], optional
    output   [N, OH, OW, O]

    MACs     N * OH * OW * O * KH * KW
    Other    1 per output element for the bias, and the fused activation
    Source   tflite/kernels/depthwise_conv.cc, Prepare
    """

    padding: Padding
    stride_w: int
    stride_h: int
    fused_activation_function: ActivationFunctionType
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1

    def infer(
        self, input: TensorSpec, filter: TensorSpec, bias: TensorSpec | None = None
    ) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        one, kh, kw, o = with_rank(filter, 4, "filter")
        if one != 1:
            raise ValueError(f"`filter` must be [1, KH, KW, O], but is {list(filter.shape)}")
        if c == 0 or o % c:
            raise ValueError(f"{o} output channels are not a multiple of {c} input channels")
        oh = window_output_size(h, kh, self.stride_h, self.padding, self.dilation_h_factor)
        ow = window_output_size(w, kw, self.stride_w, self.padding, self.dilation_w_factor)
        output = (n, oh, ow, o)
        result = contraction_cost(
            output,
            size_of(output) * kh * kw,
            input=input,
            weights=filter,
            bias=bias,
            activation=self.fused_activation_function,
        )
        windows = [
            Window(h, kh, oh, self.stride_h, self.dilation_h_factor, self.padding),
            Window(w, kw, ow, self.stride_w, self.dilation_w_factor, self.padding),
        ]
        return touching(result, input, windows, filter, bias)


@register("TRANSPOSE_CONV", options="TransposeConvOptions", events=_DECONVOLUTION)
@dataclass(frozen=True, slots=True)
class TransposeConv(Op):
    """Transposed 2-D convolution: each input element is scattered into a window of the output.

    output_shape  [4], the output's shape, taken as it stands
    weights       [O, KH, KW, C]
    input         [N, H, W, C]
    bias          [O], optional
    output        [N, OH, OW, O]

    MACs     N * H * W * C * KH * KW * O, positions outside the output included
    Other    1 per output element for the bias, and the fused activation
    Source   tflite/kernels/transpose_conv.cc, Prepare
    """

    padding: Padding
    stride_w: int
    stride_h: int
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE

    shape_role: ClassVar = "output_shape"

    def infer(
        self,
        output_shape: TensorSpec,
        weights: TensorSpec,
        input: TensorSpec,
        bias: TensorSpec | None = None,
    ) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        o, kh, kw, depth = with_rank(weights, 4, "weights")
        if depth != c:
            raise ValueError(f"`weights` of depth {depth} do not fit {c} input channels")
        given = output_shape.optional_integers("output_shape")
        if len(given) != 4:
            raise ValueError(f"`output_shape` must have 4 elements, but is {list(given)}")
        # What is not known follows from the input; of the lengths of the image, with a stride, only the
        # largest does. No MAC depends on it.
        largest = (
            n,
            _largest_output(h, kh, self.stride_h, self.padding),
            _largest_output(w, kw, self.stride_w, self.padding),
            o,
        )
        output = tuple(
            most if length is None else length for length, most in zip(given, largest, strict=True)
        )
        is_bound = (given[1] is None and self.stride_h > 1) or (
            given[2] is None and self.stride_w > 1
        )
        forward = (
            window_output_size(output[1], kh, self.stride_h, self.padding),
            window_output_size(output[2], kw, self.stride_w, self.padding),
        )
        if forward != (h, w):
            raise ValueError(
                f"an output of {output[1]}x{output[2]} belongs to an input of "
                f"{forward[0]}x{forward[1]}, but the input is {h}x{w}"
            )
        result = contraction_cost(
            output,
            input.size * kh * kw * o,
            input=input,
            weights=weights,
            bias=bias,
            activation=self.fused_activation_function,
        )
        if not is_bound:
            return result
        note = "data decides the size of the image; the MACs do not depend on it"
        return replace(result, is_bound=True, note=note)


def _largest_output(size: int, window: int, stride: int, padding: Padding) -> int:
    """The largest length of which a convolution makes `size`, see `window_output_size`."""
    return size * stride if padding is Padding.SAME else size * stride + window - 1


@register("CONV_3D", options="Conv3DOptions")
@dataclass(frozen=True, slots=True)
class Conv3D(Op):
    """3-D convolution, without groups.

    input    [N, D, H, W, C]
    filter   [KD, KH, KW, C, O]
    bias     [O], optional
    output   [N, OD, OH, OW, O]

    MACs     N * OD * OH * OW * O * KD * KH * KW * C
    Other    1 per output element for the bias, and the fused activation
    Source   tflite/kernels/conv3d.cc, Prepare
    """

    padding: Padding
    stride_d: int
    stride_w: int
    stride_h: int
    fused_activation_function: ActivationFunctionType
    dilation_d_factor: int = 1
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1

    def infer(
        self, input: TensorSpec, filter: TensorSpec, bias: TensorSpec | None = None
    ) -> Inferred:
        n, d, h, w, c = with_rank(input, 5, "input")
        kd, kh, kw, depth, o = with_rank(filter, 5, "filter")
        if depth != c:
            raise ValueError(f"a filter of depth {depth} does not fit {c} input channels")
        output = (
            n,
            window_output_size(d, kd, self.stride_d, self.padding, self.dilation_d_factor),
            window_output_size(h, kh, self.stride_h, self.padding, self.dilation_h_factor),
            window_output_size(w, kw, self.stride_w, self.padding, self.dilation_w_factor),
            o,
        )
        result = contraction_cost(
            output,
            size_of(output) * kd * kh * kw * c,
            input=input,
            weights=filter,
            bias=bias,
            activation=self.fused_activation_function,
        )
        strides = (self.stride_d, self.stride_h, self.stride_w)
        dilations = (self.dilation_d_factor, self.dilation_h_factor, self.dilation_w_factor)
        windows = [
            Window(size, taps, count, stride, dilation, self.padding)
            for size, taps, count, stride, dilation in zip(
                (d, h, w), (kd, kh, kw), output[1:4], strides, dilations, strict=True
            )
        ]
        return touching(result, input, windows, filter, bias)


@register("CONV_3D_TRANSPOSE", options="Conv3DOptions")
@dataclass(frozen=True, slots=True)
class Conv3DTranspose(Op):
    """Transposed 3-D convolution: each input element is scattered into a window of the output.

    output_shape  [5], the output's shape, taken as it stands
    filter        [KD, KH, KW, O, C]
    input         [N, D, H, W, C]
    bias          [O], optional
    output        [N, OD, OH, OW, O]

    MACs     N * D * H * W * C * KD * KH * KW * O, positions outside the output included
    Other    1 per output element for the bias, and the fused activation
    Source   tflite/kernels/conv3d_transpose.cc, ResizeOutputAndTemporaryTensors
    """

    padding: Padding
    stride_d: int
    stride_w: int
    stride_h: int
    fused_activation_function: ActivationFunctionType
    dilation_d_factor: int = 1
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1

    shape_role: ClassVar = "output_shape"

    def infer(
        self,
        output_shape: TensorSpec,
        filter: TensorSpec,
        input: TensorSpec,
        bias: TensorSpec | None = None,
    ) -> Inferred:
        n, *given, c = with_rank(input, 5, "input")
        kd, kh, kw, o, depth = with_rank(filter, 5, "filter")
        if depth != c:
            raise ValueError(f"a filter of depth {depth} does not fit {c} input channels")
        output = output_shape.required_integers("output_shape")
        if len(output) != 5 or output[0] != n or output[4] != o:
            raise ValueError(
                f"`output_shape` must be [{n}, OD, OH, OW, {o}], but is {list(output)}"
            )
        strides = (self.stride_d, self.stride_h, self.stride_w)
        dilations = (self.dilation_d_factor, self.dilation_h_factor, self.dilation_w_factor)
        forward = [
            window_output_size(size, window, stride, self.padding, dilation)
            for size, window, stride, dilation in zip(
                output[1:4], (kd, kh, kw), strides, dilations, strict=True
            )
        ]
        if forward != given:
            raise ValueError(
                f"an output of {list(output[1:4])} belongs to an input of {forward}, "
                f"but the input is {given}"
            )
        return contraction_cost(
            output,
            input.size * kd * kh * kw * o,
            input=input,
            weights=filter,
            bias=bias,
            activation=self.fused_activation_function,
        )
