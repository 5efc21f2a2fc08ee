"""Whether a model keeps its limits: budgets, and a baseline of an earlier version."""

import math
import time
from collections.abc import Mapping
from os import PathLike
from typing import Any

from tflops_native import api
from tflops_native.checks import number, shown, with_options_of
from tflops_native.errors import OptionError, ProfileFormatError, TflopsError
from tflops_native.pipeline import Source
from tflops_native.progress import early_stop
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.budgets import METRICS, Check, check_report, counts_of
from tflops_native.reports.conditions import conditions_of
from tflops_native.reports.contenders import saved_or_none
from tflops_native.reports.report import Report

DEFAULT_MAX_SECONDS = 60.0
# The first of two measurements; the second one has what is left of the time.
_FIRST_SECONDS = 10.0
# Of the distance between a time and its limit: what the time is to be known to, to decide.
_NEARNESS = 3.0
_LEAST_PRECISION = 1e-4
_FEWEST_SAMPLES_OF_P95 = 400
# What says how to wait for a measurement, and nothing of it.
_OF_NO_REPORT = frozenset({"isolated", "progress"})


@with_options_of(api.report, without=("profile", "peaks"))
def check(
    model: Source | Report,
    *,
    max_macs: int | None = None,
    max_flops: int | None = None,
    max_params: int | None = None,
    max_weights: int | None = None,
    max_arena: int | None = None,
    max_latency: float | None = None,
    max_p95: float | None = None,
    min_coverage: float | None = None,
    baseline: Baseline | str | PathLike[str] | None = None,
    max_regression: Mapping[str, float] | None = None,
    signature: str | None = None,
    max_time: float | None = None,
    **options: Any,
) -> Check:
    """Hold a model, or a report of it, against limits.

    Counts are compared as they are. A time fails only where its whole interval lies above the limit, and
    passes only where all of it lies below; else it is undecided, and is measured once more, for longer.
    Either verdict is wrong in at most 2.5 % of cases.

    Args:
        model: a model as `measure` takes it, a report, or the path of a saved one.
        max_macs, max_flops, max_params: upper limits; FLOPs include OPs of integers.
        max_weights, max_arena: bytes, of the constants and of the arena that TensorFlow Lite plans.
        max_latency, max_p95: seconds, of the median and of the 95th percentile.
        min_coverage: at least this fraction of the operators is counted exactly.
        baseline: what `baseline` made of an earlier version, or the path of its file.
        max_regression: metric -> by which fraction it may be larger than in the baseline, as
            {"latency": 0.05, "macs": 0}; the metrics are macs, flops, params, weights, arena, latency, p95
            and coverage. All counts by 0 if None.
        max_time: seconds that sampling may take at most; 60 if None.
        options: as for `measure`.

    Raises:
        OptionError: there is no limit, or one is out of range.
        ProfileFormatError: the baseline cannot be read, or is one of another model.
        TflopsError: as `measure`. Where the model was counted, the attribute `check` of the error, and of
            a KeyboardInterrupt, holds what is known by then.
    """
    limits = _limits(
        macs=max_macs,
        flops=max_flops,
        params=max_params,
        weights=max_weights,
        arena=max_arena,
        latency=max_latency,
        p95=max_p95,
        coverage=min_coverage,
    )
    base = _baseline(baseline)
    growth = _growth(max_regression, base)
    if not limits and not growth:
        raise OptionError(
            "there is nothing to check: give a limit, as --max-latency 7ms, or a --baseline"
        )
    report = saved_or_none(model, signature)
    names = {*limits, *growth}
    if report is not None:
        given = [*(name for name in options if name not in _OF_NO_REPORT)]
        given += ["max_time"] if max_time is not None else []
        if given:
            raise OptionError(
                f"{', '.join(given)} cannot be combined with a saved report: it was measured before"
            )
        return check_report(_of(report, base), limits, base, growth)
    if not any(METRICS[name].is_time for name in names):
        counted = _counted(model, signature, options)
        return check_report(_of(counted, base), limits, base, growth)
    return _measured(model, signature, limits, base, growth, max_time, options)


@with_options_of(api.report, without=("profile", "peaks"))
def baseline(
    model: Source | Report,
    *,
    timed: bool = True,
    signature: str | None = None,
    **options: Any,
) -> Baseline:
    """What later versions of a model are to be held against.

    Args:
        model: a model as `measure` takes it, a report, or the path of a saved one.
        timed: whether its latency is measured; else only counts are kept.
        options: as for `measure`.

    Raises:
        TflopsError: as `measure`.
    """
    report = saved_or_none(model, signature)
    if report is None:
        settings: dict[str, Any] = {"signature": signature, **options}
        report = _reported(model, settings) if timed else _counted(model, signature, options)
    timing = report.timing if timed else None
    return Baseline(
        model=report.model.hashed(),
        counts=counts_of(report),
        latency=None if timing is None else timing.latency,
        conditions={} if timing is None else conditions_of(timing),
    )


def _limits(**given: float | None) -> dict[str, float]:
    """The limits that were given.

    Raises:
        OptionError: one is negative, or a coverage above 1.
    """
    found = {name: value for name, value in given.items() if value is not None}
    for name, value in found.items():
        if name == "coverage":
            if number("min_coverage", value, minimum=0, below=math.inf) > 1:
                raise OptionError(f"min_coverage must be at most 1 (100%), got {shown(value)}")
        else:
            number(f"max_{name}", value, minimum=0, below=math.inf)
    return found


def _growth(asked: Mapping[str, float] | None, base: Baseline | None) -> dict[str, float]:
    if asked is not None and not isinstance(asked, Mapping):
        raise OptionError(
            f"max_regression must map metrics to fractions, as {{'latency': 0.05}}, got {shown(asked)}"
        )
    if base is None:
        if asked:
            raise OptionError("max_regression needs a baseline to compare with")
        return {}
    if asked is None:
        # What it does not have, it does not limit: an arena that was not planned.
        return dict.fromkeys((name for name in METRICS if name in base.counts), 0.0)
    for name, by in asked.items():
        if not isinstance(name, str) or name not in METRICS:
            raise OptionError(f"there is no metric {shown(name)}; there are {', '.join(METRICS)}")
        number(f"max_regression of {name}", by, minimum=0, below=math.inf)
    return dict(asked)


def _baseline(given: Baseline | str | PathLike[str] | None) -> Baseline | None:
    if given is None or isinstance(given, Baseline):
        return given
    from tflops_native.reports.loaded import load_saved, what_is_saved

    found = load_saved(given)
    if not isinstance(found, Baseline):
        raise ProfileFormatError(
            f"'{given}' holds {what_is_saved(found)}, not a baseline: "
            "`tflops baseline MODEL -o FILE.json` writes one"
        )
    return found


def _of(report: Report, base: Baseline | None) -> Report:
    """The report, if the baseline is one of the same model.

    Raises:
        ProfileFormatError: it has another name.
    """
    if base is not None and base.model.name != report.model.name:
        raise ProfileFormatError(
            f"the baseline is one of {base.model.name!r}, not of {report.model.name!r}"
        )
    return report


def _reported(model: Any, settings: Mapping[str, Any]) -> Report:
    return api.report(model, profile=False, peaks=False, **settings)


def _counted(model: Any, signature: str | None, options: Mapping[str, Any]) -> Report:
    known = {name: options[name] for name in ("input_shapes", "inputs") if name in options}
    (report,) = api.count(model, signature=signature, **known)
    return report


def _measured(
    model: Any,
    signature: str | None,
    limits: Mapping[str, float],
    base: Baseline | None,
    growth: Mapping[str, float],
    max_time: float | None,
    options: Mapping[str, Any],
) -> Check:
    """Measured once, and once more for longer where that leaves something undecided."""
    total = DEFAULT_MAX_SECONDS if max_time is None else max_time
    names = {*limits, *growth}
    # Before anything is measured: whether it can be counted, and is what the baseline is of.
    counted = _of(_counted(model, signature, options), base)
    start = time.perf_counter()
    settings: dict[str, Any] = {"signature": signature, **options}
    if "p95" in names:
        settings.setdefault("min_runs", _FEWEST_SAMPLES_OF_P95)
    try:
        first = _reported(model, {**settings, "max_time": min(total, _FIRST_SECONDS)})
    except (TflopsError, KeyboardInterrupt) as error:
        # What was counted, and measured until then, is not lost.
        known = getattr(error, "report", None) or counted
        error.check = check_report(known, limits, base, growth)  # type: ignore[union-attr]
        raise
    found = check_report(first, limits, base, growth)
    left = total - (time.perf_counter() - start)
    undecided = [
        (line.limit, line.value)
        for line in found.lines
        if line.verdict == "undecided" and METRICS[line.metric].is_time and line.limit is not None
    ]
    if not undecided or left < 1 or "runs" in settings or early_stop.is_requested:
        return found
    precision = min(
        (abs(limit - value) / value / _NEARNESS for limit, value in undecided if value),
        default=_LEAST_PRECISION,
    )
    settings["precision"] = min(max(precision, _LEAST_PRECISION), 0.5)
    if "p95" in names:
        settings["min_runs"] = 10 * settings["min_runs"]
    # What it says counts alone: two series as one would be a second look at the first.
    try:
        second = _reported(model, {**settings, "max_time": left})
    except (TflopsError, KeyboardInterrupt) as error:
        error.check = found  # type: ignore[union-attr]
        raise
    # Where it was cut short it may say less than the first one.
    return check_report(max(second, first, key=_samples), limits, base, growth)


def _samples(report: Report) -> int:
    return 0 if report.timing is None else report.timing.latency.samples or 0
