"""Loops: operators that run a subgraph again and again."""

from dataclasses import dataclass, replace

from tflops_native.ops._op import Called, Caller, Inferred, Op, SubgraphCall, register
from tflops_native.ops.control import Specs, called_result, values_of
from tflops_native.ops.executions import Execution, Executions
from tflops_native.ops.tensor_spec import Shape, TensorSpec, UnknownValueError
from tflops_native.ops.traffic import whole

# Iterations of a loop that are followed one by one; a loop beyond them needs --trip-count or a run.
MAX_ITERATIONS = 10_000
# Iterations whose shapes or costs differ from each other are walked whole, which is slower.
MAX_DIFFERENT_ITERATIONS = 500


@dataclass(frozen=True, slots=True)
class _Loop(Op):
    """What WHILE and STABLEHLO_WHILE share."""

    caller: Caller
    cond_subgraph_index: int
    body_subgraph_index: int

    def _infer(self, inputs: Specs) -> Inferred:
        conditions = self.caller.executions(self.cond_subgraph_index)
        bodies = self.caller.executions(self.body_subgraph_index)
        trips, note = self._iterations(inputs, conditions, bodies)
        is_lower_bound = trips is None
        if trips is None:
            trips = 1
        if bodies is not None and bodies.times != trips:
            bodies = None  # it has no operators that could be seen
        condition = self.caller.call(
            self.cond_subgraph_index,
            _without_values(inputs),
            conditions.first if conditions is not None and len(conditions.groups) == 1 else None,
        )
        called, outputs = self._bodies(inputs, trips, bodies)
        calls = [
            SubgraphCall("condition", self.cond_subgraph_index, trips + 1, condition),
            *called,
        ]
        shapes = tuple(None if spec is None else spec.shape for spec in outputs)
        copied = (trips + 1) * self._changed_bytes(inputs)
        return replace(
            called_result(calls, shapes, values=() if is_lower_bound else values_of(outputs)),
            bytes_read=copied,
            bytes_written=copied,
            is_lower_bound=is_lower_bound,
            note=note,
        )

    def _iterations(
        self, inputs: Specs, conditions: Executions | None, bodies: Executions | None
    ) -> tuple[int | None, str]:
        """How many there are and what a reader should know of that; None where it is not known.

        What follows from values holds for every run. A run says it for its own inputs, which comes
        before what the user assumes.
        """
        known = self._trip_count(inputs)
        observed = _observed(conditions, bodies)
        if known is not None and observed is not None and known != observed:
            raise UnknownValueError(
                f"{known:,} iterations follow from the values, but the run had {observed:,}"
            )
        if known is not None:
            return known, f"{known:,} iterations"
        if observed is not None:
            return observed, f"{observed:,} iterations in this run; data decides"
        if self.caller.trip_count is not None:
            return self.caller.trip_count, f"{self.caller.trip_count:,} iterations"
        return None, (
            "data decides the number of iterations, or there are too many to follow: one is counted; "
            "--shapes runtime takes it from a run, --trip-count says how many"
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

    def _bodies(
        self, inputs: Specs, trips: int, ran: Executions | None
    ) -> tuple[list[SubgraphCall], Specs]:
        """The iterations, equal ones together, and what the loop leaves behind."""
        index = self.body_subgraph_index
        if trips == 0:
            return [SubgraphCall("body", index, 0, self._steady(inputs, None))], inputs
        iterations: list[SubgraphCall] = []
        state: Specs = inputs
        walked = 0
        groups = ((None, trips),) if ran is None else ran.groups
        for execution, times in groups:
            called = self._steady(state, execution)
            if called.is_exact and _shapes(called.outputs) == _shapes(state):
                _add(iterations, SubgraphCall("body", index, times, called))
                state = called.outputs
                continue
            # A shape depends on the iteration: each is walked with the values it has.
            for left in range(times, 0, -1):
                if walked == MAX_DIFFERENT_ITERATIONS:
                    if len(groups) > 1 or iterations[-1].times == 1:
                        raise UnknownValueError(
                            f"its {trips:,} iterations differ, and are too many to follow"
                        )
                    # Not followed further: the rest is taken to be like the last iteration.
                    iterations[-1] = replace(iterations[-1], times=iterations[-1].times + left)
                    break
                walked += 1
                called = self.caller.call(index, state, execution)
                state = called.outputs
                _add(iterations, SubgraphCall("body", index, 1, called))
        return iterations, state

    def _steady(self, state: Specs, execution: Execution | None) -> Called:
        """An iteration with these shapes, whatever the values."""
        return self.caller.call(self.body_subgraph_index, _without_values(state), execution)


def _observed(conditions: Executions | None, bodies: Executions | None) -> int | None:
    """Iterations of a run; None where none was observed, or no operator shows them."""
    if conditions is not None and conditions.times:
        return conditions.times - 1
    return bodies.times if bodies is not None and bodies.times else None


def _add(iterations: list[SubgraphCall], further: SubgraphCall) -> None:
    """Append, together with the ones before if these are equal."""
    last = iterations[-1] if iterations else None
    if last is not None and _is_alike(last.called, further.called):
        iterations[-1] = replace(last, times=last.times + further.times)
    else:
        iterations.append(further)


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

    The number of iterations is found by following what the condition depends on. Where data decides, it is
    that of the run (`--shapes runtime`), else one iteration is counted, and said to be.

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
