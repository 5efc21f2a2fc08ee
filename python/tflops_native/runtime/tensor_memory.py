"""Where the runtime put the tensors of a model: the referee of planned memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tflops_native.arenas.kernel import Home

if TYPE_CHECKING:
    from tflops_native._native import Interpreter

# The release whose planner and kernels `arenas` follows.
PLANNED_RELEASE: Final = "2.17."

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
    """The tensors of the primary subgraph by their index, those that kernels added behind the model's own.

    arena_bytes   from the first byte of tensors in the arena to the last
    state_bytes   the same of the arena of what outlives a run
    """

    tensors: tuple[ObservedTensor, ...]
    arena_bytes: int
    state_bytes: int


def observed_memory(interpreter: "Interpreter") -> ObservedMemory | None:
    """The memory of an interpreter that is allocated; None where the library does not tell the kind.

    Raises:
        InvokeError: the runtime does not show its tensors.
    """
    places = [
        (address, size, _HOMES.get(kind)) for address, size, kind in interpreter.tensor_memory()
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
