"""When TensorFlow Lite needs the memory of each tensor, and which tensors share it.

Source: tflite/arena_planner.cc, PlanAllocations and IdentifyInPlaceTensors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tflops_native.arenas.kernel import Home
from tflops_native.model.graph import Operator, Subgraph

# The last operator of what nothing frees.
FOREVER: Final = 2**31 - 1
# Operators that may write their first output over one of these inputs. Sources: `inplace_operator` in
# tflite/kernels/*.cc.
_VIEWS: Final = frozenset({"BITCAST", "EXPAND_DIMS", "RESHAPE", "SQUEEZE"})
_IN_PLACE: Final[dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(_VIEWS, (0,)),
    "ADD": (0, 1),
    "DIV": (0, 1),
    "DYNAMIC_UPDATE_SLICE": (0,),
    "MUL": (0, 1),
    "SOFTMAX": (0,),
    "SUB": (0, 1),
}
# Smaller tensors may still grow by broadcasting.
_SCALAR_BYTES: Final = 4


@dataclass(slots=True)
class Lifetimes:
    """Per tensor of a subgraph the operators that need its memory.

    first, last   positions of operators; tensors that are in neither need no memory of an arena.
                  `last` is FOREVER where nothing frees it
    shared        tensor -> the tensor whose memory it uses
    planned       per operator the tensors that are planned there, in the order of the planner
    """

    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    shared: dict[int, int] = field(default_factory=dict)
    planned: list[dict[int, None]] = field(default_factory=list)

    def owner(self, index: int) -> int:
        """The tensor whose memory it uses: itself, or another one."""
        return self.shared.get(index, index)


def lifetimes_of(
    subgraph: Subgraph, homes: Sequence[Home], sizes: Sequence[int], kept: Sequence[int]
) -> Lifetimes:
    """The lifetimes of the model's own tensors.

    Args:
        homes: per tensor where it has its memory, as far as it is known when memory is planned.
        sizes: bytes per tensor, likewise.
        kept: the variables.
    """
    found = Lifetimes(planned=[{} for _ in subgraph.operators] or [{}])
    held = dict.fromkeys(range(len(subgraph.tensors)), 0)
    for index in subgraph.outputs:
        held[index] += 1
    for index in (*kept, *subgraph.inputs):
        held[index] += 1
        found.first.setdefault(index, 0)
        found.planned[0][index] = None
    uses = dict(held)
    for operator in subgraph.operators:
        for given in operator.inputs:
            if given is not None:
                uses[given] += 1
    _find_shared(subgraph, homes, sizes, uses, found)
    for operator in subgraph.operators:
        for given in operator.inputs:
            if given is not None:
                held[found.owner(given)] += 1
    for position, operator in enumerate(subgraph.operators):
        for index in operator.outputs:
            found.planned[position][index] = None
            found.first.setdefault(index, position)
        for given in operator.inputs:
            if given is None:
                continue
            owner = found.owner(given)
            held[owner] -= 1
            if held[owner] == 0 and owner in found.first:
                found.last[owner] = position
    for index in found.first:
        found.last.setdefault(index, FOREVER)
    return found


def _find_shared(
    subgraph: Subgraph,
    homes: Sequence[Home],
    sizes: Sequence[int],
    uses: Mapping[int, int],
    found: Lifetimes,
) -> None:
    ends = frozenset(subgraph.inputs), frozenset(subgraph.outputs)
    for operator in subgraph.operators:
        positions = _IN_PLACE.get(operator.name, ())
        if not positions or not operator.outputs or operator.outputs[0] in ends[1]:
            continue
        source = _source(operator, positions, homes, sizes, uses, ends[0])
        if source is None:
            continue
        owner = found.owner(source)
        if operator.name in _VIEWS or uses[owner] <= 1:
            found.shared[operator.outputs[0]] = owner


def _source(
    operator: Operator,
    positions: Sequence[int],
    homes: Sequence[Home],
    sizes: Sequence[int],
    uses: Mapping[int, int],
    inputs: frozenset[int],
) -> int | None:
    """The input whose memory the first output may take."""
    output = operator.outputs[0]
    for position in positions:
        given = operator.inputs[position] if position < len(operator.inputs) else None
        if given is None or given in inputs or homes[given] not in (homes[output], Home.ARENA):
            continue
        if operator.name not in _VIEWS and (
            sizes[given] != sizes[output] or sizes[given] <= _SCALAR_BYTES or uses[given] > 1
        ):
            continue
        return given
    return None
