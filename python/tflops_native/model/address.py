"""Operators of any subgraph by the path that tables show, 8/body/3, or several of one: 8/body/3-5."""

import re
from dataclasses import dataclass

from tflops_native.checks import INDEX
from tflops_native.errors import OptionError
from tflops_native.model.called import CalledSubgraph
from tflops_native.model.graph import Model, Operator, Subgraph

_LIST = rf"{INDEX}(-{INDEX})?(,{INDEX}(-{INDEX})?)*"
_PATH = re.compile(rf"({INDEX}/[a-z]+(_[0-9]+)?/)*{_LIST}")
# More are a mistyped range.
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Operators of a subgraph, and the way to them.

    calls       operators of the subgraphs around, from the outside, and which of their subgraphs is entered
    operators   indices, in the order of the text
    """

    calls: tuple[tuple[Operator, CalledSubgraph], ...]
    subgraph: Subgraph
    operators: tuple[int, ...]


def is_path(text: str) -> bool:
    """Whether a text has the form of a path to operators."""
    return _PATH.fullmatch(text) is not None


def operators_at(model: Model, start: Subgraph, path: str) -> Place:
    """The operators at a path that begins in a subgraph.

    Raises:
        OptionError: it has not the form of a path, or there is no such operator.
    """
    if not is_path(path):
        raise OptionError(f"{path!r} is not the path of an operator, such as 3, 3-5 or 8/body/3")
    graph, calls = start, []
    *way, last = path.split("/")
    around = ""
    for number, name in zip(way[::2], way[1::2], strict=True):
        (index,) = _indices(number, graph, around)
        operator = graph.operators[index]
        called = next((one for one in operator.subgraphs if one.name == name), None)
        if called is None:
            names = ", ".join(one.name for one in operator.subgraphs) or "no subgraph"
            raise OptionError(
                f"operator {around}{index} ({operator.name}) runs no {name!r}, but {names}"
            )
        if not 0 <= called.index < len(model.subgraphs):
            raise OptionError(
                f"operator {around}{index} ({operator.name}) runs subgraph {called.index}, "
                f"but the model has {len(model.subgraphs)}"
            )
        graph = model.subgraphs[called.index]
        calls.append((operator, called))
        around += f"{index}/{name}/"
    return Place(tuple(calls), graph, _indices(last, graph, around))


def _indices(text: str, graph: Subgraph, around: str) -> tuple[int, ...]:
    """The operators of a list such as 3,5-7."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        span = range(int(first), int(last or first) + 1)
        if not span:
            raise OptionError(f"the range {part} is empty: it must be FIRST-LAST")
        if len(span) > _MOST:
            raise OptionError(f"the range {part} has more than {_MOST} operators")
        found += span
    count = len(graph.operators)
    for index in found:
        if index >= count:
            where = f"{around[:-1]} has" if around else "the model has"
            what = f"{around}0 to {around}{count - 1}" if count else "none"
            raise OptionError(f"there is no operator {around}{index}: {where} {what}")
    if len(set(found)) != len(found):
        raise OptionError(f"each operator can be given once only, got {text}")
    return tuple(found)
