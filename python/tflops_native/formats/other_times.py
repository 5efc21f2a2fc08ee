"""Rows behind the operators: what makes their times add up to the inference, and sums of operators."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.formats.document import Cell, Column, Emphasis, Row, row_of
from tflops_native.formats.operator_cells import percent_text
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.groups import OperatorGroup
from tflops_native.reports.report import Report

if TYPE_CHECKING:
    from tflops_native.profile.result import Profile, UnmatchedEvent

MICROSECOND = 1e-6


def _ending(profile: "Profile") -> list[tuple[str, float]]:
    """What makes the times of the operators add up, and the sum."""
    outside, beyond = profile.outside_seconds, profile.beyond_medians_seconds
    if not profile.is_whole:
        parts = [("outside operators", outside)] if outside >= MICROSECOND else []
        return [*parts, ("all that ran", profile.invoke_seconds)]
    parts = [("outside operators", outside)]
    if beyond is not None:
        parts.append(("beyond medians", beyond))
    title = "profiled invoke" if profile.overhead is None else "without profiler"
    return [*parts, (title, profile.inference_seconds)]


def _title(event: "UnmatchedEvent") -> str:
    """Of something that ran and is not one operator's alone."""
    if event.operators:
        return f"inside {event.name}: {numbers.plural(len(event.operators), 'operator')}"
    return f"unmatched: {event.name}"


def other_times(report: Report, columns: Sequence[Column], name_key: str | None) -> list[Row]:
    """Rows behind the operators that make the times add up to the invoke."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None or name_key is None:
        return []
    parts = [(_title(event), event.estimate.typical_seconds) for event in profile.unmatched]
    rows = []
    for name, seconds in [*parts, *_ending(profile)]:
        cells = {
            name_key: Cell(name, printable(name, NAME_LIMIT)),
            "time_seconds": Cell(seconds, numbers.seconds(seconds)),
        }
        if profile.inference_seconds:  # a clock, or a log, may say that nothing took any time
            share = seconds / profile.inference_seconds
            cells["time_share"] = Cell(share, percent_text(share))
        rows.append(row_of(columns, cells, emphasis=Emphasis.ASIDE, is_record=False))
    return rows


def sum_row(group: OperatorGroup, columns: Sequence[Column], name_key: str, title: str) -> Row:
    """The sums over operators that have no row of their own."""
    cells = {name_key: Cell(title, title), **sum_cells(group)}
    return row_of(columns, cells, emphasis=Emphasis.ASIDE, is_record=False)


def sum_cells(group: OperatorGroup) -> dict[str, Cell]:
    """The sums of a group, by key of the column."""
    at_least = ">" if group.not_counted else ""
    times_at_least = ">" if group.untimed else ""
    seconds, rate = group.time_seconds, group.operations_per_second
    shares = {"time_share": group.time_share, "own_time_share": group.own_time_share}
    no_rate = "-" if not group.operations and not group.not_counted else "?"
    return {
        "operators": Cell(group.operators, f"{group.operators:,}"),
        "macs": Cell(group.macs, at_least + numbers.count(group.macs)),
        "operations": Cell(group.operations, at_least + numbers.count(group.operations)),
        "parameters": Cell(group.parameters, numbers.count(group.parameters)),
        "bytes_read": Cell(group.bytes_read, numbers.byte_count(group.bytes_read)),
        "bytes_written": Cell(group.bytes_written, numbers.byte_count(group.bytes_written)),
        "bytes_moved": Cell(group.bytes_moved, numbers.byte_count(group.bytes_moved)),
        "share": Cell(group.share, "-" if group.share is None else percent_text(group.share)),
        "time_seconds": Cell(
            seconds, "?" if seconds is None else times_at_least + numbers.seconds(seconds)
        ),
        **{
            key: Cell(share, "?" if share is None else times_at_least + percent_text(share))
            for key, share in shares.items()
        },
        "operations_per_second": Cell(rate, no_rate if rate is None else numbers.rate(rate)),
    }
