"""`tflops verify` on a model with several entry points."""

import dataclasses
import json

import numpy as np
import pytest

import tflops_native
from builders import ModelBuilder, options, signature

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native.ops import REGISTRY, Inferred

pytestmark = pytest.mark.usefixtures("measured_here")

WIDTH, UNITS = 8, 16


@pytest.fixture
def language_model(tmp_path):
    """Two subgraphs of FULLY_CONNECTED and RELU, and one of ABS; `again` is `decode` by another name."""
    builder = ModelBuilder()
    signatures = []
    for key, tokens in (("prefill", 32), ("decode", 1)):
        graph = builder.graph()
        x = graph.input([tokens, WIDTH], "FLOAT32", shapeSignature=[-1, WIDTH])
        weights = graph.constant(np.ones((UNITS, WIDTH), np.float32), "FLOAT32")
        made, y = (graph.tensor([tokens, UNITS], "FLOAT32") for _ in range(2))
        graph.operator(
            "FULLY_CONNECTED", [x, weights, -1], [made], options("FullyConnectedOptions")
        )
        graph.operator("RELU", [made], [y])
        graph.outputs = [y]
        ends = {f"{key}_tokens": x}, {"logits": y}
        signatures.append(signature(key, len(signatures), *ends))
    signatures.append(signature("again", 1, *ends))
    graph = builder.graph()
    x, y = graph.input([3], "FLOAT32"), graph.tensor([3], "FLOAT32")
    graph.operator("ABS", [x], [y], options("AbsOptions"))
    graph.outputs = [y]
    signatures.append(signature("norm", 2, {"x": x}, {"y": y}))
    builder.signatures = signatures
    path = tmp_path / "language.tflite"
    path.write_bytes(builder.pack())
    return path


# Of each of the first two: input, weights, and the outputs of both operators.
COMPARED = [
    "signature 'prefill': 4 tensors of 2 operators compared, none differs",
    "signature 'decode' (the same as 'again'): 4 tensors of 2 operators compared, none differs",
    "signature 'norm': 2 tensors of 1 operator compared, none differs",
    "all shapes match the runtime: 10 tensors of 5 operators of 3 signatures compared",
    "planned memory matches the runtime: arena 5.00KiB at most, of 3 signatures",
]


def test_all_signatures_are_compared(tflops, language_model):
    ended = tflops("verify", language_model)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == COMPARED


def test_all_signatures_as_json(tflops, language_model):
    plain = json.loads(tflops("verify", language_model, "--format", "json").out)
    assert (plain["is_right"], plain["tensors"], plain["operators"]) == (True, 10, 5)
    assert [entry["signature"] for entry in plain["entries"]] == ["prefill", "decode", "norm"]
    assert plain["entries"][1]["same_signatures"] == ["again"]


@pytest.mark.parametrize("key", ["prefill", "decode", "again", "norm"])
def test_one_signature_by_its_key(tflops, language_model, key):
    ended = tflops("verify", language_model, "--signature", key)
    assert ended.out.count("\n") == 2
    assert f"of signature '{key}' compared" in ended.out


def test_a_shape_goes_to_the_signature_that_has_the_input(language_model):
    found = tflops_native.verify(language_model, input_shapes={"decode_tokens": (5, WIDTH)})
    assert found.is_right
    assert found.tensors == 10


@pytest.fixture
def wrong_abs(monkeypatch):
    """The rule of ABS adds an axis."""
    rule = REGISTRY["ABS"]

    class Wrong(rule.op):
        def infer(self, *inputs):
            right = rule.op.infer(self, *inputs)
            return Inferred(outputs=((1, *right.outputs[0]),), cost=right.cost)

    monkeypatch.setitem(REGISTRY, "ABS", dataclasses.replace(rule, op=Wrong))


@pytest.mark.usefixtures("wrong_abs")
def test_one_wrong_signature_is_named_and_ends_with_1(tflops, language_model):
    ended = tflops("verify", language_model)
    assert (ended.status, ended.err) == (1, "")
    first, *others, last = ended.out.splitlines()
    assert first == (
        "signature 'norm', operator 0 (ABS), tensor 1 (t1): inferred 1x3, but the runtime has 3"
    )
    assert others == [
        *COMPARED[:2],
        "signature 'norm': 2 tensors of 1 operator compared, 1 of them differs",
    ]
    assert (
        last
        == "1 shape differs from the runtime's: 10 tensors of 5 operators of 3 signatures compared"
    )
    assert tflops("verify", language_model, "--signature", "decode").status == 0


@pytest.mark.usefixtures("wrong_abs")
def test_a_difference_says_its_signature(tflops, language_model):
    plain = json.loads(tflops("verify", language_model, "--format", "json").out)
    assert [item["signature"] for item in plain["mismatches"]] == ["norm"]
    rows = tflops("verify", language_model, "--format", "csv").out.splitlines()
    assert rows[0].startswith("result,signature,")
    assert rows[1].startswith("mismatch,norm,")


def test_what_is_saved_reads_back(language_model, tmp_path, tflops):
    saved = tmp_path / "saved.json"
    tflops("verify", language_model, "-o", saved)
    assert tflops("show", saved).out.splitlines() == COMPARED


def test_litert_shows_inputs_and_outputs_of_each(tflops, language_model):
    pytest.importorskip("ai_edge_litert")
    ended = tflops("verify", language_model, "--runtime", "litert")
    assert ended.status == 0
    assert "3 signatures compared" in ended.out


def test_a_signature_that_fails_is_named(refuses, tmp_path):
    builder = ModelBuilder()
    signatures = []
    # Only a run finds out that 5 elements are not 2 times 3.
    for key, length in (("good", 6), ("bad", 5)):
        graph = builder.graph()
        x, n = graph.input([length], "FLOAT32"), graph.constant(np.array([2, 3], np.int32), "INT32")
        target, y = graph.tensor([2], "INT32"), graph.tensor([2, 3], shapeSignature=[-1, -1])
        zero = graph.input([2], "INT32")
        graph.operator("ADD", [n, zero], [target], options("AddOptions"))
        graph.operator("RESHAPE", [x, target], [y], options("ReshapeOptions"))
        graph.outputs = [y]
        ends = {f"{key}_x": x, f"{key}_zero": zero}, {"y": y}
        signatures.append(signature(key, len(signatures), *ends))
    builder.signatures = signatures
    path = tmp_path / "model.tflite"
    path.write_bytes(builder.pack())
    words = refuses("verify", path, "--fill", "zeros")
    assert "signature 'bad'" in words
