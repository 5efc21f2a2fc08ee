"""Operators that run subgraphs: branches, loops, initialization, composites."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tflops_native.ops._op import (
    NO_ARITHMETIC,
    Called,
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
    UnknownValueError,
)
from tflops_native.ops.traffic import whole

# Turns of a loop that are followed one by one; a loop beyond them needs the user's word.
MAX_ITERATIONS = 10_000
# Turns whose shapes or costs differ from each other are walked whole, which is slower.
MAX_DIFFERENT_ITERATIONS = 1_000

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
        if cond.value is not None:
            role, index = branches[0] if cond.value[0] else branches[1]
            return _always(self.caller, role, index, input)
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
        branches = [(f"branch {i}", s) for i, s in enumerate(self.branch_subgraph_indices)]
        if not branches:
            raise ValueError("there is no branch to run")
        if index.value is not None:
            number = int(index.value[0])
            inside = 0 <= number < len(branches)
            role, subgraph = branches[number if inside else -1]
            return _always(self.caller, role, subgraph, input)
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
    called = caller.call(subgraph, inputs)
    return _result(
        [SubgraphCall(role, subgraph, 1, called)],
        tuple(None if spec is None else spec.shape for spec in called.outputs),
        values=_values(called.outputs),
        is_bound=any(spec is not None and spec.is_bound for spec in called.outputs),
    )


def _one_of(caller: Caller, branches: Sequence[tuple[str, int]], inputs: Specs) -> Inferred:
    """The result of running one of these subgraphs, nobody knows which."""
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
    result = _result(calls, shapes, is_bound=any(differs for _, differs in outputs))
    return replace(
        result,
        minimum=called[lowest].cost,
        note=f"data decides the branch: counted as `{branches[highest][0]}`, the most expensive one; "
        f"at least {called[lowest].cost.operations:,} operations",
    )


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


def _values(outputs: Specs) -> tuple[PartialValue | None, ...]:
    return tuple(None if spec is None else spec.elements for spec in outputs)


def _result(
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


@dataclass(frozen=True, slots=True)
class _Loop(Op):
    """What WHILE and STABLEHLO_WHILE share."""

    caller: Caller
    cond_subgraph_index: int
    body_subgraph_index: int

    def _infer(self, inputs: Specs) -> Inferred:
        trips = self._trip_count(inputs)
        is_lower_bound = trips is None and self.caller.trip_count is None
        if trips is None:
            trips = 1 if self.caller.trip_count is None else self.caller.trip_count
        condition = self.caller.call(self.cond_subgraph_index, _without_values(inputs))
        bodies, outputs = self._bodies(inputs, trips)
        calls = [
            SubgraphCall("condition", self.cond_subgraph_index, trips + 1, condition),
            *bodies,
        ]
        shapes = tuple(None if spec is None else spec.shape for spec in outputs)
        copied = (trips + 1) * self._changed_bytes(inputs)
        note = f"{trips:,} iterations"
        if is_lower_bound:
            note = (
                "data decides the number of iterations, or there are too many to follow: one is counted; "
                "--trip-count says how many"
            )
        return replace(
            _result(calls, shapes, values=_values(outputs) if not is_lower_bound else ()),
            bytes_read=copied,
            bytes_written=copied,
            is_lower_bound=is_lower_bound,
            note=note,
        )

    def _changed_bytes(self, inputs: Specs) -> int:
        """Bytes of the loop variables that the body changes: they are copied before the loop and after
        each iteration (tflite/kernels/while.cc, Eval_static)."""
        kept = self.caller.passed_through(self.body_subgraph_index)
        return whole(spec for position, spec in enumerate(inputs) if position not in kept)

    def _trip_count(self, inputs: Specs) -> int | None:
        """How often the condition holds, or None where data decides or where it takes too long."""
        try:
            return self._followed(inputs)
        except UnknownValueError:
            return None

    def _followed(self, inputs: Specs) -> int | None:
        """How often the condition holds, or None where data decides.

        Only what the condition depends on is followed from one iteration to the next: a counter, mostly.
        """
        needed = self._carried()
        state = list(inputs)
        for iteration in range(MAX_ITERATIONS + 1):
            go_on = self.caller.values(self.cond_subgraph_index, state, (0,))[0]
            if go_on is None or not go_on.value:
                return None
            if not go_on.value[0]:
                return iteration
            following = self.caller.values(self.body_subgraph_index, state, sorted(needed))
            for position, spec in following.items():
                state[position] = spec
        return None

    def _carried(self) -> frozenset[int]:
        """Loop variables that the condition depends on, from one iteration to the next."""
        needed = self.caller.needed_inputs(self.cond_subgraph_index, (0,))
        while True:
            wider = needed | self.caller.needed_inputs(self.body_subgraph_index, sorted(needed))
            if wider == needed:
                return needed
            needed = wider

    def _bodies(self, inputs: Specs, trips: int) -> tuple[list[SubgraphCall], Specs]:
        """The iterations, equal ones together, and what the loop leaves behind."""
        index = self.body_subgraph_index
        called = self.caller.call(index, _without_values(inputs))
        if trips == 0:
            return [SubgraphCall("body", index, 0, called)], inputs
        if called.is_exact and _shapes(called.outputs) == _shapes(inputs):
            return [SubgraphCall("body", index, trips, called)], called.outputs
        # A shape depends on the iteration: each is walked with the values it has.
        iterations: list[SubgraphCall] = []
        state: Specs = inputs
        for _ in range(min(trips, MAX_DIFFERENT_ITERATIONS)):
            called = self.caller.call(index, state)
            state = called.outputs
            last = iterations[-1] if iterations else None
            if last is not None and _is_alike(last.called, called):
                iterations[-1] = replace(last, times=last.times + 1)
            else:
                iterations.append(SubgraphCall("body", index, 1, called))
        if trips > MAX_DIFFERENT_ITERATIONS:
            if iterations[-1].times == 1:
                raise UnknownValueError(
                    f"its {trips:,} iterations differ, and are too many to follow"
                )
            # Not followed further: the rest is taken to be like the last iteration.
            iterations[-1] = replace(
                iterations[-1], times=iterations[-1].times + trips - MAX_DIFFERENT_ITERATIONS
            )
        return iterations, state


def _is_alike(one: Called, other: Called) -> bool:
    return one.cost == other.cost and _shapes(one.outputs) == _shapes(other.outputs)


def _shapes(specs: Specs) -> list[Shape | None]:
    return [None if spec is None else spec.shape for spec in specs]


def _without_values(specs: Specs) -> Specs:
    """The same, as any iteration but the first one sees it."""
    return [None if spec is None else replace(spec, known=None, partial=None) for spec in specs]


@register("WHILE", options="WhileOptions")
@dataclass(frozen=True, slots=True)
class While(_Loop):
    """Runs a subgraph as long as another one says so.

    The number of iterations is found by following what the condition depends on; where data decides, one
    iteration is counted, and said to be.

    input    the loop variables, any number
    outputs  the loop variables after the last iteration

    Other    (iterations + 1) times the condition, and iterations times the body
    Source   tflite/kernels/while.cc, Prepare and Eval
    """

    def infer(self, *input: TensorSpec) -> Inferred:
        return self._infer(input)


@register("STABLEHLO_WHILE", options="StablehloWhileOptions")
@dataclass(frozen=True, slots=True)
class StablehloWhile(_Loop):
    """Runs a subgraph as long as another one says so.

    input    the loop variables, any number
    outputs  the loop variables after the last iteration

    Other    (iterations + 1) times the condition, and iterations times the body
    Source   schema only: no released runtime has a kernel
    """

    def infer(self, *input: TensorSpec) -> Inferred:
        return self._infer(input)
