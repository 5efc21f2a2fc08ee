"""The arena of a model as TensorFlow Lite for Microcontrollers lays it out.

Source: tensorflow/lite/micro/micro_allocation_info.cc and memory_planner/greedy_memory_planner.cc. What the
interpreter itself keeps at the tail of the arena (structures of tensors and operators, data of kernels)
depends on the target and is not in the plan.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tflops_native.arenas.called import subgraphs_of
from tflops_native.arenas.homes import first_home
from tflops_native.arenas.kernel import Home, Kernel, Scratch, tensor_bytes
from tflops_native.arenas.micro_scratch import micro_scratch_of
from tflops_native.arenas.tflite_planner import (
    HANDLE_BYTES,
    LARGEST,
    CalledPlans,
    PlacedTensor,
    SubgraphPlan,
)
from tflops_native.compiled import native
from tflops_native.errors import ShapeError
from tflops_native.model.called import CallRole
from tflops_native.model.graph import Model, Operator, Subgraph, Tensor
from tflops_native.model.schema import TensorType
from tflops_native.ops.tensor_spec import Shape

ALIGNMENT: Final = 16
# A model that was planned on the host says so, and where its tensors lie.
_OFFLINE: Final = "OfflineMemoryAllocation"
_OFFLINE_HEADER: Final = 3
# Far above what converters write.
_DEPTH: Final = 32
_SCOPES: Final = 1_000_000


def plan_micro(
    model: Model, start: Subgraph, shapes: Mapping[int, Sequence[Shape | None]]
) -> SubgraphPlan:
    """Lay out the memory of a subgraph and of those that its operators run, in one arena.

    Args:
        start: the subgraph of the entry point.
        shapes: per subgraph, the shapes of its tensors; None where one is not known.
    """
    return _MicroPlanner(model, shapes).plan(start)


@dataclass(slots=True)
class _Buffer:
    """A tensor or a scratch buffer: uses are counted over all subgraphs, positions in its own."""

    size: int
    offline: int = -1
    first: int = -1
    last: int = -1
    first_operator: int = 0
    last_operator: int = 0

    def use(self, scope: int, operator: int) -> None:
        if self.first < 0:
            self.first, self.first_operator = scope, operator
        self.last, self.last_operator = scope, operator


@dataclass(slots=True)
class _Visited:
    """A subgraph with its buffers."""

    graph: Subgraph
    shapes: Sequence[Shape | None]
    homes: list[Home]
    buffers: dict[int, _Buffer]
    scratch: list[tuple[int, Scratch, _Buffer]] = field(default_factory=list)


class _MicroPlanner:
    def __init__(self, model: Model, shapes: Mapping[int, Sequence[Shape | None]]) -> None:
        self.model = model
        self.scope = 0
        self.made: dict[int, SubgraphPlan] = {}
        offline = _offline_offsets(model)
        self.visited: dict[int, _Visited] = {}
        first = 0
        for graph in model.subgraphs:
            known = shapes.get(graph.index) or [tensor.shape for tensor in graph.tensors]
            homes = list(map(_first_home, graph.tensors))
            for operator in graph.operators:
                if operator.name == "VAR_HANDLE":
                    homes[operator.outputs[0]] = Home.HEAP  # a number in the kernel's own data
            buffers = {}
            for tensor, shape in zip(graph.tensors, known, strict=True):
                is_handle = tensor.type is TensorType.RESOURCE
                size = _aligned(HANDLE_BYTES if is_handle else tensor_bytes(tensor.type, shape))
                if homes[tensor.index] is Home.ARENA and size:
                    place = first + tensor.index
                    given = offline[place] if place < len(offline) else -1
                    buffers[tensor.index] = _Buffer(size, given)
            self.visited[graph.index] = _Visited(graph, known, homes, buffers)
            first += len(graph.tensors)

    def plan(self, start: Subgraph) -> SubgraphPlan:
        self._visit(start, 0)
        # In the order of the file, and scratch behind all tensors.
        tensors = [buffer for one in self.visited.values() for buffer in one.buffers.values()]
        scratch = [buffer for one in self.visited.values() for _, _, buffer in one.scratch]
        # Those that nothing uses, as of other signatures, get memory too.
        buffers = [*tensors, *scratch]
        if sum(buffer.size for buffer in buffers) > LARGEST:
            raise ShapeError("the tensors have more bytes than any memory")
        offsets = native().plan_micro_arena(
            [(buffer.size, buffer.first, buffer.last, buffer.offline) for buffer in buffers]
        )
        places = {id(buffer): offset for buffer, offset in zip(buffers, offsets, strict=True)}
        end = max((places[id(buffer)] + buffer.size for buffer in buffers), default=0)
        return self._plan_of(start, places, end, 0)

    def _visit(self, graph: Subgraph, depth: int) -> None:
        """Note the uses of all buffers, in the order in which they happen."""
        one = self.visited[graph.index]
        for index in graph.inputs:
            self._use(one, index, 0)
        for position, operator in enumerate(graph.operators):
            self.scope += 1
            for index in operator.outputs:
                self._use(one, index, position)
            begin = self.scope
            for _, inner in self._called(operator, depth):
                self.scope += 1
                self._visit(inner, depth + 1)
            for used in (*operator.inputs, *operator.outputs):
                if used is not None:
                    self._use(one, used, position)
            kernel = Kernel(operator, graph.tensors, one.shapes, one.homes, 1)
            for scratch in micro_scratch_of(kernel):
                buffer = _Buffer(_aligned(scratch.size_bytes))
                buffer.use(begin, position)
                buffer.use(self.scope, position)
                one.scratch.append((position, scratch, buffer))
        for index in graph.outputs:
            self._use(one, index, max(len(graph.operators) - 1, 0))

    def _use(self, one: _Visited, index: int, operator: int) -> None:
        if index in one.buffers:
            one.buffers[index].use(self.scope, operator)

    def _called(self, operator: Operator, depth: int) -> Iterator[tuple[CallRole, Subgraph]]:
        if depth < _DEPTH and self.scope < _SCOPES:
            yield from subgraphs_of(self.model, operator)

    def _plan_of(
        self, graph: Subgraph, places: Mapping[int, int], end: int, depth: int
    ) -> SubgraphPlan:
        if graph.index in self.made:
            return self.made[graph.index]
        one = self.visited[graph.index]
        called = []
        for position, operator in enumerate(graph.operators):
            plans = tuple(
                self._plan_of(inner, places, 0, depth + 1)
                for _, inner in self._called(operator, depth)
            )
            if plans:
                called.append(CalledPlans(operator=position, plans=plans, at_once=True))
        state = sum(
            _aligned(tensor_bytes(tensor.type, one.shapes[tensor.index]))
            for tensor in graph.tensors
            if one.homes[tensor.index] is Home.STATE
        )
        self.made[graph.index] = SubgraphPlan(
            subgraph_index=graph.index,
            tensors=tuple(_placed(one, places)),
            arena_bytes=end,
            state_bytes=state,
            steps=((0, max(len(graph.operators) - 1, 0)),),
            called=tuple(called),
            called_bytes=0,
            has_dynamic=False,
            unknown=tuple(i for i in one.buffers if one.shapes[i] is None),
        )
        return self.made[graph.index]


def _first_home(tensor: Tensor) -> Home:
    return Home.ARENA if tensor.type is TensorType.RESOURCE else first_home(tensor)


def _placed(one: _Visited, places: Mapping[int, int]) -> Iterator[PlacedTensor]:
    maker: dict[int, int] = {}
    for position, operator in enumerate(one.graph.operators):
        for index in operator.outputs:
            maker.setdefault(index, position)
    for index, buffer in one.buffers.items():
        yield PlacedTensor(
            index=index,
            name=one.graph.tensors[index].name,
            operator=maker.get(index),
            is_scratch=False,
            size_bytes=buffer.size,
            home=Home.ARENA,
            offset=places[id(buffer)],
            first=buffer.first_operator,
            last=buffer.last_operator,
            shares=None,
        )
    for number, (position, scratch, buffer) in enumerate(one.scratch, len(one.graph.tensors)):
        yield PlacedTensor(
            index=number,
            name=scratch.name,
            operator=position,
            is_scratch=True,
            size_bytes=buffer.size,
            home=Home.ARENA,
            offset=places[id(buffer)],
            first=position,
            last=position,
            shares=None,
        )


def _offline_offsets(model: Model) -> tuple[int, ...]:
    """The offsets of all tensors that the file gives; () if it gives none."""
    for entry in model.metadata:
        data = model.buffers[entry.buffer].data
        if entry.name == _OFFLINE and data is not None:
            numbers = struct.unpack_from(f"<{len(data) // 4}i", data)
            return tuple(numbers[_OFFLINE_HEADER:])
    return ()


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
