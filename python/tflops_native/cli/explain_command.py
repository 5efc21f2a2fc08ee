"""`tflops explain`: the rule of one operator, from the rule's own documentation."""

import dataclasses
import difflib
import inspect

import click

from tflops_native.model import BUILTIN_OPERATORS
from tflops_native.ops import REGISTRY, Cost, Rule


@click.command("explain")
@click.argument("operator")
def command(operator: str) -> None:
    """Print the rule of an operator: roles, formula, source."""
    name = operator.upper()
    rule = REGISTRY.get(name)
    if rule is None:
        raise click.UsageError(_unknown(name))
    click.echo(f"{name}\n")
    click.echo(inspect.getdoc(rule.op))
    for line in _fixed(rule):
        click.echo(line)
    if rule.options_type is not None:
        options = ", ".join(rule.option_names) or "none that matter here"
        click.echo(f"\nOptions  {rule.options_type}: {options}")


def _unknown(name: str) -> str:
    if name in BUILTIN_OPERATORS:
        return f"{name} is an operator of TensorFlow Lite, but has no rule yet"
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
