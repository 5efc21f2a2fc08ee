"""Joining a delegate's events to operators: cases by hand, then all small cases by enumeration."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import chain
from tflops_native.model.schema import ActivationFunctionType
from tflops_native.profile.delegated import match_events, unsure_positions

CONVOLUTION = "Convolution (NHWC, F32) IGEMM"
CONVERT = "Convert (NC, F32, QD8)"
CONVOLUTION_OF_CONVERTED = "Convolution (NHWC, QD8, F32, QC8W) IGEMM"


def match(operators, events):
    return match_events(chain(*operators).operators, events)


@pytest.mark.parametrize(
    ("operators", "events", "expected"),
    [
        pytest.param(
            ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D"],
            [CONVOLUTION, "Convolution (NHWC, F32) DWConv", CONVOLUTION],
            [0, 1, 2],
            id="one event each",
        ),
        pytest.param(
            ["CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"],
            [
                CONVOLUTION,
                "Global Average Pooling (NWC, F32)",
                "Fully Connected (NC, F32) GEMM",
                "Softmax (NC, F32)",
            ],
            [0, 1, 2, 3],
            id="one class each",
        ),
        pytest.param(
            ["PAD", "CONV_2D", "RELU6"], [CONVOLUTION], [1], id="fused padding and activation"
        ),
        pytest.param(
            ["CONV_2D", "RELU", "CONV_2D"],
            [CONVOLUTION, CONVOLUTION],
            [0, 2],
            id="fused between others",
        ),
        pytest.param(
            ["CONV_2D", "RELU", "CONV_2D"],
            [CONVOLUTION, "Clamp (NC, F32)", CONVOLUTION],
            [0, 1, 2],
            id="not fused between others",
        ),
        pytest.param(
            ["CONV_2D", "CONV_2D"],
            [CONVERT, CONVOLUTION_OF_CONVERTED, CONVERT, CONVOLUTION_OF_CONVERTED],
            [0, 0, 1, 1],
            id="dynamic range",
        ),
        pytest.param(
            ["CONV_2D", "CONV_2D"],
            [CONVOLUTION, CONVERT, CONVOLUTION_OF_CONVERTED],
            [0, 1, 1],
            id="only the second in dynamic range",
        ),
        pytest.param(
            ["QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"],
            [
                "Convert (NC, F32, QS8)",
                "Fully Connected (NC, QS8, QC8W) GEMM",
                "Convert (NC, QS8, F32)",
            ],
            [0, 1, 2],
            id="conversions of the model itself",
        ),
        pytest.param(
            ["QUANTIZE", "DEQUANTIZE", "FULLY_CONNECTED"],
            [CONVERT, "Fully Connected (NC, QD8, F32, QC8W) GEMM"],
            [2, 2],
            id="a dynamic conversion is none of the model's",
        ),
        pytest.param(
            ["FULLY_CONNECTED", "FULLY_CONNECTED"],
            [CONVERT, *["Fully Connected (NC, QD8, F32, QC8W) GEMM"] * 2],
            [0, 0, 1],
            id="one conversion for two",
        ),
        pytest.param(
            ["FULLY_CONNECTED"], ["Dynamic Fully Connected (NC, F32)"], [0], id="name with spaces"
        ),
        pytest.param(["RESHAPE", "RESHAPE"], ["Copy (NC, X32)"], [None], id="one of two copies"),
        pytest.param(
            ["RESHAPE", "RESHAPE"],
            ["Copy (NC, X32)", "Copy (NC, X32)"],
            [0, 1],
            id="both copies",
        ),
        pytest.param(
            ["RESHAPE", "SOFTMAX", "RESHAPE"],
            ["Softmax (NC, F32)", "Copy (NC, X32)"],
            [1, 2],
            id="order tells the copies apart",
        ),
        pytest.param(
            ["CONV_2D", "RESHAPE", "SQUEEZE", "SOFTMAX"],
            [CONVOLUTION, "Copy (NC, X32)", "Softmax (NC, F32)"],
            [0, None, 3],
            id="an unsure one spoils no other",
        ),
        pytest.param(["CONV_2D"], ["Weird Thing (NC)"], [None], id="unknown name"),
        pytest.param(
            ["CONV_2D", "ADD"],
            ["Weird Thing (NC)", CONVOLUTION, "Add (ND, F32)"],
            [None, 0, 1],
            id="unknown name in front",
        ),
        pytest.param(
            ["SOFTMAX", "CONV_2D"],
            [CONVOLUTION, "Softmax (NC, F32)"],
            [None, None],
            id="against the order: either may be the one",
        ),
        pytest.param(["ADD"], [CONVOLUTION], [None], id="nothing of that class"),
        pytest.param(
            ["ADD"], ["Add (ND, F32)", "Add (ND, F32)"], [None, None], id="two for one place"
        ),
        pytest.param(["CONV_2D"], [CONVERT], [None], id="a conversion of nothing"),
        pytest.param(
            ["CONV_2D", "MEAN", "ADD", "CONV_2D"],
            [CONVOLUTION, "Weird Thing (NC)", "Add (ND)", CONVOLUTION],
            [0, None, 2, 3],
            id="unknown name between others",
        ),
        pytest.param(
            ["RESHAPE", "FULLY_CONNECTED"],
            ["Static Reshape (NC)", "Static Reshape (NC)", "Fully Connected (NC, F32) GEMM"],
            [0, 1, 1],
            id="a layer that reshapes its input, behind a reshape",
        ),
        pytest.param(
            ["FULLY_CONNECTED"],
            ["Static Reshape (NC)", CONVERT, "Fully Connected (NC, QD8, F32, QC8W) GEMM"],
            [0, 0, 0],
            id="reshaped and converted",
        ),
        pytest.param(
            ["MINIMUM", "LEAKY_RELU", "MUL", "ROUND", "SIN"],
            [
                "Clamp (NC)",
                "LeakyReLU (NC)",
                "Square (NC)",
                "Bankders Rounding (NC)",
                "Sine (NC)",
            ],
            [0, 1, 2, 3, 4],
            id="names of LiteRT",
        ),
        pytest.param(
            ["Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D"],
            [
                "Deconvolution (NHWC, F32) IGEMM",
                "ArgMax Pooling (NHWC, F32)",
                "Unpooling (NHWC, X32)",
            ],
            [0, 1, 2],
            id="custom operators",
        ),
        pytest.param(
            ["SQUARE", "MEAN"], ["Mean Squared (ND) Reduce2"], [1], id="a square within a mean"
        ),
        pytest.param(
            ["CONV_2D", "STABLEHLO_COMPOSITE", "CONV_2D"],
            [
                CONVOLUTION,
                "Multiply (ND)",
                "Batch Matrix Multiply (NC, F32)",
                "Softmax (NC, F32)",
                CONVOLUTION,
            ],
            [0, 1, 1, 1, 2],
            id="a composite holds what it is made of",
        ),
        pytest.param([], [CONVOLUTION], [None], id="no operators"),
        pytest.param(["CONV_2D"], [], [], id="no events"),
        pytest.param([], [], [], id="nothing at all"),
    ],
)
def test_match(operators, events, expected):
    assert match(operators, events) == expected


def with_options(subgraph, **options):
    return [replace(operator, options=options) for operator in subgraph.operators]


def test_an_activation_of_its_own_belongs_to_the_operator_that_has_one():
    events = ["Add (ND)", "Clamp (NC)"]
    activation = ActivationFunctionType.RELU
    fused = with_options(chain("ADD"), fused_activation_function=activation)
    assert match_events(fused, events) == [0, 0]
    plain = with_options(chain("ADD"), fused_activation_function=ActivationFunctionType.NONE)
    assert match_events(plain, events) == [0, None]


def test_a_layer_that_keeps_its_dimensions_does_not_reshape():
    events = ["Static Reshape (NC)", "Fully Connected (NC, F32) GEMM"]
    operators = with_options(chain("RESHAPE", "FULLY_CONNECTED"), keep_num_dims=True)
    assert match_events(operators, events) == [0, 1]
    assert match(["RESHAPE", "FULLY_CONNECTED"], events) == [None, 1]


@pytest.mark.parametrize("pool", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_a_window_of_one_element_is_a_clamp(pool):
    """Source: xnnpack_delegate.cc, VisitMaxPool2DNode and VisitAveragePool2DNode."""
    graph = chain("CONV_2D", pool, "SOFTMAX")
    events = [CONVOLUTION, "Clamp (NC, F32)", "Softmax (NC, F32)"]
    for height, width, joined in [(1, 1, 1), (1, 2, None), (2, 1, None), (2, 2, None)]:
        other = with_options(graph, filter_height=height, filter_width=width)
        assert match_events(other, events) == [0, joined, 2]


def test_an_unlikely_event_gives_way_to_a_likely_one():
    operators = chain("READ_VARIABLE", "CONCATENATION").operators
    assert match_events(operators, ["Copy (NC, X8)"]) == [None]
    assert match_events(operators, ["Copy (NC, X8)"], {(0, "copy"): 1}) == [1]
    # But not to none at all.
    assert match_events(operators, ["Copy (NC, X8)"] * 2, {(0, "copy"): 1}) == [0, 1]
    assert match_events(operators[:1], ["Copy (NC, X8)"], {(0, "copy"): 1}) == [0]


@pytest.mark.parametrize(
    ("matches", "count", "unsure"),
    [
        ([0, 1], 3, set()),
        ([0, None, 3], 5, {1, 2}),
        ([None], 2, {0, 1}),
        ([0, None], 3, {1, 2}),
        ([0, None, 1, None, 4], 5, {2, 3}),
    ],
)
def test_operators_between_the_nearest_joined_ones_are_unsure(matches, count, unsure):
    assert unsure_positions(matches, count) == unsure


def test_names_are_known_in_any_case():
    assert match(["ADD"], ["ADD (nd, f32)"]) == [0]
    assert match(["ADD"], ["add"]) == [0]


def test_a_long_model_is_matched_in_reasonable_time():
    # 300 alike operators and as many events: every event has one place.
    assert match(["CONV_2D"] * 300, [CONVOLUTION] * 300) == list(range(300))


# What each event may be, written out once more for few of them.
MEANS = {
    "Add": {"ADD"},
    "Convolution": {"CONV_2D", "DEPTHWISE_CONV_2D"},
    "Copy": {"RESHAPE", "SQUEEZE"},
    "Convert (NC, F32, QS8)": {"QUANTIZE"},
    "Convert (NC, F32, QD8)": set(),
    "Unheard Of": set(),
}
NAMES = ["ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "RESHAPE", "SQUEEZE", "QUANTIZE"]
TAKES_CONVERTED = {"CONV_2D", "DEPTHWISE_CONV_2D"}


def assignments(operators, events, first_operator=0):
    """Every way to lay events over operators in order; None for an event without one."""
    if not events:
        yield ()
        return
    for rest in assignments(operators, events[1:], first_operator):
        yield (None, *rest)
    for position in range(first_operator, len(operators)):
        name = operators[position]
        if name in MEANS[events[0]]:
            for rest in assignments(operators, events[1:], position + 1):
                yield (position, *rest)
        is_pair = events[0] == CONVERT and len(events) > 1 and name in MEANS[events[1]]
        if is_pair and name in TAKES_CONVERTED:
            for rest in assignments(operators, events[2:], position + 1):
                yield (position, position, *rest)


def by_enumeration(operators, events):
    """An event is joined if and only if the ways that explain the most events agree on it."""
    found = list(assignments(operators, events))
    most = max(sum(position is not None for position in way) for way in found)
    best = [way for way in found if sum(position is not None for position in way) == most]
    agreed = (set(positions) for positions in zip(*best, strict=True))
    return [positions.pop() if len(positions) == 1 else None for positions in agreed]


@given(
    st.lists(st.sampled_from(NAMES), max_size=6),
    st.lists(st.sampled_from(sorted(MEANS)), max_size=6),
)
@settings(max_examples=400, deadline=None)
def test_what_is_joined_is_what_all_best_ways_agree_on(operators, events):
    assert match(operators, events) == by_enumeration(operators, events)


@given(
    st.lists(st.sampled_from(["CONV_2D", "RESHAPE"]), max_size=7),
    st.lists(st.sampled_from(["Convolution", CONVERT, "Copy"]), max_size=7),
)
@settings(max_examples=400, deadline=None)
def test_few_kinds_make_many_ambiguities(operators, events):
    assert match(operators, events) == by_enumeration(operators, events)
