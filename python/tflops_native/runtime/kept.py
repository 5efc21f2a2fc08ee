"""What every tensor of a model holds after one run, and parts of the model run on that."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tflops_native.compiled import native
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
    made = [
        index
        for index in dict.fromkeys(i for o in graph.operators for i in o.outputs)
        if not graph.tensors[index].is_variable
    ]
    whole = cut_model(
        session.workload.model,
        range(len(graph.operators)),
        subgraph=graph.index,
        inputs=graph.inputs,
        outputs=made,
    )
    given = {
        index: session.interpreter.get_input(session.positions[position])
        for position, index in enumerate(graph.inputs)
    }
    interpreter = filled(whole, graph.inputs, given, runtime, options)
    if sum(info.byte_size for info in interpreter.outputs) > KEPT_BYTES_LIMIT:
        raise MemoryError
    interpreter.invoke()
    outputs = zip(made, map(interpreter.get_output, range(len(made))), strict=True)
    return given | dict(outputs)


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
