"""`tflops ops`: the operators that are counted."""

import json
import sys
from typing import Any

import click

from tflops_native.model import BUILTIN_OPERATORS
from tflops_native.ops import REGISTRY
from tflops_native.ops.documentation import rule_text
from tflops_native.ops.plugins import load_plugins


@click.command("ops")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def command(output_format: str) -> None:
    """List the operators that are counted."""
    load_plugins()
    if output_format == "json":
        json.dump([_plain(name) for name in sorted(REGISTRY)], sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    width = max(map(len, REGISTRY))
    for name in sorted(REGISTRY):
        kind = rule_text(REGISTRY[name]).kind
        click.echo(f"{name:{width}}  {kind:14}  {', '.join(REGISTRY[name].roles)}")
    builtin = sum(name in REGISTRY for name in BUILTIN_OPERATORS)
    click.echo(
        f"\n{builtin} of the schema's {_operators_of_schema()} operators have a rule, and "
        f"{len(REGISTRY) - builtin} custom operators."
    )
    click.echo("`tflops explain NAME` prints one. Others are reported as not counted, never as 0.")


def _plain(name: str) -> dict[str, Any]:
    rule = REGISTRY[name]
    return {
        "operator": name,
        "counts": rule_text(rule).kind,
        "inputs": list(rule.roles),
        "options_type": rule.options_type,
        "options": list(rule.option_names),
    }


def _operators_of_schema() -> int:
    """Without the entries of the list that stand for no operator of their own."""
    markers = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}
    return sum(name not in markers for name in BUILTIN_OPERATORS)
