"""Where the difference between two models or measurements lies: operator by operator, and their sums."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.result import Profile, UnmatchedEvent
from tflops_native.reports.matching import match_operators
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow
from tflops_native.timing.unsteady import unsteady_median_bounds

# So many groups say more than two of which one is nearly all.
_SEVERAL = 3
# A file may hold names of any depth.
_DEEPEST = 10
REST = "rest (outside operators)"
# By how much the same operator of the same model differs where it is loaded once more, as memory is laid
# out in another way: a part of its time, and what caches and alignment do to the shortest. No interval of
# one loaded model holds it; that of the difference then does, for 98 % of the operators of a model and
# itself (benchmarks/compare_itself.py).
_LAYOUT_PART = 0.05
_LAYOUT_SECONDS = 50e-9
Change: TypeAlias = Literal["both", "added", "removed"]
PartKind: TypeAlias = Literal["operator", "delegate", "event", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDifference:
    """One part of an inference in two reports; None where a side does not have it, or does not say.

    part                "operator"; "delegate": operators that at least one side timed as a whole;
                        "event": of no certain operator; "rest": what is outside of all operators, what the
                        profiler adds to them, and what medians leave of a sum, so that all parts add up to
                        the difference of the latencies
    change              "added": only the other report has it; "removed": only the first
    name                type of the operator, or what else it is
    layer               path of the layer that the operator comes from
    first_index, index  of the operator in both
    first_seconds, seconds
                        what it takes; an operator that a delegate fused into another one takes 0
    difference_seconds  how much longer it takes in the other report
    lower_seconds, upper_seconds
                        the 95 % interval of the difference; None where a source does not say
    """

    part: PartKind
    change: Change = "both"
    name: str
    layer: str | None = None
    first_index: int | None = None
    index: int | None = None
    first_macs: int = 0
    macs: int = 0
    first_operations: int = 0
    operations: int = 0
    first_seconds: float | None = None
    seconds: float | None = None
    difference_seconds: float | None = None
    lower_seconds: float | None = None
    upper_seconds: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether one side takes longer for certain."""
        if self.lower_seconds is None or self.upper_seconds is None:
            return False
        return not self.lower_seconds <= 0 <= self.upper_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """All parts of one type, or of one layer, in two reports; fields as `PartDifference`.

    name                 the type, or what else it is; the path of the layer, None for what is of none
    first_count, count   how many there are
    """

    name: str | None
    first_count: int
    count: int
    first_macs: int
    macs: int
    first_seconds: float | None
    seconds: float | None
    difference_seconds: float | None


@dataclass(frozen=True, slots=True)
class _Side:
    """The operators of one report by position, and their times if they are compared.

    speed_doubt   between what the speed of the machine in the middle of the runs lies, in parts of it: what
                  all operators have in common, and no interval of one has
    """

    rows: Sequence[ReportRow]
    profile: Profile | None
    speed_doubt: tuple[float, float]

    @classmethod
    def of(cls, rows: Sequence[ReportRow], profile: Profile | None) -> "_Side":
        doubt = (0.0, 0.0)
        if profile is not None and profile.invoke_ns:
            # Imported when used: it needs numpy.
            import numpy as np

            samples = np.array(profile.invoke_ns, dtype=np.float64)
            middle = max(float(np.median(samples)), 1.0)
            lower, upper = unsteady_median_bounds(samples)
            doubt = (1 - lower / middle, upper / middle - 1)
        return cls(rows, profile, doubt)

    def estimate(self, position: int) -> TimeEstimate | None:
        """Of an operator, as it may be elsewhere; no time for one that was fused or unread."""
        if self.profile is None:
            return None
        row = self.rows[position]
        if row.time is not None:
            return self._elsewhere(row.time.estimate)
        return _NOTHING if row.has_no_own_time else None

    def _elsewhere(self, estimate: TimeEstimate) -> TimeEstimate:
        """At any speed that may be the middle, and however the memory is laid out."""
        below, above = self.speed_doubt
        middle = estimate.typical_seconds
        layout = _LAYOUT_PART * middle + _LAYOUT_SECONDS
        lower = middle - math.hypot(middle - estimate.lower_seconds, below * middle, layout)
        upper = middle + math.hypot(estimate.upper_seconds - middle, above * middle, layout)
        return replace(estimate, lower_seconds=max(lower, 0.0), upper_seconds=upper)

    @property
    def has_bounds(self) -> bool:
        return self.profile is not None and self.profile.statistic == "median"


_NOTHING = TimeEstimate(typical_seconds=0.0, lower_seconds=0.0, upper_seconds=0.0)


def parts_of(first: Report, other: Report, seconds: float | None) -> tuple[PartDifference, ...]:
    """What makes the difference between two reports, the largest first.

    Args:
        seconds: how much longer an inference takes with the other one; None where times are not compared.
    """
    is_timed = seconds is not None and _profile(first) is not None and _profile(other) is not None
    ours = _Side.of(first.rows, _profile(first) if is_timed else None)
    theirs = _Side.of(other.rows, _profile(other) if is_timed else None)
    matched = match_operators(
        [row.operator for row in ours.rows], [row.operator for row in theirs.rows]
    )
    pairs: list[tuple[int | None, int | None]] = [*matched]
    pairs += [(i, None) for i in _others(len(ours.rows), (i for i, _ in matched))]
    pairs += [(None, j) for j in _others(len(theirs.rows), (j for _, j in matched))]
    parts: list[PartDifference] = []
    if is_timed:
        lumps, pairs = _lumps(ours, theirs, pairs)
        parts += lumps
        parts += _events(ours, theirs)
    for i, j in pairs:
        parts += _operator(ours, theirs, i, j)
    if ours.profile is not None and theirs.profile is not None and seconds is not None:
        rest = seconds - math.fsum(part.difference_seconds or 0.0 for part in parts)
        parts.append(PartDifference(part="rest", name=REST, difference_seconds=rest))
    return tuple(sorted(parts, key=_size, reverse=True))


def types_of(parts: Iterable[PartDifference]) -> tuple[GroupDifference, ...]:
    """The sums by type of operator, the largest difference first."""
    return _groups((part.name, part) for part in parts)


def layers_of(parts: Iterable[PartDifference]) -> tuple[GroupDifference, ...]:
    """The sums by layer, the largest difference first."""
    return _groups((part.layer, part) for part in parts)


def modules_of(parts: Sequence[PartDifference]) -> tuple[GroupDifference, ...]:
    """The sums by the first names of layers' paths, the largest difference first: by as many names as leave
    several.

    What is of no layer is one group, without a name, and what is outside of all operators another. Empty
    where there are no two such groups, or none with two operators.
    """
    paths = [part.layer.split("/") for part in parts if part.layer]
    numbers = {
        depth: len({tuple(path[:depth]) for path in paths})
        for depth in range(1, min(max(map(len, paths), default=0), _DEEPEST) + 1)
    }
    enough = [depth for fewest in (_SEVERAL, 2) for depth in numbers if numbers[depth] >= fewest]
    for depth in enough:
        found = _groups((_module(part, depth), part) for part in parts)
        if any(group.name not in (None, REST) and group.count > 1 for group in found):
            return found
    return ()


def _module(part: PartDifference, depth: int) -> str | None:
    if part.layer:
        return "/".join(part.layer.split("/")[:depth])
    return REST if part.part == "rest" else None


def _groups(
    named: Iterable[tuple[str | None, PartDifference]],
) -> tuple[GroupDifference, ...]:
    by_name: dict[str | None, list[PartDifference]] = {}
    for name, part in named:
        by_name.setdefault(name, []).append(part)
    found = [
        GroupDifference(
            name=name,
            first_count=sum(part.change != "added" for part in group),
            count=sum(part.change != "removed" for part in group),
            first_macs=sum(part.first_macs for part in group),
            macs=sum(part.macs for part in group),
            first_seconds=_sum(part.first_seconds for part in group),
            seconds=_sum(part.seconds for part in group),
            difference_seconds=_sum(part.difference_seconds for part in group),
        )
        for name, group in by_name.items()
    ]
    return tuple(sorted(found, key=_group_size, reverse=True))


def _group_size(group: GroupDifference) -> tuple[float, int]:
    return abs(group.difference_seconds or 0.0), abs(group.macs - group.first_macs)


def _profile(report: Report) -> Profile | None:
    return None if report.timing is None else report.timing.profile


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def _size(part: PartDifference) -> tuple[float, int, int]:
    return (
        abs(part.difference_seconds or 0.0),
        abs(part.operations - part.first_operations),
        part.change != "both",
    )


def _others(count: int, taken: Iterable[int]) -> list[int]:
    found = set(taken)
    return [position for position in range(count) if position not in found]


def _operator(ours: _Side, theirs: _Side, i: int | None, j: int | None) -> Iterator[PartDifference]:
    """An operator of both, or of one of them."""
    first = [] if i is None else [ours.rows[i].operator]
    other = [] if j is None else [theirs.rows[j].operator]
    estimate = None if i is None else ours.estimate(i)
    counterpart = None if j is None else theirs.estimate(j)
    for known in (*other, *first)[:1]:
        yield PartDifference(
            part="operator",
            change="both" if first and other else "added" if other else "removed",
            name=known.name,
            layer=known.layer,
            first_index=first[0].index if first else None,
            index=other[0].index if other else None,
            **_counts(first, other),
            **_times(estimate, counterpart, has_bounds=ours.has_bounds and theirs.has_bounds),
        )


def _counts(first: Iterable[OperatorAnalysis], other: Iterable[OperatorAnalysis]) -> dict[str, Any]:
    ours, theirs = [item.cost for item in first], [item.cost for item in other]
    return {
        "first_macs": sum(cost.macs for cost in ours),
        "macs": sum(cost.macs for cost in theirs),
        "first_operations": sum(cost.operations for cost in ours),
        "operations": sum(cost.operations for cost in theirs),
    }


def _times(
    first: TimeEstimate | None, other: TimeEstimate | None, *, has_bounds: bool
) -> dict[str, Any]:
    """How much longer the other takes, with its interval (Zou and Donner, as `Ratio.of_latencies`)."""
    ours, theirs = first or _NOTHING, other or _NOTHING
    if first is None and other is None:
        return {}
    difference = theirs.typical_seconds - ours.typical_seconds
    below = math.hypot(
        theirs.typical_seconds - theirs.lower_seconds, ours.upper_seconds - ours.typical_seconds
    )
    above = math.hypot(
        theirs.upper_seconds - theirs.typical_seconds, ours.typical_seconds - ours.lower_seconds
    )
    return {
        "first_seconds": None if first is None else first.typical_seconds,
        "seconds": None if other is None else other.typical_seconds,
        "difference_seconds": difference,
        "lower_seconds": difference - below if has_bounds else None,
        "upper_seconds": difference + above if has_bounds else None,
    }


def _part(part: PartKind, name: str, first: float | None, other: float | None) -> PartDifference:
    change: Change = "both" if first is not None and other is not None else "added"
    return PartDifference(
        part=part,
        change=change if other is not None else "removed",
        name=name,
        first_seconds=first,
        seconds=other,
        difference_seconds=(other or 0.0) - (first or 0.0),
    )


def _unmatched(side: _Side) -> tuple[UnmatchedEvent, ...]:
    return () if side.profile is None else side.profile.unmatched


def _events(ours: _Side, theirs: _Side) -> Iterator[PartDifference]:
    """Events of no certain operator, those of one name together."""
    sums: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for found, side in zip(sums, (ours, theirs), strict=True):
        for event in _unmatched(side):
            if not event.operators:
                seconds = event.estimate.typical_seconds
                found[event.name] = found.get(event.name, 0.0) + seconds
    first, other = sums
    for name in {**first, **other}:
        yield _part("event", f"unmatched: {name}", first.get(name), other.get(name))


def _lumps(
    ours: _Side, theirs: _Side, pairs: list[tuple[int | None, int | None]]
) -> tuple[list[PartDifference], list[tuple[int | None, int | None]]]:
    """Operators that a side timed as a whole, as one part with what they are on the other side.

    Lumps of both sides that share an operator are one part. Returns the pairs that are left, too.
    """
    sides = (ours, theirs)
    groups: list[tuple[list[UnmatchedEvent], list[UnmatchedEvent], set[int]]] = []
    for side, found in enumerate(sides):
        by_index = {row.operator.index: at for at, row in enumerate(found.rows)}
        for event in _unmatched(found):
            inside = {by_index[index] for index in event.operators if index in by_index}
            members = {at for at, pair in enumerate(pairs) if pair[side] in inside}
            if not members:
                continue
            events: tuple[list[UnmatchedEvent], list[UnmatchedEvent]] = ([], [])
            events[side].append(event)
            for group in [group for group in groups if group[2] & members]:
                groups.remove(group)
                events[0].extend(group[0])
                events[1].extend(group[1])
                members |= group[2]
            groups.append((*events, members))
    parts = []
    for first_events, other_events, members in groups:
        chosen = [pairs[at] for at in sorted(members)]
        seconds = [
            math.fsum(
                [event.estimate.typical_seconds for event in events]
                + [
                    estimate.typical_seconds
                    for pair in chosen
                    if (at := pair[side]) is not None
                    and (estimate := sides[side].estimate(at)) is not None
                ]
            )
            for side, events in enumerate((first_events, other_events))
        ]
        names = " and ".join(dict.fromkeys(e.name for e in (*first_events, *other_events)))
        parts.append(
            PartDifference(
                part="delegate",
                name=f"inside {names}: {len(chosen)} operators",
                **_counts(
                    [ours.rows[i].operator for i, _ in chosen if i is not None],
                    [theirs.rows[j].operator for _, j in chosen if j is not None],
                ),
                first_seconds=seconds[0],
                seconds=seconds[1],
                difference_seconds=seconds[1] - seconds[0],
            )
        )
    gone = {at for _, _, members in groups for at in members}
    return parts, [pair for at, pair in enumerate(pairs) if at not in gone]
