"""What a rule sees of the subgraphs that its operator runs, and how much work that may be.

A small file can describe loops and nested calls without end. So the work of looking into subgraphs is
bounded for a whole analysis; an operator that is beyond the bound is reported as not counted.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from tflops_native.analysis.memory import peak_bytes
from tflops_native.analysis.operators import EXACT, OperatorAnalysis, called_bytes
from tflops_native.errors import TflopsError
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.ops._op import Called, Cost
from tflops_native.ops.executions import Execution, Executions
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, UnknownValueError

# Far above what converters write; keeps the walk within Python's own limit of nested calls.
MAX_DEPTH = 32
# Operators that are visited in subgraphs: to count them, and at half the price to follow the counter of
# a loop, which leaves something to count. In a large model, each operator may be counted some times.
MAX_COUNTED = 5_000
MAX_FOLLOWED = 7_000
VISITS_PER_OPERATOR = 2
FOLLOWED_PER_COUNTED = 2
# To follow so many elements of known values takes about as long as to visit an operator.
VALUES_PER_VISIT = 16


@dataclass(slots=True)
class Budget:
    """What is left, shared by all walks of an analysis, and what need not be found twice.

    work       visits that follow an operator; one that counts it is as much as some of them
    followed   how many of these may follow operators
    stored     constants of subgraphs, by subgraph and tensor
    shapes     per subgraph that was counted, the shapes of its tensors when it was last
    """

    work: int
    followed: int
    needed: dict[tuple[int, tuple[int, ...]], list[Operator]] = field(default_factory=dict)
    shapes: dict[int, tuple[Shape | None, ...]] = field(default_factory=dict)
    stored: dict[tuple[int, int], TensorSpec] = field(default_factory=dict)

    @classmethod
    def for_model(cls, subgraphs: Iterable[Subgraph]) -> "Budget":
        """As much as a model of this size may take."""
        of_size = VISITS_PER_OPERATOR * sum(len(subgraph.operators) for subgraph in subgraphs)
        return cls(max(MAX_COUNTED, of_size) * FOLLOWED_PER_COUNTED, MAX_FOLLOWED)

    def spend_counted(self, visits: int) -> None:
        """Raise `UnknownValueError` where no more operators may be counted in subgraphs."""
        self.work -= visits * FOLLOWED_PER_COUNTED
        if self.work < 0:
            raise UnknownValueError("the subgraphs that it runs are too much work to count")

    def spend_followed(self, visits: int) -> None:
        """Raise `UnknownValueError` where no more operators may be followed in loops."""
        self.followed -= visits
        self.work -= visits
        if self.followed < 0 or self.work < 0:
            raise UnknownValueError("the values that it depends on are too much work to follow")

    @contextmanager
    def half(self) -> Iterator["Budget"]:
        """A budget of half of what is left: what is spent of it is spent of this one."""
        work, followed = self.work // 2, self.followed // 2
        half = replace(self, work=work, followed=followed)
        yield half
        self.work -= work - max(half.work, 0)
        self.followed -= followed - max(half.followed, 0)

    def needed_operators(self, subgraph: Subgraph, tensors: Collection[int]) -> list[Operator]:
        """The operators that these tensors depend on, in the order of the file."""
        key = subgraph.index, tuple(sorted(tensors))
        if key not in self.needed:
            self.spend_followed(len(subgraph.operators) // VALUES_PER_VISIT + 1)
            self.needed[key] = _needed_operators(subgraph, tensors)
        return self.needed[key]


class CallingWalk(Protocol):
    """What is asked here of the walk over a subgraph: `tflops_native.analysis.walk.Walk`."""

    @property
    def model(self) -> Model: ...

    @property
    def subgraph(self) -> Subgraph: ...

    @property
    def path(self) -> tuple[int, ...]: ...

    @property
    def trip_count(self) -> int | None: ...

    @property
    def budget(self) -> Budget: ...

    @property
    def specs(self) -> Mapping[int, TensorSpec | None]: ...

    @property
    def execution(self) -> Execution | None: ...

    def inner(
        self,
        subgraph: Subgraph,
        execution: Execution | None = None,
        budget: Budget | None = None,
    ) -> "CallingWalk":
        """A walk over a subgraph that this one runs."""

    def bind(self, inputs: Sequence[TensorSpec | None]) -> None:
        """Give the inputs of the subgraph their shapes and, where known, values."""

    def visit(self, operator: Operator) -> OperatorAnalysis:
        """Infer and count one operator."""

    def follow(self, operator: Operator) -> object:
        """Infer one operator, for the operators after it."""

    def spec(self, index: int) -> TensorSpec | None:
        """What is known of a tensor."""

    def outputs(self) -> tuple[TensorSpec | None, ...]:
        """What is known of the outputs of the subgraph."""

    def shapes(self) -> tuple[Shape | None, ...]:
        """Per tensor of the subgraph its shape, None where it is unknown or never produced."""


@dataclass(frozen=True, slots=True)
class SubgraphCaller:
    """Lets a rule look into the subgraphs that its operator, of this index, runs."""

    walk: CallingWalk
    operator: int

    @property
    def trip_count(self) -> int | None:
        return self.walk.trip_count

    def executions(self, subgraph: int) -> Executions | None:
        around = self.walk.execution
        return None if around is None else around.of(self.operator, subgraph)

    def call(
        self,
        subgraph: int,
        inputs: Sequence[TensorSpec | None],
        execution: Execution | None = None,
    ) -> Called:
        inner = self._enter(subgraph, execution)
        inner.bind(inputs)
        budget = self.walk.budget
        # To enter a subgraph takes about as long as to visit an operator.
        budget.spend_counted(1)
        operators = []
        for operator in inner.subgraph.operators:
            budget.spend_counted(1)
            operators.append(inner.visit(operator))
            _spend_values(inner, operator, budget.spend_counted)
        budget.shapes[subgraph] = inner.shapes()
        return Called(
            outputs=inner.outputs(),
            cost=sum((operator.cost for operator in operators), Cost()),
            is_exact=all(operator.status in EXACT for operator in operators),
            operators=tuple(operators),
            peak_bytes=peak_bytes(inner.subgraph, inner.shapes(), called_bytes(operators)),
        )

    def prepare(self, subgraph: int, inputs: Sequence[TensorSpec | None]) -> None:
        budget = self.walk.budget
        if subgraph in budget.shapes:
            return
        with budget.half() as half:
            try:
                inner = self._enter(subgraph, budget=half)
                inner.bind(inputs)
                half.spend_followed(1)
                for operator in inner.subgraph.operators:
                    half.spend_followed(1)
                    inner.follow(operator)
                    _spend_values(inner, operator, half.spend_followed)
                budget.shapes[subgraph] = inner.shapes()
            except (TflopsError, ValueError):
                # It does not run: what is wrong with it concerns nothing that is counted.
                return

    def values(
        self, subgraph: int, inputs: Sequence[TensorSpec | None], outputs: Sequence[int]
    ) -> dict[int, TensorSpec | None]:
        inner = self._enter(subgraph)
        inner.bind(inputs)
        budget = self.walk.budget
        budget.spend_followed(1)
        wanted = _outputs(inner.subgraph, outputs)
        for operator in budget.needed_operators(inner.subgraph, wanted):
            budget.spend_followed(1)
            inner.follow(operator)
            _spend_values(inner, operator, budget.spend_followed)
        return {p: inner.spec(i) for p, i in zip(outputs, wanted, strict=True)}

    def needed_inputs(self, subgraph: int, outputs: Sequence[int]) -> frozenset[int]:
        graph = self._subgraph(subgraph)
        wanted = set(_outputs(graph, outputs))
        for operator in self.walk.budget.needed_operators(graph, frozenset(wanted)):
            wanted.update(index for index in operator.inputs if index is not None)
        return frozenset(p for p, index in enumerate(graph.inputs) if index in wanted)

    def passed_through(self, subgraph: int) -> frozenset[int]:
        graph = self._subgraph(subgraph)
        pairs = zip(graph.inputs, graph.outputs, strict=False)
        return frozenset(position for position, (i, o) in enumerate(pairs) if i == o)

    def _enter(
        self, subgraph: int, execution: Execution | None = None, budget: Budget | None = None
    ) -> CallingWalk:
        return self.walk.inner(self._subgraph(subgraph), execution, budget)

    def _subgraph(self, subgraph: int) -> Subgraph:
        model, path = self.walk.model, self.walk.path
        if not 0 <= subgraph < len(model.subgraphs):
            raise ValueError(
                f"it runs subgraph {subgraph}, but the model has {len(model.subgraphs)}"
            )
        if subgraph in path:
            raise ValueError(f"subgraph {subgraph} runs itself, by way of {list(path)}")
        if len(path) > MAX_DEPTH:
            raise UnknownValueError(f"subgraphs are nested more than {MAX_DEPTH} deep")
        return model.subgraphs[subgraph]


def _outputs(subgraph: Subgraph, positions: Sequence[int]) -> list[int]:
    """The tensors that are the outputs at these positions."""
    there = len(subgraph.outputs)
    if any(position >= there for position in positions):
        raise ValueError(
            f"subgraph {subgraph.index} has {there} outputs, but its output {max(positions)} decides"
        )
    return [subgraph.outputs[position] for position in positions]


def _spend_values(walk: CallingWalk, operator: Operator, spend: Callable[[int], None]) -> None:
    """Account for the known values that an operator took and made."""
    elements = len(operator.inputs) + len(operator.outputs)
    for index in (*operator.inputs, *operator.outputs):
        spec = None if index is None else walk.specs.get(index)
        if spec is not None and spec.known is not None and spec.shape:
            elements += min(spec.size, VALUE_LIMIT)
    spend(elements // VALUES_PER_VISIT)


def _needed_operators(subgraph: Subgraph, tensors: Collection[int]) -> list[Operator]:
    wanted = set(tensors)
    needed = []
    for operator in reversed(subgraph.operators):
        if not wanted.isdisjoint(operator.outputs):
            needed.append(operator)
            wanted.update(index for index in operator.inputs if index is not None)
    return needed[::-1]
