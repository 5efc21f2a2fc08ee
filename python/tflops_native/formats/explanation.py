"""The documents of `tflops explain`: a rule, and an operator of a model with the numbers put in."""

import dataclasses
from enum import Enum

from tflops_native import formatting as numbers
from tflops_native.analysis.formula import mac_formula
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.formats.broken_lines import second_column
from tflops_native.formats.document import Block, Document, Line, Lines, Part
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.ops._op import Cost, Rule
from tflops_native.ops.documentation import documentation_of
from tflops_native.plain import to_plain


def explain_document(rule: Rule) -> Document:
    """The documentation of a rule, and the options that it reads."""
    parts: list[Part] = [Block(rule.name), *_rule(rule)]
    if rule.options_type is not None:
        options = ", ".join(rule.option_names) or "none that matter here"
        parts.append(Block(f"Options  {rule.options_type}: {options}"))
    return Document(
        title=rule.name,
        parts=tuple(parts),
        data=lambda: {
            "operator": rule.name,
            "documentation": documentation_of(rule),
            "inputs": list(rule.roles),
            "options_type": rule.options_type,
            "options": list(rule.option_names),
        },
    )


def explain_operator_document(
    model: Model, subgraph_index: int, analysed: OperatorAnalysis, rule: Rule | None
) -> Document:
    """An operator of a model: its tensors and options, and its counts.

    Args:
        rule: that of the operator; None where it has none.
    """
    graph = model.subgraphs[subgraph_index]
    stored = graph.operators[analysed.index]
    name = printable(analysed.name, NAME_LIMIT)
    title = f"{name}, operator {analysed.index} in subgraph {subgraph_index} of {model.source.name}"
    lines = (
        *_tensors(graph, stored, analysed, rule),
        Line("options", _options(stored, analysed, rule)),
        *_counts(analysed, rule),
    )
    return Document(
        title=printable(title),
        parts=(Block(printable(title)), *(() if rule is None else _rule(rule)), Lines(lines)),
        data=lambda: {
            "model": model.source.name,
            "subgraph_index": subgraph_index,
            **to_plain(analysed),
        },
    )


def _rule(rule: Rule) -> list[Block]:
    """The docstring, and what tells this operator from others of its class, as far as it is a number."""
    found = [Block(_unwrapped(documentation_of(rule)))]
    for name, value in rule.fixed.items():
        if isinstance(value, Cost):
            parts = [
                f"{number} {field}" for field, number in dataclasses.asdict(value).items() if number
            ]
            found.append(Block(f"{name}: {', '.join(parts)}"))
        elif isinstance(value, int):
            found.append(Block(f"{name}: {value}"))
    return found


def _unwrapped(text: str) -> str:
    """Without the line feeds inside of what is said of one thing: a format breaks lines where it has to."""
    lines: list[str] = []
    inset = 0
    for line in text.split("\n"):
        said = line.lstrip(" ")
        label = second_column(line)
        if lines and lines[-1] and said and not label and len(line) - len(said) == inset:
            lines[-1] += f" {said}"
        else:
            lines.append(line)
            inset = label
    return "\n".join(lines)


def _tensors(
    graph: Subgraph, stored: Operator, analysed: OperatorAnalysis, rule: Rule | None
) -> list[Line]:
    """A line for each input and output: role, type, shape, name."""
    roles = () if rule is None else rule.roles
    lines = []
    inputs = zip(stored.inputs, analysed.input_shapes, strict=True)
    for position, (index, shape) in enumerate(inputs):
        role = roles[min(position, len(roles) - 1)] if roles else str(position)
        text = "absent" if index is None else _tensor(graph, index, shape)
        lines.append((role, text))
    for index, shape in zip(stored.outputs, analysed.output_shapes, strict=True):
        lines.append(("output", _tensor(graph, index, shape)))
    width = max((len(role) for role, _ in lines), default=0)
    return [
        Line("tensors" if not position else "", f"{role:{width}}  {text}")
        for position, (role, text) in enumerate(lines)
    ]


def _tensor(graph: Subgraph, index: int, shape: tuple[int, ...] | None) -> str:
    tensor = graph.tensors[index]
    name = printable(tensor.name, NAME_LIMIT)
    return f"{tensor.type.name.lower()} {numbers.shape(shape)}  {name}"


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


def _counts(analysed: OperatorAnalysis, rule: Rule | None) -> list[Line]:
    """The counts, MACs by the formula where that can be done."""
    lines = [Line("status", analysed.status.value)]
    if analysed.note is not None:
        lines.append(Line("note", analysed.note))
    cost = analysed.cost
    formula = None if rule is None else mac_formula(analysed, rule.roles)
    if formula is not None and cost.macs:
        lines += [
            Line("MACs", f"= {formula.text}"),
            Line("", f"= {formula.numbers}"),
            Line("", f"= {formula.value:,}"),
        ]
    else:
        lines.append(Line("MACs", f"{cost.macs:,}"))
    lines.append(
        Line("other", f"{cost.scalar_ops:,} scalar, {cost.transcendentals:,} transcendental")
    )
    total = ", ".join(f"{number:,} ({name})" for name, number in analysed.operations.items())
    lines.append(Line("total", f"{total or 0} operations, 2 per MAC"))
    lines += [
        Line("runs", f"{call.role} x{call.times:,}{'' if call.is_counted else ', not counted'}")
        for call in analysed.calls
    ]
    return lines
