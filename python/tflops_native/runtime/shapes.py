"""The shapes that the runtime gives to the tensors of a model: the referee of inferred ones."""

from dataclasses import replace
from typing import TypeAlias

from tflops_native.errors import InvokeError
from tflops_native.model.graph import Model
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session, fill_inputs, open_session
from tflops_native.runtime.state import first_invoke
from tflops_native.workload import Workload

# How TensorFlow Lite says that it has no kernel of its own for an operator.
_NO_KERNEL = ("unresolved custom op", "Didn't find op for builtin opcode")
Shapes: TypeAlias = tuple[tuple[int, ...] | None, ...]


def runtime_shapes(
    workload: Workload, options: RunOptions, progress: Progress = no_progress
) -> Shapes:
    """The shape of every tensor of one entry point, as the runtime's own kernels make it.

    Where these lack an operator, XNNPACK runs what it can: tensors inside of what it runs are not shown.

    The model is allocated and, where shapes are known only then, invoked once.

    Args:
        workload: what to run.
        options: runtime, threads and data; the kernels are "builtin" where possible, because a delegate
            hides the tensors between its operators.
        progress: called with what is being done and how much of it, 0 to 1.

    Returns:
        One per tensor of the subgraph. None for those that the runtime does not show: of a signature
        outside the main subgraph, and of LiteRT, all but inputs and outputs; of XNNPACK, those inside.

    Raises:
        RuntimeLibraryError: the runtime cannot be loaded, or lacks what is asked for.
        InvokeError: the runtime refuses the model, with its own words.
    """
    try:
        return _shapes_with("builtin", workload, options, progress)
    except InvokeError as error:
        if not any(words in str(error) for words in _NO_KERNEL):
            raise
        try:
            return _shapes_with("xnnpack", workload, options, progress)
        except InvokeError:
            raise error from None


def _shapes_with(
    kernels: str, workload: Workload, options: RunOptions, progress: Progress
) -> Shapes:
    options = replace(options, kernels=kernels)
    session = open_session(workload, options, open_runtime(options.runtime), progress=progress)
    if not _is_settled(session):
        fill_inputs(session, options)
        progress("invoke", 0.0)
        first_invoke(session)
    return _shapes(workload.model, session, is_delegated=kernels != "builtin")


def _is_settled(session: Session) -> bool:
    """Whether the shapes are final once memory is allocated: no operator decides on one as it runs.

    The runtime gives no memory to such a tensor, nor to any that depends on it.
    """
    subgraph = session.workload.entry.subgraph
    if subgraph.index:
        return False  # the runtime does not show its tensors
    made = (index for operator in subgraph.operators for index in operator.outputs)
    return all(_has_memory(session, index) for index in made)


def _has_memory(session: Session, index: int) -> bool:
    try:
        return session.interpreter.get_tensor(index).size > 0
    except InvokeError:
        return False


def _shapes(model: Model, session: Session, *, is_delegated: bool) -> Shapes:
    interpreter, subgraph = session.interpreter, session.workload.entry.subgraph
    if not subgraph.index:
        found = [interpreter.tensor(tensor.index) for tensor in subgraph.tensors]
        if any(found):
            # What a delegate keeps to itself has the shape of the file, whatever it was in the run.
            return tuple(
                None
                if info is None or (is_delegated and not _has_memory(session, index))
                else info.shape
                for index, info in enumerate(found)
            )
    # Only inputs and outputs are shown.
    shapes = {
        subgraph.inputs[position]: interpreter.inputs[theirs].shape
        for position, theirs in session.positions.items()
    }
    names = {}
    if session.workload.entry.signature is not None:
        names = dict(model.signature(session.workload.entry.signature).outputs)
    for info in interpreter.outputs:
        shapes[info.index if info.index >= 0 else names[info.name]] = info.shape
    return tuple(shapes.get(tensor.index) for tensor in subgraph.tensors)
