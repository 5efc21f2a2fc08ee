"""Keras models are quantized as they are converted, with samples of the user's or random ones."""

import csv

import numpy as np
import pytest

import tflops_native
from keras_networks import MACS, small_network
from later import later
from tflops_native.errors import ConversionError, OptionError

keras = later("keras")
# TensorFlow and Keras warn of each other.
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def network():
    return small_network()


def types_of(model):
    return {tensor.type.name for tensor in model.subgraphs[0].tensors}


@pytest.mark.parametrize(
    ("quantize", "input_type", "inside"),
    [
        ("float16", "FLOAT32", "FLOAT16"),
        ("dynamic", "FLOAT32", "INT8"),
        ("int8", "INT8", "INT8"),
        ("int16x8", "FLOAT32", "INT16"),
    ],
)
def test_quantizations(network, quantize, input_type, inside):
    model = tflops_native.convert(network, quantize=quantize)
    graph = model.subgraphs[0]
    assert graph.tensors[graph.inputs[0]].type.name == input_type
    assert inside in types_of(model)
    assert tflops_native.analyze(model).macs == MACS
    codes = [note.code for note in tflops_native.count(model)[0].notes]
    assert ("random_calibration" in codes) == (quantize in ("int8", "int16x8"))


def test_representative_data(network, tmp_path):
    """The scale of the input is that of the data: its range in 255 steps."""
    file = tmp_path / "data.npz"
    data = np.linspace(-3, 7, 4 * 28 * 28, dtype=np.float32).reshape(4, 28, 28, 1)
    np.savez(file, images=data)
    model = tflops_native.convert(network, quantize="int8", representative=file)
    graph = model.subgraphs[0]
    assert graph.tensors[graph.inputs[0]].quantization.scale[0] == pytest.approx(10 / 255)
    assert "calibrated on data.npz" in model.source.conversion.text
    assert "random_calibration" not in [note.code for note in tflops_native.count(model)[0].notes]


@pytest.fixture(scope="module")
def open_network():
    """A window of 3 over lengths that are open: of 1 it has no output."""
    given = keras.Input((None, None, 1))
    return keras.Model(given, keras.layers.Conv2D(4, 3)(given))


@pytest.mark.parametrize("quantize", ["int8", "int16x8"])
@pytest.mark.parametrize("samples", [None, (3, 28, 20, 1), (3, 1, 28, 20, 1)])
def test_open_lengths_are_those_of_the_samples(open_network, quantize, samples, tmp_path):
    file = None
    if samples is not None:
        file = tmp_path / "data.npz"
        np.savez(file, data=np.random.default_rng(0).uniform(-1, 1, samples))
    model = tflops_native.convert(open_network, quantize=quantize, representative=file)
    (report,) = tflops_native.count(model, input_shapes=(1, 9, 7, 1))
    assert report.analysis.macs == 7 * 5 * 9 * 4


@pytest.mark.parametrize("shape", [(3, 28, 28, 2), (3, 28, 28), (3, 784), (0, 28, 28, 1)])
def test_samples_that_do_not_fit_open_lengths(open_network, shape, tmp_path):
    file = tmp_path / "data.npz"
    np.savez(file, data=np.zeros(shape))
    with pytest.raises(ConversionError, match=r"hold samples of shape \(1, \?, \?, 1\)"):
        tflops_native.convert(open_network, quantize="int8", representative=file)


def test_bad_representative_data(network, tmp_path):
    def message(file, quantize="int8"):
        with pytest.raises((ConversionError, OptionError)) as error:
            tflops_native.convert(network, quantize=quantize, representative=file)
        assert "\n" not in str(error.value)
        return str(error.value)

    file = tmp_path / "data.npz"
    assert "cannot read representative data" in message(file)
    np.savez(file, a=np.zeros(3), b=np.zeros(3))
    assert "has arrays a, b; the model's inputs are keras_tensor" in message(file)
    np.savez(file, a=np.zeros((4, 27, 28, 1)))
    assert "does not hold samples of shape (1, 28, 28, 1)" in message(file)
    assert (
        message(file, "dynamic")
        == "representative data is for quantize int8 or int16x8, not 'dynamic'"
    )


def test_several_quantizations_are_several_models(network, tmp_path, tflops, measured_here):
    network.save(tmp_path / "net.keras")
    ended = tflops("count", tmp_path / "net.keras", "--quantize", "none,int8", "--format", "csv")
    assert (ended.status, ended.err) == (0, "")
    rows = list(csv.DictReader(ended.out.splitlines()))
    assert [(row["quantization"], int(row["macs"])) for row in rows] == [
        ("none", MACS),
        ("int8", MACS),
    ]
    # Four bytes of a weight become one; biases stay four.
    assert 3 * int(rows[1]["weight_bytes"]) < int(rows[0]["weight_bytes"])
