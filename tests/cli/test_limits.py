"""--timeout and --memory-limit, and what remains of a report when the runtime fails."""

import json
import sys

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native.cli.quantities import ByteSize

SINGLE = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture
def failing(fake_runtime, tmp_path):
    """Arguments for a model that crashes in operator 1."""
    path = tmp_path / "failing.tflite"
    path.write_bytes(fake_tflite.model("on operator:1 1 crash SIGSEGV"))
    return [path, "--runtime", fake_runtime]


def test_a_crash_costs_the_times_only(tflops, failing):
    ended = tflops("report", "-v", *failing)
    assert ended.status == 2
    assert "coverage  3 counted" in ended.out
    assert ended.err == (
        "error: the runtime crashed (the measuring process was ended by SIGSEGV at step "
        "'first invoke'); operator last seen: 1 (ABS)\n"
    )


def test_json_holds_the_same_words(tflops, failing):
    ended = tflops("report", "-v", *failing, "--format", "json")
    assert ended.status == 2
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["timing"] is None
    assert ended.err == f"error: {plain['timing_error']}\n"


@pytest.mark.parametrize("command", ["report", "time", "verify"])
def test_limits_out_of_range_start_nothing(refuses, command):
    assert refuses(command, SINGLE, "--timeout", "0") == (
        "timeout (seconds) must be above 0, got 0"
    )
    assert "'soon' is not a duration" in refuses(command, SINGLE, "--timeout", "soon")
    assert refuses(command, SINGLE, "--memory-limit", "much").endswith(
        "'much' is not a size: write it as 500MB, 2GiB or a number of bytes"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits of Linux")
def test_a_memory_limit(refuses, failing, fake_runtime, tmp_path):
    path = tmp_path / "greedy.tflite"
    path.write_bytes(fake_tflite.model("on allocate 1 allocate 4000000000"))
    for command in ("time", "verify"):
        assert (
            refuses(command, path, "--runtime", fake_runtime, "--memory-limit", "64MiB")
            == "the runtime ran out of memory at step 'allocate', with a memory limit of 64 MiB"
        )


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("2GiB", 2_147_483_648),
        ("1.5kB", 1500),
        ("0.5 MiB", 524_288),
        ("1tb", 1_000_000_000_000),
        ("7", 7),
        ("12345678901234567", 12_345_678_901_234_567),
    ],
)
def test_sizes(text, size):
    assert ByteSize().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1e9", "5 apples", "1,5GB"])
def test_what_is_no_size(refuses, text):
    assert "is not a size" in refuses("time", SINGLE, "--memory-limit", text)
