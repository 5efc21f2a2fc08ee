"""What a log says when it is incomplete, contradicts itself, holds several benchmarks, or is hostile."""

import io
import sys
from types import SimpleNamespace

import pytest

from imported.log_writer import MEAN, PHONE, RUNS, VERSIONS, phone_rows
from imported.log_writer import WARM_UP as WARM_UP_MEAN
from tflops_native import ProfileFormatError
from tflops_native.formats.registry import OF_ALL, render
from tflops_native.formats.report import report_document
from tflops_native.imported import window
from tflops_native.imported.files import read_recorded
from tflops_native.imported.load import load_timing
from tflops_native.imported.tables import table_of
from tflops_native.reports.report import Report
from workloads import analyze_model, workload
from zoo import EXAMPLES

RUNNING = "Running benchmark for at least 50 iterations\n"
WARM_UP = "count=90 first=5 curr=5 min=5 max=5 avg=5012.25 std=7\n"
REGULAR = "count=250 first=5 curr=5 min=5 max=5 avg=4321.5 std=7\n"
SUMMARY = (
    "Inference timings in us: Init: 9, First inference: 8, Warmup (avg): 5012.25, "
    "Inference (avg): 4321.5\n"
)


def read(text):
    return read_recorded(io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("text", "runs", "code"),
    [
        (RUNNING + WARM_UP + RUNNING + REGULAR + SUMMARY, 250, None),
        (RUNNING + WARM_UP + RUNNING + REGULAR, 250, None),
        (RUNNING + REGULAR + SUMMARY, 250, None),
        (REGULAR + SUMMARY, 250, None),
        (WARM_UP + REGULAR, 250, None),
        (RUNNING + WARM_UP + SUMMARY, None, "statistics_missing"),
        (RUNNING + WARM_UP + RUNNING + SUMMARY, None, "statistics_missing"),
        (
            RUNNING + WARM_UP + RUNNING + REGULAR.replace("4321.5", "4100") + SUMMARY,
            None,
            "phases_contradict",
        ),
        # Two streams of one program, both shown.
        (RUNNING * 2 + WARM_UP * 2 + RUNNING * 2 + REGULAR * 2 + SUMMARY * 2, 250, None),
    ],
)
def test_phases_are_told_apart_by_what_they_are(text, runs, code):
    recorded = read(text)
    assert recorded.latency.mean == pytest.approx(4321.5e-6)
    assert recorded.latency.count == runs
    codes = {note.code for note in recorded.notes} - {"no_operator_times"}
    assert codes == ({code} if code else set())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUNNING + WARM_UP, "no inference was timed"),
        (RUNNING + WARM_UP + RUNNING, "no inference was timed"),
        (REGULAR, "nothing says whether it is of the warm-up or of the runs"),
        (RUNNING + WARM_UP + RUNNING + "count=0\n", "no inference was timed"),
        (SUMMARY.replace("4321.5", "0"), "took 0 as it is printed"),
        ("Inference (avg):      0.00 ms (250 runs)\n", "took 0 as it is printed"),
        (SUMMARY.replace("4321.5", "-nan"), "no inference was timed"),
        (SUMMARY.replace("4321.5", "-4"), "'-4' where a number"),
        (SUMMARY.replace("4321.5", "1e400"), "'1e400' where a number"),
        (SUMMARY.replace("4321.5", "9e30"), "longer than any benchmark"),
        (
            RUNNING + WARM_UP + RUNNING + REGULAR.replace("=250 ", f"={'9' * 5000} "),
            "number of runs",
        ),
    ],
)
def test_no_time_is_made_up(text, message):
    with pytest.raises(ProfileFormatError, match=message):
        read(text)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_log_cut_off_anywhere_gives_no_other_time(version):
    """Wherever a copy ends: the right mean or none, all rows of the operators or none."""
    text = "\n".join(VERSIONS[version].benchmark(PHONE.stat().st_size, phone_rows(version), []))
    for end in range(text.index("count="), text.index("Number of nodes executed"), 5):
        try:
            recorded = read(text[:end])
        except ProfileFormatError:
            continue
        latency, profiles = recorded.latency, recorded.profiles
        assert latency is None or latency.mean == pytest.approx(MEAN * 1e-6), text[:end][-200:]
        events = {len(profile.events) for profile in profiles}
        assert events <= {len(phone_rows(version))}, text[:end][-200:]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_summary_cut_off_anywhere_gives_no_other_time(version):
    """As logcat and full disks do it: what stands behind the cut is another line, or nothing."""
    lines = VERSIONS[version].benchmark(PHONE.stat().st_size, phone_rows(version), [])
    texts = ("timings in us: ", "Inference (avg): ")
    at = next(i for i, line in enumerate(lines) if any(text in line for text in texts))
    for end in range(len(lines[at]) + 1):
        for rest in ([], lines[at + 1 :]):
            recorded = read("\n".join([*lines[:at], lines[at][:end], *rest]))
            shown = lines[at][:end]
            assert recorded.latency.mean == pytest.approx(MEAN * 1e-6), shown
            assert recorded.latency.count == RUNS, shown
            if recorded.warm_up is not None:
                assert recorded.warm_up.mean == pytest.approx(WARM_UP_MEAN * 1e-6), shown
            assert recorded.initialization in (None, pytest.approx(0.0125)), shown
            assert recorded.first_invoke in (None, pytest.approx(0.0051)), shown


@pytest.mark.parametrize(
    ("mean", "printed", "code"),
    [
        ("335.5", "3", "summary_cut"),
        ("335.5", "335.", "summary_cut"),
        ("335.5", "335.5", None),
        ("1.23457e+06", "1.2", "summary_cut"),
        ("1.23457e+06", "1.23457e+0", "summary_cut"),
        ("1.23457e+06", "1.23457e+06", None),
        ("0.5", "0", "summary_cut"),
        # The beginning of the warm-up's mean, too, and of its whole mean.
        ("501.25", "50", "summary_cut"),
        ("5012.25", "5012.25", None),
    ],
)
@pytest.mark.parametrize("announced", [RUNNING, ""])
def test_a_mean_that_is_cut_off_in_the_summary(mean, printed, code, announced):
    regular = REGULAR.replace("4321.5", mean)
    summary = SUMMARY.replace("4321.5", printed)
    recorded = read(announced + WARM_UP + announced + regular + summary)
    assert recorded.latency.mean == pytest.approx(float(mean) * 1e-6)
    assert recorded.latency.count == 250
    codes = {note.code for note in recorded.notes} - {"no_operator_times"}
    assert codes == ({code} if code else set())
    assert recorded.warm_up.mean == pytest.approx(5012.25e-6)


def test_the_statistics_of_the_warm_up_are_not_those_of_the_runs_of_a_summary_that_is_shorter():
    """A mean of 50 may be the beginning of the warm-up's 5012.25, and is not."""
    recorded = read(RUNNING + WARM_UP + SUMMARY.replace("4321.5", "50"))
    assert recorded.latency.mean == pytest.approx(50e-6)
    assert "statistics_missing" in {note.code for note in recorded.notes}


def test_the_mean_is_not_the_latest_run_of_a_line_that_was_cut():
    cut = REGULAR[: REGULAR.index("curr=5") + 6]
    broken = REGULAR.replace("4321.5", "432\n  1.5")
    between = REGULAR.replace("4321.5", "432  1.5")
    for line in (cut, broken, between):
        with pytest.raises(ProfileFormatError, match="the line of statistics is cut off"):
            read(RUNNING + WARM_UP + RUNNING + line)


def test_performance_options():
    """The binary that measures several options one after the other, and names them at the end."""
    size = PHONE.stat().st_size
    one = VERSIONS["2.13"].benchmark(size, phone_rows("2.13"), [])
    other = [line.replace("4321.5", "2100.5") for line in one]
    text = "\n".join([*one, *other, ""])
    names = {"gpu-fp16": "2100.5", "cpu w/ 4 threads (xnnpack)": "4321.5"}
    statistics = next(line for line in one if f"count={RUNS} first" in line).removeprefix("INFO: ")
    text += (
        "INFO: ==============Summary of All Runs w/ Different Performance Options==============\n"
    )
    for name, mean in names.items():
        text += f"INFO: {name:>26}: {statistics.replace('4321.5', mean)}\n"
    with pytest.raises(
        ProfileFormatError, match=r"1: cpu w/ 4 threads \(xnnpack\), 4321.5 µs; 2: gpu-fp16"
    ):
        read(text)
    alone = text[text.index("INFO: =====") :]
    with pytest.raises(ProfileFormatError, match="it holds 2 benchmarks"):
        read(alone)


def test_standard_input_and_labels(monkeypatch):
    text = "\n".join(VERSIONS["2.13"].benchmark(PHONE.stat().st_size, phone_rows("2.13"), []))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    timing = load_timing("-", workload(PHONE), device="Pixel 8")
    assert timing.latency.mean_seconds == pytest.approx(MEAN * 1e-6)
    assert (timing.origin.file, timing.origin.device) == ("-", "Pixel 8")


def test_a_benchmark_somewhere_in_a_long_log(monkeypatch):
    monkeypatch.setattr(window, "LARGEST_BYTES", 1 << 18)
    text = "\n".join(VERSIONS["2.13"].benchmark(PHONE.stat().st_size, phone_rows("2.13"), []))
    noise = "05-31 10:31:13.006  1234  5678 D Other: something\n" * 40_000
    recorded = read(noise + text + "\n" + noise)
    assert recorded.latency.count == RUNS
    assert "window" in {note.code for note in recorded.notes}
    with pytest.raises(ProfileFormatError, match="it holds no benchmark"):
        read(noise)


def test_rows_of_several_subgraphs_are_not_mixed():
    twice = phone_rows("litert head") * 2
    text = "\n".join(VERSIONS["litert head"].benchmark(PHONE.stat().st_size, twice, []))
    recorded = read(text)
    assert [note.code for note in recorded.notes] == ["several_subgraphs"]


CSV = """Operator-wise Profiling Info for Regular Benchmark Runs:
============================== Run Order ==============================
node type, first, avg_ms, %, cdf%, mem KB, times called, name
{rows}

Timings (microseconds): count=50 curr=1(all same)
"""


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("CONV_2D, 1.2, 1e400, 100%, 100%, 0, 1, [x]:0", "'1e400' where a number"),
        ("CONV_2D, 1.2, inf, 100%, 100%, 0, 1, [x]:0", "'inf' where a number"),
        ("CONV_2D, 1.2, nan, 100%, 100%, 0, 1, [x]:0", "'nan' where a number"),
        ("CONV_2D, 1.2, -1, 100%, 100%, 0, 1, [x]:0", "'-1' where a number"),
        ("CONV_2D, 1.2, 1e308, 100%, 100%, 0, 999999999999, [x]:0", "longer than any benchmark"),
        ("CONV_2D, 1.2, 1e7, 100%, 100%, 0, 999999999999, [x]:0", "longer than any benchmark"),
    ],
)
def test_figures_in_tables_are_checked(row, message):
    with pytest.raises(ProfileFormatError, match=message):
        read(CSV.format(rows=row))


@pytest.mark.parametrize("figure", ["0", "0.0", "1e-13", "1e-40", "1e-320"])
def test_times_of_nothing_are_read_and_shown(figure):
    subject = workload(EXAMPLES / "single_conv_28x28.tflite")
    row = f"CONV_2D, 1.2, {figure}, 100%, 100%, 0, 1, [StatefulPartitionedCall_1:0]:0"
    log = CSV.format(rows=row)
    timing = load_timing(io.BytesIO(log.encode()), subject)
    assert timing.profile is not None
    report = Report.of(subject.model, analyze_model(subject.model), timing=timing)
    for name in OF_ALL:
        render(report_document(report), name)


@pytest.mark.parametrize(
    "rows",
    [
        [
            "DelegateOpInvoke, 1.2, 1.2, 100%, 100%, 0, 1, Delegate/Convolution (NHWC\t F32) IGEMM:0",
            "DelegateOpInvoke, 1.2, 1.2, 100%, 100%, 0, 1, Delegate/Copy:999999999",
        ],
        [f"TfLiteXNNPackDelegate, 1, 1, 1%, 1%, 0, 1, [x]:{n}" for n in range(1, 20_000)],
        [f"DelegateOpInvoke, 1, 1, 1%, 1%, 0, 1, Delegate/Copy:{n}" for n in range(20_000)],
        [
            f"DelegateOpInvoke, 1, 1, 1%, 1%, 0, 9, Delegate/Copy:{n % 2 * 10**8}"
            for n in range(20_000)
        ],
    ],
    ids=["index", "delegates", "inside", "repeated"],
)
def test_rows_of_delegates_take_linear_time(rows):
    """Nothing is timed here: quadratic work over these would never end."""
    text = CSV.format(rows="\n".join(rows)).encode()
    try:
        timing = load_timing(io.BytesIO(text), workload(EXAMPLES / "single_conv_28x28.tflite"))
    except ProfileFormatError:
        return
    assert len(timing.profile.operators) <= 1


@pytest.mark.parametrize("twice", ["avg ms", "times called"])
def test_a_heading_with_two_columns_of_one_name_is_of_no_table_that_can_be_read(twice):
    """Found by the fuzzer of logs: which of the two is meant?"""
    cells = ["node type", "first", "avg ms", "%", "times called", "Name"]
    known = table_of("\t".join(f"[{cell}]" for cell in cells))
    assert known.row is not None
    found = table_of("\t".join(f"[{cell}]" for cell in [*cells[:2], twice, *cells[2:]]))
    assert found.row is None
