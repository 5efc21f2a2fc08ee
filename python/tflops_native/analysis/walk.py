"""The walk over a subgraph: binds input shapes, applies the rules in order, collects the results.

Shapes stored in the file are not trusted: converters leave placeholders there. They serve only where
an operator has no rule or depends on data, and every operator that rests on them says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import is_
from typing import NamedTuple, TypeAlias

from tflops_native.analysis.calls import Budget, SubgraphCaller
from tflops_native.analysis.given import DecidingInputs
from tflops_native.analysis.observed import inferred_from_outputs, with_runtime_shapes
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.analysis.record import Recorder
from tflops_native.analysis.stored import recorded_shape, stored_spec
from tflops_native.analysis.unruled import scratch_tensors, why_no_rule
from tflops_native.errors import ModelFormatError, ShapeError, TflopsError
from tflops_native.model.custom_options import decode_custom_options
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.limits import shown_shape, size_problem
from tflops_native.ops._op import ANOTHER_OF_ITS_NAME, Inferred, Op, Rule
from tflops_native.ops.executions import Execution
from tflops_native.ops.plugins import find_rule
from tflops_native.ops.result_checks import MAX_COUNT, is_foreign, result_problem, title
from tflops_native.ops.tensor_spec import (
    PartialValue,
    Shape,
    TensorSpec,
    UnknownValueError,
)
from tflops_native.ops.values import with_elements

_SHOWN_INPUTS = 8
# Inputs, rule and result of an operator.
_Found: TypeAlias = tuple[tuple[TensorSpec | None, ...], Op, Inferred]


# Of an operator, without its place: name, custom code, type and id of the options; inputs, outputs.
_Kind: TypeAlias = tuple[str, str | None, str | None, int]
_Contents: TypeAlias = tuple[_Kind, tuple[int | None, ...], tuple[int, ...]]


class _Done(NamedTuple):
    """What came of an operator: what was known of its tensors, and the record."""

    inputs: list[TensorSpec | None]
    outputs: list[TensorSpec]
    record: OperatorAnalysis


@dataclass(slots=True)
class Walk:
    """One walk over one subgraph: what is known of each tensor so far.

    path             the subgraphs that this one is called from, itself included: none may be twice
    budget           what may still be spent on subgraphs that operators run
    runtime_shapes   per tensor its shape in the runtime, which is trusted before any rule
    execution        what its operators did in the run that is counted; None where that is not known
    sizes            bytes of the tensors in `specs`
    scratch          memory that accelerators work in; found at the first operator without a rule
    deciding         finds the inputs that an operator waits for; None in subgraphs that operators run
    parameters       per operator those that it is the first to use; empty in subgraphs that operators run
    recorder         makes the records of operators; made for the first one
    done             what came of operators, by all that the file says of them but their place
    """

    model: Model
    subgraph: Subgraph
    trip_count: int | None
    path: tuple[int, ...]
    budget: Budget
    runtime_shapes: Sequence[Shape | None] | None = None
    execution: Execution | None = None
    specs: dict[int, TensorSpec | None] = field(default_factory=dict)  # None: shape unknown
    sizes: dict[int, int] = field(default_factory=dict)
    scratch: frozenset[int] | None = None
    deciding: DecidingInputs | None = None
    parameters: Mapping[int, int] = field(default_factory=dict)
    recorder: Recorder | None = None
    done: dict[_Contents, _Done] = field(default_factory=dict)

    def bind(self, inputs: Sequence[TensorSpec | None]) -> None:
        """Give the inputs of the subgraph their shapes and, where known, values."""
        if len(inputs) != len(self.subgraph.inputs):
            raise ValueError(
                f"subgraph {self.subgraph.index} takes {len(self.subgraph.inputs)} inputs, "
                f"but is given {len(inputs)}"
            )
        for index, spec in zip(self.subgraph.inputs, inputs, strict=True):
            self.specs[index] = spec
            if spec is not None:
                self.sizes[index] = spec.size_bytes
                if len(self.path) == 1:
                    # What a walk hands to another one is checked where it came into being.
                    _check(spec.shape)

    def run(self) -> tuple[OperatorAnalysis, ...]:
        """Infer all operators, in the order of the file."""
        operators = self.subgraph.operators
        # In a usual model no two operators write the same tensors, so that none does the same.
        is_usual = len({operator.outputs for operator in operators}) == len(operators)
        step = self.visit if is_usual else self._shared
        return tuple([step(operator) for operator in operators])

    def _shared(self, operator: Operator) -> OperatorAnalysis:
        """As `visit`; an operator that does what an earlier one did shares what came of it.

        Entries of a file may share a table. So the work is in proportion to the bytes of the file.
        """
        # The model keeps the options: no others have their id.
        kind = operator.name, operator.custom_code, operator.options_type, id(operator.options)
        key = kind, operator.inputs, operator.outputs
        inputs = [None if i is None else self.specs.get(i) for i in operator.inputs]
        done = self.done.get(key)
        # `None` is what is not known yet: it may be the next time.
        if done is not None and None not in inputs and all(map(is_, inputs, done.inputs)):
            for index, spec in zip(operator.outputs, done.outputs, strict=True):
                self.specs[index] = spec
                self.sizes[index] = spec.size_bytes
            return self._record().again(operator, done.record)
        record = self.visit(operator)
        outputs = [made for i in operator.outputs if (made := self.specs[i]) is not None]
        if len(outputs) == len(operator.outputs) and _is_pure(operator.name):
            self.done[key] = _Done(inputs, outputs, record)
        return record

    def outputs(self) -> tuple[TensorSpec | None, ...]:
        """What is known of the outputs of the subgraph."""
        return tuple(self.spec(index) for index in self.subgraph.outputs)

    def shapes(self) -> tuple[Shape | None, ...]:
        """Per tensor of the subgraph its shape, None where it is unknown or never produced."""
        found = (self.specs.get(tensor.index) for tensor in self.subgraph.tensors)
        return tuple(None if spec is None else spec.shape for spec in found)

    def bounded(self) -> frozenset[int]:
        """The tensors whose shape is only an upper bound."""
        return frozenset(i for i, spec in self.specs.items() if spec is not None and spec.is_bound)

    def inner(
        self,
        subgraph: Subgraph,
        execution: Execution | None = None,
        budget: Budget | None = None,
    ) -> "Walk":
        """A walk over a subgraph that this one runs; it spends of this one's budget if of no other."""
        path, budget = (*self.path, subgraph.index), budget or self.budget
        return Walk(self.model, subgraph, self.trip_count, path, budget, execution=execution)

    def visit(self, operator: Operator) -> OperatorAnalysis:
        """Infer one operator and remember its outputs.

        Raises:
            ShapeError: shapes do not fit; the note says at which operator.
        """
        found = self.follow(operator)
        if isinstance(found, UnknownValueError):
            return self._record().unsupported(operator, found, self._observed(operator))
        made = self._record().result(operator, *found)
        if (
            made.calls
            and max(made.cost.operations, made.bytes_read, made.bytes_written) > MAX_COUNT
        ):
            reason = UnknownValueError("the subgraphs that it runs do more than can be counted")
            return self._record().unsupported(operator, reason, self._observed(operator))
        return made

    def follow(self, operator: Operator) -> _Found | UnknownValueError:
        """As `visit`, for what comes after: the outputs are remembered, and no record is made.

        Returns:
            Inputs, rule and result; or the reason why there is none, where shapes are assumed.
        """
        try:
            try:
                return self._infer(operator)
            except UnknownValueError as error:
                self._assume(operator)
                return error
        except ShapeError as error:
            error.add_note(self._place(operator))
            raise
        except ValueError as error:
            given = self._input_shapes(operator)
            shapes = ", ".join(map(_show, given[:_SHOWN_INPUTS]))
            if len(given) > _SHOWN_INPUTS:
                shapes += f", ... ({len(given)} inputs)"
            refusal = ShapeError(f"{operator.name} cannot take inputs {shapes}: {error}")
            refusal.add_note(self._place(operator))
            raise refusal from error
        except Exception as error:
            rule = find_rule(operator.name)
            if isinstance(error, TflopsError) or rule is None or not is_foreign(rule):
                raise
            failure = TflopsError(f"{title(rule)} fails: {type(error).__name__}: {error}")
            failure.add_note(self._place(operator))
            raise failure from error

    def spec(self, index: int) -> TensorSpec | None:
        """What is known of a tensor; None where not even its shape is.

        Raises:
            ValueError: no operator has written it yet, and the file does not hold it.
        """
        if index not in self.specs:
            # Once for all the times that a loop runs the subgraph.
            key = self.subgraph.index, index
            found = self.budget.stored.get(key)
            if found is None:
                found = self.budget.stored[key] = stored_spec(self.subgraph, index)
            self._set(index, found)
        return self.specs[index]

    def _set(self, index: int, spec: TensorSpec) -> None:
        _check(spec.shape)
        self.specs[index] = spec
        self.sizes[index] = spec.size_bytes

    def _place(self, operator: Operator) -> str:
        return f"operator {operator.index} ({operator.name}) in subgraph {self.subgraph.index}"

    def _infer(self, operator: Operator) -> _Found:
        rule = find_rule(operator.name)
        if rule is None or (operator.custom_code is not None and not rule.is_custom):
            raise UnknownValueError(why_no_rule(operator))
        inputs = tuple([None if i is None else self.spec(i) for i in operator.inputs])
        is_bound = False
        for index, spec in zip(operator.inputs, inputs, strict=True):
            if spec is not None:
                is_bound = is_bound or spec.is_bound
            elif index is not None:
                name = self.subgraph.tensors[index].name
                raise UnknownValueError(f"the shape of its input {name!r} is unknown")
        op = self._build(rule, operator)
        inferred = self._apply(rule, op, operator, inputs)
        if is_bound and not inferred.is_bound:
            inferred = replace(
                inferred, is_bound=True, note=inferred.note or "rests on an upper bound of a shape"
            )
        if self.runtime_shapes is not None:
            inferred = with_runtime_shapes(inferred, self._observed(operator))
        self._remember(operator, inferred)
        return inputs, op, inferred

    def _build(self, rule: Rule, operator: Operator) -> Op:
        context = {}
        if rule.context_names:
            if not operator.outputs and rule.context_names != ("caller",):
                raise ValueError("it has no output in the file")
            context = {
                "caller": SubgraphCaller(self, operator.index),
                "recorded": tuple(self._assumed_shape(i) for i in operator.outputs),
                "output_types": tuple(self.subgraph.tensors[i].type for i in operator.outputs),
            }
        return rule.build(operator.options_type, _options(rule, operator), context)

    def _apply(
        self, rule: Rule, op: Op, operator: Operator, inputs: tuple[TensorSpec | None, ...]
    ) -> Inferred:
        expected = op.output_count()
        if expected is not None and expected != len(operator.outputs):
            # Before the rule makes as many of them as the file states.
            raise ValueError(
                f"it has {len(operator.outputs)} outputs in the file, "
                f"but its options say {expected}"
            )
        try:
            inferred = rule.infer(op, inputs)
            problem = result_problem(inferred) if is_foreign(rule) else None
            if problem is not None:
                refusal = TflopsError(f"{title(rule)} is wrong: {problem}")
                refusal.add_note(self._place(operator))
                raise refusal
        except UnknownValueError:
            second = None
            if self.runtime_shapes is not None:
                second = inferred_from_outputs(rule, op, inputs, self._observed(operator))
            if second is None:
                raise
            inferred = second
        if inferred.is_bound and self.runtime_shapes is not None and op.shape_role is not None:
            # Only because the shape itself was not known.
            inferred = inferred_from_outputs(rule, op, inputs, self._observed(operator)) or inferred
        if len(inferred.outputs) != len(operator.outputs):
            problem = (
                f"it has {len(operator.outputs)} outputs in the file, "
                f"but makes {len(inferred.outputs)}"
            )
            if rule.is_custom and not is_foreign(rule):
                raise UnknownValueError(f"{ANOTHER_OF_ITS_NAME}: {problem}")
            raise ValueError(problem)
        return inferred

    def _observed(self, operator: Operator) -> tuple[Shape | None, ...]:
        """The shapes of its outputs in the runtime."""
        shapes = self.runtime_shapes
        return tuple(None if shapes is None else shapes[index] for index in operator.outputs)

    def _assumed_shape(self, index: int) -> Shape | None:
        """The shape in the runtime, else that in the file."""
        shape = None if self.runtime_shapes is None else self.runtime_shapes[index]
        return recorded_shape(self.subgraph.tensors[index]) if shape is None else shape

    def _remember(self, operator: Operator, inferred: Inferred) -> None:
        values: tuple[PartialValue | None, ...] = inferred.values or (None,) * len(inferred.outputs)
        for index, shape, value in zip(operator.outputs, inferred.outputs, values, strict=True):
            if shape is None:
                self.specs[index] = None
                continue
            kind = self.subgraph.tensors[index].type
            if value is None:
                self._set(index, TensorSpec(shape, kind, is_bound=inferred.is_bound))
            else:
                given = self._rests_on_given(operator)
                self._set(index, with_elements(shape, kind, value, inferred.is_bound, given))

    def _rests_on_given(self, operator: Operator) -> bool:
        """Whether an input follows from data that the user gives."""
        for index in operator.inputs:
            spec = None if index is None else self.specs.get(index)
            if spec is not None and spec.is_given:
                return True
        return False

    def _input_shapes(self, operator: Operator) -> tuple[Shape | None, ...]:
        found = []
        for index in operator.inputs:
            # A tensor that no operator has written is what the message is about.
            spec = None if index is None else self.specs.get(index)
            found.append(None if spec is None else spec.shape)
        return tuple(found)

    def _record(self) -> Recorder:
        if self.recorder is None:
            self.recorder = Recorder(
                self.model, self.subgraph, self.specs, self.sizes, self.deciding, self.parameters
            )
        return self.recorder

    def _assume(self, operator: Operator) -> None:
        """Go on without a rule: shapes of the file where complete; unwritten inputs are scratch."""
        for given in operator.inputs:
            if given is not None and given not in self.specs and given in self._scratch():
                tensor = self.subgraph.tensors[given]
                self._set(given, TensorSpec(tensor.shape, tensor.type))
            elif given is not None:
                self.spec(given)
        for index in operator.outputs:
            shape = self._assumed_shape(index)
            if shape == () and not self.subgraph.tensors[index].is_rank_stated:
                shape = None if self.runtime_shapes is None else self.runtime_shapes[index]
            if shape is None:
                self.specs[index] = None
            else:
                self._set(index, TensorSpec(shape, self.subgraph.tensors[index].type))

    def _scratch(self) -> frozenset[int]:
        if self.scratch is None:
            self.scratch = scratch_tensors(self.subgraph)
        return self.scratch


@lru_cache(maxsize=1024)
def _check(shape: Shape) -> None:
    """Raise `ValueError` unless a tensor can have this shape."""
    problem = size_problem(shape)
    if problem is not None:
        raise ValueError(problem)


def _is_pure(name: str) -> bool:
    """Whether the rule makes the same of the same inputs: one of ours that asks for nothing else."""
    rule = find_rule(name)
    return not (rule is None or rule.is_custom or rule.context_names or is_foreign(rule))


def _options(rule: Rule, operator: Operator) -> Mapping[str, object]:
    """The options of an operator, decoded where it is a custom one."""
    if not rule.is_custom:
        return operator.options
    try:
        return decode_custom_options(rule.layout, operator.custom_options)
    except ModelFormatError as error:
        # Names of custom operators are not registered anywhere: this may be another one of the same name.
        raise UnknownValueError(f"its custom options cannot be read: {error}") from error


def _show(shape: Shape | None) -> str:
    return "-" if shape is None else shown_shape(shape)
