"""Counting on inferred shapes, or on those of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tflops_native.analysis import Analysis, analyze_model
from tflops_native.cli.input_options import InputFiles
from tflops_native.cli.options import InputShapes
from tflops_native.model import Model

if TYPE_CHECKING:
    from tflops_native.isolation.limits import ChildLimits
    from tflops_native.timing.options import MeasureOptions


def run_options(
    model: Model, *, input_shapes: InputShapes, signature: str | None, inputs: InputFiles
) -> "MeasureOptions":
    """How a count runs the model, if it does; the shapes of the user's data are among its shapes."""
    # Imported here: most counts run nothing.
    from tflops_native.runtime.session import with_given_shapes
    from tflops_native.timing.options import MeasureOptions

    options = MeasureOptions(input_shapes=input_shapes, signature=signature, inputs=inputs)
    return with_given_shapes(model, options)


def count_model(
    path: str,
    model: Model,
    *,
    input_shapes: Mapping[str, Sequence[int]],
    signature: str | None,
    strict: bool,
    trip_count: int | None,
    run: "MeasureOptions | None",
    limits: "ChildLimits | None" = None,
) -> Analysis:
    """The analysis of one entry point of the model at `path`; with `run` on the shapes of a run."""
    tensor_shapes = None
    if run is not None:
        from tflops_native.isolation.limits import NO_LIMITS
        from tflops_native.runtime.shapes import runtime_shapes_isolated

        # Shapes that do not fit are refused here, with a hint: the runtime could crash on them.
        analyze_model(model, input_shapes=input_shapes, signature=signature)
        tensor_shapes = runtime_shapes_isolated(Path(path), run, limits or NO_LIMITS)
    return analyze_model(
        model,
        input_shapes=input_shapes,
        signature=signature,
        strict=strict,
        trip_count=trip_count,
        tensor_shapes=tensor_shapes,
    )
