"""The table of operators: what there is to say of each, for people and for machines."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import EXACT, OperatorAnalysis, Status, is_float
from tflops_native.analysis.result import Analysis
from tflops_native.formats import convention_counts
from tflops_native.formats.document import Cell, Column, Emphasis, Row, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow

if TYPE_CHECKING:
    from tflops_native.profile.result import OperatorTime, Profile, UnmatchedEvent

NOTHING = "-"
IMPRECISE = "!"
MICROSECOND = 1e-6
SHORTEST_ALONE = 1e-8  # seconds
LOWEST_RATE = 1e6  # operations per second; lower ones would only widen the table
# Shares of the whole model say nothing of one run of a subgraph, and the profiler sees no part of it.
_OF_THE_WHOLE = frozenset(
    {
        "share",
        "time_seconds",
        "time_lower_seconds",
        "time_upper_seconds",
        "time_uncertainty",
        "alone_seconds",
        "time_share",
        "kernel",
        "is_fused",
        "operations_per_second",
        "utilization",
        "bound",
    }
)

# What there is to say of a time inside a subgraph: it lies within that of the operator that runs it.
_OF_A_TIME = frozenset(
    {"time_seconds", "time_lower_seconds", "time_upper_seconds", "time_uncertainty", "kernel"}
)

Nested: TypeAlias = "Mapping[int, Mapping[int, OperatorTime]]"
Cells = dict[str, Cell]


def operator_table(report: Report, analysis: Analysis) -> Table:
    """All operators, the subgraphs that they run below them, and what makes the times add up."""
    columns = _columns(report, analysis)
    profile = None if report.timing is None else report.timing.profile
    imprecise = () if profile is None else profile.imprecise
    nested = _nested_times(report, analysis)
    rows = []
    for position, row in enumerate(report.rows):
        cells = _cells(row, imprecise) | convention_counts.cells(report, position)
        cells["index"] = Cell(str(row.operator.index), str(row.operator.index))
        rows.append(row_of(columns, cells, emphasis=_emphasis(row)))
        rows += _called(row.operator, columns, str(row.operator.index), 1, nested)
    if totals := convention_counts.totals(report):
        cells = {"operator": Cell("total", "total"), **totals}
        rows.append(row_of(columns, cells, emphasis=Emphasis.ASIDE, is_record=False))
    rows += _other_times(report, columns)
    return Table(
        title=numbers.plural(len(report.rows), "operator"),
        columns=tuple(columns),
        rows=tuple(rows),
        tree="operator",
        is_padded=True,
    )


def _columns(report: Report, analysis: Analysis) -> list[Column]:
    """The columns; people see those in which this report has something to say."""
    unit = operation_unit(analysis)
    profile = None if report.timing is None else report.timing.profile
    # Files of other tools have means, and nothing of how well these are known.
    has_bounds = profile is not None and profile.statistic == "median"
    is_usual = not convention_counts.replaces_table(report)
    has_times = is_usual and profile is not None
    has_roofs = has_times and report.peaks is not None
    return [
        Column(key="index", heading="#"),
        Column(key="operator", heading="operator", is_number=False, readable=12, shortest=8),
        Column(key="layer", heading="layer", is_number=False, is_shown=False),
        Column(key="output_shape", heading="output", is_number=False, readable=8, shortest=8),
        Column(key="status", heading="status", is_number=False, is_shown=False),
        Column(key="macs", heading="MACs", is_shown=is_usual),
        Column(key="operations", heading=f"{unit}s", is_shown=is_usual),
        Column(
            key="arithmetic",
            heading="type",
            is_number=False,
            is_shown=is_usual and len(analysis.operations) > 1,
        ),
        Column(key="scalar_ops", heading="scalar", is_shown=False),
        Column(key="transcendentals", heading="transcendental", is_shown=False),
        Column(key="parameters", heading="params", is_shown=False),
        Column(key="bytes_read", heading="read", is_shown=False),
        Column(key="bytes_written", heading="written", is_shown=False),
        Column(key="bytes_moved", heading="bytes", is_shown=is_usual, drop=2),
        Column(key="share", heading="%", is_shown=is_usual, drop=1),
        Column(key="time_seconds", heading="time", is_shown=has_times),
        Column(key="time_lower_seconds", heading="from", is_shown=False),
        Column(key="time_upper_seconds", heading="to", is_shown=False),
        Column(key="time_uncertainty", heading="±%", is_shown=has_times and has_bounds),
        Column(
            key="alone_seconds",
            heading="alone",
            is_shown=profile is not None
            and has_times
            and any(operator.alone_seconds is not None for operator in profile.operators),
            drop=3,
        ),
        Column(key="time_share", heading="%t", is_shown=has_times),
        Column(key="kernel", heading="kernel", is_number=False, is_shown=False),
        Column(key="is_fused", heading="fused", is_shown=False),
        Column(key="operations_per_second", heading=f"G{unit}/s", is_shown=has_times),
        Column(key="utilization", heading="%roof", is_shown=has_roofs),
        Column(key="bound", heading="bound", is_number=False, is_shown=has_roofs, shortest=5),
        *convention_counts.columns(report),
    ]


def operation_unit(analysis: Analysis) -> str:
    """FLOP where all arithmetic is floating point, else OP."""
    return "FLOP" if all(map(is_float, analysis.operations)) else "OP"


def short_type(name: str) -> str:
    """ "float32" -> "f32", "int16x8" -> "i16x8"."""
    for long, short in (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i")):
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


def _cells(row: ReportRow, imprecise: Container[int] = ()) -> Cells:
    """What there is to say of one operator, by key of the column, but for its place."""
    operator, cost = row.operator, row.operator.cost
    is_known = operator.status is not Status.UNSUPPORTED
    texts = {
        "operator": printable(operator.name, NAME_LIMIT),
        "output_shape": _output(operator),
        "status": operator.status.value,
        "macs": _count(cost.macs, is_known),
        "operations": _count(cost.operations, is_known),
        "arithmetic": "+".join(map(short_type, operator.operations)) or NOTHING,
        "bytes_moved": _bytes(operator.bytes_read + operator.bytes_written),
        "share": _share(row),
        "time_seconds": time_text(row),
        "time_uncertainty": _uncertainty(row, imprecise),
        "alone_seconds": _alone(row),
        "time_share": NOTHING if row.time_share is None else numbers.percent(row.time_share),
        "operations_per_second": rate_text(row),
        "utilization": _utilization(row),
        "bound": NOTHING if row.utilization is None else row.utilization.bound,
    }
    return {key: Cell(value, texts.get(key, "")) for key, value in row.values().items()}


def _output(operator: OperatorAnalysis) -> str:
    if not operator.output_shapes:
        return NOTHING
    more = len(operator.output_shapes) - 1
    text = numbers.shape(operator.output_shapes[0]) + (f" +{more}" if more else "")
    return text + ("*" if operator.shapes_assumed else "")


def _count(number: int, is_known: bool) -> str:
    if not is_known:
        return "?"
    return numbers.count(number) if number else NOTHING


def _bytes(number: int) -> str:
    return numbers.byte_count(number) if number else NOTHING


def _share(row: ReportRow) -> str:
    if row.operator.status is Status.UNSUPPORTED:
        return "?"
    is_work = row.share and row.operator.cost.operations
    return numbers.percent(row.share) if row.share and is_work else NOTHING


def time_text(row: ReportRow) -> str:
    """The time as far as it is known: one that may be nothing is given by its upper bound."""
    if row.time is None:
        return "fused" if row.is_fused else "?"
    time = row.time.estimate
    if not time.lower_seconds:
        return f"<{numbers.seconds(time.upper_seconds, 2)}" if time.upper_seconds else "0"
    return numbers.seconds(time.typical_seconds, numbers.known_digits(time.uncertainty))


def _uncertainty(row: ReportRow, imprecise: Container[int]) -> str:
    """Half the 95 % interval, in percent; with a mark where the time matters and this was to be less."""
    time = row.time
    if time is None or not time.estimate.lower_seconds or time.estimate.uncertainty is None:
        return NOTHING
    uncertainty = time.estimate.uncertainty
    text = numbers.percent(uncertainty) if uncertainty < 0.0995 else f"{100 * uncertainty:.0f}"
    return text + (IMPRECISE if time.index in imprecise else "")


def _alone(row: ReportRow) -> str:
    """What the operator takes alone, in three digits; below a hundredth of a µs only noise is left."""
    seconds = None if row.time is None else row.time.alone_seconds
    if seconds is None:
        return NOTHING
    return "<10ns" if seconds < SHORTEST_ALONE else numbers.seconds(seconds, 3)


def rate_text(row: ReportRow) -> str:
    """Operations in units of 10**9 per second, as far as they are known."""
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
    share = row.utilization.share
    digits = 0 if share >= 0.0995 else 1
    return (">" if row.rate_is_bound else "") + f"{100 * share:.{digits}f}"


def _nested_times(report: Report, analysis: Analysis) -> Nested:
    """Times of operators in subgraphs, by subgraph and operator index.

    Only of subgraphs that one operator runs: of others the time is the sum of all that run them.
    """
    profile = None if report.timing is None else report.timing.profile
    if profile is None:
        return {}
    runners = Counter(_runs(analysis.operators))
    return {
        item.subgraph_index: {time.index: time for time in item.operators}
        for item in profile.nested
        if runners[item.subgraph_index] == 1
    }


def _runs(operators: Iterable[OperatorAnalysis]) -> Iterator[int]:
    """The subgraph of each call."""
    for operator in operators:
        for call in operator.calls:
            yield call.subgraph_index
            yield from _runs(call.operators)


def _called(
    operator: OperatorAnalysis, columns: list[Column], place: str, depth: int, nested: Nested
) -> list[Row]:
    """The subgraphs that an operator runs: what one run costs, and how often it is run.

    The index of an operator in them is a path as `tflops explain` takes it, 8/body/3.
    """
    found = []
    for call in operator.calls:
        times = f"x{call.times:,}" if call.is_counted else "not counted"
        title = printable(f"{call.role} {times}", NAME_LIMIT)
        found.append(
            row_of(
                columns,
                {"operator": Cell(title, title)},
                emphasis=Emphasis.ASIDE,
                depth=depth,
                is_record=False,
            )
        )
        times_inside = nested.get(call.subgraph_index, {})
        for inner in call.operators:
            row = ReportRow(operator=inner, time=times_inside.get(inner.index))
            left_out = _OF_THE_WHOLE if row.time is None else _OF_THE_WHOLE - _OF_A_TIME
            cells = {key: cell for key, cell in _cells(row).items() if key not in left_out}
            path = f"{place}/{call.role}/{inner.index}"
            cells["index"] = Cell(path, str(inner.index))
            found.append(row_of(columns, cells, emphasis=_emphasis(row), depth=depth + 1))
            found += _called(inner, columns, path, depth + 2, nested)
    return found


def _emphasis(row: ReportRow) -> Emphasis:
    if row.operator.status not in EXACT:
        return Emphasis.PROBLEM
    if row.time_share is not None and row.time_share >= 0.1:
        return Emphasis.STRONG
    return Emphasis.WEAK if row.operator.status is Status.NO_ARITHMETIC else Emphasis.NONE


def _ending(profile: "Profile") -> list[tuple[str, float]]:
    """What makes the times of the operators add up, and the sum."""
    outside, beyond = profile.outside_seconds, profile.beyond_medians_seconds
    if not profile.is_whole:
        parts = [("outside operators", outside)] if outside >= MICROSECOND else []
        return [*parts, ("all that ran", profile.invoke_seconds)]
    parts = [("outside operators", outside)]
    if beyond is not None:
        parts.append(("beyond medians", beyond))
    return [*parts, ("profiled invoke", profile.invoke_seconds)]


def _title(event: "UnmatchedEvent") -> str:
    """Of something that ran and is no operator's alone."""
    if event.operators:
        return f"inside {event.name}: {numbers.plural(len(event.operators), 'operator')}"
    return f"unmatched: {event.name}"


def _other_times(report: Report, columns: list[Column]) -> list[Row]:
    """Rows behind the operators that make the times add up to the invoke."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None:
        return []
    parts = [(_title(event), event.estimate.typical_seconds) for event in profile.unmatched]
    rows = []
    for name, seconds in [*parts, *_ending(profile)]:
        cells = {
            "operator": Cell(name, printable(name, NAME_LIMIT)),
            "time_seconds": Cell(seconds, numbers.seconds(seconds)),
            "time_share": Cell(
                seconds / profile.invoke_seconds, numbers.percent(seconds / profile.invoke_seconds)
            ),
        }
        rows.append(row_of(columns, cells, emphasis=Emphasis.ASIDE, is_record=False))
    return rows
