"""How the command line treats those who type: help, hints, completion, several models."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tflops_native.cli import commands
from tflops_native.cli.help import Command
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
FLOAT = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
COMMANDS = commands.tflops.list_commands(None)


def helped(*arguments):
    ended = CliRunner().invoke(commands.tflops, [*arguments, "-h"], terminal_width=80)
    assert ended.exit_code == 0
    return ended.output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_examples_that_fit(name):
    assert isinstance(commands.tflops.get_command(None, name), Command)
    lines = helped(name).splitlines()
    assert lines[2] == "Examples:"
    assert f"tflops {name}" in lines[3]
    # A command that is longer stands alone, so that it can be copied.
    assert [line for line in lines if len(line) > 80 and "  " in line.strip()] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_options_of_examples_exist(name):
    command = commands.tflops.get_command(None, name)
    options = {text for item in command.params for text in item.opts}
    examples = helped(name).partition("Examples:")[2].partition("\n\n")[0]
    for line in examples.splitlines():
        # Words in what explains an example stand behind two spaces.
        typed = re.split(r"\s{2,}", line.strip())[0]
        if f"tflops {name}" in typed:
            assert set(re.findall(r"(?<!\S)-[-\w]+", typed)) <= options | {"-"}, line


def test_options_stand_in_groups():
    found = re.findall(r"^(\S.*):$", helped("report"), re.MULTILINE)
    assert found == [
        *(
            "Examples",
            "Options",
            "Model",
            "Counting",
            "Input data",
            "Runtime",
            "Sampling",
            "Limits",
        ),
        *("What is shown", "Output"),
    ]


def test_version(tflops):
    assert tflops("-V") == tflops("--version")


def test_runs_as_a_module(process):
    ended = process(args=[sys.executable, "-m", "tflops_native", "count", SINGLE])
    assert ended.status == 0
    assert "194,688 MACs" in ended.out


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("reprot", "there is no command 'reprot': did you mean `tflops report`?"),
        ("Count", "there is no command 'Count': did you mean `tflops count`?"),
        ("xyzzy", "there is no command 'xyzzy': `tflops -h` lists the commands"),
        (SINGLE, f"'{SINGLE}' is a model, not a command: type `tflops report {SINGLE}`"),
        ("a b.tflite", "'a b.tflite' is a model, not a command: type `tflops report 'a b.tflite'`"),
        ("-", "'-' is a model, not a command: type `tflops report -`"),
    ],
)
def test_what_is_not_a_command(refuses, word, expected):
    assert refuses(word) == expected


@pytest.mark.parametrize("arguments", [("report",), ("report", SINGLE, "--precison", "1%")])
def test_errors_of_usage_say_what_to_type(refuses, arguments):
    assert "`tflops report -h` shows " in refuses(*arguments)


@pytest.mark.skipif(os.name != "posix", reason="terminals")
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_errors_are_red_on_a_terminal(process, variables):
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, **variables}
    process("nothing", env=environment, capture_output=False, stderr=theirs, stdout=-1)
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert (b"\x1b[31m" in shown) == (not variables)
    assert b"there is no command 'nothing'" in shown


def completed(process, *words):
    """What is offered for the last of these words, as bash asks for it."""
    environment = {
        **os.environ,
        "_TFLOPS_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("tflops", *words)),
        "COMP_CWORD": str(len(words)),
    }
    ended = process(env=environment)
    assert (ended.status, ended.err) == (0, "")
    return [tuple(line.split(",", 1)) for line in ended.out.splitlines() if line]


def test_completion(process, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("first.tflite", "first.txt", "report.json", ".hidden.tflite"):
        (tmp_path / name).touch()
    assert ("plain", "report") in completed(process, "rep")
    begun = f"{tmp_path}/"
    models = [f"{begun}first.tflite", f"{begun}folder/"]
    assert completed(process, "count", begun) == [("plain", name) for name in models]
    assert completed(process, "report", begun + "fi") == [("plain", models[0])]
    assert completed(process, "report", begun + "fo") == [("dir", begun + "fo")]
    assert completed(process, "show", begun + "r") == [("plain", f"{begun}report.json")]
    assert completed(process, "report", models[0], "-o", "x") == [("file", "x")]
    assert ("plain", "CONV_2D") in completed(process, "explain", "conv_")
    assert completed(process, "count", f"{tmp_path}/missing/") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_switched_on(process, shell):
    ended = process(env={**os.environ, "_TFLOPS_COMPLETE": f"{shell}_source"})
    assert ended.status == 0
    assert "_TFLOPS_COMPLETE" in ended.out
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=ended.out, text=True, check=True)


def test_more_threads_than_cpus_are_announced(tflops, monkeypatch):
    from tflops_native import api, comparing
    from tflops_native.cli import options

    monkeypatch.setattr(options, "usable_cpus", lambda: [0, 1])
    for module, name in ((api, "measure"), (comparing, "compare"), (api, "report")):

        def stop(*_arguments, **_chosen):
            raise KeyboardInterrupt

        monkeypatch.setattr(module, name, stop)
    note = "note: 3 threads share 2 CPUs: times will be longer and vary more\n"
    for arguments in (
        ("time", "--threads", "1,3"),
        ("compare", "--threads", "3"),
        ("report", "--threads", "3"),
    ):
        assert tflops(*arguments, SINGLE).err.startswith(note)
    assert "note" not in tflops("time", SINGLE, "--threads", "2").err


def test_a_profile_file_that_cannot_be_read_is_reported_alone(refuses, tmp_path):
    path = tmp_path / "cpu.log"
    path.write_text("nothing of use\n")
    assert "cpu.log" in refuses("report", SINGLE, "--profile", path)


class TestSeveralModelsAreTimed:
    """One line each, or with --all the answer of each."""

    @pytest.fixture(autouse=True)
    def native(self):
        pytest.importorskip("tflops_native._native", exc_type=ImportError)

    def test_a_line_each(self, tflops):
        ended = tflops("time", SINGLE, FLOAT, "--runs", "2")
        assert (ended.status, ended.err) == (0, "")
        heading, *lines = ended.out.splitlines()
        assert heading.split() == ["model", "signature", "input", "median", "p95"]
        assert [line.split()[0] for line in lines] == [SINGLE.name, FLOAT.name]

    def test_all(self, tflops):
        ended = tflops("time", SINGLE, FLOAT, "--runs", "2", "--all")
        assert ended.out.count("latency") == 2

    def test_json_holds_all(self, tflops):
        ended = tflops("time", SINGLE, FLOAT, "--runs", "2", "--format", "json")
        reports = json.loads(ended.out)["reports"]
        assert [report["timing"]["latency"]["samples"] for report in reports] == [2, 2]

    @pytest.mark.usefixtures("own_child")
    def test_one_that_fails_does_not_hide_the_others(self, tflops, custom_model, tmp_path):
        missing = tmp_path / "missing.tflite"
        ended = tflops("time", SINGLE, custom_model, missing, FLOAT, "--runs", "2")
        assert ended.status == 2
        assert SINGLE.name in ended.out
        assert FLOAT.name in ended.out
        first, second = ended.err.splitlines()
        assert first.startswith(f"error: {custom_model.name}: ")
        assert "missing.tflite" in second

    def test_several_values_of_an_option_need_one_model(self, refuses):
        assert "need one model, got 2" in refuses("time", SINGLE, FLOAT, "--threads", "1,2")
