"""`tflops count` on a model with several entry points: a prefill and a decode step, say."""

import json

import numpy as np
import pytest

from builders import ModelBuilder, options, signature
from tflops_native.reports.loaded import load_report

WIDTH, UNITS = 8, 16


@pytest.fixture
def language_model(tmp_path):
    """Two subgraphs on the same weights: 32 tokens at once, and one."""
    builder = ModelBuilder()
    signatures = []
    for key, tokens in (("prefill", 32), ("decode", 1)):
        graph = builder.graph()
        x = graph.input([tokens, WIDTH], "FLOAT32")
        weights = graph.constant(np.ones((UNITS, WIDTH), np.float32), "FLOAT32")
        graph.outputs = [graph.tensor([tokens, UNITS], "FLOAT32")]
        graph.operator(
            "FULLY_CONNECTED", [x, weights, -1], graph.outputs, options("FullyConnectedOptions")
        )
        signatures.append(
            signature(key, len(signatures), {f"{key}_tokens": x}, {"logits": graph.outputs[0]})
        )
    builder.signatures = signatures
    path = tmp_path / "language.tflite"
    path.write_bytes(builder.pack())
    return path


def test_each_signature_is_counted(tflops, language_model):
    ended = tflops("count", language_model)
    assert ended.status == 0
    totals = [line for line in ended.out.splitlines() if line.startswith(("signature", "compute"))]
    assert [line.split()[1] for line in totals] == [
        "prefill",
        f"{32 * WIDTH * UNITS:,}",
        "decode",
        str(WIDTH * UNITS),
    ]


def test_one_signature_by_its_key(tflops, language_model):
    ended = tflops("count", "-v", language_model, "--signature", "decode")
    assert f"total     {WIDTH * UNITS} MACs" in ended.out
    assert "prefill" not in ended.out


def test_json_has_a_report_for_each(tflops, language_model):
    plain = json.loads(tflops("count", "-v", language_model, "--format", "json").out)["reports"]
    assert [report["analysis"]["signature"] for report in plain] == ["prefill", "decode"]
    assert [report["analysis"]["macs"] for report in plain] == [
        32 * WIDTH * UNITS,
        WIDTH * UNITS,
    ]


def test_a_shape_goes_to_the_signature_that_has_the_input(tflops, language_model):
    ended = tflops("count", "-v", language_model, "--input-shape", f"prefill_tokens=5,{WIDTH}")
    assert f"total     {5 * WIDTH * UNITS} MACs" in ended.out
    assert f"total     {WIDTH * UNITS} MACs" in ended.out


def test_a_shape_that_belongs_nowhere_is_refused(tflops, language_model):
    ended = tflops("count", "-v", language_model, "--input-shape", "tokens=5,8")
    assert ended.status == 2
    assert "there is no input 'tokens'; the inputs are: prefill_tokens" in ended.err


@pytest.fixture
def twins(tmp_path):
    """300 signatures of one subgraph, two of them with another name for its input."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([1, WIDTH], "FLOAT32", shapeSignature=[-1, WIDTH])
    graph.outputs = [graph.tensor([1, WIDTH], "FLOAT32")]
    graph.operator("RELU", [x], graph.outputs)
    builder.signatures = [
        signature(f"s{i}", 0, {"y" if i in (5, 9) else "x": x}, {"out": graph.outputs[0]})
        for i in range(300)
    ]
    path = tmp_path / "twins.tflite"
    path.write_bytes(builder.pack())
    return path


def test_signatures_that_are_the_same_are_shown_once(tflops, twins, tmp_path):
    ended = tflops("count", "-v", twins)
    assert ended.status == 0
    found = [line for line in ended.out.splitlines() if line.startswith(("signature", "total"))]
    assert found == [
        "signature s0; the same subgraph and shapes: s1, s2, s3, s4, s5, s6, s7, s8 and 291 more",
        f"total     0 MACs, {WIDTH} FLOPs (float32)",
        "signature s0 and 299 more with the same subgraph and shapes",
    ]
    saved = tmp_path / "saved.json"
    assert tflops("count", "-v", twins, "-o", saved).status == 0
    assert load_report(saved, signature="s299").signatures == tuple(f"s{i}" for i in range(300))


def test_signatures_that_are_asked_for_other_shapes_are_apart(tflops, twins):
    ended = tflops("count", twins, "--input-shape", f"y=7,{WIDTH}")
    found = [line.split()[:4] for line in ended.out.splitlines() if line.startswith("signature")]
    assert found == [["signature", "s0", "and", "297"], ["signature", "s5", "and", "1"]]
