"""Tests that measure briefly do so, wherever they measure, and see all that a child would say."""

import json

import pytest

import tflops_native
from command_line import process, tflops  # noqa: F401
from short_protocol import LENGTHS
from tflops_native.errors import RuntimeLibraryError
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

MODEL = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
BRIEF = LENGTHS["profile.profiling"]["ROUNDS_IN_ANY_CASE"]


def rounds(timing):
    return timing.profile.overhead.rounds


@pytest.mark.parametrize("isolated", [False, True])
def test_here_and_in_a_child(short_protocol, isolated):
    assert rounds(tflops_native.measure(MODEL, runs=1, isolated=isolated)) == BRIEF


def test_in_a_child_of_the_command_line(short_protocol, process):  # noqa: F811
    ended = process("report", MODEL, "--runs", "1", "--no-peaks", "--format", "json")
    (report,) = json.loads(ended.out)["reports"]
    assert report["timing"]["profile"]["overhead"]["rounds"] == BRIEF


def test_without_a_child(measured_here, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    assert rounds(tflops_native.measure(MODEL, runs=1, isolated=True)) == BRIEF
    with pytest.raises(RuntimeLibraryError):
        tflops_native.measure(MODEL, runs=1, isolated=True, runtime="no such library")


def test_others_measure_as_users_do():
    assert rounds(tflops_native.measure(MODEL, runs=1, isolated=True)) > BRIEF
