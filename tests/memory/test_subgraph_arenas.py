"""Planned memory of loops and branches against the runtime's: each subgraph's arena, tensor by tensor."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from builders import ModelBuilder, options
from memory_referee import allocated_interpreter, differences, planned
from tflops_native import memory, verify
from tflops_native.model.reader import load
from tflops_native.runtime.tensor_memory import observed_subgraphs
from zoo import zoo_model

SCALAR = ([], "INT32")
MEBIBYTE = 1 << 20


def compared(data, shapes=()):
    """The bytes of the arena of each subgraph, all of which must be the runtime's."""
    model = load(data)
    interpreter = allocated_interpreter(data, shapes=shapes, shows_subgraphs=True)
    seen = observed_subgraphs(interpreter, model, model.subgraphs[0])
    given = (model.subgraphs[0].tensors[index].name for index in model.subgraphs[0].inputs)
    arenas = {}
    for plan in plans_in(planned(data, input_shapes=dict(zip(given, shapes, strict=bool(shapes))))):
        assert differences(plan, seen[plan.subgraph_index]) == [], plan.subgraph_index
        arenas[plan.subgraph_index] = plan.arena_bytes
    return arenas


def plans_in(plan):
    """A plan and those of the subgraphs that it runs, each once."""
    found = {plan.subgraph_index: plan}
    waiting = [plan]
    while waiting:
        for call in waiting.pop().called:
            for called in call.plans:
                if called.subgraph_index not in found:
                    found[called.subgraph_index] = called
                    waiting.append(called)
    return found.values()


class Network:
    """Random work on squares: chains of operators, and loops and branches with more of it inside."""

    def __init__(self, seed, side=None):
        self.random, self.builder = random.Random(seed), ModelBuilder()
        self.side = side or self.random.choice([4, 7, 16])
        self.square = ([self.side, self.side], "FLOAT32")

    def pack(self, depth=2, flag="input"):
        main = self.builder.graph()
        self.flag, self.limit = main.input([], "BOOL"), main.input(*SCALAR)
        given = [main.input(*self.square) for _ in range(self.random.randint(1, 3))]
        if flag == "constant":
            self.flag = main.constant(np.array(self.random.random() < 0.5), "BOOL")
        elif flag == "shape":
            self.flag = self.is_large(main, given[0])
        main.outputs = [self.work(main, given, depth, self.flag, self.limit)]
        return self.builder.pack()

    def is_large(self, graph, square):
        """Whether a side is longer than 5, as the graph finds out."""
        five, axis = (graph.constant([number], "INT32") for number in (5, 0))
        shape = graph.tensor([2], "INT32")
        graph.operator("SHAPE", [square], [shape], options("ShapeOptions", out_type=2))
        each, found = graph.tensor([2], "BOOL"), graph.tensor([], "BOOL")
        graph.operator("GREATER", [shape, five], [each], options("GreaterOptions"))
        graph.operator("REDUCE_ANY", [each, axis], [found], options("ReducerOptions"))
        return found

    def work(self, graph, given, depth, flag, limit):
        """Operators on squares; returns the last square."""
        known = list(given)
        for _ in range(self.random.randint(1, 6)):
            kind = self.random.choice(
                ["ADD", "MUL", "NEG", "SOFTMAX", "BATCH_MATMUL", "SUM", "IF", "WHILE"]
            )
            if kind in ("IF", "WHILE"):
                if depth == 0:
                    continue
                make = self.branch if kind == "IF" else self.loop
                known += make(graph, known, depth - 1, flag, limit)
                continue
            known.append(self.operator(graph, kind, known))
        return known[-1]

    def operator(self, graph, kind, known):
        left, right = self.random.choices(known, k=2)
        made = graph.tensor(*self.square)
        if kind in ("ADD", "MUL", "BATCH_MATMUL"):
            table = {"ADD": "Add", "MUL": "Mul", "BATCH_MATMUL": "BatchMatMul"}[kind]
            graph.operator(kind, [left, right], [made], options(f"{table}Options"))
        elif kind == "SUM":
            axis = graph.constant(np.array([0], "i4"), "INT32")
            row = graph.tensor([1, self.side])
            graph.operator(kind, [left, axis], [row], options("ReducerOptions", keep_dims=True))
            graph.operator("ADD", [row, right], [made], options("AddOptions"))
        else:
            table = {"NEG": "Neg", "SOFTMAX": "Softmax"}[kind]
            graph.operator(kind, [left], [made], options(f"{table}Options"))
        return made

    def branch(self, graph, known, depth, flag, limit):
        given = self.random.choices(known, k=self.random.randint(1, 3))
        chosen = []
        for _ in range(2):
            made = self.builder.graph()
            inner_flag, inner_limit = made.input([], "BOOL"), made.input(*SCALAR)
            inputs = [made.input(*self.square) for _ in given]
            made.outputs = [
                self.work(made, inputs, depth, inner_flag, inner_limit) for _ in range(2)
            ]
            chosen.append(self.builder.graphs.index(made))
        outputs = [graph.tensor(*self.square) for _ in range(2)]
        fields = options("IfOptions", then_subgraph_index=chosen[0], else_subgraph_index=chosen[1])
        graph.operator("IF", [flag, flag, limit, *given], outputs, fields)
        return outputs[: self.random.randint(0, 2)]  # the others are used by nothing

    def loop(self, graph, known, depth, flag, limit):
        given = self.random.choices(known, k=self.random.randint(1, 3))
        variables = [SCALAR, SCALAR, ([], "BOOL"), *[self.square] * len(given)]
        go_on = self.builder.graph()
        first, second, *_ = (go_on.input(*variable) for variable in variables)
        go_on.outputs = [go_on.tensor([], "BOOL")]
        go_on.operator("LESS", [first, second], go_on.outputs, options("LessOptions"))
        body = self.builder.graph()
        count, end, inner_flag, *squares = (body.input(*variable) for variable in variables)
        following = body.tensor(*SCALAR)
        one = body.constant(np.array(1, "i4"), "INT32")
        body.operator("ADD", [count, one], [following], options("AddOptions"))
        # One variable is changed; the others may be, or stay what they are.
        changed = [self.work(body, squares, depth, inner_flag, end)]
        for square in squares[1:]:
            is_passed = self.random.random() < 0.5
            changed.append(square if is_passed else self.operator(body, "ADD", squares))
        body.outputs = [following, end, inner_flag, *changed]
        zero = graph.constant(np.array(0, "i4"), "INT32")
        outputs = [graph.tensor(*variable) for variable in variables]
        fields = options(
            "WhileOptions",
            cond_subgraph_index=self.builder.graphs.index(go_on),
            body_subgraph_index=self.builder.graphs.index(body),
        )
        graph.operator("WHILE", [zero, limit, flag, *given], outputs, fields)
        return outputs[3:][: self.random.randint(0, len(given))]


@pytest.mark.parametrize("seed", range(60))
def test_random_loops_and_branches(seed):
    compared(Network(seed).pack())


@pytest.mark.parametrize("flag", ["input", "constant", "shape"])
@pytest.mark.parametrize("seed", range(20))
def test_loops_and_branches_of_another_size_than_in_the_file(seed, flag):
    # Also in the branch that is known not to run, and where a loop leaves an output as it is.
    compared_in_another_size(seed, 2, flag)


def compared_in_another_size(seed, depth, flag):
    network = Network(seed)
    data = network.pack(depth, flag)
    squares = len(network.builder.graphs[0].inputs) - 2
    compared(data, [(), (), *[(network.side + 1,) * 2] * squares])


@pytest.mark.referee
def test_many_random_loops_and_branches():
    for seed in range(2000):
        compared(Network(seed).pack(depth=3))
        for flag in ("input", "constant", "shape"):
            compared_in_another_size(seed, 3, flag)


@pytest.mark.parametrize(
    "name",
    ["if_matmul", "while_n_matmuls", "while_ten_matmuls", "keras_lstm_loop", "keras_gru_loop"],
)
def test_converted_models(name):
    assert len(compared(zoo_model(f"control_flow/{name}"))) == 3


SIDE = 4096
ROW, SQUARE = ([1, SIDE], "FLOAT32"), ([SIDE, SIDE], "FLOAT32")
PEAK = """
import sys

import numpy as np

from tflops_native._native import Interpreter, Library

def memory(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

interpreter = Interpreter(Library.linked(), sys.argv[1], kernels="builtin")
before = memory("VmRSS")
interpreter.allocate()
interpreter.set_input(0, np.array(int(sys.argv[2]), sys.argv[3]))
interpreter.invoke()
print(memory("VmHWM") - before)
"""


def large(graph, row, count):
    """A row, made large, through so many operators, and summed again."""
    column = graph.constant(np.ones((SIDE, 1), "f4"), "FLOAT32")
    made = graph.tensor(*SQUARE)
    graph.operator("ADD", [row, column], [made], options("AddOptions"))
    for _ in range(count):
        other, added = graph.tensor(*SQUARE), graph.tensor(*SQUARE)
        graph.operator("TANH", [made], [other])
        graph.operator("ADD", [made, other], [added], options("AddOptions"))
        made = added
    axis = graph.constant(np.array([0], "i4"), "INT32")
    outputs = [graph.tensor(*ROW)]
    graph.operator("SUM", [made, axis], outputs, options("ReducerOptions", keep_dims=True))
    return outputs[0]


def large_branch():
    builder = ModelBuilder()
    main, then, otherwise = (builder.graph() for _ in range(3))
    given = [main.input([], "BOOL"), main.input(*ROW)]
    then.outputs = [large(then, then.input(*ROW), 1)]
    otherwise.outputs = [large(otherwise, otherwise.input(*ROW), 0)]
    main.outputs = [main.tensor(*ROW)]
    fields = options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
    main.operator("IF", given, main.outputs, fields)
    return builder.pack()


def large_loop():
    builder = ModelBuilder()
    main, go_on, body = (builder.graph() for _ in range(3))
    limit, row = main.input(*SCALAR), main.input(*ROW)
    variables = [SCALAR, SCALAR, ROW]
    first, second, _ = (go_on.input(*variable) for variable in variables)
    go_on.outputs = [go_on.tensor([], "BOOL")]
    go_on.operator("LESS", [first, second], go_on.outputs, options("LessOptions"))
    count, end, inside = (body.input(*variable) for variable in variables)
    following = body.tensor(*SCALAR)
    one = body.constant(np.array(1, "i4"), "INT32")
    body.operator("ADD", [count, one], [following], options("AddOptions"))
    body.outputs = [following, end, large(body, inside, 1)]
    zero = main.constant(np.array(0, "i4"), "INT32")
    outputs = [main.tensor(*variable) for variable in variables]
    fields = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    main.operator("WHILE", [zero, limit, row], outputs, fields)
    main.outputs = outputs[2:]
    return builder.pack()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
@pytest.mark.parametrize(("make", "value", "kind"), [(large_branch, 1, "?"), (large_loop, 2, "i4")])
def test_a_process_needs_as_much_as_is_planned(make, value, kind, tmp_path):
    """Where the arena of a subgraph is nearly all: 128 MiB of it."""
    path = tmp_path / "model.tflite"
    path.write_bytes(make())
    plan = memory(path)
    assert plan.arena_bytes == pytest.approx(128 * MEBIBYTE, rel=0.01)
    command = [sys.executable, "-c", PEAK, str(path), str(value), kind]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) == pytest.approx(plan.arena_bytes, rel=0.01)


def test_verify_compares_subgraphs():
    (entry,) = verify(large_branch()).entries
    assert [check.subgraph_index for check in entry.memory] == [0, 1, 2]
    assert all(check.is_right for check in entry.memory)


def test_verify_leaves_a_loop_out_whose_variables_grow():
    """while i < 3: rows = concat(rows, -rows): nothing is left of the last iteration."""
    builder = ModelBuilder()
    main, go_on, body = (builder.graph() for _ in range(3))
    rows = {"shape": [1, 4], "shapeSignature": [-1, 4]}
    first, _ = go_on.input(*SCALAR), go_on.input(**rows)
    go_on.outputs = [go_on.tensor([], "BOOL")]
    three = go_on.constant(np.array(3, "i4"), "INT32")
    go_on.operator("LESS", [first, three], go_on.outputs, options("LessOptions"))
    count, given = body.input(*SCALAR), body.input(**rows)
    following, negated, joined = body.tensor(*SCALAR), body.tensor(**rows), body.tensor(**rows)
    one = body.constant(np.array(1, "i4"), "INT32")
    body.operator("ADD", [count, one], [following], options("AddOptions"))
    body.operator("NEG", [given], [negated], options("NegOptions"))
    body.operator("CONCATENATION", [given, negated], [joined], options("ConcatenationOptions"))
    body.outputs = [following, joined]
    x = main.input([1, 4])
    zero = main.constant(np.array(0, "i4"), "INT32")
    made = [main.tensor(*SCALAR), main.tensor(**rows)]
    fields = options("WhileOptions", cond_subgraph_index=1, body_subgraph_index=2)
    main.operator("WHILE", [zero, x], made, fields)
    main.outputs = made[1:]
    found = verify(builder.pack())
    assert found.is_right
    (entry,) = found.entries
    assert [check.subgraph_index for check in entry.memory] == [0]
