"""The constants that an entry point uses: how many elements and bytes there are, and what they are for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tflops_native.analysis.stored import scale_tensor
from tflops_native.model.graph import Model, Operator, Subgraph, Tensor
from tflops_native.ops.plugins import find_rule


class Kind(Enum):
    """What a constant is for, by the operator that uses it first, as a parameter if any does."""

    WEIGHTS = "weights"  # factors of contractions
    BIASES = "biases"
    TABLES = "tables"  # rows or elements are looked up
    STATES = "states"  # where loop variables and recurrent states start
    VECTORS = "vectors"  # operands of other arithmetic along one axis: scales, offsets, slopes
    MAPS = "maps"  # operands of other arithmetic along several axes: masks, position encodings
    BLOCK_SCALES = "block scales"  # of block-wise quantized weights
    INDICES = "indices"  # shapes, axes, positions: integers without a scale


# What `parameters` counts.
_PARAMETERS: Final = frozenset(Kind) - {Kind.BLOCK_SCALES, Kind.INDICES}
# Operators that hand a constant on, in another form: what becomes of it says what it is for.
_CONVERSIONS: Final = frozenset(
    {"CAST", "DENSIFY", "DEQUANTIZE", "EXPAND_DIMS", "QUANTIZE", "RESHAPE", "SQUEEZE", "TRANSPOSE"}
)
_LOOKUPS: Final = {
    "EMBEDDING_LOOKUP": 1,
    "EMBEDDING_LOOKUP_SPARSE": 4,
    "GATHER": 0,
    "GATHER_ND": 0,
    "HASHTABLE_IMPORT": 2,
    "HASHTABLE_LOOKUP": 2,
}
_PRODUCTS: Final = frozenset({"BATCH_MATMUL", "STABLEHLO_CONVOLUTION", "STABLEHLO_DOT_GENERAL"})
_LOOPS: Final = frozenset({"WHILE", "STABLEHLO_WHILE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantKind:
    """The constants of one kind, those that share a buffer once.

    elements         of the shapes in the model: of a sparse constant those left out as well
    size_bytes       as stored, indices of sparse constants included
    shared_elements  of further tensors that have the same buffer: what `elements` would be more by if
                     each had its own, as in the network that was converted
    is_parameter     whether `parameters` counts them
    """

    kind: str
    tensors: int
    elements: int
    size_bytes: int
    shared_elements: int
    is_parameter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """All constants that operators use.

    kinds        the most bytes first
    parameters   elements of those that are parameters
    by_operator  the same per operator of the entry point that uses them first, itself or in what it runs
    """

    kinds: tuple[ConstantKind, ...]
    parameters: int
    by_operator: Mapping[int, int]

    @property
    def size_bytes(self) -> int:
        return sum(kind.size_bytes for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class _Use:
    """A constant, what it is for, and the operator of the entry point that uses it, itself or in what it
    runs."""

    tensor: Tensor
    kind: Kind
    operator: int


def constants_in_use(model: Model, start: Subgraph) -> Constants:
    """What the operators of a subgraph, and of those that it runs, read from the file."""
    by_buffer: dict[int, list[_Use]] = {}
    runners = _runners(model, start)
    seen: set[tuple[int, int, bool]] = set()
    for subgraph, operator, tensor, kind in _used(model, start):
        use = subgraph.index, tensor.index, kind in _PARAMETERS
        if use not in seen:
            seen.add(use)
            first = operator.index if subgraph is start else runners[subgraph.index]
            by_buffer.setdefault(tensor.buffer, []).append(_Use(tensor, kind, first))
    by_kind: dict[Kind, list[_Use]] = {}
    shared: Counter[Kind] = Counter()
    by_operator: Counter[int] = Counter()
    for uses in by_buffer.values():
        # Equal bytes are written once, whatever they are: zeros of a bias, and an index of zeros.
        main = next((use for use in uses if use.kind in _PARAMETERS), uses[0])
        by_kind.setdefault(main.kind, []).append(main)
        shared[main.kind] += sum(
            use.tensor.element_count for use in uses if use.tensor is not main.tensor
        )
        if main.kind in _PARAMETERS:
            by_operator[main.operator] += main.tensor.element_count
    kinds = [
        ConstantKind(
            kind=kind.value,
            tensors=len(by_kind[kind]),
            elements=sum(use.tensor.element_count for use in by_kind[kind]),
            size_bytes=sum(_stored_bytes(use.tensor) for use in by_kind[kind]),
            shared_elements=shared[kind],
            is_parameter=kind in _PARAMETERS,
        )
        for kind in Kind
        if kind in by_kind
    ]
    return Constants(
        kinds=tuple(sorted(kinds, key=lambda found: -found.size_bytes)),
        parameters=by_operator.total(),
        by_operator=by_operator,
    )


def _runners(model: Model, start: Subgraph) -> dict[int, int]:
    """Per subgraph the first operator of the entry point that runs it."""
    found: dict[int, int] = {}
    for operator in start.operators:
        if called := operator.subgraphs:
            # What an earlier one runs, it is the first to run with all that is behind.
            new = model.reachable(*(item.index for item in called), without=found)
            found |= dict.fromkeys([subgraph.index for subgraph in new], operator.index)
    return found


def _stored_bytes(tensor: Tensor) -> int:
    data = 0 if tensor.data is None else len(tensor.data)
    return data + (0 if tensor.sparsity is None else tensor.sparsity.index_bytes)


def _used(model: Model, start: Subgraph) -> Iterator[tuple[Subgraph, Operator, Tensor, Kind]]:
    """Every use of a constant, in the order of the operators; block scales after what they scale."""
    for subgraph in model.reachable(start.index):
        uses = _Uses(model, subgraph)
        for operator in subgraph.operators:
            for position, index in enumerate(operator.inputs):
                tensor = None if index is None else subgraph.tensors[index]
                if tensor is None or tensor.data is None:
                    continue
                yield (
                    subgraph,
                    operator,
                    tensor,
                    _kind(tensor, uses.kind(operator, position, tensor)),
                )
                scales = scale_tensor(subgraph, tensor)
                if scales is not None and scales.data is not None:
                    yield subgraph, operator, scales, Kind.BLOCK_SCALES


def _kind(tensor: Tensor, use: Kind | None) -> Kind:
    if not _is_real(tensor):
        return Kind.INDICES
    if use is not None:
        return use
    return Kind.VECTORS if sum(length > 1 for length in tensor.shape) <= 1 else Kind.MAPS


def _is_real(tensor: Tensor) -> bool:
    """Whether it stands for real numbers, as opposed to shapes, axes and indices."""
    quantization = tensor.quantization
    return tensor.type.name.startswith(("FLOAT", "BFLOAT")) or (
        quantization is not None
        and (len(quantization.scale_data) > 0 or quantization.details is not None)
    )


class _Uses:
    """What the operators of a subgraph use their inputs for."""

    def __init__(self, model: Model, subgraph: Subgraph) -> None:
        self._model = model
        self._first: dict[int, tuple[Operator, int]] = {}
        for operator in subgraph.operators:
            for position, index in enumerate(operator.inputs):
                if index is not None:
                    self._first.setdefault(index, (operator, position))

    def kind(
        self, operator: Operator, position: int, tensor: Tensor, depth: int = 0
    ) -> Kind | None:
        """By the role of the input; None where the role does not say."""
        if operator.name in _CONVERSIONS and position == 0 and operator.outputs:
            following = self._first.get(operator.outputs[0])
            # A chain of conversions in a file may have no end.
            if following is None or depth > len(_CONVERSIONS):
                return None
            return self.kind(*following, tensor, depth + 1)
        if operator.name in _LOOPS:
            return self._in_loop(operator, position, tensor)
        if _LOOKUPS.get(operator.name) == position:
            return Kind.TABLES
        if operator.name in _PRODUCTS:
            return Kind.WEIGHTS
        rule = find_rule(operator.name)
        if rule is None or not rule.roles:
            return None
        return _by_role(rule.roles[min(position, len(rule.roles) - 1)], tensor)

    def _in_loop(self, operator: Operator, position: int, tensor: Tensor) -> Kind | None:
        """A loop variable that the body hands on as it is, is what the body uses it for."""
        index = operator.options.get("body_subgraph_index")
        if not isinstance(index, int) or not 0 <= index < len(self._model.subgraphs):
            return None
        body = self._model.subgraphs[index]
        if position >= min(len(body.inputs), len(body.outputs)):
            return None
        if body.inputs[position] != body.outputs[position]:
            return Kind.STATES
        following = _Uses(self._model, body)._first.get(body.inputs[position])
        if following is None or following[0].name in _LOOPS:
            return None
        return self.kind(*following, tensor)


def _by_role(role: str, tensor: Tensor) -> Kind | None:
    if role == "parts":  # of an LSTM: matrices are weights, vectors are biases
        return Kind.WEIGHTS if len(tensor.shape) > 1 else Kind.BIASES
    if "bias" in role:
        return Kind.BIASES
    if "state" in role:
        return Kind.STATES
    if "filter" in role or "weight" in role:
        return Kind.WEIGHTS
    return None
