"""Which operator of one model is which of another: by names of outputs, then by order and type."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher

from tflops_native.analysis.operators import OperatorAnalysis

# A diff of longer stretches, without a name in common, would take minutes: only their ends are matched.
_LONGEST_DIFF = 4_000_000

_Key = Callable[[OperatorAnalysis], Hashable]
Pairs = list[tuple[int, int]]


def match_operators(
    first: Sequence[OperatorAnalysis], other: Sequence[OperatorAnalysis]
) -> tuple[tuple[int, int], ...]:
    """Pairs of positions, in the order of the first model; operators in none were removed or added.

    Both of a pair are of one type. Names of outputs count first, where no other output of the model has the
    name and the weights have the same shape; also names without their first part, which is often that of
    the model. Between operators that were matched so, in order, a diff matches others by type and shapes,
    where names alone leave some and match no more: numbers in names move as layers come and go. What is
    left is matched by names alone, then by types in order.
    """
    pairs: dict[int, int] = {}
    taken: set[int] = set()

    def take(found: Pairs) -> None:
        for i, j in found:
            pairs[i] = j
            taken.add(j)

    def named(key: _Key) -> Pairs:
        left = [i for i in range(len(first)) if i not in pairs]
        right = [j for j in range(len(other)) if j not in taken]
        return _unique_in_both(first, other, left, right, key)

    take(named(_named_and_shaped))
    take(named(_short_and_shaped))
    by_name = len(named(_named))
    shaped = _between(first, other, pairs, taken, _typed_and_shaped)
    is_complete = len(pairs) + by_name == len(first) == len(other)
    if len(shaped) >= by_name and not is_complete:
        take(shaped)
    take(named(_named))
    take(named(_short))
    for key in (_typed_and_shaped, _typed):
        take(_between(first, other, pairs, taken, key))
    return tuple(sorted(pairs.items()))


def _weights_shape(operator: OperatorAnalysis) -> Hashable:
    return operator.input_shapes[1:2] if operator.constant_bytes else None


def _short_name(operator: OperatorAnalysis) -> str | None:
    name = operator.layer
    return None if name is None or "/" not in name else name.split("/", 1)[1]


def _named(operator: OperatorAnalysis) -> Hashable:
    return operator.layer and (operator.name, operator.layer)


def _short(operator: OperatorAnalysis) -> Hashable:
    name = _short_name(operator)
    return name and (operator.name, name)


def _named_and_shaped(operator: OperatorAnalysis) -> Hashable:
    name = operator.layer
    return name and (operator.name, name, _weights_shape(operator))


def _short_and_shaped(operator: OperatorAnalysis) -> Hashable:
    name = _short_name(operator)
    return name and (operator.name, name, _weights_shape(operator))


def _typed(operator: OperatorAnalysis) -> Hashable:
    return operator.name


def _typed_and_shaped(operator: OperatorAnalysis) -> Hashable:
    return operator.name, _weights_shape(operator), operator.output_shapes


def _unique_in_both(
    first: Sequence[OperatorAnalysis],
    other: Sequence[OperatorAnalysis],
    left: Sequence[int],
    right: Sequence[int],
    key: _Key,
) -> Pairs:
    """Pairs with a key that is none but theirs."""
    ours, theirs = _by_unique_key(first, left, key), _by_unique_key(other, right, key)
    return [(i, theirs[name]) for name, i in ours.items() if name in theirs]


def _by_unique_key(
    operators: Sequence[OperatorAnalysis], positions: Sequence[int], key: _Key
) -> dict[Hashable, int]:
    found: dict[Hashable, int] = {}
    seen: set[Hashable] = set()
    for position in positions:
        name = key(operators[position])
        if not name:
            continue
        if name in seen:
            found.pop(name, None)
        else:
            found[name] = position
            seen.add(name)
    return found


def _between(
    first: Sequence[OperatorAnalysis],
    other: Sequence[OperatorAnalysis],
    pairs: dict[int, int],
    taken: set[int],
    key: _Key,
) -> Pairs:
    """What a diff matches in the stretches between pairs that are in the same order in both."""
    found: Pairs = []
    start, begin = 0, 0
    for end, stop in [*_increasing(sorted(pairs.items())), (len(first), len(other))]:
        left = [i for i in range(start, end) if i not in pairs]
        right = [j for j in range(begin, stop) if j not in taken]
        found += _diff(
            [(key(first[i]), i) for i in left],
            [(key(other[j]), j) for j in right],
        )
        start, begin = end + 1, stop + 1
    return found


def _diff(ours: list[tuple[Hashable, int]], theirs: list[tuple[Hashable, int]]) -> Pairs:
    """Pairs of positions with equal keys, in order."""
    found: Pairs = []
    while ours and theirs and ours[0][0] == theirs[0][0]:
        found.append((ours.pop(0)[1], theirs.pop(0)[1]))
    while ours and theirs and ours[-1][0] == theirs[-1][0]:
        found.append((ours.pop()[1], theirs.pop()[1]))
    if ours and theirs and len(ours) * len(theirs) <= _LONGEST_DIFF:
        matcher = SequenceMatcher(
            None, [key for key, _ in ours], [key for key, _ in theirs], autojunk=False
        )
        for block in matcher.get_matching_blocks():
            found += [
                (ours[block.a + step][1], theirs[block.b + step][1]) for step in range(block.size)
            ]
    return found


def _increasing(pairs: Pairs) -> Pairs:
    """The longest part of pairs, sorted by their first, whose second ones increase too."""
    tails: list[int] = []  # of the best part of each length, the smallest last second
    ends: list[int] = []  # and the position of that pair
    before: list[int | None] = []
    for position, (_, second) in enumerate(pairs):
        length = bisect_left(tails, second)
        before.append(ends[length - 1] if length else None)
        if length == len(tails):
            tails.append(second)
            ends.append(position)
        else:
            tails[length], ends[length] = second, position
    found: Pairs = []
    at = ends[-1] if ends else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
