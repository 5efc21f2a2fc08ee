"""tflops-timer: built without Python, run on the fake runtime and on the one of the package."""

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
import tflops_native
from tflops_native import _native
from tflops_native.imported.timer_json import read_timer_json
from tflops_native.runtime.libraries import open_runtime
from tflops_native.timing.precision import is_precise
from tflops_native.timing.warm_up import is_steady

CONV = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"


@pytest.fixture
def timer(timer_program, tmp_path):
    """`timer(model, *options)` -> what the program did; it writes `timer.output`."""

    def run(model, *options, check=True):
        if isinstance(model, bytes):
            (tmp_path / "model.tflite").write_bytes(model)
            model = tmp_path / "model.tflite"
        arguments = [timer_program, model, "--output", run.output, *map(str, options)]
        return subprocess.run(
            arguments, check=check, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )

    run.output = tmp_path / "times.json"
    return run


def test_what_it_writes(timer, fake_runtime):
    model = fake_tflite.model(operators=["ABS", "NEG", "ABS"])
    timer(model, "--runtime", fake_runtime, "--kernels", "builtin", "--runs", 7, "--threads", 2)
    plain = json.loads(timer.output.read_text())
    assert plain["model"] == {
        "name": "model.tflite",
        "size_bytes": len(model),
        "crc32": zlib.crc32(model),
    }
    assert plain["runtime"] == {
        "name": "tflite",
        "kind": "TensorFlow Lite",
        "version": "0.0.0-fake",
        "library": str(Path(fake_runtime).resolve()),
    }
    assert (plain["stop"]["reason"], plain["stop"]["precision"]) == ("runs", None)
    assert plain["peaks"] is None
    assert plain["kernels"] == "builtin"
    assert plain["threads"] == 2
    assert plain["input_shapes"] == {"x": [1, 4]}
    assert len(plain["samples_ns"]) == 7
    profile = plain["profile"]
    assert [event["name"] for event in profile["events"]] == ["ABS", "NEG", "ABS"]
    assert len(profile["event_ids"]) == 3 * len(profile["invoke_ns"])


@pytest.mark.parametrize(
    ("durations", "arguments", "reason", "is_reached"),
    [
        ("1000000", [], "precision", True),
        ("100000", ["--runs=200", "--precision=50%"], "runs", None),  # a busy machine decides
        # Long runs of each: on a busy machine a sample may be of several invokes.
        (
            "1000000 " * 16 + "3000000 " * 16,
            ["--max-time=0.3", "--precision=0.1%"],
            "max_time",
            False,
        ),
        ("1000000", ["--runs=3", "--precision=1%"], "runs", False),
    ],
)
def test_why_it_stopped(timer, fake_runtime, durations, arguments, reason, is_reached):
    model = fake_tflite.model(f"durations {durations}")
    timer(model, "--runtime", fake_runtime, "--kernels=builtin", "--no-profile", *arguments)
    plain = json.loads(timer.output.read_text())
    assert plain["stop"]["reason"] == reason
    assert is_reached in (None, plain["stop"]["is_reached"])
    samples = plain["samples_ns"]
    assert plain["stop"]["is_reached"] == is_precise(samples, plain["stop"]["precision"])
    # Its statistics are Python's.
    assert plain["warm_up"]["is_steady"] == is_steady(plain["warm_up"]["samples_ns"])


def test_peaks_of_the_machine(timer, fake_runtime):
    timer(
        fake_tflite.model(), "--runtime", fake_runtime, "--kernels=builtin", "--runs=2", "--peaks"
    )
    peaks = read_timer_json(json.loads(timer.output.read_text())).peaks
    assert peaks is not None
    assert peaks.threads == 1
    kinds = {kernel.arithmetic: [] for kernel in _native.compute_kernels()}
    for kernel in _native.compute_kernels():
        kinds[kernel.arithmetic].append(kernel.instructions)
    assert [peak.arithmetic for peak in peaks.compute] == list(kinds)
    assert all(peak.instructions in kinds[peak.arithmetic] for peak in peaks.compute)
    assert peaks.memory[0].name == "L1"


def test_litert_libraries(timer):
    pytest.importorskip("ai_edge_litert", reason="LiteRT is an extra")
    library = open_runtime("litert").info.library
    timer(MOBILENET, "--runtime", library, "--runs=3")
    report = tflops_native.report(MOBILENET, profile_file=timer.output)
    assert report.timing.runtime.kind == "LiteRT"
    assert report.timing.runtime.library == library
    assert report.timing.profile.unmatched == ()


def test_without_a_profile(timer, fake_runtime):
    timer(
        fake_tflite.model(),
        "--runtime",
        fake_runtime,
        "--kernels=builtin",
        "--no-profile",
        "--runs=2",
    )
    assert json.loads(timer.output.read_text())["profile"] is None


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_joined_by_the_report(timer, kernels):
    from tflops_native._native import Library

    timer(MOBILENET, "--runtime", Library.linked().path, "--kernels", kernels, "--runs", 5)
    report = tflops_native.report(MOBILENET, profile_file=timer.output)
    assert report.timing.origin.tool.startswith("tflops-timer ")
    assert len(report.timing.samples_ns) == 5
    assert report.timing.kernels == kernels
    assert report.timing.origin.machine is not None
    assert report.peaks is None
    profile = report.timing.profile
    assert [operator.index for operator in profile.operators] == list(range(34))
    assert profile.unmatched == ()
    with pytest.raises(tflops_native.ProfileFormatError, match="belongs to another model"):
        tflops_native.report(CONV, profile_file=timer.output)


def test_an_input_shape_is_asked_for_and_recorded(timer):
    from tflops_native._native import Library

    timer(MOBILENET, "--runtime", Library.linked().path, "--runs=1", "--input-shape=2,96,96,3")
    with pytest.raises(tflops_native.ProfileFormatError, match="pass --input-shape"):
        tflops_native.report(MOBILENET, profile_file=timer.output)
    report = tflops_native.report(
        MOBILENET, profile_file=timer.output, input_shapes={"": (2, 96, 96, 3)}
    )
    assert report.analysis.macs == 2 * 7_745_152


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frob", "1"], "there is no option --frob: see --help"),
        (["--runs", "0"], "--runs 0: a whole number from 1 on is needed"),
        (["--runs", "7x"], "--runs 7x: a whole number from 1 on is needed"),
        (["--runs"], "--runs needs a value"),
        (["--threads", "9999"], "--threads 9999: a whole number from 1 to 1024 is needed"),
        (
            ["--precision", "0"],
            "--precision 0: a part between 0% and 100%, as 2% or 0.02, is needed",
        ),
        (["--precision", "5"], "--precision 5: a part between 0% and 100%"),
        (["--runs=3", "--min-runs=4"], "--min-runs 4 is more than --runs 3"),
        (["--max-time", "nan"], "--max-time nan: a number of seconds from 0 to 1000000 is needed"),
        (["--kernels", "fast"], "--kernels fast: xnnpack or builtin is needed"),
        (["--input-shape", "x=1,-2"], "--input-shape -2: a whole number from 1 to 2147483647"),
        (["--pin", "1-"], "--pin : a whole number from 1 to 1048576 is needed"),
        (["--runtime", "missing.so"], "cannot load './missing.so': there is no such file"),
        (["second.tflite"], "two models: "),
        (["--output", "no/such/folder"], "cannot write 'no/such/folder'"),
    ],
)
def test_mistakes_are_one_line(timer, options, message):
    ended = timer(CONV, *options, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: {message}")
    assert ended.stderr.count("\n") == 1
    assert not timer.output.exists() or timer.output.read_bytes() == b""


def test_what_the_runtime_refuses(timer, fake_runtime):
    arguments = ["--runtime", fake_runtime, "--kernels=builtin"]
    ended = timer(fake_tflite.model("on allocate 1 fail"), *arguments, check=False)
    assert ended.returncode == 2
    assert "error: " in ended.stderr
    ended = timer(fake_tflite.model(), *arguments, "--input-shape=y=1,2", check=False)
    assert ended.stderr.endswith("error: there is no input 'y'; the inputs are: 'x'\n")


def test_shapes_that_would_crash_xnnpack_are_refused(timer):
    """A window of 3 in an input of 1, which the file has where lengths are open."""
    from tflops_native._native import Library

    model = EXAMPLES / "single_conv_dynamic.tflite"
    ended = timer(model, "--runtime", Library.linked().path, "--runs=1", check=False)
    assert ended.returncode == 2
    assert ended.stderr.endswith("; --input-shape chooses other shapes of inputs\n")
    assert "(CONV_2D)" in ended.stderr
    timer(model, "--runtime", Library.linked().path, "--runs=1", "--input-shape=1,28,28,1")


def test_an_earlier_result_survives_a_failure(timer, fake_runtime):
    timer.output.write_text("earlier")
    arguments = ["--runtime", fake_runtime, "--kernels=builtin"]
    assert timer(fake_tflite.model("on invoke 1 fail"), *arguments, check=False).returncode == 2
    assert timer.output.read_text() == "earlier"


def test_help_and_version(timer_program):
    said = subprocess.run(
        [timer_program, "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith("usage: tflops-timer MODEL [options]\n")
    said = subprocess.run(
        [timer_program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert said == f"tflops-timer {tflops_native.__version__}\n"
