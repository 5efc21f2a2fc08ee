"""Several runtimes side by side, for people and as plain data."""

from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.formats.document import Cell, Column, Document, Line, Lines, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.saved import saved

if TYPE_CHECKING:
    from tflops_native.measurement.comparison import Comparison, Ratio, RuntimeTiming

_COLUMNS = (
    Column(key="runtime", heading="runtime", is_number=False, readable=16, shortest=12),
    Column(key="median_seconds", heading="median"),
    Column(key="min_seconds", heading="min", drop=3),
    Column(key="p95_seconds", heading="p95"),
    Column(key="first_invoke_seconds", heading="first", drop=2),
    Column(key="load_seconds", heading="load", drop=1),
    Column(key="ratio", heading="ratio"),
    Column(key="ratio_interval", heading="95% interval"),
    Column(key="ratio_lower", heading="from", is_shown=False),
    Column(key="ratio_upper", heading="to", is_shown=False),
)


def comparison_document(comparison: "Comparison") -> Document:
    """One row per runtime, and what is the same for all of them."""
    name = comparison.model.name
    threads = numbers.plural(comparison.threads, "thread")
    closing = [
        *_findings(comparison),
        Line("runs", _stop(comparison)),
        Line("runtime", f"{comparison.kernels} kernels, {threads}"),
    ]
    if comparison.machine.processor is not None:
        closing.append(Line("machine", comparison.machine.processor))
    return Document(
        title=f"Runtimes compared on {printable(name, NAME_LIMIT)}",
        parts=(
            Lines(
                (
                    Line("model", f"{name}, {numbers.byte_count(comparison.model.size_bytes)}B"),
                    *_inputs(comparison),
                )
            ),
            _table(comparison),
            Lines(tuple(closing)),
        ),
        data=lambda: saved("comparison", comparison.to_dict()),
    )


def _table(comparison: "Comparison") -> Table:
    return Table(
        title=numbers.plural(len(comparison.runtimes), "runtime"),
        columns=_COLUMNS,
        rows=tuple(
            row_of(_COLUMNS, _cells(timing, ratio))
            for timing, ratio in zip(comparison.runtimes, (None, *comparison.ratios), strict=True)
        ),
        gap=2,
    )


def _inputs(comparison: "Comparison") -> list[Line]:
    return [
        Line("input", f"{name} {numbers.shape(shape)}")
        for name, shape in comparison.input_shapes.items()
    ]


def _cells(timing: "RuntimeTiming", ratio: "Ratio | None") -> dict[str, Cell]:
    latency = timing.latency
    interval = "" if ratio is None else "unknown"
    if ratio is not None and ratio.lower is not None and ratio.upper is not None:
        interval = f"{ratio.lower:.3f}..{ratio.upper:.3f}"
    return {
        "runtime": Cell(timing.runtime.title, timing.runtime.title),
        "median_seconds": _seconds(latency.median_seconds),
        "min_seconds": _seconds(latency.minimum_seconds),
        "p95_seconds": _seconds(latency.p95_seconds),
        "first_invoke_seconds": _seconds(timing.first_invoke_ns / 1e9),
        "load_seconds": _seconds((timing.load_ns + timing.allocate_ns) / 1e9),
        "ratio": Cell(1.0, "1") if ratio is None else Cell(ratio.value, f"{ratio.value:.3f}"),
        "ratio_interval": Cell(None, interval),
        "ratio_lower": Cell(None if ratio is None else ratio.lower),
        "ratio_upper": Cell(None if ratio is None else ratio.upper),
    }


def _seconds(value: float | None) -> Cell:
    return Cell(value, "" if value is None else numbers.seconds(value))


def _findings(comparison: "Comparison") -> list[Line]:
    """In words, for each runtime but the first."""
    first = comparison.runtimes[0].runtime.title
    found = []
    for timing, ratio in zip(comparison.runtimes[1:], comparison.ratios, strict=True):
        name = timing.runtime.title
        if ratio.differs is None:
            found.append(Line("result", f"too few independent rounds to tell {name} from {first}"))
        elif not ratio.differs:
            found.append(Line("result", f"no difference to be seen between {name} and {first}"))
        else:
            change = abs(ratio.value - 1) * 100
            direction = "more" if ratio.value > 1 else "less"
            found.append(
                Line("result", f"{name} takes {change:.1f}% {direction} time than {first}")
            )
    return found


def _stop(comparison: "Comparison") -> str:
    stop = comparison.stop
    rounds = numbers.plural(comparison.ratios[0].rounds, "round")
    text = f"{rounds} in {stop.seconds:.1f}s, interleaved, in both orders"
    if stop.precision is None:
        return text
    wanted = f"{numbers.percent(stop.precision)}%"
    if stop.is_reached:
        return f"{text}; the ratios are known to {wanted}"
    return f"{text}; the wanted {wanted} was not reached"
