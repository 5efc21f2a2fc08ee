"""The protocol buffers of benchmark_model, against Google's own module for one of them."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benchmark_model_formats as formats
from tflops_native import ProfileFormatError, load
from tflops_native.imported.load import load_timing
from tflops_native.imported.wire import fields
from workloads import workload
from zoo import EXAMPLES

CONV = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


@pytest.fixture
def times_of(tmp_path):
    def times_of(model, data):
        path = tmp_path / "phone.csv"  # the content decides, not the name
        path.write_bytes(data)
        return load_timing(path, workload(model))[0]

    return times_of


def official(name):
    """The message class of Google's own module.

    TensorFlow and ai_edge_litert both carry that module, and a process can load one of them only.
    """
    pool = pytest.importorskip("google.protobuf.descriptor_pool").Default()
    from google.protobuf.message_factory import GetMessageClass

    try:
        return GetMessageClass(pool.FindMessageTypeByName(f"tflite.profiling.{name}"))
    except KeyError:
        return getattr(pytest.importorskip("ai_edge_litert.profiling_info_pb2"), name)


def profiling_data(events, *, runs=4, delegated=()):
    """BenchmarkProfilingData as ProfileSummaryProtoFormatter fills it: events are shuffled."""
    data = official("BenchmarkProfilingData")()
    allocation = data.init_profile.subgraph_profiles.add(subgraph_index=0)
    fill(allocation.per_op_profiles.add(), ("AllocateTensors", "AllocateTensors/0", 99), 0, 1)
    other = data.runtime_profile.subgraph_profiles.add(subgraph_index=1, subgraph_name="body")
    fill(other.per_op_profiles.add(), ("ADD", "[x]:0", 5), 0, runs)
    main = data.runtime_profile.subgraph_profiles.add(subgraph_index=0, subgraph_name="main")
    for order, event in reversed(list(enumerate(events))):
        fill(main.per_op_profiles.add(), event, order, runs)
    if delegated:
        inner = data.runtime_profile.delegate_profiles.add()
        for order, event in enumerate(delegated):
            fill(inner.per_op_profiles.add(), event, order, runs)
    return data.SerializeToString()


def fill(operator, event, order, runs):
    operator.node_type, operator.name, microseconds = event
    operator.run_order = order
    operator.times_called = 1
    statistic = operator.inference_microseconds
    # One run more than the average took a microsecond longer: the average is cut to an integer.
    statistic.sum = microseconds * runs + 1
    statistic.avg = statistic.sum // runs
    statistic.count = runs
    statistic.first = statistic.last = statistic.min = microseconds
    statistic.max = microseconds + 1
    statistic.stddev = statistic.variance = 0.5
    operator.mem_kb.count = runs


def test_operators_and_the_exact_mean(times_of):
    subgraph = load(MOBILENET).subgraphs[0]
    events = formats.nodes_of(subgraph, [7] * len(subgraph.operators))
    profile = times_of(MOBILENET, profiling_data(events)).profile
    assert [operator.index for operator in profile.operators] == list(range(len(events)))
    means = [operator.mean for operator in profile.operators]
    assert means == pytest.approx([7.25e-6] * len(events))
    assert profile.runs == 4


def test_inside_of_a_delegate(times_of):
    model = load(CONV).subgraphs[0]
    output = model.tensors[model.outputs[0]].name
    timing = times_of(
        CONV,
        profiling_data(
            [formats.node("TfLiteXNNPackDelegate", output, 50, index=1)],
            delegated=[("DelegateOpInvoke", "Delegate/Convolution (NHWC, F32) IGEMM:0", 40)],
        ),
    )
    (operator,) = timing.profile.operators
    assert operator.mean == pytest.approx(40.25e-6)
    assert timing.profile.outside_seconds == pytest.approx(10e-6)


def message(number, content):
    """One embedded message: field number, wire type 2, length, bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def floats(**values):
    """Fields of 32-bit floats by their number, "_1"."""
    return b"".join(
        bytes([int(name[1:]) << 3 | 5]) + struct.pack("<f", value) for name, value in values.items()
    )


def benchmark_result(size_bytes):
    """BenchmarkResult as ProtoBenchmarkReporter fills it; numbers from benchmark_result.proto."""
    latency = floats(
        _8=17.5, _9=2.5, _10=1.25, _2=1.0, _3=4.0, _4=0.5, _1=1.5, _5=1.375, _6=1.125, _7=3.0
    )
    misc = floats(_1=size_bytes / 1e6) + bytes([2 << 3, 50, 3 << 3, 7])
    return message(2, latency) + message(3, bytes([1 << 3, 100])) + message(4, misc)


def test_benchmark_result(times_of):
    timing = times_of(CONV, benchmark_result(CONV.stat().st_size))
    latency = timing.recorded.latency
    assert latency.count == 50
    assert latency.minimum_seconds == pytest.approx(1e-3)
    assert latency.p5_seconds == pytest.approx(1.125e-3)
    assert latency.median_seconds == pytest.approx(1.375e-3)
    assert latency.mean_seconds == pytest.approx(1.5e-3)
    assert latency.p95_seconds == pytest.approx(3e-3)
    assert latency.maximum_seconds == pytest.approx(4e-3)
    assert latency.std_seconds == pytest.approx(0.5e-3)
    assert timing.recorded.initialization == pytest.approx(17.5e-3)
    assert timing.recorded.first_invoke == pytest.approx(2.5e-3)
    assert timing.recorded.warm_up.mean == pytest.approx(1.25e-3)
    assert timing.recorded.warm_up.count == 7
    assert timing.kernels is None
    assert timing.profile is None


def test_benchmark_result_of_another_model(times_of):
    with pytest.raises(ProfileFormatError, match="about 597,688 bytes, this one has 2,488"):
        times_of(CONV, benchmark_result(597_688))


def test_every_cut_is_refused_or_tells_less(times_of):
    """A message may end between two fields: then it is one, with less in it."""
    data = benchmark_result(CONV.stat().st_size)
    for end in range(len(data)):
        try:
            timing = times_of(CONV, data[:end])
        except ProfileFormatError:
            continue
        assert timing.recorded.latency.mean_seconds == 1.5e-3


@pytest.mark.parametrize(
    "data",
    [
        b"\x1a",  # a length is missing
        b"\x0a\x05abc",  # 5 bytes promised, 3 there
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a number of 11 bytes
        b"\x13\x14",  # groups
        b"\x02\x00",  # field 0
        b"\x08\x01",  # a field of another message
        message(3, b""),  # no operators
        message(2, floats(_5=1.0)),  # no average
        message(2, floats(_1=1.0) + b"\x10\x01"),  # a whole number where a float is
        bytes(range(256)),
    ],
)
def test_no_message(times_of, data):
    with pytest.raises(ProfileFormatError, match="none of: the log"):
        times_of(CONV, data)


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_fields_or_a_value_error(data):
    try:
        found = list(fields(memoryview(data)))
    except ValueError:
        return
    for field in found:
        assert field.number >= 1
