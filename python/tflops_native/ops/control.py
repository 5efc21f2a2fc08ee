"""Operators that run subgraphs: branches, initialization, composites."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Caller,
    Cost,
    Inferred,
    Op,
    SubgraphCall,
    register,
)
from tflops_native.ops.delegate_events import ATTENTION, DelegateEvents
from tflops_native.ops.tensor_spec import (
    PartialValue,
    Shape,
    TensorSpec,
)

Specs = Sequence[TensorSpec | None]


@register("IF", options="IfOptions")
@dataclass(frozen=True, slots=True)
class If(Op):
    """Runs one of two subgraphs.

    cond     scalar BOOL
    input    what both subgraphs take, any number
    outputs  those of the subgraph that runs

    Other    the branch that runs, where `cond` is known; else the more expensive one, as an upper bound
    Source   tflite/kernels/if.cc, Prepare
    """

    caller: Caller
    then_subgraph_index: int
    else_subgraph_index: int

    def infer(self, cond: TensorSpec, *input: TensorSpec) -> Inferred:
        branches = [
            ("then", self.then_subgraph_index),
            ("else", self.else_subgraph_index),
        ]
        if cond.size != 1:
            raise ValueError(f"`cond` must be one truth value, but has {cond.size}")
        if cond.value is not None:
            return _known(self.caller, branches, 0 if cond.value[0] else 1, input)
        return _one_of(self.caller, branches, input)


@register("STABLEHLO_CASE", options="StablehloCaseOptions")
@dataclass(frozen=True, slots=True)
class Case(Op):
    """Runs one of several subgraphs; a number beyond them means the last one.

    index    scalar INT32
    input    what all subgraphs take, any number
    outputs  those of the subgraph that runs

    Other    the branch that runs, where `index` is known; else the most expensive one, as an upper bound
    Source   tflite/kernels/stablehlo_case.cc, Prepare
    """

    caller: Caller
    branch_subgraph_indices: tuple[int, ...]

    def infer(self, index: TensorSpec, *input: TensorSpec) -> Inferred:
        branches = [(f"branch_{i}", s) for i, s in enumerate(self.branch_subgraph_indices)]
        if not branches:
            raise ValueError("there is no branch to run")
        if index.size != 1:
            raise ValueError(f"`index` must be one number, but has {index.size}")
        if index.value is not None:
            number = int(index.value[0])
            taken = number if 0 <= number < len(branches) else len(branches) - 1
            return _known(self.caller, branches, taken, input)
        return _one_of(self.caller, branches, input)


@register("CALL", options="CallOptions")
@dataclass(frozen=True, slots=True)
class Call(Op):
    """Runs a subgraph.

    input    what the subgraph takes, any number
    outputs  those of the subgraph

    Other    what the operators of the subgraph cost
    Source   schema only: no released runtime has a kernel
    """

    caller: Caller
    subgraph: int

    def infer(self, *input: TensorSpec) -> Inferred:
        return _always(self.caller, "call", self.subgraph, input)


@register(
    "STABLEHLO_COMPOSITE",
    options="StableHLOCompositeOptions",
    events=DelegateEvents(inner=ATTENTION),
)
@dataclass(frozen=True, slots=True)
class Composite(Op):
    """A named pattern, such as `odml.rms_norm`, that a delegate may know; else its subgraph runs.

    input    what the subgraph takes, any number
    outputs  those of the subgraph

    Other    what the operators of the subgraph cost
    Source   tflite/kernels/stablehlo_composite.cc, Prepare
    """

    caller: Caller
    name: str
    decomposition_subgraph_index: int

    def infer(self, *input: TensorSpec) -> Inferred:
        result = _always(self.caller, "decomposition", self.decomposition_subgraph_index, input)
        return replace(result, note=f"composite {self.name}, counted as its decomposition")


@register("CALL_ONCE", options="CallOnceOptions")
@dataclass(frozen=True, slots=True)
class CallOnce(Op):
    """Runs a subgraph at the first invoke only, to initialize variables and tables.

    outputs  none

    Other    nothing in an inference; what the subgraph costs is shown apart
    Source   tflite/kernels/call_once.cc
    """

    caller: Caller
    init_subgraph_index: int

    def infer(self) -> Inferred:
        called = self.caller.call(self.init_subgraph_index, ())
        call = SubgraphCall("initialization", self.init_subgraph_index, 1, called, is_counted=False)
        return Inferred(
            outputs=(),
            cost=NO_ARITHMETIC,
            bytes_read=0,
            bytes_written=0,
            note="runs once, at the first invoke",
            calls=(call,),
        )


def _always(caller: Caller, role: str, subgraph: int, inputs: Specs) -> Inferred:
    """The result of running one subgraph once."""
    ran = caller.executions(subgraph)
    called = caller.call(subgraph, inputs, None if ran is None else ran.first)
    return called_result(
        [SubgraphCall(role, subgraph, 1, called)],
        tuple(None if spec is None else spec.shape for spec in called.outputs),
        values=values_of(called.outputs),
        is_bound=any(spec is not None and spec.is_bound for spec in called.outputs),
    )


def _known(
    caller: Caller, branches: Sequence[tuple[str, int]], taken: int, inputs: Specs
) -> Inferred:
    """The result of running the branch at this position."""
    result = _always(caller, *branches[taken], inputs)
    for position, (_, subgraph) in enumerate(branches):
        if position != taken:
            caller.prepare(subgraph, inputs)
    return result


def _one_of(caller: Caller, branches: Sequence[tuple[str, int]], inputs: Specs) -> Inferred:
    """The result of running one of these subgraphs: the one that ran, else it is not known which."""
    taken = _taken(caller, branches)
    if taken is not None:
        result = _known(caller, branches, taken, inputs)
        return replace(result, note=f"in this run data chose `{branches[taken][0]}`")
    called = [caller.call(subgraph, inputs) for _, subgraph in branches]
    costs = [one.cost.operations for one in called]
    highest, lowest = costs.index(max(costs)), costs.index(min(costs))
    if len({len(one.outputs) for one in called}) > 1:
        raise ValueError("its branches differ in their number of outputs")
    outputs = [_upper_bound(specs) for specs in zip(*(one.outputs for one in called), strict=True)]
    calls = [
        SubgraphCall(role, subgraph, 1, one, is_counted=position == highest)
        for position, ((role, subgraph), one) in enumerate(zip(branches, called, strict=True))
    ]
    shapes = tuple(shape for shape, _ in outputs)
    # The counts are a bound in any case; the shapes only where the branches differ.
    result = called_result(calls, shapes, is_bound=any(differs for _, differs in outputs))
    return replace(
        result,
        minimum=called[lowest].cost,
        note=f"data decides the branch: counted as `{branches[highest][0]}`, the most expensive one; "
        f"at least {called[lowest].cost.operations:,} operations",
    )


def _taken(caller: Caller, branches: Sequence[tuple[str, int]]) -> int | None:
    """The position of the branch that ran; None where no run was observed, or it shows none of them."""
    found = []
    for position, (_, subgraph) in enumerate(branches):
        ran = caller.executions(subgraph)
        if ran is not None and ran.times:
            found.append(position)
    # Subgraphs may be the same.
    return found[0] if len({branches[position][1] for position in found}) == 1 else None


def _upper_bound(specs: Specs) -> tuple[Shape | None, bool]:
    """The shape that holds all of these, None where ranks differ; and whether they differ."""
    shapes = [None if spec is None else spec.shape for spec in specs]
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first, False
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or len({len(shape) for shape in known}) > 1:
        return None, True
    return tuple(map(max, zip(*known, strict=True))), True


def values_of(outputs: Specs) -> tuple[PartialValue | None, ...]:
    return tuple(None if spec is None else spec.elements for spec in outputs)


def called_result(
    calls: list[SubgraphCall],
    outputs: tuple[Shape | None, ...],
    *,
    values: tuple[PartialValue | None, ...] = (),
    is_bound: bool = False,
) -> Inferred:
    cost = Cost()
    for call in calls:
        if call.is_counted:
            cost += call.called.cost * call.times
    # What an operator of a subgraph reads and writes is counted there.
    return Inferred(
        outputs=outputs,
        cost=cost,
        values=values,
        bytes_read=0,
        bytes_written=0,
        is_bound=is_bound,
        calls=tuple(calls),
    )
