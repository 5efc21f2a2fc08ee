"""What the file itself says of a tensor, before any operator has run."""

from collections.abc import Mapping

from tflops_native.model import Subgraph, Tensor
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.ops import VALUE_LIMIT, Shape, TensorSpec


def entry_specs(subgraph: Subgraph, shapes: Mapping[int, Shape]) -> tuple[TensorSpec, ...]:
    """Inputs of an entry point. None is a constant, even where the file holds a value: it may be set."""
    return tuple(
        TensorSpec(shapes[position], subgraph.tensors[index].type)
        for position, index in enumerate(subgraph.inputs)
    )


def recorded_shape(tensor: Tensor) -> Shape | None:
    """The shape in the file, None where it leaves a length open."""
    is_open = not tensor.has_rank or -1 in tensor.shape_signature
    return None if is_open else tensor.shape


def stored_spec(tensor: Tensor) -> TensorSpec:
    """A tensor that no operator produces: a constant, a variable, or an input left unset."""
    if tensor.data is not None:
        small = tensor.element_count <= VALUE_LIMIT
        known = tensor.values if small and _is_readable(tensor) else None
        return TensorSpec(tensor.shape, tensor.type, known, is_constant=True)
    if tensor.is_constant or tensor.is_variable:
        return TensorSpec(tensor.shape, tensor.type, is_constant=tensor.is_constant)
    raise ValueError(f"tensor {tensor.index} ({tensor.name!r}) is read before it is written")


def _is_readable(tensor: Tensor) -> bool:
    return not tensor.sparsity and ELEMENT_TYPES[tensor.type].struct_code is not None
