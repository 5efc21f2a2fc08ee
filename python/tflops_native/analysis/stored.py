"""What the file itself says of a tensor, before any operator has run."""

from collections.abc import Mapping

from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.graph import Subgraph, Tensor
from tflops_native.ops.tensor_spec import VALUE_LIMIT, Shape, TensorSpec, Value


def entry_specs(
    subgraph: Subgraph, shapes: Mapping[int, Shape], known: Mapping[int, Value] | None = None
) -> tuple[TensorSpec, ...]:
    """Inputs of an entry point, with their values where the user gives them, by position.

    None is a constant, even where the file holds a value: it may be set.
    """
    values = known or {}
    return tuple(
        TensorSpec(
            shapes[position],
            subgraph.tensors[index].type,
            values.get(position),
            is_given=position in values,
        )
        for position, index in enumerate(subgraph.inputs)
    )


def recorded_shape(tensor: Tensor) -> Shape | None:
    """The shape in the file, None where it leaves a length open."""
    is_open = not tensor.has_rank or -1 in tensor.shape_signature
    return None if is_open else tensor.shape


def stored_spec(subgraph: Subgraph, index: int) -> TensorSpec:
    """A tensor that no operator produces: a constant, a variable, or an input left unset."""
    tensor = subgraph.tensors[index]
    if tensor.data is not None:
        small = tensor.element_count <= VALUE_LIMIT
        known = tensor.values if small and _is_readable(tensor) else None
        scales = scale_tensor(subgraph, tensor)
        if tensor.sparsity is None and scales is None:
            return TensorSpec(tensor.shape, tensor.type, known, is_constant=True)
        return TensorSpec(
            tensor.shape,
            tensor.type,
            known,
            is_constant=True,
            sparsity=tensor.sparsity,
            block_size=_block_size(tensor),
            scale_bytes=0 if scales is None or scales.data is None else len(scales.data),
        )
    if tensor.is_constant or tensor.is_variable:
        return TensorSpec(tensor.shape, tensor.type, is_constant=tensor.is_constant)
    raise ValueError(f"tensor {tensor.index} ({tensor.name!r}) is read before it is written")


def scale_tensor(subgraph: Subgraph, tensor: Tensor) -> Tensor | None:
    """The tensor that holds the scales of a block-wise quantized one; None where it has none."""
    details = None if tensor.quantization is None else tensor.quantization.details
    return None if details is None or details.scales is None else subgraph.tensors[details.scales]


def _block_size(tensor: Tensor) -> int:
    details = None if tensor.quantization is None else tensor.quantization.details
    return 0 if details is None else max(details.block_size, 0)


def _is_readable(tensor: Tensor) -> bool:
    return not tensor.sparsity and ELEMENT_TYPES[tensor.type].struct_code is not None
