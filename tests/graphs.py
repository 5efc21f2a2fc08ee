"""Subgraphs made by hand, for tests that need a graph and no file."""

from tflops_native.model.graph import Operator, Subgraph


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


def graph(*operators):
    """A subgraph of (name, inputs, outputs) in order; what no operator reads is its output."""
    made = tuple(operator(index, *fields) for index, fields in enumerate(operators))
    read = {index for each in made for index in each.inputs}
    outputs = tuple(index for each in made for index in each.outputs if index not in read)
    return Subgraph(index=0, name="main", tensors=(), inputs=(0,), outputs=outputs, operators=made)


def chain(*names):
    """A subgraph in which each operator reads what the one before wrote."""
    return graph(*((name, [index], [index + 1]) for index, name in enumerate(names)))
