"""Contenders side by side: what they need, how long they take, and what makes the difference."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from tflops_native import formatting as numbers
from tflops_native.formats.difference_table import difference_tables
from tflops_native.formats.document import Cell, Column, Document, Found, Line, Lines, Table, row_of
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.comparison import Comparison, Contender, Difference
from tflops_native.reports.conditions import conditions_of
from tflops_native.reports.parts import REST
from tflops_native.reports.report import Report
from tflops_native.reports.saved import saved
from tflops_native.timing.ratio import Ratio

_TYPES_NAMED = 3
# Of the difference; smaller ones are not worth naming.
_NAMED_SHARE = 0.05
# Ratios from here on are said as multiples, and what is nearer to 1 as the same.
_MULTIPLE = 1.995
_SAME = 5e-5
# Where a difference that large cannot be excluded, "no difference" would mislead.
_VAGUE = 0.1


def comparison_document(comparison: Comparison) -> Document:
    """One row per contender, the verdict on each but the first, and where the difference lies."""
    names = list(dict.fromkeys(item.report.model.name for item in comparison.contenders))
    closing: Found = []
    for difference in comparison.differences:
        closing += _verdict(comparison.contenders[0], difference)
    closing += [*_measured(comparison), *comparison.notes]
    tables = [
        table
        for difference in comparison.differences
        for table in difference_tables(comparison, difference)
    ]
    return Document(
        reports=tuple(item.report for item in comparison.contenders),
        title=printable(" and ".join(names), NAME_LIMIT),
        parts=(_table(comparison), *tables, Lines(tuple(closing))),
        data=lambda: saved("comparison", comparison.to_dict()),
    )


def _columns(comparison: Comparison) -> tuple[Column, ...]:
    reports = [item.report for item in comparison.contenders]
    has_times = any(_typical(report) is not None for report in reports)
    has_counts = any(report.analysis is not None for report in reports)
    has_arenas = any(report.arena is not None for report in reports)
    has_loads = any(report.timing and report.timing.load_ns is not None for report in reports)
    units = {operation_unit(r.analysis) for r in reports if r.analysis is not None}
    unit = units.pop() if len(units) == 1 else "OP"
    return (
        Column(key="label", heading="", is_number=False),
        Column(key="contender", heading="", is_number=False, readable=16, shortest=12),
        Column(key="model", heading="model", is_number=False, is_shown=False),
        Column(key="source", heading="source", is_number=False, is_shown=False),
        Column(key="macs", heading="MACs", is_shown=has_counts, drop=6),
        Column(key="operations", heading=f"{unit}s", is_shown=has_counts, drop=3),
        Column(key="parameters", heading="params", is_shown=has_counts, drop=5),
        Column(key="weight_bytes", heading="weights", is_shown=has_counts, drop=4),
        Column(key="arena_bytes", heading="arena", is_shown=has_arenas, drop=4),
        Column(
            key="activation_bytes",
            heading="activations",
            is_shown=has_counts and not has_arenas,
            drop=4,
        ),
        Column(key="moved_bytes", heading="moved", is_shown=False),
        Column(key="load_seconds", heading="load", is_shown=has_loads, drop=1),
        Column(key="first_invoke_seconds", heading="first", is_shown=has_loads, drop=2),
        Column(key="median_seconds", heading="time", is_shown=has_times),
        Column(key="p95_seconds", heading="p95", is_shown=has_times, drop=7),
        Column(key="ratio", heading="ratio", is_shown=has_times),
        Column(key="ratio_lower", heading="from", is_shown=False),
        Column(key="ratio_upper", heading="to", is_shown=False),
    )


def _table(comparison: Comparison) -> Table:
    columns = _columns(comparison)
    titles = contender_titles(comparison)
    ratios: list[Ratio | None] = [None, *(item.ratio for item in comparison.differences)]
    return Table(
        title=numbers.plural(len(comparison.contenders), "contender"),
        columns=columns,
        rows=tuple(
            row_of(columns, _cells(contender, title, ratio, is_first=not position))
            for position, (contender, title, ratio) in enumerate(
                zip(comparison.contenders, titles, ratios, strict=True)
            )
        ),
        gap=2,
    )


def _cells(
    contender: Contender, title: str, ratio: Ratio | None, *, is_first: bool
) -> Mapping[str, Cell]:
    report = contender.report
    cells = {
        "label": Cell(contender.label, contender.label),
        "contender": Cell(title, printable(title, NAME_LIMIT)),
        "model": Cell(report.model.name),
        "source": Cell(contender.source),
    }
    if (analysis := report.analysis) is not None:
        moved = analysis.bytes_read + analysis.bytes_written
        cells |= {
            "macs": _count(analysis.macs),
            "operations": _count(analysis.total.operations),
            "parameters": _count(analysis.parameters),
            "weight_bytes": _bytes(analysis.weight_bytes),
            "activation_bytes": _bytes(analysis.peak_memory.size_bytes),
            "moved_bytes": _bytes(moved),
        }
    if report.arena is not None:
        cells["arena_bytes"] = _bytes(report.arena.arena_bytes)
    if (timing := report.timing) is not None:
        load = timing.initialization_ns
        if timing.load_ns is not None and timing.allocate_ns is not None:
            load = timing.load_ns + timing.allocate_ns
        cells |= {
            "load_seconds": _seconds(None if load is None else load / 1e9),
            "first_invoke_seconds": _seconds(
                None if timing.first_invoke_ns is None else timing.first_invoke_ns / 1e9
            ),
            "median_seconds": _seconds(timing.latency.typical_seconds),
            "p95_seconds": _seconds(timing.latency.p95_seconds),
        }
    if is_first and _typical(report) is not None:
        cells["ratio"] = Cell(1.0, "1")
    elif ratio is not None:
        cells["ratio"] = Cell(ratio.value, f"{ratio.value:.3f}")
        cells["ratio_lower"], cells["ratio_upper"] = Cell(ratio.lower), Cell(ratio.upper)
    return cells


def contender_titles(comparison: Comparison) -> list[str]:
    """What tells each contender from the others: its model, what it was run with, or its file."""
    facts = [_facts(contender) for contender in comparison.contenders]
    kept = [
        name for name in facts[0] if len({fact.get(name) for fact in facts}) > 1 and name != "input"
    ]
    if not kept:
        kept = ["input"] if len({fact.get("input") for fact in facts}) > 1 else ["model"]
    return [
        ", ".join(filter(None, (fact.get(name) for name in kept))) or fact["model"] or "?"
        for fact in facts
    ]


def _facts(contender: Contender) -> dict[str, str | None]:
    report, timing = contender.report, contender.report.timing
    facts: dict[str, str | None] = {"model": report.model.name}
    source = PurePath(contender.source).name
    if report.model.conversion is not None:
        # The file is where the result is kept, which says nothing to a person.
        facts["quantization"] = report.model.conversion.quantization_text
    elif source != report.model.name:
        facts["file"] = source
    if timing is not None:
        facts |= conditions_of(timing)
        if timing.threads is not None:
            facts["threads"] = numbers.plural(timing.threads, "thread")
        if timing.kernels is not None and timing.origin.measured == "here":
            facts["kernels"] = f"{timing.kernels} kernels"
        facts.pop("profiler")
    return {"model": None, "file": None, "quantization": None, **facts}


def _verdict(first: Contender, difference: Difference) -> Iterator[Line]:
    """In words and numbers: the time, then where it goes."""
    ratio = difference.ratio
    if ratio is not None:
        yield Line("result", time_sentence(ratio, first.label, difference.label))
    named = [
        f"{printable(item.name or '', NAME_LIMIT)} {signed_seconds(item.difference_seconds)}"
        for item in difference.types[:_TYPES_NAMED]
        if item.difference_seconds is not None
        and item.name != REST
        and difference.seconds
        and abs(item.difference_seconds) >= _NAMED_SHARE * abs(difference.seconds)
    ]
    if named and ratio is not None and ratio.may_differ:
        yield Line("", f"of {signed_seconds(difference.seconds)}: {', '.join(named)}")
    yield Line("counts" if ratio is not None else "result", _counts_sentence(first, difference))


def time_sentence(ratio: Ratio, first: str, other: str) -> str:
    """ "B takes 8.9% less time than A (8.1% to 9.7%)"."""
    claim = f"{other} takes {_times(ratio.value)} time than {first}"
    if abs(ratio.value - 1) < _SAME:
        claim = f"{other} takes the same time as {first}"
    elif ratio.value >= _MULTIPLE:
        claim = f"{other} takes {ratio.value:.2f} times as long as {first}"
    if ratio.lower is None or ratio.upper is None:
        if ratio.blocks is not None:
            return (
                f"{claim} in {numbers.plural(ratio.blocks, 'block')}, too few for an interval: "
                "a longer --max-time takes more"
            )
        return f"{claim}; these files do not say how certain that is"
    if not ratio.differs:
        most = max(1 - ratio.lower, ratio.upper - 1)
        if most > _VAGUE:
            return (
                f"cannot tell {first} and {other} apart: {other} takes {numbers.brief(ratio.lower, 3)} to "
                f"{numbers.brief(ratio.upper, 3)} times as long as {first} (95% confidence)"
            )
        return (
            f"no difference between {first} and {other}: one of more than {_percent(most)} can be "
            "excluded (95% confidence)"
        )
    if ratio.value >= _MULTIPLE:
        return f"{claim} ({ratio.lower:.2f} to {ratio.upper:.2f}, 95% confidence)"
    near, far = sorted((abs(ratio.lower - 1), abs(ratio.upper - 1)))
    return f"{claim} ({_percent(near)} to {_percent(far)}, 95% confidence)"


def _times(value: float) -> str:
    """ "8.9% less"."""
    return f"{_percent(abs(value - 1))} {'more' if value > 1 else 'less'}"


def _percent(fraction: float) -> str:
    """One decimal; two below 1 %."""
    return f"{100 * fraction:.2f}%" if fraction < 0.00995 else f"{100 * fraction:.1f}%"


def signed_seconds(value: float | None) -> str:
    """ "+1.20ms", "-35.0µs"."""
    if value is None:
        return ""
    return ("+" if value > 0 else "-" if value < 0 else "") + numbers.seconds(abs(value))


def _counts_sentence(first: Contender, difference: Difference) -> str:
    parts = difference.parts
    added = sum(part.change == "added" and part.part == "operator" for part in parts)
    removed = sum(part.change == "removed" and part.part == "operator" for part in parts)
    before = sum(part.first_macs for part in parts)
    after = sum(part.macs for part in parts)
    found = []
    if before != after:
        change = f" ({(after - before) / before:+.1%})" if before else ""
        found.append(f"{after - before:+,} MACs{change}")
    for count, what in ((added, "added"), (removed, "removed")):
        if count:
            found.append(f"{numbers.plural(count, 'operator')} {what}")
    if not found:
        return f"{difference.label} has the same operators and MACs as {first.label}"
    return f"{difference.label} against {first.label}: {', '.join(found)}"


def _measured(comparison: Comparison) -> Iterator[Line]:
    """How, and on what."""
    stop = comparison.stop
    blocks = [r.blocks for r in comparison.interleaved if r is not None and r.blocks is not None]
    if stop is not None and blocks:
        text = f"{numbers.plural(blocks[0], 'block')} in {stop.seconds:.1f}s, interleaved, in both orders"
        if stop.precision is not None:
            wanted = f"{numbers.percent(stop.precision)}%"
            text += (
                f"; the ratios are known to ±{wanted}"
                if stop.is_reached
                else f"; stopped before the ratios were known to ±{wanted}"
            )
        yield Line("runs", text)
    timings = [item.report.timing for item in comparison.contenders]
    shared = {
        key: value
        for key, value in (conditions_of(timings[0]).items() if timings[0] else ())
        if value is not None
        and all(t is not None and conditions_of(t)[key] == value for t in timings)
    }
    what = [shared[key] for key in ("runtime", "delegate") if key in shared]
    if "kernels" in shared:
        what.append(f"{shared['kernels']} kernels")
    if "threads" in shared:
        what.append(numbers.plural(int(shared["threads"]), "thread"))
    if what:
        yield Line("runtime", ", ".join(printable(text, NAME_LIMIT) for text in what))
    for key in ("machine", "input"):
        if key in shared:
            yield Line(key, printable(shared[key], NAME_LIMIT))


def _typical(report: Report) -> float | None:
    return None if report.timing is None else report.timing.latency.typical_seconds


def _count(value: int) -> Cell:
    return Cell(value, numbers.count(value))


def _bytes(value: int) -> Cell:
    return Cell(value, f"{numbers.byte_count(value)}B")


def _seconds(value: float | None) -> Cell:
    return Cell(value, "" if value is None else numbers.seconds(value))
