"""One model in the runtime: values, shapes, and every way to use it wrongly."""

import gc
import mmap
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native._native import Interpreter, Library
from tflops_native.errors import InvokeError

KERNELS = ["builtin", "xnnpack"]
FLOAT32, INT64, BOOL = 1, 4, 6  # TfLiteType
INPUT = np.array([[1, 2, 3, 4]], dtype=np.float32)
# The weights of the model select x0, double x1, add all up, and take 3 * x3 - x2.
OUTPUT = np.array([[1, 4, 10, 9]], dtype=np.float32)


def ready(library: Library, model: bytes, **options: object) -> Interpreter:
    interpreter = Interpreter(library, model, **options)  # type: ignore[arg-type]
    interpreter.allocate()
    return interpreter


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("threads", [1, 3])
def test_output_is_the_matrix_product(
    library: Library, fully_connected: bytes, kernels: str, threads: int
) -> None:
    interpreter = ready(library, fully_connected, kernels=kernels, threads=threads)
    interpreter.set_input(0, INPUT)
    assert interpreter.invoke() > 0
    np.testing.assert_array_equal(interpreter.get_input(0), INPUT)
    np.testing.assert_array_equal(interpreter.get_output(0), OUTPUT)


def test_a_file_and_buffers_give_the_same(
    library: Library, fully_connected: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "modèle.tflite"
    path.write_bytes(fully_connected)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for model in (path, str(path), mapped, bytearray(fully_connected), memoryview(fully_connected)):
        interpreter = ready(library, model)  # type: ignore[arg-type]
        interpreter.set_input(0, INPUT)
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_output(0), OUTPUT)


def test_the_interpreter_keeps_its_bytes(library: Library, fully_connected: bytes) -> None:
    model = bytearray(fully_connected)
    interpreter = ready(library, model)  # type: ignore[arg-type]
    with pytest.raises(BufferError):
        model.clear()
    del interpreter
    gc.collect()
    model.clear()


def test_tensor_infos(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected, kernels="builtin")
    (x,) = interpreter.inputs
    assert (x.index, x.name, x.type, x.shape, x.byte_size) == (0, "input", FLOAT32, (1, 4), 16)
    assert (x.scale, x.zero_point) == (0.0, 0)
    (y,) = interpreter.outputs
    assert (y.index, y.name) == (2, "output")
    weights = interpreter.tensor(1)
    assert weights is not None
    assert (weights.index, weights.name, weights.shape) == (1, "weights", (4, 4))
    assert interpreter.get_tensor(1).tolist()[2] == [1, 1, 1, 1]
    assert interpreter.tensor(-1) is None
    assert interpreter.tensor(1000) is None
    assert interpreter.tensor(2**40) is None


@pytest.mark.parametrize("kernels", KERNELS)
def test_resize(library: Library, fully_connected: bytes, kernels: str) -> None:
    interpreter = Interpreter(library, fully_connected, kernels=kernels)
    for rows in (3, 1, 5):
        interpreter.resize_input(0, [rows, 4])
        interpreter.allocate()
        assert interpreter.inputs[0].shape == (rows, 4)
        assert interpreter.outputs[0].shape == (rows, 4)
        interpreter.set_input(0, np.repeat(INPUT, rows, axis=0))
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_output(0), np.repeat(OUTPUT, rows, axis=0))


@pytest.mark.parametrize("kernels", KERNELS)
def test_output_of_unknown_size(library: Library, dynamic_output: bytes, kernels: str) -> None:
    interpreter = ready(library, dynamic_output, kernels=kernels)
    assert interpreter.inputs[0].type == BOOL
    assert interpreter.outputs[0].type == INT64
    for values, expected in (([0, 1, 1, 0], [[1], [2]]), ([0, 0, 0, 1], [[3]])):
        interpreter.set_input(0, np.array(values, np.bool_))
        interpreter.invoke()
        assert interpreter.get_output(0).tolist() == expected
        assert interpreter.get_output(0).dtype == np.int64


def test_signature_of_the_primary_subgraph(library: Library, two_signatures: bytes) -> None:
    interpreter = Interpreter(library, two_signatures, signature="once")
    assert (interpreter.inputs[0].name, interpreter.inputs[0].index) == ("x", 0)
    assert (interpreter.outputs[0].name, interpreter.outputs[0].index) == ("y", 2)
    interpreter.resize_input(0, [2, 4])
    interpreter.allocate()
    interpreter.set_input(0, np.repeat(INPUT, 2, axis=0))
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_output(0), np.repeat(OUTPUT, 2, axis=0))


def test_signature_of_another_subgraph(library: Library, two_signatures: bytes) -> None:
    interpreter = Interpreter(library, two_signatures, signature="twice")
    assert interpreter.inputs[0].index == -1
    assert interpreter.tensor(0) is None
    with pytest.raises(InvokeError, match="only allows mutating unknown dimensions"):
        interpreter.resize_input(0, [2, 4])
    interpreter.allocate()
    interpreter.set_input(0, INPUT)
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_output(0), 2 * OUTPUT)
    with pytest.raises(IndexError, match="outside the primary subgraph"):
        interpreter.get_tensor(0)


def test_unknown_signature(library: Library, two_signatures: bytes, fully_connected: bytes) -> None:
    with pytest.raises(ValueError, match="no signature 'thrice': it has 'once', 'twice'"):
        Interpreter(library, two_signatures, signature="thrice")
    with pytest.raises(ValueError, match="no signature 'once': it has none"):
        Interpreter(library, fully_connected, signature="once")


@pytest.mark.parametrize("kernels", KERNELS)
def test_unknown_operator_is_named(library: Library, custom_operator: bytes, kernels: str) -> None:
    with pytest.raises(InvokeError, match=r"Encountered unresolved custom op: NoSuchOperator"):
        ready(library, custom_operator, kernels=kernels)


def test_missing_file(library: Library) -> None:
    with pytest.raises(InvokeError, match=r"could not open '/nowhere/m\.tflite': .*"):
        Interpreter(library, "/nowhere/m.tflite")


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"\0" * 64, b"\x18\0\0\0TFL3" + b"\xff" * 99]
)
def test_what_is_no_model(library: Library, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(InvokeError, match="TensorFlow Lite could not open"):
        Interpreter(library, content)
    with pytest.raises(InvokeError, match="TensorFlow Lite could not open"):
        Interpreter(library, path)


def test_a_truncated_model(library: Library, fully_connected: bytes) -> None:
    with pytest.raises(InvokeError, match="TensorFlow Lite could not open"):
        Interpreter(library, fully_connected[: len(fully_connected) // 2])


def test_before_allocation(library: Library, fully_connected: bytes) -> None:
    interpreter = Interpreter(library, fully_connected, profile=True)
    assert interpreter.inputs[0].shape == (1, 4)
    calls = (
        interpreter.invoke,
        interpreter.reset_variables,
        lambda: interpreter.set_input(0, INPUT),
        lambda: interpreter.get_input(0),
        lambda: interpreter.get_output(0),
        lambda: interpreter.get_tensor(0),
        lambda: interpreter.time_invokes(1, 1),
        lambda: interpreter.profile_invokes(1, 1),
    )
    for call in calls:
        with pytest.raises(InvokeError, match=r"call allocate\(\) first"):
            call()
    interpreter.allocate()
    interpreter.invoke()
    interpreter.resize_input(0, [2, 4])
    with pytest.raises(InvokeError, match=r"again after resize_input\(\)"):
        interpreter.invoke()


@pytest.mark.parametrize(
    ("kernels", "reason"),
    [
        ("builtin", r"Given shapes, \[3\] and \[4\], are not broadcastable; Node number 0 \(ADD\)"),
        ("xnnpack", "XNNPack delegate failed to reshape runtime"),
    ],
)
def test_after_failed_allocation(
    library: Library, add_constant: bytes, kernels: str, reason: str
) -> None:
    interpreter = Interpreter(library, add_constant, kernels=kernels)
    interpreter.resize_input(0, [3])
    for _ in range(2):
        with pytest.raises(InvokeError, match=f"could not allocate tensors: {reason}"):
            interpreter.allocate()
        with pytest.raises(InvokeError, match="allocate"):
            interpreter.invoke()
        with pytest.raises(InvokeError, match="allocate"):
            interpreter.get_output(0)
    interpreter.resize_input(0, [2, 4])
    interpreter.allocate()
    interpreter.set_input(0, np.array([[1, 1, 1, 1], [5, 5, 5, 5]], np.float32))
    interpreter.invoke()
    assert interpreter.get_output(0).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("shape", "message"),
    [([-1, 4], "not -1"), ([2**31, 4], "not 2147483648")],
)
def test_bad_dimension(
    library: Library, fully_connected: bytes, shape: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Interpreter(library, fully_connected).resize_input(0, shape)


def test_bad_positions(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected)
    with pytest.raises(IndexError, match="there is no input 1: the model has 1"):
        interpreter.resize_input(1, [1, 4])
    with pytest.raises(IndexError, match="there is no input -1"):
        interpreter.set_input(-1, INPUT)
    with pytest.raises(IndexError, match="there is no output 7"):
        interpreter.get_output(7)
    with pytest.raises(IndexError, match="there is no tensor 1000"):
        interpreter.get_tensor(1000)


def test_bad_input_values(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected)
    with pytest.raises(ValueError, match="input 0 'input' takes 16 bytes, not 32"):
        interpreter.set_input(0, INPUT.astype(np.float64))
    with pytest.raises(ValueError, match="contiguous"):
        interpreter.set_input(0, np.zeros((4, 2), np.float32)[:, 0])
    with pytest.raises(TypeError):
        interpreter.set_input(0, [1, 2, 3, 4])  # type: ignore[arg-type]


def test_bad_options(library: Library, fully_connected: bytes) -> None:
    with pytest.raises(ValueError, match="threads must be at least 1 and at most 1024, not 0"):
        Interpreter(library, fully_connected, threads=0)
    message = "kernels must be 'xnnpack', 'builtin' or 'reference', not 'gpu'"
    with pytest.raises(ValueError, match=message):
        Interpreter(library, fully_connected, kernels="gpu")
    with pytest.raises(TypeError):
        Interpreter(library, 5)  # type: ignore[arg-type]


def test_inner_tensor_of_a_delegate_has_no_memory(library: Library, two_operators: bytes) -> None:
    interpreter = ready(library, two_operators, kernels="xnnpack")
    with pytest.raises(InvokeError, match="tensor 'between' has no memory"):
        interpreter.get_tensor(1)


def test_a_second_call_meanwhile_is_refused(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected)
    refused = threading.Event()

    def disturb() -> None:
        while not refused.is_set():
            try:
                interpreter.get_output(0)
            except InvokeError as error:
                if "busy with another call" in str(error):
                    refused.set()

    other = threading.Thread(target=disturb)
    other.start()
    while not refused.is_set():
        try:
            interpreter.time_invokes(1_000_000, 0.05)
        except InvokeError:
            continue
    other.join()
