"""Limits: what passes, what fails, and how often a verdict on a time is wrong."""

import json
import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

import tflops_native
from made_reports import make_report
from tflops_native.formats.ci_reports import annotations, junit
from tflops_native.plain_reading import from_plain
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.budgets import Check, Range, check_report, decide, widened
from tflops_native.timing.precision import is_precise, next_look
from tflops_native.timing.statistics import (
    Latency,
    median_interval,
    percentile,
    percentile_interval,
)
from zoo import EXAMPLES

TRIALS = 300
LONGEST = 4000
NORMAL_P95 = 1.6448536269514722  # of the standard normal distribution


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"),
    [
        (1, 2, "pass"),
        (2, 3, "undecided"),
        (2.1, 3, "fail"),
        (1, 1, "pass"),
        (0, math.inf, "undecided"),
    ],
)
def test_the_whole_range_decides(lower, upper, verdict):
    assert decide(Range(value=1, lower=lower, upper=upper), 2) == verdict
    opposite = {"pass": "fail", "fail": "pass"}
    if lower < 2 < upper or upper < 2 or lower > 2:
        found = decide(Range(value=1, lower=lower, upper=upper), 2, is_least=True)
        assert found == opposite.get(verdict, verdict)


def streams(name, random):
    """Samples whose true median is 1."""
    shape = (TRIALS, LONGEST)
    if name == "normal":
        return 1 + 0.05 * random.standard_normal(shape)
    if name == "skewed":
        return 1 + 0.1 * (random.exponential(size=shape) - np.log(2))
    noise = random.standard_normal((LONGEST, TRIALS)) * np.sqrt(1 - 0.7**2)
    for step in range(1, LONGEST):
        noise[step] += 0.7 * noise[step - 1]
    return 1 + 0.03 * noise.T


def measured(stream, precision):
    """What a measurement with this precision says of the median."""
    count = next_look(0)
    while count < LONGEST and not is_precise(stream[:count], precision):
        count = min(next_look(count), LONGEST)
    return widened(float(np.median(stream[:count])), median_interval(stream[:count]))


@pytest.mark.parametrize("name", ["normal", "skewed", "dependent"])
def test_a_verdict_is_wrong_in_no_more_than_one_of_forty_cases(name):
    """The median is exactly the limit, where it is hardest: 2.5 % may pass, and 2.5 % fail.

    Measured once, and where that decides nothing, once more.
    """
    random = np.random.default_rng(7)
    first, second = streams(name, random), streams(name, random)
    verdicts = []
    for one, two in zip(first, second, strict=True):
        verdict = decide(measured(one, 0.01), 1.0)
        verdicts.append(decide(measured(two, 0.003), 1.0) if verdict == "undecided" else verdict)
    # 13 of 300: 2.5 %, give or take chance.
    assert verdicts.count("fail") <= 13
    assert verdicts.count("pass") <= 13


def streams_by_p95(name, random):
    """Samples whose true 95th percentile is 1."""
    shape = (TRIALS, LONGEST)
    if name == "normal":
        return (1 + 0.05 * random.standard_normal(shape)) / (1 + 0.05 * NORMAL_P95)
    if name == "skewed":
        return (1 + 0.1 * random.exponential(size=shape)) / (1 + 0.1 * math.log(20))
    if name == "heavy":
        return np.exp(0.3 * random.standard_normal(shape)) / math.exp(0.3 * NORMAL_P95)
    if name == "two modes":  # a tenth is slow: the percentile is the median of the slow ones
        slow = 1 + 0.03 * random.standard_normal(shape)
        fast = 0.7 + 0.02 * random.standard_normal(shape)
        return np.where(random.random(shape) < 0.1, slow, fast)
    noise = random.standard_normal((LONGEST, TRIALS)) * np.sqrt(1 - 0.7**2)
    noise[0] /= np.sqrt(1 - 0.7**2)
    for step in range(1, LONGEST):
        noise[step] += 0.7 * noise[step - 1]
    return (1 + 0.03 * noise.T) / (1 + 0.03 * NORMAL_P95)


def p95_of(stream, precision, fewest):
    """What a measurement says of the 95th percentile, which stops by the median."""
    count = next_look(0)
    while count < LONGEST and not (count >= fewest and is_precise(stream[:count], precision)):
        count = min(next_look(count), LONGEST)
    return widened(percentile(stream[:count], 0.95), percentile_interval(stream[:count], 0.95))


@pytest.mark.parametrize("name", ["normal", "skewed", "heavy", "two modes", "dependent"])
def test_a_verdict_on_the_95th_percentile_is_as_seldom_wrong(name):
    """The percentile is exactly the limit, as above; a limit 5 % away is decided, and rightly."""
    random = np.random.default_rng(5)
    first, second = streams_by_p95(name, random), streams_by_p95(name, random)
    for limit, wrong in ((1.0, ("pass", "fail")), (1 / 1.05, ("pass",)), (1.05, ("fail",))):
        verdicts = []
        for one, two in zip(first, second, strict=True):
            verdict = decide(p95_of(one, 0.01, 400), limit)
            if verdict == "undecided":
                verdict = decide(p95_of(two, 0.003, 4000), limit)
            verdicts.append(verdict)
        # 13 of 300: 2.5 %, give or take chance.
        assert all(verdicts.count(one) <= 13 for one in wrong)
        if limit != 1.0 and name not in ("heavy", "two modes"):
            assert verdicts.count("undecided") <= TRIALS // 10


def test_a_slowdown_of_a_tenth_fails_and_a_hundredth_passes():
    random = np.random.default_rng(3)
    base = Latency.of((1e6 * (1 + 0.05 * random.standard_normal(3000))).astype(int).tolist())
    report = make_report("float")
    conditions = tflops_native.baseline(report).conditions
    kept = Baseline(model=report.model, counts={}, latency=base, conditions=conditions)
    for factor, verdict in ((1.1, "fail"), (1.01, "pass"), (0.5, "pass")):
        samples = 1e6 * factor * (1 + 0.05 * random.standard_normal(3000))
        timing = replace(report.timing, latency=Latency.of(samples.astype(int).tolist()))
        found = check_report(report.with_parts(timing=timing), {}, kept, {"latency": 0.05})
        assert found.verdict == verdict
    # Measured otherwise, nothing can be said.
    timing = replace(report.timing, threads=8)
    (line,) = check_report(report.with_parts(timing=timing), {}, kept, {"latency": 0.05}).lines
    assert line.verdict == "undecided"
    assert "threads (2, now 8)" in line.reason


def test_counts_are_compared_exactly():
    report = make_report("count")
    macs = report.analysis.macs
    assert check_report(report, {"macs": macs}).verdict == "pass"
    assert check_report(report, {"macs": macs - 1}).verdict == "fail"
    assert check_report(report, {"macs": macs, "weights": 1}).verdict == "fail"
    assert check_report(report, {"coverage": 1.0}).verdict == "pass"
    # Without a measurement.
    (line,) = check_report(report, {"latency": 1.0}).lines
    assert (line.verdict, line.reason) == ("undecided", "it was not measured")


def test_what_is_not_counted_is_not_passed():
    report = make_report("mixed")  # one operator has no rule, one is bounded
    assert check_report(report, {"macs": 1e12}).verdict == "undecided"
    assert check_report(report, {"coverage": 1.0}).verdict == "fail"


def test_a_baseline_of_itself_passes():
    report = make_report("count")
    base = tflops_native.baseline(report)
    assert base.counts["macs"] == report.analysis.macs
    found = tflops_native.check(report, baseline=base)
    assert found.verdict == "pass"
    assert {line.metric for line in found.lines} == {
        *("macs", "flops", "params", "weights", "coverage")
    }
    assert from_plain(Check, found.to_dict()).to_dict() == found.to_dict()
    assert from_plain(Baseline, base.to_dict()) == base
    assert repr(found) == "<Check of tiny.tflite: pass, 5 limits>"
    less = replace(base, counts={**base.counts, "macs": base.counts["macs"] / 1.05})
    assert tflops_native.check(report, baseline=less).verdict == "fail"
    allowed = tflops_native.check(report, baseline=less, max_regression={"macs": 0.06})
    assert allowed.verdict == "pass"


def test_the_arena_is_the_planned_one(tmp_path):
    """As `tflops_native.memory` plans it; without it, nothing is decided, and no baseline limits it."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    model = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
    planned = tflops_native.memory(model).arena_bytes
    assert tflops_native.check(model, max_arena=planned).verdict == "pass"
    assert tflops_native.check(model, max_arena=planned - 1).verdict == "fail"
    base = tflops_native.baseline(model, timed=False)
    assert base.counts["arena"] == planned
    smaller = replace(base, counts={**base.counts, "arena": planned - 1})
    (failed,) = (
        x for x in tflops_native.check(model, baseline=smaller).lines if x.verdict != "pass"
    )
    assert (failed.metric, failed.verdict) == ("arena", "fail")
    (report,) = tflops_native.count(model)
    unplanned = report.with_parts(arena=None)
    (line,) = tflops_native.check(unplanned, max_arena=planned).lines
    assert (line.verdict, line.value) == ("undecided", None)
    assert line.reason.startswith("it was not planned: ")
    assert "arena" not in tflops_native.baseline(unplanned).counts
    # A report from before arenas were planned has none.
    path = tmp_path / "old.json"
    tflops_native.save_report(unplanned, path)
    plain = json.loads(path.read_text())
    del plain["reports"][0]["arena"]
    path.write_text(json.dumps(plain))
    assert tflops_native.check(path, max_macs=1e9).verdict == "pass"


def test_junit_and_annotations():
    report = make_report("count")
    found = check_report(report, {"macs": 1e9, "weights": 1, "latency": 1.0})
    root = ElementTree.fromstring(junit(found))
    assert root.attrib["tests"] == "3"
    cases = root.findall("testcase")
    assert [len(case) for case in cases] == [0, 1, 1]
    assert [case[0].tag for case in cases[1:]] == ["failure", "skipped"]
    assert "weights 1.25KiB, limit 1B: fail" in cases[1][0].attrib["message"]
    lines = annotations(found)
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning"]
    assert all("\n" not in line for line in lines)


def test_names_steer_neither_xml_nor_workflows():
    report = make_report("count")
    name = '"><failure/>&\n::error::x'
    named = report.with_parts(model=replace(report.model, name=name, path=name))
    found = check_report(named, {"weights": 1})
    assert len(ElementTree.fromstring(junit(found)).findall("testcase")) == 1
    (line,) = annotations(found)
    assert "\n" not in line
    assert line.count("::") == 2
