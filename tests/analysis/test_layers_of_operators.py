"""The layer of each operator, by names that converters of Keras, TensorFlow and PyTorch wrote."""

import json
import random

import pytest

from builders import ModelBuilder
from tflops_native.analysis.layers import layers_of
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import EXAMPLES, NAMES, zoo_model

TORCH = "timm.models.efficientnet.EfficientNet"
STEM = "torch.nn.modules.conv.Conv2d_conv_stem"


def layer_of(*names, operator="RELU"):
    """Of an operator whose outputs have these names; its inputs are those of the model."""
    builder = ModelBuilder()
    graph = builder.graph()
    given = graph.input((1, 8, 8, 3))
    made = [graph.tensor((1, 8, 8, 3), name=name) for name in names]
    graph.outputs = made
    if operator == "SPLIT":
        axis = graph.constant([3], "INT32")
        graph.operator("SPLIT", [axis, given], made, {"numSplits": len(made)})
    else:
        graph.operator(operator, [given], made)
    (found,) = layers_of(load(builder.pack()).subgraphs[0])
    return found


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("mobilenetv2/block_1_expand/Conv2D1", "mobilenetv2/block_1_expand"),
        ("model/conv2d/Conv2D_dequantize", "model/conv2d"),
        ("model/dense/BiasAdd/ReadVariableOp/resource", "model/dense"),
        ("net/bn_1/batchnorm/add_1", "net/bn_1"),
        ("net/flatten/Reshape/shape", "net/flatten"),
        ("model/re_lu/Relu6;model/bn/FusedBatchNormV3;model/conv2d/Conv2D", "model/re_lu"),
        # An empty name between two semicolons, as converters write it.
        ("net/activation_1/mul;;net/activation_1/Relu6", "net/activation_1"),
        ("net/block/mul;1", "net/block"),
        (
            f"{TORCH}/torch.nn.modules.container.Sequential_blocks/{STEM};",
            f"{TORCH}/torch.nn.modules.container.Sequential_blocks/{STEM}",
        ),
        (f"{TORCH}/{STEM};1", f"{TORCH}/{STEM}"),
        # TensorFlow's functions have names with dots, too: as layers, with an operation behind them.
        ("model/tf.nn.relu6/Relu6", "model/tf.nn.relu6"),
        ("conv2d_1", "conv2d_1"),
        ("add__xeno_compat__1", "add"),
        ("input_1_int8", "input_1"),
        ("Identity", None),
        ("Identity_1", None),
        ("StatefulPartitionedCall_1:0", None),
        ("PartitionedCall:01", None),
        ("tfl.quantize", None),
        ("arith.constant12", None),
        ("17", None),
        ("", None),
        (";", None),
        ("/", None),
        ("//a//b/c", "a/b"),
    ],
)  # fmt: skip
def test_the_layer_by_the_name(name, layer):
    assert layer_of(name) == layer


def test_of_joined_names_the_one_nearest_to_the_operator():
    names = "net/bn/FusedBatchNormV3;net/conv/Conv2D;net/add/BiasAdd"
    assert layer_of(names, operator="CONV_2D") == "net/conv"
    assert layer_of(names, operator="ADD") == "net/add"
    assert layer_of("net/b/q;net/a/q", operator="ADD") == "net/a"  # the last of several as near


def test_all_outputs_name_the_operator():
    assert layer_of("net/a/unknown_thing", "net/a/split1", "net/b/q", operator="SPLIT") == "net/a"


def test_what_has_no_name_belongs_to_what_it_reads():
    builder = ModelBuilder()
    graph = builder.graph()
    given = graph.input((1, 8))
    key = graph.tensor((1, 8), name="net/attention/key/Relu")
    query = graph.tensor((1, 8), name="net/attention/query/Relu")
    both = graph.tensor((1, 8), name="tfl.add")
    last = graph.tensor((1, 8), name="StatefulPartitionedCall:0")
    graph.operator("RELU", [given], [key])
    graph.operator("RELU", [given], [query])
    graph.operator("ADD", [key, query], [both])
    graph.operator("RELU", [both], [last])
    graph.outputs = [last]
    layers = layers_of(load(builder.pack()).subgraphs[0])
    assert layers == ("net/attention/key", "net/attention/query", "net/attention", "net/attention")


@pytest.mark.parametrize("name", ["a" * 200_000, ";" * 200_000, "a/" * 100_000, "a;" * 100_000])
def test_names_of_a_hostile_file_take_no_time(name):
    # Held by the time limit of every test, and by its memory.
    layer_of(name, operator="CONV_2D")


def test_any_name_has_a_layer_or_none():
    letters = random.Random(0)
    for _ in range(200):
        name = "".join(letters.choices("ab1_:;/. \u00e9\u4e00", k=letters.randrange(20)))
        layer = layer_of(name)
        assert layer is None or (layer and not layer.startswith("/") and not layer.endswith("/"))


@pytest.mark.parametrize("name", NAMES)
def test_almost_all_operators_of_real_models_have_a_layer(name):
    analysis = analyze_model(zoo_model(name))
    named = [operator for operator in analysis.operators if operator.layer is not None]
    assert len(named) >= 0.9 * len(analysis.operators)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_operators_add_up(name):
    analysis = analyze_model(zoo_model(name))
    assert sum(operator.parameters for operator in analysis.operators) == analysis.parameters


def test_layers_of_a_keras_model_are_those_that_keras_has():
    analysis = analyze_model(load(EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"))
    blocks = {operator.layer.split("/")[1] for operator in analysis.operators}
    assert {"conv_dw_1_1", "conv_pw_13_bn_1", "conv_preds_1", "reshape_2_1"} <= blocks


def namespaces(path):
    """Per operator of the main subgraph the namespace that Model Explorer puts it in."""
    adapter = pytest.importorskip("ai_edge_model_explorer_adapter")
    config = adapter.VisualizeConfig()
    found = json.loads(adapter.ConvertFlatbufferDirectlyToJson(config, str(path)))
    graphs = found["subgraphs"] if isinstance(found, dict) else found[0]["subgraphs"]
    return {node["id"]: node["namespace"] for node in graphs[0]["nodes"]}


@pytest.mark.parametrize("name", NAMES)
def test_model_explorer_shows_the_same_groups(name, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(zoo_model(name))
    shown = namespaces(path)
    graph = load(path).subgraphs[0]
    for operator, layer in zip(graph.operators, layers_of(graph), strict=True):
        single = graph.tensors[operator.outputs[0]].name
        if layer is not None and "/" in single:
            # There the name of the operation is one more group.
            assert shown[str(operator.index)].startswith(layer + "/"), operator.index
