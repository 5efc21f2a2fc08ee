"""`tflops verify`: rules against the runtime; what it says, and how it ends."""

import dataclasses
import json

import pytest

import tflops_native
from zoo import EXAMPLES, NAMES, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native.arenas import scratch
from tflops_native.arenas.kernel import Scratch
from tflops_native.ops import REGISTRY, Inferred

pytestmark = pytest.mark.usefixtures("measured_here")

# One conversion of each network; the large ones take seconds each, and hold no other operators.
CHEAP = [
    name
    for name in NAMES
    if name.startswith(("attention_encoder-", "attention_encoder_dynamic-", "lstm", "mobilenet"))
]
SINGLE = EXAMPLES / "single_conv_28x28.tflite"


@pytest.mark.parametrize("name", CHEAP)
def test_the_zoo(tflops, tmp_path, name):
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(zoo_model(name))
    ended = tflops("verify", path)
    assert (ended.status, ended.err) == (0, "")
    shapes, memory = ended.out.splitlines()
    assert shapes.startswith("all shapes match the runtime: ")
    assert memory.startswith("planned memory matches the runtime: arena ")


def test_two_lines_where_all_is_right(tflops):
    # Input, filter, bias and output of the convolution; im2col is beside input and output in the arena.
    ended = tflops("verify", SINGLE)
    assert ended.out == (
        "all shapes match the runtime: 4 tensors of 1 operator of signature 'serving_default' compared\n"
        "planned memory matches the runtime: arena 111KiB\n"
    )


@pytest.mark.tensorflow
def test_memory_of_other_kernels_is_not_compared(tflops):
    pytest.importorskip("tensorflow")
    verified = tflops("verify", SINGLE, "--runtime", "tensorflow", "--format", "json")
    (entry,) = json.loads(verified.out)["entries"]
    assert (verified.status, entry["memory"]) == (0, [])


@pytest.fixture
def loop(tmp_path):
    path = tmp_path / "loop.tflite"
    path.write_bytes(zoo_model("control_flow/keras_gru_loop"))
    return path


def test_memory_of_the_subgraphs_that_it_runs(tflops, loop):
    ended = tflops("verify", loop)
    assert ended.status == 0
    # An output of the loop that nothing reads has no shape in the runtime.
    unread, shapes, memory = ended.out.splitlines()
    assert unread.startswith(
        "not compared, nothing reads this output of a loop, and the runtime never shapes it: "
        "operator 1 (WHILE), "
    )
    assert shapes.startswith("all shapes match the runtime: ")
    assert memory.endswith("; also of 2 subgraphs")


def test_wrong_memory_of_a_subgraph_is_named(tflops, loop, monkeypatch):
    monkeypatch.setitem(scratch._RULES, "LOGISTIC", lambda kernel: [Scratch("none", 64)])
    ended = tflops("verify", loop)
    assert ended.status == 1
    assert "\nsubgraph 2: planned memory differs from the runtime's: arena " in ended.out


@pytest.fixture
def wrong_scratch(monkeypatch):
    """The plan has no memory for what a convolution works in."""
    monkeypatch.setitem(scratch._RULES, "CONV_2D", lambda kernel: [])


def test_wrong_memory_is_named(tflops, wrong_scratch):
    ended = tflops("verify", SINGLE)
    assert ended.status == 1
    shapes, *tensors, memory = ended.out.splitlines()
    assert shapes.startswith("all shapes match")
    assert any("planned nothing, but the runtime has 24336 bytes" in line for line in tensors)
    assert memory.startswith("planned memory differs from the runtime's: arena ")


def test_wrong_memory_in_json(tflops, wrong_scratch):
    plain = json.loads(tflops("verify", SINGLE, "--format", "json").out)
    (entry,) = plain["entries"]
    (memory,) = entry["memory"]
    assert (plain["is_right"], memory["is_right"]) == (False, False)
    assert memory["arena_bytes"] < memory["runtime_arena_bytes"]
    (missing,) = [item for item in memory["differences"] if item["planned"] is None]
    # 3 x 3 taps of float32 for each of 26 x 26 places.
    assert missing["runtime"].startswith(f"{3 * 3 * 26 * 26 * 4} bytes at ")


def test_the_shape_asked_for(tflops):
    path = EXAMPLES / "attention_encoder_dynamic.tflite"
    ended = tflops("verify", path, "--input-shape", "2,17,64", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    plain = json.loads(ended.out)
    assert plain["is_right"] is True
    assert plain["operators"] == 71
    assert plain["not_compared"] == []


@pytest.fixture
def wrong_convolution(monkeypatch):
    """The rule of CONV_2D makes an image that is one pixel too wide."""
    rule = REGISTRY["CONV_2D"]

    class Wrong(rule.op):
        def infer(self, *inputs):
            right = rule.op.infer(self, *inputs)
            n, h, w, c = right.outputs[0]
            return Inferred(outputs=((n, h, w + 1, c),), cost=right.cost)

    monkeypatch.setitem(REGISTRY, "CONV_2D", dataclasses.replace(rule, op=Wrong))


@pytest.mark.usefixtures("wrong_convolution")
def test_a_wrong_rule_is_caught(tflops):
    ended = tflops("verify", SINGLE)
    assert (ended.status, ended.err) == (1, "")
    first, last = ended.out.splitlines()
    assert first.startswith("operator 0 (CONV_2D), tensor ")
    assert first.endswith(": inferred 1x26x27x32, but the runtime has 1x26x26x32")
    assert last == (
        "1 shape differs from the runtime's: "
        "4 tensors of 1 operator of signature 'serving_default' compared"
    )


@pytest.mark.usefixtures("wrong_convolution")
def test_a_wrong_rule_as_json(tflops):
    ended = tflops("verify", SINGLE, "--format", "json")
    assert (ended.status, ended.err) == (1, "")
    plain = json.loads(ended.out)
    assert plain["is_right"] is False
    (wrong,) = plain["mismatches"]
    assert (wrong["operator_index"], wrong["operator_name"]) == (0, "CONV_2D")
    assert wrong["inferred"] == [1, 26, 27, 32]
    assert wrong["runtime"] == [1, 26, 26, 32]


@pytest.mark.usefixtures("own_child")
def test_what_the_runtime_refuses(refuses, custom_model):
    assert "Encountered unresolved custom op: Frobnicate" in refuses("verify", custom_model)


@pytest.fixture
def late_reshape(tmp_path):
    """The path of a model: x [2, 6] RESHAPEd to max(n, [2, 3, 2]), then EXP. Random n are 0 or 1."""
    builders = pytest.importorskip("builders")
    model = builders.ModelBuilder()
    graph = model.graph()
    x, n = graph.input([2, 6], name="x"), graph.input([3], "INT32", name="n")
    least, target = graph.constant([2, 3, 2], "INT32"), graph.tensor([3], "INT32")
    made, y = (graph.tensor([1] * 3, name=name, shapeSignature=[-1] * 3) for name in ("made", "y"))
    graph.operator("MAXIMUM", [n, least], [target], builders.options("MaximumMinimumOptions"))
    graph.operator("RESHAPE", [x, target], [made], builders.options("ReshapeOptions"))
    graph.operator("EXP", [made], [y], builders.options("ExpOptions"))
    graph.outputs = [y]
    path = tmp_path / "late_reshape.tflite"
    path.write_bytes(model.pack())
    return path


def test_what_is_not_known_is_listed(tflops, late_reshape):
    ended = tflops("verify", late_reshape)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == (
        "not compared, not inferred: the value of `shape` is known only when the model runs; "
        "give it with --input n=FILE: operator 1 (RESHAPE), tensor 4 (made)"
    )
    assert lines[-1].startswith("all shapes match the runtime: ")


def test_a_run_tells_what_no_rule_knows(tflops, late_reshape):
    ended = tflops("count", "-v", late_reshape)
    assert "2 of 3 NOT counted (RESHAPE, EXP)" in ended.out
    ended = tflops(
        "count", "-v", late_reshape, "--shapes", "runtime", "--strict", "--format", "json"
    )
    assert (ended.status, ended.err) == (0, "")
    plain = json.loads(ended.out)["reports"][0]["analysis"]
    assert plain["has_runtime_shapes"] is True
    assert plain["coverage"]["is_complete"] is True
    reshape, exp = plain["operators"][-2:]
    assert reshape["output_shapes"] == exp["output_shapes"] == [[2, 3, 2]]
    assert reshape["status"] == "no arithmetic"
    assert exp["own_cost"]["transcendentals"] == 2 * 3 * 2


def test_report_counts_on_the_shapes_of_a_run_too(tflops, late_reshape):
    ended = tflops("report", "-v", late_reshape, "--shapes", "runtime", "--runs", "1")
    assert (ended.status, ended.err) == (0, "")
    assert "note      shapes are those of one run, not inferred\n" in ended.out
    assert ": complete\n" in ended.out


def test_the_api_counts_with_the_shapes_of_a_run_as_well(late_reshape):
    inferred = tflops_native.analyze(late_reshape)
    run = tflops_native.analyze(late_reshape, shapes="runtime", strict=True)
    assert not inferred.coverage.is_complete
    assert run.total.transcendentals == 2 * 3 * 2
    with pytest.raises(ValueError, match="shapes must be one of inferred, runtime, got 'guessed'"):
        tflops_native.analyze(late_reshape, shapes="guessed")
