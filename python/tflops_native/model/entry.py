"""Entry points: which subgraph a signature runs, and which shapes its inputs are asked to have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tflops_native.errors import ShapeError
from tflops_native.model.graph import Model, Subgraph, Tensor
from tflops_native.model.limits import MAX_LENGTH, MAX_RANK


@dataclass(frozen=True, slots=True)
class EntryInput:
    """One input of an entry point; `position` counts the inputs of the subgraph from 0."""

    name: str
    position: int
    tensor: Tensor

    @property
    def is_open(self) -> bool:
        """Whether the file leaves some lengths, or even the rank, to whoever runs the model."""
        return not self.tensor.has_rank or -1 in self.tensor.shape_signature

    @property
    def pattern(self) -> str:
        """The shape as an option takes it, with N for each open length: "N,224,224,3"."""
        lengths = self.tensor.shape_signature
        return ",".join("N" if length == -1 else str(length) for length in lengths)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one inference runs. `signature` is None for the main subgraph of a model without any."""

    signature: str | None
    subgraph: Subgraph
    inputs: tuple[EntryInput, ...]


def entry_point(model: Model, signature: str | None = None) -> Entry:
    """The entry point of a signature; without a name that of the main subgraph.

    Raises:
        ModelFormatError: there is no such signature; the message lists those there are.
    """
    if signature is None:
        found = next((s for s in model.signatures if s.subgraph_index == 0), None)
        subgraph = model.subgraphs[0]
    else:
        found = model.signature(signature)
        subgraph = model.subgraphs[found.subgraph_index]
    names = {} if found is None else {index: name for name, index in found.inputs.items()}
    inputs = tuple(
        EntryInput(
            names.get(index, subgraph.tensors[index].name), position, subgraph.tensors[index]
        )
        for position, index in enumerate(subgraph.inputs)
    )
    return Entry(None if found is None else found.key, subgraph, inputs)


def resolve_input_shapes(
    entry: Entry, requested: Mapping[str, Sequence[int]]
) -> dict[int, tuple[int, ...]]:
    """The shape of every input, by position: the one asked for, else the one in the file.

    Lengths that the file leaves open (-1) are 1 unless asked for. A name is that of the signature's
    input or of the tensor; the empty name stands for the only input.

    Raises:
        ShapeError: unknown or ambiguous name, wrong rank, or a length below 0.
    """
    asked: dict[int, tuple[int, ...]] = {}
    for name, lengths in requested.items():
        item = named_input(entry, name)
        if item.position in asked:
            raise ShapeError(f"two shapes are asked for input {item.name!r}")
        asked[item.position] = _checked_shape(item, tuple(lengths))
    return {item.position: asked.get(item.position, item.tensor.shape) for item in entry.inputs}


def open_inputs(entry: Entry, requested: Mapping[str, Sequence[int]]) -> tuple[EntryInput, ...]:
    """The inputs with open lengths for which no shape is asked."""
    asked = {named_input(entry, name).position for name in requested}
    return tuple(item for item in entry.inputs if item.is_open and item.position not in asked)


def named_input(entry: Entry, name: str) -> EntryInput:
    """The input of this name, in the signature or of the tensor; the empty name is the only input's.

    Raises:
        ShapeError: there is none, or the name is empty and there are several.
    """
    known = ", ".join(item.name for item in entry.inputs) or "none"
    if not name:
        if len(entry.inputs) != 1:
            raise ShapeError(f"the input must be named here; the inputs are: {known}")
        return entry.inputs[0]
    for item in entry.inputs:
        if name in (item.name, item.tensor.name):
            return item
    raise ShapeError(f"there is no input {name!r}; the inputs are: {known}")


def _checked_shape(item: EntryInput, shape: tuple[int, ...]) -> tuple[int, ...]:
    rank = len(item.tensor.shape_signature)
    if item.tensor.has_rank and len(shape) != rank:
        raise ShapeError(
            f"input {item.name!r} has rank {rank} ({item.pattern}), "
            f"but the shape asked for has rank {len(shape)}: {','.join(map(str, shape))}"
        )
    if len(shape) > MAX_RANK:
        raise ShapeError(
            f"input {item.name!r} cannot have rank {len(shape)}: {MAX_RANK} is the highest"
        )
    for length in shape:
        if not 0 <= length <= MAX_LENGTH:
            raise ShapeError(
                f"input {item.name!r} cannot have a length of {length} "
                f"({','.join(map(str, shape))}): lengths go from 0 to {MAX_LENGTH}"
            )
    return shape
