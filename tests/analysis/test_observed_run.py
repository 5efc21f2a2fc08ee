"""Branches and iterations of a run: nested loops that count themselves, in the runtime's own words."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import tflops_native
from builders import ModelBuilder, options, signature
from tflops_native.analysis.entry import analyze_workload
from tflops_native.analysis.operators import Status
from tflops_native.errors import UnsupportedOperatorError
from tflops_native.model.reader import load
from tflops_native.runtime.executions import UnclearEventsError, execution_of
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.shapes import observe_run
from workloads import workload

SIDE = 4
PRODUCT = SIDE**3


def condition(builder, variables):
    """The subgraph `first variable < second variable`; returns its index."""
    graph = builder.graph()
    first, second = (graph.input([], "INT32") for _ in range(2))
    for shape, kind in variables:
        graph.input(shape, kind)
    graph.outputs = [graph.tensor([], "BOOL")]
    graph.operator("LESS", [first, second], graph.outputs, options("LessOptions"))
    return len(builder.graphs) - 1


def add_one(graph, index):
    made = graph.tensor([], "INT32")
    one = graph.constant(np.array(1, "i4"), "INT32")
    graph.operator("ADD", [index, one], [made], options("AddOptions"))
    return made


def product(graph, x):
    made = graph.tensor([SIDE, SIDE])
    graph.operator("BATCH_MATMUL", [x, x], [made], options("BatchMatMulOptions"))
    return made


def loop(graph, variables, shapes, condition, body):
    made = [graph.tensor(shape, kind) for shape, kind in shapes]
    fields = options("WhileOptions", cond_subgraph_index=condition, body_subgraph_index=body)
    graph.operator("WHILE", variables, made, fields)
    return made


SCALAR, SQUARE = ([], "INT32"), ([SIDE, SIDE], "FLOAT32")
VARIABLES = [SCALAR, SCALAR, SCALAR, SQUARE]


def nested(shares_condition=False):
    """while i < n: { j = 0; while j < i: { total += 1; x = x @ x; j += 1 }; i += 1 }; returns total."""
    builder = ModelBuilder()
    main = builder.graph()
    go_on = [condition(builder, VARIABLES[2:]) for _ in range(2)]
    if shares_condition:
        go_on[1] = go_on[0]

    inner = builder.graph()
    j, i, total, x = (inner.input(*variable) for variable in VARIABLES)
    inner.outputs = [add_one(inner, j), i, add_one(inner, total), product(inner, x)]

    outer = builder.graph()
    i, n, total, x = (outer.input(*variable) for variable in VARIABLES)
    zero = outer.constant(np.array(0, "i4"), "INT32")
    following = add_one(outer, i)
    _, _, total, x = loop(outer, [zero, i, total, x], VARIABLES, go_on[1], 3)
    outer.outputs = [following, n, total, x]

    n, x = main.input([], "INT32", name="n"), main.input([SIDE, SIDE], name="x")
    zero, none = (main.constant(np.array(0, "i4"), "INT32") for _ in range(2))
    main.outputs = loop(main, [zero, n, none, x], VARIABLES, go_on[0], 4)
    return builder.pack()


def output(data, values, position):
    native = tflops_native._native
    interpreter = native.Interpreter(native.Library.linked(), data, kernels="builtin")
    interpreter.allocate()
    for index, value in enumerate(values):
        interpreter.set_input(index, value)
    interpreter.invoke()
    return int(interpreter.get_output(position).view("i4").ravel()[0])


def asked(n):
    return {"n": np.array(n, "i4"), "x": np.zeros((SIDE, SIDE), "f4")}


def without_values(data, n):
    """Counts on the run alone: the value of `n` is in the run, and the analysis does not see it."""
    question = workload(load(data), inputs=asked(n))
    run = observe_run(question, RunOptions())
    blind = workload(load(data))
    return analyze_workload(
        blind, tensor_shapes=run.shapes, execution=run.execution, unobserved=run.unobserved
    )


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_nested_loops_whose_iterations_differ(n):
    data = nested()
    total = output(data, list(asked(n).values()), 2)  # as the model itself counts
    analysis = without_values(data, n)
    assert analysis.macs == total * PRODUCT
    assert analysis.coverage.is_complete
    assert analysis.has_runtime_iterations
    (outer,) = analysis.operators
    assert sum(call.times for call in outer.calls if call.role == "body") == n
    assert "in this run; data decides" in outer.note


def test_what_follows_from_values_agrees_with_the_run():
    data = nested()
    analysis = tflops_native.analyze(load(data), inputs=asked(3), shapes="runtime", strict=True)
    assert analysis.macs == output(data, list(asked(3).values()), 2) * PRODUCT
    assert analysis == tflops_native.analyze(
        load(data), inputs=asked(3), shapes="runtime", isolated=True
    )


def branch_with_loop():
    """if flag: { while i < n: { x = x @ x; i += 1 } } else: x."""
    builder = ModelBuilder()
    main = builder.graph()
    shapes = [SCALAR, SCALAR, SQUARE]
    go_on = condition(builder, shapes[2:])
    body = builder.graph()
    i, n, x = (body.input(*variable) for variable in shapes)
    body.outputs = [add_one(body, i), n, product(body, x)]
    then, otherwise = builder.graph(), builder.graph()
    for graph in (then, otherwise):
        n, x = graph.input([], "INT32"), graph.input([SIDE, SIDE])
        graph.outputs = [x]
    zero = then.constant(np.array(0, "i4"), "INT32")
    n, x = then.inputs
    then.outputs = loop(then, [zero, n, x], shapes, go_on, 2)[2:]
    negative = otherwise.tensor([SIDE, SIDE])
    otherwise.operator("NEG", [x], [negative], options("NegOptions"))
    otherwise.outputs = [negative]
    flag = main.input([], "BOOL", name="flag")
    n, x = main.input([], "INT32", name="n"), main.input([SIDE, SIDE], name="x")
    main.outputs = [main.tensor([SIDE, SIDE])]
    fields = options("IfOptions", then_subgraph_index=3, else_subgraph_index=4)
    main.operator("IF", [flag, n, x], main.outputs, fields)
    return builder.pack()


@pytest.mark.parametrize(("flag", "macs"), [(True, 6 * PRODUCT), (False, 0)])
def test_a_loop_in_the_branch_that_ran(flag, macs):
    data = branch_with_loop()
    values = {**asked(6), "flag": np.array(flag)}
    run = observe_run(workload(load(data), inputs=values), RunOptions())
    analysis = analyze_workload(
        workload(load(data)), tensor_shapes=run.shapes, execution=run.execution
    )
    assert analysis.macs == macs
    assert analysis.coverage.is_complete
    (branch,) = analysis.operators
    assert branch.note == f"in this run data chose `{'then' if flag else 'else'}`"


def test_a_delegate_hides_iterations_and_the_count_says_so(monkeypatch):
    from tflops_native.runtime import shapes

    run_with = shapes._run_with

    def lacking(kernels, *rest):
        if kernels == "builtin":
            raise shapes.InvokeError("Encountered unresolved custom op: Made")
        return run_with(kernels, *rest)

    monkeypatch.setattr(shapes, "_run_with", lacking)
    (report,) = tflops_native.count(nested(), shapes="runtime")
    assert report.analysis.operators[0].status is Status.ONE_ITERATION
    assert not report.analysis.has_runtime_iterations
    assert [note.text for note in report.notes if note.code == "iterations_unobserved"] == [
        "the run does not show branches and iterations: the runtime has no kernels of its own for "
        "this model, and XNNPACK hides them"
    ]
    with pytest.raises(UnsupportedOperatorError):
        tflops_native.analyze(nested(), shapes="runtime", strict=True)


def test_litert_shows_the_same():
    pytest.importorskip("ai_edge_litert")
    for data, values in (
        (nested(), asked(4)),
        (branch_with_loop(), {**asked(4), "flag": np.True_}),
    ):
        question = workload(load(data), inputs=values)
        there, here = (
            observe_run(question, RunOptions(runtime=name)) for name in ("litert", "tflite")
        )
        assert there.execution == here.execution is not None


def test_a_runtime_without_a_profiler_says_so(monkeypatch):
    from tflops_native.runtime import shapes

    monkeypatch.setattr(shapes, "NativeRuntime", type(None))
    run = observe_run(workload(load(nested()), inputs=asked(4)), RunOptions())
    assert run.execution is None
    assert run.unobserved.endswith("has no profiler")


class Events:
    """As the profiler hands them out: operator and subgraph of each."""

    def __init__(self, *events):
        kinds = sorted(set(events))
        self.events = [("", *kind, False) for kind in kinds]
        self.event_ids = [kinds.index(event) for event in events]
        self.run_offsets = [0, len(events)]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        # The body of the inner loop, subgraph 3, has three operators.
        ([(0, 0), (0, 1), (0, 4), (1, 4), (0, 2), (0, 3), (2, 3)], "3 fit together in no way"),
        ([(0, 0), (0, 1), (0, 4)], "no events of some operators of subgraph 4"),
        ([(0, 0), (0, 3)], "subgraph 3 fit together in no way"),
        ([], "no events of some operators of subgraph 0"),
    ],
)
def test_events_that_are_not_complete_are_no_guess(events, words):
    with pytest.raises(UnclearEventsError, match=words):
        execution_of(load(nested()), 0, Events(*events))


def test_loops_that_share_a_condition_inside_each_other_are_no_guess():
    model = load(nested(shares_condition=True))
    with pytest.raises(UnclearEventsError, match="in more than one way"):
        execution_of(model, 0, Events((0, 0), (0, 1), (0, 4), (1, 4), (0, 1), (0, 1)))


def test_a_signature_outside_of_the_main_subgraph():
    builder = ModelBuilder()
    main = builder.graph()
    y = main.input([2])
    main.outputs = [main.tensor([2])]
    main.operator("NEG", [y], main.outputs, options("NegOptions"))
    shapes = [SCALAR, SCALAR, SQUARE]
    go_on, body, graph = condition(builder, shapes[2:]), builder.graph(), builder.graph()
    i, n, x = (body.input(*variable) for variable in shapes)
    body.outputs = [add_one(body, i), n, product(body, x)]
    n, x = graph.input([], "INT32", name="n"), graph.input([SIDE, SIDE], name="x")
    zero = graph.constant(np.array(0, "i4"), "INT32")
    graph.outputs = loop(graph, [zero, n, x], shapes, go_on, 2)
    builder.signatures.append(signature("first", 0, {"y": y}, {"z": main.outputs[0]}))
    builder.signatures.append(
        signature("loop", 3, {"n": n, "x": x}, dict(zip("inz", graph.outputs, strict=True)))
    )
    asked_for = {"signature": "loop", "inputs": asked(6)}
    for runtime in ("tflite", "litert"):
        if runtime == "litert":
            pytest.importorskip("ai_edge_litert")
        run = observe_run(workload(load(builder.pack()), **asked_for), RunOptions(runtime=runtime))
        assert run.unobserved is None
        assert run.execution.of(0, 2).times == 6


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_loop_leaves_an_output_that_nothing_uses_as_it_is_in_the_file(times):
    """while i < n: y = y @ x, of an `x` with more rows and columns than the file says."""
    builder = ModelBuilder()
    main = builder.graph()
    variables = [SCALAR, SCALAR, SQUARE, SQUARE]
    go_on = condition(builder, variables[2:])
    body = builder.graph()
    i, n, x, y = (body.input(*variable) for variable in variables)
    made = body.tensor(*SQUARE)
    body.operator("BATCH_MATMUL", [y, x], [made], options("BatchMatMulOptions"))
    body.outputs = [add_one(body, i), n, x, made]
    x = main.input([SIDE, SIDE], shapeSignature=[-1, -1])
    start, end = (main.constant(np.array(number, "i4"), "INT32") for number in (0, times))
    main.outputs = loop(main, [start, end, x, x], variables, go_on, 2)[-1:]
    data, shape = builder.pack(), (SIDE + 1, SIDE + 1)

    found = tflops_native.verify(data, input_shapes=shape)
    assert found.is_right
    assert {difference.inferred for difference in found.not_compared} == {(), shape}  # n and x
    run = tflops_native.analyze(data, input_shapes=shape, shapes="runtime")
    assert run.coverage.is_complete
    assert run.macs == tflops_native.analyze(data, input_shapes=shape).macs
    assert run.macs == times * (SIDE + 1) ** 3
