"""`tflops check` and `tflops baseline`: exit codes, messages, files."""

import json
import shutil
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

import fake_tflite
import tflops_native
from tflops_native import InvokeError, api, gate
from tflops_native.cli.signals import _Ended
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

MODEL = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture
def base(tflops, tmp_path):
    path = tmp_path / "base.json"
    assert tflops("baseline", MODEL, "--no-time", "-o", path).status == 0
    return path


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (("--max-macs", "8M"), 0),
        (("--max-macs", "7745152", "--min-coverage", "100%", "--max-params", "468k"), 0),
        (("--max-macs", "7745151"), 1),
        (("--max-weights", "1MiB"), 1),
        (("--max-weights", "2MiB", "--max-flops", "16.2M"), 0),
    ],
)
def test_static_limits(tflops, limits, status):
    ended = tflops("check", MODEL, *limits)
    assert (ended.status, ended.err) == (status, "")
    assert f"result    {MODEL.name}: {'fail' if status else 'pass'}" in ended.out


def test_a_baseline(tflops, base):
    assert json.loads(base.read_text())["counts"]["macs"] == 7_745_152
    assert base.stat().st_size < 1500
    assert tflops("check", MODEL, "--baseline", base).status == 0
    plain = json.loads(base.read_text())
    plain["counts"]["macs"] = 7_000_000
    base.write_text(json.dumps(plain))
    assert tflops("check", MODEL, "--baseline", base).status == 1
    allowed = tflops("check", MODEL, "--baseline", base, "--max-regression", "macs=11%")
    assert allowed.status == 0
    assert "macs" in tflops("show", base).out


def test_what_cannot_be_told_has_a_code_of_its_own(tflops, tmp_path):
    report = tmp_path / "count.json"
    tflops("count", MODEL, "-o", report)
    limits = ("check", report, "--max-latency", "1s")
    ended = tflops(*limits)
    assert ended.status == 3
    assert "\nwhy       latency: it was not measured\n" in ended.out
    assert tflops(*limits, "--undecided", "pass").status == 0
    assert tflops(*limits, "--undecided", "fail").status == 1


def test_times(tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("check", SINGLE, "--max-latency", "1h", "--max-time", "0.5")
    # On a machine that is too busy for an interval it is undecided.
    assert ended.status in (0, 3)
    ended = tflops("check", SINGLE, "--max-latency", "1ns", "--max-time", "0.5", "--format", "json")
    assert ended.status in (1, 3)
    assert json.loads(ended.out)["lines"][0]["metric"] == "latency"


def test_files_for_continuous_integration(tflops, tmp_path, monkeypatch):
    summary, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ended = tflops("check", MODEL, "--max-macs", "1M", "--junit", junit, "--github")
    assert ended.status == 1
    assert ElementTree.parse(junit).getroot().attrib["failures"] == "1"
    assert "::error file=" in ended.out
    assert "fail" in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is nothing to check"),
        (("--max-macs", "6x"), "'6x' is not a count: write it as 600M"),
        (("--max-latency", "7MB"), "'7MB' is not a duration"),
        (("--max-latency", "7"), "'7' has no unit: write it as 7ms or 7s"),
        (("--max-p95", "0.5"), "'0.5' has no unit: write it as 0.5ms or 0.5s"),
        (("--max-weights", "7ms"), "'7ms' is not a size"),
        (("--min-coverage", "99"), "write it as 99%"),
        (("--max-regression", "macs=1%"), "--max-regression needs a baseline"),
        (("--baseline", "nowhere.json"), "cannot read 'nowhere.json'"),
        (("--max-macs", "1M", "--junit", "nowhere/x.xml"), "there is no folder 'nowhere'"),
    ],
)
def test_refused(refuses, arguments, message):
    assert message in refuses("check", MODEL, *arguments)


def test_baselines_that_do_not_fit(refuses, tflops, base, tmp_path):
    assert "the baseline is one of" in refuses("check", SINGLE, "--baseline", base)
    assert "there is no metric 'size'" in refuses(
        "check", MODEL, "--baseline", base, "--max-regression", "size=1%"
    )
    report = tmp_path / "count.json"
    tflops("count", MODEL, "-o", report)
    assert "holds a report, not a baseline" in refuses("check", MODEL, "--baseline", report)
    assert "cannot be combined with a saved report" in refuses(
        "check", report, "--max-macs", "1M", "--threads", "2"
    )
    (tmp_path / "text.tflite").write_bytes(b"this is not a model")
    tflops("batch", tmp_path / "text.tflite", "-o", tmp_path / "jobs", "--count")
    (job,) = (tmp_path / "jobs").iterdir()
    for line in (
        refuses("check", MODEL, "--baseline", job),
        refuses("check", job, "--max-macs", "1M"),
        refuses("baseline", job),
        refuses("compare", job, MODEL, "--no-time"),
    ):
        assert "holds a job that failed (not a model: '" in line
    older = tmp_path / "older.json"
    older.write_text(base.read_text().replace('"format_version": 3', '"format_version": 2'))
    assert "has version 2 of the format" in refuses("check", MODEL, "--baseline", older)


def test_a_runtime_that_is_a_tenth_slower_fails(tflops, tmp_path, fake_runtime, slower_runtime):
    """Two builds of one library; an inference takes 60 and 66 ms, most of it asleep, whatever else runs."""
    library = tmp_path / fake_tflite.LIBRARY
    model, base = tmp_path / "model.tflite", tmp_path / "base.json"
    model.write_bytes(fake_tflite.model("durations 60000000"))
    gate = ("--baseline", base, "--max-regression", "latency=5%", "--runs", "40")
    for _ in range(3):
        # All is measured again where the machine became busy in between: its inferences are slower, too.
        shutil.copy(fake_runtime, library)
        made = tflops("baseline", model, "--runtime", library, "--runs", "40", "-o", base)
        assert made.status == 0, made.err
        same = tflops("check", model, "--runtime", library, *gate)
        shutil.copy(slower_runtime, library)
        slower = tflops("check", model, "--runtime", library, *gate)
        if (same.status, slower.status) == (0, 1):
            break
    assert (same.status, slower.status) == (0, 1), slower.out


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, InvokeError])
def test_what_is_known_is_shown_where_measuring_ends_early(
    tflops, monkeypatch, tmp_path, failing, kind
):
    """Of the first measurement the counts, of the second one what the first one said."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    real, calls = api.report, []

    def report(model, **options):
        calls.append(model)
        if len(calls) == failing:
            raise kind("made up")
        return real(model, **{**options, "max_time": 0.3})

    monkeypatch.setattr(api, "report", report)
    # Nothing is decided at the median itself.
    median = tflops_native.measure(SINGLE, max_time=0.3, profile=False).latency.median_seconds
    monkeypatch.setattr(gate, "check_report", partial(undecided_times, gate.check_report))
    path = tmp_path / "junit.xml"
    limits = ("--max-macs", "1M", "--max-latency", f"{median:.12f}s", "--junit", path)
    ended = tflops("check", SINGLE, *limits, "--format", "json")
    assert ended.status == (130 if kind is KeyboardInterrupt else 2)
    assert ended.err.strip() == ("interrupted" if kind is KeyboardInterrupt else "error: made up")
    macs, latency = json.loads(ended.out)["lines"]
    assert (macs["metric"], macs["verdict"]) == ("macs", "pass")
    assert (latency["value"] is None) == (failing == 1)
    root = ElementTree.parse(path).getroot()
    # Both limits, and the error.
    assert (root.attrib["tests"], root.attrib["errors"]) == ("3", "1")


STALE = '<testsuite tests="1" failures="0" errors="0"/>'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.tflite", "--max-macs", "1"), "nowhere.tflite"),
        (("damaged.tflite", "--max-macs", "1"), "damaged.tflite"),
        ((MODEL,), "there is nothing to check"),
        ((MODEL, "--baseline", "nowhere.json"), "cannot read 'nowhere.json'"),
        ((MODEL, "--max-macs", "1", "--input-shape", "input=1,2"), "has rank 4"),
        ((MODEL, "--max-regression", "macs=1%"), "--max-regression needs a baseline"),
        ((MODEL, "--max-macs", "1", "-o", "nowhere/x.json"), "there is no folder 'nowhere'"),
        ((MODEL, "--max-macs", "1", "-o", "x.png"), "x.png"),
    ],
)
def test_an_error_replaces_the_file_of_an_earlier_run(
    tflops, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    Path("damaged.tflite").write_bytes(MODEL.read_bytes()[:1000])
    path = tmp_path / "junit.xml"
    path.write_text(STALE)
    ended = tflops("check", *arguments, "--junit", path)
    assert (ended.status, ended.out) == (2, "")
    root = ElementTree.parse(path).getroot()
    assert (root.attrib["tests"], root.attrib["errors"], root.attrib["failures"]) == ("1", "1", "0")
    (error,) = root.findall("testcase/error")
    assert ended.err == f"error: {error.text}\n"
    assert message in error.text


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (MemoryError, 2, "MemoryError"),
        (RuntimeError("made up"), 2, "made up"),
        (OSError, 2, "OSError"),
        (KeyboardInterrupt, 130, "interrupted"),
        (_Ended(signal.SIGTERM), 143, "ended by SIGTERM"),
    ],
)
def test_whatever_ends_a_check_is_an_error_in_the_file(
    tflops, tmp_path, monkeypatch, kind, status, said
):
    # The signal would end the tests.
    monkeypatch.setattr(signal, "raise_signal", lambda number: sys.exit(128 + number))

    def fails(*arguments, **options):
        raise kind

    monkeypatch.setattr(gate, "check", fails)
    path = tmp_path / "junit.xml"
    path.write_text(STALE)
    ended = tflops("check", MODEL, "--max-macs", "1", "--junit", path)
    assert ended.status == status
    (error,) = ElementTree.parse(path).getroot().findall("testcase/error")
    assert error.text == said


def undecided_times(check_report, *arguments):
    """As a limit inside of the interval leaves them."""
    found = check_report(*arguments)
    lines = [
        replace(line, verdict="undecided") if line.metric == "latency" else line
        for line in found.lines
    ]
    return replace(found, lines=tuple(lines))


def test_a_baseline_of_another_model_is_refused_before_anything_is_measured(
    refuses, monkeypatch, base
):
    monkeypatch.setattr(api, "report", None)
    assert "the baseline is one of" in refuses(
        *("check", SINGLE, "--baseline", base, "--max-regression", "latency=5%")
    )


def test_a_baseline_without_an_end(refuses):
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero")
    assert refuses("check", SINGLE, "--baseline", "/dev/zero") == (
        "cannot read '/dev/zero': it is not a regular file"
    )


@pytest.mark.parametrize("option", ["-o", "--junit"])
def test_a_full_disk(tflops, option):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    ended = tflops("check", MODEL, "--max-macs", "8M", option, "/dev/full", "--format", "csv")
    assert ended.status == 2
    assert ended.err == "error: cannot write '/dev/full': no space left on device\n"


def test_what_the_baseline_does_not_have_has_no_limit(tflops, base, tmp_path, monkeypatch):
    """It was printed as a limit of 0, and measured a second time to come nearer to it."""
    measured = []
    reported = gate._reported
    monkeypatch.setattr(gate, "_reported", lambda *given: measured.append(1) or reported(*given))
    junit, saved = tmp_path / "junit.xml", tmp_path / "check.json"
    asked = (
        "check",
        MODEL,
        "--baseline",
        base,
        "--max-regression",
        "latency=5%",
        "--max-time",
        "2",
    )
    ended = tflops(*asked, "--junit", junit, "--github", "-o", saved)
    assert ended.status == 3
    assert len(measured) == 1
    assert json.loads(saved.read_text())["lines"][0]["limit"] is None
    assert "limit unknown: undecided (the baseline does not have it)" in ended.out
    assert "limit unknown: undecided (the baseline does not have it)" in junit.read_text()
    shown = tflops("show", saved)
    assert "≤" not in shown.out
    assert "unknown" in shown.out
