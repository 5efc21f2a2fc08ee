"""Values of inputs that the user gives, and the inputs whose values a shape is waiting for."""

import math
from collections.abc import Mapping, Sequence

from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.schema import TensorType
from tflops_native.ops.tensor_spec import VALUE_LIMIT, TensorSpec, Value
from tflops_native.workload import Workload


def known_inputs(workload: Workload) -> dict[int, Value]:
    """By position, the elements of the inputs whose data is given; large ones are left out."""
    found = {}
    for position, data in workload.given.items():
        kind = data.item.tensor.type
        facts = ELEMENT_TYPES[kind]
        if facts.struct_code is not None and math.prod(data.shape) <= VALUE_LIMIT:
            # Of a file of bare bytes the array is one of bytes.
            found[position] = tuple(data.array.view(facts.name).ravel().tolist())
    return found


# Tensors that are looked at in an analysis: a hint is not worth more, where thousands of operators wait.
_MOST_LOOKS = 50_000


class DecidingInputs:
    """Finds the inputs of an entry point whose value an operator would need to be counted."""

    def __init__(self, subgraph: Subgraph, names: Mapping[int, str]) -> None:
        self._subgraph = subgraph
        self._names = names
        self._producers: dict[int, Operator] | None = None
        self._looks = _MOST_LOOKS

    def of(
        self,
        operator: Operator,
        positions: Sequence[int] | None,
        specs: Mapping[int, TensorSpec | None],
    ) -> tuple[str, ...]:
        """Names of inputs without a known value that lead here by way of integers and scalars.

        Args:
            positions: of the operator's inputs; None for all.
            specs: what is known of the tensors of the subgraph.
        """
        if not self._names:
            return ()
        if self._producers is None:
            self._producers = {
                index: other for other in self._subgraph.operators for index in other.outputs
            }
        wanted = range(len(operator.inputs)) if positions is None else positions
        waiting = [operator.inputs[position] for position in wanted]
        seen: set[int] = set()
        while waiting and self._looks > 0:
            self._looks -= 1
            index = waiting.pop()
            if index is None or index in seen:
                continue
            spec = specs.get(index)
            kind = self._subgraph.tensors[index].type
            is_scalar = spec is not None and spec.shape == ()
            if not (is_scalar or _may_be_shape(kind)) or (spec and spec.known is not None):
                continue
            seen.add(index)
            if index not in self._names and index in self._producers:
                waiting += self._producers[index].inputs
        return tuple(name for index, name in self._names.items() if index in seen)


def _may_be_shape(kind: TensorType) -> bool:
    return "INT" in kind.name or kind is TensorType.BOOL


def option_hint(names: Sequence[str]) -> str:
    """The options that give these values: "give it with --input n=FILE"."""
    options = " ".join(f"--input {name}=FILE" for name in names)
    return f"give {'it' if len(names) == 1 else 'them'} with {options}"
