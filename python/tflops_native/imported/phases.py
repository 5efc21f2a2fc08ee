"""Which statistics are those of the runs: phases by what they are, held against the summary.

The rule: benchmark_model prints the mean of the warm-up and of the runs twice, in the line of statistics
and in the summary. A line belongs to the phase whose mean the summary gives; without a summary to the
phase that was announced last. Where they contradict each other the summary's mean is taken, for it names
what it is of, and the statistics of the line are left out; unless it is the beginning of the mean of the
runs, for a line may be cut off in its last number. A line that cannot be read is left out where the summary
is of another one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.formatting import brief
from tflops_native.imported.figures import count, duration
from tflops_native.imported.log_notes import statistics_damaged
from tflops_native.imported.recorded import MICROSECOND, DurationSummary
from tflops_native.notes import Note

# What stands behind is not of the line; something in between may be the rest of a number.
_LINE = re.compile(r"count=\S+(?:\s+\w+=[^\s=(]+(?:\s*\(all same\))?){0,20}")
_STATISTIC = re.compile(
    r"\b(?P<name>count|first|curr|min|max|avg|std|p5|median|p95)=(?P<value>[^\s=(]+)"
)
_SIGNIFICANT_DIGITS = 1e-5  # means are printed with six digits


@dataclass(frozen=True, slots=True)
class Phase:
    """One line of statistics, and how many phases had been announced; None for no runs at all."""

    announced: int
    statistics: DurationSummary | None


@dataclass(slots=True)
class Summary:
    """What the last lines of a benchmark say; the summaries may hold a mean and nothing else."""

    warm_up: DurationSummary | None = None
    runs: DurationSummary | None = None


def statistics_of(line: str) -> DurationSummary | None:
    """The statistics in microseconds of a line `count=...`; None if there was no run.

    Raises:
        ValueError: a number is damaged or missing.
    """
    fields = match[0] if (match := _LINE.match(line)) else line
    values = {match["name"]: match["value"] for match in _STATISTIC.finditer(fields)}
    number_of_runs = count(values.pop("count", ""))
    if not number_of_runs:
        return None
    # The deviation is printed behind the mean: without it the mean may be the beginning of a number.
    if "first" in values and "std" not in values:
        raise ValueError(f"the line of statistics is cut off: {line[:80]!r}")
    seconds = {name: duration(value, MICROSECOND) for name, value in values.items()}
    # Where all runs took the same time only that one is written, as the latest.
    latest = seconds.get("curr")
    mean = seconds.get("avg", latest)
    if mean is None:
        raise ValueError(f"no average in {line[:60]!r}")
    return DurationSummary(
        count=number_of_runs,
        mean=mean,
        minimum=seconds.get("min", latest),
        maximum=seconds.get("max", latest),
        p5=seconds.get("p5"),
        median=seconds.get("median"),
        p95=seconds.get("p95"),
        std=seconds.get("std"),
    )


def resolve(
    lines: Sequence[tuple[int, str]], announced: int, summary: Summary
) -> tuple[DurationSummary | None, DurationSummary | None, list[Note]]:
    """The statistics of the warm-up and of the runs, None for what the file does not hold, and notes.

    Args:
        lines: of statistics, each with how many phases had been announced.

    Raises:
        ValueError: a line is damaged, or nothing says of which phase they are.
    """
    phases, damage = _phases(lines)
    if damage is None:
        return _resolved(phases, announced, summary)
    known = [phase.statistics for phase in phases if phase.statistics is not None]
    if summary.runs is None or not any(_is_same(found, summary.runs) for found in known):
        raise damage
    warm_up, runs, notes = _resolved(phases, announced, summary)
    return warm_up, runs, [*notes, statistics_damaged(str(damage))]


def _phases(lines: Sequence[tuple[int, str]]) -> tuple[list[Phase], ValueError | None]:
    """Those that can be read, and why one cannot."""
    phases: list[Phase] = []
    damage = None
    for announced, line in lines:
        try:
            phases.append(Phase(announced, statistics_of(line)))
        except ValueError as error:
            damage = error
    return phases, damage


def _resolved(
    phases: Sequence[Phase], announced: int, summary: Summary
) -> tuple[DurationSummary | None, DurationSummary | None, list[Note]]:
    by_order = _by_order(phases, announced, has_summary=summary.runs is not None)
    if summary.runs is None:
        return *by_order, []
    known = [phase.statistics for phase in phases if phase.statistics is not None]
    # Between the first and the last stands none, unless lines of another process are among them.
    between = [p.statistics for p in phases[1:-1] if p.statistics is not None]
    is_whole = any(_is_same(found, summary.runs) for found in between)
    runs = None if is_whole else _cut_off(known, by_order, summary)
    notes = [] if runs is None else [_summary_cut(runs, summary.runs)]
    if runs is None:
        runs = next((s for s in reversed(known) if _is_same(s, summary.runs)), None)
    rest = [s for s in known if s is not runs]
    warm_up = by_order[0] if by_order[0] is not runs else None
    if summary.warm_up is not None:
        warm_up = next((s for s in rest if _is_same(s, summary.warm_up)), summary.warm_up)
    if runs is not None or not known:
        return warm_up, runs or summary.runs, notes
    return warm_up, summary.runs, [_contradiction(known[-1], warm_up, summary.runs)]


def _by_order(
    phases: Sequence[Phase], announced: int, *, has_summary: bool
) -> tuple[DurationSummary | None, DurationSummary | None]:
    """Warm-up and runs, by what was announced before them."""
    if not phases:
        return None, None
    if announced == 0 and len(phases) == 1:
        if has_summary:
            return None, None
        raise ValueError(
            "it holds one line of statistics, and nothing says whether it is of the warm-up or of the "
            "runs: keep the line 'Inference timings in us' too"
        )
    if len(phases) > 2:
        return _among_strays(phases, has_summary=has_summary)
    warm_up = phases[0].statistics
    runs = phases[-1].statistics if len(phases) > 1 else None
    if len(phases) == 1 and phases[0].announced > 1:
        return None, phases[0].statistics
    return warm_up, runs


def _among_strays(
    phases: Sequence[Phase], *, has_summary: bool
) -> tuple[DurationSummary | None, DurationSummary | None]:
    """The same where lines are among them that another process printed."""
    behind: dict[int, list[DurationSummary | None]] = {}
    for phase in phases:
        behind.setdefault(phase.announced, []).append(phase.statistics)
    announced = [lines for number, lines in sorted(behind.items()) if number] or [*behind.values()]
    if has_summary:
        # The summary says which are those of the runs; not of each version which are of the warm-up.
        warm_up = announced[0] if len(announced) > 1 else []
        known = [found for found in warm_up if found is not None]
        return known[0] if len(known) == 1 else None, phases[-1].statistics
    if len(announced) != 2 or any(found is not None for lines in announced for found in lines[1:]):
        raise ValueError(
            f"it holds {len(phases)} lines of statistics, and nothing says which is of the runs: keep the "
            "line 'Inference timings in us' too"
        )
    return announced[0][0], announced[1][0]


def _is_same(statistics: DurationSummary, printed: DurationSummary) -> bool:
    step = _SIGNIFICANT_DIGITS * printed.mean
    if printed.resolution > MICROSECOND:
        step = printed.resolution / 2
    return abs(statistics.mean - printed.mean) <= step + 1e-12


def _cut_off(
    known: Sequence[DurationSummary],
    by_order: tuple[DurationSummary | None, DurationSummary | None],
    summary: Summary,
) -> DurationSummary | None:
    """The statistics of the runs if the summary's mean is only the beginning of theirs."""
    warm_up, runs = by_order
    if runs is None and warm_up is None and len(known) == 1:
        # One line that nothing announced is of the runs, unless the summary says otherwise.
        is_warm_up = summary.warm_up is not None and _is_same(known[0], summary.warm_up)
        runs = None if is_warm_up else known[0]
    if runs is None or summary.runs is None or summary.runs.resolution > MICROSECOND:
        return None  # what is printed in milliseconds has its unit behind it
    is_beginning = _printed(runs).startswith(_printed(summary.runs))
    return runs if is_beginning and not _is_same(runs, summary.runs) else None


def _printed(statistics: DurationSummary) -> str:
    """The mean as the benchmark prints it, in microseconds."""
    return f"{statistics.mean / MICROSECOND:g}"


def _summary_cut(runs: DurationSummary, printed: DurationSummary) -> Note:
    return Note(
        code="summary_cut",
        text=f"the summary is cut off in its last number, {_printed(printed)} of {_printed(runs)} µs: "
        "the mean is that of the line of statistics",
        hint="keep the log of one benchmark as it was printed",
    )


def _contradiction(
    last: DurationSummary, warm_up: DurationSummary | None, runs: DurationSummary
) -> Note:
    if warm_up is not None and _is_same(last, warm_up):
        return Note(
            code="statistics_missing",
            text="the log holds no line of statistics of the runs: the mean is that of its summary",
            hint="keep the line 'count=...' in front of 'Inference timings in us'",
        )
    return Note(
        code="phases_contradict",
        text=f"the log contradicts itself: a mean of {brief(last.mean * 1e6, 6)} µs in its last line of "
        f"statistics, {brief(runs.mean * 1e6, 6)} µs in its summary, which is taken",
        hint="keep the log of one benchmark as it was printed",
    )
