"""Time per operator: what ran is joined to the operators of real models, and adds up."""

import pytest

from zoo import NAMES, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import load, measure

pytestmark = pytest.mark.usefixtures("short_protocol")

CHEAP = ("attention", "lstm", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small")


def check_sums(timing):
    """In every run the parts add up to the whole, and none is negative."""
    profile = timing.profile
    parts = [part.samples_ns for part in (*profile.operators, *profile.unmatched)]
    for run, invoke in enumerate(profile.invoke_ns):
        inside = sum(part[run] for part in parts)
        assert 0 <= inside <= invoke
        assert inside + profile.outside_ns[run] == invoke


def test_every_operator_of_mobilenet_v1_has_its_time():
    timing = measure(zoo_model("mobilenet_v1-float32"), runs=1)
    profile = timing.profile
    assert [operator.index for operator in profile.operators] == list(range(34))
    assert profile.unmatched == ()
    assert profile.fused == ()
    kernels = [operator.kernel.split(" (")[0] for operator in profile.operators]
    # By the definition of the network: one convolution, then 13 pairs of depthwise and pointwise
    # ones; the rest is the converter's.
    operators = load(zoo_model("mobilenet_v1-float32")).subgraphs[0].operators
    for operator, kernel in zip(operators, kernels, strict=True):
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            assert kernel == "Convolution"
    assert kernels.count("Convolution") == 1 + 2 * 13 + 1
    assert kernels[-1] == "Softmax"
    check_sums(timing)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith(CHEAP) or name.endswith("-float32")]
)
def test_no_event_of_the_delegate_is_left_over(name):
    timing = measure(zoo_model(name), runs=1)
    profile = timing.profile
    assert [event.name for event in profile.unmatched] == []
    operators = load(zoo_model(name)).subgraphs[0].operators
    indices = [operator.index for operator in profile.operators]
    assert sorted([*indices, *profile.fused]) == list(range(len(operators)))
    assert indices == sorted(indices)
    # What the delegate leaves out altogether holds data at most: weights are unpacked beforehand,
    # padding goes into the convolution behind it.
    fused = {operators[index].name for index in profile.fused}
    assert fused <= {"DEQUANTIZE", "PAD"}
    check_sums(timing)


@pytest.mark.parametrize("name", ["mobilenet_v3_small-int8", "attention_encoder_dynamic-float32"])
def test_builtin_kernels_report_every_operator(name):
    timing = measure(zoo_model(name), runs=1, kernels="builtin")
    count = len(load(zoo_model(name)).subgraphs[0].operators)
    profile = timing.profile
    assert [operator.index for operator in profile.operators] == list(range(count))
    assert {operator.kernel for operator in profile.operators} == {"builtin"}
    assert not any(operator.is_delegated for operator in profile.operators)
    assert {operator.resolution_ns for operator in profile.operators} == {1}
    assert profile.unmatched == ()
    assert profile.fused == ()
    check_sums(timing)


def test_dynamic_range_operators_hold_their_conversion(clocked_resolution_ns):
    profile = measure(zoo_model("attention_encoder-dynamic"), runs=1).profile
    operators = load(zoo_model("attention_encoder-dynamic")).subgraphs[0].operators
    prepared = [o for o in profile.operators if o.kernel.startswith("Convert (NC, F32, QD8) + ")]
    assert prepared
    for operator in prepared:
        assert operators[operator.index].name == "FULLY_CONNECTED"
        # Two events, each cut to a microsecond where the clock says no more.
        assert operator.resolution_ns == {1: 1, 1000: 2000}[clocked_resolution_ns]


@pytest.fixture
def builders():
    return pytest.importorskip("builders")


def quantized_with_float_ends(builders):
    """QUANTIZE, FULLY_CONNECTED, DEQUANTIZE: what full quantization with float inputs gives."""
    model = builders.ModelBuilder()
    graph = model.graph()
    eighth = builders.quantization(scale=[0.125], zeroPoint=[0])
    image = graph.input([1, 8])
    quantized = graph.tensor([1, 8], "INT8", quantization=eighth)
    filters = graph.constant([[1] * 8] * 4, "INT8", quantization=eighth)
    bias = graph.constant(
        [0] * 4, "INT32", quantization=builders.quantization(scale=[0.015625], zeroPoint=[0])
    )
    product = graph.tensor([1, 4], "INT8", quantization=eighth)
    graph.operator("QUANTIZE", [image], [quantized], version=1)
    graph.operator(
        "FULLY_CONNECTED",
        [quantized, filters, bias],
        [product],
        builders.options("FullyConnectedOptions"),
        version=4,
    )
    graph.outputs = [graph.tensor([1, 4])]
    graph.operator("DEQUANTIZE", [product], graph.outputs, version=2)
    return model.pack()


def test_conversions_at_the_ends_are_the_models_own(builders):
    profile = measure(quantized_with_float_ends(builders), runs=1).profile
    assert profile.unmatched == ()
    assert [(o.index, o.kernel.split(" (")[0]) for o in profile.operators] == [
        (0, "Convert"),
        (1, "Fully Connected"),
        (2, "Convert"),
    ]


def branching(builders):
    """IF x < 1, which the random inputs always are: ABS, ABS in subgraph 1; else NEG in subgraph 2."""
    model = builders.ModelBuilder()
    main = model.graph()
    x = main.input([4])
    one = main.constant([1.0], "FLOAT32")
    first = main.tensor([1])
    begin, size = main.constant([0], "INT32"), main.constant([1], "INT32")
    is_below = main.tensor([1], "BOOL")
    main.outputs = [main.tensor([4])]
    main.operator("SLICE", [x, begin, size], [first], builders.options("SliceOptions"))
    main.operator("LESS", [first, one], [is_below], builders.options("LessOptions"))
    branches = builders.options("IfOptions", then_subgraph_index=1, else_subgraph_index=2)
    main.operator("IF", [is_below, x], main.outputs, branches)
    for operators in (["ABS", "ABS"], ["NEG"]):
        body = model.graph()
        last = body.input([4])
        for name in operators:
            made = body.tensor([4])
            body.operator(name, [last], [made], builders.options(f"{name.title()}Options"))
            last = made
        body.outputs = [last]
    return model.pack()


@pytest.mark.parametrize("kernels", ["builtin", "xnnpack"])
def test_what_runs_inside_an_operator_is_part_of_its_time(builders, kernels):
    timing = measure(branching(builders), runs=1, kernels=kernels)
    profile = timing.profile
    assert [operator.index for operator in profile.operators] == [0, 1, 2]
    assert profile.operators[2].kernel == "builtin"
    assert profile.unmatched == ()
    assert profile.fused == ()
    check_sums(timing)


def two_signatures(builders):
    """Signature "one" adds (subgraph 0), signature "other" multiplies and adds (subgraph 1)."""
    model = builders.ModelBuilder()
    for key, names in (("one", ["ADD"]), ("other", ["MUL", "ADD"])):
        graph = model.graph()
        last = graph.input([2, 3], name=f"{key}_x")
        for name in names:
            made = graph.tensor([2, 3])
            graph.operator(name, [last, last], [made], builders.options(f"{name.title()}Options"))
            last = made
        graph.outputs = [last]
        position = len(model.graphs) - 1
        model.signatures.append(
            builders.signature(key, position, {"x": graph.inputs[0]}, {"y": last})
        )
    return model.pack()


@pytest.mark.parametrize("kernels", ["builtin", "xnnpack"])
@pytest.mark.parametrize(("signature", "count"), [("one", 1), ("other", 2)])
def test_another_signature_has_the_operators_of_its_own_subgraph(
    builders, kernels, signature, count
):
    timing = measure(two_signatures(builders), runs=1, signature=signature, kernels=kernels)
    assert timing.signature == signature
    assert [operator.index for operator in timing.profile.operators] == list(range(count))
    assert timing.profile.unmatched == ()
    check_sums(timing)


def test_without_profile_there_is_none():
    timing = measure(zoo_model("lstm_unrolled-float32"), runs=3, profile=False)
    assert timing.profile is None
    assert len(timing.samples_ns) == 3
    assert timing.to_dict()["profile"] is None
