"""StableHLO matrix products and convolutions, in their most general form."""

import math
from dataclasses import dataclass

from tflops_native.ops._op import Inferred, Op, register
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.geometry import show, size_of
from tflops_native.ops.stablehlo_layout import distinct_axes, per_axis
from tflops_native.ops.tensor_spec import Shape, TensorSpec


@register("STABLEHLO_DOT_GENERAL", options="StablehloDotGeneralOptions")
@dataclass(frozen=True, slots=True)
class StablehloDotGeneral(Op):
    """Product of two tensors: over some axes they go side by side, over others they are summed.

    lhs      any shape
    rhs      the same lengths as `lhs` along the batching and the contracting axes
    output   batching axes, other axes of `lhs`, other axes of `rhs`

    MACs     output elements * product of the contracting axes
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    lhs_batching_dimensions: tuple[int, ...]
    rhs_batching_dimensions: tuple[int, ...]
    lhs_contracting_dimensions: tuple[int, ...]
    rhs_contracting_dimensions: tuple[int, ...]

    def infer(self, lhs: TensorSpec, rhs: TensorSpec) -> Inferred:
        left, right = len(lhs.shape), len(rhs.shape)
        # One list: an axis that is batched is not contracted too.
        lhs_axes = (*self.lhs_batching_dimensions, *self.lhs_contracting_dimensions)
        rhs_axes = (*self.rhs_batching_dimensions, *self.rhs_contracting_dimensions)
        distinct_axes("lhs_batching_dimensions, lhs_contracting_dimensions", lhs_axes, left)
        distinct_axes("rhs_batching_dimensions, rhs_contracting_dimensions", rhs_axes, right)
        batch = _common(lhs, rhs, self.lhs_batching_dimensions, self.rhs_batching_dimensions)
        depth = _common(lhs, rhs, self.lhs_contracting_dimensions, self.rhs_contracting_dimensions)
        rows = (lhs.shape[axis] for axis in range(left) if axis not in lhs_axes)
        columns = (rhs.shape[axis] for axis in range(right) if axis not in rhs_axes)
        output = (*batch, *rows, *columns)
        return contraction_cost(output, size_of(output) * size_of(depth), input=lhs, weights=rhs)


def _common(
    lhs: TensorSpec, rhs: TensorSpec, lhs_axes: tuple[int, ...], rhs_axes: tuple[int, ...]
) -> Shape:
    """The lengths of axes that must be equal on both sides."""
    left = tuple(lhs.shape[axis] for axis in lhs_axes)
    if left != tuple(rhs.shape[axis] for axis in rhs_axes):
        raise ValueError(
            f"axes {list(lhs_axes)} and {list(rhs_axes)} of {show((lhs.shape, rhs.shape))} differ"
        )
    return left


@register("STABLEHLO_CONVOLUTION", options="StablehloConvolutionOptions")
@dataclass(frozen=True, slots=True)
class StablehloConvolution(Op):
    """Convolution over any number of axes, in any order of axes, dilated on both sides.

    With d(n, k) = (n - 1) * k + 1 the length along a spatial axis is
    (d(input, lhs_dilation) + padding - d(window, rhs_dilation)) / window_strides + 1, rounded down.

    lhs      batch, features and spatial axes, in the order that the options say
    rhs      input features of one group, output features and spatial axes, likewise
    output   batch / batch_group_count, output features and spatial axes, likewise

    MACs     output elements * window * input features of one group; positions on padding and on the holes
             of a dilated `lhs` included
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    window_strides: tuple[int, ...]
    padding: tuple[int, ...]
    lhs_dilation: tuple[int, ...]
    rhs_dilation: tuple[int, ...]
    input_batch_dimension: int
    input_feature_dimension: int
    input_spatial_dimensions: tuple[int, ...]
    kernel_input_feature_dimension: int
    kernel_output_feature_dimension: int
    kernel_spatial_dimensions: tuple[int, ...]
    output_batch_dimension: int
    output_feature_dimension: int
    output_spatial_dimensions: tuple[int, ...]
    feature_group_count: int
    batch_group_count: int

    def infer(self, lhs: TensorSpec, rhs: TensorSpec) -> Inferred:
        batch, features, *spatial = _taken(
            "input",
            lhs.shape,
            (
                self.input_batch_dimension,
                self.input_feature_dimension,
                *self.input_spatial_dimensions,
            ),
        )
        depth, filters, *window = _taken(
            "kernel",
            rhs.shape,
            (
                self.kernel_input_feature_dimension,
                self.kernel_output_feature_dimension,
                *self.kernel_spatial_dimensions,
            ),
        )
        if len(spatial) != len(window):
            raise ValueError(
                f"`lhs` has {len(spatial)} spatial axes, `rhs` has {len(window)}: they must agree"
            )
        self._check_groups(batch, features, depth, filters)
        sizes = self._spatial(spatial, window)
        made = (batch // self.batch_group_count, filters, *sizes)
        axes = (
            self.output_batch_dimension,
            self.output_feature_dimension,
            *self.output_spatial_dimensions,
        )
        if sorted(axes) != list(range(len(made))):
            raise ValueError(f"output axes {list(axes)} are not an order of {len(made)} axes")
        by_axis = dict(zip(axes, made, strict=True))
        output = tuple(by_axis[axis] for axis in range(len(made)))
        macs = size_of(output) * math.prod(window) * depth
        return contraction_cost(output, macs, input=lhs, weights=rhs)

    def _check_groups(self, batch: int, features: int, depth: int, filters: int) -> None:
        groups, batches = self.feature_group_count, self.batch_group_count
        if groups < 1 or batches < 1 or (groups > 1 and batches > 1):
            raise ValueError(
                f"group counts must be 1 or more, and one of them 1, but are {groups} and {batches}"
            )
        if features != depth * groups or filters % groups or filters % batches or batch % batches:
            raise ValueError(
                f"{groups} feature groups and {batches} batch groups do not fit {features} input "
                f"features, {batch} images, and {filters} filters of depth {depth}"
            )

    def _spatial(self, spatial: list[int], window: list[int]) -> tuple[int, ...]:
        rank = len(spatial)
        return windows(
            spatial,
            window,
            strides=per_axis("window_strides", self.window_strides, rank, default=1),
            padding=self.padding or (0,) * (2 * rank),
            input_dilations=per_axis("lhs_dilation", self.lhs_dilation, rank, default=1),
            window_dilations=per_axis("rhs_dilation", self.rhs_dilation, rank, default=1),
        )


def _taken(what: str, shape: Shape, axes: tuple[int, ...]) -> list[int]:
    """The lengths in the order of these axes."""
    if sorted(axes) != list(range(len(shape))):
        raise ValueError(f"{what} axes {list(axes)} are not an order of the axes of {list(shape)}")
    return [shape[axis] for axis in axes]


def windows(
    spatial: list[int],
    window: list[int],
    *,
    strides: list[int],
    padding: tuple[int, ...],
    input_dilations: list[int],
    window_dilations: list[int],
) -> tuple[int, ...]:
    """How many windows fit along each axis, 0 where none does.

    The input is dilated first, then padded; `padding` is low and high of the first axis, then of the
    next one; negative padding cuts off.

    Raises:
        ValueError: a window, stride or dilation below 1, or lists of other lengths.
    """
    if len(padding) != 2 * len(spatial):
        raise ValueError(f"`padding` must have {2 * len(spatial)} elements, but is {list(padding)}")
    if min([*window, *strides, *input_dilations, *window_dilations], default=1) < 1:
        raise ValueError(
            f"windows {window}, strides {strides} and dilations {input_dilations} and "
            f"{window_dilations} must be 1 or more"
        )
    found = []
    for axis, length in enumerate(spatial):
        dilated = (length - 1) * input_dilations[axis] + 1 if length else 0
        padded = max(dilated + padding[2 * axis] + padding[2 * axis + 1], 0)
        reach = (window[axis] - 1) * window_dilations[axis] + 1
        found.append((padded - reach) // strides[axis] + 1 if padded >= reach else 0)
    return tuple(found)
