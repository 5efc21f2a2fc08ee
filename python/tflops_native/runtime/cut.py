"""Some operators of a model as a model of their own, which shares its weights."""

import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tflops_native.compiled import native
from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.flatbuffer import FlatBuffer
from tflops_native.model.graph import Model, Subgraph
from tflops_native.model.sources.files import check_unchanged
from tflops_native.model.subgraph import structure

if TYPE_CHECKING:
    from tflops_native._native import ModelCopy

_MODEL = structure("Model", "subgraphs metadata signature_defs")
_SUBGRAPH = structure("SubGraph", "inputs outputs operators")
_ALIGNMENT = 16
_LARGEST_OFFSET = 0xFFFFFFFF


def cut_model(
    model: Model,
    operators: Iterable[int],
    *,
    subgraph: int = 0,
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
) -> "ModelCopy":
    """A model whose primary subgraph runs these operators alone, in this order; open it as bytes.

    It has all tensors of the subgraph, under their indices, and neither signatures nor metadata. With all
    operators, and intermediate tensors among the outputs, it is the model with these tensors kept.

    Args:
        operators: their indices, each once.
        inputs, outputs: tensor indices; those that `ends` finds if left out.

    Raises:
        OptionError: there is no such subgraph, operator or tensor.
        ModelFormatError: the file has no place for the list of inputs or outputs.
    """
    if not 0 <= subgraph < len(model.subgraphs):
        raise OptionError(f"subgraph {subgraph} is not one of the {len(model.subgraphs)}")
    graph = model.subgraphs[subgraph]
    wanted = list(operators)
    for kind, indices, count in (
        ("operator", wanted, len(graph.operators)),
        ("input", inputs or (), len(graph.tensors)),
        ("output", outputs or (), len(graph.tensors)),
    ):
        if bad := [index for index in indices if not 0 <= index < count]:
            raise OptionError(f"{kind} {bad[0]} is not an index from 0 to {count - 1}")
        if len(set(indices)) != len(indices):
            raise OptionError(f"each {kind} can be given once only, not {list(indices)}")
    found_inputs, found_outputs = ends(graph, wanted)
    return _patched(
        model,
        subgraph,
        wanted,
        found_inputs if inputs is None else tuple(inputs),
        found_outputs if outputs is None else tuple(outputs),
    )


def ends(graph: Subgraph, operators: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What operators take from outside, and what they make that is used outside (or nowhere).

    Constants and variables are neither.
    """
    chosen = [graph.operators[index] for index in operators]
    made = list(dict.fromkeys(index for operator in chosen for index in operator.outputs))
    read = dict.fromkeys(index for operator in chosen for index in operator.inputs)
    inputs = tuple(
        index
        for index in read
        if index is not None
        and index not in made
        and not graph.tensors[index].is_constant
        and not graph.tensors[index].is_variable
    )
    inside = set(operators)
    elsewhere = {
        index
        for position, operator in enumerate(graph.operators)
        if position not in inside
        for index in operator.inputs
    }
    outputs = tuple(
        index for index in made if index in elsewhere or index in graph.outputs or index not in read
    )
    return inputs, outputs


def _patched(
    model: Model,
    subgraph: int,
    operators: Sequence[int],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> "ModelCopy":
    """Offsets lead forward only: operators are listed in the old place, tensors behind the file."""
    file = FlatBuffer(model.data)
    subgraphs_at, metadata_at, signatures_at = file.table(file.follow(0, "root offset"), _MODEL)
    position = list(file.tables(subgraphs_at, "subgraphs"))[subgraph]
    inputs_at, outputs_at, operators_at = file.table(position, _SUBGRAPH)
    tables = list(file.tables(operators_at, "operators"))
    start = -(-model.size_bytes // _ALIGNMENT) * _ALIGNMENT
    room = start - model.size_bytes + 4 * (len(inputs) + len(outputs) + 2)
    copy: ModelCopy = native().ModelCopy(model.data if model.path is None else model.path, room)
    data = memoryview(copy).cast("B")
    if model.path is not None and model.stamp is not None:
        check_unchanged(model.path, model.stamp)

    def write(at: int, *values: int) -> None:
        struct.pack_into(f"<{len(values)}I", data, at, *values)

    def refer(at: int | None, target: int, what: str) -> None:
        if at is None or target - at > _LARGEST_OFFSET:
            raise ModelFormatError(f"subgraph {subgraph} has no place for a list of {what}")
        write(at, target - at)

    for at in (metadata_at, signatures_at):
        if at is not None:
            write(file.follow(at, "vector"), 0)
    vector = file.follow(subgraphs_at, "subgraphs")
    refer(vector + 4, position, "subgraphs")
    if operators:
        vector = file.follow(operators_at, "operators")
        write(vector, len(operators))
        for slot, index in enumerate(operators):
            refer(vector + 4 + 4 * slot, tables[index], "operators")
    for at, tensors, what in ((inputs_at, inputs, "inputs"), (outputs_at, outputs, "outputs")):
        if at is None and not tensors:
            continue
        refer(at, start, what)
        write(start, len(tensors), *tensors)
        start += 4 * (len(tensors) + 1)
    return copy
