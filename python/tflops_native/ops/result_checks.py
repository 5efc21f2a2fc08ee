"""What is wrong with the result of a rule that another package brings: nothing of ours holds it."""

import math
from typing import Any

from tflops_native.ops._op import Cost, Inferred, Rule

# No operator on tensors that can be stored comes near it; loops in loops, and rules of a user, go beyond
# what floats hold.
MAX_COUNT = 2**127

_COUNTS = ("macs", "scalar_ops", "transcendentals")
_NUMBERS = ("dense_macs", "other_macs", "bytes_read", "bytes_written", "bytes_read_again")


def is_foreign(rule: Rule) -> bool:
    """Whether a rule is of a user or of another package."""
    return rule.op.__module__.partition(".")[0] != __name__.partition(".")[0]


def title(rule: Rule) -> str:
    """What to call it in an error: "the rule of acme.half (acme_rules.Half)"."""
    return f"the rule of {rule.name} ({rule.op.__module__}.{rule.op.__qualname__})"


def result_problem(result: Any) -> str | None:
    """Why this is not the result of a rule; None if it is one."""
    if not isinstance(result, Inferred):
        return f"it returns {type(result).__name__}, where Inferred is expected"
    if not isinstance(result.outputs, tuple):
        return f"its outputs are {result.outputs!r}, where a tuple of shapes is expected"
    for shape in result.outputs:
        if shape is not None and not (isinstance(shape, tuple) and all(map(_is_count, shape))):
            return (
                f"its output shape is {shape!r}, where a tuple of integers, 0 or more, is expected"
            )
    return _count_problem(result) or _value_problem(result)


def _count_problem(result: Inferred) -> str | None:
    for name in ("cost", "minimum"):
        cost = getattr(result, name)
        if cost is None and name == "minimum":
            continue
        if not isinstance(cost, Cost):
            return f"its {name} is {cost!r}, where Cost(...) or NO_ARITHMETIC is expected"
        for part in _COUNTS:
            if not _is_count(getattr(cost, part)):
                return (
                    f"its {name} has {part}={_shown(getattr(cost, part))}, where an integer, 0 or more, "
                    "is expected"
                )
    for name in _NUMBERS:
        number = getattr(result, name)
        if number is not None and not _is_count(number):
            return f"its {name} is {_shown(number)}, where an integer, 0 or more, is expected"
    return None


def _value_problem(result: Inferred) -> str | None:
    if not result.values:
        return None
    if len(result.values) != len(result.outputs):
        return f"it has values of {len(result.values)} outputs, and shapes of {len(result.outputs)}"
    for shape, value in zip(result.outputs, result.values, strict=True):
        if value is None:
            continue
        if shape is None or not isinstance(value, tuple) or len(value) != math.prod(shape):
            return f"its value {value!r:.80} does not fit an output of shape {shape}"
        for element in value:
            if element is not None and not (
                isinstance(element, int | float) and math.isfinite(element)
            ):
                return f"its value has an element {element!r}, where a finite number is expected"
    return None


def _is_count(number: Any) -> bool:
    is_integer = isinstance(number, int) and not isinstance(number, bool)
    return is_integer and 0 <= number <= MAX_COUNT


def _shown(number: Any) -> str:
    is_beyond = isinstance(number, int) and number > MAX_COUNT
    return "beyond 2**127" if is_beyond else repr(number)
