"""Constant folding of small tensors, so that a shape that the graph computes is known.

Converters write SHAPE, STRIDED_SLICE, PACK, RESHAPE and arithmetic between them where the model's
shapes are dynamic. Values are flat tuples in row-major order; anything larger than `VALUE_LIMIT`
is data, not a shape, and is not followed.
"""

import struct
from collections.abc import Callable, Sequence

from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.schema import TensorType
from tflops_native.ops.geometry import broadcast_indices, flat_indices, size_of
from tflops_native.ops.tensor_spec import (
    VALUE_LIMIT,
    PartialValue,
    Shape,
    TensorSpec,
    Value,
)


def coerced(value: PartialValue, type: TensorType) -> PartialValue | None:
    """The elements as a tensor of this type holds them, or None where one does not fit.

    Floats become integers by truncation, and are rounded to float32, as in the runtime.
    """
    try:
        return tuple(None if e is None else _as_type(e, type) for e in value)
    except (OverflowError, ValueError):
        # The runtime goes on with some number; a shape that depends on it is not known.
        return None


def with_elements(
    shape: Shape, kind: TensorType, value: PartialValue, is_bound: bool, is_given: bool
) -> TensorSpec:
    """A tensor of which all elements, some or none are known."""
    found = coerced(value, kind)
    if found is None or all(element is None for element in found):
        found = () if value == () else None
    if found is None or None not in found:
        known = (
            tuple(element for element in found if element is not None)
            if found is not None
            else None
        )
        return TensorSpec(shape, kind, known, is_bound=is_bound, is_given=is_given)
    return TensorSpec(shape, kind, partial=found, is_bound=is_bound, is_given=is_given)


def _as_type(element: int | float, type: TensorType) -> int | float:
    if type is TensorType.BOOL:
        return int(bool(element))
    numbers = ELEMENT_TYPES[type].integer_range
    if numbers is not None:
        integer = int(element)
        if integer not in numbers:
            raise OverflowError(f"{integer} does not fit into {type.name}")
        return integer
    return as_float32(element) if type is TensorType.FLOAT32 else float(element)


def as_float32(element: int | float) -> float:
    """The nearest number of type FLOAT32.

    Raises:
        OverflowError: it is beyond them.
    """
    return float(struct.unpack("<f", struct.pack("<f", element))[0])


def elementwise_value(
    function: Callable[..., int | float], output: Shape, *inputs: TensorSpec
) -> PartialValue | None:
    """`function` of each element of the broadcast inputs, or None where it is not known."""
    for tensor in inputs:
        if (
            tensor.known is None and tensor.partial is None
        ):  # at once: hardly any operator has known operands
            return None
    if size_of(output) > VALUE_LIMIT:
        return None
    operands = []
    for tensor in inputs:
        value = tensor.elements
        if value is None:
            return None
        if tensor.shape == output:
            operands.append(value)
        else:
            operands.append(tuple([value[i] for i in broadcast_indices(tensor.shape, output)]))
    try:
        return tuple(
            None if None in elements else function(*elements)
            for elements in zip(*operands, strict=True)
        )
    except (ArithmeticError, ValueError, TypeError):
        # A division by zero, the root of a negative number: no shape can depend on it.
        return None


def picked_value(tensor: TensorSpec, picks: Sequence[Sequence[int]]) -> PartialValue | None:
    """The elements picked along each axis (a slice, a gather), or None where they are not known."""
    if tensor.known is None and tensor.partial is None:
        return None
    if size_of(tuple(map(len, picks))) > VALUE_LIMIT:
        return None
    value = tensor.elements
    return None if value is None else tuple(value[i] for i in flat_indices(tensor.shape, picks))


def small_value(tensor: TensorSpec) -> Value | None:
    """The value itself, for an operator that only changes the shape."""
    return None if tensor.known is None or tensor.size > VALUE_LIMIT else tensor.value


def small_elements(tensor: TensorSpec) -> PartialValue | None:
    """As `small_value`, where some elements may not be known."""
    return tensor.partial if tensor.known is None else small_value(tensor)
