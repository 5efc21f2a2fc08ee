"""TensorFlow's Python interpreter as a runtime, for models with select-TF operators."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tflops_native.errors import RuntimeLibraryError
from tflops_native.runtime.libraries import open_runtime

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = Path(__file__).parent / "measure_with_tensorflow.py"


def test_without_tensorflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(RuntimeLibraryError, match=r"pip install 'tflops-native\[tensorflow\]'"):
        open_runtime("tensorflow")


@pytest.fixture(scope="module")
def facts():
    for package in ("tensorflow", "ai_edge_litert"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is an extra")
    models = [EXAMPLES / f"single_conv_{name}.tflite" for name in ("28x28", "dynamic")]
    ended = subprocess.run(
        [sys.executable, PROGRAM, *models], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.tensorflow
@pytest.mark.parametrize("kernels", ["xnnpack", "builtin", "reference"])
def test_a_model_is_measured(facts, kernels):
    timing = facts["kernels"][kernels]
    runtime = timing["runtime"]
    assert (runtime["name"], runtime["kind"]) == ("tensorflow", "TensorFlow")
    assert (runtime["version"], runtime["is_native"]) == (facts["version"], False)
    assert timing["profile"] is None
    assert timing["input_shapes"] == {"input": [1, 9, 9, 1]}
    assert len(timing["samples_ns"]) == 2


@pytest.mark.tensorflow
def test_compared_with_the_native_runtime(facts):
    assert facts["compared"] == [True, False]


@pytest.mark.tensorflow
def test_litert_after_tensorflow_was_imported(facts):
    assert facts["litert_operators"] == [0]


@pytest.mark.tensorflow
def test_select_tf_operators_are_run_where_tensorflow_itself_runs_them(facts):
    select_tf = facts["select_tf"]
    assert "FlexCumprod" in select_tf["operators"]
    if select_tf["is_run"]:
        assert select_tf["refusal"] is None
    else:
        assert "tensorflow<2.20" in select_tf["refusal"]


@pytest.mark.tensorflow
def test_what_it_cannot_do(facts):
    assert facts["delegate"].startswith("external delegates are for TensorFlow Lite")
