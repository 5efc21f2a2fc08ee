"""Which library a name means, and what is said where there is none."""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import pytest

import tflops_native
from tflops_native.errors import RuntimeLibraryError
from tflops_native.runtime import libraries
from tflops_native.runtime.libraries import _distribution_version, open_runtime
from workloads import shapes_in_runtime

EXAMPLES = Path(__file__).parents[2] / "examples"
pytest.importorskip("tflops_native._native", exc_type=ImportError)


def package(monkeypatch, folder):
    """Makes `folder` the place of the package ai-edge-litert, or says that there is none."""
    spec = None
    if folder is not None:
        spec = ModuleSpec("ai_edge_litert", None)
        spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(
        libraries, "find_spec", lambda name: spec if name == "ai_edge_litert" else find_spec(name)
    )


def test_litert_that_is_not_installed(monkeypatch):
    package(monkeypatch, None)
    with pytest.raises(RuntimeLibraryError, match=r"pip install 'tflops-native\[litert\]'"):
        open_runtime("litert")


def test_litert_without_its_library(monkeypatch, tmp_path):
    package(monkeypatch, tmp_path)
    with pytest.raises(RuntimeLibraryError, match=r"carries no libLiteRt.*: 2\.1\.6 or newer"):
        open_runtime("litert")


def test_version_of_the_package_around_a_library(tmp_path):
    library = tmp_path / "ai_edge_litert" / "libLiteRt.so"
    assert _distribution_version(library) is None
    (tmp_path / "ai_edge_litert-2.1.6.dist-info").mkdir()
    assert _distribution_version(library) == "2.1.6"


def test_default_runtime():
    info = open_runtime().info
    assert (info.name, info.kind) == ("tflite", "TensorFlow Lite")
    assert info.title == f"TensorFlow Lite {info.version}"
    assert open_runtime(info.library).info.title == f"{info.library} {info.version}"


@pytest.mark.parametrize("kernels", ["xnnpack", "reference"])
def test_a_model_is_measured_with_litert(short_protocol, kernels):
    pytest.importorskip("ai_edge_litert", reason="LiteRT is an extra")
    timing = tflops_native.measure(
        EXAMPLES / "attention_encoder_dynamic.tflite",
        input_shapes={"": (1, 8, 64)},
        runtime="litert",
        kernels=kernels,
        runs=2,
    )
    assert (timing.runtime.name, timing.runtime.kind) == ("litert", "LiteRT")
    assert timing.runtime.version is not None
    assert timing.runtime.version.count(".") == 2
    assert len(timing.samples_ns) == 2
    assert timing.profile is not None
    # The operators of the model are found in LiteRT's events, whichever kernels run them.
    assert len(timing.profile.operators) == 71


def test_reference_kernels_are_litert_s():
    with pytest.raises(RuntimeLibraryError, match=r"no choice of reference kernels"):
        tflops_native.measure(EXAMPLES / "single_conv_28x28.tflite", kernels="reference")


def test_litert_shows_inputs_and_outputs_only():
    pytest.importorskip("ai_edge_litert", reason="LiteRT is an extra")
    model = tflops_native.load(EXAMPLES / "single_conv_28x28.tflite")
    shapes = shapes_in_runtime(model, runtime="litert")
    (graph,) = model.subgraphs
    shown = {graph.inputs[0]: (1, 28, 28, 1), graph.outputs[0]: (1, 26, 26, 32)}
    assert dict(enumerate(shapes)) == {
        tensor.index: shown.get(tensor.index) for tensor in graph.tensors
    }
