"""A small FlatBuffers-without-schema ("FlexBuffers") reader that checks every offset.

Owns that encoding (https://flatbuffers.dev/flexbuffers/): a tree of maps, vectors, strings and numbers
that is read from its end. Custom operators keep their options in it. Decodes to plain Python and knows
no operator.
"""

import struct
from collections.abc import Iterator
from typing import TypeAlias

from tflops_native.errors import ModelFormatError

FlexValue: TypeAlias = (
    'bool | int | float | str | bytes | tuple["FlexValue", ...] | dict[str, "FlexValue"] | None'
)

_NULL, _INT, _UINT, _FLOAT, _KEY, _STRING = range(6)
_INDIRECT = {6: _INT, 7: _UINT, 8: _FLOAT}
_MAP, _VECTOR = 9, 10
_TYPED_VECTORS = {11: _INT, 12: _UINT, 13: _FLOAT, 14: _KEY, 15: _STRING, 36: 26}
_BLOB, _BOOL = 25, 26
# Vectors of 2, 3 and 4 numbers, which do not store their length.
_FIXED_VECTORS = {
    16 + 3 * index + kind: (index + 2, number)
    for index in range(3)
    for kind, number in enumerate((_INT, _UINT, _FLOAT))
}
_INLINE = {_NULL, _INT, _UINT, _FLOAT, _BOOL}
_CODES = {
    _INT: {1: "<b", 2: "<h", 4: "<i", 8: "<q"},
    _UINT: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _BOOL: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _FLOAT: {2: "<e", 4: "<f", 8: "<d"},
}
_MAXIMUM_DEPTH = 32


def decode_flexbuffer(data: memoryview | bytes) -> FlexValue:
    """The value of a buffer: a map is a `dict`, a vector a `tuple`, a blob `bytes`, null `None`.

    Raises:
        ModelFormatError: the bytes are not a FlexBuffer, or a damaged one.
    """
    if len(data) < 3:
        raise ModelFormatError(f"a FlexBuffer has 3 bytes or more, this one has {len(data)}")
    width, packed_type = data[-1], data[-2]
    if width not in {1, 2, 4, 8}:
        raise ModelFormatError(f"the root of a FlexBuffer has 1, 2, 4 or 8 bytes, not {width}")
    return _Reader(memoryview(data)).value(len(data) - 2 - width, width, packed_type, 0)


class _Reader:
    """Checked access to one buffer. Positions are bytes from its start, widths are bytes.

    What is decoded is limited to a small multiple of the buffer: offsets may point anywhere, so a few
    bytes whose vectors all share the same children could otherwise unfold into gigabytes.
    """

    __slots__ = ("_budget", "_data")

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._budget = 16 * len(data) + 1024

    def value(self, position: int, width: int, packed_type: int, depth: int) -> FlexValue:
        """The value whose number or offset is stored at `position` in `width` bytes."""
        self._spend(1)
        if depth > _MAXIMUM_DEPTH:
            raise ModelFormatError(f"its FlexBuffer is nested more than {_MAXIMUM_DEPTH} deep")
        kind, child_width = packed_type >> 2, 1 << (packed_type & 3)
        if kind in _INLINE:
            return self._scalar(position, width, kind)
        target = self._follow(position, width)
        if kind in _INDIRECT:
            return self._scalar(target, child_width, _INDIRECT[kind])
        if kind == _KEY:
            return self._key(target)
        if kind == _STRING:
            return self._text(target, self._length(target, child_width))
        if kind == _BLOB:
            return bytes(self._octets(target, self._length(target, child_width)))
        if kind == _MAP:
            return self._map(target, child_width, depth)
        if kind == _VECTOR:
            return tuple(self._elements(target, child_width, depth))
        if kind in _TYPED_VECTORS:
            count = self._length(target, child_width)
            return self._typed(target, child_width, _TYPED_VECTORS[kind], count, depth)
        if kind in _FIXED_VECTORS:
            count, element = _FIXED_VECTORS[kind]
            return self._typed(target, child_width, element, count, depth)
        raise ModelFormatError(f"its FlexBuffer has a value of the unknown type {kind}")

    def _map(self, target: int, width: int, depth: int) -> dict[str, FlexValue]:
        # In front of the length: the offset to the vector of keys, and the width of its offsets.
        keys_at = self._follow(target - 3 * width, width)
        keys_width = self._unsigned(target - 2 * width, width)
        if keys_width not in {1, 2, 4, 8}:
            raise ModelFormatError(f"the keys of its FlexBuffer are {keys_width} bytes wide")
        count = self._length(target, width)
        if self._length(keys_at, keys_width) != count:
            raise ModelFormatError("a map of its FlexBuffer has more keys than values, or fewer")
        keys = [
            self._key(self._follow(keys_at + index * keys_width, keys_width))
            for index in range(count)
        ]
        return dict(zip(keys, self._elements(target, width, depth), strict=True))

    def _elements(self, target: int, width: int, depth: int) -> Iterator[FlexValue]:
        """The elements of a vector, whose types follow behind them."""
        count = self._length(target, width)
        types = self._octets(target + count * width, count)
        for index, packed_type in enumerate(types):
            yield self.value(target + index * width, width, packed_type, depth + 1)

    def _typed(
        self, target: int, width: int, kind: int, count: int, depth: int
    ) -> tuple[FlexValue, ...]:
        self._octets(target, count * width)
        packed_type = kind << 2
        return tuple(
            self.value(target + index * width, width, packed_type, depth + 1)
            for index in range(count)
        )

    def _scalar(self, position: int, width: int, kind: int) -> bool | int | float | None:
        if kind == _NULL:
            return None
        code = _CODES[kind].get(width)
        if code is None:
            raise ModelFormatError(f"its FlexBuffer has a float of {width} byte")
        number: int | float = struct.unpack(code, self._octets(position, width))[0]
        return bool(number) if kind == _BOOL else number

    def _unsigned(self, position: int, width: int) -> int:
        return int.from_bytes(self._octets(position, width), "little")

    def _follow(self, position: int, width: int) -> int:
        """The position that the offset stored here refers to: always in front of it."""
        return position - self._unsigned(position, width)

    def _length(self, target: int, width: int) -> int:
        """What is stored in front of strings, blobs and vectors."""
        return self._unsigned(target - width, width)

    def _key(self, target: int) -> str:
        if not 0 <= target < len(self._data):
            raise self._outside(target, 1)
        self._spend(1)
        end = target
        while end < len(self._data) and self._data[end]:
            end += 1
        return self._text(target, end - target)

    def _text(self, target: int, size_bytes: int) -> str:
        try:
            return str(self._octets(target, size_bytes), "utf-8")
        except UnicodeDecodeError as error:
            raise ModelFormatError(
                f"a string of its FlexBuffer is not UTF-8: {error.reason}"
            ) from error

    def _octets(self, position: int, size_bytes: int) -> memoryview:
        if position < 0 or position + size_bytes > len(self._data):
            raise self._outside(position, size_bytes)
        self._spend(size_bytes)
        return self._data[position : position + size_bytes]

    def _spend(self, amount: int) -> None:
        self._budget -= amount
        if self._budget < 0:
            raise ModelFormatError(
                "its FlexBuffer shares its contents so often that it unfolds to far more than its "
                f"{len(self._data)} bytes"
            )

    def _outside(self, position: int, size_bytes: int) -> ModelFormatError:
        return ModelFormatError(
            f"its FlexBuffer of {len(self._data)} bytes refers to {size_bytes} bytes at {position}"
        )
