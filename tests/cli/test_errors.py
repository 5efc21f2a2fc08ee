"""Every mistake of a user ends in one line on standard error, exit code 2, and no traceback."""

import os
import re
import shlex
import sys
from importlib.util import find_spec

import pytest

from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
ATTENTION = EXAMPLES / "attention_encoder_dynamic.tflite"
COMMANDS = ["count", "time", "report"]

native = pytest.mark.skipif(
    find_spec("tflops_native._native") is None, reason="needs the compiled part"
)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_file(refuses, tmp_path, command):
    path = tmp_path / "missing.tflite"
    assert refuses(command, path) == f"cannot read {str(path)!r}: no such file"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory(refuses, tmp_path, command):
    message = refuses(command, tmp_path)
    if command in ("count", "time"):
        assert message.startswith(f"there is no model in {str(tmp_path)!r}: ")
    else:
        assert message == f"cannot read {str(tmp_path)!r}: it is a directory; name a file in it"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_file(refuses, tmp_path, command):
    path = tmp_path / "empty.tflite"
    path.touch()
    assert refuses(command, path) == f"{str(path)!r} is empty (0 bytes)"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture(refuses, tmp_path, command):
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100))
    message = refuses(command, path)
    assert message == f"{str(path)!r} is a JPEG image, not a TensorFlow Lite model"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kept", [9, 100, 1000, 2000])
def test_a_truncated_model(refuses, tmp_path, command, kept):
    path = tmp_path / "half.tflite"
    path.write_bytes(SINGLE.read_bytes()[:kept])
    assert refuses(command, path)


@pytest.mark.parametrize("command", COMMANDS)
def test_open_lengths_that_do_not_fit_as_1(refuses, command):
    message = refuses(command, DYNAMIC)
    assert "a window of 3 does not fit into an input of 1" in message
    assert "operator 0 (CONV_2D) in subgraph 0" in message
    assert message.endswith("ask for a shape N,N,N,1")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("1,28,28", "input 'input' has rank 4 (N,N,N,1), but the shape asked for has rank 3"),
        ("1,28,28,1,1", "the shape asked for has rank 5: 1,28,28,1,1"),
        ("1,0,28,1", "a window of 3 does not fit into an input of 0"),
        ("1,-1,28,1", "cannot have a length of -1"),
        ("1,1,28,1", "a window of 3 does not fit into an input of 1"),
        ("image=1,28,28,1", "there is no input 'image'; the inputs are: input"),
        ("1,28,28,x", "'1,28,28,x' is not a shape: write it as 1,224,224,3 or name=1,224,224,3"),
        ("", "'' is not a shape"),
        ("input", "'input' is not a shape"),
        ("1.5,2", "'1.5,2' is not a shape"),
    ],
)
def test_bad_shapes(refuses, command, shape, expected):
    assert expected in refuses(command, DYNAMIC, "--input-shape", shape)


@native
@pytest.mark.parametrize("shape", ["1,2,28,1", "0,28,28,1"])
def test_what_is_empty_is_counted_but_not_timed_with_xnnpack(tflops, refuses, shape):
    arguments = [DYNAMIC, "--input-shape", shape]
    counted = tflops("count", *arguments)
    assert counted.status == 0
    assert "0 MACs" in counted.out
    message = refuses("time", *arguments)
    assert message.startswith("XNNPACK cannot run CONV_2D on an empty tensor ([")
    assert "--kernels builtin" in message
    reported = tflops("report", *arguments)
    assert reported.status == 2
    assert reported.err == f"error: {message}\n"
    assert "0 MACs" in reported.out  # what was counted is not lost
    for command in ("time", "report"):
        ended = tflops(command, *arguments, "--kernels", "builtin", "--runs", "3")
        assert ended.status == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("names", [("", ""), ("input=", "input="), ("", "input=")])
def test_two_shapes_for_one_input(refuses, command, names):
    first, second = names
    shapes = ["--input-shape", f"{first}1,28,28,1", "--input-shape", f"{second}1,56,56,1"]
    assert re.search(r"(two|2) shapes are (asked|given) for", refuses(command, DYNAMIC, *shapes))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_signature_lists_those_there_are(refuses, command):
    message = refuses(command, SINGLE, "--signature", "train")
    assert message == "no signature 'train'; the model has: serving_default"


@pytest.mark.parametrize("command", ["time", "report"])
@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--threads", "0", "must be 1 or more, got 0"),
        ("--threads", "two", "'two' is not a whole number"),
        ("--runs", "0", "must be 1 or more, got 0"),
        ("--runs", "-5", "must be 1 or more, got -5"),
        ("--kernels", "gpu", "'gpu' is not one of 'xnnpack', 'builtin'"),
        ("--format", "xml", "'xml' is not one of 'text', 'json'"),
    ],
)
def test_bad_options(refuses, command, option, value, expected):
    message = refuses(command, SINGLE, option, value)
    assert option in message
    assert expected in message


@native
def test_a_library_that_is_none(refuses, tmp_path):
    path = tmp_path / "libnothing.so"
    path.write_bytes(b"not a library")
    assert str(path) in refuses("time", SINGLE, "--runtime", path)
    assert "no-such-library" in refuses("time", SINGLE, "--runtime", "/no-such-library.so")


@native
def test_a_library_without_tensorflow_lite(refuses):
    import _ctypes

    assert "TensorFlow Lite" in refuses("time", SINGLE, "--runtime", _ctypes.__file__)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["explain", "SOFTMAXX"], "there is no operator 'SOFTMAXX'; did you mean SOFTMAX"),
        (["explain", "xyzzy"], "there is no operator 'XYZZY'; `tflops ops` lists all"),
        (["explain", "DELEGATE"], "DELEGATE is an operator of TensorFlow Lite, but has no rule"),
        (["explain"], "Missing argument 'OPERATOR'"),
        (["count"], "Missing argument 'MODEL...'"),
        (["report"], "Missing argument 'MODEL'"),
        (["contu", SINGLE], "there is no command 'contu': did you mean `tflops count`?"),
        (["count", SINGLE, "--thread", "1"], "there is no option"),
        (["memory", SINGLE, "more"], "unexpected extra argument"),
        (["memory", SINGLE, "two\nlines"], "unexpected extra argument (two lines)"),
        (["memory", SINGLE, "an\x1b[31m escape"], "unexpected extra argument (an?[31m escape)"),
        (["--nonsense"], "there is no option"),
        (["explain", "-:0"], "'-:0' is taken for options, as it begins with -: type -- -:0"),
    ],
)
def test_misuse(refuses, arguments, expected):
    assert expected in refuses(*arguments)


def test_no_arguments_show_the_help_as_an_error(tflops):
    ended = tflops()
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("Usage: tflops ")


def test_debug_shows_where_it_went_wrong(tflops):
    ended = tflops("--debug", "count", "missing.tflite")
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert ended.err.endswith("error: cannot read 'missing.tflite': no such file\n")


@native
@pytest.mark.usefixtures("own_child")
def test_what_the_runtime_refuses_is_counted_all_the_same(tflops, custom_model):
    ended = tflops("report", custom_model)
    assert ended.status == 2
    assert "2 of 5 NOT counted (Frobnicate, Mystify)" in ended.out
    assert "latency" not in ended.out
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("error: ")
    assert "Encountered unresolved custom op: Frobnicate" in ended.err


@native
@pytest.mark.usefixtures("own_child")
def test_json_says_why_there_is_no_timing(tflops, custom_model):
    import json

    ended = tflops("report", custom_model, "--format", "json")
    assert ended.status == 2
    (plain,) = json.loads(ended.out)["reports"]
    assert plain["timing"] is None
    assert "Encountered unresolved custom op: Frobnicate" in plain["timing_error"]
    assert ended.err == f"error: {' '.join(plain['timing_error'].split())}\n"


@native
@pytest.mark.usefixtures("own_child")
def test_time_of_what_the_runtime_refuses(refuses, custom_model):
    assert "Encountered unresolved custom op: Frobnicate" in refuses("time", custom_model)


@pytest.mark.parametrize("command", ["time", "report"])
def test_without_the_compiled_part_counting_is_what_is_left(process, command):
    # In a process of its own, in which the import fails.
    program = (
        "import sys; sys.modules['tflops_native._native'] = None; "
        "from tflops_native.measurement import isolated, measure; "
        "isolated.measure_isolated = lambda *arguments: measure.measure_workload(*arguments[:6]); "
        "from tflops_native.cli import main; main()"
    )
    ended = process(args=[sys.executable, "-c", program, command, str(SINGLE)])
    assert ended.status == 2
    # What can be counted is not lost.
    assert ("194,688 MACs" in ended.out) is (command == "report")
    assert command == "report" or ended.out == ""
    assert ended.err == (
        "error: this build of tflops_native has no timing: it is the static analyzer alone; "
        "counting works, and a wheel made for this machine times as well\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="closes streams as shells do")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(process, redirection):
    words = " ".join(map(shlex.quote, [*process.program, "count", str(SINGLE)]))
    ended = process(args=["sh", "-c", f"{words} {redirection}"])
    assert (ended.status, ended.err) == (0, "")
    assert ("194,688 MACs" in ended.out) == (redirection == "2>&-")


@native
@pytest.mark.skipif(sys.platform != "linux", reason="affinity as Linux has it")
@pytest.mark.parametrize("command", ["time", "report"])
def test_a_cpu_that_is_not_there(tflops, command):
    ended = tflops(command, SINGLE, "--runs", "1", "--pin", "0,5000")
    assert ended.status == 2
    assert ended.err.startswith("error: cannot pin to CPU 5000: this process may run on CPU 0")
    assert ended.err.count("\n") == 1
    assert ("194,688 MACs" in ended.out) is (command == "report")


def test_no_list_of_cpus(refuses):
    message = refuses("time", SINGLE, "--pin", "first")
    assert message.endswith("'first' is not a list of CPUs: write it as 1 or 0,2 or 0-3")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_shape_that_the_file_does_not_take_is_named_first(refuses, command):
    message = refuses(command, MOBILENET, "--input-shape", "1,96,96,4")
    assert message.startswith("input 'input' is ?x96x96x3 in the file, got 1x96x96x4: CONV_2D ")
    assert message.endswith("operator 0 (CONV_2D) in subgraph 0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["time", SINGLE, "--num-runs", "5"],
            "did you mean --min-runs or --runs? `tflops time -h`",
        ),
        (
            ["time", SINGLE, "--num_threads", "5"],
            "did you mean --threads? `tflops time -h` shows all",
        ),
        (["--nonsense"], "there is no option '--nonsense': `tflops -h` shows all"),
        (["count", "--debug"], "--debug goes before the command: tflops --debug count ..."),
        (["count", SINGLE, "-V"], "-V goes before the command: tflops -V count ..."),
    ],
)
def test_an_option_that_there_is_not(refuses, arguments, message):
    assert message in refuses(*arguments)


@pytest.mark.parametrize("name", ["-x.tflite", "--model.tflite", "-h_swish.tflite"])
def test_a_file_whose_name_begins_with_a_dash(refuses, tflops, tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(SINGLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert refuses("count", name).endswith(f"for the file, type ./{name}")
    assert tflops("count", f"./{name}").status == 0
    assert tflops("count", "--", name).status == 0


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["time", SINGLE, "--max-time", "0"], "--max-time (seconds) must be above 0"),
        (["time", SINGLE, "--runs", "2", "--min-runs", "3"], "--min-runs must be no more than"),
        (["check", SINGLE, "--min-coverage", "110%"], "--min-coverage must be at most 1 (100%)"),
        (["check", SINGLE, "--max-regression", "macs=1%"], "--max-regression needs a baseline"),
        (["count", "max_time", "--trip-count", "1"], "cannot read 'max_time': no such file"),
        (["time", "a max_time.tflite"], "cannot read 'a max_time.tflite': no such file"),
    ],
)
def test_options_are_named_as_they_are_typed(refuses, arguments, start):
    assert refuses(*arguments).startswith(start)


def test_a_file_that_ends_too_early_is_not_ctrl_c(refuses, monkeypatch):
    """As Python says it of one of its compiled files that a full disk cut off."""

    def ends(*_, **__):
        raise EOFError("marshal data too short")

    monkeypatch.setattr("tflops_native.api.count", ends)
    assert refuses("count", SINGLE) == "a file ends too early: marshal data too short"


@pytest.mark.parametrize("arguments", [["ops"], ["explain", "CONV_2D"], ["explain", f"{SINGLE}:0"]])
def test_rules_without_their_docstrings(process, arguments):
    """Python would show others, and `ops` guessed from them what is counted."""
    environment = {**os.environ, "PYTHONOPTIMIZE": "2", "PYTHONIOENCODING": "utf-8"}
    ended = process(*arguments, env=environment)
    assert (ended.status, ended.out) == (2, "")
    assert "PYTHONOPTIMIZE=2: run it without" in ended.err
    assert process("count", SINGLE, env=environment).status == 0
