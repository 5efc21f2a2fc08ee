"""Data for inputs that were not given: seeded random numbers that suit each type, or zeros."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.errors import InvokeError
from tflops_native.model.element_types import ELEMENT_TYPES, bits, packed_bytes
from tflops_native.model.entry import EntryInput
from tflops_native.model.graph import Quantization
from tflops_native.model.schema import TensorType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUANTIZED = (TensorType.INT8, TensorType.UINT8, TensorType.INT16)
# Integers up to here are exact in the float type: 2 to the bits of its fraction, and one.
_EXACT = {
    TensorType.FLOAT16: 2**11,
    TensorType.FLOAT32: 2**24,
    TensorType.FLOAT64: 2**53,
}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Random data, or the bytes of it where numpy lacks the type, and the range it was drawn from.

    low, high   low <= number < high; None where bytes were drawn
    """

    data: "NDArray[Any]"
    low: float | None
    high: float | None


def zeros(item: EntryInput, shape: tuple[int, ...]) -> "NDArray[Any]":
    """Data of which every byte is 0, whatever number that stands for.

    Raises:
        InvokeError: no data can be made for this type.
    """
    import numpy as np

    name = ELEMENT_TYPES[item.tensor.type].numpy_name
    if name is not None:
        return np.zeros(shape, name)
    return np.zeros(_byte_count(item, shape), np.uint8)


def draw(
    item: EntryInput, shape: tuple[int, ...], seed: int, index_limit: int | None = None
) -> Drawn:
    """Random data for one input; another input of the same seed gets other numbers.

    Numbers that index a table lie in it: below `index_limit`. Other floats lie in [-1, 1);
    quantized integers take the range they were calibrated for where the file says it, else all of
    their type. Other integers are counts, lengths or indices whose range is not known: 0 or 1.

    Args:
        item: the input.
        shape: its shape.
        seed: 0 or more.
        index_limit: length of the smallest table that the input indexes, 1 or more; None if it
            indexes none.

    Raises:
        InvokeError: no data can be made for this type.
    """
    import numpy as np

    generator = np.random.default_rng([seed, item.position])
    kind = item.tensor.type
    element = ELEMENT_TYPES[kind]
    name = element.numpy_name
    if name is None:
        return _draw_bytes(item, shape, generator)
    if kind is TensorType.BOOL:
        return Drawn(generator.integers(0, 2, shape).astype(name), 0, 2)
    if element.kind == "complex":
        real, imaginary = generator.uniform(-1.0, 1.0, (2, *shape))
        return Drawn((real + 1j * imaginary).astype(name), -1, 1)
    if element.is_float and index_limit is None:
        return Drawn(generator.uniform(-1.0, 1.0, shape).astype(name), -1, 1)
    low, high = _integer_range(item, index_limit)
    return Drawn(generator.integers(low, high, shape).astype(name), low, high)


def _integer_range(item: EntryInput, index_limit: int | None) -> tuple[int, int]:
    """The first number of the range, and the first one after it."""
    kind = item.tensor.type
    numbers = ELEMENT_TYPES[kind].integer_range or range(0)
    if index_limit is not None:
        most = _EXACT.get(kind) or numbers.stop
        return 0, max(1, min(index_limit, most))
    quantization = item.tensor.quantization
    if kind in _QUANTIZED and quantization is not None and len(quantization.scale_data) > 0:
        return _calibrated_range(quantization, numbers.start, numbers.stop - 1)
    return 0, 2


def _calibrated_range(quantization: Quantization, lowest: int, highest: int) -> tuple[int, int]:
    """What the calibrated minimum and maximum are as stored integers; all of the type without them."""
    columns = (quantization.scale, quantization.min, quantization.max)
    if quantization.details is not None or any(len(column) != 1 for column in columns):
        return lowest, highest + 1
    scale, *ends = (column[0] for column in columns)
    zero_point = quantization.zero_point[0] if quantization.zero_point else 0
    if not (scale > 0 and all(map(math.isfinite, (scale, *ends)))):
        return lowest, highest + 1
    low, high = (min(max(round(end / scale) + zero_point, lowest), highest) for end in ends)
    return (low, high + 1) if low < high else (lowest, highest + 1)


def _draw_bytes(
    item: EntryInput, shape: tuple[int, ...], generator: "np.random.Generator"
) -> Drawn:
    import numpy as np

    size = _byte_count(item, shape)
    if item.tensor.type is TensorType.BFLOAT16:
        # The upper half of a float32; which half comes first in memory is the machine's matter.
        numbers = generator.uniform(-1.0, 1.0, shape).astype(np.float32)
        return Drawn((numbers.view(np.uint32) >> np.uint32(16)).astype(np.uint16), -1, 1)
    return Drawn(generator.integers(0, 256, size, np.uint8), None, None)


def _byte_count(item: EntryInput, shape: tuple[int, ...]) -> int:
    kind = item.tensor.type
    element_bits = bits(kind)
    # Any bytes are integers below 8 bits; of the floats of 8 bits some would be infinite or none.
    if kind is not TensorType.BFLOAT16 and (element_bits is None or element_bits >= 8):
        raise InvokeError(f"input {item.name!r} has type {kind.name}: no data can be made for it")
    return packed_bytes(kind, math.prod(shape))
