"""Contenders side by side: models, one model with several options, saved reports, logs of devices."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from tflops_native.notes import Note
from tflops_native.reports.conditions import MACHINE, Condition, differing, obstacle
from tflops_native.reports.parts import (
    GroupDifference,
    PartDifference,
    layers_of,
    parts_of,
    types_of,
)
from tflops_native.reports.report import Report
from tflops_native.result import Result
from tflops_native.timing.precision import Stop
from tflops_native.timing.ratio import Ratio

# Notes of a report that say nothing of a comparison.
_OF_ONE_REPORT = frozenset(
    {
        "convention",
        "newer_runtime",
        "imprecise_operators",
        "unmatched_events",
        "above_roof",
        "no_peaks",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of those that are compared.

    label    "A", "B", ...
    source   the path of the model, of a saved report or of a log
    report   its counts and times
    """

    label: str
    source: str
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One contender against the first.

    label           of the contender
    ratio           of its time to that of the first; None without two times that can be compared
    seconds         how much longer its typical inference takes, by the ratio; None likewise
    obstacle        why times are not compared; None if they are, or if there are none
    conditions      what differs in how both were measured
    parts           what makes the difference, the largest first; their seconds add up to `seconds` where
                    the operators of both were timed
    types, layers   the same by type of operator, and by layer
    """

    label: str
    ratio: Ratio | None
    seconds: float | None
    obstacle: str | None
    conditions: tuple[Condition, ...]
    parts: tuple[PartDifference, ...]
    types: tuple[GroupDifference, ...]
    layers: tuple[GroupDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Result):
    """Several contenders, the others against the first.

    contenders    in the order asked for
    interleaved   of each but the first the ratio of its time to that of the first, where both were measured
                  interleaved; None where they were measured apart, or not at all
    stop          why there were no more blocks; the precision is that of the ratios
    differences   of each contender but the first
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("differences", "notes")

    contenders: tuple[Contender, ...]
    interleaved: tuple[Ratio | None, ...]
    stop: Stop | None = None
    differences: tuple[Difference, ...] = field(
        default=(), init=False, compare=False, metadata={"plain": False}
    )

    def __post_init__(self) -> None:
        first, *others = self.contenders
        differences = tuple(
            _difference(first.report, other, ratio)
            for other, ratio in zip(others, self.interleaved, strict=True)
        )
        object.__setattr__(self, "differences", differences)

    @classmethod
    def of(
        cls,
        sources: Sequence[tuple[str, Report]],
        interleaved: Sequence[Ratio | None] | None = None,
        stop: Stop | None = None,
    ) -> "Comparison":
        """Of contenders in order, each with where it comes from."""
        contenders = tuple(
            Contender(label=label_of(position), source=source, report=report)
            for position, (source, report) in enumerate(sources)
        )
        ratios = tuple(interleaved) if interleaved is not None else (None,) * (len(contenders) - 1)
        return cls(contenders=contenders, interleaved=ratios, stop=stop)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All that a reader should know."""
        found: dict[Note, list[str]] = {}
        for contender in self.contenders:
            for note in contender.report.notes:
                if note.code not in _OF_ONE_REPORT:
                    found.setdefault(note, []).append(contender.label)
        of_all = len(self.contenders)
        return (
            *_measuring_notes(self),
            *(
                note
                if len(labels) == of_all
                else replace(note, text=f"{', '.join(labels)}: {note.text}")
                for note, labels in found.items()
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, as `tflops show` reads it. Reads the files of models for their hashes."""
        contenders = tuple(
            replace(item, report=item.report.with_parts(model=item.report.model.hashed()))
            for item in self.contenders
        )
        return Result.to_dict(replace(self, contenders=contenders))

    def __repr__(self) -> str:
        names = " and ".join(item.report.model.name for item in self.contenders)
        ratios = ", ".join(
            "unknown" if item.ratio is None else f"{item.ratio.value:.3f}"
            for item in self.differences
        )
        return f"<Comparison of {names}: {ratios}>"


def label_of(position: int) -> str:
    """ "A", "B", ..., "Z", "AA", ..., as spreadsheets have them."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _difference(first: Report, other: Contender, interleaved: Ratio | None) -> Difference:
    ours, theirs = first.timing, other.report.timing
    ratio, seconds, why = interleaved, None, None
    conditions: tuple[Condition, ...] = ()
    if ours is not None and theirs is not None:
        conditions = differing(ours, theirs)
        if interleaved is None:
            why = obstacle(first, other.report, conditions)
            ratio = None if why else Ratio.of_latencies(ours.latency, theirs.latency)
        before = ours.latency.typical_seconds
        if ratio is not None and before is not None:
            # Of blocks, not of whole series, in which the machine may have changed its speed.
            seconds = (ratio.value - 1) * before
    parts = parts_of(first, other.report, seconds)
    return Difference(
        label=other.label,
        ratio=ratio,
        seconds=seconds,
        obstacle=why,
        conditions=conditions,
        parts=parts,
        types=types_of(parts),
        layers=layers_of(parts),
    )


def _measuring_notes(comparison: Comparison) -> list[Note]:
    """What to know of how the contenders were measured."""
    notes = []
    first = comparison.contenders[0]
    for other, difference in zip(comparison.contenders[1:], comparison.differences, strict=True):
        names = f"{first.label} and {other.label}"
        if difference.obstacle is not None:
            notes.append(
                Note(
                    code="not_comparable",
                    text=f"the times of {names} are not compared: {difference.obstacle}",
                    hint="measure both here, with `tflops compare` and their models",
                )
            )
            continue
        if difference.ratio is None or difference.ratio.blocks is not None:
            continue
        where = next((item for item in difference.conditions if item.name == MACHINE), None)
        if where is not None:
            notes.append(
                Note(
                    code="measured_elsewhere",
                    text=f"{first.label} was measured on {where.first or 'an unknown machine'}, "
                    f"{other.label} on {where.other or 'an unknown machine'}",
                )
            )
        rest = [str(item) for item in difference.conditions if item is not where]
        if rest:
            notes.append(
                Note(code="conditions_differ", text=f"{names} differ in {', '.join(rest)}")
            )
        if _is_here(first) and _is_here(other):
            notes.append(
                Note(
                    code="measured_apart",
                    text=f"{names} were measured one after the other: what changed on the machine in "
                    "between is in their ratio, and in no interval",
                )
            )
    return list(dict.fromkeys(notes))


def _is_here(contender: Contender) -> bool:
    timing = contender.report.timing
    return timing is not None and timing.origin.measured == "here"
