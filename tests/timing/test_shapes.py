"""The runtime's shapes: of static models, of shapes that only a run decides, of other signatures."""

import numpy as np
import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("builders")

import builders
import tflops_native
from configurations.case import data
from configurations.custom import CustomCase
from tflops_native.errors import InvokeError, RuntimeLibraryError, ShapeError
from tflops_native.model.reader import load
from tflops_native.runtime import session
from workloads import shapes_in_child, shapes_in_runtime

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
POOL = {
    "padding": 2,
    "stride_width": 2,
    "stride_height": 2,
    "filter_width": 2,
    "filter_height": 2,
    "activation": 0,
}


def selection(threshold):
    """The elements of x above a threshold, by GREATER, WHERE and GATHER_ND."""
    model = builders.ModelBuilder()
    graph = model.graph()
    x = graph.input([8, 4], name="x")
    limit = graph.constant(np.float32(threshold))
    mask = graph.tensor([8, 4], "BOOL")
    found = graph.tensor([1, 2], "INT64", shapeSignature=[-1, 2])
    chosen = graph.tensor([1], shapeSignature=[-1])
    graph.operator("GREATER", [x, limit], [mask], builders.options("GreaterOptions"))
    graph.operator("WHERE", [mask], [found], builders.options("WhereOptions"))
    graph.operator("GATHER_ND", [x, found], [chosen], builders.options("GatherNdOptions"))
    graph.outputs = [chosen]
    return model.pack()


@pytest.fixture
def filled(monkeypatch):
    """The inputs that were filled, by name."""
    names = []
    original = session.input_data

    def recorded(item, *rest, **options):
        names.append(item.name)
        return original(item, *rest, **options)

    monkeypatch.setattr(session, "input_data", recorded)
    return names


def test_a_static_model_is_allocated_and_not_run(filled):
    shapes = shapes_in_runtime(load(SINGLE))
    # 3x3 windows, 32 channels.
    assert sorted(shapes) == [(1, 26, 26, 32), (1, 28, 28, 1), (32,), (32, 3, 3, 1)]
    assert filled == []


def test_the_shape_asked_for(filled):
    shapes = shapes_in_runtime(load(DYNAMIC), input_shapes={"": (2, 5, 7, 1)})
    assert {(2, 5, 7, 1), (2, 3, 5, 32)} < set(shapes)
    assert filled == []


@pytest.mark.parametrize(("threshold", "rows"), [(-2.0, 32), (2.0, 0)])
def test_shapes_that_data_decides_are_those_of_a_run(filled, threshold, rows):
    # Random numbers lie in [-1, 1): all of them are above -2, none above 2.
    shapes = shapes_in_runtime(load(selection(threshold)))
    assert shapes == ((8, 4), (), (8, 4), (rows, 2), (rows,))
    assert filled == ["x"]


def test_the_seed_decides_too():
    model = load(selection(0.5))
    counts = [shapes_in_runtime(model, seed=seed)[-1] for seed in range(6)]
    assert len(set(counts)) > 1
    assert counts == [shapes_in_runtime(model, seed=seed)[-1] for seed in range(6)]


def test_a_delegate_hides_nothing():
    model = load(EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite")
    assert shapes_in_runtime(model, kernels="xnnpack") == shapes_in_runtime(
        model, kernels="builtin"
    )


def test_another_signature_shows_all_tensors_too():
    model = builders.ModelBuilder()
    for key, length in (("first", 3), ("second", 5)):
        graph = model.graph()
        x = graph.input([length], name=f"{key}_x")
        inner, y = graph.tensor([length]), graph.tensor([length], name=f"{key}_y")
        graph.operator("ABS", [x], [inner], builders.options("AbsOptions"))
        graph.operator("NEG", [inner], [y], builders.options("NegOptions"))
        graph.outputs = [y]
        index = len(model.graphs) - 1
        model.signatures.append(builders.signature(key, index, {"x": x}, {"y": y}))
    data = load(model.pack())
    assert shapes_in_runtime(data, signature="first") == ((3,), (3,), (3,))
    assert shapes_in_runtime(data, signature="second") == ((5,), (5,), (5,))


def test_a_child_finds_the_same(tmp_path):
    path = tmp_path / "selection.tflite"
    path.write_bytes(selection(0.5))
    assert shapes_in_child(path) == shapes_in_runtime(load(path))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"input_shapes": {"no": (1,)}}, ShapeError, "there is no input 'no'"),
        ({"input_shapes": {"": (1, 1, 1, 1)}}, InvokeError, "CONV_2D"),
        ({"runtime": "/no/such/library.so"}, RuntimeLibraryError, "/no/such/library.so"),
    ],
)
def test_errors_of_the_child_arrive_as_they_are(changes, error, message):
    for find, model in ((shapes_in_runtime, load(SINGLE)), (shapes_in_child, SINGLE)):
        with pytest.raises(error, match=message):
            find(model, **changes)


def test_bad_options_start_no_child():
    with pytest.raises(ValueError, match="threads must be"):
        shapes_in_child(SINGLE, threads=0)


def test_xnnpack_runs_what_builtin_kernels_lack():
    options = {"padding": 2, "stride_width": 3, "stride_height": 2}
    case = CustomCase("Convolution2DTransposeBias", (), options)
    builder = builders.ModelBuilder()
    graph = builder.graph()
    image = graph.input((1, 4, 5, 2))
    filters, bias = graph.constant(np.ones((5, 3, 3, 2), "f4")), graph.constant(np.ones(5, "f4"))
    made, exponential = graph.tensor((1, 9, 15, 5)), graph.tensor((1, 9, 15, 5))
    graph.operator(
        case.operator, [image, filters, bias], [made], {"customOptions": list(case.octets())}
    )
    graph.operator("ELU", [made], [exponential])
    graph.outputs.append(exponential)
    model = load(builder.pack())
    shapes = shapes_in_runtime(model)
    # What lies inside of the delegate is not shown, whatever the file says.
    assert (shapes[made], shapes[exponential]) == (None, (1, 9, 15, 5))
    verification = tflops_native.verify(model)
    assert verification.is_right
    assert [item.tensor_index for item in verification.not_compared] == [made]


def test_what_no_kernel_runs_is_refused_in_the_words_of_the_builtin_ones():
    model = load(CustomCase("MaxUnpooling2D", (data((1, 4, 4, 2)),) * 2, POOL).pack())
    with pytest.raises(InvokeError, match="MaxUnpooling2D"):
        shapes_in_runtime(model)
