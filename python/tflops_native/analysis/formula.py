"""The formula of a rule with the numbers of one operator put in, from the rule's own documentation.

A docstring names the axes of each role, `input    [N, H, W, C]`, and the count in the same letters,
`MACs     N * OH * OW * O`. Here the letters are bound to the actual shapes, and the formula is
evaluated. What cannot be bound, or does not come out as counted, is left alone.
"""

import ast
import inspect
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.ops._op import Op
from tflops_native.ops.tensor_spec import Shape

_ROLES: Final = re.compile(r"^([a-z]\w*(?:, [a-z]\w*)*)\s{2,}(\[.*)$", re.MULTILINE)
_FORMULA: Final = re.compile(r"^MACs\s+([^,;:\n]+)", re.MULTILINE)
_AXES: Final = re.compile(r"\[([^\]]*)\](?:\s+(with|without)\s+`(\w+)`)?")
_NAME: Final = re.compile(r"[A-Za-z_]\w*(?: [A-Za-z_]\w*)*")
_REST: Final = "..."


@dataclass(frozen=True, slots=True)
class Formula:
    """`text` as documented, `numbers` with its names replaced, and the `value` of both."""

    text: str
    numbers: str
    value: int


def mac_formula(analysed: OperatorAnalysis, roles: Iterable[str]) -> Formula | None:
    """The MACs of an operator as its rule documents them; None where that says nothing to compute.

    Args:
        analysed: the operator; only its own MACs count, not those of subgraphs.
        roles: names of its inputs, as the rule has them.
    """
    rule = analysed.rule
    if rule is None:
        return None
    shapes = dict(zip(roles, analysed.input_shapes, strict=False))
    if analysed.output_shapes:
        shapes["output"] = analysed.output_shapes[0]
    found = formula_of(rule, shapes)
    return found if found is not None and found.value == analysed.own_cost.macs else None


def formula_of(rule: Op, shapes: Mapping[str, Shape | None]) -> Formula | None:
    """The documented MACs for shapes by role ("output" for the first output), None without."""
    text = inspect.getdoc(type(rule)) or ""
    stated = _FORMULA.search(text)
    if stated is None:
        return None
    formula = stated[1].strip()
    try:
        names = _bindings(rule, text, shapes)
        return Formula(
            text=formula,
            numbers=_NAME.sub(lambda name: str(names[_joined(name[0])]), formula),
            value=_evaluate(formula, names),
        )
    except (KeyError, ValueError, SyntaxError, ZeroDivisionError):
        return None


def _bindings(rule: Op, text: str, shapes: Mapping[str, Shape | None]) -> dict[str, int]:
    """The numbers that the names in a docstring stand for.

    Raises:
        ValueError: a name stands for two numbers.
    """
    names: dict[str, int] = {}
    derived: list[tuple[str, int]] = []  # axes that are an expression, with their length
    leading = 1
    for roles, described in _ROLES.findall(text):
        for role in roles.split(", "):
            shape = shapes.get(role)
            axes = None if shape is None else _axes(rule, described, shape)
            if shape is None or axes is None:
                continue
            if _REST in axes:
                position, after = axes.index(_REST), len(axes) - axes.index(_REST) - 1
                rest = shape[position : len(shape) - after]
                shape = (*shape[:position], math.prod(rest), *shape[len(shape) - after :])
                if role == "output":
                    leading = shape[position]
            for axis, length in zip(axes, shape, strict=True):
                if _NAME.fullmatch(axis):
                    _bind(names, _joined(axis), length)
                elif axis != _REST:
                    derived.append((axis, length))
    output = shapes.get("output")
    if output:
        # Words for numbers that are not an axis of their own.
        names.setdefault("batch", leading)
        names.setdefault("rows", math.prod(output[:-1]))
        names.setdefault("output_elements", math.prod(output))
    for option in fields(rule):
        value = getattr(rule, option.name)
        if type(value) is int:
            names.setdefault(option.name, value)
    for expression, length in derived:
        _solve(expression, length, names)
    return names


def _axes(rule: Op, described: str, shape: Shape) -> list[str] | None:
    """The names of the axes, from the alternative that fits the options and the rank."""
    chosen = None
    for listed, condition, option in _AXES.findall(described):
        axes = [axis.strip() for axis in listed.split(",") if axis.strip()]
        fits = len(shape) >= len(axes) - 1 if _REST in axes else len(shape) == len(axes)
        if not fits:
            continue
        if option:
            if bool(getattr(rule, option, False)) is (condition == "with"):
                return axes
        elif chosen is None:
            chosen = axes
    return chosen


def _bind(names: dict[str, int], name: str, number: int) -> None:
    if names.setdefault(name, number) != number:
        raise ValueError(f"{name} stands for {names[name]} and for {number}")


def _solve(expression: str, length: int, names: dict[str, int]) -> None:
    """Bind the one unknown name of `C / groups` or `2 * outputs`, whose value is known."""
    body = _parse(expression)
    if not isinstance(body, ast.BinOp) or not isinstance(body.op, ast.Mult | ast.Div):
        return
    for unknown, other in ((body.left, body.right), (body.right, body.left)):
        if isinstance(unknown, ast.Name) and unknown.id not in names:
            try:
                known = _value(other, names)
            except KeyError:
                continue
            if isinstance(body.op, ast.Mult):
                names[unknown.id] = _divided(length, known)
            elif unknown is body.left:
                names[unknown.id] = length * known
            else:
                names[unknown.id] = _divided(known, length)
            return


def _joined(name: str) -> str:
    return name.replace(" ", "_")


def _parse(expression: str) -> ast.expr:
    joined = _NAME.sub(lambda name: _joined(name[0]), expression)
    return ast.parse(joined, mode="eval").body


def _evaluate(expression: str, names: Mapping[str, int]) -> int:
    return _value(_parse(expression), names)


def _value(node: ast.expr, names: Mapping[str, int]) -> int:
    """An expression of integers, names, + - * / and parentheses.

    Raises:
        KeyError: a name stands for nothing.
        ValueError: there is something else in it, or a division leaves a rest.
    """
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _value(node.left, names), _value(node.right, names)
        return _OPERATIONS[type(node.op)](left, right)
    raise ValueError(f"{ast.unparse(node)} is not a formula")


def _divided(left: int, right: int) -> int:
    quotient, rest = divmod(left, right)
    if rest:
        raise ValueError(f"{left} / {right} is not an integer")
    return quotient


_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
}
