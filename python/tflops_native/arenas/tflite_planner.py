"""The arenas of a model as TensorFlow Lite's builtin kernels and its planner lay them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tflops_native.arenas.called import (
    as_planned,
    subgraphs_of,
    trimmed,
    untouched_outputs,
    uses_of,
)
from tflops_native.arenas.homes import decide_homes, first_home
from tflops_native.arenas.kernel import Home, Kernel, Scratch, tensor_bytes
from tflops_native.arenas.lifetimes import FOREVER, Lifetimes, lifetimes_of
from tflops_native.arenas.scratch import added_at_start, scratch_of
from tflops_native.compiled import native
from tflops_native.errors import ShapeError
from tflops_native.model.called import SUBGRAPH_OPTIONS, CallRole
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.ops.tensor_spec import Shape

ALIGNMENT: Final = 64
# Beyond this, offsets could leave 64 bits.
LARGEST: Final = 2**60
# A handle of a resource variable is its number.
HANDLE_BYTES: Final = 4
# The arenas, as the native planner numbers them.
_PLACES: Final = {Home.ARENA: 1, Home.STATE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTensor:
    """A tensor with its memory.

    index       in the subgraph; scratch tensors of kernels come behind the model's own
    operator    position of the operator that makes it; None for inputs and variables
    is_scratch  whether only a kernel works in it
    size_bytes  0 where it is not known
    home        where its memory is
    offset      in its arena; None where it has none
    first, last positions of the operators between which its memory is its own; `last` is None where
                nothing frees it
    shares      index of the tensor whose memory it uses; None where that is its own
    """

    index: int
    name: str
    operator: int | None
    is_scratch: bool
    size_bytes: int
    home: Home
    offset: int | None
    first: int
    last: int | None
    shares: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphPlan:
    """The memory of one subgraph.

    tensors      all that an operator touches or a kernel works in, by index
    arena_bytes  of the arena that operators share
    state_bytes  of the arena of what outlives a run
    steps        ranges of operators planned one after the other: more than one where sizes are known
                 only during a run
    called       the memory of subgraphs that operators run
    called_bytes the most bytes of arenas that an operator needs for those
    has_dynamic  whether sizes of tensors are known only during a run
    unknown      indices of tensors whose size is not known
    """

    subgraph_index: int
    tensors: tuple[PlacedTensor, ...]
    arena_bytes: int
    state_bytes: int
    steps: tuple[tuple[int, int], ...]
    called: tuple["CalledPlans", ...]
    called_bytes: int
    has_dynamic: bool
    unknown: tuple[int, ...]

    @property
    def total_bytes(self) -> int:
        """The arena, and on top those of the subgraphs of one operator at a time."""
        return self.arena_bytes + self.called_bytes

    @property
    def lower_bound_bytes(self) -> int:
        """The most bytes that are alive at one operator: no order of placement needs less."""
        changes: dict[int, int] = {}
        for tensor in self.tensors:
            if tensor.home is not Home.ARENA or tensor.shares is not None:
                continue
            changes[tensor.first] = changes.get(tensor.first, 0) + tensor.size_bytes
            if tensor.last is not None:
                changes[tensor.last + 1] = changes.get(tensor.last + 1, 0) - tensor.size_bytes
        most = alive = 0
        for position in sorted(changes):
            alive += changes[position]
            most = max(most, alive)
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledPlans:
    """The memory of what an operator runs.

    operator   its position
    plans      of its subgraphs
    at_once    whether they have their arenas at the same time, as the condition and the body of a loop
    """

    operator: int
    plans: tuple[SubgraphPlan, ...]
    at_once: bool

    @property
    def size_bytes(self) -> int:
        """Bytes of arenas on top of that of the caller."""
        sizes = [plan.total_bytes for plan in self.plans]
        return sum(sizes) if self.at_once else max(sizes, default=0)


def plan_arenas(
    model: Model,
    start: Subgraph,
    shapes: Mapping[int, Sequence[Shape | None]],
    *,
    threads: int = 1,
) -> SubgraphPlan:
    """Lay out the memory of a subgraph and of those that its operators run.

    Args:
        start: the subgraph of the entry point.
        shapes: per subgraph, the shapes of its tensors; None where one is not known. Subgraphs that are
            missing are laid out with the shapes of the file.
        threads: that kernels may use.
    """
    return _Planner(model, start, None, shapes, threads, {}).plan()


class _Planner:
    def __init__(
        self,
        model: Model,
        subgraph: Subgraph,
        role: CallRole | None,
        shapes: Mapping[int, Sequence[Shape | None]],
        threads: int,
        made: "dict[tuple[int, CallRole | None], SubgraphPlan | None]",
    ) -> None:
        self.model, self.all_shapes, self.threads = model, shapes, threads
        self.made = made  # None for a subgraph that is being planned: it cannot run itself
        self.uses = uses_of(subgraph)
        self.subgraph = as_planned(subgraph, role, self.uses)
        self.shapes = shapes.get(subgraph.index) or [t.shape for t in subgraph.tensors]
        self.homes = [first_home(tensor) for tensor in subgraph.tensors]
        if role not in (None, CallRole.CONDITION):
            for index in subgraph.inputs:
                if self.homes[index] is Home.ARENA:
                    self.homes[index] = Home.CALLER
        self.sizes = [
            tensor_bytes(tensor.type, shape)
            for tensor, shape in zip(subgraph.tensors, self.shapes, strict=True)
        ]
        for index in untouched_outputs(model, subgraph):
            tensor = subgraph.tensors[index]
            self.sizes[index] = tensor_bytes(tensor.type, tensor.shape)
        self.called: list[CalledPlans] = []
        self.scratch: list[tuple[tuple[int, Scratch], ...]] = []
        self.steps: list[tuple[int, int]] = []

    def plan(self) -> SubgraphPlan:
        planned_homes = self._prepare()
        sizes = self._sizes_when_planned()
        variables = [t.index for t in self.subgraph.tensors if t.is_variable]
        lifetimes = lifetimes_of(self.subgraph, planned_homes, sizes, variables)
        self._correct_shared(lifetimes)
        offsets = self._place(lifetimes)
        tensors = tuple(self._tensors(lifetimes, offsets))
        touched = {tensor.index for tensor in tensors}
        return SubgraphPlan(
            subgraph_index=self.subgraph.index,
            tensors=tensors,
            arena_bytes=_end(tensors, Home.ARENA),
            state_bytes=_end(tensors, Home.STATE),
            steps=tuple(self.steps),
            called=tuple(self.called),
            called_bytes=max((call.size_bytes for call in self.called), default=0),
            has_dynamic=any(
                self.homes[index] is Home.HEAP
                for operator in self.subgraph.operators
                for index in operator.outputs
            ),
            unknown=tuple(
                i for i in sorted(touched) if i < len(self.shapes) and self.shapes[i] is None
            ),
        )

    def _prepare(self) -> list[Home]:
        """Let each kernel decide, in order; the homes as they are known when memory is planned."""
        count = len(self.subgraph.tensors)
        bases: dict[int, int] = {}
        for position, operator in enumerate(self.subgraph.operators):
            if (added := added_at_start(operator)) is not None:
                bases[position] = count
                count += added
        start = 0
        seen: list[Home] | None = None
        operators = list(self.subgraph.operators)
        for position, operator in enumerate(operators):
            if seen is None:
                operator = trimmed(self.model, self.subgraph, operator, self.uses)
                operators[position] = operator
            kernel = Kernel(operator, self.subgraph.tensors, self.shapes, self.homes, self.threads)
            if operator.options_type in SUBGRAPH_OPTIONS:
                self._call(position, operator)
            decide_homes(kernel)
            if operator.name == "VAR_HANDLE":
                self.sizes[operator.outputs[0]] = HANDLE_BYTES
            found = scratch_of(kernel)
            base = bases.get(position, count)
            if position not in bases:
                count += len(found)
            self.scratch.append(tuple(enumerate(found, base)))
            if self._stops(operator):
                self.steps.append((start, position))
                start = position + 1
                seen = seen or list(self.homes)
        self.subgraph = replace(self.subgraph, operators=tuple(operators))
        if start < len(self.subgraph.operators) or not self.steps:
            self.steps.append((start, max(len(self.subgraph.operators) - 1, 0)))
        return seen or self.homes

    def _call(self, position: int, operator: Operator) -> None:
        """Plan the subgraphs of an operator: its outputs are on the heap if theirs are."""
        found = list(subgraphs_of(self.model, operator))
        plans = tuple(self._plan_of(graph, role) for role, graph in found)
        at_once = any(role is CallRole.BODY for role, _ in found)
        self.called.append(CalledPlans(operator=position, plans=plans, at_once=at_once))
        returning = [
            (role, graph, plan)
            for (role, graph), plan in zip(found, plans, strict=True)
            if role.returns_outputs
        ]
        ends = [self._shapes_of(graph, graph.outputs) for _, graph, _ in returning]
        for role, graph, _ in returning:
            if role is CallRole.BODY:
                ends.append(self._shapes_of(graph, graph.inputs))
        is_fixed = all(shapes == ends[0] for shapes in ends[1:])
        if is_fixed and not any(plan.has_dynamic for _, _, plan in returning):
            return
        for index in trimmed(self.model, self.subgraph, operator, self.uses).outputs:
            if self.homes[index] is Home.ARENA:
                self.homes[index] = Home.HEAP

    def _plan_of(self, graph: Subgraph, role: CallRole) -> SubgraphPlan:
        """The plan of a subgraph, made once.

        Raises:
            ShapeError: it runs itself.
        """
        key = graph.index, role
        if key not in self.made:
            self.made[key] = None
            planner = _Planner(self.model, graph, role, self.all_shapes, self.threads, self.made)
            self.made[key] = planner.plan()
        plan = self.made[key]
        if plan is None:
            raise ShapeError(f"subgraph {graph.index} runs itself")
        return plan

    def _shapes_of(self, graph: Subgraph, tensors: Sequence[int]) -> list[Shape | None]:
        shapes = self.all_shapes.get(graph.index) or [t.shape for t in graph.tensors]
        return [shapes[index] for index in tensors]

    def _stops(self, operator: Operator) -> bool:
        """Whether what follows is planned only once this operator has run."""
        return any(self.homes[index] is Home.HEAP for index in operator.outputs)

    def _sizes_when_planned(self) -> list[int]:
        """Bytes per tensor: behind the first step, as the file has them."""
        sizes = list(self.sizes)
        for operator in self.subgraph.operators[self.steps[0][1] + 1 :]:
            for index in operator.outputs:
                tensor = self.subgraph.tensors[index]
                sizes[index] = tensor_bytes(tensor.type, tensor.shape)
        return sizes

    def _correct_shared(self, lifetimes: Lifetimes) -> None:
        """What turns out to have another size, or other memory, shares none after all."""
        for index, owner in list(lifetimes.shared.items()):
            if self.homes[index] is not Home.ARENA:
                continue
            if self.homes[owner] is not Home.ARENA or self.sizes[owner] != self.sizes[index]:
                del lifetimes.shared[index]

    def _place(self, lifetimes: Lifetimes) -> dict[int, int]:
        """The offset of each tensor that is in an arena."""
        entries = []
        for position, planned in enumerate(lifetimes.planned):
            for index in planned:
                place = _PLACES.get(self.homes[index], -1)
                if place > 0 and index in lifetimes.shared:
                    place = 0
                first, last = lifetimes.first[index], lifetimes.last[index]
                entries.append((index, position, self.sizes[index], first, last, place))
            for index, scratch in self.scratch[position] if self.scratch else ():
                place = _PLACES.get(scratch.home, -1)
                entries.append((index, position, scratch.size_bytes, position, position, place))
        if sum(entry[2] for entry in entries) > LARGEST:
            raise ShapeError("the tensors have more bytes than any memory")
        offsets = native().plan_arena(entries, self.steps, ALIGNMENT)
        return {
            entry[0]: offset for entry, offset in zip(entries, offsets, strict=True) if offset >= 0
        }

    def _tensors(self, lifetimes: Lifetimes, offsets: Mapping[int, int]) -> list[PlacedTensor]:
        maker: dict[int, int] = {}
        for position, operator in enumerate(self.subgraph.operators):
            for index in operator.outputs:
                maker.setdefault(index, position)
        found = []
        for index in sorted(lifetimes.first):
            owner = lifetimes.owner(index)
            last = lifetimes.last[index]
            if owner != index:
                last = lifetimes.last[owner]
            found.append(
                PlacedTensor(
                    index=index,
                    name=self.subgraph.tensors[index].name,
                    operator=maker.get(index),
                    is_scratch=False,
                    size_bytes=self.sizes[index],
                    home=self.homes[index],
                    offset=offsets.get(owner),
                    first=lifetimes.first[index],
                    last=None if last == FOREVER else last,
                    shares=None if owner == index else owner,
                )
            )
        for position, tensors in enumerate(self.scratch):
            for index, scratch in tensors:
                is_kept = scratch.home is Home.STATE
                found.append(
                    PlacedTensor(
                        index=index,
                        name=scratch.name,
                        operator=position,
                        is_scratch=True,
                        size_bytes=scratch.size_bytes,
                        home=scratch.home,
                        offset=offsets.get(index),
                        first=position,
                        last=None if is_kept else position,
                        shares=None,
                    )
                )
        return found


def _end(tensors: Sequence[PlacedTensor], home: Home) -> int:
    """Where the last tensor of an arena ends."""
    return max(
        (t.offset + t.size_bytes for t in tensors if t.home is home and t.offset is not None),
        default=0,
    )
