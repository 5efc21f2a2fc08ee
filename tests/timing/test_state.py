"""What a model remembers is forgotten between the passes of a measurement."""

import lzma
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("builders")

import builders
from builders import ModelBuilder, options
from tflops_native.errors import InvokeError, RuntimeLibraryError
from tflops_native.measurement import measure
from tflops_native.model.reader import load
from tflops_native.runtime import libraries
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, reset_state
from workloads import measure_model, workload
from zoo import EXAMPLES, MODELS

ONES = {"x": np.ones((1, 2), np.float32)}
BUILTIN = RunOptions(kernels="builtin")


def variable_tensor():
    """RNN with weights that make it a sum: y = x + hidden state, which becomes y."""
    model = ModelBuilder()
    graph = model.graph()
    identity = np.eye(2, dtype=np.float32)
    tensors = [
        graph.input([1, 2], name="x"),
        graph.constant(identity),
        graph.constant(identity),
        graph.constant(np.zeros(2, np.float32)),
        graph.tensor([1, 2], isVariable=True),
    ]
    graph.outputs = [graph.tensor([1, 2])]
    graph.operator("RNN", tensors, graph.outputs, options("RNNOptions"))
    return model


def add_variable(graph, shared_name="sum"):
    handle = graph.tensor([], "RESOURCE")
    named = options("VarHandleOptions", shared_name=shared_name)
    graph.operator("VAR_HANDLE", [], [handle], named)
    return handle


def resource_variable(*, initialized=True):
    """A variable to which x is added: y is its new value. CALL_ONCE makes it zero."""
    model = ModelBuilder()
    graph = model.graph()
    x, old = graph.input([1, 2], name="x"), graph.tensor([1, 2])
    graph.outputs = [graph.tensor([1, 2])]
    if initialized:
        graph.operator("CALL_ONCE", [], [], options("CallOnceOptions", init_subgraph_index=1))
    handle = add_variable(graph)
    graph.operator("READ_VARIABLE", [handle], [old])
    graph.operator("ADD", [old, x], graph.outputs, options("AddOptions"))
    if initialized:
        graph.operator("ASSIGN_VARIABLE", [handle, graph.outputs[0]], [])
        once = model.graph()
        zeros = once.constant(np.zeros((1, 2), np.float32))
        once.operator("ASSIGN_VARIABLE", [add_variable(once), zeros], [])
    return model


def opened(model):
    library = libraries.open_runtime()
    session = open_session(workload(model.pack(), inputs=ONES), BUILTIN, library)
    fill_inputs(session, BUILTIN)
    first_invoke(session)
    return session, library


def run(session, times):
    """The first number of the output after so many invokes more."""
    for _ in range(times):
        session.interpreter.invoke()
    return session.interpreter.get_output(0)[0, 0]


def test_variable_tensors_are_set_back():
    session, library = opened(variable_tensor())
    assert run(session, 4) == 5
    again = reset_state(session, BUILTIN, library)
    assert again is session
    assert run(again, 1) == 1


def test_a_runtime_without_a_reset_gets_a_new_interpreter():
    class WithoutReset:
        def reset_variables(self):
            raise RuntimeLibraryError("no such function")

    session, library = opened(variable_tensor())
    session = replace(session, interpreter=WithoutReset())
    again = reset_state(session, BUILTIN, library)
    assert run(again, 1) == 2  # it was invoked once


def test_resource_variables_start_anew():
    session, library = opened(resource_variable())
    assert run(session, 4) == 5
    again = reset_state(session, BUILTIN, library)
    assert again is not session
    assert run(again, 1) == 2  # it was invoked once, which made the variable


def test_a_model_without_state_goes_on():
    library = libraries.open_runtime()
    session = open_session(workload(EXAMPLES / "single_conv_28x28.tflite"), BUILTIN, library)
    assert reset_state(session, BUILTIN, library) is session


@pytest.mark.parametrize("make", [variable_tensor, resource_variable])
def test_the_clean_samples_start_from_a_fresh_state(monkeypatch, make):
    sums = []
    original = measure.reset_state

    def observed(session, *rest):
        sums.append(run(session, 0))
        fresh = original(session, *rest)
        sums.append(run(fresh, 1))
        return fresh

    monkeypatch.setattr(measure, "reset_state", observed)
    measure_model(make().pack(), inputs=ONES, kernels="builtin", runs=3)
    before, after = sums
    assert before > 2 >= after


def test_variables_that_nothing_makes():
    data = lzma.decompress((MODELS / "control_flow" / "keras_gru_rolled.tflite.xz").read_bytes())
    for model in (load(data), load(resource_variable(initialized=False).pack())):
        with pytest.raises(InvokeError, match=r"READ_VARIABLE.*; nothing in the file assigns"):
            measure_model(model)


def test_variables_that_another_signature_makes():
    model = resource_variable(initialized=False)
    init = model.graph()
    init.operator("ASSIGN_VARIABLE", [add_variable(init), init.input([1, 2], name="v")], [])
    for key, index in (("serve", 0), ("init", 1)):
        graph = model.graphs[index]
        names = {graph.tensors[tensor].name: tensor for tensor in graph.inputs}
        outputs = {f"y{tensor}": tensor for tensor in graph.outputs}
        model.signatures.append(builders.signature(key, index, names, outputs))
    with pytest.raises(InvokeError, match=r"; only signature 'init' assigns the variables that"):
        measure_model(model.pack(), inputs=ONES, kernels="builtin", runs=3)


def test_other_failures_keep_their_words():
    model = ModelBuilder()
    graph = model.graph()
    x, made = graph.input([1], "INT32", name="x"), graph.tensor([1, 2])
    table = graph.constant(np.zeros((3, 2), np.float32))
    graph.operator("GATHER", [table, x], [made], options("GatherOptions"))
    graph.outputs = [made]
    with pytest.raises(InvokeError, match="GATHER") as raised:
        measure_model(model.pack(), inputs={"x": np.int32([3])})
    assert "variable" not in str(raised.value)
