"""What the table of operators has to say of one operator, by column.

0 is zero; "?" is not known; "-" does not apply.
"""

from collections.abc import Callable, Container, Hashable, Iterable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter

from tflops_native import formatting as numbers
from tflops_native.analysis.operators import EXACT, OperatorAnalysis, Status
from tflops_native.formats.document import Cell, Emphasis
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.rows import ReportRow

NOTHING = "-"
UNKNOWN = "?"
IMPRECISE = "!"
HARDLY_KNOWN = 0.995  # an interval as wide as twice the time: how much wider says nothing
SHORTEST_ALONE = 1e-8  # seconds
LOWEST_RATE = 1e6  # operations per second; lower ones would only widen the table

Cells = dict[str, Cell]


def short_type(name: str) -> str:
    """ "float32" -> "f32", "int16x8" -> "i16x8"."""
    for long, short in (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i")):
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


# Of tens of thousands of rows most say much the same, and to make cells takes longer than to find them.
_cell = lru_cache(maxsize=4096, typed=True)(Cell)


_OF_OPERATOR = attrgetter(
    *(field.name for field in fields(OperatorAnalysis) if field.name not in ("index", "rule"))
)
_OF_ROW = attrgetter(*(field.name for field in fields(ReportRow) if field.name != "operator"))


def facts_of(row: ReportRow) -> Hashable:
    """All that there is to say of a row but its place: rows with the same facts have the same cells."""
    return _OF_OPERATOR(row.operator), _OF_ROW(row)


def cells_of(
    row: ReportRow, shown: Iterable[str], imprecise: Container[int] = (), root: str = ""
) -> Cells:
    """What there is to say of one operator, by key of the column, but for its place.

    Args:
        shown: keys of the columns that people see: of the others there is only the value.
        imprecise: operators that are marked for it.
        root: what the names of all layers begin with, and is left out for people.
    """
    texts = {}
    for key in shown:
        if key == "layer":
            texts[key] = layer_text(row.operator.layer, root)
        elif key == "time_uncertainty":
            texts[key] = _uncertainty(row, imprecise)
        elif key in _TEXTS:
            texts[key] = _TEXTS[key](row)
    # Most of what nobody sees is nothing; there may be tens of thousands of rows.
    return {
        key: _cell(value, texts.get(key, ""))
        for key, value in row.values().items()
        if value is not None or key in texts
    }


def _output(operator: OperatorAnalysis) -> str:
    if not operator.output_shapes:
        return NOTHING
    more = len(operator.output_shapes) - 1
    text = numbers.shape(operator.output_shapes[0]) + (f" +{more}" if more else "")
    return text + ("*" if operator.shapes_assumed else "")


def _count(number: int, row: ReportRow) -> str:
    return UNKNOWN if row.operator.status is Status.UNSUPPORTED else numbers.count(number)


def _arithmetic(row: ReportRow) -> str:
    nothing = UNKNOWN if row.operator.status is Status.UNSUPPORTED else NOTHING
    return "+".join(map(short_type, row.operator.operations)) or nothing


def _moved(operator: OperatorAnalysis) -> int:
    return operator.bytes_read + operator.bytes_written


def _time_share(row: ReportRow, share: float | None) -> str:
    return _no_time(row) if share is None else percent_text(share)


def _share(row: ReportRow) -> str:
    if row.operator.status is Status.UNSUPPORTED:
        return UNKNOWN
    return NOTHING if row.share is None else percent_text(row.share)


def percent_text(share: float) -> str:
    """One decimal without the sign: 0 is nothing at all, "<0.1" is not."""
    if not share:
        return "0"
    return numbers.percent(share) if abs(share) >= 0.0005 else "<0.1"


def layer_text(layer: str | None, root: str) -> str:
    """The layer without the root of all layers."""
    if layer is None:
        return NOTHING
    return printable(layer.removeprefix(root) or layer, NAME_LIMIT)


def _no_time(row: ReportRow) -> str:
    """In place of what follows from a time."""
    return NOTHING if row.has_no_own_time else UNKNOWN


def _no_roof(row: ReportRow) -> str:
    """In place of what follows from a roof, which what does nothing has none of."""
    operator = row.operator
    is_idle = not (operator.cost.operations or operator.bytes_read or operator.bytes_written)
    return NOTHING if row.has_no_own_time or (is_idle and operator.status in EXACT) else UNKNOWN


def time_text(row: ReportRow) -> str:
    """The time as far as it is known: one that may be nothing is given by its upper bound."""
    if row.time is None:
        return "fused" if row.is_fused else "unread" if row.is_unread else UNKNOWN
    time = row.time.estimate
    if not time.lower_seconds:
        return f"<{numbers.seconds(time.upper_seconds, 2)}" if time.upper_seconds else "0"
    return numbers.seconds(time.typical_seconds, numbers.known_digits(time.uncertainty))


def _bound_text(row: ReportRow, *, is_upper: bool) -> str:
    """An end of the 95 % interval of the time."""
    if row.time is None:
        return _no_time(row)
    estimate = row.time.estimate
    return numbers.seconds(estimate.upper_seconds if is_upper else estimate.lower_seconds)


def _kernel(row: ReportRow) -> str:
    """As the delegate names it; the runtime's own kernels have no names."""
    if row.time is None:
        return _no_time(row)
    return NOTHING if row.time.kernel is None else printable(row.time.kernel, NAME_LIMIT)


def _uncertainty(row: ReportRow, imprecise: Container[int]) -> str:
    """Half the 95 % interval, in percent; with a mark where the time matters and this was to be less."""
    time = row.time
    if time is None:
        return _no_time(row)
    if not time.estimate.lower_seconds or time.estimate.uncertainty is None:
        return UNKNOWN
    uncertainty = time.estimate.uncertainty
    text = percent_text(uncertainty) if uncertainty < 0.0995 else f"{100 * uncertainty:.0f}"
    if uncertainty >= HARDLY_KNOWN:
        text = ">99"
    return text + (IMPRECISE if time.index in imprecise else "")


def _alone(row: ReportRow) -> str:
    """What the operator takes alone, in three digits; below a hundredth of a µs only noise is left."""
    seconds = None if row.time is None else row.time.alone_seconds
    if seconds is None:
        return NOTHING
    return "<10ns" if seconds < SHORTEST_ALONE else numbers.seconds(seconds, 3)


def rate_text(row: ReportRow) -> str:
    """Operations in units of 10**9 per second, as far as they are known."""
    operator = row.operator
    if row.has_no_own_time or (
        not operator.cost.operations and operator.status is not Status.UNSUPPORTED
    ):
        return NOTHING
    if row.rate is None:
        return UNKNOWN
    if row.rate_is_bound:
        return f">{numbers.rate(row.rate, 2)}" if row.rate >= LOWEST_RATE else UNKNOWN
    if row.rate < LOWEST_RATE:
        return f"<{numbers.brief(LOWEST_RATE / 1e9, 3)}"
    uncertainty = None if row.time is None else row.time.estimate.uncertainty
    return numbers.rate(row.rate, numbers.known_digits(uncertainty))


def _utilization(row: ReportRow) -> str:
    if row.utilization is None or row.utilization.share is None:
        return _no_roof(row)
    return (">" if row.rate_is_bound else "") + roof_text(row.utilization.share)


def roof_text(share: float) -> str:
    """Whole percents with the sign, below ten with one decimal."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return f"{100 * share:.{0 if share >= 0.0995 else 1}f}%"


def emphasis_of(row: ReportRow) -> Emphasis:
    """What stands out: what is not counted exactly, and what takes a tenth of the time."""
    if row.operator.status not in EXACT:
        return Emphasis.PROBLEM
    if row.own_time_share is not None and row.own_time_share >= 0.1:
        return Emphasis.STRONG
    return Emphasis.WEAK if row.operator.status is Status.NO_ARITHMETIC else Emphasis.NONE


# By key of the column; those of layers and of uncertainties depend on more than the row.
_TEXTS: dict[str, Callable[[ReportRow], str]] = {
    "operator": lambda row: printable(row.operator.name, NAME_LIMIT),
    "output_shape": lambda row: _output(row.operator),
    "status": lambda row: row.operator.status.value,
    "macs": lambda row: _count(row.operator.cost.macs, row),
    "operations": lambda row: _count(row.operator.cost.operations, row),
    "arithmetic": _arithmetic,
    "scalar_ops": lambda row: _count(row.operator.cost.scalar_ops, row),
    "transcendentals": lambda row: _count(row.operator.cost.transcendentals, row),
    "parameters": lambda row: numbers.count(row.operator.parameters),
    "bytes_read": lambda row: numbers.byte_count(row.operator.bytes_read),
    "bytes_written": lambda row: numbers.byte_count(row.operator.bytes_written),
    "bytes_moved": lambda row: numbers.byte_count(_moved(row.operator)),
    "share": _share,
    "time_seconds": time_text,
    "time_lower_seconds": lambda row: _bound_text(row, is_upper=False),
    "time_upper_seconds": lambda row: _bound_text(row, is_upper=True),
    "alone_seconds": _alone,
    "time_share": lambda row: _time_share(row, row.time_share),
    "own_time_share": lambda row: _time_share(row, row.own_time_share),
    "kernel": _kernel,
    "is_fused": lambda row: "yes" if row.is_fused else "no",
    "is_unread": lambda row: "yes" if row.is_unread else "no",
    "operations_per_second": rate_text,
    "utilization": _utilization,
    "bound": lambda row: _no_roof(row) if row.utilization is None else row.utilization.bound,
}
