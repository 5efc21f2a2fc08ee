"""The analysis of a workload: one entry point of a model, for the input shapes asked for."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tflops_native.analysis.calls import Budget
from tflops_native.analysis.constants import constants_in_use
from tflops_native.analysis.given import DecidingInputs, known_inputs
from tflops_native.analysis.memory import peak_memory, state_bytes
from tflops_native.analysis.operators import EXACT, OperatorAnalysis, called_bytes
from tflops_native.analysis.result import Analysis, InputAnalysis
from tflops_native.analysis.stored import entry_specs
from tflops_native.analysis.walk import Walk
from tflops_native.checks import whole_number
from tflops_native.errors import ShapeError, UnsupportedOperatorError
from tflops_native.formatting import shape as shape_text
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.info import ModelInfo
from tflops_native.ops.executions import Execution
from tflops_native.ops.tensor_spec import Shape
from tflops_native.workload import Workload


def analyze_workload(
    workload: Workload,
    *,
    strict: bool = False,
    trip_count: int | None = None,
    tensor_shapes: Sequence[Shape | None] | None = None,
    execution: Execution | None = None,
    unobserved: str | None = None,
) -> Analysis:
    """Infer all shapes of a workload from those of its inputs, and count.

    Args:
        workload: what one inference is. Shapes, positions and numbers of iterations that depend on
            the user's data are known; no operator becomes cheaper by it.
        strict: whether an incomplete count is an error.
        trip_count: iterations to assume for loops whose count depends on data.
        tensor_shapes: per tensor of the entry's subgraph the shape that the runtime gave it for
            these inputs, None where that is not known. They replace what is inferred, so that an
            operator whose shape depends on data is counted exactly; subgraphs that operators run
            are inferred all the same.
        execution: the branches and iterations of that run, None where they are not known.
        unobserved: why they are not known.

    Raises:
        ShapeError: shapes do not fit at an operator.
        UnsupportedOperatorError: with `strict`, operators that are not counted exactly; lists all.
        OptionError: a trip count below 0.
        ValueError: another number of shapes than there are tensors.
    """
    if trip_count is not None:
        whole_number("trip_count", trip_count, minimum=0)
    model, entry, shapes = workload.model, workload.entry, workload.shapes
    defaulted = workload.defaulted
    if tensor_shapes is not None and len(tensor_shapes) != len(entry.subgraph.tensors):
        raise ValueError(
            f"there are {len(entry.subgraph.tensors)} tensors, but {len(tensor_shapes)} shapes"
        )
    constants = constants_in_use(model, entry.subgraph)
    walk = Walk(
        model,
        entry.subgraph,
        trip_count,
        (entry.subgraph.index,),
        Budget.for_model(model.subgraphs),
        tensor_shapes,
        execution,
        deciding=DecidingInputs(
            entry.subgraph, {item.tensor.index: item.name for item in entry.inputs}
        ),
        parameters=constants.by_operator,
    )
    known = known_inputs(workload)
    try:
        walk.bind(entry_specs(entry.subgraph, shapes, known))
    except ValueError as error:
        raise ShapeError(f"the inputs are refused: {error}") from error
    try:
        with _collector_paused():
            operators = walk.run()
    except ShapeError as error:
        for item in defaulted:
            error.add_note(
                f"input {item.name!r} has open lengths, taken as 1: ask for a shape {item.pattern}"
            )
        if changed := _changed_inputs(workload):
            raise _led_by(changed, error) from error
        raise
    if strict:
        _refuse_incomplete(operators)
    return Analysis(
        model=ModelInfo.of(model),
        signature=entry.signature,
        subgraph_index=entry.subgraph.index,
        subgraph_name=entry.subgraph.name,
        inputs=tuple(
            InputAnalysis(
                name=item.name,
                type=ELEMENT_TYPES[item.tensor.type].name,
                shape=shapes[item.position],
                shape_signature=item.tensor.shape_signature,
                is_defaulted=item in defaulted,
            )
            for item in entry.inputs
        ),
        operators=operators,
        tensor_shapes=walk.shapes(),
        called_shapes=walk.budget.shapes,
        bounded_tensors=walk.bounded(),
        has_runtime_shapes=tensor_shapes is not None,
        has_runtime_iterations=execution is not None,
        unobserved=unobserved,
        peak_memory=peak_memory(entry.subgraph, walk.shapes(), called_bytes(operators)),
        state_bytes=state_bytes(model, entry.subgraph),
        weight_bytes=constants.size_bytes,
        parameters=constants.parameters,
        constants=constants.kinds,
    )


def _changed_inputs(workload: Workload) -> str:
    """The inputs whose shape differs from the file in a length that the file does not leave open."""
    found = []
    for item in workload.entry.inputs:
        shape, stored = workload.shapes[item.position], item.tensor.shape_signature
        if any(was not in (-1, now) for now, was in zip(shape, stored, strict=False)):
            found.append(
                f"input {item.name!r} is {shape_text(stored)} in the file, got {shape_text(shape)}"
            )
    return ", ".join(found)


def _led_by(reason: str, error: ShapeError) -> ShapeError:
    """The same refusal behind what most likely is its reason."""
    led = ShapeError(f"{reason}: {error}")
    for note in getattr(error, "__notes__", ()):
        led.add_note(note)
    return led


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without Python's search for reference cycles, of which a walk makes none.

    Over the many small objects of a large model that search takes longer with each of them: half as
    long again as the analysis itself of 100,000 operators.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _refuse_incomplete(operators: Sequence[OperatorAnalysis]) -> None:
    incomplete = [operator for operator in operators if operator.status not in EXACT]
    if incomplete:
        listed = ", ".join(
            f"{operator.index} {operator.name} ({operator.status.value}: {operator.note})"
            for operator in incomplete
        )
        raise UnsupportedOperatorError(
            f"{len(incomplete)} of {len(operators)} operators are not counted exactly: {listed}"
        )
