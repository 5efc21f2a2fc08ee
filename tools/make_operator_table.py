"""Write `docs/operators.md`: every operator of the schema, and how it is counted.

    python tools/make_operator_table.py [--check]

The table is made from the documentation of the rules, which `tflops explain` prints as well.
"""

import sys
from pathlib import Path

import click

from tflops_native.model.schema import BUILTIN_OPERATORS, SCHEMA_SOURCE
from tflops_native.ops import REGISTRY, Rule
from tflops_native.ops.documentation import rule_text

PATH = Path(__file__).parent.parent / "docs" / "operators.md"
MARKERS = {
    "CUSTOM": "stands for the custom operators below",
    "DELEGATE": "made by the runtime, never in a file",
    "PLACEHOLDER_FOR_GREATER_OP_CODES": "no operator: a mark of the file format",
}

HEAD = """# Operators

Made by `python tools/make_operator_table.py` from the rules' own documentation: do not edit.
`tflops explain NAME` prints the whole of it.

The schema is that of {schema}: {builtin} builtin operators, {ruled} of them with a rule, and
{custom} custom operators. An operator without a rule is reported as not counted, never as 0.

- **counts**: `counted`; `no arithmetic`, which the rule states; or `runs subgraphs`, whose operators
  are counted. Where the shape or the cost depends on data, the text says so, and the report shows the
  upper bound.
- **output**: the shape, which is inferred from the inputs' shapes and, where needed, values.
- **source**: the kernel the rule was read from, below `tflite/kernels/` unless it says otherwise.

Quantized kernels rescale each sum to the scale of the output (requantization). No rule counts that: it
belongs to the MACs, as in the estimate that the converter prints, so a convolution counts the same in
int8 as in float32. QUANTIZE and DEQUANTIZE operators of the file count, and so do the steps of hybrid
kernels (float activations, integer weights): quantizing the input, scaling the sums.
"""


def table() -> str:
    """The whole page."""
    builtin = [name for name in BUILTIN_OPERATORS if name not in MARKERS]
    custom = sorted(name for name in REGISTRY if name not in BUILTIN_OPERATORS)
    lines = [
        HEAD.format(
            schema=SCHEMA_SOURCE,
            builtin=len(builtin),
            ruled=sum(name in REGISTRY for name in builtin),
            custom=len(custom),
        ),
        "## Builtin operators",
        "",
        *_rows(list(BUILTIN_OPERATORS)),
        "",
        "## Custom operators",
        "",
        *_rows(custom),
    ]
    return "\n".join(lines) + "\n"


def _rows(names: list[str]) -> list[str]:
    rows = [
        "| operator | counts | output | MACs | other operations | source |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        if name in MARKERS:
            rows.append(f"| {name} | {MARKERS[name]} | | | | |")
        elif name not in REGISTRY:
            rows.append(f"| {name} | **not counted** | | | | |")
        else:
            rows.append(_row(REGISTRY[name]))
    return rows


def _row(rule: Rule) -> str:
    text = rule_text(rule)
    outputs = "; ".join(
        shape if label == "output" else f"{label}: {shape}" for label, shape in text.outputs
    )
    source = text.source.replace("tflite/kernels/", "")
    cells = (rule.name, text.kind, outputs, text.macs, text.other, source)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("*", "\\*") for cell in cells) + " |"


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the page is up to date.")
def main(check: bool) -> None:
    """Write the page, or check it."""
    page = table()
    if not check:
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_text(page, encoding="utf-8")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != page:
        sys.exit(f"{PATH.name} is out of date: run python tools/make_operator_table.py")


if __name__ == "__main__":
    main()
