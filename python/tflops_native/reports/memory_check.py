"""Compares planned memory with the places that the runtime gives to the same tensors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tflops_native.analysis.result import Analysis
from tflops_native.arenas.called import subgraphs_of
from tflops_native.arenas.kernel import Home
from tflops_native.arenas.tflite_planner import CalledPlans, PlacedTensor, SubgraphPlan, plan_arenas
from tflops_native.model.called import CallRole
from tflops_native.model.graph import Model
from tflops_native.runtime.tensor_memory import ObservedMemory, ObservedTensor

_ARENAS = (Home.ARENA, Home.STATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDifference:
    """A tensor that is not where it was planned.

    tensor_index     scratch tensors of kernels come behind the model's own
    tensor_name      empty for one that was not planned at all
    operator_index   the operator that makes it, or works in it; None for inputs and state
    planned          "8192 bytes at 0 of the arena"; None where it was not planned
    runtime          the same; None where the runtime has none
    """

    tensor_index: int
    tensor_name: str
    operator_index: int | None
    planned: str | None
    runtime: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCheck:
    """The planned arena of one subgraph beside that of the runtime.

    subgraph_index                     that of the entry point, or one that its operators run
    arena_bytes, runtime_arena_bytes   what operators share
    state_bytes, runtime_state_bytes   what outlives an inference
    differences                        the tensors that explain what differs
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("is_right",)

    subgraph_index: int
    arena_bytes: int
    runtime_arena_bytes: int
    state_bytes: int
    runtime_state_bytes: int
    differences: tuple[PlaceDifference, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        sizes = (self.arena_bytes, self.state_bytes)
        return not self.differences and sizes == (
            self.runtime_arena_bytes,
            self.runtime_state_bytes,
        )


def checked_memory(
    model: Model, analysis: Analysis, seen: Mapping[int, ObservedMemory], threads: int
) -> tuple[MemoryCheck, ...]:
    """Compare an entry point, and behind it the subgraphs that it runs.

    Nothing where the size of a tensor is not known, or only bounded; and no subgraph that is planned in
    several ways, or whose memory is complete only while it runs.

    Args:
        analysis: of the entry point that ran.
        seen: the tensors in the runtime, by subgraph.
        threads: of the kernels.
    """
    graph = model.subgraphs[analysis.subgraph_index]
    shapes = {**analysis.called_shapes, graph.index: analysis.tensor_shapes}
    start = plan_arenas(model, graph, shapes, threads=threads)
    is_assumed = any(operator.shapes_assumed for operator in analysis.operators)
    if start.unknown or is_assumed or analysis.bounded_tensors:
        return ()
    found: dict[int, list[SubgraphPlan]] = {}
    for plan in (start, *_lasting(model, start)):
        is_shown = plan is start or not plan.has_dynamic
        if is_shown and plan.subgraph_index in seen and not plan.unknown:
            found.setdefault(plan.subgraph_index, []).append(plan)
    return tuple(
        _checked(plans[0], seen[index])
        for index, plans in found.items()
        if all(plan == plans[0] for plan in plans[1:])
    )


def _lasting(model: Model, plan: SubgraphPlan) -> Iterator[SubgraphPlan]:
    """The plans of subgraphs that keep their memory: those of an initialization give it back."""
    waiting = [plan]
    seen = set()
    while waiting:
        plan = waiting.pop()
        operators = model.subgraphs[plan.subgraph_index].operators
        for call in plan.called:
            if call.at_once and _is_late(plan, call):
                # A loop whose variables change their shapes: it gives the memory of an iteration back.
                continue
            roles = [role for role, _ in subgraphs_of(model, operators[call.operator])]
            for role, called in zip(roles, call.plans, strict=True):
                if role is not CallRole.ONCE and (role, called.subgraph_index) not in seen:
                    seen.add((role, called.subgraph_index))
                    waiting.append(called)
                    yield called


def _is_late(plan: SubgraphPlan, call: CalledPlans) -> bool:
    """Whether the outputs of an operator that runs subgraphs have their sizes only after it."""
    return any(
        tensor.operator == call.operator and tensor.home is Home.HEAP for tensor in plan.tensors
    )


def _checked(plan: SubgraphPlan, seen: ObservedMemory) -> MemoryCheck:
    return MemoryCheck(
        subgraph_index=plan.subgraph_index,
        arena_bytes=plan.arena_bytes,
        runtime_arena_bytes=seen.arena_bytes,
        state_bytes=plan.state_bytes,
        runtime_state_bytes=seen.state_bytes,
        differences=tuple(_differences(plan, seen)),
    )


def _differences(plan: SubgraphPlan, seen: ObservedMemory) -> Iterator[PlaceDifference]:
    planned = {tensor.index: tensor for tensor in plan.tensors}
    for tensor in plan.tensors:
        there = seen.tensors[tensor.index] if tensor.index < len(seen.tensors) else None
        mine, theirs = _planned_place(tensor), _place(there)
        if tensor.size_bytes and mine != theirs:
            yield PlaceDifference(
                tensor_index=tensor.index,
                tensor_name=tensor.name,
                operator_index=tensor.operator,
                planned=mine,
                runtime=theirs,
            )
    for index, there in enumerate(seen.tensors):
        if index not in planned and there.offset is not None and there.size_bytes:
            yield PlaceDifference(
                tensor_index=index,
                tensor_name="",
                operator_index=None,
                planned=None,
                runtime=_place(there),
            )


def _planned_place(tensor: PlacedTensor) -> str:
    if tensor.home not in _ARENAS:
        return tensor.home.value
    return f"{tensor.size_bytes} bytes at {tensor.offset} of the {tensor.home.value}"


def _place(tensor: ObservedTensor | None) -> str | None:
    if tensor is None or tensor.home is None:
        return None
    if tensor.home not in _ARENAS:
        return tensor.home.value
    return f"{tensor.size_bytes} bytes at {tensor.offset} of the {tensor.home.value}"
