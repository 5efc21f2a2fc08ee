"""Which types and which operators make the difference between two contenders."""

from collections.abc import Iterable, Iterator, Sequence

from tflops_native import formatting as numbers
from tflops_native.formats.document import Cell, Column, Emphasis, Row, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.comparison import Comparison, Difference
from tflops_native.reports.parts import REST, GroupDifference, PartDifference, modules_of

_ROWS = 15  # of the table; what is left is one row
_LAYERS = 10
# Of the difference; layers with less are taken together.
_WORTH_SHARE = 0.01
_OF_NONE = "of no layer"
_CHANGES = {"both": "", "added": "added", "removed": "removed"}


def difference_tables(comparison: Comparison, difference: Difference) -> Iterator[Table]:
    """By type and by operator, the largest difference first; nothing where both are the same."""
    first = comparison.contenders[0].label
    is_timed = any(part.difference_seconds is not None for part in difference.parts)
    is_other_model = any(map(_differs, difference.parts))
    # Where both take the same time, chance alone makes differences between equal operators.
    is_same_time = difference.ratio is not None and not difference.ratio.may_differ
    if not is_other_model and (not is_timed or is_same_time):
        return
    yield _types(difference, first, is_timed)
    if modules := modules_of(difference.parts):
        shown = [item for item in modules if _is_shown(item, difference, is_timed)]
        if any(item.name not in (None, REST) for item in shown):
            yield _layers(difference, first, is_timed, modules, shown[:_LAYERS])
    if any(_is_worth_a_row(part, difference, is_timed) for part in difference.parts):
        yield _parts(difference, first, is_timed)


def _differs(part: PartDifference) -> bool:
    return part.part == "operator" and (
        part.change != "both" or part.operations != part.first_operations
    )


def _columns(difference: Difference, first: str, is_timed: bool) -> tuple[Column, ...]:
    other = difference.label
    has_macs = any(part.macs != part.first_macs for part in difference.parts)
    return (
        Column(key="macs_difference", heading="MACs", is_shown=has_macs, drop=1),
        Column(key="first_seconds", heading=f"time {first}", is_shown=is_timed),
        Column(key="seconds", heading=f"time {other}", is_shown=is_timed),
        Column(key="difference_seconds", heading=f"{other} - {first}", is_shown=is_timed),
        Column(key="share", heading="%", is_shown=is_timed, drop=2),
    )


def _is_shown(item: GroupDifference, difference: Difference, is_timed: bool) -> bool:
    """Of the layers: what differs in counts, or is a part of the difference that is worth a line."""
    if _type_differs(item) or not is_timed or not difference.seconds:
        return _type_differs(item)
    return abs(item.difference_seconds or 0.0) >= _WORTH_SHARE * abs(difference.seconds)


def _layers(
    difference: Difference,
    first: str,
    is_timed: bool,
    modules: Sequence[GroupDifference],
    shown: Sequence[GroupDifference],
) -> Table:
    other = difference.label
    columns = (
        Column(key="name", heading="layer", is_number=False, readable=20, shortest=10),
        Column(key="first_count", heading=f"# {first}", drop=3),
        Column(key="count", heading=f"# {other}", drop=3),
        *_columns(difference, first, is_timed),
    )
    above = _shared_path(item.name for item in shown if item.name != REST)
    rows = [
        row_of(
            columns,
            {
                "name": Cell(
                    item.name,
                    printable(
                        _OF_NONE if item.name is None else item.name.removeprefix(above),
                        NAME_LIMIT,
                    ),
                ),
                "first_count": _number(item.first_count),
                "count": _number(item.count),
                **_figures(item, difference.seconds),
            },
        )
        for item in shown
    ]
    if is_timed:
        left = [item for item in modules if item not in shown]
        rows += _closing(columns, difference, left, "layers")
    return Table(
        title=f"{other} against {first}, by layer", columns=columns, rows=tuple(rows), gap=2
    )


def _types(difference: Difference, first: str, is_timed: bool) -> Table:
    other = difference.label
    columns = (
        Column(key="name", heading="type", is_number=False, readable=16, shortest=10),
        Column(key="first_count", heading=f"# {first}"),
        Column(key="count", heading=f"# {other}"),
        *_columns(difference, first, is_timed),
    )
    shown = [item for item in difference.types if is_timed or _type_differs(item)]
    rows = [
        row_of(
            columns,
            {
                "name": Cell(item.name, printable(item.name or "", NAME_LIMIT)),
                "first_count": _number(item.first_count),
                "count": _number(item.count),
                **_figures(item, difference.seconds),
            },
        )
        for item in shown[:_ROWS]
    ]
    if is_timed:
        rows += _closing(columns, difference, shown[_ROWS:], "types")
    return Table(
        title=f"{other} against {first}, by type", columns=columns, rows=tuple(rows), gap=2
    )


def _parts(difference: Difference, first: str, is_timed: bool) -> Table:
    other = difference.label
    columns = (
        Column(key="first_index", heading=f"# {first}", drop=4),
        Column(key="index", heading=f"# {other}", drop=3),
        Column(key="name", heading="operator", is_number=False, readable=14, shortest=10),
        Column(key="layer", heading="layer", is_number=False, readable=12, shortest=8),
        Column(key="change", heading="", is_number=False),
        *_columns(difference, first, is_timed),
        Column(key="lower_seconds", heading="from", is_shown=False),
        Column(key="upper_seconds", heading="to", is_shown=False),
    )
    worth = [part for part in difference.parts if _is_worth_a_row(part, difference, is_timed)]
    shown = worth[:_ROWS]
    above = _shared_path(part.layer for part in shown)
    rows = [
        row_of(
            columns,
            {
                "first_index": _number(part.first_index),
                "index": _number(part.index),
                "name": Cell(part.name, printable(part.name, NAME_LIMIT)),
                "layer": Cell(part.layer, printable((part.layer or "")[len(above) :], 60)),
                "change": Cell(part.change, _CHANGES[part.change] if part.part != "rest" else ""),
                **_figures(part, difference.seconds),
                "lower_seconds": Cell(part.lower_seconds),
                "upper_seconds": Cell(part.upper_seconds),
            },
            emphasis=Emphasis.STRONG if part.change != "both" else Emphasis.NONE,
        )
        for part in shown
    ]
    left = [part for part in difference.parts if part not in shown]
    if is_timed:
        rows += _closing(columns, difference, left, "parts")
    return Table(
        title=f"{other} against {first}, by operator", columns=columns, rows=tuple(rows), gap=2
    )


def _shared_path(layers: Iterable[str | None]) -> str:
    """What all paths begin with and none ends with, with its slash."""
    paths = [layer.split("/")[:-1] for layer in layers if layer]
    shared = 0
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared += 1
    return "".join(f"{name}/" for name in paths[0][:shared]) if paths else ""


def _is_worth_a_row(part: PartDifference, difference: Difference, is_timed: bool) -> bool:
    """What differs for certain, in counts or in time; where that is not known, all times."""
    if _differs(part) or not is_timed:
        return _differs(part)
    if part.lower_seconds is None:
        return bool(part.difference_seconds)
    return part.is_certain


def _type_differs(item: GroupDifference) -> bool:
    return item.first_count != item.count or item.first_macs != item.macs


def _closing(
    columns: tuple[Column, ...],
    difference: Difference,
    left: "Sequence[PartDifference] | Sequence[GroupDifference]",
    what: str,
) -> list[Row]:
    """What is left, and the sum, so that the rows add up."""
    rows = []
    if left:
        text = f"{len(left)} other {what}" if len(left) > 1 else f"1 other {what[:-1]}"
        seconds = sum(item.difference_seconds or 0.0 for item in left)
        rows.append(
            row_of(
                columns,
                {
                    "name": Cell(text, text),
                    "macs_difference": _macs(sum(item.macs - item.first_macs for item in left)),
                    "difference_seconds": _signed(seconds),
                    "share": _share(seconds, difference.seconds),
                },
                emphasis=Emphasis.ASIDE,
                is_record=False,
            )
        )
    rows.append(
        row_of(
            columns,
            {
                "name": Cell("difference", "difference"),
                "difference_seconds": _signed(difference.seconds),
            },
            emphasis=Emphasis.ASIDE,
            is_record=False,
        )
    )
    return rows


def _figures(item: PartDifference | GroupDifference, seconds: float | None) -> dict[str, Cell]:
    return {
        "macs_difference": _macs(item.macs - item.first_macs),
        "first_seconds": _seconds(item.first_seconds),
        "seconds": _seconds(item.seconds),
        "difference_seconds": _signed(item.difference_seconds),
        "share": _share(item.difference_seconds, seconds),
    }


def _macs(change: int) -> Cell:
    sign = "+" if change > 0 else "-"
    return Cell(change, f"{sign}{numbers.count(abs(change))}" if change else "")


def _number(value: int | None) -> Cell:
    return Cell(value, "" if value is None else str(value))


def _seconds(value: float | None) -> Cell:
    return Cell(value, "" if value is None else numbers.seconds(value))


def _signed(value: float | None) -> Cell:
    if value is None:
        return Cell()
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return Cell(value, f"{sign}{numbers.seconds(abs(value))}")


def _share(value: float | None, whole: float | None) -> Cell:
    if value is None or not whole:
        return Cell()
    text = numbers.percent(value / whole)
    return Cell(value / whole, "0.0" if text == "-0.0" else text)
