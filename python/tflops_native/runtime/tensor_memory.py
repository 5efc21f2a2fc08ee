"""Where the runtime put the tensors of a model: the referee of planned memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tflops_native.arenas.kernel import Home
from tflops_native.model.graph import Model, Subgraph

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# The release whose planner and kernels `arenas` follows.
PLANNED_RELEASE: Final = "2.17."

# The runtime keeps subgraphs of such names from those who look: `IsValidationSubgraph` in
# tflite/core/subgraph.h.
_HIDDEN: Final = "VALIDATION:"

# TfLiteAllocationType, in tflite/core/c/common.h.
_HOMES: Final = {
    1: Home.FILE,
    2: Home.ARENA,
    3: Home.STATE,
    4: Home.HEAP,
    5: Home.ONCE,
    6: Home.CALLER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedTensor:
    """A tensor in the runtime.

    home     None where it has none, as scratch tensors that a kernel added and did not need
    offset   from the first tensor of its arena; None outside of arenas, and without memory
    """

    home: Home | None
    size_bytes: int
    offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMemory:
    """The tensors of a subgraph by their index, those that kernels added behind the model's own.

    arena_bytes   from the first byte of tensors in the arena to the last
    state_bytes   the same of the arena of what outlives a run
    """

    tensors: tuple[ObservedTensor, ...]
    arena_bytes: int
    state_bytes: int

    @property
    def is_allocated(self) -> bool:
        """Whether its arena is there, or it needs none."""
        sizes = [t.size_bytes for t in self.tensors if t.home is Home.ARENA]
        return self.arena_bytes > 0 or not any(sizes)


def observed_subgraphs(
    interpreter: "Interpreter", model: Model, start: Subgraph
) -> Mapping[int, ObservedMemory] | None:
    """The memory of a subgraph and of all that it can run, by their index in the file.

    Without those that it runs and that have none now: that of a loop is there before a run and in it.

    Args:
        interpreter: allocated, with `shows_subgraphs`.
        start: what it runs as its primary subgraph.
    """
    shown = [g.index for g in model.subgraphs if not g.name.startswith(_HIDDEN)]
    positions = {index: position for position, index in enumerate(shown)}
    found = {}
    for graph in model.reachable(start.index):
        position = 0 if graph.index == start.index else positions.get(graph.index)
        if position is None:
            continue
        memory = observed_memory(interpreter, position)
        if memory is None:
            return None
        if position == 0 or memory.is_allocated:
            found[graph.index] = memory
    return found


def observed_memory(interpreter: "Interpreter", position: int = 0) -> ObservedMemory | None:
    """The memory of a subgraph of an allocated interpreter; None where the library does not tell the kind.

    Raises:
        InvokeError: the runtime does not show its tensors.
    """
    places = [
        (address, size, _HOMES.get(kind))
        for address, size, kind in interpreter.tensor_memory(position)
    ]
    if all(home is None for _, _, home in places):
        return None
    starts: dict[Home, int] = {}
    ends: dict[Home, int] = {}
    for address, size, home in places:
        if address and home in (Home.ARENA, Home.STATE):
            starts[home] = min(starts.get(home, address), address)
            ends[home] = max(ends.get(home, 0), address + size)
    return ObservedMemory(
        tensors=tuple(
            ObservedTensor(
                home=home,
                size_bytes=size,
                offset=address - starts[home] if address and home in starts else None,
            )
            for address, size, home in places
        ),
        arena_bytes=ends.get(Home.ARENA, 0) - starts.get(Home.ARENA, 0),
        state_bytes=ends.get(Home.STATE, 0) - starts.get(Home.STATE, 0),
    )
