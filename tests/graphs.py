"""Subgraphs made by hand, for tests that need a graph and no file."""

from tflops_native.model.graph import Operator, Subgraph, Tensor
from tflops_native.model.schema import TensorType


def operator(index, name, inputs, outputs):
    """An operator without options; tensors are indices."""
    return Operator(
        index=index,
        name=name,
        code=0,
        custom_code=None,
        version=1,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        intermediates=(),
        options_type=None,
        options={},
        custom_options=None,
    )


def tensor(index, element_type, constant):
    """One of one element; `constant` is its bytes or None."""
    return Tensor(
        index=index,
        name=f"tensor {index}",
        type=element_type,
        shape=(1,),
        shape_signature=(1,),
        has_rank=True,
        buffer=0,
        data=None if constant is None else memoryview(constant),
        is_variable=False,
        external_buffer=0,
        sparsity=None,
        quantization=None,
    )


def graph(*operators, eight_bits=(), constants=()):
    """A subgraph of (name, inputs, outputs) in order; what no operator reads is its output.

    Tensors have one element, of int8 if among `eight_bits`, else of float32.
    """
    made = tuple(operator(index, *fields) for index, fields in enumerate(operators))
    read = {index for each in made for index in each.inputs}
    outputs = tuple(index for each in made for index in each.outputs if index not in read)
    count = 1 + max(
        (i for each in made for i in (*each.inputs, *each.outputs) if i is not None), default=0
    )
    tensors = tuple(
        tensor(
            index,
            TensorType.INT8 if index in eight_bits else TensorType.FLOAT32,
            bytes(4) if index in constants else None,
        )
        for index in range(count)
    )
    return Subgraph(
        index=0, name="main", tensors=tensors, inputs=(0,), outputs=outputs, operators=made
    )


def chain(*names, eight_bits=()):
    """A subgraph in which each operator reads what the one before wrote."""
    operators = ((name, [index], [index + 1]) for index, name in enumerate(names))
    return graph(*operators, eight_bits=eight_bits)
