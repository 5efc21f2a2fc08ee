"""`tflops compare` of a Keras model in several quantizations, and of objects of Keras."""

import json

import numpy as np
import pytest

import tflops_native
from tflops_native.model.sources import converted
from zoo import EXAMPLES

# TensorFlow and Keras warn of each other.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("measured_here"),
]

KERAS = EXAMPLES / "single_conv.keras"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"
SHORT = ("--max-time", "0.2", "--no-operators")


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """A convolution and a dense layer of Keras, and its file."""
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1), name="image"),
            keras.layers.Conv2D(8, 3, name="first"),
            keras.layers.Flatten(),
            keras.layers.Dense(10, name="head"),
        ],
        name="net",
    )
    path = tmp_path_factory.mktemp("models") / "net.keras"
    model.save(path)
    return model, path


@pytest.mark.tensorflow
def test_quantizations_of_one_model(net, tflops):
    command = ("compare", net[1], "--quantize", "none,int8", "--no-time")
    ended = tflops(*command)
    assert ended.status == 0, ended.err
    rows = [line.split() for line in ended.out.splitlines() if line[:3] in ("A  ", "B  ")]
    assert [row[:2] for row in rows] == [["A", "float32"], ["B", "int8"]]
    plain = json.loads(tflops(*command, "--format", "json").out)
    reports = [item["report"] for item in plain["contenders"]]
    assert [report["model"]["conversion"]["quantization"] for report in reports] == ["none", "int8"]
    assert [item["source"] for item in plain["contenders"]] == [str(net[1])] * 2
    # Four bytes of a weight become one; biases stay four.
    weights = [report["analysis"]["weight_bytes"] for report in reports]
    assert 3 * weights[1] < weights[0]
    assert "# net.keras" in tflops(*command, "--format", "markdown").out


@pytest.mark.tensorflow
def test_quantizations_are_timed_side_by_side(net, tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("compare", net[1], "--quantize", "none,dynamic", "--threads", "1,2", *SHORT)
    assert ended.status == 0, ended.err
    titles = [
        line.split("  ")[1]
        for line in ended.out.splitlines()
        if line[1:3] == "  " and line[0] in "ABCD"
    ]
    assert [title for title in titles if "thread" in title] == [
        "float32, 1 thread",
        "float32, 2 threads",
        "dynamic-range int8, 1 thread",
        "dynamic-range int8, 2 threads",
    ]


@pytest.mark.tensorflow
def test_a_model_of_keras_beside_a_file(net, tflops, tmp_path):
    for way in ("net", "folder"):
        second = net[1] if way == "net" else net[1].parent
        ended = tflops("compare", SINGLE, second, "--no-time")
        assert ended.status == 0, ended.err
        rows = [line.split() for line in ended.out.splitlines() if line[:3] in ("A  ", "B  ")]
        assert [row[:2] for row in rows] == [["A", SINGLE.name], ["B", "net.keras,"]]
        assert rows[1][2] == "float32"


@pytest.mark.tensorflow
def test_from_python(net, tmp_path):
    """A path or an object, one conversion or several, with data of its own."""
    data = tmp_path / "data.npz"
    np.savez(data, image=np.zeros((4, 28, 28, 1), np.float32))
    for source in net:
        found = tflops_native.compare(
            source, quantize=["none", "int8"], representative=data, timed=False
        )
        conversions = [item.report.model.conversion for item in found.contenders]
        assert [item.quantization for item in conversions] == ["none", "int8"]
        assert [item.calibration for item in conversions] == [None, "data.npz"]
    found = tflops_native.compare(net[1], net[0], timed=False)
    (difference,) = found.differences
    assert {part.change for part in difference.parts} == {"both"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((KERAS, "--quantize", "none,int4"), "'int4' is not one of 'none', 'float16'"),
        ((KERAS, "--quantize", "int8"), "a comparison needs two contenders or more"),
        ((KERAS, SINGLE, "--quantize", "none,int8"), "give one model, or one value of each option"),
        ((SINGLE, "--quantize", "none,int8"), "needs no conversion: quantize and representative"),
        (
            (KERAS, "--quantize", "none,float16", "--representative", "x.npz"),
            "representative data is for quantize int8 or int16x8",
        ),
    ],
)
def test_refused(refuses, arguments, message):
    assert message in refuses("compare", *arguments, "--no-time")


def test_saved_reports_are_not_converted(refuses, tflops, tmp_path):
    path = tmp_path / "count.json"
    tflops("count", SINGLE, "-o", path)
    assert "quantize cannot be combined with saved reports" in refuses(
        "compare", path, path, "--quantize", "int8"
    )


def test_without_tensorflow(refuses, monkeypatch):
    monkeypatch.setattr(converted, "_DISTRIBUTIONS", ())
    monkeypatch.setattr(converted, "find_spec", lambda name: None)
    assert refuses("compare", KERAS, "--quantize", "none,int8", "--no-time") == (
        f"'{KERAS}' is a Keras model: to convert it, TensorFlow is needed: "
        "pip install 'tflops-native[tensorflow]'"
    )
