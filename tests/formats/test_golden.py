"""Golden files, one per format and report; the sums in them are added up once more.

After a change on purpose: `TFLOPS_OVERWRITE_GOLDEN=1 pytest tests/formats`, then look at the
difference.
"""

import re

import pytest

from report_schema import validate_saved
from tflops_native.formats import notebook
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.view import EVERYTHING, View
from tflops_native.plain_json import dump_json
from tflops_native.reports.saved import saved_reports

VERBOSE = View(is_verbose=True)


def report_to_text(report, view=EVERYTHING):
    return render(report_document(report, view), "text")


def test_text(case, golden):
    name, report = case
    golden(f"{name}.txt", report_to_text(report) + "\n")
    golden(f"{name}_verbose.txt", report_to_text(report, VERBOSE) + "\n")


def test_html(case, golden):
    name, report = case
    html = notebook.render(report_document(report))
    golden(f"{name}.html", html.replace("><", ">\n<") + "\n")


def test_json(case, golden):
    name, report = case
    plain = saved_reports([report])
    validate_saved(plain)
    assert re.fullmatch(r"tflops_native \d+\.\d+.*", plain.pop("tool"))
    golden(f"{name}.json", dump_json(plain) + "\n")


def test_printed_totals_are_the_sums_of_the_columns(case):
    _, report = case
    if report.analysis is None:
        return
    rows = report.to_dict()["analysis"]["operators"]
    printed = re.search(r"^total +(.*)$", report_to_text(report, VERBOSE), re.MULTILINE)[1]
    macs = sum(row["macs"] for row in rows)
    assert f"{macs:,} MACs" in printed
    by_type = re.findall(r"([\d,]+) (FLOPs|OPs) \((\w+)\)", printed)
    assert by_type
    for number, unit, name in by_type:
        column = sum(row["operations"].get(name, 0) for row in rows)
        assert int(number.replace(",", "")) == column
        assert (unit == "FLOPs") == name.startswith("float")
    flat = report.to_rows()
    operations = sum(
        2 * row["macs"] + row["scalar_ops"] + row["transcendentals"]
        for row in flat
        if row["status"] != "unsupported"
    )
    assert operations == sum(int(number.replace(",", "")) for number, _, _ in by_type)
    assert sum(row["share"] or 0 for row in flat) == pytest.approx(1)


def test_totals_in_plain_data_are_the_sums_of_the_rows(case):
    _, report = case
    if report.analysis is None:
        return
    analysis = report.to_dict()["analysis"]
    names = ("macs", "flops")
    for name in (*names, "bytes_read", "bytes_written"):
        assert analysis[name] == sum(row[name] for row in analysis["operators"])


@pytest.mark.parametrize("name", ["float", "mixed"])
def test_times_the_rest_and_the_profiler_are_the_profiled_invoke(made, name):
    plain = made(name).to_dict()
    profile = plain["timing"]["profile"]
    found = [*profile["operators"], *profile["unmatched"]]
    parts = [item["estimate"]["typical_seconds"] for item in found]
    parts += [profile["outside_seconds"], profile["beyond_medians_seconds"]]
    assert sum(parts) == pytest.approx(profile["inference_seconds"])
    parts.append(profile["profiler_seconds"])
    assert sum(parts) == pytest.approx(profile["invoke_seconds"])


@pytest.mark.parametrize("name", ["float", "mixed"])
def test_printed_shares_of_time_add_up(made, name):
    # One decimal each: 5 lines may be off by 0.05 each.
    lines = report_to_text(made(name)).split("\n\n")[0].splitlines()[1:]
    shares = [float(s) for line in lines if (s := share_of_time(line)) is not None]
    assert shares[-1] == 100.0
    assert sum(shares[:-1]) == pytest.approx(100, abs=0.25)


def share_of_time(line):
    """The number behind the time and what it is known to, "40.0µs 2.1! 100.0"."""
    found = re.search(r"(?:<?[\d.]+[mµn]?s|\b0)(?: +[\d.]+!?| +-)? +(\d+\.\d)(?= |$)", line)
    return None if found is None else found[1]


def test_rates_by_hand(made):
    convolution, reshape, softmax = made("float").rows
    # 2 * 194,688 + 43,264 = 432,640 operations in 25 us; 108,159 in 5.75 us.
    assert convolution.rate == pytest.approx(432_640 / 25e-6)
    assert softmax.rate == pytest.approx(108_159 / 5.75e-6)
    assert reshape.rate is None
    assert convolution.share == pytest.approx(432_640 / 540_799)
    # Of 40 us 4.8 % are the profiler's.
    assert convolution.time_share == pytest.approx(25 / (40 / 1.048))
    assert not convolution.rate_is_bound
    assert not softmax.rate_is_bound
    # The median of the clean runs is 2.1 us.
    assert made("float").operations_per_second == pytest.approx(540_799 / 2.1e-6)


def test_a_time_that_may_be_nothing_gives_the_least_rate(made):
    # 5 operations in a microsecond at most.
    last = made("mixed").rows[2]
    assert last.time.estimate.lower_seconds == 0
    assert last.rate == pytest.approx(5 / 1e-6)
    assert last.rate_is_bound


def test_fused_operators_say_so(made):
    assert [row.is_fused for row in made("float").rows] == [False, True, False]
    assert [row.time is None for row in made("float").rows] == [False, True, False]
