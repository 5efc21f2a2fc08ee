"""`tflops count` on a model with several entry points: a prefill and a decode step, say."""

import json

import numpy as np
import pytest

from builders import ModelBuilder, options, signature

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
    totals = [line for line in ended.out.splitlines() if line.startswith(("signature", "total"))]
    assert [line.split()[1].rstrip(",") for line in totals] == [
        "prefill",
        f"{32 * WIDTH * UNITS:,}",
        "decode",
        str(WIDTH * UNITS),
    ]


def test_one_signature_by_its_key(tflops, language_model):
    ended = tflops("count", language_model, "--signature", "decode")
    assert f"total     {WIDTH * UNITS} MACs" in ended.out
    assert "prefill" not in ended.out


def test_json_has_a_report_for_each(tflops, language_model):
    plain = json.loads(tflops("count", language_model, "--format", "json").out)["reports"]
    assert [report["analysis"]["signature"] for report in plain] == ["prefill", "decode"]
    assert [report["analysis"]["macs"] for report in plain] == [
        32 * WIDTH * UNITS,
        WIDTH * UNITS,
    ]


def test_a_shape_goes_to_the_signature_that_has_the_input(tflops, language_model):
    ended = tflops("count", language_model, "--input-shape", f"prefill_tokens=5,{WIDTH}")
    assert f"total     {5 * WIDTH * UNITS} MACs" in ended.out
    assert f"total     {WIDTH * UNITS} MACs" in ended.out


def test_a_shape_that_belongs_nowhere_is_refused(tflops, language_model):
    ended = tflops("count", language_model, "--input-shape", "tokens=5,8")
    assert ended.status == 2
    assert "there is no input 'tokens'; the inputs are: prefill_tokens" in ended.err
