"""Rules that another installed package brings are listed and explained like our own."""

import os
import subprocess
import sys

import pytest

RULES = '''
from dataclasses import dataclass

from tflops_native.ops import Cost, Inferred, Op, TensorSpec, register


@register("TwiceAsLoud")
@dataclass(frozen=True, slots=True)
class TwiceAsLoud(Op):
    """Doubles each sample.

    input    any shape
    output   the same shape

    Other    1 per element
    Source   the package that brings it
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=input.size))
'''


@pytest.fixture
def with_plugin(tmp_path):
    """Runs `tflops` where a package with one rule is installed."""
    (tmp_path / "loud_rules.py").write_text(RULES)
    information = tmp_path / "loud-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[tflops_native.rules]\nloud = loud_rules\n")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from tflops_native.cli import main; main()", *arguments],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_ops_lists_it(with_plugin):
    ended = with_plugin("ops")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert any(
        line.split() == ["TwiceAsLoud", "counted", "input"] for line in ended.stdout.splitlines()
    )


def test_explain_prints_it(with_plugin):
    ended = with_plugin("explain", "TwiceAsLoud")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Doubles each sample." in ended.stdout
