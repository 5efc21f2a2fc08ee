"""Names of a hostile file steer no terminal, whichever command and format shows them, errors included."""

import json
import os
import re
import unicodedata
import zipfile

import pytest

from builders import ModelBuilder, options, signature
from tflops_native.formats.printable import LINE_LIMIT, NAME_LIMIT

pytestmark = pytest.mark.usefixtures("measured_here")

HOSTILE = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "csi": "\x9b2J\x9b1;1H",
    "backspace": "good\b\b\b\bevil",
    "carriage_return": "good\revil",
    "line_feed": "one\ntwo\n\nerror: three",
    "separators": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "bidi": "\u202egnp.exe\u2066\u2069\u200f",
    "invisible": "a\u200bb\ufeffc\u00add",
    "tags": "a\U000e0041b",
    "null": "a\0b",
    "rich": "[bold red]x[/nonsense][link=file:///etc/passwd]y[/link]",
    "html": "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "a|b`c` [x](javascript:alert(1)) @everyone",
    "formula": "=cmd|' /C calc'!A0",
    "format": "%s%n{0.__class__}",
    "long": "long" * 50_000,
    "wide": "\u4e00\u0301" * 1000,
}
FORMATS = ["text", "json", "csv", "markdown", "html", "latex"]
# What a terminal or a viewer acts upon, or does not show.
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


KINDS = {
    "short": [name for name in HOSTILE.values() if len(name) <= NAME_LIMIT],
    "long": [name for name in HOSTILE.values() if len(name) > NAME_LIMIT],
}


def pack(names, operator, path):
    """A model in which everything has one of these names; returns its path."""
    model = ModelBuilder()
    graph = model.graph()
    for name in names:
        x, y = graph.input([1, 4], name=f"in {name}"), graph.tensor([1, 4], name=f"out {name}")
        graph.outputs.append(y)
        if operator == "ABS":
            graph.operator("ABS", [x], [y], options("AbsOptions"))
        else:
            graph.operator(f"{operator}{name}", [x], [y])
    inputs = dict(zip(names, graph.inputs, strict=True))
    outputs = dict(zip(names, graph.outputs, strict=True))
    model.signatures = [signature(names[0], 0, inputs, outputs)]
    path.write_bytes(model.pack(description=" ".join(names)))
    return path


@pytest.fixture(params=KINDS, scope="module")
def named(request, tmp_path_factory):
    """A model that runs."""
    return pack(KINDS[request.param], "ABS", tmp_path_factory.mktemp("names") / "model.tflite")


@pytest.fixture(params=KINDS, scope="module")
def custom(request, tmp_path_factory):
    """A model with custom operators, which no runtime knows."""
    return pack(KINDS[request.param], "Custom", tmp_path_factory.mktemp("names") / "model.tflite")


def check_harmless(text, output="text"):
    """Only line feeds steer, and no line is out of all proportion."""
    steering = {letter for letter in text if unicodedata.category(letter) in STEERING} - {"\n"}
    assert steering == set()
    if output == "text":
        assert max(map(len, text.split("\n"))) < 10 * LINE_LIMIT
    if output == "html":
        # A page has two scripts of its own: its data, and what sorts.
        assert len(re.findall(r"<script", text)) == 2
        assert not re.search(r"<img", text)
    if output == "json":
        json.loads(text)


def check_error(ended):
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert len(ended.err) <= len("error: \n") + LINE_LIMIT
    check_harmless(ended.err)


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("command", [["count"], ["count", "--convention", "all"]], ids=len)
def test_counts(tflops, named, command, output):
    ended = tflops(command[0], named, *command[1:], "--format", output)
    assert (ended.status, ended.err) == (0, "")
    check_harmless(ended.out, output)


@pytest.mark.parametrize("output", FORMATS)
def test_explanations(tflops, named, output):
    ended = tflops("explain", f"{named}:0", "--format", output)
    assert (ended.status, ended.err) == (0, "")
    check_harmless(ended.out, output)


@pytest.mark.parametrize("output", FORMATS)
def test_custom_operators(tflops, custom, output):
    ended = tflops("count", custom, "--format", output)
    assert (ended.status, ended.err) == (0, "")
    check_harmless(ended.out, output)


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["count", "--by", "layer", "--all"],
        ["count", "--by", "type"],
        ["memory"],
        ["memory", "--planner", "tflm"],
        ["check", "--max-macs", "1", "--max-params", "1"],
    ],
    ids=" ".join,
)
def test_what_is_asked_of_a_model(tflops, named, arguments, output):
    ended = tflops(arguments[0], named, *arguments[1:], "--format", output)
    assert ended.status in (0, 1), ended.err
    check_harmless(ended.err)
    check_harmless(ended.out, output)


@pytest.mark.parametrize("output", FORMATS)
def test_comparisons(tflops, named, custom, tmp_path, output):
    """Of saved reports, and of models that differ in what has these names."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert tflops("count", named, "-o", first).status == 0
    assert tflops("count", custom, "-o", second).status == 0
    ended = tflops("compare", first, second, "--format", output)
    assert ended.status == 0, ended.err
    check_harmless(ended.out, output)


def test_a_baseline(tflops, named, custom, tmp_path):
    base = tmp_path / "base.json"
    assert tflops("baseline", named, "-o", base).status == 0
    for output in FORMATS:
        ended = tflops("check", custom, "--baseline", base, "--format", output)
        check_harmless(ended.out, output)
        check_harmless(ended.err)


@pytest.mark.parametrize("output", ["text", "html"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_in_a_bundle(tflops, named, tmp_path, name, output):
    """Those of the entries of an archive, which are listed."""
    ended = tflops("count", bundle(tmp_path, name, named), "--format", output)
    check_harmless(ended.out, output)
    check_harmless(ended.err)


@pytest.mark.parametrize("name", HOSTILE)
def test_an_error_that_quotes_names_in_a_bundle(tflops, named, tmp_path, name):
    path = bundle(tmp_path, name, named)
    said = [tflops("count", f"{path}::no such", "--format", output) for output in ("text", "json")]
    assert said[0].err == said[1].err
    check_error(said[0])


def bundle(folder, name, model):
    """An archive with a model twice."""
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for end in ("a", "b"):
            entry = HOSTILE[name].replace("\0", "")[:60_000] + f"{end}.tflite"
            archive.writestr(entry, model.read_bytes())
    return path


def test_a_strict_count(tflops, custom):
    check_error(tflops("count", custom, "--strict"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--signature", "no such"],
        ["--input-shape", "no such=1,2"],
        ["--input-shape", "1,2,3"],
        ["--input", "no such.npy"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("command", ["count", "report", "time", "verify"])
def test_errors_that_quote_names(tflops, named, command, arguments):
    ended = tflops(command, named, *arguments)
    assert ended.status == 2
    check_error(ended)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("option", ["--signature", "--runtime", "--pin", "--threads", "--format"])
def test_errors_that_quote_arguments(tflops, named, option, name):
    check_error(tflops("time", named, option, HOSTILE[name].replace("\0", "")[:100_000] + "x"))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["count", "time", "explain", "show", "ops", "peaks", "nothing"])
def test_arguments_that_are_hostile(tflops, command, name):
    ended = tflops(command, HOSTILE[name].replace("\0", "")[:100_000], "--no-such-option")
    check_error(ended)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_traceback_of_debug(tflops, named, name):
    ended = tflops("--debug", "count", named, "--signature", HOSTILE[name].replace("\0", "") + "x")
    assert ended.status == 2
    check_harmless(ended.err, "traceback")


@pytest.mark.parametrize("runtime", ["tflite", "litert"])
@pytest.mark.parametrize("command", ["time", "verify", "report"])
@pytest.mark.usefixtures("own_child")
def test_what_runtimes_say_of_names(tflops, custom, command, runtime):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    if runtime == "litert":
        pytest.importorskip("ai_edge_litert")
    ended = tflops(command, custom, "--runtime", runtime)
    assert ended.status == 2
    check_error(ended)
    check_harmless(ended.out)


def test_a_measurement(tflops, named, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path = tmp_path / "report.json"
    ended = tflops("report", named, "--runs", "1", "--no-peaks", "-o", path)
    assert (ended.status, ended.err) == (0, "")
    check_harmless(ended.out)
    for output in FORMATS:
        ended = tflops("show", path, "--format", output)
        assert (ended.status, ended.err) == (0, "")
        check_harmless(ended.out, output)


@pytest.mark.parametrize("output", FORMATS)
def test_a_verification(tflops, named, output):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("verify", named, "--format", output)
    assert (ended.status, ended.err) == (0, "")
    check_harmless(ended.out, output)


@pytest.mark.parametrize("output", ["text", "html"])
def test_a_sweep(tflops, named, output):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("sweep", named, "--threads", "1,2", "--runs", "1", "--format", output)
    assert ended.status == 0, ended.err
    check_harmless(ended.err)
    check_harmless(ended.out, output)


def test_results_that_were_saved(tflops, named, tmp_path):
    path = tmp_path / "saved.json"
    assert tflops("count", named, "-o", path).status == 0
    for output in FORMATS:
        ended = tflops("show", path, "--format", output)
        assert (ended.status, ended.err) == (0, "")
        check_harmless(ended.out, output)


@pytest.mark.parametrize("output", [*FORMATS, "svg"])
@pytest.mark.parametrize("command", ["memory", "baseline", "batch"])
def test_newer_commands(tflops, named, command, output):
    options = {"memory": (), "baseline": ("--no-time",), "batch": ("--count",)}[command]
    if output == "svg" and command != "memory":
        pytest.skip("only memory is drawn")
    ended = tflops(command, named, *options, "--format", output)
    assert ended.status == 0, ended.err
    check_harmless(ended.err)
    check_harmless(ended.out, output)


@pytest.mark.parametrize("index", [0, 1])
def test_an_operator_that_is_extracted(tflops, custom, tmp_path, index):
    pytest.importorskip("flatbuffers")
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("extract", f"{custom}:{index}", "-o", tmp_path / "op\x1b[31m.tflite")
    assert ended.status == 0, ended.err
    check_harmless(ended.out)
    check_harmless(ended.err)


@pytest.mark.skipif(os.name != "posix", reason="names of files on POSIX")
def test_files_in_a_folder_of_results(tflops, named, tmp_path):
    folder = tmp_path / "results"
    assert tflops("batch", named, "--count", "-o", folder).status == 0
    (folder / "foreign \x1b[31m\u202e\n.json").write_text("{}")
    (folder / "damaged \x1b[31m-0123456789abcdef.json").write_text("{}")
    for more in ((), ("-o", tmp_path / "table \x1b[31m.csv")):
        ended = tflops("collect", folder, *more)
        assert ended.status == 0
        check_harmless(ended.out)
        check_harmless(ended.err)
