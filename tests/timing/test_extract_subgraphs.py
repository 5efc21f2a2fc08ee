"""Operators that run subgraphs, and those inside of subgraphs, as models of their own."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("flatbuffers", reason="writes models")

import tflops_native
from builders import ModelBuilder, options
from tflops_native.errors import OptionError
from tflops_native.model.address import operators_at
from tflops_native.model.reader import load
from tflops_native.runtime.cut import ends
from tflops_native.runtime.kept import filled, kept_inside
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from workloads import analyze_model, workload
from zoo import MODELS, case_model

BUILTIN = RunOptions(kernels="builtin")
VARIABLE = options("VarHandleOptions", container="", shared_name="v")
NAMES = ("while_ten_matmuls", "while_n_matmuls", "if_matmul")


def converted(name):
    import lzma

    path = MODELS / "control_flow" / f"{name}.tflite.xz"
    return lzma.decompress(path.read_bytes())


def branch_in_loop(iterations=3):
    """A loop whose body multiplies by weights in every second iteration, else by others, twice."""
    builder = ModelBuilder()
    main, condition, body, then, otherwise = (builder.graph() for _ in range(5))
    weights = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 4)).astype(np.float32)
    zero = main.constant(0, "INT32")
    x = main.input((2, 4))
    made = [main.tensor((), "INT32"), main.tensor((2, 4))]
    loop = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    main.operator("WHILE", [zero, x], made, loop)
    main.outputs = [made[1]]

    counter = condition.input((), "INT32")
    condition.input((2, 4))
    less = condition.tensor((), "BOOL")
    limit = condition.constant(iterations, "INT32")
    condition.operator("LESS", [counter, limit], [less], options("LessOptions"))
    condition.outputs = [less]

    counter, x = body.input((), "INT32"), body.input((2, 4))
    rest, even = body.tensor((), "INT32"), body.tensor((), "BOOL")
    mod = [counter, body.constant(2, "INT32")]
    body.operator("FLOOR_MOD", mod, [rest], options("FloorModOptions"))
    equal = [rest, body.constant(0, "INT32")]
    body.operator("EQUAL", equal, [even], options("EqualOptions"))
    y, more = body.tensor((2, 4)), body.tensor((), "INT32")
    branches = options("IfOptions", then_subgraph_index=3, else_subgraph_index=4)
    body.operator("IF", [even, x], [y], branches)
    body.operator("ADD", [counter, body.constant(1, "INT32")], [more], options("AddOptions"))
    body.outputs = [more, y]

    x, y = then.input((2, 4)), then.tensor((2, 4))
    dense = options("FullyConnectedOptions")
    then.operator("FULLY_CONNECTED", [x, then.constant(weights)], [y], dense)
    then.outputs = [y]
    x, y, z = otherwise.input((2, 4)), otherwise.tensor((2, 4)), otherwise.tensor((2, 4))
    otherwise.operator("FULLY_CONNECTED", [x, otherwise.constant(weights.T)], [y], dense)
    otherwise.operator("EXP", [y], [z], options("ExpOptions"))
    otherwise.outputs = [z]
    return builder.pack()


def initialize(main, once):
    """Let the first subgraph behind the main one set the variable to 3, once."""
    handle = once.tensor((), "RESOURCE")
    once.operator("VAR_HANDLE", [], [handle], VARIABLE)
    start = once.constant(np.full((2,), 3.0, np.float32))
    once.operator("ASSIGN_VARIABLE", [handle, start], [], options("AssignVariableOptions"))
    main.operator("CALL_ONCE", [], [], options("CallOnceOptions", init_subgraph_index=1))


def variable():
    """A variable that a subgraph initializes once, and that each inference adds to."""
    builder = ModelBuilder()
    main, once = builder.graph(), builder.graph()
    initialize(main, once)
    x = main.input((2,))
    handle, held, total = main.tensor((), "RESOURCE"), main.tensor((2,)), main.tensor((2,))
    main.operator("VAR_HANDLE", [], [handle], VARIABLE)
    main.operator("READ_VARIABLE", [handle], [held], options("ReadVariableOptions"))
    main.operator("ADD", [held, x], [total], options("AddOptions"))
    main.operator("ASSIGN_VARIABLE", [handle, total], [], options("AssignVariableOptions"))
    main.outputs = [total]
    return builder.pack()


def listed(operators, around=""):
    """Every operator with its path, as tables show them."""
    for operator in operators:
        yield f"{around}{operator.index}", operator
        for call in operator.calls:
            yield from listed(call.operators, f"{around}{operator.index}/{call.role}/")


def run(model, inputs, values, runtime=None):
    interpreter = filled(bytes(model.data), inputs, values, runtime or open_runtime(), BUILTIN)
    interpreter.invoke()
    return [interpreter.get_output(n) for n in range(len(interpreter.outputs))]


@pytest.mark.parametrize("model", [*map(converted, NAMES), branch_in_loop()], ids=[*NAMES, "made"])
def test_each_operator_computes_what_it_does_in_its_place(model, tmp_path):
    model = load(model)
    runtime = open_runtime()
    session = open_session(workload(model), BUILTIN, runtime)
    fill_inputs(session, BUILTIN)
    compared = set()
    for path, operator in listed(analyze_model(model).operators):
        place = operators_at(model, model.subgraphs[0], path)
        values = kept_inside(session, runtime, BUILTIN, place.calls)
        fed = tmp_path / f"{path.replace('/', '_')}.npz"
        found = tflops_native.extract(model, path, inputs_file=fed)
        inputs, outputs = ends(place.subgraph, place.operators)
        results = run(found, inputs, values)
        assert [r.tobytes() for r in results] == [values[i].tobytes() for i in outputs]
        given = {item.name: fed for item in workload(found).entry.inputs}
        (alone,) = analyze_model(found, inputs=given).operators
        assert (alone.name, alone.macs) == (operator.name, operator.macs)
        compared.add(operator.name)
    assert compared & {"WHILE", "IF"}


def test_a_loop_by_hand_computes_what_the_model_does():
    model = load(branch_in_loop(iterations=5))
    condition = tflops_native.extract(model, "0/condition/0")
    body = tflops_native.extract(model, "0/body/0-3")
    assert [o.name for o in body.subgraphs[0].operators] == ["FLOOR_MOD", "EQUAL", "IF", "ADD"]
    assert len(body.subgraphs) == 3
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    counter, y = np.array(0, np.int32), x
    # Outputs are in the order in which operators make them: the result of the branch, then the counter.
    while run(condition, [0], {0: counter})[0].item():
        y, counter = run(body, [0, 1], {0: counter, 1: y})
    assert counter.item() == 5
    (whole,) = run(model, [0], {0: x})
    assert y.tobytes() == whole.tobytes()


def test_all_of_a_loop_goes_with_it():
    model = load(branch_in_loop())
    found = tflops_native.extract(model, 0)
    assert [graph.index for graph in found.subgraphs] == [0, 1, 2, 3, 4]
    assert {len(found.subgraphs[1].operators), len(found.subgraphs[2].operators)} == {1, 4}
    before, after = analyze_model(model), analyze_model(found)
    assert after.macs == before.macs == (2 + 1) * 2 * 4 * 4


def test_only_what_is_run_goes_with_an_operator():
    found = tflops_native.extract(branch_in_loop(), "0/body/2/else/0")
    assert len(found.subgraphs) == 1
    assert [o.name for o in found.subgraphs[0].operators] == ["FULLY_CONNECTED"]
    assert len(tflops_native.extract(branch_in_loop(), "0/body/2").subgraphs) == 3


def test_a_variable_comes_with_what_makes_and_initializes_it():
    model = load(variable())
    found = tflops_native.extract(model, 2)
    assert [o.name for o in found.subgraphs[0].operators] == [
        "CALL_ONCE",
        "VAR_HANDLE",
        "READ_VARIABLE",
    ]
    assert run(found, [], {})[0].tolist() == [3.0, 3.0]


def passing_on(depth, makes_handle):
    """A branch in a branch, so many, passes a variable on, which the innermost one adds x to.

    Args:
        makes_handle: adds the operator to the main subgraph that makes the handle.
    """
    builder = ModelBuilder()
    main, once, *inner = (builder.graph() for _ in range(2 + depth))
    initialize(main, once)
    condition = main.input((), "BOOL", name="condition")
    x = main.input((2,), name="x")
    handle = makes_handle(builder, main, condition)
    for number in range(depth):
        graph = main if number == 0 else inner[number - 1]
        out = graph.tensor((2,))
        branches = options(
            "IfOptions", then_subgraph_index=2 + number, else_subgraph_index=2 + number
        )
        graph.operator("IF", [condition, condition, x, handle], [out], branches)
        graph.outputs = [out]
        # Passed in an order of their own.
        condition = inner[number].input((), "BOOL")
        x, handle = inner[number].input((2,)), inner[number].input((), "RESOURCE")
    held, total = inner[-1].tensor((2,)), inner[-1].tensor((2,))
    inner[-1].operator("READ_VARIABLE", [handle], [held], options("ReadVariableOptions"))
    inner[-1].operator("ADD", [held, x], [total], options("AddOptions"))
    inner[-1].operator("ASSIGN_VARIABLE", [handle, total], [], options("AssignVariableOptions"))
    inner[-1].outputs = [total]
    return builder.pack()


def made_in_main(builder, main, condition):
    handle = main.tensor((), "RESOURCE")
    main.operator("VAR_HANDLE", [], [handle], VARIABLE)
    return handle


def chosen_by_a_branch(builder, main, condition):
    """The handle that a subgraph returns."""
    inner = builder.graph()
    own = inner.tensor((), "RESOURCE")
    inner.operator("VAR_HANDLE", [], [own], VARIABLE)
    inner.outputs = [own]
    handle, index = main.tensor((), "RESOURCE"), len(builder.graphs) - 1
    branches = options("IfOptions", then_subgraph_index=index, else_subgraph_index=index)
    main.operator("IF", [condition], [handle], branches)
    return handle


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_variable_that_is_passed_on_comes_with_what_makes_and_initializes_it(depth):
    model = load(passing_on(depth, made_in_main))
    around = "2/then/" + "0/then/" * (depth - 1)
    found = tflops_native.extract(model, f"{around}0")
    names = ["CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE"]
    assert [o.name for o in found.subgraphs[0].operators] == names
    assert run(found, [], {})[0].tolist() == [3.0, 3.0]
    both = tflops_native.extract(model, f"{around}0-2")
    assert len(both.subgraphs[0].inputs) == 1
    assert run(both, [0], {0: np.array([1, 2], np.float32)})[-1].tolist() == [4.0, 5.0]
    if depth > 1:
        # An operator that passes it on.
        outer = tflops_native.extract(model, "2/then/0")
        assert [o.name for o in outer.subgraphs[0].operators] == ["CALL_ONCE", "VAR_HANDLE", "IF"]
        fed = {0: np.array(True), 1: np.array([1, 2], np.float32)}
        assert run(outer, [0, 1], fed)[0].tolist() == [4.0, 5.0]


def test_a_variable_of_a_subgraph_is_initialized_where_the_model_does_it():
    builder = ModelBuilder()
    main, once, inner = builder.graph(), builder.graph(), builder.graph()
    initialize(main, once)
    condition, out = main.input((), "BOOL"), main.tensor((2,))
    branches = options("IfOptions", then_subgraph_index=2, else_subgraph_index=2)
    main.operator("IF", [condition], [out], branches)
    main.outputs = [out]
    handle, held = inner.tensor((), "RESOURCE"), inner.tensor((2,))
    inner.operator("VAR_HANDLE", [], [handle], VARIABLE)
    inner.operator("READ_VARIABLE", [handle], [held], options("ReadVariableOptions"))
    inner.outputs = [held]
    found = tflops_native.extract(builder.pack(), "1/then/1")
    assert run(found, [], {})[0].tolist() == [3.0, 3.0]


def test_a_variable_that_a_branch_returns_cannot_be_passed():
    with pytest.raises(OptionError, match="extract the operator that runs the subgraph"):
        tflops_native.extract(passing_on(1, chosen_by_a_branch), "2/then/0")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("0/body/9", r"no operator 0/body/9: 0/body has 0/body/0 to 0/body/3"),
        ("0/then/0", r"operator 0 \(WHILE\) runs no 'then', but condition, body"),
        ("0/body/0/body/0", r"operator 0/body/0 \(FLOOR_MOD\) runs no 'body', but no subgraph"),
        ("7/body/0", "no operator 7: the model has 0 to 0"),
        ("0/body", "not the path of an operator"),
        ("0/body/", "not the path of an operator"),
        ("/0", "not the path of an operator"),
        ("0/body/0,0", "each operator can be given once only"),
    ],
)
def test_a_path_that_leads_nowhere(path, words):
    with pytest.raises(OptionError, match=words):
        tflops_native.extract(branch_in_loop(), path)


def test_operators_of_another_signature():
    builder = ModelBuilder()
    from builders import signature

    for number, name in enumerate(("EXP", "SQRT")):
        graph = builder.graph()
        x, y = graph.input((3,)), graph.tensor((3,))
        graph.operator(name, [x], [y], options("ExpOptions") if name == "EXP" else None)
        graph.outputs = [y]
        builder.signatures.append(signature(name.lower(), number, {"x": x}, {"y": y}))
    found = tflops_native.extract(builder.pack(), 0, signature="sqrt")
    assert [o.name for o in found.subgraphs[0].operators] == ["SQRT"]


def test_what_cannot_be_had_is_made_up_and_said(tmp_path):
    """The body reads a variable that only the whole model initializes."""
    builder = ModelBuilder()
    main, once, inner = builder.graph(), builder.graph(), builder.graph()
    initialize(main, once)
    condition, x, out = main.input((), "BOOL"), main.input((2,)), main.tensor((2,))
    branches = options("IfOptions", then_subgraph_index=2, else_subgraph_index=2)
    main.operator("IF", [condition, x], [out], branches)
    main.outputs = [out]
    x, handle, held = inner.input((2,)), inner.tensor((), "RESOURCE"), inner.tensor((2,))
    total = inner.tensor((2,))
    inner.operator("VAR_HANDLE", [], [handle], VARIABLE)
    inner.operator("READ_VARIABLE", [handle], [held], options("ReadVariableOptions"))
    inner.operator("ADD", [held, x], [total], options("AddOptions"))
    inner.outputs = [total]
    notes, data = [], tmp_path / "fed.npz"
    found = tflops_native.extract(
        builder.pack(), "1/then/2", inputs_file=data, on_note=notes.append
    )
    assert [note.code for note in notes] == ["inputs_made_up"]
    assert f"{data} has random values" in notes[0].text
    given = {item.name: data for item in workload(found).entry.inputs}
    timing = tflops_native.measure(found, inputs=given, runs=2, profile=False)
    assert {record.kind for record in timing.inputs} == {"file"}


def test_inputs_of_one_name_are_told_apart(tmp_path):
    builder = ModelBuilder()
    graph = builder.graph()
    x, y = graph.input((2,), name="same"), graph.input((2,), name="same")
    out = graph.tensor((2,))
    graph.operator("SUB", [x, y], [out], options("SubOptions"))
    graph.outputs = [out]
    data = tmp_path / "fed.npz"
    found = tflops_native.extract(builder.pack(), 0, inputs_file=data)
    with np.load(data) as saved:
        assert list(saved) == ["same_0", "same_1"]
    assert [item.name for item in workload(found).entry.inputs] == ["same_0", "same_1"]


def test_roles_in_tables_are_the_names_of_paths():
    """All kinds of calls that rules count go by the name that the path has."""
    for data in (branch_in_loop(), variable(), case_model("while_n")):
        model = load(data)
        for path, operator in listed(analyze_model(model).operators):
            place = operators_at(model, model.subgraphs[0], path)
            assert place.subgraph.operators[place.operators[0]].name == operator.name
