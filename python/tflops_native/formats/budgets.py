"""Whether a model keeps its limits, for people; and a baseline."""

from dataclasses import replace

from tflops_native import formatting as numbers
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Emphasis,
    Line,
    Lines,
    Row,
    Table,
    row_of,
)
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.budgets import METRICS, Check, CheckLine
from tflops_native.reports.saved import saved

_COLUMNS: tuple[Column, ...] = (
    Column(key="verdict", heading="", is_number=False),
    Column(key="metric", heading="", is_number=False),
    Column(key="value", heading="value"),
    Column(key="lower", heading="from", is_shown=False),
    Column(key="upper", heading="to", is_shown=False),
    Column(key="limit", heading="limit"),
    Column(key="baseline", heading="baseline", drop=1),
    Column(key="reason", heading="", is_number=False, is_shown=False),
)
_EMPHASIS = {"pass": Emphasis.NONE, "fail": Emphasis.PROBLEM, "undecided": Emphasis.STRONG}


def check_document(check: Check) -> Document:
    """One line per limit."""
    name = printable(check.model.name, NAME_LIMIT)
    has_baseline = any(line.baseline is not None for line in check.lines)
    columns = tuple(
        column if has_baseline or column.key != "baseline" else replace(column, is_shown=False)
        for column in _COLUMNS
    )
    return Document(
        title=f"{check.verdict}: {name}",
        parts=(
            Table(
                title=numbers.plural(len(check.lines), "limit"),
                columns=columns,
                rows=tuple(_row(line) for line in check.lines),
                gap=2,
            ),
            Lines((*_reasons(check), Line("result", f"{name}: {check.verdict}"))),
        ),
        data=lambda: saved("check", check.to_dict()),
    )


def _reasons(check: Check) -> list[Line]:
    """Why limits are undecided or failed: a line for each reason, with what it is the reason of."""
    titles: dict[str, list[str]] = {}
    for line in check.lines:
        if line.reason is not None:
            titles.setdefault(line.reason, []).append(METRICS[line.metric].title)
    return [
        Line("" if position else "why", f"{', '.join(of)}: {reason}")
        for position, (reason, of) in enumerate(titles.items())
    ]


def _row(line: CheckLine) -> Row:
    metric = METRICS[line.metric]
    cells = {
        "verdict": Cell(line.verdict, line.verdict),
        "metric": Cell(line.metric, metric.title),
        "value": Cell(line.value, _value(line)),
        "lower": Cell(line.lower),
        "upper": Cell(line.upper),
        "limit": Cell(line.limit, _limit(line, "≥" if metric.is_least else "≤")),
        "baseline": Cell(
            line.baseline, "" if line.baseline is None else figure(line.metric, line.baseline)
        ),
        "reason": Cell(line.reason, line.reason or ""),
    }
    return row_of(_COLUMNS, cells, emphasis=_EMPHASIS[line.verdict])


def _value(line: CheckLine) -> str:
    if line.value is None:
        return "unknown"
    text = figure(line.metric, line.value)
    if METRICS[line.metric].is_time and line.lower is not None and line.upper is not None:
        half = (line.upper - line.lower) / 2 / line.value if line.value else 0.0
        text += f" ±{numbers.precision(half)}"
    return text


def _limit(line: CheckLine, sign: str = "") -> str:
    return "unknown" if line.limit is None else sign + figure(line.metric, line.limit)


def figure(metric: str, value: float) -> str:
    """A value with its unit; of a figure that only a baseline of another version has, the number."""
    unit = METRICS[metric].unit if metric in METRICS else ""
    if unit == "s":
        return numbers.seconds(value, 4)
    if unit == "B":
        return f"{numbers.byte_count(value)}B"
    return f"{numbers.brief(100 * value, 4)}%" if unit == "%" else f"{value:,.0f}"


def sentence(line: CheckLine) -> str:
    """ "latency 7.31ms ±0.5%, limit 7ms: fail"."""
    reason = f" ({line.reason})" if line.reason else ""
    return (
        f"{METRICS[line.metric].title} {_value(line)}, limit {_limit(line)}: {line.verdict}{reason}"
    )


def baseline_document(baseline: Baseline) -> Document:
    """What it holds."""
    lines = [Line("model", printable(baseline.model.name, NAME_LIMIT))]
    lines += [Line(name, figure(name, value)) for name, value in baseline.counts.items()]
    if baseline.latency is not None and baseline.latency.typical_seconds is not None:
        lines.append(Line("latency", figure("latency", baseline.latency.typical_seconds)))
        what = ", ".join(f"{name} {value}" for name, value in baseline.conditions.items() if value)
        lines.append(Line("measured", printable(what, NAME_LIMIT)))
    return Document(
        title=f"Baseline of {printable(baseline.model.name, NAME_LIMIT)}",
        parts=(Lines(tuple(lines)),),
        data=lambda: saved("baseline", baseline.to_dict()),
    )
