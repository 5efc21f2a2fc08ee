"""`tflops count`, `ops` and `explain`: what needs no runtime."""

import json
import lzma
import os
import re

import pytest

from tflops_native import analyze
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.ops import REGISTRY
from tflops_native.reports.report import Report
from zoo import EXAMPLES, MODELS

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"


def test_count_of_one_convolution(tflops):
    ended = tflops("count", "-v", SINGLE)
    assert (ended.status, ended.err) == (0, "")
    # 26 * 26 outputs of 32 channels, 3 * 3 multiplications each; a bias and a ReLU on each output.
    assert 26 * 26 * 32 * 9 == 194_688
    assert "total     194,688 MACs, 432,640 FLOPs (float32)\n" in ended.out
    assert "coverage  1 counted, 0 without arithmetic: complete\n" in ended.out


@pytest.mark.parametrize(
    ("shape", "macs"),
    [
        ("1,28,28,1", "194,688"),
        ("1,56,56,1", "839,808"),  # 54 * 54 * 32 * 9
        ("1,112,112,1", "3,484,800"),  # 110 * 110 * 32 * 9
        ("4,28,56,1", "1,617,408"),  # 4 * 26 * 54 * 32 * 9
        ("1x56x56x1", "839,808"),
        ("input=1,56,56,1", "839,808"),
        ("1,3,3,1", "288"),
    ],
)
def test_the_shape_asked_for_is_counted(tflops, shape, macs):
    ended = tflops("count", "-v", DYNAMIC, "--input-shape", shape)
    assert (ended.status, ended.err) == (0, "")
    assert f"total     {macs} MACs, " in ended.out
    assert "(in the file ?x?x?x1)" in ended.out


def test_options_may_come_first(tflops):
    assert "839,808 MACs" in tflops("count", "-v", "--input-shape", "1,56,56,1", DYNAMIC).out


def test_json_is_what_the_api_gives(tflops):
    ended = tflops("count", "-v", DYNAMIC, "--input-shape", "1,56,56,1", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    (plain,) = json.loads(ended.out)["reports"]
    analysis = analyze(DYNAMIC, input_shapes={"": (1, 56, 56, 1)})
    from tflops_native import load

    assert plain == Report.of(load(DYNAMIC), analysis).to_dict()
    assert plain["analysis"]["macs"] == 839_808
    assert plain["timing"] is None


def test_a_relative_path(tflops, monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    assert "194,688 MACs" in tflops("count", "-v", "single_conv_28x28.tflite").out
    assert "194,688 MACs" in tflops("count", "-v", "./single_conv_28x28.tflite").out


def test_a_pipe_gets_plain_text(process):
    ended = process("count", "-v", EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite")
    assert (ended.status, ended.err) == (0, "")
    assert "\x1b" not in ended.out
    assert "…" not in ended.out


def test_output_that_cannot_show_a_letter_has_a_question_mark(process):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = process("count", "-v", EXAMPLES / "nö.tflite", env=environment)
    assert ended.status == 2
    assert ended.err.startswith("error: cannot read ")


def test_custom_operators_are_worked_around_and_named(tflops, custom_model):
    ended = tflops("count", "-v", custom_model)
    assert (ended.status, ended.err) == (0, "")
    # Three operators of 6 elements are counted.
    assert "0 MACs, 18 FLOPs (float32)" in ended.out
    missing = "2 of 5 NOT counted (Frobnicate, Mystify): totals are too low"
    assert re.findall(r"^coverage +(.*)$", ended.out, re.MULTILINE) == [
        f"3 counted, 0 without arithmetic, {missing}",
        missing,
    ]
    assert "note      1 Frobnicate: no rule for this custom operator" in ended.out
    assert "note      3 Mystify: no rule for this custom operator" in ended.out


def test_strict_lists_all_that_is_not_counted(refuses, custom_model):
    assert refuses("count", custom_model, "--strict") == (
        "2 of 5 operators are not counted exactly: "
        "1 Frobnicate (unsupported: no rule for this custom operator), "
        "3 Mystify (unsupported: no rule for this custom operator)"
    )


def test_strict_is_content_with_a_complete_count(tflops):
    assert tflops("count", "-v", SINGLE, "--strict").status == 0


def test_ops_lists_every_rule(tflops):
    ended = tflops("ops")
    assert (ended.status, ended.err) == (0, "")
    listed = [line.split()[0] for line in ended.out.split("\n\n")[0].splitlines()]
    assert listed == sorted(REGISTRY)
    schema = set(BUILTIN_OPERATORS) - {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}
    ruled = sum(name in schema for name in REGISTRY)
    custom = len(REGISTRY) - ruled
    assert f"{ruled} of the schema's {len(schema)} operators have a rule, and {custom}" in ended.out


def test_ops_as_json(tflops):
    listed = json.loads(tflops("ops", "--format", "json").out)
    assert [entry["operator"] for entry in listed] == sorted(REGISTRY)
    (convolution,) = [entry for entry in listed if entry["operator"] == "CONV_2D"]
    assert convolution["inputs"][:2] == ["input", "filter"]
    assert convolution["options_type"] == "Conv2DOptions"


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_explain_knows_every_rule(tflops, name):
    ended = tflops("explain", name.lower())
    assert (ended.status, ended.err) == (0, "")
    first, rest = ended.out.split("\n\n", 1)
    assert first == name
    documentation = REGISTRY[name].op.__doc__.strip().splitlines()[0]
    assert rest.startswith(documentation)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["count", "--help"], ["time", "-h"]])
def test_help(tflops, arguments):
    ended = tflops(*arguments)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("Usage: tflops ")


def test_help_lists_every_subcommand_with_its_own_words(tflops):
    help_text = " ".join(tflops("--help").out.split())
    for name in ("report", "count", "time", "explain", "ops"):
        usage, _, rest = tflops(name, "--help").out.partition("\n\n")
        assert usage.startswith(f"Usage: tflops {name}")
        # After the examples.
        summary = " ".join(rest.split("\n\n")[1].split())
        assert f"{name} {summary}" in help_text


def test_version(tflops):
    import tflops_native

    ended = tflops("--version")
    assert (ended.status, ended.err) == (0, "")
    assert tflops_native.__version__ in ended.out


def test_a_loop_may_turn_no_time_at_all(tflops, refuses, tmp_path):
    model = tmp_path / "loop.tflite"
    packed = MODELS / "control_flow" / "while_n_matmuls.tflite.xz"
    model.write_bytes(lzma.decompress(packed.read_bytes()))
    assert "total     0 MACs" in tflops("count", "-v", model, "--trip-count", "0").out
    assert "must be 0 or more, got -1" in refuses("count", model, "--trip-count", "-1")
