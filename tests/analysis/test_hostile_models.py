"""Small files that ask for endless work: well-formed, and counted or refused all the same."""

import sys

import numpy as np
import pytest

from tflops_native import api
from tflops_native.analysis import given
from tflops_native.analysis.calls import (
    FOLLOWED_PER_COUNTED,
    MAX_COUNTED,
    MAX_DEPTH,
    MAX_FOLLOWED,
)
from tflops_native.analysis.constants import constants_in_use
from tflops_native.analysis.operators import Status
from tflops_native.analysis.walk import Walk
from tflops_native.errors import ShapeError
from tflops_native.formats.registry import OF_ALL, render
from tflops_native.formats.report import report_document
from tflops_native.model import graph as graph_module
from tflops_native.model.reader import load
from workloads import analyze_model

builders = pytest.importorskip("builders")
HUGE = 2**31 - 1


def analyzed(model, **options):
    return analyze_model(load(model.pack()), **options)


def one(name, inputs, outputs, table=None, **options):
    """A model of one operator with inputs of these shapes, its output stored as a scalar."""
    model = builders.ModelBuilder()
    graph = model.graph()
    given = [graph.input(*item) if isinstance(item, tuple) else item(graph) for item in inputs]
    graph.outputs = [graph.tensor([]) for _ in range(outputs)]
    graph.operator(
        name, given, graph.outputs, builders.options(table, **options) if table else None
    )
    return model


def axis(graph):
    return graph.constant(np.int32(0))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (one("SPLIT", [axis, ([HUGE],)], 2, "SplitOptions", num_splits=HUGE), "options say"),
        (one("SPLIT", [axis, ([4],)], 2, "SplitOptions", num_splits=-1), "options say -1"),
        (one("UNPACK", [([HUGE, 2],)], 1, "UnpackOptions", num=HUGE), "options say 2147483647"),
        (one("PACK", [([2],)], 1, "PackOptions", values_count=HUGE), "2147483647 tensors"),
        (one("EXP", [([HUGE] * 8,)], 1, "ExpOptions"), "more than 2\\*\\*63 elements"),
        (one("EMBEDDING_LOOKUP", [([2], "INT32"), ([3, 4],)], 0), "it has no output"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_huge_options_are_refused_at_once(model, message):
    with pytest.raises(ShapeError, match=message):
        analyzed(model)


def test_a_shape_in_the_file_may_be_as_impossible():
    model = builders.ModelBuilder()
    graph = model.graph()
    x, y = graph.input([1]), graph.tensor([HUGE] * 3)
    graph.operator("Mystify", [x], [y])
    graph.outputs = [y]
    with pytest.raises(ShapeError, match=r"more than 2\*\*63") as caught:
        analyzed(model)
    assert caught.value.__notes__ == ["operator 0 (Mystify) in subgraph 0"]


def loop(body_operators, limit, length=1):
    """A WHILE that counts from 0 to a limit, by a chain of ADDs."""
    model = builders.ModelBuilder()
    main, condition, body = (model.graph() for _ in range(3))
    start, end = main.constant(np.zeros(length, "int32")), main.tensor([length], "INT32")
    options = builders.options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    main.operator("WHILE", [start], [end], options)
    main.outputs = [end]
    x, go_on = condition.input([length], "INT32"), condition.tensor([length], "BOOL")
    most = condition.constant(np.full(length, limit, "int32"))
    condition.operator("LESS", [x, most], [go_on], builders.options("LessOptions"))
    condition.outputs = [go_on]
    x, step = body.input([length], "INT32"), body.constant(np.ones(length, "int32"))
    for _ in range(body_operators):
        y = body.tensor([length], "INT32")
        body.operator("ADD", [x, step], [y], builders.options("AddOptions"))
        x = y
    body.outputs = [x]
    return model


@pytest.mark.parametrize(
    ("body_operators", "length"), [(1, 1), (500, 1), (3, 1024)], ids=["narrow", "wide", "values"]
)
def test_a_loop_without_end(body_operators, length):
    (operator,) = analyzed(loop(body_operators, HUGE, length)).operators
    assert operator.status is Status.ONE_ITERATION
    (operator,) = analyzed(loop(body_operators, HUGE, length), trip_count=7).operators
    assert operator.status is Status.COUNTED
    assert operator.cost.scalar_ops == 7 * body_operators * length + 8 * length


def test_a_loop_that_runs_subgraphs_has_one_budget_for_both(monkeypatch):
    """Its counter goes through an operator that runs a subgraph: to follow it is to count that."""
    model = loop(1, HUGE)
    inner = model.graph()
    x, y = inner.input([1], "INT32"), inner.tensor([1], "INT32")
    inner.operator("NEG", [x], [y], builders.options("NegOptions"))
    inner.operator("NEG", [y], [x], builders.options("NegOptions"))
    inner.outputs = [x]
    body = model.graphs[2]
    called = body.tensor([1], "INT32")
    body.operator("CALL", body.outputs, [called], builders.options("CallOptions", subgraph=3))
    body.outputs = [called]
    (operator,) = analyzed(model).operators
    assert operator.status in (Status.ONE_ITERATION, Status.UNSUPPORTED)
    assert visits_of(model, monkeypatch) < FOLLOWED_PER_COUNTED * MAX_COUNTED


def test_a_long_loop_is_followed_to_its_end():
    (operator,) = analyzed(loop(1, 1_700)).operators
    assert operator.status is Status.COUNTED
    assert operator.cost.scalar_ops == 1_700 + 1_701


def visits_of(model, monkeypatch):
    """How many operators are visited to analyze a model."""
    found = []
    follow = Walk.follow

    def counted(self, operator):
        found.append(operator)
        return follow(self, operator)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "follow", counted)
        analyzed(model)
    return len(found)


@pytest.mark.parametrize("operators", [1, 40, 1_000])
def test_a_loop_without_end_is_followed_for_no_more_visits_than_stated(operators, monkeypatch):
    """However many operators its body has: each of them once more, to count it."""
    visits = visits_of(loop(operators, HUGE), monkeypatch)
    assert visits <= MAX_FOLLOWED + 2 * (operators + 2)


def calls_of(function):
    """How many Python functions are called in it."""
    found = []
    sys.setprofile(lambda frame, event, argument: found.append(frame) if event == "call" else None)
    try:
        function()
    finally:
        sys.setprofile(None)
    return len(found)


def test_sums_over_what_an_operator_runs_are_not_computed_again():
    """They are asked for by every level above and by every column: of 3**7 operators as of 3**2."""
    names = (
        "cost",
        "bytes_read",
        "bytes_written",
        "operations",
        "macs_by_arithmetic",
        "dense_macs",
    )
    steps = []
    for depth in (2, 6):
        operator = analyzed(nested(depth, 3)).operators[0]
        assert operator.cost.transcendentals == 4 * 3 ** (depth - 1)
        steps.append(calls_of(lambda found=operator: [getattr(found, name) for name in names]))
    assert steps[0] == steps[1]


def nested(depth, calls):
    """Subgraphs that run the next one so many times each; the last one computes EXP of 4 elements."""
    model = builders.ModelBuilder()
    for level in range(depth + 1):
        graph = model.graph()
        x = graph.input([4])
        for _ in range(calls if level < depth else 1):
            y = graph.tensor([4])
            if level < depth:
                table = {"name": "c", "decomposition_subgraph_index": level + 1}
                options = builders.options("StableHLOCompositeOptions", **table)
                graph.operator("STABLEHLO_COMPOSITE", [x], [y], options)
            else:
                graph.operator("EXP", [x], [y], builders.options("ExpOptions"))
            x = y
        graph.outputs = [x]
    return model


def test_nested_calls_are_counted():
    analysis = analyzed(nested(5, 3))
    assert analysis.coverage.is_complete
    assert analysis.total.transcendentals == 4 * 3**5


def test_nested_calls_beyond_all_bounds_are_not_counted():
    # 2 ** 24 operators, in a file of a few kilobytes.
    analysis = analyzed(nested(24, 2))
    assert {o.status for o in analysis.operators} == {Status.UNSUPPORTED}
    assert not analysis.coverage.is_complete
    notes = repr(analysis.to_dict())
    assert "too much work to count" in notes
    assert len(notes) < 10_000 * MAX_COUNTED


def test_deep_nesting_is_not_counted():
    assert analyzed(nested(MAX_DEPTH, 1)).coverage.is_complete
    analysis = analyzed(nested(MAX_DEPTH + 1, 1))
    assert not analysis.coverage.is_complete
    assert f"subgraphs are nested more than {MAX_DEPTH} deep" in repr(analysis.to_dict())
    assert not analyzed(nested(500, 1)).coverage.is_complete


@pytest.mark.parametrize("length", [3, 2_000])
def test_looking_for_what_thousands_of_shapes_wait_for_is_bounded(length, monkeypatch):
    """Each RESHAPE waits for an input by way of a sum that is longer by one."""
    looks = []
    is_shape = given._may_be_shape
    monkeypatch.setattr(given, "_may_be_shape", lambda kind: looks.append(kind) or is_shape(kind))
    model = builders.ModelBuilder()
    graph = model.graph()
    data, shape = graph.input([4], name="data"), graph.input([2], "INT32", name="shape")
    for _ in range(length):
        more, made = graph.tensor([2], "INT32"), graph.tensor([2, 2])
        graph.operator("ADD", [shape, shape], [more], builders.options("AddOptions"))
        graph.operator("RESHAPE", [data, more], [made], builders.options("ReshapeOptions"))
        graph.outputs.append(made)
        shape = more
    analysis = analyzed(model)
    assert analysis.waits_for == ("shape",)
    assert len(looks) <= min(2 * length**2, 60_000)


def test_operators_that_run_the_same_subgraphs_are_looked_through_once(monkeypatch):
    """Each of 200 operators may run all of 200 subgraphs, each of which runs the next one."""
    looks = []
    called = graph_module.called_subgraphs
    monkeypatch.setattr(
        graph_module, "called_subgraphs", lambda *of: looks.append(of) or called(*of)
    )
    count = 200
    model = builders.ModelBuilder()

    def run(graph, first):
        table = {"branch_subgraph_indices": list(range(first, count + 2))}
        case = builders.options("StablehloCaseOptions", **table)
        graph.operator("STABLEHLO_CASE", [branch, x], [graph.tensor([4])], case)

    for level in range(count + 1):
        graph = model.graph()
        x, branch = graph.input([4]), graph.input([], "INT32")
        for _ in range(1 if level else count):
            run(graph, level + 1)
    last = model.graph()
    x, y = last.input([4]), last.tensor([4])
    last.operator("EXP", [x], [y], builders.options("ExpOptions"))
    loaded = load(model.pack())
    constants_in_use(loaded, loaded.subgraphs[0])
    assert len(looks) < 10 * count


def test_a_subgraph_that_runs_itself_is_refused():
    model = builders.ModelBuilder()
    graph = model.graph()
    x, y = graph.input([4]), graph.tensor([4])
    graph.operator("CALL", [x], [y], builders.options("CallOptions", subgraph=0))
    graph.outputs = [y]
    with pytest.raises(ShapeError, match="subgraph 0 runs itself"):
        analyzed(model)


def test_a_loop_whose_subgraphs_lack_outputs_is_refused():
    model = loop(1, 10)
    model.graphs[2].outputs = []
    with pytest.raises(ShapeError, match="subgraph 2 has 0 outputs"):
        analyzed(model)


def test_many_outputs_that_live_to_the_end():
    # Each operator is a new peak of memory: to list the tensors of each would be quadratic.
    model = builders.ModelBuilder()
    graph = model.graph()
    x = graph.input([2])
    for _ in range(300):
        graph.outputs.append(graph.tensor([2]))
        graph.operator("NEG", [x], graph.outputs[-1:], builders.options("NegOptions"))
    peak = analyzed(model).peak_memory
    # Twice 4 bytes, for all outputs and the input that the last operator still reads.
    assert (peak.size_bytes, peak.operator_index) == (8 * 301, 299)
    assert len(peak.tensors) == 301


def growing_loop(iterations):
    """A WHILE whose second variable is one element longer after each iteration, and goes through EXP."""
    model = builders.ModelBuilder()
    main, condition, body = (model.graph() for _ in range(3))
    variables = [main.constant(np.zeros(1, "int32")), main.input([1])]
    main.outputs = [main.tensor([1], "INT32"), main.tensor([1], shapeSignature=[-1])]
    options = builders.options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    main.operator("WHILE", variables, main.outputs, options)
    count, _ = condition.input([1], "INT32"), condition.input([1])
    condition.outputs = [condition.tensor([1], "BOOL")]
    limit = condition.constant(np.full(1, iterations, "int32"))
    less = builders.options("LessOptions")
    condition.operator("LESS", [count, limit], condition.outputs, less)
    count, x = body.input([1], "INT32"), body.input([1])
    step, element = body.constant(np.ones(1, "int32")), body.constant(np.ones(1, "float32"))
    following, longer, y = body.tensor([1], "INT32"), body.tensor([1]), body.tensor([1])
    body.operator("ADD", [count, step], [following], builders.options("AddOptions"))
    body.operator("CONCATENATION", [x, element], [longer], builders.options("ConcatenationOptions"))
    body.operator("EXP", [longer], [y], builders.options("ExpOptions"))
    body.outputs = [following, y]
    return model


def test_turns_that_differ_are_counted_one_by_one():
    (operator,) = analyzed(growing_loop(40)).operators
    assert operator.status is Status.COUNTED
    assert operator.output_shapes == ((1,), (41,))
    assert operator.cost.transcendentals == sum(range(2, 42))


def test_too_many_turns_that_differ_are_not_taken_to_be_alike():
    (operator,) = analyzed(growing_loop(700)).operators
    assert operator.status is Status.UNSUPPORTED
    assert operator.note == "its 700 iterations differ, and are too many to follow"


def repeated(name, times, table=None, *, inputs=2, others=(), **options):
    """An operator applied to its own result, again and again."""
    model = builders.ModelBuilder()
    graph = model.graph()
    given = graph.input([1, 1], "INT32")
    more = [graph.constant(item) for item in others]
    for _ in range(times):
        made = graph.tensor([], "INT32")
        chosen = builders.options(table, **options) if table else None
        graph.operator(name, [given] * inputs + more, [made], chosen)
        given = made
    graph.outputs = [given]
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (repeated("GATHER", 30, "GatherOptions"), "rank .* beyond the highest rank"),
        (repeated("EXPAND_DIMS", 2000, inputs=1, others=[np.int32(0)]), "rank 257 is beyond"),
        (repeated("MATRIX_DIAG", 2000, inputs=1), "rank 257 is beyond"),
        (repeated("TILE", 2000, inputs=1, others=[np.int32([9, 9])]), "a length of 3"),
        (
            repeated("CONCATENATION", 200, "ConcatenationOptions"),
            "cannot have a length of 2147483648",
        ),
    ],
    ids=["GATHER", "EXPAND_DIMS", "MATRIX_DIAG", "TILE", "CONCATENATION"],
)
def test_ranks_and_lengths_do_not_grow_without_end(model, message):
    with pytest.raises(ShapeError, match=message) as raised:
        analyzed(model)
    assert len(str(raised.value)) < 1000


def test_an_input_is_asked_for_with_too_high_a_rank():
    model = one("ABS", [([2],)], 1)
    model.graphs[0].tensors[0].shape = []
    model.graphs[0].tensors[1].hasRank = True
    with pytest.raises(ShapeError, match="rank 300"):
        analyzed(model, input_shapes={"": [1] * 300})


@pytest.mark.parametrize("shape", [[HUGE] * 3, [HUGE] * 255], ids=len)
@pytest.mark.parametrize("is_used", [True, False])
def test_state_of_an_impossible_size(shape, is_used):
    model = builders.ModelBuilder()
    graph = model.graph()
    x, y = graph.input([1]), graph.tensor([1])
    state = graph.tensor(shape, isVariable=True)
    graph.operator("ADD" if is_used else "ABS", [x, state] if is_used else [x], [y])
    graph.outputs = [y]
    with pytest.raises(ShapeError, match=r"more than 2\*\*63 elements"):
        analyzed(model)


@pytest.mark.parametrize("values", [[], [1, 0]], ids=len)
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("name", ["IF", "STABLEHLO_CASE"])
def test_what_decides_on_a_branch_is_one_value(name, is_known, values):
    model = builders.ModelBuilder()
    graph, *branches = (model.graph() for _ in range(3))
    for branch in branches:
        branch.outputs = [branch.input([4])]
    kind = "BOOL" if name == "IF" else "INT32"
    array = np.array(values, kind.lower() if kind != "BOOL" else "bool")
    decider = graph.constant(array) if is_known else graph.input([len(values)], kind)
    x, y = graph.input([4]), graph.tensor([4])
    table = (
        builders.options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
        if name == "IF"
        else builders.options("StablehloCaseOptions", branch_subgraph_indices=[1, 2])
    )
    graph.operator(name, [decider, x], [y], table)
    graph.outputs = [y]
    with pytest.raises(ShapeError, match=f"must be one .*, but has {len(values)}"):
        analyzed(model)


def loops_in_loops(depth, work):
    """A model of loops whose number of iterations only data decides, each in the body of the last."""
    model = builders.ModelBuilder()
    graph = model.graph()
    for _ in range(depth):
        given = [graph.input([], "BOOL"), graph.input([4])]
        condition, body = model.graph(), model.graph()
        condition.outputs = [condition.input([], "BOOL")]
        condition.input([4])
        graph.outputs = [graph.tensor([], "BOOL"), graph.tensor([4])]
        count = len(model.graphs)
        table = builders.options(
            "WhileOptions", cond_subgraph_index=count - 2, body_subgraph_index=count - 1
        )
        graph.operator("WHILE", given, graph.outputs, table)
        graph = body
    go_on, x = graph.input([], "BOOL"), graph.input([4])
    graph.outputs = [go_on, graph.tensor([4])]
    table = {"ABS": ("AbsOptions", {}), "RESHAPE": ("ReshapeOptions", {"new_shape": [4]})}[work]
    graph.operator(work, [x], graph.outputs[1:], builders.options(table[0], **table[1]))
    return model


@pytest.mark.parametrize("work", ["ABS", "RESHAPE"])
@pytest.mark.parametrize(
    ("depth", "trip_count"),
    [(1, 10**300), (1, 10**40), (3, 10**13), (30, 2**31 - 1)],
    ids=["most", "one", "three", "thirty"],
)
def test_iterations_beyond_all_figures_are_not_counted(depth, trip_count, work):
    (report,) = api.count(loops_in_loops(depth, work).pack(), trip_count=trip_count)
    (operator,) = report.analysis.operators
    assert operator.status is Status.UNSUPPORTED
    assert "more than can be counted" in operator.note or depth > 3
    for name in OF_ALL:
        assert max(map(len, render(report_document(report), name).split("\n"))) < 10_000
