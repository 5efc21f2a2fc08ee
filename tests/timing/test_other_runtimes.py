"""Errors of a runtime that refuses a model: its own words, and which other runtime takes the model."""

from importlib.util import find_spec

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import numpy as np
from flatbuffers import flexbuffers

from builders import ModelBuilder, options, signature
from tflops_native import InvokeError, OptionError, api
from tflops_native.measurement import other_runtimes
from tflops_native.model.reader import load
from tflops_native.runtime.options import LITERT, LITERT_LM, RunOptions
from tflops_native.workload import Workload

INSTALLED = [
    name
    for name, module in ((LITERT, "ai_edge_litert"), (LITERT_LM, "litert_lm"))
    if find_spec(module)
]
FEW = {"runs": 1, "profile": False}


def composite():
    """x [2, 3] -> ABS -> a composite of NEG and EXP."""
    builder = ModelBuilder()
    main, body = builder.graph(), builder.graph()
    x, made, y = main.input([2, 3], name="x"), main.tensor([2, 3]), main.tensor([2, 3])
    attributes = list(flexbuffers.Dumps({}))
    fields = {"name": "my.composite", "decomposition_subgraph_index": 1}
    main.operator("ABS", [x], [made], options("AbsOptions"))
    main.operator(
        "STABLEHLO_COMPOSITE",
        [made],
        [y],
        options("StableHLOCompositeOptions", composite_attributes=attributes, **fields),
    )
    main.outputs = [y]
    inner, between, end = body.input([2, 3]), body.tensor([2, 3]), body.tensor([2, 3])
    body.operator("NEG", [inner], [between], options("NegOptions"))
    body.operator("EXP", [between], [end], options("ExpOptions"))
    body.outputs = [end]
    builder.signatures = [signature("serving_default", 0, {"x": x}, {"y": y})]
    return builder.pack()


def single(name, version=1, **state):
    """One operator on x [3], and on a variable too if `state` says what it is."""
    builder = ModelBuilder()
    graph = builder.graph()
    x, y = graph.input([3], name="x"), graph.tensor([3])
    inputs = [x, graph.tensor([3], **state)] if state else [x]
    tables = {"ABS": "AbsOptions", "ADD": "AddOptions"}
    graph.operator(name, inputs, [y], options(tables[name]) if name in tables else None)
    graph.outputs = [y]
    builder.codes[0].version = version
    builder.signatures = [signature("serving_default", 0, {"x": x}, {"y": y})]
    return builder.pack()


UNKNOWN_VERSION = {"name": "ABS", "version": 99}


def refusal(model, runtime="tflite"):
    """The message and the notes of the error with which a runtime refuses a model."""
    with pytest.raises(InvokeError) as caught:
        api.measure(model, runtime=runtime, **FEW)
    return str(caught.value), getattr(caught.value, "__notes__", [])


def test_a_newer_runtime_that_runs_the_model_is_named():
    if not INSTALLED:
        pytest.skip("neither LiteRT nor LiteRT-LM is installed")
    message, notes = refusal(composite())
    assert "Didn't find op for builtin opcode 'STABLEHLO_COMPOSITE'" in message
    (note,) = notes
    named = note.rpartition("--runtime ")[2]
    assert named in INSTALLED
    assert api.measure(composite(), runtime=named, **FEW).samples_ns


def test_a_count_with_the_shapes_of_a_run_takes_the_runtime_that_is_named():
    if not INSTALLED:
        pytest.skip("neither LiteRT nor LiteRT-LM is installed")
    model = composite()
    with pytest.raises(InvokeError) as caught:
        api.count(model, shapes="runtime")
    (note,) = caught.value.__notes__
    named = note.rpartition("--runtime ")[2]
    (report,) = api.count(model, shapes="runtime", runtime=named)
    assert report.analysis.total == api.analyze(model).total
    assert api.analyze(model, shapes="runtime", runtime=named).total == report.analysis.total


@pytest.mark.parametrize("count", [api.count, api.analyze])
def test_a_runtime_without_a_run_is_refused(count):
    with pytest.raises(
        OptionError, match="runtime 'litert' needs shapes 'runtime', got 'inferred'"
    ):
        count(single("ABS"), runtime="litert")


def test_none_is_named_that_refuses_it_too():
    message, notes = refusal(single(**UNKNOWN_VERSION))
    assert "version '99'" in message
    if INSTALLED:
        assert notes == []


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        (composite, "pip install 'tflops-native[litert]', then --runtime litert"),
        (lambda: single("Frobnicate"), None),
    ],
    ids=["builtin", "custom"],
)
def test_where_none_is_installed_a_newer_one_may_have_it(monkeypatch, model, hint):
    monkeypatch.setattr(other_runtimes, "find_spec", lambda module: None)
    message, notes = refusal(model())
    if hint is None:
        assert notes == []
        assert "Frobnicate" in message
    else:
        assert notes == [f"LiteRT, which is newer, may have it: {hint}"]


CRASHED = "the runtime crashed (the measuring process was ended by SIGSEGV at step {!r})"


@pytest.mark.parametrize(
    ("step", "is_tried"), [("load", True), ("allocate", True), ("invoke", False)]
)
def test_where_the_runtime_crashes_on_the_model_another_is_named(step, is_tried):
    """As TensorFlow Lite 2.17.1 does on weights in blocks of 4 bits; a crash in a run may be the data's."""
    if not INSTALLED:
        pytest.skip("neither LiteRT nor LiteRT-LM is installed")
    workload = Workload.resolve(load(single("ABS")))
    words = other_runtimes.other_runtime(workload, RunOptions(), CRASHED.format(step))
    assert (words is not None) is is_tried


@pytest.mark.skipif(LITERT not in INSTALLED, reason="LiteRT is an extra")
def test_litert_says_which_operator_it_lacks():
    message, _ = refusal(single(**UNKNOWN_VERSION), LITERT)
    assert message.startswith("LiteRT could not compile the model: Didn't find op")
    assert "'ABS' version '99'" in message


@pytest.mark.skipif(LITERT not in INSTALLED, reason="LiteRT is an extra")
def test_what_litert_refuses_the_default_runs():
    message, notes = refusal(single("ADD", isVariable=True), LITERT)
    assert "Variable tensors not yet supported" in message
    assert notes == ["TensorFlow Lite 2.17.1 runs it: --runtime tflite"]


@pytest.mark.parametrize("runtime", ["tflite", *INSTALLED])
def test_operators_of_tensorflow_itself(runtime):
    message, notes = refusal(single("FlexMatrixInverse"), runtime)
    assert "select TF operators: FlexMatrixInverse" in message
    assert "Android" not in message
    assert "--runtime tensorflow" in message
    assert notes == []


def with_open_output(name, is_said=True):
    """x [1, ?, ?, 2], its sides computed anew as the model runs, and an operator that makes use of them.

    `is_said`: whether the file says that the output is open.
    """
    builder = ModelBuilder()
    graph = builder.graph()
    n, x = graph.input([], "INT32", name="n"), graph.input([1, 1, 1, 2], name="x")
    graph.tensors[x].shapeSignature = [1, -1, -1, 2]
    shape, doubled = graph.tensor([4], "INT32"), graph.tensor([4], "INT32")
    graph.operator("SHAPE", [x], [shape], options("ShapeOptions", out_type=2))
    twice = graph.constant([1, 2, 2, 1], "INT32")
    if name == "FILL":
        graph.operator("MUL", [shape, n], [doubled], options("MulOptions"))
    else:
        graph.operator("MAXIMUM", [shape, twice], [doubled], options("MaximumMinimumOptions"))
    y = graph.tensor([1, 1, 1, 2], shapeSignature=[-1, -1, -1, 2] if is_said else None)
    if name == "FILL":
        graph.operator("FILL", [doubled, graph.constant(1.0, "FLOAT32")], [y], None)
    else:
        filters = graph.constant(np.ones((2, 3, 3, 2), "f4"))
        fields = options("TransposeConvOptions", stride_w=1, stride_h=1)
        made = graph.tensor([1, 1, 1, 2], shapeSignature=[-1, -1, -1, 2])
        graph.operator("TRANSPOSE_CONV", [doubled, filters, x], [made], fields)
        graph.operator("NEG", [made], [y], options("NegOptions"))
    graph.outputs = [y]
    builder.signatures = [signature("serving_default", 0, {"n": n, "x": x}, {"y": y})]
    return builder.pack()


@pytest.mark.skipif(LITERT not in INSTALLED, reason="LiteRT is an extra")
@pytest.mark.parametrize("is_said", [True, False])
def test_litert_has_memory_for_an_output_that_becomes_larger_than_in_the_file(is_said):
    model = with_open_output("TRANSPOSE_CONV", is_said)
    found = api.verify(model, runtime=LITERT, input_shapes={"x": (1, 5, 7, 2)})
    assert found.is_right
    assert found.tensors == 3  # the two inputs, a scalar among them, and the output


@pytest.mark.skipif(LITERT not in INSTALLED, reason="LiteRT is an extra")
def test_where_litert_has_no_memory_for_an_output_that_data_decides_the_default_has():
    _, notes = refusal(with_open_output("FILL"), LITERT)
    assert "TensorFlow Lite 2.17.1 runs it: --runtime tflite" in notes
