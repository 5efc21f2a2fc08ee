"""The fake runtime through the binding: it says and does what its model asks for."""

from pathlib import Path

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native._native import Interpreter, Library
from tflops_native.errors import InvokeError


@pytest.fixture(scope="module")
def fake(fake_runtime: Path) -> Library:
    return Library.open(fake_runtime)


def allocated(fake: Library, *statements: str, **settings: object) -> Interpreter:
    interpreter = Interpreter(fake, fake_tflite.model(*statements), **settings)  # type: ignore[arg-type]
    interpreter.allocate()
    return interpreter


def test_it_has_all_that_a_library_can_have(fake: Library) -> None:
    assert fake.version == "0.0.0-fake"
    assert (fake.has_xnnpack, fake.has_profiler, fake.has_signatures) == (True, True, True)


def test_its_models_are_like_others(fake: Library) -> None:
    interpreter = allocated(fake)
    assert [(info.name, info.shape) for info in interpreter.inputs] == [("x", (1, 4))]
    assert [info.name for info in interpreter.outputs] == ["t3"]
    assert len(interpreter.time_invokes(5, 10.0)) == 5


def test_a_file_that_holds_no_script(fake: Library) -> None:
    with pytest.raises(InvokeError, match="holds no script"):
        Interpreter(fake, b"TFL3")


def test_a_failure_in_the_midst_ends_the_runs(fake: Library) -> None:
    interpreter = allocated(fake, "on invoke 4 fail Node number 2 (ABS) failed to invoke.")
    message = "TensorFlow Lite could not invoke the model: Node number 2 (ABS) failed to invoke"
    with pytest.raises(InvokeError) as caught:
        interpreter.time_invokes(10, 10.0)
    assert str(caught.value) == message
    assert len(interpreter.time_invokes(3, 10.0)) == 3


@pytest.mark.parametrize("step", ["load", "create"])
def test_a_failure_to_open(fake: Library, step: str) -> None:
    with pytest.raises(InvokeError, match=r"could not .*: not today"):
        Interpreter(fake, fake_tflite.model(f"on {step} 1 fail not today"))


def test_memory_that_cannot_be_had(fake: Library) -> None:
    with pytest.raises(MemoryError):
        allocated(fake, "on allocate 1 bad_alloc")


def test_operators_report_themselves(fake: Library) -> None:
    operators = ("NEG", "ABS xnnpack 12 Abs (NC, F32)", "ABS xnnpack 7 Abs (NC, F32)", "NEG")
    model = fake_tflite.model(operators=operators)
    seen = {}
    for kernels in ("builtin", "xnnpack"):
        interpreter = Interpreter(fake, model, kernels=kernels, profile=True)
        interpreter.allocate()
        runs = interpreter.profile_invokes(1, 10.0)
        seen[kernels] = [runs.events[int(event)] for event in runs.event_ids]
    assert seen["builtin"] == [
        ("NEG", 0, 0, False),
        ("ABS", 1, 0, False),
        ("ABS", 2, 0, False),
        ("NEG", 3, 0, False),
    ]
    assert seen["xnnpack"] == [
        ("NEG", 0, 0, False),
        ("Abs (NC, F32)", 0, 0, True),
        ("Abs (NC, F32)", 1, 0, True),
        ("NEG", 3, 0, False),
    ]
