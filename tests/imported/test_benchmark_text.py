"""The log and the CSV file of benchmark_model, made from the format in its source."""

import pytest

import benchmark_model_formats as formats
from tflops_native import ProfileFormatError, load
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import EXAMPLES

CONV = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
TABLES = {"csv": formats.csv_table, "console": formats.console_table}


@pytest.fixture
def times_of(tmp_path):
    """What is imported from a text, and from which kind of file."""

    def times_of(model, text, **options):
        path = tmp_path / "phone.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        timing = load_timing(path, workload(model, **options))
        assert timing.origin.machine is None
        assert timing.origin.tool == "benchmark_model"
        return timing

    return times_of


def builtin_times(model):
    """10 us for the first operator, 20 for the second, ..."""
    return [10 * (index + 1) for index in range(len(load(model).subgraphs[0].operators))]


@pytest.mark.parametrize("start", [False, True], ids=["today", "older"])
@pytest.mark.parametrize("form", TABLES)
def test_builtin_kernels_are_joined_by_their_number(times_of, form, start):
    subgraph = load(MOBILENET).subgraphs[0]
    times = builtin_times(MOBILENET)
    text = formats.profiles(TABLES[form], formats.nodes_of(subgraph, times), start=start)
    timing = times_of(MOBILENET, text)
    profile = timing.profile
    assert [operator.index for operator in profile.operators] == list(range(len(times)))
    assert [operator.estimate.typical_seconds for operator in profile.operators] == pytest.approx(
        [time * 1e-6 for time in times]
    )
    assert {operator.kernel for operator in profile.operators} == {"builtin"}
    assert {operator.resolution_ns for operator in profile.operators} == {1000}
    assert profile.runs == 50
    assert profile.unmatched == ()
    assert profile.fused == ()
    assert profile.invoke_seconds == pytest.approx(sum(times) * 1e-6)
    assert not profile.is_whole
    assert profile.outside_seconds == pytest.approx(0.0)
    assert timing.kernels == "builtin"
    assert timing.latency.typical_seconds is None
    assert timing.threads is None


@pytest.mark.parametrize("form", TABLES)
def test_operators_of_xnnpack_are_joined_by_order_and_class(times_of, form):
    """As today: they stand in the main table, and the delegate itself does not."""
    events = [formats.inside("Convolution (NHWC, F32) IGEMM", 0, 1234)]
    timing = times_of(CONV, formats.profiles(TABLES[form], events))
    (operator,) = timing.profile.operators
    assert (operator.index, operator.kernel) == (0, "Convolution (NHWC, F32) IGEMM")
    assert operator.is_delegated
    assert operator.estimate.typical_seconds == pytest.approx(1.234e-3)
    assert timing.kernels == "a delegate"


@pytest.mark.parametrize("form", TABLES)
def test_older_versions_tell_of_the_delegate_and_of_its_inside(times_of, form):
    output = load(CONV).subgraphs[0].tensors[load(CONV).subgraphs[0].outputs[0]].name
    text = formats.profiles(
        TABLES[form],
        [formats.node("TfLiteXNNPackDelegate", output, 1300, index=1)],
        internal=[
            ("DelegateOpInvoke", "Delegate/Convolution (NHWC, F32) IGEMM:0", 1234),
        ],
        start=True,
    )
    timing = times_of(CONV, text)
    (operator,) = timing.profile.operators
    assert operator.estimate.typical_seconds == pytest.approx(1.234e-3)
    assert timing.profile.invoke_seconds == pytest.approx(1.3e-3)
    assert timing.profile.outside_seconds == pytest.approx(66e-6)
    assert timing.kernels == "TfLiteXNNPackDelegate"


def test_a_delegate_that_tells_nothing_of_its_inside(times_of):
    output = load(CONV).subgraphs[0].tensors[load(CONV).subgraphs[0].outputs[0]].name
    events = [formats.node("TfLiteGpuDelegateV2", output, 900, index=1)]
    timing = times_of(CONV, formats.profiles(formats.csv_table, events))
    profile = timing.profile
    assert profile.operators == ()
    assert [(event.name, event.estimate.typical_seconds) for event in profile.unmatched] == [
        ("TfLiteGpuDelegateV2", pytest.approx(900e-6))
    ]
    # It may have run there: nothing says that it was fused.
    assert profile.fused == ()


def test_an_operator_called_twice_takes_twice_the_average(times_of):
    events = [formats.inside("Convolution (NHWC, F32) IGEMM", 0, 100)]
    text = formats.profiles(formats.console_table, events, calls=2)
    with pytest.raises(ProfileFormatError, match="2 of CONV_2D and DEPTHWISE_CONV_2D ran in its"):
        times_of(CONV, text)
    events = [formats.inside("something of a GPU", 0, 100)]
    timing = times_of(CONV, formats.profiles(formats.console_table, events, calls=2))
    assert timing.profile.unmatched[0].estimate.typical_seconds == pytest.approx(200e-6)


def test_a_log_tells_the_latency_and_how_it_was_run(times_of):
    text = formats.log(size_bytes=CONV.stat().st_size, delegate="XNNPACK")
    timing = times_of(CONV, text)
    latency = timing.latency
    assert latency.runs == 50
    assert latency.mean_seconds == pytest.approx(1039.66e-6)
    assert latency.minimum_seconds == pytest.approx(1012e-6)
    assert latency.p5_seconds == pytest.approx(1013e-6)
    assert latency.median_seconds == pytest.approx(1030e-6)
    assert latency.p95_seconds == pytest.approx(1100e-6)
    assert latency.maximum_seconds == pytest.approx(1190e-6)
    assert latency.std_seconds == pytest.approx(22e-6)
    assert timing.latency.typical_seconds == latency.median_seconds
    assert timing.threads == 4
    assert timing.kernels == "XNNPACK"
    assert timing.initialization_ns == 17_851_000
    assert timing.first_invoke_ns == 2_104_000
    assert timing.warm_up.runs == 478
    assert timing.is_profiled is False
    assert timing.profile is None


@pytest.mark.parametrize(
    ("regular", "expected"),
    [
        ("count=50 first=9 curr=7 min=7 max=9 avg=7.5 std=0", (50, 7.5, 7, None, 9)),
        ("count=50 curr=7(all same) p5=7 median=7 p95=7", (50, 7, 7, 7, 7)),
        ("count=1 curr=8 p5=8 median=8 p95=8", (1, 8, 8, 8, 8)),
    ],
    ids=["without percentiles", "all same", "one run"],
)
def test_statistics_as_they_are_written(times_of, regular, expected):
    latency = times_of(CONV, formats.log(regular=regular)).latency
    count, *microseconds = expected
    assert latency.runs == count
    found = (
        latency.mean_seconds,
        latency.minimum_seconds,
        latency.median_seconds,
        latency.maximum_seconds,
    )
    assert found == tuple(
        None if value is None else pytest.approx(value * 1e-6) for value in microseconds
    )


def test_a_profiled_log_holds_the_price_of_the_profiler(times_of):
    events = [formats.inside("Convolution (NHWC, F32) IGEMM", 0, 1000)]
    tables = formats.profiles(formats.console_table, events)
    text = formats.log(parameters=["Enable op profiling: [1]"], tables=tables)
    timing = times_of(CONV, text)
    assert timing.is_profiled is True
    assert timing.profile.is_whole
    assert timing.profile.invoke_seconds == pytest.approx(1039.66e-6)
    assert timing.profile.outside_seconds == pytest.approx(39.66e-6)


ANDROID = "05-31 10:31:13.022 21767 21767 I tflite  : "


@pytest.mark.parametrize("prefix", ["", "INFO: ", ANDROID], ids=["older", "today", "android"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.encode(), id="as printed"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="adb shell"),
        pytest.param(lambda text: text.encode("utf-16"), id="PowerShell"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="byte order mark"),
        pytest.param(lambda text: text.encode() + b"\xff\xfe\n", id="stray bytes"),
    ],
)
def test_logs_as_they_come_from_a_phone(times_of, change, prefix):
    timing = times_of(CONV, change(formats.log(prefix=prefix)))
    assert timing.threads == 4
    assert timing.latency.typical_seconds == pytest.approx(1030e-6)


def conv_table(operator="CONV_2D", index=0):
    subgraph = load(CONV).subgraphs[0]
    output = subgraph.tensors[subgraph.operators[0].outputs[0]].name
    return [formats.node(operator, output, 10, index=index)]


def profile_of_mobilenet():
    events = formats.nodes_of(load(MOBILENET).subgraphs[0], builtin_times(MOBILENET))
    return formats.profiles(formats.csv_table, events)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (formats.profiles(formats.csv_table, conv_table("ADD")), "operator 0 is ADD.* is CONV_2D"),
        (
            formats.profiles(formats.csv_table, conv_table() + conv_table(index=7)),
            "operator 7 is CONV_2D, this one has 1 operators",
        ),
        (
            formats.profiles(formats.csv_table, [formats.node("CONV_2D", "no/such", 10, 0)]),
            r"operator 0 \(CONV_2D\) makes 'no/such', in this one it makes",
        ),
        (
            formats.profiles(
                formats.csv_table, [formats.node("TfLiteXNNPackDelegate", "x", 10, 31)]
            ),
            "it had 31 operators before the delegate took some, this one has 1",
        ),
        (
            formats.profiles(
                formats.csv_table,
                [formats.inside("Convolution (NHWC, F32) IGEMM", index, 10) for index in (0, 1)],
            ),
            "2 of CONV_2D and DEPTHWISE_CONV_2D ran in its delegate, this one has 1",
        ),
        (
            formats.profiles(formats.csv_table, [formats.inside("Softmax (NC, F32)", 0, 10)]),
            "only 0 convolutions and matrix products ran in its delegate, this one has 1",
        ),
        (formats.log(size_bytes=3_000_000), "about 3,000,000 bytes, this one has 2,488"),
    ],
    ids=["type", "count", "names", "delegate", "more inside", "less inside", "size"],
)
def test_a_profile_of_another_model_is_refused(times_of, text, message):
    with pytest.raises(ProfileFormatError, match=f"belongs to another model: .*{message}"):
        times_of(CONV, text)


def test_the_first_operator_that_is_missing_is_named(times_of):
    events = formats.nodes_of(load(MOBILENET).subgraphs[0], builtin_times(MOBILENET))
    del events[5]
    name = load(MOBILENET).subgraphs[0].operators[5].name
    text = formats.profiles(formats.console_table, events)
    with pytest.raises(ProfileFormatError, match=f"has no operator 5, which is {name}"):
        times_of(MOBILENET, text)


def test_the_name_of_the_file_decides_nothing(times_of):
    size = CONV.stat().st_size
    timing = times_of(CONV, formats.log(graph="/sdcard/renamed.tflite", size_bytes=size))
    assert timing.latency.runs == 50
    assert timing.notes[0].code == "no_operator_times"


def test_other_input_shapes_are_refused_with_what_to_ask_for(times_of):
    name = load(CONV).subgraphs[0].tensors[load(CONV).subgraphs[0].inputs[0]].name
    parameters = [f"Input layers: [{name}]", "Input shapes: [4,28,28,1]"]
    text = formats.log(parameters=parameters)
    with pytest.raises(ProfileFormatError, match="pass --input-shape input=4,28,28,1"):
        times_of(CONV, text)
    timing = times_of(CONV, text, input_shapes={name: (4, 28, 28, 1)})
    assert timing.input_shapes == {"input": (4, 28, 28, 1)}


def test_other_input_names_are_shapes_by_position(times_of):
    """As benchmark_model takes them: the names in front of the shapes may be anything."""
    text = formats.log(parameters=["Input layers: [in0]", "Input shapes: [4,28,28,1]"])
    with pytest.raises(ProfileFormatError, match=r"taken with 4,28,28,1 for input .input."):
        times_of(CONV, text)
    text = formats.log(parameters=["Input layers: [a,b]", "Input shapes: [1,28,28,1:1,2]"])
    with pytest.raises(ProfileFormatError, match="it has 2 inputs, this one has 1"):
        times_of(CONV, text)


def rows_of_mobilenet():
    return profile_of_mobilenet().split("\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (formats.log() + formats.log(), "it holds 2 benchmarks: choose one with ::1 to ::2"),
        (profile_of_mobilenet() * 2, "it holds 2 benchmarks"),
        (profile_of_mobilenet()[:1500], r"the table of operators is cut off after \d+ rows"),
        (
            profile_of_mobilenet().replace("CONV_2D, 0.01,", "CONV_2D, short,"),
            r"has 33 rows of 34: line \d+ cannot be read: 'CONV_2D, short",
        ),
        ("Profiling Info for Benchmark Initialization:\n", "none of: the log"),
        (formats.log().replace("avg=1039.66", "avg=1e999"), "'1e999' where a number"),
        (formats.log(parameters=["Input layers: [a,b]", "Input shapes: [1,2]"]), "do not fit"),
    ],
    ids=["two logs", "two profiles", "cut", "row", "nothing", "infinite", "shapes"],
)
def test_damaged_text_is_refused(times_of, text, message):
    with pytest.raises(ProfileFormatError, match=message):
        times_of(MOBILENET, text)


def test_an_operator_that_did_not_always_run_has_no_time(times_of):
    events = formats.nodes_of(load(MOBILENET).subgraphs[0], builtin_times(MOBILENET))
    text = formats.profiles(formats.console_table, events)
    row = next(line for line in text.split("\n") if line.endswith("]:3"))
    text = text.replace(row, row.replace("\t        1\t", "\t        0\t"), 1)
    timing = times_of(MOBILENET, text)
    assert 3 not in [operator.index for operator in timing.profile.operators]
    assert len(timing.profile.operators) == len(events) - 1
    assert timing.profile.fused == ()
    assert [note.code for note in timing.notes] == ["not_in_every_run"]


@pytest.mark.parametrize(
    "filler", [" " * 300_000, "\t" * 300_000, "1, " * 100_000, "=" * 300_000, "9" * 300_000]
)
def test_hostile_lines_take_no_time(times_of, filler):
    for table in TABLES.values():
        header = "\n".join(table("Run Order", conv_table()).split("\n")[:2])
        with pytest.raises(ProfileFormatError):
            times_of(CONV, f"{header}\nx{filler}\n{filler}x\n")
