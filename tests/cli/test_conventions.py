"""`tflops count --convention`, `--valid-taps`, and `tflops explain MODEL:INDEX`."""

import io
import json
import lzma
import re

import pytest
from rich.console import Console

from tflops_native.analysis.conventions import CONVENTIONS, convention_counts
from tflops_native.analysis.padding import valid_macs
from tflops_native.formats.report import report_document
from tflops_native.formats.text import print_text
from tflops_native.model.reader import load
from tflops_native.reports.report import Report
from workloads import analyze_model
from zoo import EXAMPLES, MODELS, zoo_model

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def loop(tmp_path):
    """The path of a model: ten iterations, each with a product of 8x8 matrices."""
    packed = MODELS / "control_flow" / "while_ten_matmuls.tflite.xz"
    path = tmp_path / "loop.tflite"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    return path


def table(text):
    """The lines of the table, heading first, as cells."""
    return [line.split() for line in text.split("\n\n")[0].splitlines()]


def test_one_convention_is_one_more_column(tflops):
    ended = tflops("count", SINGLE, "--convention", "fvcore")
    assert (ended.status, ended.err) == (0, "")
    heading, row, total = table(ended.out)
    assert heading == [
        *("#", "operator", "layer", "output", "MACs", "FLOPs", "bytes", "FLOPs%", "fvcore")
    ]
    assert row[-1] == "195k"
    assert total == ["total", "195k"]
    assert "\ncounts    fvcore: 194,688 MACs. " in ended.out


def test_the_line_of_the_converter_is_quoted(tflops):
    # 2 * 194,688 and a bias for each of 26 * 26 * 32 results.
    out = tflops("count", SINGLE, "--convention", "tflite-converter").out
    assert "tflite-converter: 411,008 ops. " in out
    assert (
        "the converter logs `Estimated count of arithmetic ops: 0.411 M  ops, "
        "equivalently 0.206 M  MACs`\n"
    ) in out


def test_open_shapes_silence_the_converter(tflops):
    shape = ("--input-shape", "1,28,28,1")
    out = tflops("count", DYNAMIC, *shape, "--convention", "tflite-converter").out
    assert "the converter logs nothing for this file, which leaves shapes open" in out
    assert "tflite-converter: 411,008 ops. " in out


def test_all_conventions_side_by_side(tflops):
    ended = tflops("count", MOBILENET, "--convention", "all")
    assert (ended.status, ended.err) == (0, "")
    heading, *rows, total = table(ended.out)
    assert heading == ["#", "operator", "output", *CONVENTIONS]
    assert len(rows) == 34
    assert rows[27][1:] == ["MEAN", "1x1x1x256", "2.30k", "0", "2.30k", "2.30k"]
    # SHAPE: nothing to count for anybody.
    assert rows[29][3:] == ["0", "0", "0", "0"]
    assert rows[33][1:] == ["SOFTMAX", "1x1000", "5.00k", "64.0k", "5.00k", "0"]
    assert total[0] == "total"
    found = re.findall(r"^counts +([a-z-]+): [\d,]+ [A-Z]?[A-Za-z ]+\. \S", ended.out, re.MULTILINE)
    assert found == list(CONVENTIONS)
    assert "note      tflite-converter: 0 for MEAN\n" in ended.out
    assert "note      fvcore: 0 for SOFTMAX\n" in ended.out


def test_subgraphs_are_counted_with_the_operator_that_runs_them(tflops, loop):
    _, while_row, *_, total = table(tflops("count", loop, "--convention", "all").out)
    assert while_row[-4:] == ["10.3k", "1.02k", "0", "5.12k"]
    assert total == ["total", "10.3k", "1.02k", "0", "5.12k"]


def test_json_has_the_counts(tflops):
    ended = tflops("count", MOBILENET, "--convention", "all", "--valid-taps", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    (report,) = json.loads(ended.out)["reports"]
    assert [item["convention"] for item in report["conventions"]] == list(CONVENTIONS)
    for item in report["conventions"]:
        assert len(item["counts"]) == len(report["analysis"]["operators"]) == 34
        assert sum(item["counts"]) == item["total"]
    macs = report["analysis"]["macs"]
    # Beside the MACs fvcore counts the global pool: 3 * 3 * 256.
    assert report["conventions"][3]["total"] == macs + 2304
    assert len(report["valid_macs"]) == 34
    assert sum(report["valid_macs"]) < macs


def test_json_has_neither_without_the_options(tflops):
    (report,) = json.loads(tflops("count", SINGLE, "--format", "json").out)["reports"]
    assert (report["conventions"], report["valid_macs"]) == ([], None)


def test_valid_taps(tflops):
    ended = tflops("count", MOBILENET, "--valid-taps")
    assert (ended.status, ended.err) == (0, "")
    heading, first, *_ = table(ended.out)
    assert heading[-2:] == ["valid", "MACs"]
    # 96x96 by 3x3 with stride 2: along each axis the last of 48 windows lacks a tap.
    assert first[-1] == "491k"
    assert (48 * 3 - 1) ** 2 * 8 * 3 == 490_776
    assert re.search(
        r"^valid +[\d,]+ MACs \(9\d\.\d%\) without kernel positions", ended.out, re.MULTILINE
    )


def test_an_unknown_convention_lists_those_there_are(refuses):
    message = refuses("count", SINGLE, "--convention", "thop")
    for name in [*CONVENTIONS, "all"]:
        assert repr(name) in message


def on_terminal(name, width, conventions):
    path = EXAMPLES / f"{name}.tflite"
    model = load(path if path.exists() else zoo_model(name))
    analysis = analyze_model(model)
    counts = tuple(convention_counts(analysis, item, model) for item in conventions)
    valid = tuple(map(valid_macs, analysis.operators))
    report = Report.of(model, analysis, conventions=counts, valid_macs=valid)
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, force_jupyter=False)
    print_text(report_document(report), console)
    return ANSI.sub("", stream.getvalue())


@pytest.mark.parametrize(
    "name", ["mobilenet_v1_0.25_96_int8", "attention_encoder-float32", "mobilenet_v2-dynamic"]
)
@pytest.mark.parametrize("conventions", [["fvcore"], list(CONVENTIONS)], ids=["one", "all"])
def test_80_columns_are_enough(name, conventions):
    text = on_terminal(name, 80, conventions)
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert len(table(text)) > 20


def test_a_pipe_gets_plain_text(process):
    ended = process("count", MOBILENET, "--convention", "all", "--valid-taps")
    assert (ended.status, ended.err) == (0, "")
    assert "\x1b" not in ended.out
    assert "…" not in ended.out
    assert "DEPTHWISE_CONV_2D" in ended.out


def test_explain_puts_the_numbers_in(tflops):
    ended = tflops("explain", f"{SINGLE}:0")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "CONV_2D, operator 0 in subgraph 0 of single_conv_28x28.tflite"
    assert "2-D convolution, grouped where the filter is shallower than the input." in lines
    assert "MACs      = N * OH * OW * O * KH * KW * (C / groups)" in lines
    assert "          = 1 * 26 * 26 * 32 * 3 * 3 * (1 / 1)" in lines
    assert "          = 194,688" in lines
    # A bias and a ReLU for each of 21,632 results.
    assert "other     43,264 scalar, 0 transcendental" in lines
    assert "total     432,640 (float32) operations, 2 per MAC" in lines
    assert any(re.match(r"tensors +input +float32 1x28x28x1  \S", line) for line in lines)
    assert any(re.match(r" +filter +float32 32x3x3x1  \S", line) for line in lines)
    assert any(
        re.match(r"options +padding VALID, stride_w 1, stride_h 1, ", line) for line in lines
    )


def test_explain_takes_shapes(tflops):
    ended = tflops("explain", f"{DYNAMIC}:0", "--input-shape", "2,56,56,1")
    assert "          = 2 * 54 * 54 * 32 * 3 * 3 * (1 / 1)\n" in ended.out
    assert "input   float32 2x56x56x1  " in ended.out


def test_explain_an_operator_without_macs(tflops):
    ended = tflops("explain", f"{MOBILENET}:33")
    assert ended.out.startswith("SOFTMAX, operator 33 in subgraph 0 ")
    assert "\nMACs      0\n" in ended.out


def test_explain_a_loop_and_what_is_in_it(tflops, loop):
    ended = tflops("explain", f"{loop}:0")
    assert "runs      body x10\n" in ended.out
    assert "MACs      5,120\n" in ended.out
    inner = tflops("explain", f"{loop}:0/body/1")
    assert inner.out.startswith("FULLY_CONNECTED, operator 1 in subgraph 2 of loop.tflite\n")
    assert "          = 8 * 8 * 8\n" in inner.out
    assert "bias     absent\n" in inner.out


def test_explain_a_custom_operator(tflops, custom_model):
    ended = tflops("explain", f"{custom_model}:1")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("Frobnicate, operator 1 in subgraph 0 of custom.tflite\n")
    assert "status    unsupported\n" in ended.out
    assert "note      no rule for this custom operator\n" in ended.out


def test_explain_a_name_as_it_is_written(tflops):
    assert tflops("explain", "conv_2d").out.startswith("CONV_2D\n\n2-D convolution")
    assert tflops("explain", "Mfcc").out.startswith("Mfcc\n\nMel frequency")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("1", "there is no operator '1': subgraph 0 has operators 0 to 0"),
        ("-1", "there is no operator '-1': subgraph 0 has operators 0 to 0"),
        ("0x", "there is no operator '0x'"),
        ("0/body/0", "operator 0 (CONV_2D) runs no 'body', but no subgraph"),
    ],
)
def test_explain_refuses_what_is_not_there(refuses, place, expected):
    assert expected in refuses("explain", f"{SINGLE}:{place}")


def test_explain_refuses_a_part_of_a_loop_that_is_not_there(refuses, loop):
    message = refuses("explain", f"{loop}:0/else/0")
    assert message == "operator 0 (WHILE) runs no 'else', but condition, body"


def test_explain_a_file_without_a_number(refuses):
    assert refuses("explain", SINGLE) == f"{SINGLE} is a file: {SINGLE}:0 is its first operator"
    said = refuses("explain", f"{SINGLE}:x")
    assert said == f"'x' is no operator of {SINGLE}: {SINGLE}:0 is its first operator"


def test_explain_a_missing_file(refuses, tmp_path):
    path = tmp_path / "missing.tflite"
    assert refuses("explain", f"{path}:0") == f"cannot read {str(path)!r}: no such file"


def test_shapes_go_with_a_model(refuses):
    assert "go with MODEL:INDEX" in refuses("explain", "CONV_2D", "--input-shape", "1,2,2,1")
