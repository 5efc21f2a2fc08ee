"""Paths that are none: an empty one is never the current folder, and a URL says what to do instead."""

import pytest

import tflops_native
from tflops_native.errors import ModelFormatError, OptionError
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
RUNS = ["--max-macs", "1M"]
# As `tflops count "$MODEL"` has it, where the variable is not set.
EMPTY_PATHS = [
    *([command, ""] for command in ("count", "time", "report", "memory", "verify", "baseline")),
    *([command, ""] for command in ("sweep", "show", "collect", "explain", "fleet")),
    ["check", "", *RUNS],
    ["count", SINGLE, ""],
    ["compare", "", SINGLE],
    ["compare", SINGLE, ""],
    ["convert", "", "-o", "model.tflite"],
    ["extract", "", "-o", "op.tflite"],
    ["batch", "", "-o", "results", "--count"],
    ["batch", SINGLE, "-o", "", "--count"],
    ["sweep", SINGLE, "-o", ""],
    ["extract", f"{SINGLE}:0", "-o", ""],
    ["extract", f"{SINGLE}:0", "-o", "op.tflite", "--inputs", ""],
    ["count", SINGLE, "-o", ""],
    ["count", SINGLE, "-o", "", "--format", "json"],
    ["count", SINGLE, "--columns", ""],
    ["check", SINGLE, *RUNS, "--junit", ""],
    ["check", SINGLE, *RUNS, "--baseline", ""],
    ["report", SINGLE, "--profile", ""],
    ["report", SINGLE, "--peaks", ""],
    ["time", SINGLE, "--runtime", ""],
    ["time", SINGLE, "--delegate", ""],
    ["time", SINGLE, "--input", ""],
]


@pytest.mark.parametrize("arguments", EMPTY_PATHS, ids=lambda item: " ".join(map(repr, item[:1])))
def test_an_empty_path_is_not_the_current_folder(tflops, tmp_path, monkeypatch, arguments):
    """The folder has a model, which an empty argument must not find; and nothing is written to it."""
    (tmp_path / "model.tflite").write_bytes(SINGLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    ended = tflops(*arguments)
    assert ended.status == 2
    assert not any(line.startswith("model.tflite") for line in ended.out.splitlines())
    assert "''" in ended.err
    assert "'.'" not in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]


@pytest.mark.parametrize("command", ["count", "time", "report", "memory", "compare", "sweep"])
def test_a_url_is_not_a_path(refuses, command):
    given = ["https://example.com/model.tflite"] * (2 if command == "compare" else 1)
    assert refuses(command, *given).startswith(
        "the model must be a path, got the URL 'https://example.com/model.tflite': download it"
    )


def test_a_url_of_a_file_says_its_path(refuses):
    message = refuses("count", SINGLE.resolve().as_uri())
    assert message.endswith(f": write {str(SINGLE.resolve())!r}")


def test_a_path_that_looks_like_a_url_and_exists(tmp_path, monkeypatch):
    (tmp_path / "https:").mkdir()
    (tmp_path / "https:" / "model.tflite").write_bytes(SINGLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert tflops_native.load("https://model.tflite").size_bytes == SINGLE.stat().st_size


@pytest.mark.parametrize(
    ("name", "hint"), [("~/model.tflite", "~ is the home folder only"), ("*.tflite", "* is for a")]
)
def test_what_only_a_shell_expands(refuses, name, hint):
    assert hint in refuses("count", name)
    with pytest.raises(ModelFormatError) as raised:
        tflops_native.load(name)
    assert hint in str(raised.value)


def test_a_junit_file_that_cannot_be_written_is_said_before_anything_is_checked(tflops, tmp_path):
    ended = tflops("check", SINGLE, *RUNS, "--junit", tmp_path)
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err == f"error: cannot write '{tmp_path}': it is a directory; name a file in it\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["count", "m.tflite", "-o", "m.tflite", "--format", "json"],
        ["count", "m.tflite", "-o", "./x/../m.tflite", "--format", "csv"],
        ["count", "m.tflite", "-o", "link.csv"],
        ["count", "bundle.task::0", "-o", "bundle.task", "--format", "csv"],
        ["count", "other.tflite", "m.tflite", "-o", "m.tflite", "--format", "csv"],
        ["extract", "m.tflite:0", "-o", "m.tflite"],
        ["extract", "m.tflite:0", "-o", "op.tflite", "--inputs", "data.npz", "--input", "data.npz"],
        ["check", "m.tflite", *RUNS, "--junit", "m.tflite"],
        ["check", "m.tflite", "--baseline", "base.json", "-o", "base.json"],
        ["report", "m.tflite", "--profile", "base.json", "-o", "base.json"],
        ["report", "m.tflite", "--peaks", "base.json", "-o", "base.json"],
        ["time", "m.tflite", "--input", "input=data.npz", "-o", "data.npz", "--format", "csv"],
        ["show", "base.json", "-o", "base.json", "--format", "csv"],
        ["baseline", "base.json", "-o", "base.json"],
        ["convert", "net.keras", "-o", "net.keras"],
    ],
    ids=" ".join,
)
def test_no_command_writes_to_what_it_reads(refuses, tmp_path, monkeypatch, arguments):
    """The only copy of a model, a baseline or data would be gone."""
    for name in ("m.tflite", "other.tflite", "bundle.task", "data.npz", "net.keras", "base.json"):
        (tmp_path / name).write_bytes(SINGLE.read_bytes() if name.endswith("tflite") else b"kept")
    (tmp_path / "x").mkdir()
    (tmp_path / "link.csv").symlink_to("m.tflite")
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    message = refuses(*arguments)
    assert message.endswith(": it is read, and would be lost; give another name")
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_two_results_in_one_file(refuses, tmp_path):
    path = tmp_path / "result.xml"
    given = ("check", SINGLE, *RUNS, "--junit", path, "-o", tmp_path / "." / "result.xml")
    assert refuses(*given, "--format", "json").endswith("twice: give two names")


def test_a_result_of_before_is_written_again(tflops, tmp_path):
    path = tmp_path / "count.json"
    for _ in range(2):
        assert tflops("count", SINGLE, "-o", path).status == 0


@pytest.mark.parametrize("source", [str, lambda path: path, tflops_native.load])
def test_the_api_does_not_overwrite_its_model_either(tmp_path, source):
    pytest.importorskip("flatbuffers")
    path = tmp_path / "m.tflite"
    path.write_bytes(SINGLE.read_bytes())
    with pytest.raises(OptionError, match="it is read, and would be lost"):
        tflops_native.extract(source(path), 0, output=path)
    if not isinstance(source(path), tflops_native.Model):
        with pytest.raises(OptionError, match="it is read, and would be lost"):
            tflops_native.convert(source(path), output=path)
    assert path.read_bytes() == SINGLE.read_bytes()


def test_a_name_that_is_too_long(refuses, tmp_path):
    path = tmp_path / ("x" * 300 + ".csv")
    assert refuses("count", SINGLE, "-o", path) == f"cannot write '{path}': file name too long"
