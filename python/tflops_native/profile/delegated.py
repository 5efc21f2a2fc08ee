"""Joins the operators of XNNPACK to those of the model, by order and class; what is unsure stays out.

XNNPACK numbers its operators by itself. It fuses some of the model's operators into others, adds
conversions and splits a few, but keeps the order. Its names say the class of each; the rules of the
operators say which names are theirs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from tflops_native.model.graph import Operator
from tflops_native.ops._op import REGISTRY
from tflops_native.ops.delegate_events import DelegateEvents, event_key
from tflops_native.ops.plugins import find_rule

# What XNNPACK makes of operators in a row: one clamp of several, one reshape to the last shape.
_IN_ONE = frozenset(map(event_key, ("Clamp", "Static Reshape")))

Runs = list[list[tuple[int, int]]]  # per first event: (operator position, number of events)


def events_of(operator: str) -> DelegateEvents:
    """What XNNPACK may call what it runs for an operator of this name."""
    rule = find_rule(operator)
    return DelegateEvents() if rule is None else rule.events


def may_stand_for(event: str, operator: str) -> bool:
    """Whether an event may be the work of an operator of this name, not what is done before or after."""
    return event_key(event) in _main_keys(operator, events_of(operator))


def known_keys() -> frozenset[str]:
    """The keys of all events that a rule knows, of all that XNNPACK runs for some operator."""
    return frozenset().union(
        *(_main_keys(rule.name, rule.events) | rule.events.all_keys() for rule in REGISTRY.values())
    )


def match_events(
    operators: Sequence[Operator],
    events: Sequence[str],
    unlikely: Mapping[tuple[int, str], int] = MappingProxyType({}),
    rows: Sequence[bool] = (),
) -> list[int | None]:
    """For each event of one partition the position of its operator, or None where it is not certain.

    All ways to lay the events over the operators in order are compared. Among those that explain
    the most events, and of these in the least `unlikely` one, an event is joined only if all of
    them join it to the same operator; or, of operators in a row that XNNPACK does in one, to the first.

    Args:
        operators: the operators of the partition, in order.
        events: the delegate's names of what it ran, in order.
        unlikely: (position, key of an event) that are joined only where nothing else can be, and how
            unlikely they are, 1 or more.
        rows: per operator whether the next one alone reads what it makes; none if left out.
    """
    keys = [event_key(event) for event in events]
    # Any number of unlikely events weighs less than one that is not explained.
    unit = len(events) * max(unlikely.values(), default=0) + 1
    weights = [
        [
            (position, length, unit * length - unlikely.get((position, keys[start]), 0))
            for position, length in options
        ]
        for start, options in enumerate(_runs(operators, keys))
    ]
    before = _best_before(weights, len(operators))
    after = _best_after(weights, len(operators))
    best = after[0][0]
    candidates: list[set[int | None]] = [set() for _ in events]
    for start, options in enumerate(weights):
        for position in range(len(operators) + 1):
            if before[start][position] + after[start + 1][position] == best:
                candidates[start].add(None)
        for position, length, weight in options:
            ahead = before[start][position]
            if ahead + weight + after[start + length][position + 1] == best:
                for event in range(start, start + length):
                    candidates[event].add(position)
    found = [next(iter(wanted)) if len(wanted) == 1 else None for wanted in candidates]
    for event, wanted in enumerate(candidates):
        if len(wanted) > 1 and keys[event] in _IN_ONE:
            others = (o for e, o in enumerate(candidates) if e != event and len(o) > 1)
            found[event] = _first_in_row(wanted, rows, others)
    return found


def _first_in_row(
    options: Collection[int | None], rows: Sequence[bool], others: Iterable[Collection[int | None]]
) -> int | None:
    """The first of operators in a row, if no other event may be of one of them; else None."""
    positions = sorted(position for position in options if position is not None)
    if len(positions) != len(options) or positions[-1] >= len(rows):
        return None
    is_row = positions == list(range(positions[0], positions[-1] + 1)) and all(
        rows[position] for position in positions[:-1]
    )
    return positions[0] if is_row and all(set(positions).isdisjoint(o) for o in others) else None


def unsure_positions(matches: Sequence[int | None], count: int) -> set[int]:
    """Positions of operators that may have made one of the events that are joined to none.

    These lie between the operators of the nearest events that are joined, for the order is kept.

    Args:
        matches: of `match_events`.
        count: number of operators.
    """
    unsure: set[int] = set()
    for event, position in enumerate(matches):
        if position is not None:
            continue
        first = next((p for p in reversed(matches[:event]) if p is not None), -1) + 1
        last = next((p for p in matches[event + 1 :] if p is not None), count)
        unsure.update(range(first, last))
    return unsure


def _main_keys(operator: str, events: DelegateEvents) -> frozenset[str]:
    return frozenset(map(event_key, (operator, *events.main)))


def _runs(operators: Sequence[Operator], keys: Sequence[str]) -> Runs:
    """Which operators could have made the events from each on, and how many of them."""
    runs: Runs = [[] for _ in keys]
    for position, operator in enumerate(operators):
        events = events_of(operator.name)
        main = {
            event_key(n)
            for n in (operator.name, *events.main)
            if events.may_come(n, operator.options)
        }
        inner = frozenset(map(event_key, events.inner))
        before = [event_key(n) for n in events.before if events.may_come(n, operator.options)]
        after = [event_key(n) for n in events.after if events.may_come(n, operator.options)]
        first = main.union(before, inner)
        for start, key in enumerate(keys):
            if key in first:
                lengths = _lengths(keys, start, main, before, after) | _inner(keys, start, inner)
                runs[start] += [(position, length) for length in sorted(lengths)]
    return runs


def _lengths(
    keys: Sequence[str],
    start: int,
    main: Collection[str],
    before: Sequence[str],
    after: Sequence[str],
) -> set[int]:
    """How many events from `start` on one operator may have made."""
    ends = {start}
    for key in before:
        ends |= {end + 1 for end in ends if end < len(keys) and keys[end] == key}
    ends = {end + 1 for end in ends if end < len(keys) and keys[end] in main}
    for key in after:
        ends |= {end + 1 for end in ends if end < len(keys) and keys[end] == key}
    return {end - start for end in ends}


def _inner(keys: Sequence[str], start: int, inner: Collection[str]) -> set[int]:
    """The lengths of all runs of such events from `start` on."""
    stop = start
    while stop < len(keys) and keys[stop] in inner:
        stop += 1
    return set(range(1, stop - start + 1))


Weights = list[list[tuple[int, int, int]]]  # per first event: (operator position, events, weight)


def _best_before(runs: Weights, operators: int) -> list[list[int]]:
    """[event][operator]: best weight of the events before, by the operators before."""
    best = [[0] * (operators + 1) for _ in range(len(runs) + 1)]
    for event in range(len(runs) + 1):
        row = best[event]
        for position in range(operators):
            row[position + 1] = max(row[position + 1], row[position])
        if event == len(runs):
            break
        for position in range(operators + 1):
            best[event + 1][position] = max(best[event + 1][position], row[position])
        for position, length, weight in runs[event]:
            reached = best[event + length]
            reached[position + 1] = max(reached[position + 1], row[position] + weight)
    return best


def _best_after(runs: Weights, operators: int) -> list[list[int]]:
    """[event][operator]: best weight of the events from there on, by the operators from there on."""
    best = [[0] * (operators + 2) for _ in range(len(runs) + 1)]
    for event in range(len(runs) - 1, -1, -1):
        row = best[event]
        row[: operators + 1] = best[event + 1][: operators + 1]
        for position, length, weight in runs[event]:
            row[position] = max(row[position], weight + best[event + length][position + 1])
        for position in range(operators - 1, -1, -1):
            row[position] = max(row[position], row[position + 1])
    return best
