"""StableHLO operators that run a subgraph on elements, and calls that only a backend knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Caller,
    Cost,
    Inferred,
    Op,
    register,
)
from tflops_native.ops.geometry import show, size_of
from tflops_native.ops.stablehlo_contraction import windows
from tflops_native.ops.stablehlo_layout import distinct_axes, per_axis
from tflops_native.ops.tensor_spec import Shape, TensorSpec, UnknownValueError


@register("STABLEHLO_REDUCE", options="StablehloReduceOptions")
@dataclass(frozen=True, slots=True)
class StablehloReduce(Op):
    """One result from all elements along the given axes, by a subgraph that joins two elements.

    values   the inputs, all of one shape, then as many scalars to start from
    outputs  one for each input: the shape without `dimensions`

    Other    the subgraph's operations, (input elements - output elements) times
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    caller: Caller
    dimensions: tuple[int, ...]
    body_subgraph_index: int

    def infer(self, *values: TensorSpec) -> Inferred:
        inputs = _inputs(values)
        shape = inputs[0].shape
        dropped = distinct_axes("dimensions", self.dimensions, len(shape))
        output = tuple(length for axis, length in enumerate(shape) if axis not in dropped)
        body = _cost_of_one(self.caller, self.body_subgraph_index, (*inputs, *inputs))
        times = max(size_of(shape) - size_of(output), 0)
        return Inferred(outputs=(output,) * len(inputs), cost=_times(body, times))


@register("STABLEHLO_REDUCE_WINDOW", options="StablehloReduceWindowOptions")
@dataclass(frozen=True, slots=True)
class StablehloReduceWindow(Op):
    """One result from each window, by a subgraph that joins two elements.

    The length along an axis is (d(input, base_dilations) + padding - d(window, window_dilations)) /
    window_strides + 1, rounded down, with d(n, k) = (n - 1) * k + 1; and 0 where no window fits.

    values   the inputs, all of one shape, then as many scalars to start from
    outputs  one for each input: how many windows fit along each axis

    Other    the subgraph's operations, (window elements - 1) times for each output element
    Source   tflite/kernels/stablehlo_reduce_window.cc, ReduceWindowData
    """

    caller: Caller
    window_dimensions: tuple[int, ...]
    window_strides: tuple[int, ...]
    base_dilations: tuple[int, ...]
    window_dilations: tuple[int, ...]
    padding: tuple[int, ...]
    body_subgraph_index: int

    def infer(self, *values: TensorSpec) -> Inferred:
        inputs = _inputs(values)
        shape = inputs[0].shape
        rank = len(shape)
        window = per_axis("window_dimensions", self.window_dimensions, rank)
        output = windows(
            list(shape),
            window,
            strides=per_axis("window_strides", self.window_strides, rank, default=1),
            padding=self.padding or (0,) * (2 * rank),
            input_dilations=per_axis("base_dilations", self.base_dilations, rank, default=1),
            window_dilations=per_axis("window_dilations", self.window_dilations, rank, default=1),
        )
        body = _cost_of_one(self.caller, self.body_subgraph_index, (*inputs, *inputs))
        times = (prod(window) - 1) * size_of(output)
        return Inferred(outputs=(output,) * len(inputs), cost=_times(body, times))


@register("STABLEHLO_SCATTER", options="StablehloScatterOptions")
@dataclass(frozen=True, slots=True)
class StablehloScatter(Op):
    """The input with slices of it joined with others, by a subgraph that joins two elements.

    input            any shape
    scatter_indices  where slices start; the axis `index_vector_dim` holds the coordinates
    updates          the slices
    output           the shape of `input`

    Other    the subgraph's operations, once for each element of `updates`; a subgraph without
             operators replaces elements
    Source   tflite/kernels/stablehlo_scatter.cc, Prepare
    """

    caller: Caller
    update_computation_subgraph_index: int

    def infer(
        self, input: TensorSpec, scatter_indices: TensorSpec, updates: TensorSpec
    ) -> Inferred:
        body = _cost_of_one(self.caller, self.update_computation_subgraph_index, (input, updates))
        # Repeated indices join one element after the other: none is saved.
        return Inferred(outputs=(input.shape,), cost=_times(body, updates.size))


@register("STABLEHLO_SORT", options="StablehloSortOptions")
@dataclass(frozen=True, slots=True)
class StablehloSort(Op):
    """Tensors of one shape sorted together along one axis, by a subgraph that compares two elements.

    values   one or more, all of one shape
    outputs  that shape for each

    Other    the subgraph's operations, at most n * ceil(log2(n)) times for each row of n elements;
             at least n - 1 times
    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    caller: Caller
    dimension: int
    comparator_subgraph_index: int

    def infer(self, *values: TensorSpec) -> Inferred:
        shape = _one_shape(values)
        (axis,) = distinct_axes("dimension", (self.dimension,), len(shape))
        # Both elements of the first tensor, then both of the second one, and so on.
        pairs = tuple(tensor for tensor in values for _ in range(2))
        body = _cost_of_one(self.caller, self.comparator_subgraph_index, pairs)
        length = shape[axis]
        others = max(length - 1, 0)
        rows = size_of(shape) // length if length else 0
        return Inferred(
            outputs=(shape,) * len(values),
            cost=_times(body, rows * length * others.bit_length()),
            minimum=body * (rows * others),
            note="data decides how many elements are compared",
        )


@register("STABLEHLO_CUSTOM_CALL", options="StablehloCustomCallOptions")
@dataclass(frozen=True, slots=True)
class StablehloCustomCall(Op):
    """A call of something that only the backend knows: not counted, and reported as such.

    input    what the target takes, any number
    outputs  those stored in the file

    Source   schema only, and the StableHLO specification: no released runtime has a kernel
    """

    call_target_name: str | None = None

    def infer(self, *input: TensorSpec) -> Inferred:
        raise UnknownValueError(f"only its backend knows the call target {self.call_target_name!r}")


def _inputs(values: Sequence[TensorSpec]) -> Sequence[TensorSpec]:
    """The first half of the values; the second half are scalars to start from."""
    if not values or len(values) % 2:
        raise ValueError(
            f"it takes as many inputs as scalars to start from, but has {len(values)} in all"
        )
    half = len(values) // 2
    _one_shape(values[:half])
    if any(start.size != 1 for start in values[half:]):
        raise ValueError(
            f"what it starts from must be scalars, but is {show(s.shape for s in values[half:])}"
        )
    return values[:half]


def _one_shape(tensors: Sequence[TensorSpec]) -> Shape:
    shapes = {tensor.shape for tensor in tensors}
    if len(shapes) != 1:
        raise ValueError(f"all inputs must have one shape, but are {show(sorted(shapes))}")
    return shapes.pop()


def _cost_of_one(caller: Caller, subgraph: int, elements: Sequence[TensorSpec]) -> Cost:
    """What the subgraph does with one element of each of these.

    Its operators work on single elements, so nothing of what they read and write is memory traffic,
    and they are counted as this operator's own arithmetic.
    """
    called = caller.call(subgraph, [TensorSpec((), element.type) for element in elements])
    if not called.is_exact:
        raise UnknownValueError(f"subgraph {subgraph}, which it runs on elements, is not counted")
    # A subgraph that hands elements on states so by having no operator that counts.
    return called.cost


def _times(body: Cost, times: int) -> Cost:
    return body * times if body.operations else NO_ARITHMETIC
