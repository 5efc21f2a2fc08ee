"""Who ran which operators: partitions, what passes between them, and what no delegate took."""

import random
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import configurations
from builders import ModelBuilder, options
from tflops_native import InvokeError, api, load_report, save_report
from tflops_native._native import Interpreter
from tflops_native.profile.result import KeptOperator
from tflops_native.profile.xnnpack_operators import has_xnnpack_kernel
from tflops_native.runtime.libraries import open_runtime
from zoo import EXAMPLES, NAMES, zoo_model

# They show their tensors and take models without signatures.
RUNTIMES = ["tflite", *(["litert-lm"] if find_spec("litert_lm") else [])]
FEW = {"runs": 1, "peaks": False, "isolated_operators": False}


def split():
    """x [1, 6] -> ABS -> TOPK_V2 (2 values, 2 indices) -> NEG of the values; ADD of x and the first ABS.

    XNNPACK takes all but TOPK_V2.
    """
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([1, 6], name="x")
    k = graph.constant(np.array(2, np.int32), "INT32")
    made, y = graph.tensor([1, 6], name="made"), graph.tensor([1, 6], name="y")
    values, indices = graph.tensor([1, 2], name="values"), graph.tensor([1, 2], "INT32")
    least = graph.tensor([1, 2], name="least")
    graph.operator("ABS", [x], [made], options("AbsOptions"))
    graph.operator("TOPK_V2", [made, k], [values, indices], options("TopKV2Options"))
    graph.operator("NEG", [values], [least], options("NegOptions"))
    graph.operator("ADD", [x, made], [y], options("AddOptions"))
    graph.outputs = [least, indices, y]
    return builder.pack()


LOGS = Path(__file__).parents[1] / "imported" / "logs"
MODELS = Path(__file__).parents[1] / "models"
FLOATS = 4
# Their kernels end the process on some tensors, whatever XNNPACK does.
END_THE_PROCESS = ("HASHTABLE_", "STABLEHLO_")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_partitions_say_who_ran_what_and_what_passes(runtime):
    report = api.report(split(), runtime=runtime, **FEW)
    found = [
        (
            part.delegate,
            part.operators,
            [(t.name, t.from_partition, t.size_bytes) for t in part.taken_over],
            part.taken_over_bytes,
        )
        for part in report.partitions
    ]
    assert found == [
        ("XNNPACK", (0, 3), [], 0),
        (None, (1,), [("made", 0, 6 * FLOATS)], 6 * FLOATS),
        ("XNNPACK", (2,), [("values", 1, 2 * FLOATS)], 2 * FLOATS),
    ]
    assert report.timing.profile.kept == (
        KeptOperator(index=1, name="TOPK_V2", reason="XNNPACK has no kernel for TOPK_V2"),
    )


def test_without_a_delegate_there_is_one_partition_and_nothing_was_kept():
    profile = api.report(split(), kernels="builtin", **FEW).timing.profile
    (part,) = profile.partitions
    assert (part.is_delegated, part.delegate, part.operators) == (False, None, (0, 1, 2, 3))
    assert profile.kept == ()


def test_no_reason_is_made_up():
    """XNNPACK has a kernel for MUL, but of floats: nothing says which of its conditions failed."""
    builder = ModelBuilder()
    graph = builder.graph()
    x, n = graph.input([4], name="x"), graph.input([4], "INT32", name="n")
    y, m = graph.tensor([4]), graph.tensor([4], "INT32")
    graph.operator("ABS", [x], [y], options("AbsOptions"))
    graph.operator("MUL", [n, n], [m], options("MulOptions"))
    graph.outputs = [y, m]
    profile = api.report(builder.pack(), **FEW).timing.profile
    assert profile.kept == (KeptOperator(index=1, name="MUL", reason=None),)


def test_saved_and_read_back(tmp_path):
    report = api.report(split(), **FEW)
    save_report(report, tmp_path / "saved.json")
    again = load_report(tmp_path / "saved.json")
    assert again.partitions == report.partitions
    assert again.timing.profile.kept == report.timing.profile.kept


@pytest.mark.parametrize("name", ["mobilenet_v3_small-int8", "attention_encoder-float32"])
def test_each_operator_is_in_one_partition(tmp_path, name):
    assert name in NAMES
    path = tmp_path / "model.tflite"
    path.write_bytes(zoo_model(name))
    report = api.report(path, **FEW)
    listed = [index for part in report.partitions for index in part.operators]
    assert sorted(listed) == list(range(len(report.analysis.operators)))


def test_sizes_follow_the_shapes_asked_for():
    path = EXAMPLES / "attention_encoder_dynamic.tflite"
    sizes = []
    for batch in (1, 3):
        report = api.report(path, input_shapes=(batch, 16, 64), **FEW)
        last = report.partitions[-1].taken_over
        sizes.append({tensor.index: tensor.size_bytes for tensor in last})
    assert sizes[0].keys() == sizes[1].keys()
    assert all(3 * sizes[0][index] == sizes[1][index] for index in sizes[0])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_xnnpack_takes_nothing_that_it_is_said_to_lack(runtime):
    """Random configurations of all operators, each alone: which of them have an event of a delegate."""
    library = open_runtime(runtime).library
    taken, ran = set(), set()
    for name, generator in configurations.GENERATORS.items():
        if has_xnnpack_kernel(name) or name.startswith(END_THE_PROCESS):
            continue
        for seed in range(2):
            case = generator(random.Random(f"{name} {seed}"), name)
            if any(operand.type == "STRING" for operand in case.graph_inputs):
                continue
            try:
                interpreter = Interpreter(library, case.pack(), profile=True)
                interpreter.allocate()
                for position, operand in enumerate(case.graph_inputs):
                    interpreter.set_input(position, np.ascontiguousarray(operand.array))
                runs = interpreter.profile_invokes(1, 1.0)
            except InvokeError:
                continue
            ran.add(name)
            if any(is_delegated for _, _, _, is_delegated in runs.events):
                taken.add(name)
    assert taken == set()
    assert len(ran) > 60


def test_a_log_that_names_no_delegate_has_partitions_all_the_same():
    model, log = MODELS / "phone" / "phone.tflite", LOGS / "d10_partitions.log"
    report = api.report(model, profile_file=log)
    found = [(part.is_delegated, part.delegate, part.operators) for part in report.partitions]
    assert found == [(True, None, (0, 1)), (False, None, (2,)), (True, None, (3, 4, 5, 6))]
    assert report.timing.profile.kept == (KeptOperator(index=2, name="CONV_2D", reason=None),)
