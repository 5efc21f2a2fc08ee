"""The walk over a subgraph: binds input shapes, applies the rules in order, collects the results.

Shapes stored in the file are not believed: converters leave placeholders there. They serve only where
an operator has no rule or depends on data, and every operator that rests on them says so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tflops_native.analysis.result import (
    OperatorAnalysis,
    Status,
    SubgraphAnalysis,
)
from tflops_native.errors import ModelFormatError, ShapeError
from tflops_native.model import Model, Operator, Subgraph, Tensor, decode_custom_options
from tflops_native.ops import (
    NO_ARITHMETIC,
    VALUE_LIMIT,
    Called,
    Cost,
    Inferred,
    Op,
    Rule,
    Shape,
    TensorSpec,
    UnknownValueError,
    Value,
)
from tflops_native.ops.contraction import arithmetic_name
from tflops_native.ops.plugins import find_rule
from tflops_native.ops.values import coerced

MAX_ELEMENTS = 2**63 - 1

EXACT = (Status.COUNTED, Status.NO_ARITHMETIC)


@dataclass(slots=True)
class Walk:
    """One walk over one subgraph: what is known of each tensor so far.

    `path` are the subgraphs that this one is called from, itself included: none may be in it twice.
    """

    model: Model
    subgraph: Subgraph
    trip_count: int | None
    path: tuple[int, ...]
    specs: dict[int, TensorSpec | None] = field(default_factory=dict)  # None: shape unknown

    def bind(self, inputs: Sequence[TensorSpec | None]) -> None:
        """Give the inputs of the subgraph their shapes and, where they are known, values."""
        if len(inputs) != len(self.subgraph.inputs):
            raise ValueError(
                f"subgraph {self.subgraph.index} takes {len(self.subgraph.inputs)} inputs, "
                f"but is given {len(inputs)}"
            )
        self.specs.update(zip(self.subgraph.inputs, inputs, strict=True))

    def run(self) -> tuple[OperatorAnalysis, ...]:
        """Infer all operators, in the order of the file."""
        return tuple(self.visit(operator) for operator in self.subgraph.operators)

    def outputs(self) -> tuple[TensorSpec | None, ...]:
        """What is known of the outputs of the subgraph."""
        return tuple(self.spec(index) for index in self.subgraph.outputs)

    def shapes(self) -> tuple[Shape | None, ...]:
        """Per tensor of the subgraph its shape, None where it is unknown or never produced."""
        found = (self.specs.get(tensor.index) for tensor in self.subgraph.tensors)
        return tuple(None if spec is None else spec.shape for spec in found)

    def visit(self, operator: Operator) -> OperatorAnalysis:
        """Infer one operator and remember its outputs.

        Raises:
            ShapeError: shapes do not fit; the note says at which operator.
        """
        try:
            return self._infer(operator)
        except UnknownValueError as error:
            return self._assume(operator, str(error))
        except ShapeError as error:
            error.add_note(self._place(operator))
            raise
        except ValueError as error:
            shapes = ", ".join(map(_show, self._input_shapes(operator)))
            refusal = ShapeError(f"{operator.name} cannot take inputs {shapes}: {error}")
            refusal.add_note(self._place(operator))
            raise refusal from error

    def spec(self, index: int) -> TensorSpec | None:
        """What is known of a tensor; None where not even its shape is.

        Raises:
            ValueError: no operator has written it yet, and the file does not hold it.
        """
        if index not in self.specs:
            self.specs[index] = _stored_spec(self.subgraph.tensors[index])
        return self.specs[index]

    def _place(self, operator: Operator) -> str:
        return f"operator {operator.index} ({operator.name}) in subgraph {self.subgraph.index}"

    def _infer(self, operator: Operator) -> OperatorAnalysis:
        rule = find_rule(operator.name)
        if rule is None or (operator.custom_code is not None and not rule.is_custom):
            kind = "custom operator" if operator.custom_code is not None else "operator"
            return self._assume(operator, f"no rule for this {kind}")
        inputs = tuple(None if i is None else self.spec(i) for i in operator.inputs)
        for index, spec in zip(operator.inputs, inputs, strict=True):
            if spec is None and index is not None:
                name = self.subgraph.tensors[index].name
                return self._assume(operator, f"the shape of its input {name!r} is unknown")
        op, inferred = self._apply(rule, operator, inputs)
        if not inferred.is_bound and any(spec is not None and spec.is_bound for spec in inputs):
            inferred = replace(
                inferred, is_bound=True, note=inferred.note or "rests on an upper bound of a shape"
            )
        self._remember(operator, inferred)
        # A rule that runs subgraphs holds this walk, which nobody needs any more.
        return self._result(operator, inputs, inferred, None if inferred.calls else op)

    def _apply(
        self, rule: Rule, operator: Operator, inputs: tuple[TensorSpec | None, ...]
    ) -> tuple[Op, Inferred]:
        context = {}
        if rule.context_names:
            context = {
                "caller": _SubgraphCaller(self),
                "recorded": tuple(_recorded(self.subgraph.tensors[i]) for i in operator.outputs),
                "output_types": tuple(self.subgraph.tensors[i].type for i in operator.outputs),
            }
        op = rule.build(operator.options_type, _options(rule, operator), context)
        inferred = rule.infer(op, inputs)
        if len(inferred.outputs) != len(operator.outputs):
            raise ValueError(
                f"it has {len(operator.outputs)} outputs in the file, "
                f"but makes {len(inferred.outputs)}"
            )
        return op, inferred

    def _remember(self, operator: Operator, inferred: Inferred) -> None:
        values: tuple[Value | None, ...] = inferred.values or (None,) * len(inferred.outputs)
        for index, shape, value in zip(operator.outputs, inferred.outputs, values, strict=True):
            if shape is None:
                self.specs[index] = None
                continue
            tensor = self.subgraph.tensors[index]
            known = None if value is None else coerced(value, tensor.type)
            spec = TensorSpec(shape, tensor.type, known, is_bound=inferred.is_bound)
            if spec.size > MAX_ELEMENTS:
                raise ValueError(f"an output of shape {list(shape)} has more than 2**63 elements")
            self.specs[index] = spec

    def _input_shapes(self, operator: Operator) -> tuple[Shape | None, ...]:
        found = []
        for index in operator.inputs:
            # A tensor that nobody has written is what the message is about.
            spec = None if index is None else self.specs.get(index)
            found.append(None if spec is None else spec.shape)
        return tuple(found)

    def _result(
        self,
        operator: Operator,
        inputs: tuple[TensorSpec | None, ...],
        inferred: Inferred,
        op: Op | None,
    ) -> OperatorAnalysis:
        present = [spec for spec in inputs if spec is not None]
        outputs = [spec for i in operator.outputs if (spec := self.specs[i]) is not None]
        read = inferred.bytes_read
        if read is None:
            read = _bytes(present)
        written = inferred.bytes_written
        if written is None:
            written = _bytes(outputs)
        arithmetic = _arithmetic(present, outputs)
        cost, note = inferred.cost, inferred.note
        if cost is not NO_ARITHMETIC and not inferred.calls and _are_known_integers(outputs):
            cost, note = NO_ARITHMETIC, "shape arithmetic, known before the model runs"
        calls = tuple(
            SubgraphAnalysis(
                role=call.role,
                subgraph_index=call.subgraph,
                name=self.model.subgraphs[call.subgraph].name,
                times=call.times,
                is_counted=call.is_counted,
                operators=call.called.operators,
            )
            for call in inferred.calls
        )
        return OperatorAnalysis(
            index=operator.index,
            name=operator.name,
            input_shapes=tuple(None if spec is None else spec.shape for spec in inputs),
            output_shapes=inferred.outputs,
            output_types=self._output_types(operator),
            shapes_assumed=False,
            status=_status(inferred, cost, calls),
            own_cost=Cost() if calls else cost,
            mac_arithmetic=(inferred.mac_arithmetic or arithmetic) if cost.macs else None,
            arithmetic=arithmetic,
            own_bytes_read=read,
            own_bytes_written=written,
            constant_bytes=sum(s.bytes_of(s.size) for s in present if s.is_constant),
            minimum=inferred.minimum,
            calls=calls,
            note=note,
            rule=op,
        )

    def _assume(self, operator: Operator, reason: str) -> OperatorAnalysis:
        """Go on without a rule: outputs have the shapes in the file, where these are complete."""
        outputs: list[Shape | None] = []
        for index in operator.outputs:
            tensor = self.subgraph.tensors[index]
            shape = _recorded(tensor)
            self.specs[index] = None if shape is None else TensorSpec(shape, tensor.type)
            outputs.append(shape)
        inputs = [None if i is None else self.spec(i) for i in operator.inputs]
        present = [spec for spec in inputs if spec is not None]
        produced = [spec for i in operator.outputs if (spec := self.specs[i]) is not None]
        return OperatorAnalysis(
            index=operator.index,
            name=operator.name,
            input_shapes=tuple(None if spec is None else spec.shape for spec in inputs),
            output_shapes=tuple(outputs),
            output_types=self._output_types(operator),
            shapes_assumed=any(shape is not None for shape in outputs),
            status=Status.UNSUPPORTED,
            own_cost=Cost(),
            mac_arithmetic=None,
            arithmetic=_arithmetic(present, produced),
            own_bytes_read=_bytes(present),
            own_bytes_written=_bytes(produced),
            constant_bytes=sum(s.bytes_of(s.size) for s in present if s.is_constant),
            minimum=None,
            calls=(),
            note=reason,
        )

    def _output_types(self, operator: Operator) -> tuple[str, ...]:
        return tuple(self.subgraph.tensors[i].type.name.lower() for i in operator.outputs)


@dataclass(frozen=True, slots=True)
class _SubgraphCaller:
    """Lets a rule look into the subgraphs that its operator runs."""

    walk: Walk

    @property
    def trip_count(self) -> int | None:
        return self.walk.trip_count

    def call(self, subgraph: int, inputs: Sequence[TensorSpec | None]) -> Called:
        inner = self._enter(subgraph)
        inner.bind(inputs)
        operators = inner.run()
        return Called(
            outputs=inner.outputs(),
            cost=sum((operator.cost for operator in operators), Cost()),
            is_exact=all(operator.status in EXACT for operator in operators),
            operators=operators,
        )

    def values(
        self, subgraph: int, inputs: Sequence[TensorSpec | None], outputs: Sequence[int]
    ) -> dict[int, TensorSpec | None]:
        inner = self._enter(subgraph)
        inner.bind(inputs)
        wanted = [inner.subgraph.outputs[position] for position in outputs]
        for operator in _needed_operators(inner.subgraph, wanted):
            inner.visit(operator)
        return {p: inner.spec(i) for p, i in zip(outputs, wanted, strict=True)}

    def needed_inputs(self, subgraph: int, outputs: Sequence[int]) -> frozenset[int]:
        graph = self._enter(subgraph).subgraph
        wanted = {graph.outputs[position] for position in outputs}
        for operator in _needed_operators(graph, wanted):
            wanted.update(index for index in operator.inputs if index is not None)
        return frozenset(p for p, index in enumerate(graph.inputs) if index in wanted)

    def _enter(self, subgraph: int) -> Walk:
        model, path = self.walk.model, self.walk.path
        if not 0 <= subgraph < len(model.subgraphs):
            raise ValueError(
                f"it runs subgraph {subgraph}, but the model has {len(model.subgraphs)}"
            )
        if subgraph in path:
            raise ValueError(f"subgraph {subgraph} runs itself, by way of {list(path)}")
        graph = model.subgraphs[subgraph]
        return Walk(model, graph, self.walk.trip_count, (*path, subgraph))


def _options(rule: Rule, operator: Operator) -> Mapping[str, object]:
    """The options of an operator, decoded where it is a custom one."""
    if not rule.is_custom:
        return operator.options
    try:
        return decode_custom_options(rule.layout, operator.custom_options)
    except ModelFormatError as error:
        # Names of custom operators belong to nobody: this may be another one of the same name.
        raise UnknownValueError(f"its custom options cannot be read: {error}") from error


def _needed_operators(subgraph: Subgraph, tensors: Collection[int]) -> list[Operator]:
    """The operators that these tensors depend on, in the order of the file."""
    wanted = set(tensors)
    needed = []
    for operator in reversed(subgraph.operators):
        if not wanted.isdisjoint(operator.outputs):
            needed.append(operator)
            wanted.update(index for index in operator.inputs if index is not None)
    return needed[::-1]


def _recorded(tensor: Tensor) -> Shape | None:
    """The shape in the file, None where it leaves a length open."""
    is_open = not tensor.has_rank or -1 in tensor.shape_signature
    return None if is_open else tensor.shape


def _stored_spec(tensor: Tensor) -> TensorSpec:
    """A tensor that no operator produces: a constant, a variable, or an input left unset."""
    if tensor.data is not None:
        small = tensor.element_count <= VALUE_LIMIT
        known = tensor.values if small and _is_readable(tensor) else None
        return TensorSpec(tensor.shape, tensor.type, known, is_constant=True)
    if tensor.is_constant or tensor.is_variable:
        return TensorSpec(tensor.shape, tensor.type, is_constant=tensor.is_constant)
    raise ValueError(f"tensor {tensor.index} ({tensor.name!r}) is read before it is written")


def _is_readable(tensor: Tensor) -> bool:
    return not tensor.sparsity and tensor.type.name in _READABLE


_READABLE = frozenset(
    {"BOOL", "FLOAT16", "FLOAT32", "FLOAT64", "INT8", "INT16", "INT32", "INT64"}
    | {"UINT8", "UINT16", "UINT32", "UINT64"}
)


def _status(inferred: Inferred, cost: Cost, calls: tuple[SubgraphAnalysis, ...]) -> Status:
    inner = {operator.status for call in calls for operator in call.operators if call.is_counted}
    if Status.UNSUPPORTED in inner:
        return Status.UNSUPPORTED
    if inferred.is_partial or Status.ONE_TURN in inner:
        return Status.ONE_TURN
    if inferred.is_bound or inferred.minimum is not None or Status.BOUNDED in inner:
        return Status.BOUNDED
    return Status.NO_ARITHMETIC if cost is NO_ARITHMETIC else Status.COUNTED


def _are_known_integers(outputs: list[TensorSpec]) -> bool:
    """Whether the results are integers that follow from shapes and constants alone."""
    return bool(outputs) and all(spec.known is not None and not spec.is_float for spec in outputs)


def _arithmetic(inputs: list[TensorSpec], outputs: list[TensorSpec]) -> str:
    """The type that an operator computes in: floating point as soon as any operand is."""
    for spec in (*outputs, *inputs):
        if spec.is_float:
            return arithmetic_name(spec.type, spec.type)
    for spec in (*inputs, *outputs):
        return arithmetic_name(spec.type, spec.type)
    return "none"


def _bytes(specs: list[TensorSpec]) -> int:
    return sum(spec.bytes_of(spec.size) for spec in specs)


def _show(shape: Shape | None) -> str:
    return "-" if shape is None else str(list(shape))


def entry_specs(subgraph: Subgraph, shapes: Mapping[int, Shape]) -> tuple[TensorSpec, ...]:
    """Inputs of an entry point. None is a constant, even where the file holds a value: it may be set."""
    return tuple(
        TensorSpec(shapes[position], subgraph.tensors[index].type)
        for position, index in enumerate(subgraph.inputs)
    )
