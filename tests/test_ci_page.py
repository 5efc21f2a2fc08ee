"""docs/ci.md is true: its steps run as shell, pass with their model, and fail with a larger one."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from xml.etree import ElementTree

import pytest

from zoo import EXAMPLES, ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL)
BASELINE, SEVERAL, TIMES = (body for kind, body in BLOCKS if kind == "sh")
(LIMITS,) = (body for kind, body in BLOCKS if kind == "toml")
GITHUB, GITLAB = (body for kind, body in BLOCKS if kind == "yaml")
INSTALL = "pip install tflops-native"
SMALL = EXAMPLES / "single_conv_28x28.tflite"
LARGE = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


def steps(workflow):
    """The shell of a workflow: what stands behind `run:`, or the items of `script:`."""
    if "script:" in workflow:
        (script,) = re.findall(r"script:\n((?: +- .*\n)+)", workflow)
        return re.findall(r"- (.*)\n", script)
    return re.findall(r"- run: (.*)\n", workflow)


@pytest.fixture
def shell(tmp_path):
    """Runs lines in a folder that has a model, the limits and the baseline of the page."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "tflops"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tflops_native "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    shutil.copy(SMALL, folder / "models" / "model.tflite")
    (folder / "tflops.toml").write_text(LIMITS, encoding="utf-8")
    variables = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }

    def run(script):
        return subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    run.folder, run.summary = folder, tmp_path / "summary.md"
    assert run(BASELINE).returncode == 0
    return run


@pytest.mark.parametrize("workflow", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_steps(shell, workflow):
    install, check = steps(workflow)
    assert install == INSTALL
    assert metadata.metadata("tflops_native")["Name"] == install.split()[-1]
    ended = shell(check)
    assert ended.returncode == 0, ended.stderr
    root = ElementTree.parse(shell.folder / "tflops.xml").getroot()
    assert (root.attrib["failures"], root.attrib["skipped"]) == ("0", "0")
    # The limits of both globs: three and the MACs, and two that may not grow.
    assert root.attrib["tests"] == "6"
    shutil.copy(LARGE, shell.folder / "models" / "model.tflite")
    ended = shell(check)
    assert ended.returncode == 1
    assert int(ElementTree.parse(shell.folder / "tflops.xml").getroot().attrib["failures"]) == 2
    if workflow is GITHUB:
        assert ended.stdout.count("::error file=models/model.tflite,") == 2
        # The summary has both runs.
        assert "pass: model.tflite" in shell.summary.read_text(encoding="utf-8")
        assert "fail: model.tflite" in shell.summary.read_text(encoding="utf-8")


def test_several_models(shell):
    shutil.copy(SMALL, shell.folder / "models" / "other.tflite")
    ended = shell(SEVERAL)
    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in shell.folder.glob("*.xml")} == {"model.xml", "other.xml"}
    shutil.copy(LARGE, shell.folder / "models" / "model.tflite")
    assert shell(SEVERAL).returncode == 1


def test_times(shell):
    ended = shell(TIMES.replace("--max-latency", "--max-time 0.5 --max-latency"))
    assert ended.returncode == 0, ended.stderr
    assert "latency" in ended.stdout


def test_the_keys_are_those_there_are():
    from tflops_native.cli.limits_file import KEYS

    (listed,) = re.findall(r"The keys are (.*?)\. A glob", PAGE, flags=re.DOTALL)
    assert re.findall(r"`([\w-]+)`", listed) == list(KEYS)
