"""Which runtimes are listed as installed, and what a measurement says of the one it used."""

from importlib.util import find_spec

import pytest

import tflops_native
from tflops_native.errors import RuntimeLibraryError
from tflops_native.runtime import installed, libraries
from tflops_native.runtime.installed import installed_runtimes, runtime_notes
from tflops_native.runtime.libraries import RuntimeInfo, open_runtime
from tflops_native.runtime.options import RUNTIME_NAMES
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)
SINGLE = EXAMPLES / "single_conv_28x28.tflite"


@pytest.fixture
def without(monkeypatch):
    """Hides packages."""

    def hide(*names):
        for module in (installed, libraries):
            monkeypatch.setattr(
                module, "find_spec", lambda name: None if name in names else find_spec(name)
            )

    return hide


def test_all_names_are_listed():
    found = installed_runtimes().runtimes
    assert tuple(runtime.name for runtime in found) == RUNTIME_NAMES
    for runtime in found:
        assert (runtime.info is None) == (runtime.problem is not None)


def test_what_is_listed_as_able_is_able(short_protocol):
    for runtime in installed_runtimes().runtimes:
        if runtime.info is None or not runtime.info.is_native:
            continue
        assert runtime.info == open_runtime(runtime.name).info
        for kernels in ("xnnpack", "builtin", "reference"):
            if kernels in runtime.kernels:
                timing = tflops_native.measure(
                    SINGLE, runtime=runtime.name, kernels=kernels, runs=1
                )
                assert (timing.profile is not None) == runtime.has_profile
            else:
                with pytest.raises(RuntimeLibraryError, match="kernels"):
                    tflops_native.measure(SINGLE, runtime=runtime.name, kernels=kernels, runs=1)


def test_what_is_missing_is_said_with_the_command(without):
    without("ai_edge_litert", "litert_lm", "tensorflow")
    problems = [runtime.problem for runtime in installed_runtimes().runtimes[1:]]
    for name, problem in zip(RUNTIME_NAMES[1:], problems, strict=True):
        assert f"pip install 'tflops-native[{name}]'" in problem


def test_litert_lm_runs_models(short_protocol):
    pytest.importorskip("litert_lm", reason="litert-lm-api is an extra")
    timing = tflops_native.measure(SINGLE, runtime="litert-lm", runs=2)
    assert (timing.runtime.kind, timing.runtime.version) == ("TensorFlow Lite", "2.23.0")
    assert timing.runtime.is_tried
    assert timing.profile.unmatched == ()


def codes(info):
    return [note.code for note in runtime_notes(info)]


@pytest.mark.parametrize(
    ("version", "is_said"),
    [("2.17.1", False), ("2.20.0", False), ("2.23.0", False), ("2.16.2", True), ("2.24.0", True)],
)
def test_a_version_that_was_not_tried_is_said(version, is_said):
    tried = open_runtime().info.tried
    info = RuntimeInfo(name="/lib/some.so", version=version, library="/lib/some.so", tried=tried)
    assert codes(info) == ["untried_runtime"] * is_said


def test_a_newer_runtime_is_named_where_it_is_installed(without):
    without("ai_edge_litert", "litert_lm")
    assert codes(open_runtime().info) == []
    without()
    for module, name in (("ai_edge_litert", "litert"), ("litert_lm", "litert-lm")):
        if find_spec(module) is not None:
            (note,) = runtime_notes(open_runtime().info)
            assert note.code == "newer_runtime"
            assert name in note.hint.split("--runtime ")[1]
            assert runtime_notes(open_runtime(name).info) == ()
