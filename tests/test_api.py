"""The public functions: what they take, what they give, and how they refuse."""

import dataclasses
import json
from pathlib import Path

import pytest

import tflops_native
from tflops_native import ModelFormatError, ShapeError, UnsupportedOperatorError, analyze, load
from zoo import EXAMPLES, zoo_model

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
SHAPE = {"input": (1, 56, 56, 1)}
SOURCES = {
    "path": lambda: SINGLE,
    "text": lambda: str(SINGLE),
    "bytes": SINGLE.read_bytes,
    "bytearray": lambda: bytearray(SINGLE.read_bytes()),
    "memoryview": lambda: memoryview(SINGLE.read_bytes()),
    "model": lambda: load(SINGLE),
    "model of bytes": lambda: load(SINGLE.read_bytes()),
}


@pytest.fixture
def native(short_protocol):
    """The runtime; no figure is looked at."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)


@pytest.mark.parametrize("source", SOURCES)
def test_analyze_takes_any_source(source):
    assert analyze(SOURCES[source]()).macs == 194_688


@pytest.mark.parametrize("source", SOURCES)
def test_measure_takes_any_source(native, source):
    timing = tflops_native.measure(SOURCES[source](), runs=2)
    assert len(timing.samples_ns) == 2


@pytest.mark.parametrize("source", SOURCES)
def test_report_takes_any_source(native, source):
    report = tflops_native.report(SOURCES[source](), runs=2)
    assert [row.operator.name for row in report.rows] == ["CONV_2D"]
    assert report.rows[0].time is not None
    has_path = source in ("path", "text", "model")
    assert report.model.path == (str(SINGLE) if has_path else None)


def test_a_source_that_is_none_of_these():
    with pytest.raises(
        ModelFormatError, match="a model is a path, bytes or an object of TensorFlow, not int"
    ):
        analyze(42)


@pytest.mark.parametrize("name", ["", "input"])
def test_shapes_by_name_or_for_the_only_input(name):
    # 54 * 54 * 32 * 9 multiplications.
    assert analyze(DYNAMIC, input_shapes={name: [1, 56, 56, 1]}).macs == 839_808


def test_the_shape_measured_is_the_shape_asked_for(native):
    timing = tflops_native.measure(DYNAMIC, input_shapes=SHAPE, runs=1)
    assert timing.input_shapes == {"input": (1, 56, 56, 1)}


@pytest.mark.parametrize("name", ["analyze", "measure", "report"])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "missing.tflite"}, ModelFormatError, "no such file"),
        ({"model": b"nonsense" * 10}, ModelFormatError, "is not a TensorFlow Lite model"),
        ({"model": b""}, ModelFormatError, "is empty"),
        ({"signature": "train"}, ModelFormatError, "no signature 'train'; the model has: serving"),
        ({"input_shapes": {"x": (1,)}}, ShapeError, "the inputs are: input"),
        ({"model": DYNAMIC}, ShapeError, "does not fit"),
    ],
)
def test_what_is_refused_is_refused_by_all(name, arguments, error, message):
    function = getattr(tflops_native, name)
    with pytest.raises(error, match=message):
        function(**{"model": SINGLE, **arguments})


def test_a_refusal_says_where_and_what_would_help():
    with pytest.raises(ShapeError) as caught:
        analyze(DYNAMIC)
    assert caught.value.__notes__ == [
        "operator 0 (CONV_2D) in subgraph 0",
        "input 'input' has open lengths, taken as 1: ask for a shape N,N,N,1",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 0}, "threads must be 1 or more, got 0"),
        ({"runs": 0}, "runs must be 1 or more, got 0"),
        ({"kernels": "gpu"}, "kernels must be one of xnnpack, builtin, reference, got 'gpu'"),
    ],
)
def test_options_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        tflops_native.measure(SINGLE, **arguments)


def test_bytes_are_measured_in_a_child_process_too(native):
    timing = tflops_native.measure(SINGLE.read_bytes(), isolated=True, runs=2, profile=False)
    assert len(timing.samples_ns) == 2


@pytest.mark.parametrize("source", ["path", "text", "model"])
def test_files_can_be_measured_in_a_child_process(native, source):
    timing = tflops_native.measure(SOURCES[source](), isolated=True, runs=2, profile=False)
    assert len(timing.samples_ns) == 2


def test_progress_is_told(native):
    steps = []
    tflops_native.report(
        SINGLE, runs=2, peaks=False, progress=lambda what, done: steps.append((what, done))
    )
    assert steps[0] == ("load", 0.0)
    assert steps[-1] == ("done", 1.0)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.tflite")), ids=lambda path: path.stem)
def test_a_measurement_of_every_example(native, path):
    shapes = {"single_conv_dynamic": SHAPE, "attention_encoder_dynamic": {"": (2, 17, 64)}}
    timing = tflops_native.measure(path, input_shapes=shapes.get(path.stem), runs=5)
    assert len(timing.samples_ns) == 5
    assert timing.invokes_per_sample >= 1
    assert timing.latency.runs == 5 * timing.invokes_per_sample
    assert all(type(sample) is int and sample > 0 for sample in timing.samples_ns)
    for duration in (timing.load_ns, timing.allocate_ns, timing.first_invoke_ns):
        assert duration > 0
    assert timing.warm_up.runs >= len(timing.warm_up.samples_ns) > 0
    assert timing.clock.resolution_ns > 0
    assert (timing.stop.reason, timing.stop.precision, timing.stop.is_reached) == (
        "runs",
        None,
        None,
    )
    assert timing.profile.unmatched == ()
    assert timing.runtime.version
    assert Path(timing.runtime.library).exists()


def test_everything_is_json(native):
    report = tflops_native.report(DYNAMIC, input_shapes=SHAPE, runs=2)
    for thing in (report, report.analysis, report.timing):
        plain = thing.to_dict()
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_results_are_frozen(native):
    report = tflops_native.report(SINGLE, runs=1)
    things = [
        report,
        *(report.analysis, report.analysis.operators[0], report.analysis.inputs[0]),
        *(report.timing, report.timing.latency, report.timing.profile),
        *(report.timing.profile.operators[0], report.timing.runtime, report.timing.origin.machine),
        *(report.rows[0], report.model),
    ]
    for thing in things:
        name = dataclasses.fields(thing)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, name, None)
        assert not hasattr(thing, "__dict__"), type(thing)


def test_a_report_prints_as_text(native):
    report = tflops_native.report(SINGLE, runs=1)
    assert "194,688 MACs" in str(report)
    assert "194,688 MACs" in report._repr_html_()


@pytest.fixture
def builders():
    return pytest.importorskip("builders")


def two_signatures(builders):
    """Signature "one" adds 6 numbers (subgraph 0), "other" multiplies and adds them (subgraph 1)."""
    model = builders.ModelBuilder()
    for key, names in (("one", ["ADD"]), ("other", ["MUL", "ADD"])):
        graph = model.graph()
        last = graph.input([2, 3], name=f"{key}_tensor", shapeSignature=[-1, -1])
        for name in names:
            made = graph.tensor([2, 3])
            graph.operator(name, [last, last], [made], builders.options(f"{name.title()}Options"))
            last = made
        graph.outputs = [last]
        inputs, index = {"x": graph.inputs[0]}, len(model.graphs) - 1
        model.signatures.append(builders.signature(key, index, inputs, {"y": last}))
    return model.pack()


@pytest.mark.parametrize(
    ("signature", "flops", "operators"), [(None, 6, 1), ("one", 6, 1), ("other", 12, 2)]
)
def test_a_signature_by_its_key(native, builders, signature, flops, operators):
    report = tflops_native.report(two_signatures(builders), signature=signature, runs=1)
    assert report.analysis.flops == flops
    assert report.analysis.signature == report.timing.signature == (signature or "one")
    assert [row.time is not None for row in report.rows] == [True] * operators


@pytest.mark.parametrize("name", ["x", "other_tensor", ""])
def test_an_input_of_a_signature_has_two_names(native, builders, name):
    report = tflops_native.report(
        two_signatures(builders), signature="other", input_shapes={name: (4, 5)}, runs=1
    )
    assert report.analysis.flops == 40
    assert report.timing.input_shapes == {"x": (4, 5)}


def test_strict_refuses_what_is_not_counted(builders):
    model = builders.ModelBuilder()
    graph = model.graph()
    graph.input([2, 3])
    graph.outputs = [graph.tensor([2, 3])]
    graph.operator("Mystify", graph.inputs, graph.outputs)
    data = model.pack()
    assert analyze(data).coverage.unsupported_names == ("Mystify",)
    for function in (analyze, tflops_native.report):
        with pytest.raises(UnsupportedOperatorError, match="0 Mystify"):
            function(data, strict=True)


def test_the_same_seed_gives_the_same_inputs(native, monkeypatch):
    from tflops_native.runtime import session

    drawn = []
    original = session.input_data

    def recorded(*arguments, **options):
        drawn.append(original(*arguments, **options)[0].tobytes())
        return original(*arguments, **options)

    monkeypatch.setattr(session, "input_data", recorded)
    for seed in (1, 1, 2):
        tflops_native.measure(SINGLE, runs=1, profile=False, seed=seed)
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_model_of_the_zoo_from_bytes(native):
    report = tflops_native.report(zoo_model("lstm_unrolled-int8"), runs=1)
    assert len(report.rows) == 181
    assert report.model.path is None
    assert "\nmodel     (bytes), " in str(report)


def test_the_keywords_of_measure_are_the_options():
    """With the same defaults, and each described: `help(measure)` tells everything."""
    import inspect
    from dataclasses import fields

    from tflops_native.runtime.options import RunOptions
    from tflops_native.timing.stop_rule import StopRule

    keywords = inspect.signature(tflops_native.measure).parameters
    described = inspect.signature(tflops_native.report).parameters
    for options in (RunOptions(), StopRule()):
        for field in fields(options):
            default = keywords[field.name].default
            assert (default or {}) == (getattr(options, field.name) or {})
            assert described[field.name].default == default
            assert f"        {field.name}: " in tflops_native.measure.__doc__


@pytest.mark.parametrize("limit", [{"timeout": 1.0}, {"memory_limit": 1 << 30}])
def test_limits_need_a_child_process(limit):
    for function in (tflops_native.measure, tflops_native.report):
        with pytest.raises(ValueError, match="isolated=True"):
            function(EXAMPLES / "single_conv_28x28.tflite", **limit)
