"""The per-operator table as strings, for every format that shows it to people."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import Enum
from functools import partial

from tflops_native.analysis import Analysis, OperatorAnalysis, Status, is_float
from tflops_native.reports import conventions, imported, numbers
from tflops_native.reports.joined import Report, ReportRow

NOTHING = "-"
VAGUE = "!"
_INDENT = " "
# Shares of the whole model say nothing of one run of a subgraph, and the profiler sees no part of it.
_OF_THE_WHOLE = frozenset({"%", "time", "±%", "%t", "GFLOP/s", "GOP/s", "%roof", "bound"})
LOWEST_RATE = 1e6  # operations per second; lower ones would only widen the table


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it says of an operator, and whether it holds numbers."""

    heading: str
    cell: Callable[[ReportRow], str]
    is_number: bool = True


class Emphasis(Enum):
    """How a line stands out, in the words of no format."""

    NONE = "none"
    STRONG = "strong"
    WEAK = "weak"
    ASIDE = "aside"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table, a cell for each column."""

    cells: list[str]
    emphasis: Emphasis


def columns(report: Report, analysis: Analysis) -> list[Column]:
    """The columns that this report has something to say in."""
    unit = operation_unit(analysis)
    found = [
        Column("#", lambda row: str(row.operator.index)),
        Column("operator", lambda row: row.operator.name, is_number=False),
        Column("output", lambda row: _output(row.operator), is_number=False),
    ]
    further = [Column(heading, _of_operator(text)) for heading, text in conventions.cells(report)]
    if conventions.replaces_table(report):
        return found + further
    found += [
        Column("MACs", lambda row: _count(row.operator, row.operator.cost.macs)),
        Column(f"{unit}s", lambda row: _count(row.operator, row.operator.cost.operations)),
    ]
    if len(analysis.operations) > 1:
        found.append(Column("type", lambda row: arithmetic(row.operator), is_number=False))
    found += [
        Column("bytes", lambda row: _bytes(row.operator)),
        Column("%", lambda row: _share(row)),
    ]
    profile = None if report.timing is None else report.timing.profile
    if profile is not None:
        found.append(Column("time", _time))
        # Files of other tools tell means, and nothing of how well these are known.
        vague = getattr(profile, "vague", None)
        if vague is not None:
            found.append(Column("±%", partial(_uncertainty, vague)))
        found += [
            Column(
                "%t",
                lambda row: NOTHING if row.time_share is None else numbers.percent(row.time_share),
            ),
            Column(f"G{unit}/s", _rate),
        ]
        if report.peaks is not None:
            found += [Column("%roof", _utilization), Column("bound", _bound, is_number=False)]
    return found + further


def _of_operator(text: Callable[[OperatorAnalysis], str]) -> Callable[[ReportRow], str]:
    return lambda row: text(row.operator)


def operation_unit(analysis: Analysis) -> str:
    """FLOP where all arithmetic is floating point, else OP."""
    return "FLOP" if all(map(is_float, analysis.operations)) else "OP"


def arithmetic(operator: OperatorAnalysis) -> str:
    """Short names of the types an operator computes in: "f32", "i8", "i8+f32"."""
    return "+".join(map(short_type, operator.operations)) or NOTHING


def short_type(name: str) -> str:
    """ "float32" -> "f32", "int16x8" -> "i16x8"."""
    for long, short in (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i")):
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


def _output(operator: OperatorAnalysis) -> str:
    if not operator.output_shapes:
        return NOTHING
    more = len(operator.output_shapes) - 1
    text = numbers.shape(operator.output_shapes[0]) + (f" +{more}" if more else "")
    return text + ("*" if operator.shapes_assumed else "")


def _count(operator: OperatorAnalysis, number: int) -> str:
    if operator.status is Status.UNSUPPORTED:
        return "?"
    return numbers.count(number) if number else NOTHING


def _bytes(operator: OperatorAnalysis) -> str:
    moved = operator.bytes_read + operator.bytes_written
    return numbers.byte_count(moved) if moved else NOTHING


def _share(row: ReportRow) -> str:
    if row.operator.status is Status.UNSUPPORTED:
        return "?"
    return numbers.percent(row.share) if row.share and row.operator.cost.operations else NOTHING


def _time(row: ReportRow) -> str:
    """The time as far as it is known: one that may be nothing is given by its upper bound."""
    if row.time is None:
        return "fused" if row.is_fused else "?"
    time = row.time.estimate
    if not time.lower:
        return f"<{numbers.seconds(time.upper, 2)}" if time.upper else "0"
    return numbers.seconds(time.typical, numbers.known_digits(time.uncertainty))


def _uncertainty(vague: Container[int], row: ReportRow) -> str:
    """Half the 95 % interval, in percent; with a mark where the time matters and this was to be less."""
    time = row.time
    if time is None or not time.estimate.lower or time.estimate.uncertainty is None:
        return NOTHING
    uncertainty = time.estimate.uncertainty
    text = numbers.percent(uncertainty) if uncertainty < 0.0995 else f"{100 * uncertainty:.0f}"
    return text + (VAGUE if time.index in vague else "")


def _rate(row: ReportRow) -> str:
    if row.rate is None:
        return NOTHING
    if row.rate_is_bound:
        return f">{numbers.rate(row.rate, 2)}" if row.rate >= LOWEST_RATE else NOTHING
    if row.rate < LOWEST_RATE:
        return f"<{LOWEST_RATE / 1e9:g}"
    uncertainty = None if row.time is None else row.time.estimate.uncertainty
    return numbers.rate(row.rate, numbers.known_digits(uncertainty))


def _utilization(row: ReportRow) -> str:
    if row.utilization is None or row.utilization.share is None:
        return NOTHING
    digits = 0 if row.utilization.share >= 0.0995 else 1
    return (">" if row.rate_is_bound else "") + f"{100 * row.utilization.share:.{digits}f}"


def _bound(row: ReportRow) -> str:
    return NOTHING if row.utilization is None else row.utilization.bound


def lines(report: Report, analysis: Analysis) -> tuple[list[Column], list[Line]]:
    """The whole table: operators, the subgraphs that they run below them, and what adds up the times."""
    shown = columns(report, analysis)
    found = []
    for row in report.rows:
        found.append(Line([column.cell(row) for column in shown], _emphasis(row)))
        found += _called(row.operator, shown, 1)
    if values := conventions.totals(report):
        found.append(Line([values.get(column.heading, "") for column in shown], Emphasis.ASIDE))
    for name, time, share in _other_times(report):
        values = {"operator": name, "time": time, "%t": share}
        found.append(Line([values.get(column.heading, "") for column in shown], Emphasis.ASIDE))
    return shown, found


def _called(operator: OperatorAnalysis, shown: list[Column], depth: int) -> list[Line]:
    """The subgraphs that an operator runs: what one run costs, and how often it is run."""
    found = []
    for call in operator.calls:
        times = f"x{call.times:,}" if call.is_counted else "not counted"
        title = {"operator": f"{_INDENT * depth}{call.role} {times}"}
        found.append(Line([title.get(column.heading, "") for column in shown], Emphasis.ASIDE))
        for inner in call.operators:
            row = ReportRow.inner(inner)
            cells = [
                _INDENT * (depth + 1) + text
                if column.heading == "operator"
                else ""
                if column.heading in _OF_THE_WHOLE
                else text
                for column, text in ((column, column.cell(row)) for column in shown)
            ]
            found.append(Line(cells, _emphasis(row)))
            found += _called(inner, shown, depth + 2)
    return found


def _emphasis(row: ReportRow) -> "Emphasis":
    if row.operator.status not in (Status.COUNTED, Status.NO_ARITHMETIC):
        return Emphasis.PROBLEM
    if row.time_share is not None and row.time_share >= 0.1:
        return Emphasis.STRONG
    return Emphasis.WEAK if row.operator.status is Status.NO_ARITHMETIC else Emphasis.NONE


def _other_times(report: Report) -> list[tuple[str, str, str]]:
    """Lines behind the operators, name, time and share: they make the times add up to the invoke."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None:
        return []
    parts = [(f"unmatched: {event.name}", event.estimate.typical) for event in profile.unmatched]
    parts = [(f"unmatched: {event.name}", event.estimate.typical) for event in profile.unmatched]
    parts += imported.ending(profile)
    return [
        (name, numbers.seconds(value), numbers.percent(value / profile.invoke))
        for name, value in parts
    ]
