"""`tflops verify`: whether the inferred shapes are those of the runtime."""

from collections.abc import Iterable
from typing import Any

import click

from tflops_native import api
from tflops_native.cli.options import (
    data_options,
    input_options,
    limit_options,
    model_argument,
    runtime_option,
)
from tflops_native.cli.output import output_options, show_json
from tflops_native.cli.progress import progress_bar
from tflops_native.reports import numbers
from tflops_native.reports.verification import TensorDifference

DIFFERENT = 1
_NAMED = 3  # tensors of one reason that are named, where there are more


@click.command("verify")
@model_argument
@input_options
@runtime_option(is_repeatable=False)
@data_options
@limit_options
@output_options
@click.pass_context
def command(context: click.Context, /, model: str, output: Any, **options: Any) -> None:
    """Compare the inferred shape of every tensor with the runtime's.

    The exit code is 0 where all agree, 1 where one differs, 2 where the comparison failed.
    """
    with progress_bar() as progress:
        verification = api.verify(model, isolated=True, progress=progress, **options)
    if output == "json":
        show_json(verification.to_dict())
    else:
        for line in _lines(verification):
            click.echo(line)
    if not verification.is_right:
        context.exit(DIFFERENT)


def _lines(verification: Any) -> Iterable[str]:
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
        yield f"all shapes match the runtime: {compared} compared"
    else:
        wrong = numbers.plural(len(verification.mismatches), "shape")
        yield f"{wrong} differ from the runtime: {compared} compared"


def _place(item: TensorDifference) -> str:
    tensor = f"tensor {item.tensor_index} ({item.tensor_name})"
    if item.operator_index is None:
        return tensor
    return f"operator {item.operator_index} ({item.operator_name}), {tensor}"


def _shape(shape: tuple[int, ...] | None) -> str:
    return "unknown" if shape is None else numbers.shape(shape)
