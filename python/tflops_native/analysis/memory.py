"""How much memory the activations of a subgraph need at once, by the lives of its tensors."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tflops_native.errors import ShapeError
from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.limits import size_problem
from tflops_native.model.schema import TensorType
from tflops_native.ops.tensor_spec import Shape

# What these make of a constant is made once, as weights.
_MADE_OF_CONSTANTS = frozenset({"DENSIFY", "DEQUANTIZE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakMemory:
    """The moment at which the most bytes of activations are alive.

    A tensor is alive from the operator that writes it to the last one that reads it, outputs to the end;
    inputs from the start to the end, as the runtime keeps them (tflite/arena_planner.cc). While an operator
    runs a subgraph, what is alive there comes on top. Neither constants nor what DEQUANTIZE and DENSIFY
    make of them are activations, nor is state. The runtime may need less, where an output takes over the
    memory of an input, and more, for alignment and what kernels keep for themselves.

    size_bytes        sum over the tensors alive
    operator_index    the first operator at which that is so; None without operators
    tensors           what is alive then, the largest first: (name, bytes); not those of subgraphs
    """

    size_bytes: int
    operator_index: int | None
    tensors: tuple[tuple[str, int], ...]


def peak_memory(
    subgraph: Subgraph, shapes: Sequence[Shape | None], called: Mapping[int, int]
) -> PeakMemory:
    """The peak over the operators of a subgraph, in the order of the file.

    Args:
        shapes: per tensor of the subgraph; one whose shape is unknown counts nothing.
        called: by operator, the bytes of the peak in the subgraphs that it runs.
    """
    sizes = _sizes(subgraph, shapes)
    peak, at = _highest(subgraph, sizes, called)
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


def peak_bytes(
    subgraph: Subgraph, shapes: Sequence[Shape | None], called: Mapping[int, int]
) -> int:
    """As `peak_memory`, the bytes alone."""
    return _highest(subgraph, _sizes(subgraph, shapes), called)[0]


def state_bytes(model: Model, start: Subgraph) -> int:
    """Bytes of the variable tensors of a subgraph and of those that it runs: the state of recurrent
    operators, which is kept from one inference to the next.

    Raises:
        ShapeError: there can be no tensor of the shape of one.
    """
    total = 0
    for subgraph in model.reachable(start.index):
        for tensor in subgraph.tensors:
            if tensor.is_variable:
                problem = size_problem(tensor.shape)
                if problem is not None:
                    where = f"tensor {tensor.index} in subgraph {subgraph.index}"
                    raise ShapeError(f"variable {tensor.name!r} ({where}): {problem}")
                total += _size(tensor.type, tensor.shape)
    return total


def _sizes(subgraph: Subgraph, shapes: Sequence[Shape | None]) -> dict[int, int]:
    """Bytes of the tensors that are activations."""
    weights = {tensor.index for tensor in subgraph.tensors if tensor.is_constant}
    for operator in subgraph.operators:
        if operator.name in _MADE_OF_CONSTANTS and weights.issuperset(operator.inputs[:1]):
            weights.update(operator.outputs)
    return {
        tensor.index: _size(tensor.type, shape)
        for tensor, shape in zip(subgraph.tensors, shapes, strict=True)
        if shape is not None and tensor.index not in weights
    }


def _highest(
    subgraph: Subgraph, sizes: Mapping[int, int], called: Mapping[int, int]
) -> tuple[int, int | None]:
    """The bytes of the peak, and the first operator at which it is reached."""
    peak, at = sum(sizes.get(index, 0) for index in set(subgraph.inputs)), None
    for operator, total, _ in _lives(subgraph, sizes):
        total += called.get(operator.index, 0)
        if total > peak or at is None:
            peak, at = total, operator.index
    return peak, at


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
    """Tensor -> position of the last operator that reads it; inputs and outputs live beyond all."""
    last: dict[int, int] = {}
    for position, operator in enumerate(subgraph.operators):
        last.update((index, position) for index in operator.inputs if index is not None)
    last.update((index, len(subgraph.operators)) for index in subgraph.outputs)
    last.update((index, len(subgraph.operators)) for index in subgraph.inputs)
    return last


def _size(type: TensorType, shape: Shape) -> int:
    return packed_bytes(type, math.prod(shape)) if bits(type) else 0
