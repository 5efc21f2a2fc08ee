"""What there is to know of the types of elements: the one table of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tflops_native.model.schema import TensorType


@dataclass(frozen=True, slots=True)
class ElementType:
    """One type of elements.

    name         as shown to people, "int8"
    bits         of one element; None for strings and resources, which have no fixed size
    kind         "float", "complex", "int", "uint", "bool", or "other"
    struct_code  the type for `struct`; None where Python has none
    """

    name: str
    bits: int | None
    kind: str
    struct_code: str | None = None

    @property
    def is_float(self) -> bool:
        """Whether arithmetic on it is floating point: real or complex."""
        return self.kind in ("float", "complex")

    @property
    def is_integer(self) -> bool:
        return self.kind in ("int", "uint")

    @property
    def integer_range(self) -> range | None:
        """The integers that one element can be; None for other types."""
        if self.bits is None or not self.is_integer:
            return None
        if self.kind == "uint":
            return range(2**self.bits)
        return range(-(2 ** (self.bits - 1)), 2 ** (self.bits - 1))

    @property
    def numpy_name(self) -> str | None:
        """The name of the numpy type; None where numpy has none."""
        return self.name if self.struct_code is not None or self.kind == "complex" else None


_FACTS: Mapping[TensorType, tuple[int | None, str, str | None]] = {
    TensorType.FLOAT32: (32, "float", "f"),
    TensorType.FLOAT16: (16, "float", "e"),
    TensorType.INT32: (32, "int", "i"),
    TensorType.UINT8: (8, "uint", "B"),
    TensorType.INT64: (64, "int", "q"),
    TensorType.STRING: (None, "other", None),
    TensorType.BOOL: (8, "bool", "?"),
    TensorType.INT16: (16, "int", "h"),
    TensorType.COMPLEX64: (64, "complex", None),
    TensorType.INT8: (8, "int", "b"),
    TensorType.FLOAT64: (64, "float", "d"),
    TensorType.COMPLEX128: (128, "complex", None),
    TensorType.UINT64: (64, "uint", "Q"),
    TensorType.RESOURCE: (None, "other", None),
    TensorType.VARIANT: (None, "other", None),
    TensorType.UINT32: (32, "uint", "I"),
    TensorType.UINT16: (16, "uint", "H"),
    TensorType.INT4: (4, "int", None),
    TensorType.BFLOAT16: (16, "float", None),
    TensorType.INT2: (2, "int", None),
    TensorType.UINT4: (4, "uint", None),
    TensorType.FLOAT8_E4M3FN: (8, "float", None),
    TensorType.FLOAT8_E5M2: (8, "float", None),
}

ELEMENT_TYPES: Mapping[TensorType, ElementType] = MappingProxyType(
    {kind: ElementType(kind.name.lower(), *facts) for kind, facts in _FACTS.items()}
)


def bits(kind: TensorType) -> int | None:
    """Bits of one element; None for STRING, RESOURCE and VARIANT, which have no fixed size."""
    return ELEMENT_TYPES[kind].bits


def packed_bytes(kind: TensorType, element_count: int) -> int:
    """Bytes of so many elements; types below 8 bits are packed without gaps, the end is padded.

    Raises:
        ValueError: the type has no fixed size.
    """
    element_bits = ELEMENT_TYPES[kind].bits
    if element_bits is None:
        raise ValueError(f"an element of type {kind.name} has no fixed size")
    return (element_count * element_bits + 7) // 8
