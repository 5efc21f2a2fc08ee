"""Limits on what a model needs and takes, and whether a report keeps them: pass, fail or undecided."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from tflops_native.analysis.result import Analysis
from tflops_native.model.info import ModelInfo
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.conditions import conditions_of
from tflops_native.reports.report import Report
from tflops_native.result import Result
from tflops_native.timing.statistics import Latency, MedianInterval

Verdict: TypeAlias = Literal["pass", "fail", "undecided"]
# Intervals of medians are made for one look at a series; a gate looks twice, and may be wrong to either
# side in 2.5 % of cases at most: so they are wider by this factor (tests/reports/test_budgets.py).
INTERVAL_FACTOR = 1.35
_UNPLANNED = "the compiled part is missing, or the model has more than 10,000 tensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What is known of a figure: it is `value`, and lies between `lower` and `upper` for certain.

    A count is exact, or a bound where operators are not counted or data decides. Of a time, for certain is
    with 97.5 % confidence to either side.
    """

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that can be limited.

    name      "macs", "latency", ...
    title     for people
    unit      "s", "B", "%" or "" for counts
    is_time   whether it has to be measured
    is_least  whether the limit is a minimum
    """

    name: str
    title: str
    unit: str = ""
    is_time: bool = False
    is_least: bool = False


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(name="macs", title="MACs"),
        Metric(name="flops", title="FLOPs or OPs"),
        Metric(name="params", title="parameters"),
        Metric(name="weights", title="weights", unit="B"),
        Metric(name="arena", title="arena", unit="B"),
        Metric(name="latency", title="latency", unit="s", is_time=True),
        Metric(name="p95", title="95th percentile", unit="s", is_time=True),
        Metric(name="coverage", title="operators counted", unit="%", is_least=True),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One limit, and whether it is kept.

    metric        the name of the figure
    value         None where it is not known
    lower, upper  between what it lies for certain
    limit         of a baseline: its value with what it may grow by; None where it has none
    baseline      the value of the baseline; None for a limit that was given
    verdict       "pass": all of the range keeps the limit; "fail": none of it does; else "undecided"
    reason        why it is undecided, or what else to know; None without
    """

    metric: str
    value: float | None
    lower: float | None
    upper: float | None
    limit: float | None
    baseline: float | None = None
    verdict: Verdict
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(
                f"metric must be one of {', '.join(METRICS)}, got {self.metric[:40]!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Check(Result):
    """Whether a model keeps its limits.

    lines     one per limit
    verdict   "fail" if one fails, else "undecided" if one is, else "pass"
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("verdict",)

    model: ModelInfo
    lines: tuple[CheckLine, ...]

    @property
    def verdict(self) -> Verdict:
        """Of all lines together."""
        found = {line.verdict for line in self.lines}
        return "fail" if "fail" in found else "undecided" if "undecided" in found else "pass"

    def __repr__(self) -> str:
        return f"<Check of {self.model.name}: {self.verdict}, {len(self.lines)} limits>"


def check_report(
    report: Report,
    limits: Mapping[str, float],
    baseline: Baseline | None = None,
    growth: Mapping[str, float] | None = None,
) -> Check:
    """Hold a report against limits, and against a baseline.

    Args:
        limits: metric -> at most so much; of the coverage, at least.
        growth: metric -> by how much of the baseline's value it may be larger, 0.05 for 5 %.
    """
    lines = [_line(report, METRICS[name], limit) for name, limit in limits.items()]
    if baseline is not None:
        lines += [
            _regression(report, METRICS[name], baseline, by) for name, by in (growth or {}).items()
        ]
    return Check(model=report.model, lines=tuple(lines))


def decide(found: Range, limit: float, *, is_least: bool = False) -> Verdict:
    """Whether all of a range keeps a limit, or none of it."""
    if is_least:
        return "pass" if found.lower >= limit else "fail" if found.upper < limit else "undecided"
    return "pass" if found.upper <= limit else "fail" if found.lower > limit else "undecided"


def range_of(report: Report, metric: Metric) -> Range | None:
    """What a report says of a figure; None where it says nothing."""
    if metric.is_time:
        return None if report.timing is None else _time(report.timing.latency, metric.name)
    value = None if report.analysis is None else counts_of(report).get(metric.name)
    return (
        None
        if report.analysis is None or value is None
        else _count(report.analysis, metric.name, value)
    )


def _count(analysis: Analysis, name: str, value: float) -> Range:
    if name not in ("macs", "flops"):
        return Range(value=value, lower=value, upper=value)
    coverage = analysis.coverage
    is_exact_below = not (coverage.bounded or coverage.shapes_assumed)
    is_exact_above = not (coverage.is_lower_bound or coverage.shapes_assumed)
    return Range(
        value=value,
        lower=value if is_exact_below else 0,
        upper=value if is_exact_above else math.inf,
    )


def _coverage(analysis: Analysis) -> float:
    coverage = analysis.coverage
    counted = coverage.counted + coverage.no_arithmetic
    return counted / coverage.operators if coverage.operators else 1.0


_COUNTS: Mapping[str, Callable[[Analysis], float]] = {
    "macs": lambda analysis: analysis.macs,
    "flops": lambda analysis: analysis.total.operations,
    "params": lambda analysis: analysis.parameters,
    "weights": lambda analysis: analysis.weight_bytes,
    "coverage": _coverage,
}


def _time(latency: Latency, name: str) -> Range | None:
    value, interval = latency.typical_seconds, latency.median_interval_seconds
    if name == "p95":
        value, interval = latency.p95_seconds, latency.p95_interval_seconds
    if value is None:
        return None
    return widened(value, interval)


def widened(value: float, interval: MedianInterval | None) -> Range:
    """The interval of a gate; nothing is certain without one."""
    if interval is None:
        return Range(value=value, lower=0.0, upper=math.inf)
    return Range(
        value=value,
        lower=max(value - INTERVAL_FACTOR * (value - interval.lower), 0.0),
        upper=value + INTERVAL_FACTOR * (interval.upper - value),
    )


def _line(report: Report, metric: Metric, limit: float) -> CheckLine:
    found = range_of(report, metric)
    verdict: Verdict = "undecided"
    if found is not None:
        verdict = decide(found, limit, is_least=metric.is_least)
    reason = None
    if verdict == "undecided":
        reason = _why(report, metric, found)
    return CheckLine(
        metric=metric.name,
        value=None if found is None else found.value,
        limit=limit,
        verdict=verdict,
        reason=reason,
        **_finite(found),
    )


def _why(report: Report, metric: Metric, found: Range | None) -> str:
    if found is None:
        what = "was not measured" if metric.is_time else "was not counted"
        if metric.name == "arena" and report.analysis is not None:
            what = f"was not planned: {_UNPLANNED}"
        return f"it {what}"
    if not metric.is_time:
        return "operators are not counted, or their counts depend on data"
    samples = None if report.timing is None else report.timing.latency.samples
    if math.isinf(found.upper):
        return f"{samples or 'so few'} samples say too little of it"
    return "its interval holds the limit"


def _finite(found: Range | None) -> dict[str, float | None]:
    if found is None:
        return {"lower": None, "upper": None}
    return {"lower": found.lower, "upper": None if math.isinf(found.upper) else found.upper}


def _regression(report: Report, metric: Metric, baseline: Baseline, growth: float) -> CheckLine:
    """A figure against that of a baseline; of times, both have an interval."""
    found, base = range_of(report, metric), _base(baseline, metric)
    value = None if found is None else found.value
    if found is None or base is None:
        return CheckLine(
            metric=metric.name,
            value=value,
            lower=None,
            upper=None,
            limit=None if base is None else _allowed(metric, base, growth),
            baseline=None if base is None else base.value,
            verdict="undecided",
            reason="the baseline does not have it" if base is None else _why(report, metric, found),
        )
    allowed = _allowed(metric, base, growth)
    differing = _differing(report, baseline) if metric.is_time else None
    scaled = found
    if metric.is_time:
        # What is not known of the baseline widens the range (Zou and Donner, as `Ratio.of_latencies`).
        above, below = (
            (1 + growth) * (base.upper - base.value),
            (1 + growth) * (base.value - base.lower),
        )
        scaled = Range(
            value=found.value,
            lower=max(found.value - math.hypot(found.value - found.lower, above), 0.0),
            upper=found.value + math.hypot(found.upper - found.value, below),
        )
    verdict = decide(scaled, allowed, is_least=metric.is_least)
    reason = None if verdict != "undecided" else _why(report, metric, found)
    if differing is not None:
        verdict, reason = "undecided", f"the baseline was measured otherwise: {differing}"
    return CheckLine(
        metric=metric.name,
        value=value,
        limit=allowed,
        baseline=base.value,
        verdict=verdict,
        reason=reason,
        **_finite(scaled),
    )


def _allowed(metric: Metric, base: Range, growth: float) -> float:
    return base.value * (1 - growth if metric.is_least else 1 + growth)


def _base(baseline: Baseline, metric: Metric) -> Range | None:
    if metric.is_time:
        return None if baseline.latency is None else _time(baseline.latency, metric.name)
    value = baseline.counts.get(metric.name)
    return None if value is None else Range(value=value, lower=value, upper=value)


def _differing(report: Report, baseline: Baseline) -> str | None:
    now = {} if report.timing is None else conditions_of(report.timing)
    found = [
        f"{name} ({was or 'unknown'}, now {now.get(name) or 'unknown'})"
        for name, was in baseline.conditions.items()
        if now.get(name) != was
    ]
    return ", ".join(found) or None


def counts_of(report: Report) -> dict[str, float]:
    """The figures of a baseline that need no measurement; without the arena where it was not planned."""
    if report.analysis is None:
        return {}
    counts = {name: figure(report.analysis) for name, figure in _COUNTS.items()}
    if report.arena is not None:
        counts["arena"] = report.arena.arena_bytes
    return counts
