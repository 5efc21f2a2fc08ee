"""What is recorded of an operator once its rule was applied, or why it was not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from tflops_native.analysis.given import DecidingInputs, option_hint
from tflops_native.analysis.keras_layers import KerasLayers
from tflops_native.analysis.layers import layers_of
from tflops_native.analysis.operators import OperatorAnalysis, Status, SubgraphAnalysis
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op
from tflops_native.ops.contraction import arithmetic_name
from tflops_native.ops.plugins import find_rule
from tflops_native.ops.tensor_spec import Shape, TensorSpec, UnknownValueError

# Arithmetic operators that the runtime does before the first invoke if all operands are constants
# (tflite/kernels/mul.cc, Prepare). What it does alike without arithmetic is listed nowhere.
_MADE_ONCE = frozenset({"MUL"})
_FACTS = tuple(fact.name for fact in fields(OperatorAnalysis))


@dataclass(slots=True)
class Recorder:
    """Makes the records of the operators of one subgraph.

    specs      what is known of each tensor so far; the walk's own, which it goes on filling
    sizes      bytes of the tensors in `specs`, as these
    deciding   finds the inputs that an operator waits for; None in subgraphs that operators run
    parameters  of the entry point's subgraph: per operator what it is the first to use; empty in others
    readers    per tensor how many operators read it; empty until it is asked for
    layers     per operator its layer
    """

    model: Model
    subgraph: Subgraph
    specs: Mapping[int, TensorSpec | None]
    sizes: Mapping[int, int]
    deciding: DecidingInputs | None
    parameters: Mapping[int, int]
    readers: Counter[int] = field(default_factory=Counter)
    layers: tuple[str | None, ...] = ()

    def __post_init__(self) -> None:
        self.layers = layers_of(self.subgraph)
        conversion = self.model.source.conversion
        if conversion is not None and conversion.layers:
            self.layers = KerasLayers(conversion.layers).of(self.subgraph, self.layers)

    def result(
        self,
        operator: Operator,
        inputs: tuple[TensorSpec | None, ...],
        op: Op,
        inferred: Inferred,
    ) -> OperatorAnalysis:
        """The record of an operator with its inputs, its rule and what that returned."""
        present = [spec for spec in inputs if spec is not None]
        outputs = [spec for i in operator.outputs if (spec := self.specs[i]) is not None]
        read, written = self._moved(operator, inferred)
        arithmetic = inferred.arithmetic or _arithmetic(present, outputs)
        cost, note = inferred.cost, inferred.note
        is_known = not inferred.calls and _are_known_integers(outputs)
        if cost is not NO_ARITHMETIC and is_known:
            cost, note = NO_ARITHMETIC, "shape arithmetic, known before the model runs"
        once = Cost()
        if operator.name in _MADE_ONCE and all(spec.is_constant for spec in present):
            once, cost, read, written = cost, NO_ARITHMETIC, 0, 0
            note = "made of constants, once, by the builtin kernels"
        calls = self._calls(inferred) if inferred.calls else ()
        names = self._waiting_for(operator, None) if inferred.is_lower_bound else ()
        if names:
            note = f"{note}, or {option_hint(names)}"
        return OperatorAnalysis(
            index=operator.index,
            name=operator.name,
            input_shapes=tuple([None if spec is None else spec.shape for spec in inputs]),
            output_shapes=inferred.outputs,
            output_types=self._output_types(operator),
            shapes_assumed=False,
            status=_status(inferred, cost, calls),
            own_cost=Cost() if calls else cost,
            own_dense_macs=inferred.dense_macs,
            once=once,
            mac_arithmetic=(inferred.mac_arithmetic or arithmetic) if cost.macs else None,
            arithmetic=arithmetic,
            own_bytes_read=read,
            own_bytes_written=written,
            bytes_read_again=inferred.bytes_read_again,
            other_macs=inferred.other_macs,
            constant_bytes=self._constant_bytes(operator),
            minimum=inferred.minimum,
            calls=calls,
            note=note,
            waits_for=names,
            layer=self.layers[operator.index],
            parameters=self.parameters.get(operator.index, 0),
            # A rule that runs subgraphs holds this walk, which is not needed any more.
            rule=None if calls else op,
        )

    def again(self, operator: Operator, record: OperatorAnalysis) -> OperatorAnalysis:
        """The record of an operator that does what that of another one says."""
        # `dataclasses.replace` looks for the fields each time; files may have a million such operators.
        facts = {name: getattr(record, name) for name in _FACTS}
        facts["index"] = operator.index
        facts["layer"] = self.layers[operator.index]
        facts["parameters"] = self.parameters.get(operator.index, 0)
        return OperatorAnalysis(**facts)

    def _calls(self, inferred: Inferred) -> tuple[SubgraphAnalysis, ...]:
        return tuple(
            SubgraphAnalysis(
                role=call.role,
                subgraph_index=call.subgraph,
                name=self.model.subgraphs[call.subgraph].name,
                times=call.times,
                is_counted=call.is_counted,
                operators=call.called.operators,
                peak_bytes=call.called.peak_bytes,
            )
            for call in inferred.calls
        )

    def _waiting_for(self, operator: Operator, role: str | None) -> tuple[str, ...]:
        """Inputs of the entry point whose values would say how the operator goes on."""
        rule = find_rule(operator.name)
        if self.deciding is None or rule is None:
            return ()
        positions = None
        if role in rule.roles:
            scalars = [
                position
                for position, index in enumerate(operator.inputs)
                if index is not None and (spec := self.specs.get(index)) and spec.shape == ()
            ]
            positions = sorted({rule.roles.index(role), *scalars})
        return self.deciding.of(operator, positions, self.specs)

    def unsupported(
        self,
        operator: Operator,
        reason: UnknownValueError,
        observed: Sequence[Shape | None],
    ) -> OperatorAnalysis:
        """The record of an operator that is not counted.

        Args:
            reason: why it is not.
            observed: the shapes of its outputs in the runtime.
        """
        is_waiting = reason.role is not None
        names = self._waiting_for(operator, reason.role) if is_waiting else ()
        inputs = [None if i is None else self.specs[i] for i in operator.inputs]
        outputs = [self.specs[i] for i in operator.outputs]
        return OperatorAnalysis(
            index=operator.index,
            name=operator.name,
            input_shapes=tuple(None if spec is None else spec.shape for spec in inputs),
            output_shapes=tuple(None if spec is None else spec.shape for spec in outputs),
            output_types=self._output_types(operator),
            shapes_assumed=any(
                spec is not None and shape is None
                for spec, shape in zip(outputs, observed, strict=True)
            ),
            status=Status.UNSUPPORTED,
            own_cost=Cost(),
            mac_arithmetic=None,
            arithmetic=_arithmetic(
                [spec for spec in inputs if spec is not None],
                [spec for spec in outputs if spec is not None],
            ),
            own_bytes_read=self._bytes(operator.inputs),
            own_bytes_written=self._bytes(operator.outputs),
            constant_bytes=self._constant_bytes(operator),
            minimum=None,
            calls=(),
            note=f"{reason}; {option_hint(names)}" if names else str(reason),
            waits_for=names,
            layer=self.layers[operator.index],
            parameters=self.parameters.get(operator.index, 0),
        )

    def _moved(self, operator: Operator, inferred: Inferred) -> tuple[int, int]:
        """Bytes that an operator reads and writes: the rule is in `ops/traffic.py`."""
        in_place = inferred.in_place
        if in_place is not None and self._takes_memory(operator, in_place.changes_input):
            return in_place.bytes_read, in_place.bytes_written
        read, written = inferred.bytes_read, inferred.bytes_written
        return (
            self._bytes(operator.inputs) if read is None else read,
            self._bytes(operator.outputs) if written is None else written,
        )

    def _takes_memory(self, operator: Operator, changes_input: bool) -> bool:
        """Whether the first output takes the memory of the first input."""
        (given, *_), (made, *_) = operator.inputs, operator.outputs
        source = None if given is None else self.subgraph.tensors[given]
        if source is None or given is None:
            return False
        if source.is_constant and not changes_input:
            return True  # the runtime makes the output once, at the first invoke
        if source.is_constant or source.is_variable:
            return False
        if given in self.subgraph.inputs or made in self.subgraph.outputs:
            return False
        return not changes_input or self._readers()[given] == 1

    def _readers(self) -> Counter[int]:
        """Per tensor how many operators read it; outputs of the subgraph are read once more."""
        if not self.readers:
            self.readers.update(self.subgraph.outputs)
            for operator in self.subgraph.operators:
                self.readers.update({i for i in operator.inputs if i is not None})
        return self.readers

    def _bytes(self, indices: Iterable[int | None]) -> int:
        """Bytes of these tensors, each once; nothing for those that are absent or unknown."""
        return sum([self.sizes.get(index, 0) for index in {*indices} if index is not None])

    def _constant_bytes(self, operator: Operator) -> int:
        total = 0
        for index in {*operator.inputs}:
            spec = None if index is None else self.specs[index]
            if index is not None and spec is not None and spec.is_constant:
                total += self.sizes[index]
        return total

    def _output_types(self, operator: Operator) -> tuple[str, ...]:
        return tuple([ELEMENT_TYPES[self.subgraph.tensors[i].type].name for i in operator.outputs])


def _status(inferred: Inferred, cost: Cost, calls: tuple[SubgraphAnalysis, ...]) -> Status:
    inner: set[Status] = set()
    if calls:
        inner = {
            o.status for call in calls for o in call.operators if call.is_counted and call.times
        }
    if Status.UNSUPPORTED in inner:
        return Status.UNSUPPORTED
    if inferred.is_lower_bound or Status.ONE_ITERATION in inner:
        return Status.ONE_ITERATION
    if inferred.is_bound or inferred.minimum is not None or Status.BOUNDED in inner:
        return Status.BOUNDED
    return Status.NO_ARITHMETIC if cost is NO_ARITHMETIC else Status.COUNTED


def _are_known_integers(outputs: list[TensorSpec]) -> bool:
    """Whether the results are integers that follow from shapes and constants alone."""
    return bool(outputs) and not [o for o in outputs if o.known is None or o.is_float or o.is_given]


def _arithmetic(inputs: list[TensorSpec], outputs: list[TensorSpec]) -> str:
    """The type that an operator computes in: floating point as soon as any operand is."""
    for spec in (*outputs, *inputs):
        if spec.is_float:
            return arithmetic_name(spec.type, spec.type)
    for spec in (*inputs, *outputs):
        return arithmetic_name(spec.type, spec.type)
    return "none"
