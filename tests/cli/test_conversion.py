"""Models of Keras and TensorFlow, as objects and as files, are counted as what they are converted to."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import tflops_native
from keras_networks import MACS, small_network
from later import later
from tflops_native.errors import ConversionError, ModelFormatError, OptionError
from tflops_native.model.reader import load
from tflops_native.model.sources import converted
from zoo import EXAMPLES, ROOT

tf, keras = later("tensorflow"), later("keras")
# TensorFlow and Keras warn of each other.
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def network():
    return small_network()


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    network.save(folder / "net.keras")
    network.save(folder / "net.h5")
    tf.saved_model.save(network, folder / "saved")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for the files of this module: each conversion takes seconds."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield Path(os.environ["XDG_CACHE_HOME"]) / "tflops_native" / "converted"
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


def test_keras_model(network, capfd):
    report = tflops_native.report(network, runs=3, peaks=False, profile=False)
    assert report.analysis.macs == MACS
    assert report.timing.latency.samples == 3
    assert report.model.name == "net"
    assert (
        report.model.conversion.text == f"converted from net, float32, TensorFlow {tf.__version__}"
    )
    assert "source    converted from net, float32" in str(report)
    assert tflops_native.analyze(network, input_shapes=(2, 28, 28, 1)).macs == 2 * MACS
    assert capfd.readouterr().out == ""


def test_function_and_concrete_function():
    function = tf.function(
        lambda x: tf.matmul(x, x), input_signature=[tf.TensorSpec([4, 4], tf.float32)]
    )
    assert tflops_native.analyze(function).macs == 4**3
    assert tflops_native.analyze(function.get_concrete_function()).macs == 4**3
    without = tf.function(lambda x: tf.matmul(x, x))
    with pytest.raises(ConversionError, match="cannot be converted"):
        tflops_native.analyze(without)


def test_module_with_signatures():
    class TwoFunctions(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3, 4], tf.float32)])
        def product(self, x):
            return tf.matmul(x, tf.ones((4, 5)))

        @tf.function(input_signature=[tf.TensorSpec([2, 4], tf.float32)])
        def rectified(self, x):
            return tf.nn.relu(x)

    reports = tflops_native.count(TwoFunctions(), every_signature=True)
    assert {report.signature: report.analysis.macs for report in reports} == {
        "product": 3 * 4 * 5,
        "rectified": 0,
    }


def test_converter_that_was_set_up(network):
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    analysis = tflops_native.analyze(converter)
    assert analysis.macs == MACS
    assert analysis.macs_by_arithmetic["int8"] > 0


def test_what_is_no_model():
    with pytest.raises(ModelFormatError, match="path, bytes or an object of TensorFlow, not int"):
        tflops_native.analyze(3)


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "saved"])
def test_files(folder, cache, name, network):
    seen = []
    model = tflops_native.load(folder / name, progress=lambda what, done: seen.append(what))
    assert tflops_native.analyze(model).macs == MACS
    assert model.source.name == name
    assert any("convert" in what for what in seen)
    again = []
    assert load(folder / name, progress=lambda what, done: again.append(what)).data == model.data
    assert again == []
    # By the file that keeps it: a runtime and a child process open that.
    assert model.path is not None
    assert model.path.parent == cache
    copy = pickle.loads(pickle.dumps(model))
    assert copy.source.conversion == model.source.conversion


def test_bytes_of_a_file(folder, cache):
    assert tflops_native.analyze((folder / "net.keras").read_bytes()).macs == MACS
    assert tflops_native.analyze((folder / "net.h5").read_bytes()).macs == MACS


def test_what_needs_no_conversion():
    with pytest.raises(OptionError, match="needs no conversion"):
        tflops_native.convert(ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite")


def test_files_that_cannot_be_converted(tmp_path, cache):
    @keras.saving.register_keras_serializable("tests")
    class Doubled(keras.layers.Layer):
        def call(self, x):
            return x * 2

    def message(path):
        with pytest.raises(ConversionError) as error:
            load(path)
        assert "\n" not in str(error.value)
        return str(error.value)

    custom = keras.Sequential([keras.layers.Input((3,)), Doubled()])
    custom.save(tmp_path / "custom.keras")
    assert "load it in Python, where its classes are known" in message(tmp_path / "custom.keras")

    class Silent(tf.Module):
        pass

    tf.saved_model.save(Silent(), tmp_path / "silent")
    assert "signatures" in message(tmp_path / "silent")
    truncated = tmp_path / "cut.h5"
    custom.save(tmp_path / "whole.h5")
    truncated.write_bytes((tmp_path / "whole.h5").read_bytes()[:3000])
    assert f"'{truncated}' cannot be converted: " in message(truncated)


def test_weights_alone_are_no_model(network, tmp_path, cache):
    network.save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(ConversionError, match="it holds weights only: save the whole model"):
        load(tmp_path / "only.weights.h5")


def test_standard_input_is_converted(folder, cache, tmp_path, process):
    ended = process(
        *("convert", "-", "-o", tmp_path / "net.tflite"),
        input=(folder / "net.keras").read_bytes(),
        text=None,
        encoding=None,
    )
    assert ended.status == 0, ended.err
    assert tflops_native.analyze(tmp_path / "net.tflite").macs == MACS


def test_a_part_of_a_saved_model_is_not_overwritten(folder, cache, refuses):
    pb = folder / "saved" / "saved_model.pb"
    before = pb.read_bytes()
    assert "it is read, and would be lost" in refuses("convert", folder / "saved", "-o", pb)
    assert pb.read_bytes() == before


def test_part_of_a_saved_model(folder):
    with pytest.raises(ModelFormatError, match="is a part of a SavedModel: give its folder"):
        load(folder / "saved" / "saved_model.pb")


def test_command_line(folder, tmp_path, tflops, measured_here):
    target = tmp_path / "net.tflite"
    ended = tflops("convert", folder / "net.keras", "-o", target, "--quantize", "dynamic")
    assert (ended.status, ended.err) == (0, "")
    assert "converted from net.keras, dynamic-range int8, TensorFlow" in ended.out
    assert tflops_native.analyze(target).macs == MACS
    assert f'"macs": {MACS}' in tflops("count", folder / "net.keras", "--format", "json").out
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.keras").write_bytes((folder / "net.keras").read_bytes())
    lines = tflops("count", tmp_path).out.splitlines()
    assert [line.split()[0] for line in lines] == ["model", "net.tflite", "a.keras"]


def nested_network():
    """Two convolutions in a model in a model, the second with batch normalization and activation."""
    backbone = keras.Sequential(
        [
            keras.layers.Input((8, 8, 4)),
            keras.layers.Conv2D(4, 3, name="first"),
            keras.layers.Conv2D(6, 3, use_bias=False, name="second"),
            keras.layers.BatchNormalization(name="normal"),
            keras.layers.ReLU(name="active"),
        ],
        name="backbone",
    )
    image = keras.Input((8, 8, 4))
    hidden = keras.layers.Flatten(name="flat")(backbone(image))
    return keras.Model(image, keras.layers.Dense(5, "softmax", name="head")(hidden), name="whole")


def test_layers_are_those_of_keras(tmp_path, measured_here):
    """With their names, classes and order; the MACs of each by its own formula."""
    model = nested_network()
    model.save(tmp_path / "whole.keras")
    # 6 x 6 and 4 x 4 positions, 3 x 3 x 4 products for each of 4 and 6 channels.
    macs = {"backbone/first": 36 * 36 * 4, "backbone/second": 16 * 36 * 6, "head": 96 * 5}
    for source in (model, tmp_path / "whole.keras"):
        report = tflops_native.count(source)[0]
        groups = {group.name: group for group in report.by_layer if not group.is_rest}
        assert {name: group.macs for name, group in groups.items() if group.macs} == {
            "backbone": macs["backbone/first"] + macs["backbone/second"],
            **macs,
        }
        assert groups["backbone/second"].class_name == "Conv2D"
        assert groups["head"].class_name == "Dense"
        order = [name for name in groups if name in (*macs, "flat")]
        assert order == ["backbone/first", "backbone/second", "flat", "head"]
        tops = [group for group in report.by_layer if group.depth == 0]
        assert sum(group.macs for group in tops) == report.analysis.macs
        layers = report.model.conversion.layers
        assert sum(layer.parameters for layer in layers) == model.count_params()


def test_parameters_beside_those_of_keras(tflops, tmp_path, measured_here):
    model = nested_network()
    model.get_layer("backbone").get_layer("first").set_weights(
        [np.random.default_rng(0).normal(size=shape) for shape in ((3, 3, 4, 4), (4,))]
    )
    model.save(tmp_path / "whole.keras")
    out = tflops("count", "-v", tmp_path / "whole.keras").out
    total = model.count_params()
    assert (
        f"Keras     {total:,} parameters by count_params(); 24 of them are batch normalization"
        in out
    )


def test_standard_input(folder, cache, process):
    for data in ((folder / "net.keras").read_bytes(), (EXAMPLES / "two_models.task").read_bytes()):
        ended = process(
            *("count", "-", "--format", "json", "--input-shape", "1,28,28,1"),
            input=data,
            text=None,
            encoding=None,
        )
        assert (ended.status, ended.err) == (0, b"")
        assert b'"macs": ' in ended.out


@pytest.mark.parametrize("name", ["two_models.task", "two_models.litertlm"])
def test_models_of_a_bundle_are_timed(name, tflops, measured_here):
    for index in (0, 1):
        ended = tflops(
            *("report", f"{EXAMPLES / name}::{index}", "--input-shape", "1,28,28,1"),
            *("--runs", "2", "--no-peaks"),
        )
        assert (ended.status, ended.err) == (0, "")
        assert "194,688 MACs" in ended.out
        assert f"model     {name}::" in ended.out
    verified = tflops("verify", f"{EXAMPLES / name}::0")
    assert verified.status == 0
    for command in ("report", "memory", "verify"):
        ended = tflops(command, EXAMPLES / name)
        assert (ended.status, ended.out) == (2, "")
        assert "holds 2 models; choose one by name or index: " in ended.err


def test_the_example_in_keras(tflops, measured_here):
    out = tflops("count", EXAMPLES / "single_conv.keras", "--input-shape", "1,28,28,1").out
    assert "194,688 MACs" in out


def test_operators_that_tensorflow_lite_lacks():
    function = tf.function(tf.linalg.inv, input_signature=[tf.TensorSpec([3, 3], tf.float32)])
    with pytest.raises(ConversionError) as error:
        tflops_native.analyze(function)
    assert str(error.value).startswith(
        "matrix_inverse cannot be converted: 'tf.MatrixInverse' op is neither a custom op nor a flex op; "
        "it has operators that TensorFlow Lite lacks: set up a TFLiteConverter with "
    )


def test_a_loop_of_a_recurrent_layer():
    """With an open batch size the converter needs lists of tensors."""
    model = keras.Sequential([keras.layers.Input((10, 4)), keras.layers.LSTM(8)])
    with pytest.raises(ConversionError, match=r"TensorListReserve.*; build .* unroll=True, or fix"):
        tflops_native.analyze(model)
    fixed = keras.Sequential([keras.layers.Input((10, 4), batch_size=1), keras.layers.LSTM(8)])
    assert tflops_native.analyze(fixed).macs == 10 * 4 * 8 * (4 + 8)


def test_a_tensorflow_that_is_too_old(monkeypatch, network):
    monkeypatch.setattr("tensorflow.__version__", "2.4.1")
    with pytest.raises(
        ConversionError, match=r"TensorFlow 2\.4\.1 is too old to convert with: 2\.16"
    ):
        tflops_native.analyze(network)


def test_ctrl_c_while_converting_leaves_nothing(folder, tmp_path, start):
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path / "c"),
        "TMPDIR": str(tmp_path / "t"),
    }
    (tmp_path / "t").mkdir()
    copy = tmp_path / "bytes"
    copy.write_bytes((folder / "net.keras").read_bytes())
    with copy.open("rb") as source:
        child = start("count", "-", stdin=source, env=environment, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not list((tmp_path / "t").iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        assert "interrupted" in child.communicate(timeout=60)[1]
    assert child.returncode == 130
    assert list((tmp_path / "t").iterdir()) == []
    assert not (tmp_path / "c").exists()


WITHOUT = """
import sys
sys.modules["tensorflow"] = None
import importlib.metadata
def version(name):
    raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.version = version
import importlib.util
importlib.util.find_spec = lambda name: None
from tflops_native.model.reader import load
from tflops_native.errors import ConversionError
try:
    load(sys.argv[1])
except ConversionError as error:
    print(error)
"""


def test_without_tensorflow(folder):
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT, folder / "net.keras"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == (
        f"'{folder / 'net.keras'}' is a Keras model: to convert it, TensorFlow is needed: "
        "pip install 'tflops-native[tensorflow]'\n"
    )


def test_the_cache_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(converted, "_MOST_KEPT_BYTES", 250)
    for age, name in enumerate("abc"):
        (tmp_path / f"{name}.tflite").write_bytes(bytes(100))
        os.utime(tmp_path / f"{name}.tflite", (1000 - age, 1000 - age))
    converted._make_room(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tflite", "b.tflite"]


def test_tensorflow_is_not_imported_for_a_tflite():
    text = (
        "import sys, tflops_native; tflops_native.analyze(sys.argv[1]);"
        "print('tensorflow' in sys.modules, 'subprocess' in sys.modules)"
    )
    example = ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
    ended = subprocess.run(
        [sys.executable, "-c", text, example], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False False\n"
