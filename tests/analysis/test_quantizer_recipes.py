"""Every recipe of ai-edge-quantizer on one float model: counts against that model, shapes against a run.

`.ci/prove_zoo` runs it; it needs `pip install ai-edge-quantizer==0.10.0`.
"""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from tflops_native import InvokeError, api
from zoo import zoo_model

pytestmark = [pytest.mark.zoo, pytest.mark.filterwarnings("ignore")]

recipe = pytest.importorskip("ai_edge_quantizer.recipe")
quantizer = pytest.importorskip("ai_edge_quantizer.quantizer")
schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

SHAPE = (1, 32, 64)


def is_of_one_model(steps):
    """Recipes of bundles map the names of their models to recipes: they are not for a .tflite."""
    return isinstance(steps, list)


def recipes():
    """Name -> a list of steps, as functions of the package and as files that it ships, each once."""
    found = {
        name: function()
        for name, function in inspect.getmembers(recipe, inspect.isfunction)
        if function.__module__ == recipe.__name__ and not name.startswith("_")
    }
    folder = Path(recipe.__file__).parent / "recipes"
    found |= {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    return {name: steps for name, steps in found.items() if is_of_one_model(steps)}


RECIPES = recipes()


@pytest.fixture(scope="module")
def float_model(tmp_path_factory):
    """Path and analysis of an attention encoder with weights that are not all alike."""
    data = bytearray(zoo_model("attention_encoder-float32"))
    model = schema.Model.GetRootAs(data)
    graph = model.Subgraphs(0)
    draw = np.random.default_rng(0)
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        buffer = model.Buffers(tensor.Buffer())
        if tensor.Type() == schema.TensorType.FLOAT32 and buffer.DataLength() >= 64:
            values = buffer.DataAsNumpy()
            values[:] = draw.standard_normal(values.size // 4).astype("f4").view("u1")
    path = tmp_path_factory.mktemp("quantizer") / "float.tflite"
    path.write_bytes(data)
    return path, api.analyze(path, strict=True)


def quantized(path, steps):
    work = quantizer.Quantizer(str(path))
    work.load_quantization_recipe(steps)
    statistics = None
    if work.need_calibration:
        (name,) = (item.name for item in api.analyze(path).inputs)
        sample = np.random.default_rng(0).standard_normal(SHAPE).astype("f4")
        statistics = work.calibrate({"serving_default": [{name: sample}]})
    return bytes(work.quantize(statistics).quantized_model)


def refusal(model):
    """Why the runtime does not take a model; nothing where all shapes match."""
    try:
        assert api.verify(model).is_right
    except InvokeError as error:
        return str(error)
    return ""


def is_rotating(steps):
    return "HADAMARD" in str(steps)


@pytest.mark.parametrize("steps", RECIPES.values(), ids=RECIPES)
def test_a_recipe_counts_what_the_float_model_counts(float_model, steps):
    path, exact = float_model
    model = quantized(path, steps)
    counted = api.analyze(model, strict=True)
    products = {"FULLY_CONNECTED", "BATCH_MATMUL"}
    rotations = 0
    if is_rotating(steps):
        # A rotation is a product with a square matrix of its own, in floats.
        rotations = counted.macs - exact.macs
        assert rotations > 0
        squares = {o.input_shapes[1] for o in counted.operators if o.name in products}
        assert any(a == b for a, b in (shape[-2:] for shape in squares))
    assert counted.macs == exact.macs + rotations
    if not rotations:
        assert counted.parameters == exact.parameters
    assert counted.weight_bytes < len(model)
    # Int2, and int4 beyond products, are newer than the runtime that the package carries.
    refused = refusal(model)
    assert not refused or any(
        word in refused for word in ("data type", "fully_connected", "dequantize")
    )


def test_there_are_recipes():
    assert len(RECIPES) > 20
    assert sum(map(is_rotating, RECIPES.values())) > 2
