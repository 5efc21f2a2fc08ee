"""Models that make the join of events hard: nothing may stay unmatched, and nothing be fused that is not.

What has no event of its own is known by how the model is built: an activation behind its operator, a clamp
or a reshape behind another one, an operator whose result nothing reads.
"""

from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from builders import ModelBuilder, options, quantization
from tflops_native import api
from tflops_native.model.reader import load
from tflops_native.profile.join import join_events
from tflops_native.profile.sequences import runs_by_sequence
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from workloads import workload

pytestmark = pytest.mark.usefixtures("short_protocol")

PACKAGES = {"litert": "ai_edge_litert", "litert-lm": "litert_lm"}
RUNTIMES = ["tflite", *(name for name, package in PACKAGES.items() if find_spec(package))]
# TensorFlow Lite 2.17.1, whose XNNPACK does fewer operators in one.
OLD = "tflite"
FEW = {"runs": 1, "peaks": False, "isolated_operators": False}
TABLES = {"ABS": "AbsOptions", "CUMSUM": "CumsumOptions"}
RELU = 1


class Net:
    """A graph of operators on [1, n]; `length` is that of each tensor."""

    def __init__(self):
        self.builder = ModelBuilder()
        self.graph = self.builder.graph()
        self.length = {}

    def input(self, length):
        return self._known(self.graph.input((1, length)), length)

    def dense(self, given, length):
        weights = np.ones((length, self.length[given]), np.float32)
        bias = np.zeros(length, np.float32)
        fields = options("FullyConnectedOptions")
        inputs = [given, self.graph.constant(weights), self.graph.constant(bias)]
        return self._add("FULLY_CONNECTED", inputs, length, fields)

    def unary(self, name, given):
        inputs = [given, self.graph.constant(1, "INT32")] if name == "CUMSUM" else [given]
        fields = options(TABLES[name]) if name in TABLES else None
        return self._add(name, inputs, self.length[given], fields)

    def binary(self, name, first, second, activation=0):
        fields = options(f"{name.title()}Options", fused_activation_function=activation)
        return self._add(name, [first, second], self.length[first], fields)

    def reshape(self, given, shape):
        made = self.graph.tensor(shape)
        target = self.graph.constant(np.array(shape, np.int32))
        fields = options("ReshapeOptions", new_shape=list(shape))
        self.graph.operator("RESHAPE", [given, target], [made], fields)
        return self._known(made, self.length[given])

    def pack(self, *outputs):
        self.graph.outputs = outputs
        return self.builder.pack()

    def _add(self, name, inputs, length, fields):
        made = self.graph.tensor((1, length))
        self.graph.operator(name, inputs, [made], fields)
        return self._known(made, length)

    def _known(self, tensor, length):
        self.length[tensor] = length
        return tensor


def unread(ran=range(6)):
    """Dense layers of which the first, the third, and ABS behind that are read by nothing.

    With only those that `ran`, whose results all leave the model.
    """
    net = Net()
    x = net.input(64)
    outputs = []
    for number, length in enumerate((512, 16, 256, None, 128)):
        if length is not None and number in ran:
            outputs.append(net.dense(x, length))
        elif number in ran:
            net.unary("ABS", outputs[-1])
    outputs.append(net.unary("CUMSUM", outputs[-1]))
    return net.pack(*(outputs if len(ran) < 6 else (outputs[1], outputs[-1])))


def clamps():
    """ABS, two activations in a row behind it, and a third behind what a kernel of the runtime makes."""
    net = Net()
    x = net.unary("ABS", net.input(64))
    x = net.unary("RELU6", net.unary("RELU", x))
    return net.pack(net.unary("RELU", net.unary("CUMSUM", x)))


def activation_and_clamp():
    """ADD with an activation, and another one behind it; the same with MUL of a tensor by itself."""
    net = Net()
    x = net.input(64)
    x = net.unary("RELU6", net.binary("ADD", x, x, RELU))
    x = net.unary("RELU", net.unary("RELU", net.binary("MUL", x, x, RELU)))
    return net.pack(x)


def reshapes():
    """Three reshapes in a row, of which the last is read by ABS; one whose result leaves the model."""
    net = Net()
    x = net.unary("ABS", net.input(64))
    y = net.unary("ABS", net.reshape(net.reshape(net.reshape(x, (8, 8)), (64, 1)), (1, 64)))
    return net.pack(net.reshape(y, (2, 32)))


def equal_partitions():
    """Three partitions of the same operators."""
    net = Net()
    x = net.input(64)
    for _ in range(3):
        x = net.unary("CUMSUM", net.unary("ABS", net.dense(x, 64)))
    return net.pack(x)


def looked_up_in_one_table():
    """QUANTIZE, three elementwise operators of int8 in a row, DEQUANTIZE."""
    builder = ModelBuilder()
    graph = builder.graph()
    scaled = [quantization(scale=[scale], zeroPoint=[0]) for scale in (1 / 64, 1 / 64, 1 / 128)]
    levels = [*scaled, quantization(scale=[1 / 256], zeroPoint=[-128])]
    x = graph.input((1, 64))
    tensors = [graph.tensor((1, 64), "INT8", quantization=level) for level in levels]
    half = graph.constant(np.array([32], np.int8), quantization=levels[0])
    made = graph.tensor((1, 64))
    graph.operator("QUANTIZE", [x], tensors[:1], options("QuantizeOptions"))
    graph.operator("MUL", [tensors[0], half], tensors[1:2], options("MulOptions"))
    graph.operator("TANH", tensors[1:2], tensors[2:3])
    graph.operator("LOGISTIC", tensors[2:3], tensors[3:])
    graph.operator("DEQUANTIZE", tensors[3:], [made], options("DequantizeOptions"), version=2)
    graph.outputs = [made]
    return builder.pack()


def single_operators():
    """Partitions of one operator each."""
    net = Net()
    x = net.input(64)
    for _ in range(4):
        x = net.unary("CUMSUM", net.unary("ABS", x))
    return net.pack(x)


def joined(data, runtime):
    """The events of one run: names, and the operator of each."""
    loaded, run = workload(load(data)), RunOptions(runtime=runtime)
    session = open_session(loaded, run, open_runtime(runtime), profile=True)
    fill_inputs(session, run)
    graph = loaded.entry.subgraph
    (same,) = runs_by_sequence(graph.index, [session.interpreter.profile_invokes(1, 1.0)])
    targets, _ = join_events(graph, same.events)
    return [event.name for event in same.events], targets


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_nothing_reads_has_no_event(runtime):
    """The model without these operators has the same events; they say which operators ran."""
    # 2.17.1 leaves out what nothing reads, but not what only that would have read.
    ran = (1, 2, 4, 5) if runtime == OLD else (1, 4, 5)
    names, targets = joined(unread(), runtime)
    plain_names, plain = joined(unread(ran), runtime)
    assert names == plain_names
    assert targets == [ran[target] for target in plain]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("model", "in_one"),
    [
        # Operators that may run in the one before them; that nothing reads is held below.
        (clamps, {1, 2}),
        (activation_and_clamp, {1, 3, 4}),
        (reshapes, {2, 3}),
        (equal_partitions, set()),
        (single_operators, set()),
    ],
)
def test_nothing_is_unmatched_and_nothing_falsely_fused(runtime, model, in_one):
    profile = api.report(model(), runtime=runtime, **FEW).timing.profile
    assert profile.unmatched == ()
    assert set(profile.fused) <= in_one
    timed = {operator.index for operator in profile.operators}
    assert timed | set(profile.fused) == set(range(len(load(model()).subgraphs[0].operators)))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_nothing_reads_is_not_called_fused(runtime):
    """What ran has a time, what did not is said to be unread; its operations are not done per second."""
    report = api.report(unread(), runtime=runtime, **FEW)
    profile = report.timing.profile
    assert profile.fused == ()
    assert profile.unread == ((0, 3) if runtime == OLD else (0, 2, 3))
    assert {time.index for time in profile.operators} == set(range(6)).difference(profile.unread)
    done = sum(row.operator.cost.operations for row in report.rows if not row.is_unread)
    seconds = report.timing.latency.typical_seconds
    assert report.operations_per_second == pytest.approx(done / seconds)
    (finding,) = [found for found in report.findings if found.code == "unread_operators"]
    assert finding.operators == profile.unread


def test_builtin_kernels_run_what_nothing_reads():
    report = api.report(unread(), kernels="builtin", **FEW)
    assert report.timing.profile.unread == report.timing.profile.fused == ()
    assert "unread_operators" not in {found.code for found in report.findings}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_clamp_of_several_is_that_of_the_first(runtime):
    names, targets = joined(clamps(), runtime)
    found = [target for name, target in zip(names, targets, strict=True) if "Clamp" in name]
    # One for both in front of CUMSUM, where there is one at all, and that behind it.
    assert found in ([1, 4], [1, 2, 4], [4])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_table_of_several_is_that_of_the_last(runtime):
    names, targets = joined(looked_up_in_one_table(), runtime)
    assert None not in targets
    looked_up = [t for n, t in zip(names, targets, strict=True) if n == "Invalid Unary Op"]
    assert looked_up == ([] if runtime == OLD else [3])
