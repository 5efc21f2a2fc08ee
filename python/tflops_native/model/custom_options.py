"""How the options of custom operators are stored, and their decoding to plain values by name."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tflops_native.errors import ModelFormatError
from tflops_native.model.flexbuffer import FlexValue, decode_flexbuffer

FLEXBUFFER: Final = "flexbuffer"


@dataclass(frozen=True, slots=True)
class StructLayout:
    """Options that are the bytes of a C struct.

    form    its members as the module `struct` writes them: "<iii?"
    names   one name for each of them
    """

    form: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        members = len(struct.unpack(self.form, bytes(struct.calcsize(self.form))))
        if members != len(self.names):
            raise ValueError(f"{self.form!r} has {members} members, but {len(self.names)} names")

    def decode(self, data: bytes) -> dict[str, FlexValue]:
        """The members by name; those that the bytes do not reach to are 0, bytes behind are ignored.

        That is how kernels copy them: an older file has a shorter struct.
        """
        size_bytes = struct.calcsize(self.form)
        padded = data[:size_bytes].ljust(size_bytes, b"\0")
        return dict(zip(self.names, struct.unpack(self.form, padded), strict=True))


OptionsLayout: TypeAlias = Literal["flexbuffer"] | StructLayout


def decode_custom_options(
    layout: OptionsLayout | None, data: memoryview | bytes | None
) -> Mapping[str, FlexValue]:
    """The custom options of an operator by name; none where it has none, or no `layout`.

    Raises:
        ModelFormatError: they are not stored in this way, or are damaged.
    """
    octets = b"" if data is None else bytes(data)
    if layout is None:
        return {}
    if isinstance(layout, StructLayout):
        return layout.decode(octets)
    if not octets:
        return {}
    value = decode_flexbuffer(octets)
    if not isinstance(value, dict):
        raise ModelFormatError(f"its FlexBuffer holds no map, but a {type(value).__name__}")
    return value
