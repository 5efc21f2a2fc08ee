"""Branches and loops: iterations, costs and shapes, on what the converter writes and on graphs by hand."""

import lzma

import numpy as np
import pytest

from builders import ModelBuilder, options
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError, UnsupportedOperatorError
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import MODELS, case_model

PRODUCT = 8 * 8 * 8  # multiplications of two 8x8 matrices


def converted(name):
    return load(lzma.decompress((MODELS / "control_flow" / f"{name}.tflite.xz").read_bytes()))


def test_a_while_of_ten_products():
    # The converter's own estimate counts one iteration: 512.
    analysis = analyze_model(converted("while_ten_matmuls"))
    assert analysis.macs == 10 * PRODUCT
    assert analysis.coverage.is_complete
    (loop,) = analysis.operators
    condition, body = loop.calls
    assert (condition.role, condition.times) == ("condition", 11)
    assert (body.role, body.times) == ("body", 10)
    # The comparison is made once more than the counter is added to.
    assert analysis.operations == {"float32": 2 * 10 * PRODUCT, "int32": 11 + 10}


def test_loop_variables_are_copied_as_the_kernel_does():
    """tflite/kernels/while.cc: into the body before the first iteration, and out of it after each."""
    counter, matrix = 4, 8 * 8 * 4
    copied = counter + matrix
    for _ in range(10):
        copied += counter + matrix
    (loop,) = analyze_model(converted("while_ten_matmuls")).operators
    assert (loop.own_bytes_read, loop.own_bytes_written) == (copied, copied)


def test_a_loop_variable_that_stays_as_it_is_is_not_copied():
    given = {"n": np.array(5, np.int32)}
    (loop,) = analyze_model(load(case_model("while_n")), inputs=given).operators
    body = load(case_model("while_n")).subgraphs[2]
    changed = sum(
        4 * int(np.prod(body.tensors[i].shape))
        for i, o in zip(body.inputs, body.outputs, strict=True)
        if i != o
    )
    assert loop.own_bytes_read == sum(changed for _ in range(5 + 1))
    assert changed < sum(4 * int(np.prod(body.tensors[i].shape)) for i in body.inputs)


def test_a_while_whose_turns_only_data_decides():
    model = converted("while_n_matmuls")
    analysis = analyze_model(model)
    assert analysis.macs == PRODUCT
    (loop,) = analysis.operators
    assert loop.status is Status.ONE_ITERATION
    assert "--trip-count" in loop.note
    assert analysis.coverage.one_iteration == 1
    assert analysis.coverage.is_lower_bound
    with pytest.raises(UnsupportedOperatorError, match=r"1 of 1 operators .* WHILE"):
        analyze_model(model, strict=True)


@pytest.mark.parametrize("iterations", [0, 1, 7])
def test_the_user_says_how_often_a_loop_iterates(iterations):
    analysis = analyze_model(converted("while_n_matmuls"), trip_count=iterations, strict=True)
    assert analysis.macs == iterations * PRODUCT
    assert analysis.coverage.is_complete


def test_a_negative_trip_count_is_refused():
    with pytest.raises(ValueError, match="trip_count must be 0 or more, got -1"):
        analyze_model(converted("while_n_matmuls"), trip_count=-1)


def test_of_two_branches_the_more_expensive_one_is_the_bound():
    analysis = analyze_model(converted("if_matmul"))
    (branch,) = analysis.operators
    assert branch.status is Status.BOUNDED
    assert branch.cost.macs == PRODUCT
    assert branch.minimum.operations == 64
    assert {call.role: call.is_counted for call in branch.calls} == {"then": True, "else": False}
    assert not analysis.coverage.is_complete
    assert not analysis.coverage.is_lower_bound


@pytest.mark.parametrize("kind", ["lstm", "gru", "simplernn"])
def test_a_rolled_layer_counts_what_the_unrolled_one_does(kind):
    rolled = analyze_model(converted(f"keras_{kind}_rolled"))
    unrolled = analyze_model(converted(f"keras_{kind}_unrolled"))
    assert rolled.macs == unrolled.macs
    assert rolled.coverage.is_complete
    assert unrolled.coverage.is_complete
    # Of the rest they differ in the loop's own counting, and in what the first step knows to be 0.
    assert 0.95 < unrolled.flops / rolled.flops < 1.05


@pytest.mark.parametrize(
    ("kind", "macs_of_a_step"),
    [
        # Gates times units times (features + units): 4, 3 and 1 gates of 24 units, 16 features.
        ("lstm", 4 * 24 * (16 + 24)),
        ("gru", 3 * 24 * (16 + 24)),
        ("simplernn", 24 * (16 + 24)),
    ],
)
def test_recurrent_macs_from_their_definition(kind, macs_of_a_step):
    analysis = analyze_model(converted(f"keras_{kind}_rolled"))
    assert analysis.macs == 12 * macs_of_a_step + 24 * 10


def counting_loop(limit, step=1):
    """while i < limit: x = concatenation(x, x) on axis 0; i += step. Every iteration doubles x."""
    builder = ModelBuilder()
    graph, condition, body = builder.graph(), builder.graph(), builder.graph()
    start = graph.constant(np.array(0, np.int32), "INT32")
    x = graph.input([2, 3], "FLOAT32")
    graph.outputs = [graph.tensor([], "INT32"), graph.tensor([], "FLOAT32")]
    loop = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    graph.operator("WHILE", [start, x], graph.outputs, loop)

    i = condition.input([], "INT32")
    condition.input([2, 3], "FLOAT32")
    bound = condition.constant(np.array(limit, np.int32), "INT32")
    condition.outputs = [condition.tensor([], "BOOL")]
    condition.operator("LESS", [i, bound], condition.outputs, options("LessOptions"))

    i = body.input([], "INT32")
    x = body.input([2, 3], "FLOAT32")
    stride = body.constant(np.array(step, np.int32), "INT32")
    body.outputs = [body.tensor([], "INT32"), body.tensor([], "FLOAT32")]
    body.operator("ADD", [i, stride], body.outputs[:1], options("AddOptions"))
    body.operator(
        "CONCATENATION", [x, x], body.outputs[1:], options("ConcatenationOptions", axis=0)
    )
    return builder.pack()


def ten_products():
    return lzma.decompress((MODELS / "control_flow" / "while_ten_matmuls.tflite.xz").read_bytes())


@pytest.mark.parametrize(
    "data",
    [ten_products(), counting_loop(3), counting_loop(0), counting_loop(5, step=2)],
    ids=["products", "three iterations", "no iteration", "steps of two"],
)
def test_shapes_behind_a_loop_are_the_runtimes(data):
    native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    interpreter = native.Interpreter(native.Library.linked(), data, kernels="builtin")
    interpreter.allocate()
    interpreter.set_input(0, np.zeros(interpreter.inputs[0].byte_size, np.uint8))
    interpreter.invoke()
    analysis = analyze_model(load(data))
    # The only operator's outputs; the graph's come in another order in one of the models.
    inferred = {analysis.tensor_shapes[output.index] for output in interpreter.outputs}
    assert {output.shape for output in interpreter.outputs} == inferred


def test_a_shape_that_grows_from_turn_to_turn():
    # 2 rows, doubled three times; the runtime gives 16 rows as well.
    analysis = analyze_model(load(counting_loop(3)))
    assert analysis.operators[0].output_shapes == ((), (16, 3))
    assert analysis.coverage.is_complete
    bodies = [call for call in analysis.operators[0].calls if call.role == "body"]
    written = [call.operators[1].bytes_written for call in bodies]
    assert written == [4 * 4 * 3, 8 * 4 * 3, 16 * 4 * 3]


def test_a_loop_that_never_turns_hands_its_inputs_on():
    analysis = analyze_model(load(counting_loop(0)))
    assert analysis.operators[0].output_shapes == ((), (2, 3))
    assert analysis.total.operations == 1  # the condition


def test_steps_of_two():
    analysis = analyze_model(load(counting_loop(5, step=2)))
    condition = analysis.operators[0].calls[0]
    assert condition.times == 4  # 0, 2 and 4 go on, 6 does not


def test_a_subgraph_that_runs_itself_is_refused():
    builder = ModelBuilder()
    graph, inner = builder.graph(), builder.graph()
    for made in (graph, inner):
        flag, x = made.input([], "BOOL"), made.input([2], "FLOAT32")
        made.outputs = [made.tensor([], "FLOAT32")]
        branches = options("IfOptions", then_subgraph_index=1, else_subgraph_index=1)
        made.operator("IF", [flag, x], made.outputs, branches)
    with pytest.raises(ShapeError) as error:
        analyze_model(load(builder.pack()))
    text = " ".join([str(error.value), *error.value.__notes__])
    assert "operator 0 (IF) in subgraph 0" in text


def test_initialization_is_counted_apart():
    builder = ModelBuilder()
    graph, once = builder.graph(), builder.graph()
    x = graph.input([4], "FLOAT32")
    graph.operator("CALL_ONCE", [], [], options("CallOnceOptions", init_subgraph_index=1))
    graph.outputs = [graph.tensor([], "FLOAT32")]
    graph.operator("NEG", [x], graph.outputs, options("NegOptions"))
    table = once.constant(np.zeros(100, np.float32), "FLOAT32")
    once.operator("NEG", [table], [once.tensor([], "FLOAT32")], options("NegOptions"))
    analysis = analyze_model(load(builder.pack()))
    assert analysis.total.operations == 4
    assert analysis.initialization.operations == 100
    assert analysis.coverage.is_complete
