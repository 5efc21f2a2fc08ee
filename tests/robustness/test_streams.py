"""Standard output that is closed, full or of no width; an environment that makes warnings errors."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="shells and devices of POSIX")
FORMATS = ["text", "json", "csv", "markdown", "html", "latex"]
COMMANDS = [
    ["count", SINGLE],
    ["report", SINGLE, "--runs", "1", "--no-peaks"],
    ["time", SINGLE, "--runs", "1"],
    ["time", SINGLE, "--runs", "1", "--runtime", "tflite,tflite"],
    ["verify", SINGLE],
    ["peaks", "--threads", "1"],
    ["explain", "CONV_2D"],
    ["explain", f"{SINGLE}:0"],
    ["ops"],
    ["runtimes"],
    ["memory", SINGLE],
    ["memory", SINGLE, "--budget", "1MB"],
    ["compare", SINGLE, SINGLE, "--runs", "2"],
    ["check", SINGLE, "--max-macs", "1G"],
    ["baseline", SINGLE, "--no-time"],
    ["sweep", SINGLE, "--threads", "1,2", "--runs", "1"],
    ["batch", SINGLE, "--runs", "1"],
    ["batch", SINGLE, "--count"],
    ["extract", f"{SINGLE}:0", "-o", os.devnull],
]
# What these say on standard error is not an error.
TALKING = ("sweep", "batch")
HELP = [["--help"], ["--version"], ["count", "--help"]]


def named(arguments):
    return " ".join(Path(str(argument)).name for argument in arguments)


@posix
@pytest.mark.parametrize(
    "arguments",
    [*COMMANDS, *HELP, ["ops", "--format", "json"]],
    ids=named,
)
def test_a_reader_that_has_seen_enough_where_warnings_are_errors(process, arguments):
    # The other end is closed before the first byte: the worst that `| head` can do.
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    ended = process(*arguments, capture_output=False, stdout=writer, stderr=-1, env=environment)
    os.close(writer)
    assert ended.status == 0
    assert ended.err == "" or (arguments[0] in TALKING and "arning" not in ended.err)


@posix
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["check", SINGLE, "--max-macs", "1"], 1),
        (["memory", SINGLE, "--budget", "1KiB"], 1),
        (["count", SINGLE, "none.tflite"], 2),
        (["batch", SINGLE, "none.tflite", "--count"], 2),
    ],
)
def test_a_reader_that_leaves_changes_no_verdict(process, arguments, status):
    reader, writer = os.pipe()
    os.close(reader)
    ended = process(*arguments, capture_output=False, stdout=writer, stderr=-1)
    os.close(writer)
    assert ended.status == status
    assert "roken pipe" not in ended.err


@posix
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["count", "none.tflite"], 2),
        (["--debug", "count", "none.tflite"], 2),
        (["count", SINGLE, "none.tflite"], 2),
        (["batch", SINGLE, "--runs", "1"], 0),
    ],
)
def test_nobody_reads_standard_error(process, arguments, status):
    reader, writer = os.pipe()
    os.close(reader)
    ended = process(*arguments, capture_output=False, stdout=-1, stderr=writer)
    os.close(writer)
    assert ended.status == status
    assert (SINGLE.name in ended.out) == (SINGLE in arguments)


@posix
def test_a_reader_that_leaves_in_the_middle(process):
    words = " ".join(map(shlex.quote, [*process.program, "ops"]))
    ended = process(args=["bash", "-c", f"set -o pipefail; {words} | head -n 1"])
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("arguments", COMMANDS, ids=named)
def test_a_full_disk(process, arguments):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ended = process(*arguments, capture_output=False, stdout=full, stderr=-1)
    assert ended.status == 2
    last = "error: cannot write to standard output: no space left on device\n"
    assert ended.err == last or (arguments[0] in TALKING and ended.err.endswith(last))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize(
    "arguments", [part for part in COMMANDS if part[0] in ("count", "report", *TALKING)], ids=named
)
def test_a_full_disk_for_standard_error(process, arguments):
    """What is said there is not worth what was measured."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ended = process(*arguments, capture_output=False, stdout=-1, stderr=full)
    assert ended.status == 0
    assert ended.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_an_error_that_cannot_be_said(process):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ended = process("count", "no such file", capture_output=False, stdout=-1, stderr=full)
    assert ended.status == 2


def test_the_streams_of_a_caller_stay(tflops):
    before = sys.stdout, sys.stderr
    assert tflops("count", SINGLE).status == 0
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("columns", ["0", "-1", "", "wide", "1", "99999999999999999999"])
@pytest.mark.parametrize("is_terminal", [False, True], ids=["pipe", "terminal"])
def test_a_width_that_makes_no_sense(process, columns, is_terminal):
    environment = {**os.environ, "COLUMNS": columns}
    if is_terminal:
        environment["FORCE_COLOR"] = "1"
    ended = process("count", SINGLE, env=environment)
    assert (ended.status, ended.err) == (0, "")
    words = ended.out.split()
    for word in ("model", "CONV_2D", "194,688", "memory", "FLOPs"):
        assert any(word in found for found in words), ended.out


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
@pytest.mark.parametrize("value", ["/dev/null", "/proc/nowhere", "", None])
def test_a_home_that_cannot_be_written(process, variable, value):
    environment = {key: text for key, text in os.environ.items() if key != variable}
    if variable == "HOME":
        environment.pop("XDG_CACHE_HOME", None)
        if value is None:
            value = ""  # without any, the real one of the user would be written
    if value is not None:
        environment[variable] = value
    elif sys.platform == "linux":
        environment["HOME"] = "/dev/null"
    ended = process("peaks", "--threads", "1", env=environment)
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("locale", ["C", "POSIX", "tr_TR.UTF-8", "nonsense"])
def test_locales(process, locale):
    environment = {**os.environ, "LC_ALL": locale, "LANG": locale}
    environment.pop("PYTHONIOENCODING", None)
    ended = process("count", SINGLE, env=environment)
    assert (ended.status, ended.err) == (0, "")
    assert "194,688 MACs" in ended.out


@pytest.mark.parametrize("count", [17, 1024])
def test_many_threads_are_announced_before_they_start(tflops, monkeypatch, count):
    from tflops_native import api
    from tflops_native.cli import options

    monkeypatch.setattr(options, "usable_cpus", lambda: [0, 1])
    said = []

    def measure(*_arguments, **chosen):
        said.append(chosen["threads"])
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "measure", measure)
    ended = tflops("time", SINGLE, "--threads", count)
    assert said == [count]
    assert ended.err.startswith(f"note: {count} threads share 2 CPUs: this may take long\n")


@pytest.mark.parametrize("count", [1025, 40_000, 10**30])
def test_more_threads_than_a_machine_can_bear_are_refused(refuses, count):
    assert refuses("time", SINGLE, "--threads", count) == (
        f"threads must be 1,024 or less, got {count:,}"
    )


def test_an_interpreter_without_a_working_directory(tmp_path, process):
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"import os; os.rmdir({str(gone)!r}); from tflops_native.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "count", SINGLE],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
