"""LiteRT's C API behind the same interface: values, shapes, events, and what it refuses."""

import lzma
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("ai_edge_litert", reason="LiteRT is an extra")

from builders import ModelBuilder, options
from tflops_native._native import Interpreter, Library
from tflops_native.errors import InvokeError, RuntimeLibraryError
from tflops_native.runtime.libraries import NativeRuntime, open_runtime

MODELS = Path(__file__).parents[1] / "models"
EXAMPLES = Path(__file__).parents[2] / "examples"
KERNELS = ["xnnpack", "builtin", "reference"]
INPUT = np.array([[1, 2, 3, 4]], dtype=np.float32)
# As in test_interpreter: x0, double x1, the sum, 3 * x3 - x2.
OUTPUT = np.array([[1, 4, 10, 9]], dtype=np.float32)


@pytest.fixture(scope="module")
def litert() -> Library:
    runtime = open_runtime("litert")
    assert isinstance(runtime, NativeRuntime)
    return runtime.library


def ready(library: Library, model: bytes | Path, **options: object) -> Interpreter:
    interpreter = Interpreter(library, model, **options)  # type: ignore[arg-type]
    interpreter.allocate()
    return interpreter


def test_library_describes_itself(litert: Library) -> None:
    assert (litert.kind, litert.version) == ("litert", "")
    assert Path(litert.path).name.startswith("libLiteRt")
    assert (litert.has_xnnpack, litert.has_profiler, litert.has_signatures) == (True, True, True)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("threads", [1, 3])
def test_output_is_the_matrix_product(
    litert: Library, fully_connected: bytes, kernels: str, threads: int
) -> None:
    interpreter = ready(litert, fully_connected, kernels=kernels, threads=threads)
    interpreter.set_input(0, INPUT)
    assert interpreter.invoke() > 0
    np.testing.assert_array_equal(interpreter.get_input(0), INPUT)
    np.testing.assert_array_equal(interpreter.get_output(0), OUTPUT)
    samples = interpreter.time_invokes(3, 10.0, 2)
    assert samples.shape == (3,)
    np.testing.assert_array_equal(interpreter.get_output(0), OUTPUT)


def test_inputs_and_outputs_are_known_by_index(litert: Library, fully_connected: bytes) -> None:
    interpreter = ready(litert, fully_connected)
    (x,), (y,) = interpreter.inputs, interpreter.outputs
    assert (x.index, x.name, x.type, x.shape, x.byte_size) == (0, "input", 1, (1, 4), 16)
    assert (y.index, y.name, y.type, y.shape, y.byte_size) == (2, "output", 1, (1, 4), 16)


@pytest.mark.parametrize(("key", "factor"), [("once", 1), ("twice", 2), (None, 1)])
def test_signatures(litert: Library, two_signatures: bytes, key: str | None, factor: int) -> None:
    interpreter = ready(litert, two_signatures, signature=key)
    assert [info.name for info in interpreter.inputs] == ["x"]
    assert [info.index for info in interpreter.inputs] == [0 if factor == 1 else -1]
    interpreter.set_input(0, INPUT)
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_output(0), factor * OUTPUT)


def test_a_signature_that_is_not_there(litert: Library, two_signatures: bytes) -> None:
    with pytest.raises(ValueError, match="no signature 'thrice': it has 'once', 'twice'"):
        Interpreter(litert, two_signatures, signature="thrice")


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_an_output_whose_stored_shape_is_wrong(
    litert: Library, library: Library, kernels: str
) -> None:
    # The shapes of this model are computed in it: what LiteRT knows before it runs is 1x1x64.
    data = np.random.default_rng(0).uniform(-1, 1, (2, 32, 64)).astype(np.float32)
    outputs = []
    for runtime in (library, litert):
        interpreter = Interpreter(
            runtime, EXAMPLES / "attention_encoder_dynamic.tflite", kernels=kernels
        )
        interpreter.resize_input(0, data.shape)
        interpreter.allocate()
        interpreter.set_input(0, data)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0))
    assert outputs[1].shape == (2, 32, 64)
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=0, atol=1e-5)


def test_profile_names_the_operators_of_the_model(
    litert: Library, two_operators: bytes, clocked_resolution_ns: int
) -> None:
    interpreter = ready(litert, two_operators, kernels="builtin", profile=True)
    for _ in range(2):  # a second profile holds nothing of the first
        runs = interpreter.profile_invokes(3, 10.0)
        assert runs.events == [("NEG", 0, 0, False), ("ABS", 1, 0, False)]
        assert runs.event_ids.tolist() == [0, 1] * 3
        assert runs.run_offsets.tolist() == [0, 2, 4, 6]
        assert runs.depths.tolist() == [0] * 6
        assert runs.is_fixed_sequence
        assert runs.builtin_resolution_ns == runs.delegate_resolution_ns == clocked_resolution_ns
        assert runs.builtin_own_ns == runs.delegate_own_ns
        assert (runs.elapsed_ns % clocked_resolution_ns == 0).all()
        assert (runs.elapsed_ns.reshape(3, 2).sum(axis=1) <= runs.invoke_ns).all()
        assert (runs.at_ns >= 0).all()
        assert len(interpreter.time_invokes(2, 10.0)) == 2


def test_profile_of_delegated_operators(litert: Library, fully_connected: bytes) -> None:
    runs = ready(litert, fully_connected, profile=True).profile_invokes(2, 10.0)
    assert any(name.startswith("Fully Connected") for name, _, _, _ in runs.events)
    assert all(is_delegated for _, _, _, is_delegated in runs.events)
    # Reported at the end of a run, as far as is known.
    assert (runs.at_ns >= runs.elapsed_ns).all()


def test_operators_inside_a_branch_are_inside(litert: Library, random_branch: bytes) -> None:
    interpreter = ready(litert, random_branch, kernels="builtin", profile=True)
    runs = interpreter.profile_invokes(8, 10.0)
    subgraphs = np.array([event[2] for event in runs.events])[runs.event_ids]
    assert set(subgraphs) == {0, 1, 2}
    np.testing.assert_array_equal(runs.depths, subgraphs > 0)


def test_no_profile_unless_asked_for(litert: Library, fully_connected: bytes) -> None:
    with pytest.raises(InvokeError, match="created without profile=True"):
        ready(litert, fully_connected).profile_invokes(1, 1.0)


def test_what_cannot_be_reached(litert: Library, two_operators: bytes) -> None:
    interpreter = ready(litert, two_operators)
    assert interpreter.tensor(1) is None
    with pytest.raises(InvokeError, match="LiteRT shows the inputs and outputs"):
        interpreter.get_tensor(1)
    with pytest.raises(RuntimeLibraryError, match="no function to reset variables"):
        interpreter.reset_variables()
    with pytest.raises(IndexError, match="no input 1: the model has 1"):
        interpreter.resize_input(1, [4])


def test_not_allocated(litert: Library, fully_connected: bytes) -> None:
    interpreter = Interpreter(litert, fully_connected)
    with pytest.raises(InvokeError, match=r"call allocate\(\) first"):
        interpreter.invoke()
    interpreter.allocate()
    interpreter.resize_input(0, [2, 4])
    with pytest.raises(InvokeError, match=r"call allocate\(\) first"):
        interpreter.get_output(0)


def test_shapes_that_do_not_fit(litert: Library, add_constant: bytes) -> None:
    interpreter = Interpreter(litert, add_constant, kernels="builtin")
    interpreter.resize_input(0, [3])
    with pytest.raises(
        InvokeError, match=r"LiteRT could not allocate tensors: .*failed to prepare"
    ):
        interpreter.allocate()


def test_no_model(litert: Library, tmp_path: Path) -> None:
    with pytest.raises(InvokeError, match=r"could not open a model of 4 bytes: status 501"):
        Interpreter(litert, b"TFL3")
    with pytest.raises(InvokeError, match=r"could not open '.*none': Could not open"):
        Interpreter(litert, tmp_path / "none")


def test_an_operator_it_does_not_know(litert: Library, custom_operator: bytes) -> None:
    with pytest.raises(InvokeError, match="NoSuchOperator"):
        ready(litert, custom_operator)


def test_an_output_that_data_decides_on(litert: Library, dynamic_output: bytes) -> None:
    # LiteRT has no memory to give to such an output in a second run.
    interpreter = ready(litert, dynamic_output)
    with pytest.raises(InvokeError, match="LiteRT could not invoke the model: "):
        interpreter.time_invokes(2, 10.0)


def test_resource_variables(litert: Library) -> None:
    packed = (MODELS / "control_flow" / "keras_lstm_rolled.tflite.xz").read_bytes()
    interpreter = ready(litert, lzma.decompress(packed))
    with pytest.raises(InvokeError, match="READ_VARIABLE"):
        interpreter.invoke()


def test_what_litert_says_of_a_model_that_it_refuses(
    litert: Library, fully_connected: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """It says so on standard error only, and there only where it is not told to keep silent."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([1, 4])
    state = graph.tensor([1, 4], isVariable=True)
    graph.outputs = [graph.tensor([1, 4])]
    graph.operator("ADD", [x, state], graph.outputs, options("AddOptions"))
    for _ in range(2):
        with pytest.raises(InvokeError, match="Variable tensors not yet supported"):
            Interpreter(litert, builder.pack())
    ready(litert, fully_connected).invoke()
    assert "Variable" not in capfd.readouterr().err


def test_it_shows_no_subgraphs(litert: Library, fully_connected: bytes) -> None:
    assert not litert.has_subgraphs
    with pytest.raises(RuntimeLibraryError, match="does not show subgraphs"):
        Interpreter(litert, fully_connected, shows_subgraphs=True)
