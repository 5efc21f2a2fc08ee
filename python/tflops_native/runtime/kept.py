"""What every tensor of a model holds after one run, and parts of the model run on that."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tflops_native.compiled import native
from tflops_native.errors import InvokeError
from tflops_native.model.called import CalledSubgraph
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.graph import Model, Operator, Subgraph, Tensor
from tflops_native.model.schema import TensorType
from tflops_native.runtime.cut import cut_model
from tflops_native.runtime.libraries import NativeRuntime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from tflops_native._native import Interpreter, ModelCopy

    Values = Mapping[int, "NDArray[Any]"]

# Kept tensors are in memory all at once.
KEPT_BYTES_LIMIT = 1 << 30


def kept_values(
    session: Session, runtime: NativeRuntime, options: RunOptions
) -> "dict[int, NDArray[Any]]":
    """By tensor index: one run of all operators of the entry point, in which every tensor is an output.

    Args:
        session: of the whole model, its inputs filled.

    Raises:
        InvokeError, ModelFormatError, RuntimeLibraryError: the runtime refuses the model so.
        MemoryError: the tensors have more than 1 GiB.
    """
    graph = session.workload.entry.subgraph
    given = {
        index: session.interpreter.get_input(session.positions[position])
        for position, index in enumerate(graph.inputs)
    }
    return _kept(session.workload.model, graph, given, runtime, options)


def kept_inside(
    session: Session,
    runtime: NativeRuntime,
    options: RunOptions,
    calls: Sequence[tuple[Operator, CalledSubgraph]],
) -> "dict[int, NDArray[Any]]":
    """As `kept_values`, of a subgraph that operators run: of the first time that they run it.

    Args:
        calls: the operators from the entry point inwards, and the subgraph of each that is entered.

    Raises:
        InvokeError: also where the values that a subgraph takes are not known.
    """
    model, graph = session.workload.model, session.workload.entry.subgraph
    values = kept_values(session, runtime, options)
    for operator, called in calls:
        inner = model.subgraphs[called.index]
        first = called.role.first_input
        passed = () if first is None else operator.inputs[first:]
        if len(passed) != len(inner.inputs):
            raise InvokeError(
                f"subgraph {called.index} takes {len(inner.inputs)} inputs, which operator "
                f"{operator.index} ({operator.name}) does not pass as they are"
            )
        given = {}
        for index, outer in zip(inner.inputs, passed, strict=True):
            array = None if outer is None else values.get(outer, _constant(graph.tensors[outer]))
            if array is None:
                raise InvokeError(
                    f"input {inner.tensors[index].name!r} of subgraph {called.index} cannot be read"
                )
            given[index] = array
        values = _kept(model, inner, given, runtime, options)
        graph = inner
    return values


def _kept(
    model: Model, graph: Subgraph, given: "Values", runtime: NativeRuntime, options: RunOptions
) -> "dict[int, NDArray[Any]]":
    """What all tensors of a subgraph hold after a run of it on these values."""
    made = [
        index
        for index in dict.fromkeys(i for o in graph.operators for i in o.outputs)
        if not graph.tensors[index].is_variable
        and graph.tensors[index].type not in (TensorType.RESOURCE, TensorType.VARIANT)
    ]
    whole = cut_model(
        model,
        range(len(graph.operators)),
        subgraph=graph.index,
        inputs=graph.inputs,
        outputs=made,
    )
    interpreter = filled(whole, graph.inputs, given, runtime, options)
    if sum(info.byte_size for info in interpreter.outputs) > KEPT_BYTES_LIMIT:
        raise MemoryError
    interpreter.invoke()
    outputs = zip(made, map(interpreter.get_output, range(len(made))), strict=True)
    return {**given, **dict(outputs)}


def _constant(tensor: Tensor) -> "NDArray[Any] | None":
    """The value of a constant; None where it is none, or numpy has no such type."""
    import numpy as np

    name = ELEMENT_TYPES[tensor.type].numpy_name
    if tensor.data is None or name is None or tensor.sparsity is not None:
        return None
    return np.frombuffer(tensor.data, np.dtype(name), tensor.element_count).reshape(tensor.shape)


def filled(
    model: "ModelCopy | bytes",
    inputs: Sequence[int],
    values: "Values",
    runtime: NativeRuntime,
    options: RunOptions,
) -> "Interpreter":
    """An allocated interpreter of a model whose inputs are these tensors, with their values."""
    interpreter: Interpreter = native().Interpreter(
        runtime.library,
        model,
        threads=options.threads,
        kernels=options.kernels,
        delegate=options.delegate,
        delegate_options=list(options.delegate_options.items()),
    )
    for position, index in enumerate(inputs):
        if tuple(values[index].shape) != interpreter.inputs[position].shape:
            interpreter.resize_input(position, values[index].shape)
    interpreter.allocate()
    for position, index in enumerate(inputs):
        interpreter.set_input(position, values[index])
    return interpreter
