"""Operators that look up elements by their indices, or put them in their places."""

from dataclasses import dataclass
from typing import ClassVar

from tflops_native.model.schema import CombinerType, TensorType
from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Cost,
    Inferred,
    InPlace,
    Op,
    register,
)
from tflops_native.ops.contraction import arithmetic_name
from tflops_native.ops.geometry import flat_indices, row_major_strides, size_of, with_rank
from tflops_native.ops.indices import Indices
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, Value
from tflops_native.ops.traffic import looked_up, whole
from tflops_native.ops.values import small_value


def _starts(indices: TensorSpec, shape: Shape) -> list[int] | None:
    """Where in a tensor of this shape the slice of each index begins; None if that is not known."""
    rows, depth = size_of(indices.shape[:-1]), indices.shape[-1]
    if small_value(indices) is None or rows > VALUE_LIMIT:
        return None
    value = indices.required_integers("indices")
    axes = list(zip(row_major_strides(shape), shape, strict=True))[:depth]
    starts = []
    for row in range(rows):
        index = value[row * depth : (row + 1) * depth]
        if not all(0 <= i < length for i, (_, length) in zip(index, axes, strict=True)):
            return None  # the runtime refuses when it runs
        starts.append(sum(i * stride for i, (stride, _) in zip(index, axes, strict=True)))
    return starts


@register(
    "GATHER_ND",
    options="GatherNdOptions",
    indices=Indices(operand=1, table=0, is_vector=True, passes_on=(0,)),
)
@dataclass(frozen=True, slots=True)
class GatherND(Op):
    """Slices of the input, each chosen by an index of several numbers.

    input    any shape but a scalar
    indices  [..., numbers of an index], at most one for each axis of the input
    output   indices.shape[:-1] + input.shape[numbers of an index:]

    Moves data, no arithmetic. Only what is taken is read.
    Source   tflite/kernels/gather_nd.cc, Prepare
    """

    def infer(self, input: TensorSpec, indices: TensorSpec) -> Inferred:
        if not input.shape or not indices.shape or indices.shape[-1] > len(input.shape):
            raise ValueError(
                f"an index in `indices` {list(indices.shape)} must have at most one number for each "
                f"axis of `input` {list(input.shape)}"
            )
        part = input.shape[indices.shape[-1] :]
        output = (*indices.shape[:-1], *part)
        return Inferred(
            outputs=(output,),
            cost=NO_ARITHMETIC,
            values=(self._value(input, indices, size_of(part), output),),
            bytes_read=looked_up(input, size_of(output)) + whole((indices,)),
        )

    @staticmethod
    def _value(input: TensorSpec, indices: TensorSpec, width: int, output: Shape) -> Value | None:
        if size_of(output) > VALUE_LIMIT:
            return None
        value, starts = small_value(input), _starts(indices, input.shape)
        if value is None or starts is None:
            return None
        return tuple(element for start in starts for element in value[start : start + width])


def _scattered(
    output: Shape, starts: list[int] | None, updates: Value | None, width: int
) -> list[int | float] | None:
    """Slices of this width added up in their places, zeros elsewhere; None if that is not known."""
    if starts is None or updates is None or size_of(output) > VALUE_LIMIT:
        return None
    value: list[int | float] = [0] * size_of(output)
    for row, start in enumerate(starts):
        for offset in range(width):
            value[start + offset] += updates[row * width + offset]
    return value


@register(
    "SCATTER_ND", options="ScatterNdOptions", indices=Indices(operand=0, sizes=2, is_vector=True)
)
@dataclass(frozen=True, slots=True)
class ScatterND(Op):
    """Zeros, to which slices are added in places chosen by an index of several numbers.

    indices  [..., numbers of an index]
    updates  indices.shape[:-1] + shape[numbers of an index:]
    shape    [rank of the output]
    output   shape

    Other    one addition per element of `updates`
    Source   tflite/kernels/scatter_nd.cc, CheckShapes
    """

    shape_role: ClassVar = "shape"

    def infer(self, indices: TensorSpec, updates: TensorSpec, shape: TensorSpec) -> Inferred:
        output = shape.required_integers("shape")
        if min(output, default=0) < 0:
            raise ValueError(f"`shape` must not be negative, but is {list(output)}")
        if not indices.shape or indices.shape[-1] > len(output):
            raise ValueError(
                f"an index in `indices` {list(indices.shape)} must have at most one number for each "
                f"axis of {list(output)}"
            )
        part = output[indices.shape[-1] :]
        if updates.shape != (*indices.shape[:-1], *part):
            raise ValueError(
                f"`updates` {list(updates.shape)} must be a slice {list(part)} for each index in "
                f"`indices` {list(indices.shape)}"
            )
        starts = _starts(indices, output)
        value = _scattered(output, starts, small_value(updates), size_of(part))
        return Inferred(
            outputs=(output,),
            cost=Cost(scalar_ops=updates.size),
            values=(None if value is None else tuple(value),),
            arithmetic=arithmetic_name(updates.type, updates.type),  # not that of the indices
        )


@register("SPARSE_TO_DENSE", options="SparseToDenseOptions", indices=Indices(operand=0, sizes=1))
@dataclass(frozen=True, slots=True)
class SparseToDense(Op):
    """A default value everywhere but in places chosen by indices.

    indices        scalar or [N] for an output of rank 1, else [N, rank of the output]
    output_shape   [rank of the output]
    values         [N], or a scalar for all of them
    default_value  one element
    output         output_shape

    Moves data, no arithmetic.
    Source   tflite/kernels/sparse_to_dense.cc, CheckDimensionsMatch
    """

    shape_role: ClassVar = "output_shape"

    def infer(
        self,
        indices: TensorSpec,
        output_shape: TensorSpec,
        values: TensorSpec,
        default_value: TensorSpec,
    ) -> Inferred:
        output = output_shape.required_integers("output_shape")
        if min(output, default=0) < 0:
            raise ValueError(f"`output_shape` must not be negative, but is {list(output)}")
        rank = indices.shape[1] if len(indices.shape) == 2 else 1
        if len(indices.shape) > 2 or rank != len(output):
            raise ValueError(
                f"`indices` {list(indices.shape)} must have a number for each axis of the output "
                f"{list(output)}"
            )
        count = size_of(indices.shape[:1])
        if len(values.shape) > 1 or (values.shape and values.size != count):
            raise ValueError(
                f"`values` {list(values.shape)} must be a scalar or one for each of {count} indices"
            )
        if default_value.size != 1:
            raise ValueError(f"`default_value` must be one, but is {list(default_value.shape)}")
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("EMBEDDING_LOOKUP", indices=Indices(operand=0, table=1))
@dataclass(frozen=True, slots=True)
class EmbeddingLookup(Op):
    """Rows of a table, chosen by indices.

    lookup   [N]
    value    [rows, ...], of rank 2 or more
    output   [N] + value.shape[1:]

    Moves data, no arithmetic; but integers are made real numbers where the output is to be real.
    Only the rows that are taken are read.

    Other    1 per element, a product with the scale, for a quantized table and a real output
    Source   tflite/kernels/embedding_lookup.cc, Prepare and EvalHybrid
    """

    output_types: tuple[TensorType, ...]

    def infer(self, lookup: TensorSpec, value: TensorSpec) -> Inferred:
        (count,) = with_rank(lookup, 1, "lookup")
        if len(value.shape) < 2:
            raise ValueError(f"`value` must have rank 2 or more, but is {list(value.shape)}")
        output = (count, *value.shape[1:])
        elements = size_of(output)
        made = TensorSpec(output, self.output_types[0])
        is_scaled = made.is_float and not value.is_float
        return Inferred(
            outputs=(output,),
            cost=Cost(scalar_ops=elements) if is_scaled else NO_ARITHMETIC,
            bytes_read=looked_up(value, elements) + whole((lookup,)),
        )


@register(
    "EMBEDDING_LOOKUP_SPARSE",
    options="EmbeddingLookupSparseOptions",
    indices=Indices(operand=0, table=4),
)
@dataclass(frozen=True, slots=True)
class EmbeddingLookupSparse(Op):
    """Weighted sums of rows of a table, or their averages.

    `ids`, `indices` and `dense_shape` are a sparse tensor: which row goes into which place.

    ids          [N]
    indices      [N, rank]
    dense_shape  [rank]; the last axis is the one that is summed over
    weights      [N]
    value        [rows, ...], of rank 2 or more
    output       dense_shape[:-1] + value.shape[1:]

    MACs     N * elements of a row
    Other    MEAN divides each output element by the sum of the weights, N additions; SQRTN by the
             root of the sum of their squares, 2 * N operations and one root per sum of rows
    Source   tflite/kernels/embedding_lookup_sparse.cc, Eval
    """

    combiner: CombinerType

    def infer(
        self,
        ids: TensorSpec,
        indices: TensorSpec,
        dense_shape: TensorSpec,
        weights: TensorSpec,
        value: TensorSpec,
    ) -> Inferred:
        (count,) = with_rank(ids, 1, "ids")
        lengths = dense_shape.required_integers("dense_shape")
        if indices.shape != (count, len(lengths)) or weights.shape != (count,) or not lengths:
            raise ValueError(
                f"`indices` {list(indices.shape)} and `weights` {list(weights.shape)} must have an "
                f"element for each of {count} `ids`, `indices` one for each length of {list(lengths)}"
            )
        if len(value.shape) < 2 or min(lengths) < 0:
            raise ValueError(
                f"`value` must have rank 2 or more, but is {list(value.shape)}, and `dense_shape` "
                f"must not be negative, but is {list(lengths)}"
            )
        row = size_of(value.shape[1:])
        output = (*lengths[:-1], *value.shape[1:])
        cost = Cost(macs=count * row)
        if self.combiner is CombinerType.MEAN:
            cost += Cost(scalar_ops=count + size_of(output))
        elif self.combiner is CombinerType.SQRTN:
            cost += Cost(scalar_ops=2 * count + size_of(lengths[:-1]) + size_of(output))
        return Inferred(
            outputs=(output,),
            cost=cost,
            bytes_read=looked_up(value, count * row) + whole((ids, indices, dense_shape, weights)),
        )


@register("CONCAT_EMBEDDINGS", options="ConcatEmbeddingsOptions")
@dataclass(frozen=True, slots=True)
class ConcatEmbeddings(Op):
    """Rows of several tables, side by side.

    inputs   any number, any shape
    output   as stored in the file: it is stated nowhere else

    Moves data, no arithmetic.
    Source   schema only: no released runtime has a kernel
    """

    recorded: tuple[Shape | None, ...]

    def infer(self, *inputs: TensorSpec) -> Inferred:
        return Inferred(
            outputs=self.recorded,
            cost=NO_ARITHMETIC,
            note="has the shape stored in the file; no released runtime has a kernel",
        )


@register("ONE_HOT", options="OneHotOptions", indices=Indices(operand=0, sizes=1))
@dataclass(frozen=True, slots=True)
class OneHot(Op):
    """A vector for each index, with `on_value` in that place and `off_value` elsewhere.

    indices    any shape
    depth      scalar, length of the vectors
    on_value   scalar
    off_value  scalar
    output     indices.shape with `depth` inserted at `axis`, at the end for -1

    Moves data, no arithmetic.
    Source   tflite/kernels/one_hot.cc, OneHotContext and ResizeOutputTensor
    """

    axis: int

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return (outputs[0][self.axis],) if role == "depth" else None

    def infer(
        self, indices: TensorSpec, depth: TensorSpec, on_value: TensorSpec, off_value: TensorSpec
    ) -> Inferred:
        length = depth.required_number("depth")
        rank = len(indices.shape)
        axis = rank if self.axis == -1 else self.axis
        if length < 0 or not 0 <= axis <= rank:
            raise ValueError(
                f"`depth` must not be negative, but is {length}, and `axis` must be -1 or 0 to "
                f"{rank}, but is {self.axis}"
            )
        output = (*indices.shape[:axis], length, *indices.shape[axis:])
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("DYNAMIC_UPDATE_SLICE", options="DynamicUpdateSliceOptions")
@dataclass(frozen=True, slots=True)
class DynamicUpdateSlice(Op):
    """The operand with a block of it replaced.

    operand        any shape
    update         the same rank, no axis longer
    start_indices  [rank]; moved inwards where the block would not fit
    output         the operand's shape

    Moves data, no arithmetic. Only the block is read and written where the output takes the memory of
    the operand; else the operand is copied.
    Source   tflite/kernels/dynamic_update_slice.cc, Prepare
    """

    def infer(self, operand: TensorSpec, update: TensorSpec, start_indices: TensorSpec) -> Inferred:
        rank = len(operand.shape)
        if (
            len(update.shape) != rank
            or start_indices.shape != (rank,)
            or any(part > whole for part, whole in zip(update.shape, operand.shape, strict=True))
        ):
            raise ValueError(
                f"`update` {list(update.shape)} and `start_indices` {list(start_indices.shape)} do "
                f"not fit `operand` {list(operand.shape)}"
            )
        written = update.bytes_of(update.size)
        return Inferred(
            outputs=(operand.shape,),
            cost=NO_ARITHMETIC,
            values=(self._value(operand, update, start_indices),),
            in_place=InPlace(written + whole((start_indices,)), written, changes_input=True),
        )

    @staticmethod
    def _value(operand: TensorSpec, update: TensorSpec, start_indices: TensorSpec) -> Value | None:
        value, block = small_value(operand), small_value(update)
        if value is None or block is None or start_indices.value is None:
            return None
        starts = start_indices.required_integers("start_indices")
        picks = []
        for start, part, length in zip(starts, update.shape, operand.shape, strict=True):
            first = min(max(start, 0), length - part)
            picks.append(range(first, first + part))
        result = list(value)
        for position, element in zip(flat_indices(operand.shape, picks), block, strict=True):
            result[position] = element
        return tuple(result)
