"""How much memory the activations of a subgraph need at once, by the lives of its tensors."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.schema import TensorType
from tflops_native.ops.tensor_spec import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakMemory:
    """The moment at which the most bytes of activations are alive.

    Every tensor that is no constant is alive from the operator that writes it to the last one that
    reads it; inputs from the start, outputs to the end. The runtime may need less, where an output
    takes over the memory of an input, and more, for alignment and what kernels keep for themselves.

    size_bytes        sum over the tensors alive
    operator_index    the first operator at which that is so; None without operators
    tensors           what is alive then, the largest first: (name, bytes)
    """

    size_bytes: int
    operator_index: int | None
    tensors: tuple[tuple[str, int], ...]


def peak_memory(subgraph: Subgraph, shapes: Sequence[Shape | None]) -> PeakMemory:
    """The peak over the operators of a subgraph, in the order of the file.

    Args:
        shapes: per tensor of the subgraph; one whose shape is unknown counts nothing.
    """
    sizes = {
        tensor.index: _size(tensor.type, shape)
        for tensor, shape in zip(subgraph.tensors, shapes, strict=True)
        if shape is not None and not tensor.is_constant
    }
    start = sum(sizes.get(index, 0) for index in set(subgraph.inputs))
    peak, at = start, None
    for operator, total, _ in _lives(subgraph, sizes):
        if total > peak or at is None:
            peak, at = total, operator.index
    # Found a second time, for to keep what is alive at each new peak would take long in long graphs.
    tensors = next(
        (
            frozenset(alive)
            for operator, _, alive in _lives(subgraph, sizes)
            if operator.index == at
        ),
        frozenset(index for index in subgraph.inputs if index in sizes),
    )
    names = [(subgraph.tensors[index].name, sizes[index]) for index in tensors]
    return PeakMemory(
        size_bytes=peak,
        operator_index=at,
        tensors=tuple(sorted(names, key=lambda item: (-item[1], item[0]))),
    )


def _lives(
    subgraph: Subgraph, sizes: Mapping[int, int]
) -> Iterator[tuple[Operator, int, set[int]]]:
    """Each operator with the bytes and the tensors that are alive while it runs."""
    last_use = _last_uses(subgraph)
    alive = {index for index in subgraph.inputs if index in sizes}
    total = sum(sizes[index] for index in alive)
    for position, operator in enumerate(subgraph.operators):
        born = {index for index in operator.outputs if index in sizes} - alive
        alive |= born
        total += sum(sizes[index] for index in born)
        yield operator, total, alive
        touched = {i for i in (*operator.inputs, *operator.outputs) if i in alive}
        dead = {index for index in touched if last_use.get(index, -1) <= position}
        alive -= dead
        total -= sum(sizes[index] for index in dead)


def _last_uses(subgraph: Subgraph) -> dict[int, int]:
    """Tensor -> position of the last operator that reads it; outputs live beyond all."""
    last: dict[int, int] = {}
    for position, operator in enumerate(subgraph.operators):
        last.update((index, position) for index in operator.inputs if index is not None)
    last.update((index, len(subgraph.operators)) for index in subgraph.outputs)
    return last


def _size(type: TensorType, shape: Shape) -> int:
    return packed_bytes(type, math.prod(shape)) if bits(type) else 0
