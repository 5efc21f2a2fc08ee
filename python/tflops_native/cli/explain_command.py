"""`tflops explain`: the rule of one operator, from the rule's own documentation."""

import dataclasses
import difflib
import inspect
from enum import Enum
from pathlib import Path

import click

from tflops_native import api
from tflops_native.analysis import OperatorAnalysis, mac_formula
from tflops_native.cli.options import input_options
from tflops_native.model import BUILTIN_OPERATORS, Operator, Subgraph, load
from tflops_native.ops import REGISTRY, Cost, Rule
from tflops_native.ops.plugins import find_rule
from tflops_native.reports.numbers import shape as shape_text

_LABEL_WIDTH = 10


@click.command("explain")
@click.argument("operator")
@input_options
def command(operator: str, input_shapes: dict[str, tuple[int, ...]], signature: str | None) -> None:
    """Print the rule of an operator: roles, formula, source.

    OPERATOR is a name, CONV_2D, or MODEL:INDEX, an operator of a model by its number in the table of
    `tflops count`. Then its tensors and options are printed too, and the formula with the numbers put
    in. MODEL:8/body/3 is operator 3 in the body of the loop that is operator 8.
    """
    model, _, path = operator.rpartition(":")
    if model and path[:1].isdigit():
        _explain_in_model(model, path, input_shapes, signature)
        return
    if input_shapes or signature is not None:
        raise click.UsageError(
            f"--input-shape and --signature go with MODEL:INDEX, not {operator!r}"
        )
    rule = _rule(operator)
    if rule is None:
        raise click.UsageError(_unknown(operator))
    click.echo(f"{rule.name}\n")
    _print_rule(rule)
    if rule.options_type is not None:
        options = ", ".join(rule.option_names) or "none that matter here"
        click.echo(f"\nOptions  {rule.options_type}: {options}")


def _rule(operator: str) -> Rule | None:
    """The rule of this name; capitals make no difference where no other rule has the name."""
    by_name = {name.upper(): rule for name, rule in REGISTRY.items()}
    return find_rule(operator) or by_name.get(operator.upper())


def _print_rule(rule: Rule) -> None:
    click.echo(inspect.getdoc(rule.op))
    for line in _fixed(rule):
        click.echo(line)


def _unknown(operator: str) -> str:
    name = operator.upper()
    if name in BUILTIN_OPERATORS:
        return f"{name} is an operator of TensorFlow Lite, but has no rule"
    if Path(operator).is_file():
        return f"{operator} is a file: {operator}:0 is its first operator"
    near = difflib.get_close_matches(name, REGISTRY, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `tflops ops` lists all"
    return f"there is no operator {name!r}{hint}"


def _fixed(rule: Rule) -> list[str]:
    """What tells this operator from others of its class, as far as it is a number."""
    lines = []
    for name, value in rule.fixed.items():
        if isinstance(value, Cost):
            parts = [
                f"{number} {field}" for field, number in dataclasses.asdict(value).items() if number
            ]
            lines.append(f"\n{name}: {', '.join(parts)}")
        elif isinstance(value, int):
            lines.append(f"\n{name}: {value}")
    return lines


def _explain_in_model(
    path: str, place: str, input_shapes: dict[str, tuple[int, ...]], signature: str | None
) -> None:
    model = load(path)
    analysis = api.analyze(model, input_shapes=input_shapes, signature=signature)
    subgraph, analysed = _find(analysis.subgraph_index, analysis.operators, place)
    graph = model.subgraphs[subgraph]
    stored = graph.operators[analysed.index]
    rule = find_rule(analysed.name)
    where = f"operator {analysed.index} in subgraph {subgraph} of {Path(path).name}"
    click.echo(_printable(f"{analysed.name}, {where}\n"))
    if rule is not None:
        _print_rule(rule)
        click.echo()
    for label, text in [
        *_tensors(graph, stored, analysed, rule),
        ("options", _options(stored, analysed, rule)),
        *_counts(analysed, rule),
    ]:
        click.echo(_printable(f"{label:{_LABEL_WIDTH}}{text}".rstrip()))


def _find(
    subgraph: int, operators: tuple[OperatorAnalysis, ...], place: str
) -> tuple[int, OperatorAnalysis]:
    """The operator at "8", or at "8/body/3", with the index of its subgraph."""
    number, _, inner = place.partition("/")
    if not number.isdigit() or int(number) >= len(operators):
        raise click.UsageError(
            f"there is no operator {number!r}: subgraph {subgraph} has {_range(len(operators))}"
        )
    found = operators[int(number)]
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


def _tensors(
    graph: Subgraph, stored: Operator, analysed: OperatorAnalysis, rule: Rule | None
) -> list[tuple[str, str]]:
    """A line for each input and output: role, type, shape, name."""
    roles = () if rule is None else rule.roles
    lines = []
    inputs = zip(stored.inputs, analysed.input_shapes, strict=True)
    for position, (index, shape) in enumerate(inputs):
        role = roles[min(position, len(roles) - 1)] if roles else str(position)
        text = "absent"
        if index is not None:
            tensor = graph.tensors[index]
            text = f"{tensor.type.name.lower()} {shape_text(shape)}  {tensor.name}"
        lines.append((f"{role}", text))
    for index, shape in zip(stored.outputs, analysed.output_shapes, strict=True):
        tensor = graph.tensors[index]
        lines.append(("output", f"{tensor.type.name.lower()} {shape_text(shape)}  {tensor.name}"))
    width = max((len(role) for role, _ in lines), default=0)
    return [
        ("tensors" if not position else "", f"{role:{width}}  {text}")
        for position, (role, text) in enumerate(lines)
    ]


def _options(stored: Operator, analysed: OperatorAnalysis, rule: Rule | None) -> str:
    """The options that the rule reads; all that the file has where there is no rule."""
    found: dict[str, object] = dict(stored.options)
    if rule is not None and analysed.rule is not None:
        found = {name: getattr(analysed.rule, name) for name in rule.option_names}
    return ", ".join(f"{name} {_option(value)}" for name, value in found.items()) or "none"


def _option(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _counts(analysed: OperatorAnalysis, rule: Rule | None) -> list[tuple[str, str]]:
    """The counts, MACs by the formula where that can be done."""
    lines = [("status", analysed.status.value)]
    if analysed.note is not None:
        lines.append(("note", analysed.note))
    cost = analysed.cost
    formula = None if rule is None else mac_formula(analysed, rule.roles)
    if formula is not None and cost.macs:
        lines += [
            ("MACs", f"= {formula.text}"),
            ("", f"= {formula.numbers}"),
            ("", f"= {formula.value:,}"),
        ]
    else:
        lines.append(("MACs", f"{cost.macs:,}"))
    lines.append(("other", f"{cost.scalar_ops:,} scalar, {cost.transcendentals:,} transcendental"))
    total = ", ".join(f"{number:,} ({name})" for name, number in analysed.operations.items())
    lines.append(("total", f"{total or 0} operations, 2 per MAC"))
    lines += [
        ("runs", f"{call.role} x{call.times:,}{'' if call.is_counted else ', not counted'}")
        for call in analysed.calls
    ]
    return lines


def _printable(text: str) -> str:
    """Names come from a file that may be anybody's: they must not steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
