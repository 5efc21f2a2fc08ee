"""Commands on several models, bundles and folders: a line each, and what fails is named."""

import csv
import io
import json
import shutil

import pytest

import tflops_native
from tflops_native.cli.model_input import expanded
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

FLOAT = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
INT8 = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_for_each(tflops):
    ended = tflops("count", FLOAT, INT8, EXAMPLES / "two_models.task::0", "--format", "csv")
    assert (ended.status, ended.err) == (0, "")
    expected = [tflops_native.analyze(path) for path in (FLOAT, INT8, SINGLE)]
    assert [
        (row["model"], int(row["macs"]), int(row["operations"]), int(row["parameters"]))
        for row in rows(ended.out)
    ] == [
        (name, analysis.macs, analysis.total.operations, analysis.parameters)
        for name, analysis in zip(
            (FLOAT.name, INT8.name, "two_models.task::single_conv_28x28.tflite"),
            expected,
            strict=True,
        )
    ]


def test_json_holds_all_of_them(tflops):
    ended = tflops("count", FLOAT, SINGLE, "--format", "json")
    names = [report["model"]["name"] for report in json.loads(ended.out)["reports"]]
    assert names == [FLOAT.name, SINGLE.name]


def test_all_prints_the_tables(tflops):
    ended = tflops("count", SINGLE, EXAMPLES / "two_models.task::0", "--all")
    assert ended.out.count("0 CONV_2D") == 2


@pytest.mark.parametrize("options", [("count",), ("count", "--all"), ("time", "--runs", "3")])
def test_where_all_fail_nothing_but_the_failures_is_printed(tflops, tmp_path, options):
    for name in ("a.tflite", "b.tflite"):
        (tmp_path / name).write_bytes(b"no model at all")
    command, *more = options
    ended = tflops(command, tmp_path, *more)
    assert (ended.status, ended.out) == (2, "")
    assert [line.partition(" is not")[0] for line in ended.err.splitlines()] == [
        f"error: '{tmp_path / name}'" for name in ("a.tflite", "b.tflite")
    ]


@pytest.mark.parametrize("command", ["count", "time", "sweep", "batch", "batch --count"])
@pytest.mark.parametrize("is_failed", [False, True])
def test_a_part_that_failed_is_seen_in_the_exit_code(tflops, tmp_path, command, is_failed):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    given = [*command.split(), SINGLE]
    if command == "sweep":
        # The model takes one channel.
        given += ["--input-shape", "1,28,28,{1,3}" if is_failed else "1,28,28,1"]
    elif is_failed:
        given.append(tmp_path / "bad.tflite")
        given[-1].write_bytes(b"no model at all")
    if "count" not in command:
        given += ["--runs", "3"]
    is_batch = command.startswith("batch")
    ended = tflops(*given, *(["-o", tmp_path / "kept"] if is_batch else []))
    assert ended.status == (2 if is_failed else 0)
    # What is finished is printed, and kept.
    assert ("1x28x28x1" if command == "sweep" else SINGLE.name) in ended.out + ended.err
    if is_batch:
        # A table of results is made, whatever they say.
        table = tmp_path / "table.csv"
        for more in ((), ("-o", table)):
            assert tflops("collect", tmp_path / "kept", *more).status == 0
        assert SINGLE.name in table.read_text()


def test_what_fails_is_named_and_the_rest_is_counted(tflops, tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"no model at all")
    ended = tflops("count", SINGLE, tmp_path / "bad.tflite", FLOAT, "--input-shape", "1,28,28,1")
    assert ended.status == 2
    assert [line.split()[0] for line in ended.out.splitlines()] == ["model", SINGLE.name]
    first, second = ended.err.splitlines()
    assert first.startswith(f"error: '{tmp_path / 'bad.tflite'}' is not a TensorFlow Lite model")
    assert second.startswith(f"error: {FLOAT.name}: input 'input' is ?x96x96x3 in the file")


def test_a_folder(tflops, tmp_path):
    (tmp_path / "inner").mkdir()
    shutil.copy(SINGLE, tmp_path / "inner" / "b.tflite")
    shutil.copy(EXAMPLES / "two_models.task", tmp_path / "a.task")
    (tmp_path / "notes.txt").write_text("none")
    ended = tflops("count", tmp_path, "--input-shape", "1,28,28,1", "--format", "csv")
    assert [row["model"] for row in rows(ended.out)] == [
        "a.task::single_conv_28x28.tflite",
        "a.task::single_conv_dynamic.tflite",
        "b.tflite",
    ]


def test_a_folder_without_a_model(refuses, tmp_path):
    assert refuses("count", tmp_path).startswith(f"there is no model in {str(tmp_path)!r}: ")


def test_a_saved_model_in_a_folder(tmp_path):
    """Is one model, whatever lies in it."""
    inner = tmp_path / "sub" / "saved"
    (inner / "assets").mkdir(parents=True)
    (inner / "saved_model.pb").write_bytes(b"")
    shutil.copy(SINGLE, inner / "assets" / "asset.tflite")
    shutil.copy(SINGLE, tmp_path / "sub" / "z.tflite")
    (tmp_path / "a.tflite").mkdir()
    assert expanded(str(tmp_path)) == [str(inner), str(tmp_path / "sub" / "z.tflite")]
    assert expanded(str(inner)) == [str(inner)]


@pytest.mark.parametrize(
    "option", [("--by", "type"), ("--top", "3"), ("--sort", "bytes"), ("--columns", "index,macs")]
)
def test_what_only_tables_have_shows_the_tables(tflops, option):
    """It was ignored where there is a line for each model."""
    ended = tflops("count", FLOAT, INT8, *option)
    alone = [tflops("count", path, *option).out for path in (FLOAT, INT8)]
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "\n".join(alone)


@pytest.mark.parametrize("form", ["text", "csv", "markdown", "html"])
@pytest.mark.parametrize("command", [("count",), ("time", "--runs", "3")])
def test_several_saved_models_are_shown_as_the_command_showed_them(tflops, tmp_path, command, form):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    saved = tmp_path / "both.json"
    assert tflops(command[0], FLOAT, INT8, *command[1:], "-o", saved).status == 0
    found = json.loads(saved.read_text())["reports"]
    shown = tflops("show", saved, "--format", form)
    assert shown.status == 0
    if command[0] == "count":
        assert shown.out == tflops("count", FLOAT, INT8, "--format", form).out
        assert "DEPTHWISE_CONV_2D" in tflops("show", saved, "--all", "--format", form).out
    assert all(report["model"]["name"] in shown.out for report in found)


def test_what_fails_among_several_says_what_to_do(tflops):
    """The places and hints behind an error were left out where there are several models."""
    dynamic = EXAMPLES / "single_conv_dynamic.tflite"
    alone, among = tflops("count", dynamic), tflops("count", SINGLE, dynamic)
    assert "ask for a shape N,N,N,1" in alone.err
    assert among.err == alone.err.replace("error: ", f"error: {dynamic.name}: ")
