"""Operators as models of their own: the same numbers, bit by bit, and the same counts."""

import numpy as np
import pytest

import tflops_native
from tflops_native.analysis.entry import analyze_workload
from tflops_native.errors import OptionError
from tflops_native.model.reader import load
from tflops_native.runtime.cut import ends
from tflops_native.runtime.kept import filled, kept_values
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from workloads import analyze_model, workload
from zoo import EXAMPLES, NAMES, case_model, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("flatbuffers", reason="writes models")
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
BUILTIN = RunOptions(kernels="builtin")
# These run for seconds. Their hybrid kernels are in other networks too, those of float32 in their float32.
LARGE = ("densenet121", "efficientnet_v2_b0", "inception_v3", "resnet50")
MODELS = [
    *sorted(path.name for path in EXAMPLES.glob("*.tflite")),
    *(
        pytest.param(name, marks=pytest.mark.referee)
        if name.startswith(LARGE) and name.endswith(("-float16", "-dynamic"))
        else name
        for name in NAMES
    ),
]


def same_bits(left, right):
    return (
        left.shape == right.shape
        and left.dtype == right.dtype
        and left.tobytes() == right.tobytes()
    )


@pytest.fixture
def analyzed_once(monkeypatch):
    """A model is analyzed for the first of its operators, and not again for each."""
    found = {}

    def once(given):
        key = (given.model, given.question)
        if key not in found:
            found[key] = analyze_workload(given)
        return found[key]

    monkeypatch.setattr("tflops_native.measurement.extract.analyze_workload", once)


@pytest.mark.usefixtures("analyzed_once")
@pytest.mark.parametrize("name", MODELS)
def test_an_extracted_operator_computes_what_it_does_in_the_model(name):
    model = load(EXAMPLES / name if name.endswith(".tflite") else zoo_model(name))
    graph = model.subgraphs[0]
    runtime = open_runtime()
    # Where the file leaves all lengths open, 1 is less than the kernel's window.
    shapes = {"input": (1, 28, 28, 1)} if name == "single_conv_dynamic.tflite" else None
    session = open_session(workload(model, input_shapes=shapes), BUILTIN, runtime)
    fill_inputs(session, BUILTIN)
    values = kept_values(session, runtime, BUILTIN)
    counted = analyze_model(model, input_shapes=shapes).operators
    # Blocks repeat: one of the same operators is enough.
    kinds = {}
    for operator in graph.operators:
        shapes = tuple(graph.tensors[i].shape for i in operator.inputs if i is not None)
        kinds.setdefault((operator.name, shapes, str(operator.options)), operator)
    compared = 0
    for operator in kinds.values():
        inputs, outputs = ends(graph, [operator.index])
        if operator.subgraphs or any(i not in values for i in (*inputs, *outputs)):
            continue
        found = tflops_native.extract(model, operator.index)
        interpreter = filled(bytes(found.data), inputs, values, runtime, BUILTIN)
        interpreter.invoke()
        for position, tensor in enumerate(outputs):
            assert same_bits(interpreter.get_output(position), values[tensor]), operator.name
        shapes = {
            item.name: values[tensor].shape
            for item, tensor in zip(workload(found).entry.inputs, inputs, strict=True)
        }
        alone = analyze_model(found, input_shapes=shapes).operators
        assert [o.name for o in alone] == [operator.name]
        assert alone[0].cost.macs == counted[operator.index].cost.macs
        compared += 1
    assert compared >= min(len(kinds), 20) * 0.9


def test_several_operators_run_as_they_do_in_the_model(tmp_path):
    found = tflops_native.extract(MOBILENET, [0, 1, 2], output=tmp_path / "three.tflite")
    assert [o.name for o in found.subgraphs[0].operators] == [
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "CONV_2D",
    ]
    assert load(tmp_path / "three.tflite").data == found.data
    assert found.size_bytes < 20_000  # the other weights stay behind


def test_inputs_are_those_of_a_run_of_the_model(tmp_path):
    data = tmp_path / "fed.npz"
    found = tflops_native.extract(MOBILENET, 4, inputs_file=data, seed=3)
    with np.load(data) as saved:
        (array,) = saved.values()
        assert list(saved) == [item.name for item in workload(found).entry.inputs]
    assert array.shape == found.subgraphs[0].tensors[found.subgraphs[0].inputs[0]].shape
    assert array.min() >= 0  # behind a ReLU6
    assert array.max() <= 6
    timing = tflops_native.measure(found, inputs={"": data}, runs=2, profile=False)
    assert [record.kind for record in timing.inputs] == ["file"]


@pytest.mark.parametrize("operators", [34, -1, [0, 99], [], [2, 2]])
def test_an_operator_that_does_not_exist(operators):
    with pytest.raises(OptionError):
        tflops_native.extract(MOBILENET, operators)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "flatbuffers", None)
    with pytest.raises(OptionError, match=r"pip install 'tflops-native\[extract\]'"):
        tflops_native.extract(MOBILENET, 0)


@pytest.mark.parametrize("name", ["sparse_1024", "sparse_blocks", "blockwise_int4"])
def test_what_describes_the_weights_goes_with_them(name):
    model = load(case_model(name))
    graph = model.subgraphs[0]
    for operator in graph.operators:
        found = tflops_native.extract(model, operator.index).subgraphs[0]
        for old, new in zip(operator.inputs, found.operators[0].inputs, strict=True):
            if old is None:
                assert new is None
                continue
            old, new = graph.tensors[old], found.tensors[new]
            assert (new.name, new.type, new.shape) == (old.name, old.type, old.shape)
            assert new.data == old.data
            assert new.sparsity == old.sparsity
            details = old.quantization and old.quantization.details
            if details:
                scales = found.tensors[new.quantization.details.scales]
                assert scales.data == graph.tensors[details.scales].data
