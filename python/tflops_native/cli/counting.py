"""Counting on inferred shapes, or on those of a run."""

from pathlib import Path

from tflops_native.analysis import Analysis, analyze_model
from tflops_native.cli.options import InputShapes
from tflops_native.model import Model


def count_model(
    path: str,
    model: Model,
    *,
    input_shapes: InputShapes,
    signature: str | None,
    strict: bool,
    trip_count: int | None,
    shapes: str,
    runtime: str | None = None,
) -> Analysis:
    """The analysis of one entry point of the model at `path`; `shapes` as the option has it."""
    tensor_shapes = None
    if shapes == "runtime":
        from tflops_native.timing import DEFAULT_RUNTIME, MeasureOptions, runtime_shapes_isolated

        # Shapes that do not fit are refused here, with a hint: the runtime could crash on them.
        analyze_model(model, input_shapes=input_shapes, signature=signature)
        options = MeasureOptions(
            input_shapes=input_shapes, signature=signature, runtime=runtime or DEFAULT_RUNTIME
        )
        tensor_shapes = runtime_shapes_isolated(Path(path), options)
    return analyze_model(
        model,
        input_shapes=input_shapes,
        signature=signature,
        strict=strict,
        trip_count=trip_count,
        tensor_shapes=tensor_shapes,
    )
