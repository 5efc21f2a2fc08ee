"""The layer of the network that each operator comes from, by the names that converters give tensors.

A name is a path, "model/block_1/conv/BiasAdd": of a TensorFlow or Keras model the scopes of layers with an
operation at the end, of a PyTorch model the classes and names of modules, "pkg.Net/torch.nn.Conv2d_stem".
Where a converter joined operations, it joined their names with ";". Which of them names the operator is
chosen as Model Explorer does (src/builtin-adapter/tools/namespace_heuristics.cc of
google-ai-edge/model-explorer): the one whose last part, letters only, is nearest to the operator's name,
the last of several as near. So both show the same groups; but the layer here ends above the operation.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice

from tflops_native.model.graph import Operator, Subgraph

# A file may hold anything: no more names than these are looked at per operator, and none that are longer.
_NAMES = 256
_OUTPUTS = 32
_LONGEST_NAME = 2_000
_LONGEST_OPERATOR = 60
_FAR = 3  # times the length of the operator's name: beyond it a name says nothing
# What converters call a tensor that has no name of its own.
_NAMELESS = re.compile(
    r"(?:Identity|(?:Stateful)?PartitionedCall|(?:tfl|arith|stablehlo|mhlo)\.\w+|empty|)(?:_?\d+)?"
)
_INDEX = re.compile(r":\d+$")
_SUFFIX = re.compile(r"(?:_dequantize|_u?int\d+|__xeno_compat__\d+)$")
# What stands behind an operation: operands that the converter made constants, and where they come from.
_OPERAND = re.compile(
    r"(?:ReadVariableOp|resource|axis|begin|dims?|limit|perm|shape|size|stack|start|x|y)(?:_?\d+)*"
)
# Scopes in which Keras puts the operations of a single layer.
_INSIDE = frozenset({"batchnorm"})
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")


def layers_of(subgraph: Subgraph) -> tuple[str | None, ...]:
    """Per operator the path of its layer, "model/block_1/conv"; None where no name says it.

    An operator whose outputs have no name of their own, as those of the model often have none, belongs to
    the innermost group that holds all that it reads.
    """
    found: list[str | None] = []
    made: dict[int, str | None] = {}
    for operator in subgraph.operators:
        names = _names(subgraph, operator.outputs)
        layer = _layer(_nearest(operator, names)) if names else None
        if layer is None and operator.outputs:
            layer = _common(subgraph, operator, made)
        made |= dict.fromkeys(operator.outputs, layer)
        found.append(layer)
    return tuple(found)


def _names(subgraph: Subgraph, tensors: Iterable[int]) -> list[str]:
    """The single names of tensors, in order."""
    texts = (subgraph.tensors[index].name for index in islice(tensors, _OUTPUTS))
    parts = chain.from_iterable(
        text[: _NAMES * _LONGEST_NAME].split(";") if ";" in text else (text,) for text in texts
    )
    return [part for part in islice(parts, _NAMES) if part and len(part) <= _LONGEST_NAME]


def _nearest(operator: Operator, names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    is_custom = operator.custom_code is not None
    wanted = (operator.name if is_custom else operator.name.lower()).replace("_", "")
    best, least = names[0], _FAR * len(wanted) + 1
    for name in reversed(names):
        letters = _letters(name.rpartition("/")[2])
        if letters and (distance := _distance(wanted, letters)) < least:
            best, least = name, distance
    return best


@lru_cache(maxsize=4096)
def _letters(name: str) -> str:
    return "".join(letter for letter in name if letter.isascii() and letter.isalpha()).lower()


@lru_cache(maxsize=4096)
def _distance(wanted: str, name: str) -> int:
    """Letters to insert, leave out or exchange to make one name of the other."""
    if len(name) - len(wanted) > _FAR * len(wanted) or len(wanted) > _LONGEST_OPERATOR:
        return _FAR * len(wanted) + 1
    above = list(range(len(wanted) + 1))
    for row, letter in enumerate(name, 1):
        left, line = row, [row]
        for column, other in enumerate(wanted, 1):
            left = min(left + 1, above[column] + 1, above[column - 1] + (letter != other))
            line.append(left)
        above = line
    return above[-1]


def _layer(name: str) -> str | None:
    """The path without the operation at its end, and without what the converter added."""
    parts = [part for part in name.split("/") if part]
    if not parts:
        return None
    last = _SUFFIX.sub("", _INDEX.sub("", parts[-1]))
    if len(parts) == 1:
        return None if _NAMELESS.fullmatch(last) else last
    if _MODULE.fullmatch(last):
        return "/".join((*parts[:-1], last))
    while len(parts) > 2 and _OPERAND.fullmatch(parts[-1]):
        parts.pop()
    parts.pop()
    while len(parts) > 1 and parts[-1] in _INSIDE:
        parts.pop()
    return "/".join(parts)


def _common(subgraph: Subgraph, operator: Operator, made: dict[int, str | None]) -> str | None:
    """The innermost group that holds all that an operator reads; None without one."""
    paths: list[list[str]] = []
    for index in islice(operator.inputs, _NAMES):
        if index is None:
            continue
        layer = made.get(index)
        if layer is None and index not in made and subgraph.tensors[index].is_constant:
            names = _names(subgraph, (index,))
            layer = _layer(names[0]) if names else None
            if layer is None or "/" not in layer:
                continue  # its own name only
        if layer is not None:
            paths.append(layer.split("/"))
    if not paths:
        return None
    shared = 0
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared += 1
    return "/".join(paths[0][:shared]) or None
