"""Who ran which operators: partitions, what passes between them, and what no delegate took."""

import faulthandler
import json
import os
import random
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import configurations
from builders import ModelBuilder, options, quantization
from tflops_native import InvokeError, api, load_report, save_report
from tflops_native._native import Interpreter
from tflops_native.model.reader import load
from tflops_native.profile.refusals import refusal
from tflops_native.profile.result import KeptOperator
from tflops_native.profile.xnnpack_operators import has_xnnpack_kernel
from tflops_native.runtime.libraries import open_runtime
from zoo import EXAMPLES, NAMES, zoo_model

pytestmark = pytest.mark.usefixtures("short_protocol")

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
        KeptOperator(
            index=1,
            name="TOPK_V2",
            reason="XNNPACK has no kernel for TOPK_V2",
            reason_code="no_kernel",
        ),
    )


def test_without_a_delegate_there_is_one_partition_and_nothing_was_kept():
    profile = api.report(split(), kernels="builtin", **FEW).timing.profile
    (part,) = profile.partitions
    assert (part.is_delegated, part.delegate, part.operators) == (False, None, (0, 1, 2, 3))
    assert profile.kept == ()


def test_the_type_is_the_reason():
    """XNNPACK has a kernel for MUL, but none of int32."""
    builder = ModelBuilder()
    graph = builder.graph()
    x, n = graph.input([4], name="x"), graph.input([4], "INT32", name="n")
    y, m = graph.tensor([4]), graph.tensor([4], "INT32")
    graph.operator("ABS", [x], [y], options("AbsOptions"))
    graph.operator("MUL", [n, n], [m], options("MulOptions"))
    graph.outputs = [y, m]
    profile = api.report(builder.pack(), **FEW).timing.profile
    reason = "XNNPACK takes MUL in float32, int8 and uint8 only, not int32"
    assert profile.kept == (KeptOperator(index=1, name="MUL", reason=reason, reason_code="type"),)


def test_no_reason_is_made_up():
    """XNNPACK has a kernel for LEAKY_RELU, but not with this slope: nothing in its log says so."""
    builder = ModelBuilder()
    graph = builder.graph()
    x, y, z = graph.input([4], name="x"), graph.tensor([4]), graph.tensor([4])
    graph.operator("ABS", [x], [y], options("AbsOptions"))
    graph.operator("LEAKY_RELU", [y], [z], options("LeakyReluOptions", alpha=0.0))
    graph.outputs = [z]
    profile = api.report(builder.pack(), **FEW).timing.profile
    assert profile.kept == (KeptOperator(index=1, name="LEAKY_RELU"),)


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


def survived(calls):
    """What calls return, in a copy of this process, and another one behind each that ends it: None."""
    found = []
    while len(found) < len(calls):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            faulthandler.disable()
            try:
                for call in calls[len(found) :]:
                    os.write(writing, json.dumps(call()).encode() + b"\n")
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            found += [json.loads(line) for line in pipe]
        os.waitpid(child, 0)
        found += [None] if len(found) < len(calls) else []
    return found


def delegated_events(data, inputs, library):
    """Whether a delegate ran something in a model; None where the runtime refuses it."""
    try:
        interpreter = Interpreter(library, data, profile=True)
        interpreter.allocate()
        for position, array in enumerate(inputs):
            interpreter.set_input(position, np.ascontiguousarray(array))
        runs = interpreter.profile_invokes(1, 1.0)
    except InvokeError:
        return None
    return any(is_delegated for _, _, _, is_delegated in runs.events)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_xnnpack_takes_nothing_that_it_is_said_to_refuse(runtime):
    """Random configurations of all operators, each alone: which of them have an event of a delegate."""
    library = open_runtime(runtime).library
    cases, calls = [], []
    for name, generator in configurations.GENERATORS.items():
        for seed in range(4 if has_xnnpack_kernel(name) else 1):
            case = generator(random.Random(f"{name} {seed}"), name)
            if any(operand.type in ("RESOURCE", "STRING") for operand in case.graph_inputs):
                continue
            data = case.pack()
            graph = load(data).subgraphs[0]
            reasons = [refusal(graph, operator) for operator in graph.operators]
            if None in reasons or not reasons:
                continue
            inputs = [operand.array for operand in case.graph_inputs]
            cases.append((name, seed, reasons))
            calls.append(partial(delegated_events, data, inputs, library))
    false, refused, codes = set(), set(), set()
    for (name, seed, reasons), is_taken in zip(cases, survived(calls), strict=True):
        if is_taken is None:
            continue
        refused.add(name)
        codes |= {reason.code for reason in reasons}
        if is_taken:
            false.add((name, seed, reasons[0].text))
    assert false == set()
    assert len(refused) > 80
    assert codes >= {"no_kernel", "type", "constant"}


def one(name, inputs, output, fields=None, *, version=1, **quantized):
    """One operator; inputs are shapes and types of data, or arrays of constants."""
    builder = ModelBuilder()
    graph = builder.graph()
    taken = []
    for given in inputs:
        if isinstance(given, np.ndarray):
            taken.append(graph.constant(given))
        else:
            shape, kind, *scales = given
            taken.append(graph.input(shape, kind, **scaled(scales)))
    shape, kind, *scales = output
    made = graph.tensor(shape, kind, **scaled(scales))
    graph.operator(name, taken, [made], fields, version=version)
    graph.outputs = [made]
    return builder.pack()


def scaled(scales):
    if not scales:
        return {}
    return {"quantization": quantization(scale=list(scales), zeroPoint=[0] * len(scales))}


FLOAT, INT8 = ([1, 4], "FLOAT32"), ([1, 4], "INT8", 0.5)
JOIN = options("ConcatenationOptions", axis=1)
masks = partial(options, "StridedSliceOptions")
FIVE = [([1, 2], "FLOAT32")] * 5
SLICE = (np.array([0, 1], np.int32), np.array([1, 3], np.int32), np.array([1, 1], np.int32))
# Pairs that differ in one thing: the first is refused for it, the second is taken.
PAIRS = {
    "type": (
        one("TANH", [([1, 4], "INT16", 2**-12)], ([1, 4], "INT16", 2**-15)),
        one("TANH", [INT8], ([1, 4], "INT8", 2**-7)),
    ),
    "scale": (
        one("ADD", [INT8, ([1, 4], "INT8", 2000.0)], INT8, options("AddOptions")),
        one("ADD", [INT8, ([1, 4], "INT8", 0.25)], INT8, options("AddOptions")),
    ),
    "constant": (
        one("RESHAPE", [FLOAT, ([2], "INT32")], ([2, 2], "FLOAT32")),
        one("RESHAPE", [FLOAT, np.array([2, 2], np.int32)], ([2, 2], "FLOAT32")),
    ),
    "option": (
        one("STRIDED_SLICE", [FLOAT, *SLICE], ([2], "FLOAT32"), masks(shrink_axis_mask=1)),
        one("STRIDED_SLICE", [FLOAT, *SLICE], ([1, 2], "FLOAT32"), masks()),
    ),
    "inputs": (
        one("CONCATENATION", [*FIVE, FIVE[0]], ([1, 12], "FLOAT32"), JOIN),
        one("CONCATENATION", FIVE, ([1, 10], "FLOAT32"), JOIN),
    ),
}  # fmt: skip


# 2.17.1 takes no STRIDED_SLICE.
TAKES_NONE = {("tflite", "option", False)}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("code", PAIRS)
def test_what_a_reason_names_is_what_the_delegate_refuses(runtime, code):
    """The reason is the only difference between a model that is taken and one that is not."""
    library = open_runtime(runtime).library
    refused, taken = PAIRS[code]
    for data, is_refused in ((refused, True), (taken, False)):
        graph = load(data).subgraphs[0]
        reason = refusal(graph, graph.operators[0])
        assert (reason is not None) == is_refused
        if reason is not None and code != "inputs":
            assert reason.code == code
        tensors = [graph.tensors[index] for index in graph.inputs]
        # 2, 2 for a shape that is an input.
        inputs = [np.full(tensor.shape, 2, tensor.type.name.lower()) for tensor in tensors]
        is_taken = delegated_events(data, inputs, library)
        assert is_taken == (not is_refused) or (runtime, code, is_taken) in TAKES_NONE


def test_weights_that_are_unpacked_are_no_reason():
    """DEQUANTIZE of constants of float16 is done once: the convolution behind it is delegated."""
    model = load(zoo_model("mobilenet_v1-float16"))
    graph = model.subgraphs[0]
    assert all(
        refusal(graph, operator) is None
        for operator in graph.operators
        if operator.name == "CONV_2D"
    )


def test_a_log_that_names_no_delegate_has_partitions_all_the_same():
    model, log = MODELS / "phone" / "phone.tflite", LOGS / "d10_partitions.log"
    report = api.report(model, profile_file=log)
    found = [(part.is_delegated, part.delegate, part.operators) for part in report.partitions]
    assert found == [(True, None, (0, 1)), (False, None, (2,)), (True, None, (3, 4, 5, 6))]
    assert report.timing.profile.kept == (KeptOperator(index=2, name="CONV_2D", reason=None),)
