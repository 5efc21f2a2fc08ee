"""The few figures of planned memory that a report has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tflops_native.arenas.kernel import Home
from tflops_native.arenas.tflite_planner import SubgraphPlan, plan_arenas
from tflops_native.errors import RuntimeLibraryError, ShapeError
from tflops_native.model.graph import Model
from tflops_native.ops.tensor_spec import Shape

# The time of the planner grows with the square of their number, and a count is to be quick.
_MOST_TENSORS = 10_000
# What these make of a constant is a copy of weights. XNNPACK makes none of DEQUANTIZE.
_COPIED = frozenset({"DENSIFY", "DEQUANTIZE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaSummary:
    """The memory of one inference with TensorFlow Lite's builtin kernels.

    arena_bytes    of the arena, with that of the subgraphs of one operator on top
    state_bytes    what outlives an inference, copies of weights left out
    copied_bytes   constants that kernels keep in another form, such as dequantized weights
    """

    arena_bytes: int
    state_bytes: int
    copied_bytes: int


def arena_summary(
    model: Model, subgraph: int, shapes: Mapping[int, Sequence[Shape | None]]
) -> ArenaSummary | None:
    """Of one subgraph of a model; None without the compiled part, where no memory is large
    enough, or where there are so many tensors that it would take long: `tflops memory` plans those.

    Args:
        shapes: as for `plan_arenas`.
    """
    if sum(len(graph.tensors) for graph in model.reachable(subgraph)) > _MOST_TENSORS:
        return None
    try:
        plan = plan_arenas(model, model.subgraphs[subgraph], shapes)
    except (RuntimeLibraryError, ShapeError):
        return None
    copied = copied_bytes(model, plan)
    return ArenaSummary(
        arena_bytes=plan.total_bytes,
        state_bytes=max(sum(one.state_bytes for one in all_plans(plan)) - copied, 0),
        copied_bytes=copied,
    )


def copied_bytes(model: Model, plan: SubgraphPlan) -> int:
    """Bytes of the constants that kernels keep in another form."""
    return sum(
        tensor.size_bytes
        for one in all_plans(plan)
        for tensor in one.tensors
        if tensor.home is Home.STATE
        and not tensor.is_scratch
        and tensor.operator is not None
        and model.subgraphs[one.subgraph_index].operators[tensor.operator].name in _COPIED
    )


def all_plans(plan: SubgraphPlan) -> Iterator[SubgraphPlan]:
    """A plan and those of the subgraphs that it runs, each subgraph once."""
    waiting, seen = [plan], set()
    while waiting:
        one = waiting.pop(0)
        if one.subgraph_index in seen:
            continue
        seen.add(one.subgraph_index)
        yield one
        waiting += [inner for call in one.called for inner in call.plans]
