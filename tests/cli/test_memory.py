"""`tflops memory` as a user runs it."""

import csv
import io
import json

import pytest

from memory_referee import allocated
from zoo import EXAMPLES, MODELS

pytestmark = pytest.mark.usefixtures("measured_here")

MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"


def test_the_arena_is_that_of_the_runtime(tflops):
    found = json.loads(tflops("memory", MOBILENET, "--format", "json").out)
    assert found["format"] == "tflops_native/memory"
    assert found["arena_bytes"] == allocated(MOBILENET.read_bytes()).arena_bytes
    assert found["lower_bound_bytes"] <= found["arena_bytes"]


def test_text_says_where_the_peak_is(tflops):
    text = tflops("memory", MOBILENET).out
    assert "memory    weights 467KiB + arena 106KiB\n" in text
    assert "peak      operator 0 (CONV_2D)" in text
    assert "scratch of CONV_2D, im2col" in text


def test_a_row_for_every_tensor(tflops):
    rows = list(csv.DictReader(io.StringIO(tflops("memory", MOBILENET, "--format", "csv").out)))
    placed = [row for row in rows if row["home"] == "arena" and not row["shares"]]
    ends = [int(row["offset_bytes"] or 0) + int(row["size_bytes"]) for row in placed]
    assert max(ends) == 108_288


def test_no_planner_says_what_is_alive(tflops):
    found = json.loads(tflops("memory", MOBILENET, "--planner", "none", "--format", "json").out)
    assert found["arena_bytes"] == found["lower_bound_bytes"]
    assert all(tensor["offset_bytes"] is None for tensor in found["tensors"])


def test_a_batch_needs_more(tflops):
    model = EXAMPLES / "single_conv_dynamic.tflite"
    sizes = [
        json.loads(
            tflops("memory", model, "--input-shape", f"{n},28,28,1", "--format", "json").out
        )["arena_bytes"]
        for n in (1, 4)
    ]
    assert sizes[1] > 3 * sizes[0]


def test_memory_of_a_loop_is_on_top(tflops):
    found = json.loads(
        tflops("memory", MODELS / "phone" / "lstm_keras.tflite", "--format", "json").out
    )
    assert 0 < found["subgraph_bytes"] < found["arena_bytes"]


def test_what_was_saved_is_shown(tflops, tmp_path):
    path = tmp_path / "memory.json"
    tflops("memory", MOBILENET, "-o", path)
    assert tflops("show", path).out == tflops("memory", MOBILENET).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--planner", "best"), "'best' is not one of"),
        (("--threads", "0"), "must be 1 or more, got 0"),
    ],
)
def test_bad_options(refuses, arguments, words):
    assert words in refuses("memory", MOBILENET, *arguments)


def test_count_and_report_have_a_line(tflops):
    arena = allocated(MOBILENET.read_bytes()).arena_bytes
    (report,) = json.loads(tflops("count", MOBILENET, "--format", "json").out)["reports"]
    assert report["arena"]["arena_bytes"] == arena
    assert "memory    weights 467KiB + arena 106KiB, " in tflops("count", MOBILENET).out
    assert (
        "memory    weights 467KiB + arena 106KiB, " in tflops("report", MOBILENET, "--runs", 1).out
    )


def test_dequantized_weights_are_named_apart(tflops):
    model = MODELS / "lstm_unrolled-float16.tflite.xz"
    assert " (+ dequantized " in tflops("count", model).out
