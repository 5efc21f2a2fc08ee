"""Delegates by path: what they take, and every way in which there is none."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import tflops_native
from tflops_native._native import Interpreter, Library
from tflops_native.errors import InvokeError, RuntimeLibraryError
from tflops_native.profile.profiling import profile_of_runs
from tflops_native.runtime.options import RunOptions

X = np.array([1, -2, 3, -4], dtype=np.float32)


@pytest.fixture(scope="session")
def delegate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or sys.platform == "win32":
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("delegate") / "libdelegate.so"
    source = Path(__file__).parent / "external_delegate.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def open_with(library: Library, model: bytes, delegate: Path, **told: str) -> Interpreter:
    return Interpreter(
        library,
        model,
        kernels="builtin",
        profile=True,
        delegate=delegate,
        delegate_options=list(told.items()),
    )


def test_it_takes_an_operator(library: Library, two_operators: bytes, delegate: Path) -> None:
    interpreter = open_with(library, two_operators, delegate, unknown="")
    interpreter.allocate()
    interpreter.set_input(0, X)
    runs = interpreter.profile_invokes(3, 10.0)
    # NEG is operator 0 and ABS operator 1: what the delegate took is a node behind those.
    assert runs.events == [("DoNothing", 2, 0, False), ("ABS", 1, 0, False)]
    model = tflops_native.load(two_operators)
    profile = profile_of_runs(model.subgraphs[0], runs, 1.0)
    assert [operator.index for operator in profile.operators] == [1]
    assert [event.name for event in profile.unmatched] == ["DoNothing"]
    assert profile.fused == ()


def test_it_is_not_made(library: Library, two_operators: bytes, delegate: Path) -> None:
    message = f"'{delegate}' could not make a delegate: there is no such device"
    with pytest.raises(RuntimeLibraryError) as caught:
        open_with(library, two_operators, delegate, fail="there is no such device.\n")
    assert str(caught.value) == message


def test_it_refuses_the_model(library: Library, two_operators: bytes, delegate: Path) -> None:
    message = r"could not create an interpreter with '.*libdelegate\.so': not such a model"
    with pytest.raises(InvokeError, match=message):
        open_with(library, two_operators, delegate, refuse="yes")


def test_no_delegate(library: Library, two_operators: bytes, tmp_path: Path) -> None:
    with pytest.raises(RuntimeLibraryError, match=r"none\.so': there is no such file"):
        open_with(library, two_operators, tmp_path / "none.so")
    with pytest.raises(
        RuntimeLibraryError, match="is not an external delegate: it has no function"
    ):
        open_with(library, two_operators, Path(library.path))


def test_measured_with_a_delegate(two_operators: bytes, delegate: Path) -> None:
    timing = tflops_native.measure(
        two_operators, delegate=str(delegate), kernels="builtin", runs=2, profile=False
    )
    assert timing.delegate == str(delegate)
    assert timing.to_dict()["delegate"] == str(delegate)


def test_litert_takes_none(two_operators: bytes, delegate: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is an extra")
    with pytest.raises(RuntimeLibraryError, match="LiteRT takes no external delegate"):
        tflops_native.measure(two_operators, delegate=str(delegate), runtime="litert")


def test_options_without_a_delegate() -> None:
    with pytest.raises(ValueError, match="delegate options are given, but no delegate"):
        RunOptions(delegate_options={"a": "b"})
