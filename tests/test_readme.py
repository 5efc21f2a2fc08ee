"""The README is true: its static output is printed as written, its Python runs, its numbers hold."""

import os
import re
import subprocess
import sys

import pytest

from report_schema import validate_text
from zoo import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def tflops(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from tflops_native.cli import main; main()", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


PROGRAMS = [body for kind, body in BLOCKS if kind == "python"]


def python_example():
    """The one that needs no TensorFlow."""
    (program,) = [body for body in PROGRAMS if "tflops.load(" in body]
    return program


def words(text):
    """Without line breaks: the README shows an 80-column terminal, a pipe has no columns."""
    return text.split()


def test_count_prints_what_the_readme_shows():
    command = "$ tflops count examples/single_conv_28x28.tflite\n"
    (shown,) = [body for kind, body in BLOCKS if kind == "console" and body.startswith(command)]
    assert words(shown.removeprefix(command)) == words(
        tflops("count", "examples/single_conv_28x28.tflite")
    )


def test_the_report_shows_the_counts_of_the_example():
    (shown,) = [body for kind, body in BLOCKS if kind == "text"]
    printed = tflops("count", "examples/mobilenet_v1_0.25_96_float32.tflite").splitlines()
    totals = [line for line in printed if line.startswith(("compute", "memory", "input"))]
    assert len(totals) == 3
    for line in totals:
        assert " ".join(words(line)) in " ".join(words(shown))


def test_the_python_example_runs(monkeypatch, tmp_path, short_protocol):
    pytest.importorskip("tflops_native._native")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(python_example(), "README.md", "exec"), {})
    # It says that what it saves is what the command line saves.
    validate_text((tmp_path / "report.json").read_text(encoding="utf-8"))
    tflops("show", tmp_path / "report.json")


def test_the_python_example_is_well_typed(tmp_path):
    pytest.importorskip("mypy")
    path = tmp_path / "example.py"
    path.write_text(python_example(), encoding="utf-8")
    # Errors of the example alone, as where the package is installed.
    only_here = ["--config-file=", "--follow-imports=silent", "--cache-dir", tmp_path]
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *only_here, path],
        cwd=tmp_path,
        # An editable install is an import hook, which mypy does not run.
        env={**os.environ, "MYPYPATH": str(ROOT / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "Success: no issues found in 1 source file\n"
    assert ended.returncode == 0


def test_the_number_of_operators_is_current():
    (stated,) = re.findall(r"All (\d+) operators of the schema", README)
    assert f"\n{stated} of the schema's {stated} operators have a rule" in tflops("ops")


@pytest.mark.tensorflow
def test_the_keras_examples_run(capsys, short_protocol):
    """From the first screen, and the three cases in a row: each at most six lines."""
    pytest.importorskip("tflops_native._native")
    keras = pytest.importorskip("keras")
    first, *cases = [body for body in PROGRAMS if body != python_example()]
    assert "MobileNetV2" in first
    small = first.replace("(weights=None)", "(weights=None, input_shape=(96, 96, 3), alpha=0.35)")
    exec(compile(small, "README.md", "exec"), {})
    assert len(cases) == 3
    names = {}
    for case in cases:
        assert len([line for line in case.splitlines() if line]) <= 6
        exec(compile(case, "README.md", "exec"), names)
    assert isinstance(names["model"], keras.Model)
    out = capsys.readouterr().out
    assert "194,688 MACs" in out
    assert [line.split()[:2] for line in out.splitlines()[-3:]] == [
        ["28", "194688"],
        ["56", "839808"],
        ["112", "3484800"],
    ]
