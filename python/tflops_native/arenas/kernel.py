"""What a kernel knows of its tensors when memory is planned, and what it asks for."""

import math
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from enum import Enum

from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.graph import Operator, Tensor
from tflops_native.model.schema import TensorType
from tflops_native.ops.tensor_spec import Shape


class Home(Enum):
    """Where a tensor has its memory."""

    ARENA = "arena"  # shared with tensors that live at other times
    STATE = "state"  # an arena of its own, which outlives a run
    FILE = "file"  # constants are read from the model
    ONCE = "once"  # the heap; computed when memory is allocated, and kept
    HEAP = "heap"  # allocated during a run, when its size is known
    CALLER = "caller"  # of the operator that runs the subgraph


@dataclass(frozen=True, slots=True)
class Scratch:
    """A tensor that a kernel works in: it lives while its operator runs, or, as state, forever."""

    name: str
    size_bytes: int
    home: Home = Home.ARENA


@dataclass(slots=True)
class Kernel:
    """One operator as its builtin kernel sees it.

    tensors   of the subgraph
    shapes    per tensor, None where it is not known
    homes     per tensor; those of the outputs are the default until the kernel decides
    threads   that kernels may use
    """

    operator: Operator
    tensors: Sequence[Tensor]
    shapes: Sequence[Shape | None]
    homes: MutableSequence[Home]
    threads: int

    def has(self, position: int) -> bool:
        """Whether there is such an input."""
        inputs = self.operator.inputs
        return position < len(inputs) and inputs[position] is not None

    def input(self, position: int) -> Tensor:
        """Raises `LookupError` if there is no such input."""
        index = self.operator.inputs[position]
        if index is None:
            raise LookupError(position)
        return self.tensors[index]

    def shape(self, position: int) -> Shape:
        """Raises `LookupError` if there is no such input, or its shape is not known."""
        return self.shape_of(self.input(position).index)

    def output_shape(self) -> Shape:
        """Of the first output. Raises `LookupError` if it is not known."""
        return self.shape_of(self.operator.outputs[0])

    def shape_of(self, index: int) -> Shape:
        """Raises `LookupError` if it is not known."""
        shape = self.shapes[index]
        if shape is None:
            raise LookupError(index)
        return shape

    def type(self, position: int) -> str:
        """Name of the element type of an input; "" if there is no such input."""
        return self.input(position).type.name if self.has(position) else ""

    def is_fixed(self, position: int) -> bool:
        """Whether an input is known before the model runs; one that is absent is."""
        return not self.has(position) or self.homes[self.input(position).index] in (
            Home.FILE,
            Home.ONCE,
        )

    def is_constant(self, position: int) -> bool:
        """Whether an input is a constant of the file."""
        return self.has(position) and self.homes[self.input(position).index] is Home.FILE

    def option(self, name: str, default: int = 0) -> int:
        """A number among the options, as an integer."""
        value = self.operator.options.get(name, default)
        return int(value) if isinstance(value, int) else default

    def numbers(self, name: str) -> tuple[int, ...]:
        """A vector among the options; () if it is left out."""
        value = self.operator.options.get(name)
        return tuple(map(int, value)) if isinstance(value, tuple) else ()


def tensor_bytes(kind: TensorType, shape: Shape | None) -> int:
    """Bytes of a tensor; 0 where its shape is not known, or its elements have no fixed size."""
    return packed_bytes(kind, math.prod(shape)) if shape is not None and bits(kind) else 0
