"""The columns of the tables of operators and of groups: what each is called, and what it means."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tflops_native.analysis.operators import is_float
from tflops_native.analysis.result import Analysis
from tflops_native.errors import OptionError
from tflops_native.formats import convention_counts
from tflops_native.formats.document import Column, Row
from tflops_native.reports.report import Report

_COUNTERS = frozenset({"bool", "int32", "int64"})
_TRIFLE = 0.01  # of all operations
_SIGNS = {
    "?": "? unknown",
    "-": "- not applicable",
    "fused": "fused: in another's time",
    "unread": "unread: not run, nothing reads it",
}
_MORE = "tflops explain columns"
# In the order in which columns are left out where a terminal is narrow. The others always stay.
LEFT_OUT = (
    "alone_seconds",
    "bytes_moved",
    "parameters",
    "share",
    "macs",
    "time_uncertainty",
    "arithmetic",
    "output_shape",
    "layer",
    "bound",
    "utilization",
    "operations_per_second",
)
# Heading and meaning by key. {unit} is FLOP where all arithmetic is floating point, else OP.
TEXTS = {
    "index": ("#", "Number of the operator in the file: `tflops explain MODEL:8` explains number 8."),
    "operator": ("operator", "Name of the operator in the schema of TensorFlow Lite, or of a custom one."),
    "layer": (
        "layer",
        "Layer of the network that it comes from, by the name of its output. What all layers begin "
        "with is left out.",
    ),
    "operators": ("ops", "Number of operators."),
    "output_shape": (
        "output",
        "Shape of its first output; +1: one more; *: taken from the file, not inferred.",
    ),
    "macs": ("MACs", "Multiply-accumulate pairs of convolutions and matrix products."),
    "operations": (
        "{unit}s",
        "Arithmetic operations: 2 per MAC, and all other arithmetic. FLOPs where all of it is floating "
        "point, OPs where some of it is integer.",
    ),
    "arithmetic": ("type", "Type of the arithmetic: f32 is float32, i8 int8, i16x8 int16 by int8."),
    "parameters": ("params", "Elements of weights, biases and tables that it is the first to use."),
    "bytes_moved": ("bytes", "Bytes that it must read and write, weights included."),
    "share": ("{unit}s%", "Share of all operations of the model, in percent."),
    "time_seconds": (
        "time",
        "Time of one inference in it: the median of profiled runs, at one speed of the machine. <1µs: at "
        "most; fused: it runs as part of another operator; unread: it is not run, because nothing reads "
        "its output.",
    ),
    "time_uncertainty": (
        "±%",
        "Half the 95% interval of the time, in percent; >99: hardly known; !: the time matters "
        "and is known to worse than it should be.",
    ),
    "alone_seconds": ("alone", "Time when it runs alone, cut out of the model, with hot caches."),
    "time_share": ("time%", "Share of the profiled inference without the profiler, in percent."),
    "own_time_share": (
        "own%",
        "Share of the sum of all operators, in percent; shown in place of time% where the medians of the "
        "operators leave much of the inference, because the machine was disturbed.",
    ),
    "operations_per_second": (
        "G{unit}/s",
        "Speed: operations over time, in billions per second; >: at least.",
    ),
    "utilization": (
        "of roof",
        "Speed as a share of what this machine can reach at most for such an operator (roofline model).",
    ),
    "bound": (
        "limited by",
        "What sets that limit: compute, a cache (L1, L2, L3), memory (DRAM), or overhead, where the "
        "operator is too short for anything else to matter.",
    ),
}  # fmt: skip


def operator_columns(report: Report, analysis: Analysis, chosen: Sequence[str]) -> list[Column]:
    """The columns; people see those in which this report has something to say, or those that are chosen.

    Raises:
        OptionError: there is no column of a chosen name.
    """
    unit = operation_unit(analysis)
    profile = None if report.timing is None else report.timing.profile
    # Files of other tools have means, and nothing of how well these are known.
    has_bounds = profile is not None and profile.statistic == "median"
    is_usual = not convention_counts.replaces_table(report)
    has_times = is_usual and profile is not None
    has_roofs = has_times and report.peaks is not None
    has_layers = any(operator.layer is not None for operator in analysis.operators)
    is_alone = profile is not None and any(
        operator.alone_seconds is not None for operator in profile.operators
    )
    name_cells = 17 if is_usual else 12  # other conventions have long names, too
    found = [
        _column("index"),
        _column("operator", is_number=False, readable=name_cells, shortest=name_cells),
        _column(
            "layer", is_number=False, is_shown=is_usual and has_layers, readable=12, shortest=12
        ),
        _column("output_shape", is_number=False),
        Column(key="status", heading="status", is_number=False, is_shown=False),
        _column("macs", unit, is_shown=is_usual),
        _column("operations", unit, is_shown=is_usual),
        _column("arithmetic", is_number=False, is_shown=is_usual and not _is_single(analysis)),
        Column(key="scalar_ops", heading="scalar", is_shown=False),
        Column(key="transcendentals", heading="transcendental", is_shown=False),
        _column("parameters", unit, is_shown=False),
        Column(key="bytes_read", heading="read", is_shown=False),
        Column(key="bytes_written", heading="written", is_shown=False),
        _column("bytes_moved", unit, is_shown=is_usual),
        _column("share", unit, is_shown=is_usual),
        _column("time_seconds", unit, is_shown=has_times),
        Column(key="time_lower_seconds", heading="from", is_shown=False),
        Column(key="time_upper_seconds", heading="to", is_shown=False),
        _column("time_uncertainty", unit, is_shown=has_times and has_bounds),
        _column("alone_seconds", unit, is_shown=has_times and is_alone),
        _column("time_share", unit, is_shown=has_times and not report.is_disturbed),
        _column("own_time_share", unit, is_shown=has_times and report.is_disturbed),
        Column(key="kernel", heading="kernel", is_number=False, is_shown=False),
        Column(key="is_fused", heading="fused", is_shown=False),
        Column(key="is_unread", heading="unread", is_shown=False),
        _column("operations_per_second", unit, is_shown=has_times),
        _column("utilization", unit, is_shown=has_roofs),
        _column("bound", is_number=False, is_shown=has_roofs),
        *convention_counts.columns(report),
    ]
    return chosen_columns(found, chosen)


def group_columns(
    report: Report, analysis: Analysis, by: str, chosen: Sequence[str]
) -> list[Column]:
    """The columns of a table of groups, as `operator_columns`."""
    unit = operation_unit(analysis)
    has_times = report.timing is not None and report.timing.profile is not None
    name = "operator" if by == "type" else "layer"
    found = [
        _column(name, is_number=False, readable=17, shortest=17),
        _column("operators", unit),
        _column("macs", unit),
        _column("operations", unit),
        _column("parameters", unit),
        Column(key="bytes_read", heading="read", is_shown=False),
        Column(key="bytes_written", heading="written", is_shown=False),
        _column("bytes_moved", unit),
        _column("share", unit),
        _column("time_seconds", unit, is_shown=has_times),
        _column("time_share", unit, is_shown=has_times and not report.is_disturbed),
        _column("own_time_share", unit, is_shown=has_times and report.is_disturbed),
        _column("operations_per_second", unit, is_shown=has_times),
    ]
    return chosen_columns(found, chosen)


def _column(
    key: str,
    unit: str = "FLOP",
    *,
    is_number: bool = True,
    is_shown: bool = True,
    readable: int | None = None,
    shortest: int | None = None,
) -> Column:
    heading, meaning = TEXTS[key]
    return Column(
        key=key,
        heading=heading.format(unit=unit),
        meaning=meaning,
        is_number=is_number,
        is_shown=is_shown,
        drop=LEFT_OUT.index(key) + 1 if key in LEFT_OUT else None,
        readable=readable,
        shortest=shortest,
    )


def chosen_columns(columns: Sequence[Column], chosen: Sequence[str]) -> list[Column]:
    """All columns; with names chosen, these alone, in their order, and none of them is ever left out."""
    if not chosen:
        return list(columns)
    by_name = {column.heading.lower(): column for column in columns}
    by_name |= {column.key: column for column in columns}
    found = []
    for name in chosen:
        column = by_name.get(name.strip().lower())
        if column is None:
            known = ", ".join(column.key for column in columns)
            raise OptionError(f"there is no column {name.strip()!r}; there are {known}")
        found.append(replace(column, is_shown=True, drop=None))
    return found


def operation_unit(analysis: Analysis) -> str:
    """FLOP where the arithmetic is floating point, else OP.

    Counters of loops are integer in every model: they do not make it an integer one.
    """
    return "FLOP" if _is_float(analysis) else "OP"


def _is_single(analysis: Analysis) -> bool:
    """Whether there is one type of arithmetic, so that it need not be said of each operator."""
    floats = [name for name in analysis.operations if is_float(name)]
    return len(analysis.operations) <= 1 or (_is_float(analysis) and len(floats) == 1)


def _is_float(analysis: Analysis) -> bool:
    """Whether there is nothing but floating point, but for a trifle of whole numbers without MACs."""
    operations = analysis.operations
    others = [name for name in operations if not is_float(name)]
    trifle = _TRIFLE * sum(operations.values())
    return all(name in _COUNTERS for name in others) and (
        not others
        or (
            sum(operations[name] for name in others) <= trifle
            and not any(analysis.macs_by_arithmetic.get(name) for name in others)
        )
    )


def legend_of(columns: Sequence[Column], rows: Iterable[Row]) -> str:
    """How to read what is shown of these rows, and where to read more."""
    shown = [position for position, column in enumerate(columns) if column.is_shown]
    found = {row.cells[position].text for row in rows for position in shown}
    parts = [text for sign, text in _SIGNS.items() if sign in found]
    return "; ".join([*parts, _MORE] if parts else [f"columns explained: {_MORE}"])


def name_key(columns: Sequence[Column], usual: str) -> str | None:
    """The column in which rows have their names; None where only numbers are shown."""
    texts = [column.key for column in columns if column.is_shown and not column.is_number]
    return usual if usual in texts else next(iter(texts), None)
