"""Runs the command line in this process, or in one of its own where that matters.

Each report that it prints or writes as JSON is held against the published schema.
"""

import itertools
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from report_schema import validate_text

Ended = namedtuple("Ended", "status out err")
PROGRAM = [sys.executable, "-c", "from tflops_native.cli import main; main()"]
# Variables with which users force colours or widths.
LOOKS = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def checked(ended, arguments):
    """What a command said, after a look at the reports it gave."""
    out = ended.out or ""
    validate_text(out.decode() if isinstance(out, bytes) else out)
    for option, path in itertools.pairwise(map(str, arguments)):
        if option == "-o" and path.endswith(".json") and Path(path).exists():
            validate_text(Path(path).read_text(encoding="utf-8"))
    return ended


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in LOOKS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tflops(monkeypatch, capsys):
    """`tflops(*arguments)` -> exit status, standard output, standard error."""
    from tflops_native.cli import main

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tflops", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return checked(Ended(ended.value.code, *capsys.readouterr()), arguments)

    return run


@pytest.fixture
def process():
    """The same in a process of its own: `process(*arguments, **options of run)`."""

    def run(*arguments, **options):
        ended = subprocess.run(
            **{
                "args": [*PROGRAM, *map(str, arguments)],
                "capture_output": True,
                "text": True,
                "check": False,
                "timeout": 60,
                "encoding": "utf-8",
                "env": {**os.environ, "PYTHONIOENCODING": "utf-8"},
                **options,
            },
        )
        return checked(Ended(ended.returncode, ended.stdout, ended.stderr), arguments)

    run.program = PROGRAM
    return run


@pytest.fixture
def start():
    """Starts it in a process of its own: `start(*arguments, **streams)`."""

    def run(*arguments, **streams):
        return subprocess.Popen([*PROGRAM, *map(str, arguments)], encoding="utf-8", **streams)

    return run


@pytest.fixture
def refuses(tflops):
    """Runs what must fail: one line on standard error and nothing else. Returns that line's text."""

    def run(*arguments):
        ended = tflops(*arguments)
        assert ended.status == 2
        assert ended.out == ""
        assert ended.err.startswith("error: ")
        assert ended.err.endswith("\n")
        assert ended.err.count("\n") == 1
        return ended.err.removeprefix("error: ").rstrip("\n")

    return run


@pytest.fixture
def custom_model(tmp_path):
    """The path of a model: ADD, a custom operator, ADD, another custom one, MUL."""
    builders = pytest.importorskip("builders")
    model = builders.ModelBuilder()
    graph = model.graph()
    last = graph.input([2, 3], name="x")
    names = {"ADD": "AddOptions", "MUL": "MulOptions"}
    for name in ("ADD", "Frobnicate", "ADD", "Mystify", "MUL"):
        made = graph.tensor([2, 3])
        if name in names:
            graph.operator(name, [last, last], [made], builders.options(names[name]))
        else:
            graph.operator(name, [last], [made])
        last = made
    graph.outputs = [last]
    path = tmp_path / "custom.tflite"
    path.write_bytes(model.pack())
    return path
