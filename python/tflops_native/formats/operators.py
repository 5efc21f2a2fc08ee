"""The document of all operators that have a rule."""

from typing import Any

from tflops_native.formats.document import Block, Cell, Column, Document, Table, row_of
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.ops._op import REGISTRY
from tflops_native.ops.documentation import rule_text

_COLUMNS = (
    Column(key="operator", heading="operator", is_number=False),
    Column(key="counts", heading="counts", is_number=False),
    Column(key="inputs", heading="inputs", is_number=False, drop=1, readable=16, shortest=8),
    Column(key="options_type", heading="options", is_shown=False),
    Column(key="options", heading="options", is_shown=False),
)
# Entries of the schema's list that stand for no operator of their own.
_MARKERS = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}


def operators_document() -> Document:
    """One row per operator, by name."""
    listed = [_plain(name) for name in sorted(REGISTRY)]
    builtin = sum(name in REGISTRY for name in BUILTIN_OPERATORS)
    of_schema = sum(name not in _MARKERS for name in BUILTIN_OPERATORS)
    return Document(
        title="Operators that are counted",
        parts=(
            Table(
                title=f"{len(listed)} operators",
                columns=_COLUMNS,
                rows=tuple(row_of(_COLUMNS, _cells(plain)) for plain in listed),
                gap=2,
                has_heading=False,
            ),
            Block(
                f"{builtin} of the schema's {of_schema} operators have a rule, and "
                f"{len(REGISTRY) - builtin} custom operators.\n"
                "`tflops explain NAME` prints one. Others are reported as not counted, never as 0."
            ),
        ),
        data=lambda: listed,
    )


def _plain(name: str) -> dict[str, Any]:
    rule = REGISTRY[name]
    return {
        "operator": name,
        "counts": rule_text(rule).kind,
        "inputs": list(rule.roles),
        "options_type": rule.options_type,
        "options": list(rule.option_names),
    }


def _cells(plain: dict[str, Any]) -> dict[str, Cell]:
    inputs = ", ".join(plain["inputs"])
    return {
        "operator": Cell(plain["operator"], plain["operator"]),
        "counts": Cell(plain["counts"], plain["counts"]),
        "inputs": Cell(inputs, inputs),
        "options_type": Cell(plain["options_type"]),
        "options": Cell(", ".join(plain["options"])),
    }
