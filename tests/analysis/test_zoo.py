"""Real models: every inferred shape against the runtime, every count against the converter."""

import json

import numpy as np
import pytest

from tflops_native.analysis.conventions import convention_counts
from tflops_native.analysis.operators import Status
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import ESTIMATES, MODELS, NAMES, zoo_model

# What PyTorch's profiler counts for the same networks (tools/count_pytorch_twins.py).
TWINS = json.loads((MODELS / "pytorch_twins.json").read_text(encoding="utf-8"))
# Shapes beside the one in the file: other batches, other lengths, other image sizes.
OTHER_SHAPES = {
    "attention_encoder_dynamic": [(1, 32, 64), (3, 17, 64), (2, 1, 64)],
    "mobilenet_v1": [(2, 224, 224, 3)],
    "mobilenet_v3_small": [(3, 224, 224, 3)],
}


def cases():
    for name in NAMES:
        yield name, None
        for shape in OTHER_SHAPES.get(name.split("-")[0], []):
            yield name, shape


def runtime_shapes(name, shape, tensors):
    """Shapes after one invoke with the runtime's own kernels: only then are all tensors resized."""
    native = pytest.importorskip("tflops_native._native")
    interpreter = native.Interpreter(
        native.Library.linked(), zoo_model(name), threads=2, kernels="builtin"
    )
    if shape is not None:
        interpreter.resize_input(0, shape)
    interpreter.allocate()
    info = interpreter.inputs[0]
    interpreter.set_input(0, np.zeros(info.byte_size, np.uint8))
    interpreter.invoke()
    return [interpreter.tensor(index).shape for index in range(tensors)]


@pytest.mark.parametrize(("name", "shape"), list(cases()), ids=str)
def test_every_shape_is_that_of_the_runtime(name, shape):
    model = load(zoo_model(name))
    analysis = analyze_model(model, input_shapes={} if shape is None else {"": shape})
    referee = runtime_shapes(name, shape, len(model.subgraphs[0].tensors))
    for operator, inferred in zip(model.subgraphs[0].operators, analysis.operators, strict=True):
        found = [referee[index] for index in operator.outputs]
        assert found == list(inferred.output_shapes), f"{operator.index} {operator.name}"
    assert analysis.coverage.is_complete


@pytest.mark.parametrize("name", sorted(ESTIMATES))
def test_the_converter_logs_the_same_line(name):
    # Logged for the shape of `input_shape`; the files themselves leave it open, most of them.
    model = load(zoo_model(name))
    analysis = analyze_model(model, input_shapes={"": ESTIMATES[name]["input_shape"]})
    counts = convention_counts(analysis, "tflite-converter", model)
    assert ESTIMATES[name]["line"] == counts.line
    is_fixed = -1 not in model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape_signature
    assert counts.is_printed is is_fixed


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        # Published for these models at 224 and 299 pixels: 569 M, 300 M, 3.9 G, 5.7 G, 2.9 G.
        ("mobilenet_v1-float32", 568_740_352),
        ("mobilenet_v2-float32", 300_774_272),
        ("resnet50-float32", 3_857_973_248),
        ("inception_v3-float32", 5_713_216_096),
        ("densenet121-float32", 2_834_161_664),
    ],
)
def test_macs_of_known_networks(name, macs):
    assert macs == analyze_model(load(zoo_model(name))).macs


@pytest.mark.parametrize("name", sorted(TWINS["macs"]))
def test_macs_as_pytorch_counts_them(name):
    assert analyze_model(load(zoo_model(f"{name}-float32"))).macs == TWINS["macs"][name]


@pytest.mark.parametrize("conversion", ["float32", "float16", "dynamic", "int8"])
@pytest.mark.parametrize("model", sorted({name.split("-")[0] for name in NAMES}))
def test_a_conversion_changes_the_arithmetic_but_not_the_macs(model, conversion):
    converted = analyze_model(load(zoo_model(f"{model}-{conversion}")))
    original = analyze_model(load(zoo_model(f"{model}-float32")))
    assert original.macs == converted.macs
    expected = {
        "float32": {"float32"},
        "float16": {"float32"},
        "dynamic": {"float32", "int8"},
        "int8": {"int8"},
    }[conversion]
    assert set(converted.macs_by_arithmetic) <= expected
    assert sum(converted.macs_by_arithmetic.values()) == converted.macs


@pytest.mark.parametrize(("batch", "length"), [(1, 32), (2, 32), (3, 17)])
def test_attention_macs_from_its_definition(batch, length):
    # Keras MultiHeadAttention, 4 heads of 16, on width 64, then a feed-forward layer of 256.
    width, heads, depth, hidden = 64, 4, 16, 256
    tokens = batch * length
    projections = 4 * tokens * width * heads * depth
    scores_and_mixing = 2 * batch * heads * length * length * depth
    feed_forward = 2 * tokens * width * hidden
    analysis = analyze_model(
        load(zoo_model("attention_encoder_dynamic-float32")),
        input_shapes={"input": (batch, length, width)},
    )
    assert projections + scores_and_mixing + feed_forward == analysis.macs


def test_attention_macs_where_the_file_holds_placeholders():
    # Reading the shapes in the file gives 688,128 (2.5 times too few).
    analysis = analyze_model(
        load(zoo_model("attention_encoder_dynamic-float32")), input_shapes={"": (1, 32, 64)}
    )
    assert analysis.macs == 1_703_936


@pytest.mark.parametrize("name", NAMES)
def test_totals_are_the_sums_of_the_rows(name):
    analysis = analyze_model(load(zoo_model(name)))
    assert sum(o.cost.macs for o in analysis.operators) == analysis.macs
    assert sum(o.cost.operations for o in analysis.operators) == analysis.total.operations
    assert analysis.flops + analysis.integer_ops == analysis.total.operations
    assert sum(analysis.operations.values()) == analysis.total.operations
    assert all(o.status is not Status.UNSUPPORTED for o in analysis.operators)


@pytest.mark.parametrize("name", ["mobilenet_v1-float32", "mobilenet_v3_small-int8"])
def test_a_doubled_batch_doubles_macs_and_activations_but_not_weights(name):
    one = analyze_model(load(zoo_model(name)), input_shapes={"": (1, 224, 224, 3)})
    two = analyze_model(load(zoo_model(name)), input_shapes={"": (2, 224, 224, 3)})
    assert 2 * one.macs == two.macs
    assert one.weight_bytes == two.weight_bytes
    assert one.bytes_written < two.bytes_written


def test_float16_weights_are_half_as_many_bytes():
    wide = analyze_model(load(zoo_model("resnet50-float32")))
    half = analyze_model(load(zoo_model("resnet50-float16")))
    assert half.parameters == wide.parameters
    assert 0.49 < half.weight_bytes / wide.weight_bytes < 0.51
