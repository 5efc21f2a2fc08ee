"""Whether a workload is fit to be run: what XNNPACK cannot run, and values that a run would make up."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tflops_native.analysis.given import option_hint
from tflops_native.analysis.operators import OperatorAnalysis, Status
from tflops_native.analysis.result import Analysis
from tflops_native.errors import InvokeError, ShapeError
from tflops_native.measurement.other_runtimes import other_runtime
from tflops_native.model.graph import Model, Subgraph
from tflops_native.model.limits import shown_shape
from tflops_native.model.schema import TensorType
from tflops_native.notes import Note
from tflops_native.runtime.options import RunOptions
from tflops_native.workload import Workload

# Types of which XNNPACK takes arithmetic; integers of shapes stay with the builtin kernels.
_DELEGATED_TYPES = frozenset(
    {TensorType.FLOAT32, TensorType.FLOAT16, TensorType.INT8, TensorType.UINT8}
)
_INDEX_TYPES = frozenset({TensorType.INT32, TensorType.INT64})


def refuse_empty(workload: Workload, analysis: Analysis, kernels: str) -> None:
    """Refuse arithmetic on empty tensors with XNNPACK, which ends the process on some of it.

    Empty are also the results of windows larger than the input. What only moves data may be empty:
    a cache, say, that grows from nothing.

    Raises:
        ShapeError: an operator that XNNPACK may take reads or writes an empty tensor.
    """
    if kernels != "xnnpack" or analysis.coverage.shapes_assumed:
        return
    model, subgraph = workload.model, workload.entry.subgraph
    for operator, owner in _with_subgraphs(model, subgraph, analysis.operators):
        shape = _empty_shape(operator, owner)
        if shape is not None:
            error = ShapeError(
                f"XNNPACK cannot run {operator.name} on an empty tensor ({shown_shape(shape)}): "
                "time it with --kernels builtin, or choose another --input-shape"
            )
            error.add_note(f"operator {operator.index} ({operator.name}) in subgraph {owner.index}")
            raise error


def _with_subgraphs(
    model: Model, subgraph: Subgraph, operators: Iterable[OperatorAnalysis]
) -> Iterator[tuple[OperatorAnalysis, Subgraph]]:
    """The operators that are counted, each with the subgraph it is in."""
    for operator in operators:
        yield operator, subgraph
        for call in operator.calls:
            if call.is_counted:
                inner = model.subgraphs[call.subgraph_index]
                yield from _with_subgraphs(model, inner, call.operators)


def _empty_shape(operator: OperatorAnalysis, subgraph: Subgraph) -> tuple[int, ...] | None:
    """The shape of an empty tensor that XNNPACK might compute with; None without."""
    if operator.calls or operator.status in {Status.NO_ARITHMETIC, Status.UNSUPPORTED}:
        return None
    stored = subgraph.operators[operator.index]
    for index, shape in zip(
        (*stored.inputs, *stored.outputs),
        (*operator.input_shapes, *operator.output_shapes),
        strict=True,
    ):
        if index is None or shape is None or 0 not in shape:
            continue
        tensor = subgraph.tensors[index]
        if not tensor.is_constant and tensor.type in _DELEGATED_TYPES:
            return shape
    return None


def made_up_values(analysis: Analysis, options: RunOptions) -> tuple[Note, ...]:
    """A note where shapes or iterations follow from values that were not given."""
    names = analysis.waits_for
    if not names:
        return ()
    listed = ", ".join(map(repr, names))
    held = "zeros" if options.fill == "zeros" else "random"
    return (
        Note(
            code="made_up_values",
            text=f"shapes or iterations depend on the values of {listed}, which are {held} here",
            hint=option_hint(names),
        ),
    )


@contextmanager
def advised(
    workload: Workload, analysis: Analysis, options: RunOptions | None = None
) -> Iterator[None]:
    """Where a run fails, name the inputs that were made up and that it may have failed for.

    These are the inputs whose values decide on a shape, else all whole numbers: they may be indices,
    of which any may be out of bounds. Where the runtime of these options refuses the model, name
    another one that runs it.
    """
    try:
        yield
    except InvokeError as error:
        if options is not None and (other := other_runtime(workload, options, str(error))):
            error.add_note(other)
        names = analysis.waits_for or tuple(
            item.name
            for item in workload.entry.inputs
            if item.tensor.type in _INDEX_TYPES and item.position not in workload.given
        )
        # A model that is not even allocated fails whatever the values are.
        if names and "invoke" in str(error):
            listed = ", ".join(map(repr, names))
            error.add_note(f"the values of {listed} were made up: {option_hint(names)}")
        raise
