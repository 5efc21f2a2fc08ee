"""`tflops verify`: whether the inferred shapes are those of the runtime."""

from collections.abc import Iterable
from pathlib import Path

import click

from tflops_native.analysis import analyze_model
from tflops_native.cli.input_options import InputFiles
from tflops_native.cli.limit_options import limit_options
from tflops_native.cli.options import (
    InputShapes,
    model_argument,
    show_json,
    static_options,
)
from tflops_native.cli.timing_options import data_options, runtime_option
from tflops_native.isolation.limits import ChildLimits
from tflops_native.model import load
from tflops_native.reports import numbers
from tflops_native.reports.verification import TensorDifference, Verification
from tflops_native.runtime.session import with_given_shapes
from tflops_native.runtime.shapes import runtime_shapes_isolated
from tflops_native.timing.options import MeasureOptions

DIFFERENT = 1
_NAMED = 3  # tensors of one reason that are named, where there are more


@click.command("verify")
@model_argument
@static_options
@data_options
@runtime_option
@limit_options
@click.pass_context
def command(
    context: click.Context,
    model: str,
    input_shapes: InputShapes,
    signature: str | None,
    output_format: str,
    runtime: str,
    inputs: InputFiles,
    fill: str,
    seed: int,
    limits: ChildLimits,
) -> None:
    """Compare the inferred shape of every tensor with the runtime's.

    The exit code is 0 where all agree, 1 where one differs, 2 where the comparison failed.
    """
    loaded = load(model)
    options = MeasureOptions(
        input_shapes=input_shapes,
        signature=signature,
        runtime=runtime,
        inputs=inputs,
        fill=fill,
        seed=seed,
    )
    options = with_given_shapes(loaded, options)
    analysis = analyze_model(loaded, input_shapes=options.input_shapes, signature=signature)
    shapes = runtime_shapes_isolated(Path(model), options, limits)
    verification = Verification.of(loaded, analysis, shapes)
    if output_format == "json":
        show_json(verification.to_dict())
    else:
        for line in _lines(verification):
            click.echo(line)
    if not verification.is_right:
        context.exit(DIFFERENT)


def _lines(verification: Verification) -> Iterable[str]:
    for item in verification.mismatches:
        limit = " at most" if item.is_bound else ""
        yield (
            f"{_place(item)}: inferred{limit} {_shape(item.inferred)}, "
            f"but the runtime has {_shape(item.runtime)}"
        )
    by_reason: dict[str, list[TensorDifference]] = {}
    for item in verification.not_compared:
        by_reason.setdefault(item.reason, []).append(item)
    for reason, items in by_reason.items():
        places = "; ".join(map(_place, items[:_NAMED]))
        more = f"; and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        yield f"not compared, {reason}: {places}{more}"
    compared = (
        f"{numbers.plural(verification.tensors, 'tensor')} "
        f"of {numbers.plural(verification.operators, 'operator')}"
    )
    if verification.is_right:
        yield f"all shapes are the runtime's: {compared} compared"
    else:
        wrong = numbers.plural(len(verification.mismatches), "shape")
        yield f"{wrong} not the runtime's: {compared} compared"


def _place(item: TensorDifference) -> str:
    tensor = f"tensor {item.tensor_index} ({item.tensor_name})"
    if item.operator_index is None:
        return tensor
    return f"operator {item.operator_index} ({item.operator_name}), {tensor}"


def _shape(shape: tuple[int, ...] | None) -> str:
    return "unknown" if shape is None else numbers.shape(shape)
