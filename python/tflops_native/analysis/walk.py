"""The walk over a subgraph: binds input shapes, applies the rules in order, collects the results.

Shapes stored in the file are not believed: converters leave placeholders there. They serve only where
an operator has no rule or depends on data, and every operator that rests on them says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tflops_native.analysis.result import Analysis, InputAnalysis, OperatorAnalysis, Status
from tflops_native.errors import ShapeError, UnsupportedOperatorError
from tflops_native.model import (
    Entry,
    Model,
    Operator,
    Tensor,
    entry_point,
    open_inputs,
    resolve_input_shapes,
)
from tflops_native.ops import (
    NO_ARITHMETIC,
    REGISTRY,
    VALUE_LIMIT,
    Cost,
    Inferred,
    Rule,
    Shape,
    TensorSpec,
    UnknownValueError,
    Value,
)
from tflops_native.ops.contraction import arithmetic_name
from tflops_native.ops.values import coerced

MAX_ELEMENTS = 2**63 - 1


def analyze_model(
    model: Model,
    *,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    signature: str | None = None,
    strict: bool = False,
) -> Analysis:
    """Infer all shapes of one entry point from its input shapes, and count.

    Args:
        model: the model.
        input_shapes: input name -> shape; inputs left out keep the shape in the file, with 1 for
            lengths it leaves open.
        signature: key of the signature to analyse; the main subgraph if None.
        strict: whether an incomplete count is an error.

    Raises:
        ModelFormatError: there is no such signature.
        ShapeError: an input shape is refused, or shapes do not fit at an operator.
        UnsupportedOperatorError: with `strict`, operators that are not counted exactly; lists all.
    """
    entry = entry_point(model, signature)
    requested = input_shapes or {}
    walk = _Walk(entry, resolve_input_shapes(entry, requested))
    defaulted = open_inputs(entry, requested)
    try:
        operators = tuple(walk.visit(operator) for operator in entry.subgraph.operators)
    except ShapeError as error:
        for item in defaulted:
            error.add_note(
                f"input {item.name!r} has open lengths, taken as 1: ask for a shape {item.pattern}"
            )
        raise
    if strict:
        _refuse_incomplete(operators)
    weights = _constants_in_use(entry)
    return Analysis(
        path=None if model.path is None else str(model.path),
        signature=entry.signature,
        subgraph_index=entry.subgraph.index,
        inputs=tuple(
            InputAnalysis(
                name=item.name,
                type=item.tensor.type.name.lower(),
                shape=walk.input_shapes[item.position],
                shape_signature=item.tensor.shape_signature,
                is_defaulted=item in defaulted,
            )
            for item in entry.inputs
        ),
        operators=operators,
        tensor_shapes=walk.shapes(),
        weight_bytes=sum(len(tensor.data) for tensor in weights if tensor.data is not None),
        parameters=sum(tensor.element_count for tensor in weights if _is_weight(tensor)),
    )


@dataclass(slots=True)
class _Walk:
    """The state of one walk: what is known of each tensor so far."""

    entry: Entry
    input_shapes: dict[int, Shape]
    specs: dict[int, TensorSpec | None] = field(default_factory=dict)  # None: shape unknown

    def __post_init__(self) -> None:
        for item in self.entry.inputs:
            # An input is never a constant here, even where the file gives it a value: the caller
            # may set it.
            self.specs[item.tensor.index] = TensorSpec(
                self.input_shapes[item.position], item.tensor.type
            )

    def shapes(self) -> tuple[Shape | None, ...]:
        """Per tensor of the subgraph its shape, None where it is unknown or never produced."""
        found = (self.specs.get(tensor.index) for tensor in self.entry.subgraph.tensors)
        return tuple(None if spec is None else spec.shape for spec in found)

    def visit(self, operator: Operator) -> OperatorAnalysis:
        """Infer one operator and remember its outputs."""
        try:
            return self._infer(operator)
        except UnknownValueError as error:
            return self._assume(operator, str(error))
        except ValueError as error:
            shapes = ", ".join(
                "-" if shape is None else str(list(shape)) for shape in self._input_shapes(operator)
            )
            refusal = ShapeError(f"{operator.name} cannot take inputs {shapes}: {error}")
            refusal.add_note(
                f"operator {operator.index} ({operator.name}) "
                f"in subgraph {self.entry.subgraph.index}"
            )
            raise refusal from error

    def _infer(self, operator: Operator) -> OperatorAnalysis:
        rule = REGISTRY.get(operator.name)
        if rule is None or operator.custom_code is not None:
            kind = "custom operator" if operator.custom_code is not None else "operator"
            return self._assume(operator, f"no rule for this {kind}")
        inputs = tuple(None if i is None else self._spec(i) for i in operator.inputs)
        unknown = [
            i
            for i, spec in zip(operator.inputs, inputs, strict=True)
            if spec is None and i is not None
        ]
        if unknown:
            name = self.entry.subgraph.tensors[unknown[0]].name
            return self._assume(operator, f"the shape of its input {name!r} is unknown")
        inferred = _apply(rule, operator, inputs)
        self._remember(operator, inferred)
        return self._result(operator, inputs, inferred)

    def _spec(self, index: int) -> TensorSpec | None:
        if index not in self.specs:
            self.specs[index] = _stored_spec(self.entry.subgraph.tensors[index])
        return self.specs[index]

    def _remember(self, operator: Operator, inferred: Inferred) -> None:
        values: tuple[Value | None, ...] = inferred.values or (None,) * len(inferred.outputs)
        for index, shape, value in zip(operator.outputs, inferred.outputs, values, strict=True):
            tensor = self.entry.subgraph.tensors[index]
            known = None if value is None else coerced(value, tensor.type)
            spec = TensorSpec(shape, tensor.type, known)
            if spec.size > MAX_ELEMENTS:
                raise ValueError(f"an output of shape {list(shape)} has more than 2**63 elements")
            self.specs[index] = spec

    def _input_shapes(self, operator: Operator) -> tuple[Shape | None, ...]:
        specs = (None if i is None else self._spec(i) for i in operator.inputs)
        return tuple(None if spec is None else spec.shape for spec in specs)

    def _result(
        self, operator: Operator, inputs: tuple[TensorSpec | None, ...], inferred: Inferred
    ) -> OperatorAnalysis:
        present = [spec for spec in inputs if spec is not None]
        outputs = [self.specs[i] for i in operator.outputs]
        read = inferred.bytes_read
        if read is None:
            read = sum(spec.bytes_of(spec.size) for spec in present)
        written = inferred.bytes_written
        if written is None:
            written = sum(spec.bytes_of(spec.size) for spec in outputs if spec is not None)
        arithmetic = _arithmetic(present, [spec for spec in outputs if spec is not None])
        cost, note = inferred.cost, inferred.note
        if cost is not NO_ARITHMETIC and self._is_shape_arithmetic(operator):
            cost, note = NO_ARITHMETIC, "shape arithmetic, known before the model runs"
        return OperatorAnalysis(
            index=operator.index,
            name=operator.name,
            input_shapes=tuple(None if spec is None else spec.shape for spec in inputs),
            output_shapes=inferred.outputs,
            output_types=self._output_types(operator),
            shapes_assumed=False,
            status=Status.NO_ARITHMETIC if cost is NO_ARITHMETIC else Status.COUNTED,
            cost=cost,
            mac_arithmetic=(inferred.mac_arithmetic or arithmetic) if cost.macs else None,
            arithmetic=arithmetic,
            bytes_read=read,
            bytes_written=written,
            constant_bytes=sum(s.bytes_of(s.size) for s in present if s.is_constant),
            note=note,
        )

    def _is_shape_arithmetic(self, operator: Operator) -> bool:
        """Whether the results are integers that follow from shapes and constants alone."""
        outputs = [self.specs[i] for i in operator.outputs]
        return bool(outputs) and all(
            spec is not None and spec.known is not None and not spec.is_float for spec in outputs
        )

    def _assume(self, operator: Operator, reason: str) -> OperatorAnalysis:
        """Go on without a rule: outputs have the shapes in the file, where these are complete."""
        outputs: list[Shape | None] = []
        for index in operator.outputs:
            tensor = self.entry.subgraph.tensors[index]
            open_shape = not tensor.has_rank or -1 in tensor.shape_signature
            self.specs[index] = None if open_shape else TensorSpec(tensor.shape, tensor.type)
            outputs.append(None if open_shape else tensor.shape)
        inputs = [None if i is None else self._spec(i) for i in operator.inputs]
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
            cost=Cost(),
            mac_arithmetic=None,
            arithmetic=_arithmetic(present, produced),
            bytes_read=sum(spec.bytes_of(spec.size) for spec in present),
            bytes_written=sum(spec.bytes_of(spec.size) for spec in produced),
            constant_bytes=sum(s.bytes_of(s.size) for s in present if s.is_constant),
            note=reason,
        )

    def _output_types(self, operator: Operator) -> tuple[str, ...]:
        tensors = self.entry.subgraph.tensors
        return tuple(tensors[i].type.name.lower() for i in operator.outputs)


def _apply(rule: Rule, operator: Operator, inputs: tuple[TensorSpec | None, ...]) -> Inferred:
    inferred = rule.infer(rule.build(operator.options_type, operator.options), inputs)
    if len(inferred.outputs) != len(operator.outputs):
        raise ValueError(
            f"it has {len(operator.outputs)} outputs in the file, but makes {len(inferred.outputs)}"
        )
    return inferred


def _stored_spec(tensor: Tensor) -> TensorSpec | None:
    """A tensor that no operator produces: a constant, a variable, or an input left unset."""
    if tensor.data is not None:
        small = tensor.element_count <= VALUE_LIMIT
        known = tensor.values if small and _is_readable(tensor) else None
        return TensorSpec(tensor.shape, tensor.type, known, is_constant=True)
    if tensor.is_constant or tensor.is_variable:
        return TensorSpec(tensor.shape, tensor.type, is_constant=tensor.is_constant)
    raise ValueError(f"tensor {tensor.index} ({tensor.name!r}) is read before it is written")


def _arithmetic(inputs: list[TensorSpec], outputs: list[TensorSpec]) -> str:
    """The type that an operator computes in: floating point as soon as any operand is."""
    for spec in (*outputs, *inputs):
        if spec.is_float:
            return arithmetic_name(spec.type, spec.type)
    for spec in (*inputs, *outputs):
        return arithmetic_name(spec.type, spec.type)
    return "none"


def _is_readable(tensor: Tensor) -> bool:
    return not tensor.sparsity and tensor.type.name.startswith(("INT", "UINT", "FLOAT", "BOOL"))


def _is_weight(tensor: Tensor) -> bool:
    """A float or quantized constant, as opposed to shapes, axes and indices."""
    return tensor.type.name.startswith(("FLOAT", "BFLOAT")) or (
        tensor.quantization is not None and len(tensor.quantization.scale_data) > 0
    )


def _constants_in_use(entry: Entry) -> list[Tensor]:
    """The constants that operators read, those that share a buffer once."""
    by_buffer: dict[int, Tensor] = {}
    for operator in entry.subgraph.operators:
        for index in operator.inputs:
            tensor = None if index is None else entry.subgraph.tensors[index]
            if tensor is not None and tensor.data is not None:
                by_buffer.setdefault(tensor.buffer, tensor)
    return list(by_buffer.values())


def _refuse_incomplete(operators: Sequence[OperatorAnalysis]) -> None:
    incomplete = [
        operator
        for operator in operators
        if operator.status not in (Status.COUNTED, Status.NO_ARITHMETIC)
    ]
    if incomplete:
        listed = ", ".join(
            f"{operator.index} {operator.name} ({operator.status.value}: {operator.note})"
            for operator in incomplete
        )
        raise UnsupportedOperatorError(
            f"{len(incomplete)} of {len(operators)} operators are not counted exactly: {listed}"
        )
