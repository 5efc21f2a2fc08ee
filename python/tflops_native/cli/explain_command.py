"""`tflops explain`: the rule of one operator, from the rule's own documentation."""

import difflib
import os
from pathlib import Path

import click

from tflops_native import api
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.checks import listed_index
from tflops_native.cli.completion import complete_operators
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import source_of
from tflops_native.cli.options import input_options
from tflops_native.cli.output import Output, output_options, show_document
from tflops_native.formats.explained_columns import columns_document
from tflops_native.formats.explanation import explain_document, explain_operator_document
from tflops_native.model.reader import load
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.ops._op import REGISTRY, Rule
from tflops_native.ops.plugins import find_rule


@click.command("explain", cls=Command)
@click.argument("operator", shell_complete=complete_operators)
@input_options
@output_options
def command(
    operator: str,
    input_shapes: dict[str, tuple[int, ...]],
    signature: str | None,
    output: Output,
) -> None:
    """Print the rule of an operator: roles, formula, source.

    OPERATOR is a name, CONV_2D, or MODEL:INDEX, an operator of a model by its number in the table of
    `tflops count`. Then its tensors and options are printed too, and the formula with the numbers put
    in. MODEL:8/body/3 is operator 3 in the body of the loop that is operator 8.

    `tflops explain columns` explains the columns of that table, and those of other commands.

    \b
    tflops explain CONV_2D             the rule of an operator
    tflops explain model.tflite:8      operator 8 of a model, with its numbers
    tflops explain columns             the columns of all tables
    """
    if operator == "columns":
        show_document(columns_document(), output)
        return
    model, _, path = operator.rpartition(":")
    if model and path.removeprefix("-")[:1].isdigit():
        _explain_in_model(model, path, input_shapes, signature, output)
        return
    if input_shapes or signature is not None:
        raise click.UsageError(
            f"--input-shape and --signature go with MODEL:INDEX, not {operator!r}"
        )
    rule = _rule(operator)
    if rule is None:
        raise click.UsageError(_unknown(operator))
    show_document(explain_document(rule), output)


def _rule(operator: str) -> Rule | None:
    """The rule of this name; capitals make no difference where no other rule has the name."""
    rule = find_rule(operator)
    if rule is None:
        by_capitals = {name.upper(): name for name in REGISTRY}
        name = by_capitals.get(operator.upper())
        rule = None if name is None else REGISTRY[name]
    return rule


def _unknown(operator: str) -> str:
    name = operator.upper()
    if name in BUILTIN_OPERATORS:
        return f"{name} is an operator of TensorFlow Lite, but has no rule"
    if os.path.lexists(operator) and Path(operator).is_file():
        return f"{operator} is a file: {operator}:0 is its first operator"
    file, _, place = operator.rpartition(":")
    if file and Path(file).is_file():
        return f"{place!r} is no operator of {file}: {file}:0 is its first operator"
    near = difflib.get_close_matches(name, REGISTRY, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `tflops ops` lists all"
    return f"there is no operator {name!r}{hint}"


def _explain_in_model(
    path: str,
    place: str,
    input_shapes: dict[str, tuple[int, ...]],
    signature: str | None,
    output: Output,
) -> None:
    model = load(source_of(path))
    analysis = api.analyze(model, input_shapes=input_shapes, signature=signature)
    subgraph, analysed = _find(analysis.subgraph_index, analysis.operators, place)
    document = explain_operator_document(model, subgraph, analysed, find_rule(analysed.name))
    show_document(document, output)


def _find(
    subgraph: int, operators: tuple[OperatorAnalysis, ...], place: str
) -> tuple[int, OperatorAnalysis]:
    """The operator at "8", or at "8/body/3", with the index of its subgraph."""
    number, _, inner = place.partition("/")
    index = listed_index(number, len(operators))
    if index is None:
        raise click.UsageError(
            f"there is no operator {number!r}: subgraph {subgraph} has {_range(len(operators))}"
        )
    found = operators[index]
    if not inner:
        return subgraph, found
    role, _, rest = inner.partition("/")
    for call in found.calls:
        if call.role == role:
            return _find(call.subgraph_index, call.operators, rest)
    roles = ", ".join(dict.fromkeys(call.role for call in found.calls)) or "no subgraph"
    raise click.UsageError(f"operator {number} ({found.name}) runs no {role!r}, but {roles}")


def _range(count: int) -> str:
    return f"operators 0 to {count - 1}" if count else "none"
