"""What one inference is, resolved once: shapes by position, data read once, and back from a pickle."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("builders")

import tflops_native
from builders import ModelBuilder, options
from tflops_native import given_data
from tflops_native.errors import InputDataError, ModelFormatError, ShapeError
from tflops_native.model.reader import load
from tflops_native.workload import Workload
from zoo import EXAMPLES

DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"


def two_inputs():
    model = ModelBuilder()
    graph = model.graph()
    x = graph.input([1, 3], name="x", shapeSignature=[-1, 3])
    y = graph.input([1, 3], name="y", shapeSignature=[-1, 3])
    graph.outputs = [graph.tensor([1, 3])]
    graph.operator("ADD", [x, y], graph.outputs, options("AddOptions"))
    return load(model.pack())


def test_the_shape_of_the_only_input_needs_no_name():
    shapes = [(1, 5, 5, 1), {"": (1, 5, 5, 1)}, {"input": [1, 5, 5, 1]}, np.array([1, 5, 5, 1])]
    for asked in shapes:
        workload = Workload.resolve(load(DYNAMIC), input_shapes=asked)
        assert workload.shapes == {0: (1, 5, 5, 1)}
        assert workload.defaulted == ()
    assert [item.name for item in Workload.resolve(load(DYNAMIC)).defaulted] == ["input"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("1,2", "a shape must be whole numbers"),
        ({"x": 3}, "a shape must be whole numbers"),
        ({"x": (1.5, 3)}, r"a length must be a whole number, got 1.5"),
        ({"x": (True, 3)}, "a length must be a whole number, got True"),
        ({3: (1, 3)}, "the name of an input must be a string, got 3"),
        ((2, 3), "the input must be named here; the inputs are: x, y"),
        ({"z": (1, 3)}, "there is no input 'z'; the inputs are: x, y"),
    ],
)
def test_what_is_not_a_shape(asked, message):
    with pytest.raises(ShapeError, match=message):
        Workload.resolve(two_inputs(), input_shapes=asked)


def test_data_must_have_names():
    with pytest.raises(InputDataError, match="inputs must map names to arrays or files"):
        Workload.resolve(two_inputs(), inputs=np.ones((1, 3)))


def test_data_is_read_and_hashed_once_per_question(monkeypatch, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    np.save(tmp_path / "x.npy", np.ones((1, 9, 9, 1), np.float32))
    reads = []
    original = given_data._read
    monkeypatch.setattr(given_data, "_read", lambda path: (reads.append(path), original(path))[1])
    report = tflops_native.report(
        DYNAMIC, inputs={"": tmp_path / "x.npy"}, runs=1, peaks=False, profile=False
    )
    assert reads == [tmp_path / "x.npy"]
    assert report.analysis.inputs[0].shape == (1, 9, 9, 1)


@pytest.mark.parametrize("source", ["file", "bytes"])
@pytest.mark.parametrize("again", [lambda w: pickle.loads(pickle.dumps(w)), copy.deepcopy])
def test_back_from_a_pickle(source, again):
    model = load(DYNAMIC if source == "file" else DYNAMIC.read_bytes())
    array = np.ones((2, 4, 4, 1), np.float32)
    workload = again(Workload.resolve(model, inputs={"input": array}))
    assert workload.shapes == {0: (2, 4, 4, 1)}
    assert workload.signature == "serving_default"
    assert (workload.given[0].array == array).all()
    assert workload.given[0].item is workload.entry.inputs[0]
    assert bytes(workload.model.data) == DYNAMIC.read_bytes()


def test_a_file_that_changed_in_between_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(DYNAMIC.read_bytes())
    pickled = pickle.dumps(Workload.resolve(load(path)))
    assert pickle.loads(pickled).shapes == {0: (1, 1, 1, 1)}
    other = tmp_path / "other"
    other.write_bytes((EXAMPLES / "single_conv_28x28.tflite").read_bytes())
    other.replace(path)
    with pytest.raises(ModelFormatError, match="has changed since it was loaded"):
        pickle.loads(pickled)
