"""Operators whose results are shapes, or that make a tensor from a shape."""

import math
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import ClassVar

from tflops_native.model.schema import TensorType
from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.geometry import broadcast, size_of, with_rank
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, Value
from tflops_native.ops.values import as_float32


@register("SHAPE", options="ShapeOptions")
@dataclass(frozen=True, slots=True)
class ShapeOf(Op):
    """The shape of the input, which is known without running the model.

    input    any shape
    output   [rank of the input]

    No arithmetic, and no memory traffic to speak of.
    Source   tflite/kernels/shape.cc, Prepare
    """

    out_type: TensorType

    def infer(self, input: TensorSpec) -> Inferred:
        if self.out_type not in (TensorType.INT32, TensorType.INT64):
            raise ValueError(f"`out_type` must be INT32 or INT64, but is {self.out_type.name}")
        return Inferred(
            outputs=((len(input.shape),),),
            cost=NO_ARITHMETIC,
            values=(input.shape,),
            bytes_read=0,
        )


@register("RANK", options="RankOptions")
@dataclass(frozen=True, slots=True)
class Rank(Op):
    """The number of axes of the input.

    input    any shape
    output   scalar

    No arithmetic, and no memory traffic to speak of.
    Source   tflite/kernels/rank.cc, Prepare
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(
            outputs=((),), cost=NO_ARITHMETIC, values=((len(input.shape),),), bytes_read=0
        )


@register("FILL", options="FillOptions")
@dataclass(frozen=True, slots=True)
class Fill(Op):
    """One value in every element of a shape.

    dims     [rank of the output]
    value    scalar
    output   dims

    Writes data, no arithmetic.
    Source   tflite/kernels/fill.cc, ResizeOutputImpl
    """

    shape_role: ClassVar = "dims"

    def infer(self, dims: TensorSpec, value: TensorSpec) -> Inferred:
        output = dims.required_integers("dims")
        if min(output, default=0) < 0:
            raise ValueError(f"`dims` must not be negative, but are {list(output)}")
        with_rank(value, 0, "value")
        elements = size_of(output)
        filled = None
        if elements <= VALUE_LIMIT and value.value is not None:
            filled = value.value * elements
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC, values=(filled,))


@register("RANGE", options="RangeOptions")
@dataclass(frozen=True, slots=True)
class Range(Op):
    """Numbers from start up to, and without, limit.

    start, limit, delta  scalars
    output               [ceil((limit - start) / delta)]

    Writes data, no arithmetic: the additions that make the numbers are not counted.
    Source   tflite/kernels/range.cc, GetSize
    """

    only_moves_data: ClassVar = True

    def infer(self, start: TensorSpec, limit: TensorSpec, delta: TensorSpec) -> Inferred:
        first = _finite_number(start, "start")
        last = _finite_number(limit, "limit")
        step = _finite_number(delta, "delta")
        if step == 0 or (last - first) * step < 0:
            raise ValueError(f"steps of {step} do not lead from {first} to {last}")
        if isinstance(first, int) and isinstance(last, int) and isinstance(step, int):
            length = -(-abs(last - first) // abs(step))
        else:
            length = _float_steps(first, last, step)
        value: Value | None = None
        if length <= VALUE_LIMIT:
            # As the kernel makes them: each by addition to the one before.
            value = tuple(accumulate(repeat(step, length - 1), _add, initial=first))[:length]
        return Inferred(outputs=((length,),), cost=NO_ARITHMETIC, values=(value,))


def _finite_number(tensor: TensorSpec, role: str) -> int | float:
    value = tensor.required_value(role)
    if len(value) != 1 or not math.isfinite(value[0]):
        raise ValueError(f"`{role}` must be one number, but is {list(value)}")
    return value[0]


def _float_steps(first: float, last: float, step: float) -> int:
    """Number of steps in the arithmetic of float32, where 0.3 / 0.1 is 3 and no more."""
    try:
        return math.ceil(abs(as_float32(as_float32(last - first) / step)))
    except OverflowError as error:
        raise ValueError(f"steps of {step} from {first} to {last} are too many") from error


def _add(x: int | float, y: int | float) -> int | float:
    return x + y if isinstance(x, int) and isinstance(y, int) else as_float32(x + y)


@register("BROADCAST_ARGS")
@dataclass(frozen=True, slots=True)
class BroadcastArgs(Op):
    """The shape that two shapes broadcast to.

    shape1   [rank1]
    shape2   [rank2]
    output   [max(rank1, rank2)]

    No arithmetic.
    Source   tflite/kernels/broadcast_args.cc, Prepare
    """

    def infer(self, shape1: TensorSpec, shape2: TensorSpec) -> Inferred:
        value: Shape | None = None
        if shape1.known is not None and shape2.known is not None:
            value = broadcast(
                shape1.required_integers("shape1"), shape2.required_integers("shape2")
            )
        length = max(shape1.size, shape2.size)
        return Inferred(outputs=((length,),), cost=NO_ARITHMETIC, values=(value,))
