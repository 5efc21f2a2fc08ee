"""A log of which a part is damaged, or of another program: what is valid is read, and the rest is named."""

import io

import pytest

from imported.log_writer import MEAN, PHONE, RUNS, VERSIONS, WARM_UP, WARM_UPS, phone_rows
from tflops_native import ProfileFormatError
from tflops_native.imported.files import read_recorded
from tflops_native.imported.load import load_timing
from workloads import workload

# What a benchmark without a single run prints, and beginnings of lines of another process.
NO_RUNS = ["count=0", "count=0 first=0 curr=0 min=0 max=0 avg=0 std=0", "count=0 first=0"]
STRAYS = [*NO_RUNS, "count=5 first=3", "count=7 first=9 curr=9 min=8 max=9 avg=8.5 std=1"]
RUNNING = "Running benchmark for at least 50 iterations and at least 1 seconds."


def benchmark(version):
    return VERSIONS[version].benchmark(PHONE.stat().st_size, phone_rows(version), [])


def failed(version, line):
    """A benchmark that ended at once."""
    lines = benchmark(version)
    at = next(at for at, text in enumerate(lines) if "count=" in text)
    return [*lines[:at], line, "Benchmarking failed."]


def read(lines):
    return read_recorded(io.BytesIO("\n".join(lines).encode()))


def check(recorded):
    assert recorded.latency.mean == pytest.approx(MEAN * 1e-6)
    assert recorded.latency.count == RUNS
    # Of two lines in front of the runs nothing may say which is of the warm-up.
    assert recorded.warm_up is None or recorded.warm_up.mean == pytest.approx(WARM_UP * 1e-6)
    (profile,) = recorded.profiles
    assert [event.seconds for event in profile.events] == pytest.approx([1e-4] * 7)


@pytest.mark.parametrize("line", NO_RUNS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_benchmark_that_failed_beside_one_that_did_not(tmp_path, version, line, is_first):
    bad, good = failed(version, line), benchmark(version)
    lines = bad + good if is_first else good + bad
    recorded = read(lines)
    check(recorded)
    (note,) = [note for note in recorded.notes if note.code == "benchmarks_left_out"]
    number = 1 if is_first else 2
    assert f"1 of 2 benchmarks is read, and another one left out: {number}: no inf" in note.text
    path = tmp_path / "two.log"
    path.write_text("\n".join(lines))
    with pytest.raises(ProfileFormatError, match="no inference was timed"):
        read_recorded(f"{path}::{number}")
    check(read_recorded(f"{path}::{3 - number}"))


@pytest.mark.parametrize("line", STRAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_line_of_statistics_of_another_process(version, line):
    """Wherever it stands: the figures are those that the summary is of."""
    lines = benchmark(version)
    marks = ("STARTING", "Running", "count=", "nference (avg)", "Inference timings", "Average inf")
    places = [at for at, text in enumerate(lines) if any(mark in text for mark in marks)]
    for at in (0, *places, *(at + 1 for at in places), len(lines)):
        try:
            recorded = read([*lines[:at], line, *lines[at:]])
        except ProfileFormatError as error:
            assert "it holds 2 benchmarks" in str(error)  # noqa: PT017
        else:
            check(recorded)


def phases(*regular):
    warm_up = "count=90 first=5 curr=5 min=5 max=5 avg=5012.25 std=7"
    return [RUNNING, warm_up, RUNNING, *regular]


REGULAR = "count=250 first=5 curr=5 min=5 max=5 avg=4321.5 std=7"
OTHER = "count=7 first=9 curr=9 min=8 max=9 avg=8.5 std=1"


def test_without_a_summary_a_line_too_many_is_no_mean():
    for line in NO_RUNS:
        assert read(phases(REGULAR, line)).latency.mean == pytest.approx(4321.5e-6)
        with pytest.raises(ProfileFormatError, match="3 lines of statistics, and nothing says"):
            read(phases(line, REGULAR))
    for lines in ((REGULAR, OTHER), (OTHER, REGULAR)):
        with pytest.raises(ProfileFormatError, match="3 lines of statistics, and nothing says"):
            read(phases(*lines))


def test_a_mean_that_a_line_of_another_process_begins_with():
    """The summary is whole, and the line of the runs stands in front of the other."""
    summary = "Inference timings in us: Init: 9, Warmup (avg): 5012.25, Inference (avg): {}"
    regular, other = REGULAR.replace("4321.5", "8"), OTHER
    recorded = read([*phases(regular, other), summary.format(8)])
    assert (recorded.latency.mean, recorded.latency.count) == (pytest.approx(8e-6), 250)
    recorded = read([*phases(REGULAR.replace("4321.5", "8.5"), other[:20]), summary.format("8.5")])
    assert (recorded.latency.mean, recorded.latency.count) == (pytest.approx(8.5e-6), 250)
    assert "statistics_damaged" in {note.code for note in recorded.notes}


DAMAGES = {
    "number of runs": ("count=250 first", f"count={'9' * 40} first"),
    "figure of an operator": ("    0.100\t    0.100", "    0.100\t    1e999"),
    "number of nodes": ("nodes executed: 7", f"nodes executed: {'7' * 40}"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_damaged_benchmark_beside_a_whole_one(damage, is_first):
    whole = "\n".join(benchmark("2.13"))
    damaged = whole.replace(*DAMAGES[damage], 1)
    assert damaged != whole
    with pytest.raises(ProfileFormatError):
        read([damaged])
    recorded = read([damaged, whole] if is_first else [whole, damaged])
    check(recorded)
    assert "benchmarks_left_out" in {note.code for note in recorded.notes}


def test_a_damaged_line_of_the_last_table_of_performance_options():
    one = benchmark("2.13")
    summary = ["====Summary of All Runs w/ Different Performance Options====="]
    statistics = next(line for line in one if f"count={RUNS} first" in line).removeprefix("INFO: ")
    good = f"cpu w/ 4 threads (xnnpack): {statistics}"
    for bad in ("gpu-fp16: count=5 first=", "gpu-fp16: count=0", "gpu-default: failed!"):
        for lines in ([good, bad], [bad, good]):
            recorded = read([*one, *summary, *lines])
            check(recorded)
            assert recorded.label == "cpu w/ 4 threads (xnnpack)"
            alone = read([*summary, *lines])
            assert alone.latency.mean == pytest.approx(MEAN * 1e-6)


EVENTS = {"CONV_2D": "Convolution (NHWC, F32) IGEMM", "ADD": "Add (ND, F32)"}


def delegated(version):
    """A benchmark of which XNNPACK ran all, and where its rows begin."""
    kinds = [EVENTS.get(o.name, o.name) for o in workload(PHONE).entry.subgraph.operators]
    table = [(kind, f"Delegate/{kind}:{at}", 100) for at, kind in enumerate(kinds)]
    lines = VERSIONS[version].benchmark(PHONE.stat().st_size, table, [])
    return lines, next(at for at, line in enumerate(lines) if "[node type]" in line) + 1


def own(version):
    """A benchmark without a delegate, and where its rows begin."""
    lines = benchmark(version)
    return lines, next(at for at, line in enumerate(lines) if "[node type]" in line) + 1


WAYS = {
    "a row is lost": lambda lines, at: [*lines[:at], *lines[at + 1 :]],
    "the end of a name is lost": lambda lines, at: [
        *lines[:at],
        lines[at][: lines[at].rindex(":") + 1],
        *lines[at + 1 :],
    ],
    "a text is glued to a row": lambda lines, at: [
        *lines[:at],
        lines[at] + "W/Other: text",
        *lines[at + 1 :],
    ],
    "a row is there again": lambda lines, at: [*lines[: at + 2], lines[at], *lines[at + 2 :]],
}


@pytest.mark.parametrize("kind", [own, delegated])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", ["2.4", "2.13", "litert 2"])
def test_a_damaged_table_says_nothing_false(version, way, kind):
    """Times are those of the operators, none is called fused, and the model is not called another one."""
    lines, start = kind(version)
    for row in range(7):
        text = "\n".join(WAYS[way](lines, start + row))
        try:
            timing = load_timing(io.BytesIO(text.encode()), workload(PHONE))
        except ProfileFormatError as error:
            assert "another model" not in str(error)  # noqa: PT017
            continue
        assert timing.latency.mean_seconds == pytest.approx(MEAN * 1e-6)
        if timing.profile is not None:
            times = [o.estimate.typical_seconds for o in timing.profile.operators]
            assert times == pytest.approx([1e-4] * len(times))
            assert timing.profile.fused == ()
            assert len(times) == 7 or "rows_missing" in {note.code for note in timing.notes}


def test_a_delegate_that_fails_before_the_runs_is_not_the_end():
    """The benchmark goes on without it."""
    for version in ("2.4", "2.13"):
        lines = benchmark(version)
        at = next(at for at, line in enumerate(lines) if "Initialized session" in line)
        failure = ["ERROR: Node number 5 (TfLiteGpuDelegateV2) failed to prepare."]
        recorded = read([*lines[:at], *failure, *lines[at:]])
        check(recorded)
        assert recorded.warm_up.count == WARM_UPS
        assert recorded.threads == 4
        assert not recorded.notes


def test_a_benchmark_that_failed_before_anything_ran():
    lines = ["STARTING!", "Graph: [a.tflite]", "Loaded model a.tflite", "Benchmarking failed."]
    with pytest.raises(ProfileFormatError, match="no inference was timed: the benchmark failed"):
        read(lines)


def test_statistics_of_two_benchmarks_of_which_no_beginning_was_kept(tmp_path):
    """As notes quote them: the line of statistics and the summary of each."""
    path = tmp_path / "notes.md"
    path.write_text(
        "```\n"
        "count=50 first=249042 curr=250889 min=247067 max=254474 avg=249684 std=1442\n"
        "Inference timings in us: Init: 16242, Warmup (avg): 304586, Inference (avg): 249684\n"
        "```\n\n```\n"
        "count=40 first=157195 curr=159511 min=149738 max=161935 avg=156669 std=2352\n"
        "Inference timings in us: Init: 404292, Warmup (avg): 175313, Inference (avg): 156669\n"
        "```\n"
    )
    found = [read_recorded(f"{path}::{number}").latency for number in (1, 2)]
    assert [(round(each.mean * 1e6), each.count) for each in found] == [(249684, 50), (156669, 40)]


def test_a_table_in_a_fenced_block_ends_with_it():
    lines = benchmark("2.13")
    start = next(at for at, line in enumerate(lines) if "Run Order" in line)
    recorded = read(["The profile:", "```", *lines[start : start + 9], "```"])
    (profile,) = recorded.profiles
    assert [event.seconds for event in profile.events] == pytest.approx([1e-4] * 7)
    assert read(["```", *lines[: start + 9]]).profiles == ()
