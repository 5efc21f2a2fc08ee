"""Composites that LiteRT inlines: the events of the decomposition are those of the composite."""

from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from flatbuffers import flexbuffers

from builders import ModelBuilder, options, signature
from tflops_native import api
from tflops_native.model.reader import load
from tflops_native.profile.inlined import inline_composites

pytestmark = pytest.mark.usefixtures("short_protocol")

SHAPE = [2, 3]
TABLES = {"ABS": "AbsOptions", "NEG": "NegOptions", "EXP": "ExpOptions", "TOPK_V2": "TopKV2Options"}


def composite(graph, given, subgraph):
    """Adds a composite of this subgraph; returns what it makes."""
    made = graph.tensor(SHAPE)
    fields = {"name": "my.composite", "decomposition_subgraph_index": subgraph}
    attributes = list(flexbuffers.Dumps({}))
    graph.operator(
        "STABLEHLO_COMPOSITE",
        [given],
        [made],
        options("StableHLOCompositeOptions", composite_attributes=attributes, **fields),
    )
    return made


def unary(graph, name, given):
    made = graph.tensor(SHAPE)
    graph.operator(name, [given], [made], options(TABLES[name]))
    return made


def model(inner=("NEG", "EXP"), depth=1):
    """ABS, a composite, NEG, the composite again; in it `inner`, at `depth` 2 behind ABS and in another."""
    builder = ModelBuilder()
    graphs = [builder.graph() for _ in range(depth + 1)]
    main, *bodies = graphs
    x = main.input(SHAPE, name="x")
    last = composite(main, unary(main, "ABS", x), 1)
    main.outputs = [composite(main, unary(main, "NEG", last), 1)]
    for number, body in enumerate(bodies, 1):
        last = body.input(SHAPE)
        if number < depth:
            last = composite(body, unary(body, "ABS", last), number + 1)
        else:
            for name in inner:
                if name == "TOPK_V2":
                    k = body.constant(np.array(3, np.int32), "INT32")
                    values, indices = body.tensor(SHAPE), body.tensor(SHAPE, "INT32")
                    body.operator(name, [last, k], [values, indices], options(TABLES[name]))
                    last = values
                else:
                    last = unary(body, name, last)
        body.outputs = [last]
    builder.signatures = [signature("serving_default", 0, {"x": x}, {"y": main.outputs[0]})]
    return builder.pack()


def test_operators_stand_in_the_place_of_their_composite():
    loaded = load(model(depth=2))
    found = inline_composites(loaded, loaded.subgraphs[0])
    assert [operator.name for operator in found.subgraph.operators] == [
        *("ABS", "ABS", "NEG", "EXP"),
        *("NEG", "ABS", "NEG", "EXP"),
    ]
    assert found.owners == (0, 1, 1, 1, 2, 3, 3, 3)
    # Each takes what the one before it makes, and the last makes what the model gives.
    for one, other in zip(found.subgraph.operators, found.subgraph.operators[1:], strict=False):
        assert other.inputs == one.outputs
    assert found.subgraph.operators[-1].outputs == found.subgraph.outputs


def test_without_composites_there_is_nothing_to_do():
    loaded = load(model())
    assert inline_composites(loaded, loaded.subgraphs[1]) is None


def test_a_composite_of_itself_does_not_end():
    builder = ModelBuilder()
    graphs = [builder.graph() for _ in range(2)]
    for graph in graphs:
        graph.outputs = [composite(graph, graph.input(SHAPE), 1)]
    loaded = load(builder.pack())
    assert inline_composites(loaded, loaded.subgraphs[0]) is None


@pytest.mark.skipif(not find_spec("ai_edge_litert"), reason="LiteRT is an extra")
@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
@pytest.mark.parametrize(
    ("inner", "depth"),
    [(("NEG", "EXP"), 1), (("NEG", "EXP"), 2), (("ABS", "TOPK_V2", "ABS"), 1), (("ABS", "ABS"), 1)],
    ids=["one level", "two levels", "two partitions", "all alike"],
)
def test_litert_events_are_those_of_the_composite(kernels, inner, depth):
    report = api.report(
        model(inner, depth),
        runtime="litert",
        kernels=kernels,
        runs=3,
        peaks=False,
        isolated_operators=False,
    )
    profile = report.timing.profile
    assert profile.unmatched == ()
    assert profile.fused == ()
    assert [operator.index for operator in profile.operators] == [0, 1, 2, 3]
    assert {index for part in report.partitions for index in part.operators} == {0, 1, 2, 3}


@pytest.mark.skipif(not find_spec("litert_lm"), reason="LiteRT-LM is an extra")
def test_a_composite_that_is_run_as_one_has_its_own_event():
    report = api.report(model(), runtime="litert-lm", runs=3, peaks=False, isolated_operators=False)
    assert report.timing.profile.unmatched == ()
    assert [operator.index for operator in report.timing.profile.operators] == [0, 1, 2, 3]
