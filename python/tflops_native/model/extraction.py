"""Some operators of a model as a file of their own, with the subgraphs that they run, and nothing else."""

from collections.abc import Iterable, Mapping, Sequence

from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model import schema
from tflops_native.model.extraction_writer import ModelWriter, Part
from tflops_native.model.graph import Model, Subgraph
from tflops_native.model.resources import Maker
from tflops_native.model.schema import TensorType

# What a builder can write, and what the file format can refer to.
_LARGEST_BYTES = (1 << 31) - (1 << 20)
_UNFED = (TensorType.RESOURCE, TensorType.VARIANT)


def extract_operators(
    model: Model,
    graph: Subgraph,
    operators: Sequence[int],
    *,
    inputs: Sequence[int],
    outputs: Sequence[int],
    makers: Sequence[Maker] = (),
    shapes: Mapping[int, tuple[int, ...]] | None = None,
) -> bytes:
    """The bytes of a model that runs these operators of a subgraph, in this order.

    The subgraphs that they run, and those that these run, come with them.

    Args:
        operators: their indices.
        inputs, outputs: indices of the tensors that it takes and gives.
        makers: operators of subgraphs around that make and initialize the variables they take.
        shapes: of tensors that have another one than the file says, by index.

    Raises:
        OptionError: an operator cannot run by itself, or the package `flatbuffers` is missing.
        ModelFormatError: it uses what is newer than the schema, or runs a subgraph that is not there.
    """
    part = Part(graph, operators, inputs, outputs, shapes or {}, makers)
    runs = [*(maker.operator for maker in makers), *map(graph.operators.__getitem__, operators)]
    called = [one.index for operator in runs for one in operator.subgraphs]
    parts = [part, *map(Part.whole, model.reachable(*called))]
    _check_inputs(graph, inputs)
    for one in parts:
        _check_operators(model, one)
    _check_size(model, parts)
    return ModelWriter(model, parts).write()


def _check_operators(model: Model, part: Part) -> None:
    for index in part.operators:
        operator = part.graph.operators[index]
        for called in operator.subgraphs:
            if not 0 <= called.index < len(model.subgraphs):
                raise ModelFormatError(
                    f"operator {index} ({operator.name}) runs subgraph {called.index}, "
                    f"but the model has {len(model.subgraphs)}"
                )
        for place in operator.inputs:
            if place is not None and part.graph.tensors[place].external_buffer:
                raise OptionError(
                    f"operator {index} ({operator.name}) has its constants in another file"
                )
        if operator.options_type is not None and operator.options_type.startswith("UNKNOWN"):
            raise ModelFormatError(
                f"operator {index} ({operator.name}) has options that are newer than {schema.SCHEMA_SOURCE}"
            )


def _check_inputs(graph: Subgraph, inputs: Iterable[int]) -> None:
    for index in inputs:
        tensor = graph.tensors[index]
        if tensor.type in _UNFED:
            is_passed = index in graph.inputs
            whose = "runs the subgraph" if is_passed else "makes it too"
            raise OptionError(
                f"input {tensor.name!r} of the operators is a {tensor.type.name}, which cannot be "
                f"given as data: extract the operator that {whose}"
            )


def _check_size(model: Model, parts: Iterable[Part]) -> None:
    if model.size_bytes <= _LARGEST_BYTES:
        return
    size = sum(
        len(data)
        for part in parts
        for index in part.operators
        for i in part.graph.operators[index].inputs
        if i is not None and (data := part.graph.tensors[i].data) is not None
    )
    if size > _LARGEST_BYTES:
        raise OptionError(
            f"the constants of the operators have {size} bytes, more than {_LARGEST_BYTES}"
        )
