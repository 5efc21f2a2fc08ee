"""What a rule may know of a tensor."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from tflops_native.model.element_types import ELEMENT_TYPES, bits, packed_bytes
from tflops_native.model.schema import TensorType
from tflops_native.model.sparsity import Sparsity

# Shape arithmetic is done on vectors of a few elements. The bound keeps a constant folding of large
# masks and tables out of an analysis that only needs shapes.
VALUE_LIMIT: Final = 1024

Shape: TypeAlias = tuple[int, ...]
Value: TypeAlias = tuple[int | float, ...]
PartialValue: TypeAlias = tuple[int | float | None, ...]


class UnknownValueError(ValueError):
    """A rule needs the value of a tensor that is computed only when the model runs.

    role   the input whose value it is; None where the message names none
    """

    def __init__(self, message: str, role: str | None = None) -> None:
        super().__init__(message)
        self.role = role

    @classmethod
    def of(cls, role: str) -> "UnknownValueError":
        return cls(f"the value of `{role}` is known only when the model runs", role)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a rule may know of an input: its shape, its type and, where it is known, its value.

    known         the elements in row-major order, or a function that reads them from the file
    is_constant   whether the file holds the value
    is_bound      whether the shape is only an upper bound: the true one depends on data
    partial       the elements where only some are known, None for the others; None where `known` is not
    is_given      whether the value follows from data that the user gives, not from the file alone
    sparsity      how a sparse constant is stored; None for a dense one
    block_size    elements that share a scale, where scales are a tensor of their own; 0 without blocks
    scale_bytes   bytes of that tensor
    """

    shape: Shape
    type: TensorType
    known: Value | Callable[[], Value] | None = None
    is_constant: bool = False
    is_bound: bool = False
    partial: PartialValue | None = None
    is_given: bool = False
    sparsity: Sparsity | None = None
    block_size: int = 0
    scale_bytes: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def is_float(self) -> bool:
        return ELEMENT_TYPES[self.type].is_float

    @property
    def is_complex(self) -> bool:
        return ELEMENT_TYPES[self.type].kind == "complex"

    def bytes_of(self, elements: int) -> int:
        """Bytes of so many elements; 0 for strings and resources, which have no fixed size."""
        return packed_bytes(self.type, elements) if bits(self.type) else 0

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole tensor as it is stored: of a sparse constant what is in the file, with its
        indices; of a block-wise quantized one with its scales."""
        if self.sparsity is not None:
            return self.bytes_of(self.sparsity.stored_elements) + self.sparsity.index_bytes
        return self.bytes_of(self.size) + self.scale_bytes

    @property
    def value(self) -> Value | None:
        """The elements in row-major order, or None where they are not known."""
        return self.known() if callable(self.known) else self.known

    def required_value(self, role: str) -> Value:
        """The elements, for a rule that cannot do without them.

        Raises:
            UnknownValueError: they are computed only when the model runs.
        """
        value = self.value
        if value is None:
            raise UnknownValueError.of(role)
        return value

    @property
    def elements(self) -> PartialValue | None:
        """The elements, None for those that are not known; None where none is."""
        return self.partial if self.known is None else self.value

    def optional_integers(self, role: str) -> tuple[int | None, ...]:
        """As `required_integers`, with None for each element that is not known.

        Raises:
            ValueError: the tensor is of another type than integers.
            UnknownValueError: none is known, and there are too many for shapes and positions.
        """
        if self.known is not None:
            return self.required_integers(role)
        if "INT" not in self.type.name:
            raise ValueError(f"`{role}` must be integers, but is {self.type.name}")
        if self.size > VALUE_LIMIT:
            raise UnknownValueError.of(role)
        elements = self.partial or (None,) * self.size
        return tuple(None if element is None else int(element) for element in elements)

    def required_integers(self, role: str) -> tuple[int, ...]:
        """As `required_value`, for shapes, axes and indices.

        Raises:
            ValueError: the tensor is of another type than integers.
        """
        if not ELEMENT_TYPES[self.type].is_integer:
            raise ValueError(f"`{role}` must be integers, but is {self.type.name}")
        return tuple(int(element) for element in self.required_value(role))

    def required_number(self, role: str) -> int:
        """As `required_integers`, for a single one.

        Raises:
            ValueError: there are more, or none.
        """
        numbers = self.required_integers(role)
        if len(numbers) != 1:
            raise ValueError(f"`{role}` must be one number, but is {list(numbers)}")
        return numbers[0]
