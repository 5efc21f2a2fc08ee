"""The memory of one inference: what is planned where, when it is the most, and what would lower it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from tflops_native.analysis.layers import layers_of
from tflops_native.analysis.result import Analysis, InputAnalysis
from tflops_native.arenas.kernel import Home, tensor_bytes
from tflops_native.arenas.summary import all_plans, copied_bytes
from tflops_native.arenas.tflite_planner import PlacedTensor, SubgraphPlan
from tflops_native.formatting import byte_count, plural
from tflops_native.model.graph import Model, Subgraph
from tflops_native.model.info import ModelInfo
from tflops_native.notes import Note
from tflops_native.result import Result

# A part of the arena that is worth a remark.
_LARGE = 0.1
_OTHER_SCRATCH = {
    "tflite": "delegates such as XNNPACK have memory of their own instead",
    "tflm": "kernels that are optimized for the target ask for other sizes",
    "none": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTensor:
    """A tensor with its memory.

    subgraph_index   of its subgraph
    index            in the subgraph; scratch tensors of kernels come behind the model's own
    kind             "input", "output", "state", "activation" or "scratch"
    operator_index   the operator that makes it, or works in it; None for inputs and state
    layer            of that operator
    size_bytes       0 where it is not known
    home             "arena"; "state": what outlives an inference; "once": computed when memory is
                     allocated, and kept; "heap": allocated during a run; "caller": that of the operator
                     that runs the subgraph; "file"
    offset_bytes     in its arena; None where it is in none
    first_operator   of those during which its memory is its own
    last_operator    None: to the end
    shares           index of the tensor whose memory it uses; None where that is its own
    """

    subgraph_index: int
    index: int
    name: str
    kind: str
    operator_index: int | None
    operator_name: str | None
    layer: str | None
    size_bytes: int
    home: str
    offset_bytes: int | None
    first_operator: int
    last_operator: int | None
    shares: int | None

    def is_alive(self, operator: int) -> bool:
        """Whether it holds memory of the arena while an operator runs."""
        return (
            self.home == Home.ARENA.value
            and self.shares is None
            and self.first_operator <= operator
            and (self.last_operator is None or operator <= self.last_operator)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPeak:
    """The operator during which the most of the arena is in use.

    operator_index   None without operators
    alive_bytes      of the tensors that are alive then, those of subgraphs that it runs included
    scratch_bytes    how much of it only kernels work in
    tensors          positions of the tensors alive then in `MemoryPlan.tensors`, the largest first
    """

    operator_index: int | None
    operator_name: str | None
    layer: str | None
    alive_bytes: int
    scratch_bytes: int
    tensors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MemoryPlan(Result):
    """The memory that one inference needs, as a planner lays it out.

    planner           "tflite": the arena of TensorFlow Lite with builtin kernels; "tflm": that of
                      TensorFlow Lite for Microcontrollers; "none": no placement, what is alive at once
    threads           that kernels may use
    weight_bytes      constants in use, as stored in the model
    arena_bytes       of the arena of the entry point, with that of the subgraphs of one operator on top
    subgraph_bytes    how much of `arena_bytes` is for subgraphs
    lower_bound_bytes the most that is alive at one operator: no placement needs less
    state_bytes       what outlives an inference: variables, what kernels keep, and copies of weights
    copied_bytes      how much of it are weights in another form: dequantized, say
    heap_bytes        tensors outside of arenas: computed beforehand, or of a size that data decides
    peak              the operator during which the most is in use
    tensors           all of them, of the entry point first
    unknown           names of tensors whose size is not known: all figures are too low
    notes             what would lower it, and what is not in it
    """

    DERIVED: ClassVar[tuple[str, ...]] = ()

    model: ModelInfo
    signature: str | None
    inputs: tuple[InputAnalysis, ...]
    planner: str
    threads: int
    operators: int
    weight_bytes: int
    arena_bytes: int
    subgraph_bytes: int
    lower_bound_bytes: int
    state_bytes: int
    copied_bytes: int
    heap_bytes: int
    peak: MemoryPeak
    tensors: tuple[MemoryTensor, ...]
    unknown: tuple[str, ...]
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        check_planner(self.planner)
        if not all(0 <= place < len(self.tensors) for place in self.peak.tensors):
            raise ValueError(f"peak.tensors are positions of {len(self.tensors)} tensors")

    def __repr__(self) -> str:
        return f"<MemoryPlan {self.model.name}, arena {byte_count(self.arena_bytes)}B>"


def check_planner(planner: str) -> None:
    """Raise `ValueError` unless there is a planner of this name."""
    if planner not in ("tflite", "tflm", "none"):
        raise ValueError(f"planner must be tflite, tflm or none, got {planner[:40]!r}")


def memory_plan(
    model: Model, analysis: Analysis, plan: SubgraphPlan, planner: str, threads: int
) -> MemoryPlan:
    """What there is to say of planned arenas.

    Args:
        analysis: of the entry point that was planned.
    """
    plans = list(all_plans(plan))
    tensors = [tensor for one in plans for tensor in _tensors(model, one)]
    called = {call.operator: call.size_bytes for call in plan.called}
    graph = model.subgraphs[plan.subgraph_index]
    peak = _peak(graph, tensors, called)
    arena = plan.total_bytes
    if planner == "none":
        arena = peak.alive_bytes
        tensors = [replace(tensor, offset_bytes=None) for tensor in tensors]
    return MemoryPlan(
        model=ModelInfo.of(model),
        signature=analysis.signature,
        inputs=analysis.inputs,
        planner=planner,
        threads=threads,
        operators=len(graph.operators),
        weight_bytes=analysis.weight_bytes,
        arena_bytes=arena,
        subgraph_bytes=plan.total_bytes - plan.arena_bytes,
        lower_bound_bytes=peak.alive_bytes,
        state_bytes=sum(one.state_bytes for one in plans),
        copied_bytes=copied_bytes(model, plan),
        heap_bytes=sum(t.size_bytes for t in tensors if t.home in ("heap", "once")),
        peak=peak,
        tensors=tuple(tensors),
        unknown=tuple(
            model.subgraphs[one.subgraph_index].tensors[index].name
            for one in plans
            for index in one.unknown
        ),
        notes=(
            *(_recorded(model, analysis, plans) if planner == "tflm" else ()),
            *_notes(plan, graph, tensors, peak, planner),
        ),
    )


def _tensors(model: Model, plan: SubgraphPlan) -> Iterator[MemoryTensor]:
    graph = model.subgraphs[plan.subgraph_index]
    layers = layers_of(graph)
    inputs, outputs = frozenset(graph.inputs), frozenset(graph.outputs)
    for tensor in plan.tensors:
        operator = None if tensor.operator is None else graph.operators[tensor.operator]
        yield MemoryTensor(
            subgraph_index=plan.subgraph_index,
            index=tensor.index,
            name=tensor.name,
            kind=_kind(tensor, inputs, outputs),
            operator_index=tensor.operator,
            operator_name=None if operator is None else operator.name,
            layer=None if tensor.operator is None else layers[tensor.operator],
            size_bytes=tensor.size_bytes,
            home=tensor.home.value,
            offset_bytes=tensor.offset,
            first_operator=tensor.first,
            last_operator=tensor.last,
            shares=tensor.shares,
        )


def _kind(tensor: PlacedTensor, inputs: frozenset[int], outputs: frozenset[int]) -> str:
    if tensor.is_scratch:
        return "scratch"
    if tensor.index in outputs:
        return "output"
    if tensor.index in inputs:
        return "input"
    return "state" if tensor.home is Home.STATE else "activation"


def _peak(
    graph: Subgraph, tensors: Iterable[MemoryTensor], called: Mapping[int, int]
) -> MemoryPeak:
    own = [
        (place, tensor)
        for place, tensor in enumerate(tensors)
        if tensor.subgraph_index == graph.index
        and tensor.home == Home.ARENA.value
        and tensor.shares is None
    ]
    count = max(len(graph.operators), 1)
    change = [0] * (count + 1)
    for _, tensor in own:
        change[tensor.first_operator] += tensor.size_bytes
        if tensor.last_operator is not None:
            change[tensor.last_operator + 1] -= tensor.size_bytes
    most, at, alive = -1, 0, 0
    for position in range(count):
        alive += change[position]
        here = alive + called.get(position, 0)
        if here > most:
            most, at = here, position
    there = [(place, tensor) for place, tensor in own if tensor.is_alive(at)]
    there.sort(key=lambda pair: -pair[1].size_bytes)
    operator = graph.operators[at] if graph.operators else None
    return MemoryPeak(
        operator_index=None if operator is None else at,
        operator_name=None if operator is None else operator.name,
        layer=None if operator is None else layers_of(graph)[at],
        alive_bytes=most,
        scratch_bytes=sum(t.size_bytes for _, t in there if t.kind == "scratch"),
        tensors=tuple(place for place, tensor in there if tensor.size_bytes),
    )


def _recorded(model: Model, analysis: Analysis, plans: Sequence[SubgraphPlan]) -> Iterator[Note]:
    """What is planned with less than it needs: with the shape of the file, which is another."""
    computed = {**analysis.called_shapes, analysis.subgraph_index: analysis.tensor_shapes}
    short = []
    for plan in plans:
        graph = model.subgraphs[plan.subgraph_index]
        shapes = computed.get(graph.index)
        for tensor in plan.tensors:
            if shapes is None or tensor.index >= len(shapes):
                continue
            needed = tensor_bytes(graph.tensors[tensor.index].type, shapes[tensor.index])
            if tensor.size_bytes < needed:
                short.append(tensor)
    if short:
        yield Note(
            code="recorded_shapes",
            text=f"the shapes that the file records are too small for {plural(len(short), 'tensor')}, "
            f"first tensor {short[0].index}: kernels would write past them",
            hint="convert the model with fixed shapes",
        )


def _notes(
    plan: SubgraphPlan,
    graph: Subgraph,
    tensors: list[MemoryTensor],
    peak: MemoryPeak,
    planner: str,
) -> Iterator[Note]:
    arena = plan.total_bytes
    if plan.unknown:
        yield Note(
            code="unknown_sizes",
            text=f"the sizes of {len(plan.unknown)} tensors are not known: the figures are too low",
            hint="give the data that decides them with --input",
        )
    if planner == "tflm":
        yield Note(
            code="interpreter_outside",
            text="what the interpreter of TensorFlow Lite for Microcontrollers needs at the tail of the "
            "arena is not in it: it depends on the target",
        )
    if peak.operator_index is None or not arena:
        return
    operator = graph.operators[peak.operator_index]
    there = [tensors[place] for place in peak.tensors]
    for tensor in there[:3]:
        if tensor.kind == "scratch" and tensor.size_bytes >= _LARGE * arena:
            yield Note(
                code="scratch_at_peak",
                text=f"{byte_count(tensor.size_bytes)}B at the peak are scratch of {operator.name}, "
                f"{tensor.name}",
                hint=_OTHER_SCRATCH[planner],
            )
    used = {*operator.inputs, *operator.outputs}
    waiting = [t for t in there if t.index not in used and t.kind not in ("scratch", "input")]
    size = sum(t.size_bytes for t in waiting)
    if size >= _LARGE * arena:
        yield Note(
            code="waiting_at_peak",
            text=f"{byte_count(size)}B at the peak wait for later operators, most of all "
            f"{_lifetime(waiting[0])}",
            hint="computed later, or with the operators in another order, they would lower it",
        )
    inputs = [t for t in there if t.kind == "input" and t.index not in used]
    size = sum(t.size_bytes for t in inputs)
    if size >= _LARGE * arena:
        yield Note(
            code="inputs_kept",
            text=f"{byte_count(size)}B at the peak are inputs that are kept to the end",
        )
    gaps = plan.arena_bytes - plan.lower_bound_bytes
    if planner != "none" and gaps >= _LARGE * arena:
        yield Note(
            code="gaps",
            text=f"{byte_count(gaps)}B of the arena are gaps between tensors: at no operator are more "
            f"than {byte_count(plan.lower_bound_bytes)}B alive",
        )


def _lifetime(tensor: MemoryTensor) -> str:
    """ "tensor 116 of CONV_2D 4 (3.06MiB, until operator 12)"."""
    until = "the end" if tensor.last_operator is None else f"operator {tensor.last_operator}"
    maker = "" if tensor.operator_index is None else f" of operator {tensor.operator_index}"
    return f"tensor {tensor.index}{maker} ({byte_count(tensor.size_bytes)}B, until {until})"
