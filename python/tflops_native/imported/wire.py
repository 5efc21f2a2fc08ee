"""The wire format of protocol buffers: the fields of one message, every length checked.

Source: protobuf.dev, "Encoding". Groups, which proto2 deprecates, are not read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MAXIMUM_VARINT_BYTES = 10


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, its wire type, and what it holds; bytes for all but VARINT."""

    number: int
    wire_type: int
    value: int | memoryview

    def integer(self) -> int:
        """A signed 64-bit integer.

        Raises:
            ValueError: the field is no varint.
        """
        if not isinstance(self.value, int):
            raise ValueError(f"field {self.number} is no integer")
        return self.value - (1 << 64) if self.value >> 63 else self.value

    def message(self) -> memoryview:
        """The bytes of a message or a string.

        Raises:
            ValueError: the field is neither.
        """
        if self.wire_type != BYTES or isinstance(self.value, int):
            raise ValueError(f"field {self.number} is no message")
        return self.value

    def text(self) -> str:
        """A string; bytes that are no UTF-8 are replaced.

        Raises:
            ValueError: the field is no string.
        """
        return bytes(self.message()).decode("utf-8", "replace")

    def float32(self) -> float:
        """A float of 32 bits.

        Raises:
            ValueError: the field is none.
        """
        if self.wire_type != FIXED32 or isinstance(self.value, int):
            raise ValueError(f"field {self.number} is no float")
        number: float = struct.unpack("<f", self.value)[0]
        return number


def fields(data: memoryview) -> Iterator[Field]:
    """The fields of one message, in the order of the bytes.

    Raises:
        ValueError: the bytes are no message.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise ValueError("field number 0")
        if wire_type == VARINT:
            value, position = _varint(data, position)
            yield Field(number, wire_type, value)
            continue
        if wire_type == BYTES:
            length, position = _varint(data, position)
        elif wire_type in (FIXED32, FIXED64):
            length = 4 if wire_type == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire_type}")
        if length > len(data) - position:
            raise ValueError(f"field {number} has {length} bytes, {len(data) - position} are left")
        yield Field(number, wire_type, data[position : position + length])
        position += length


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """The unsigned number of up to 64 bits at a position, and the position behind it."""
    value = 0
    for count in range(_MAXIMUM_VARINT_BYTES):
        if position + count >= len(data):
            raise ValueError("the bytes end inside a number")
        byte = data[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if not byte & 0x80:
            return value & (1 << 64) - 1, position + count + 1
    raise ValueError("a number of more than 10 bytes")
