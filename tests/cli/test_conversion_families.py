"""The networks of the test models, as Keras objects and as files, count as their `.tflite` does.

Minutes: `pytest -m families`.
"""

import sys

import pytest

import tflops_native
from later import later
from zoo import ROOT, zoo_model

later("tensorflow")
pytestmark = [pytest.mark.families, pytest.mark.filterwarnings("ignore")]
if str(ROOT / "tools") not in sys.path:
    sys.path.append(str(ROOT / "tools"))


def recipes():
    from make_test_models import RECIPES

    return RECIPES


FAMILIES = (
    *("attention_encoder", "attention_encoder_dynamic", "densenet121", "efficientnet_v2_b0"),
    *("inception_v3", "lstm_unrolled", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large"),
    *("mobilenet_v3_small", "resnet50"),
)


def test_these_are_all():
    assert {recipe.name for recipe in recipes()} == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_family(name, tmp_path):
    from keras_models import build

    recipe = next(recipe for recipe in recipes() if recipe.name == name)
    model = build(recipe)
    path = tmp_path / f"{name}.keras"
    model.save(path)
    expected = tflops_native.analyze(zoo_model(f"{name}-float32"), input_shapes=recipe.sample_shape)
    for source in (model, path):
        (report,) = tflops_native.count(source, input_shapes=recipe.sample_shape)
        assert report.analysis.macs == expected.macs
        layers = [group for group in report.by_layer if group.depth == 0]
        assert sum(group.macs for group in layers) == expected.macs
        known = {layer.path for layer in report.model.conversion.layers}
        named = [row.operator for row in report.rows if row.operator.layer in known]
        assert sum(operator.macs for operator in named) >= 0.99 * expected.macs
