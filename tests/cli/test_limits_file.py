"""Limits of `tflops check` in `tflops.toml`, or `[tool.tflops]` of `pyproject.toml`."""

import json
import shutil

import pytest

from zoo import EXAMPLES

MODEL = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"
MACS = 7_745_152  # of MODEL


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with models, in which commands run: `project(text, name)` writes the file of limits."""
    (tmp_path / "models" / "inner").mkdir(parents=True)
    shutil.copy(MODEL, tmp_path / "models" / "net.tflite")
    shutil.copy(SINGLE, tmp_path / "models" / "inner" / "small.tflite")
    monkeypatch.chdir(tmp_path)

    def write(text, name="tflops.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def limits(ended):
    """Metric -> limit, of what was checked."""
    return {line["metric"]: line["limit"] for line in json.loads(ended.out)["lines"]}


@pytest.mark.parametrize(
    ("name", "prefix"), [("tflops.toml", "check"), ("pyproject.toml", "tool.tflops.check")]
)
def test_by_glob(project, tflops, monkeypatch, name, prefix):
    folder = project(
        f"""
        [{prefix}."models/**/*.tflite"]
        max-macs = "10M"
        max-weights = "4MiB"
        [{prefix}."models/net.tflite"]
        max-macs = {MACS}
        min-coverage = "100%"
        """,
        name,
    )
    expected = {"macs": MACS, "weights": 4 << 20, "coverage": 1.0}
    ended = tflops("check", "models/net.tflite", "--format", "json")
    assert (ended.status, limits(ended)) == (0, expected)
    assert ended.err == (f"limits of {folder / name}: 'models/**/*.tflite', 'models/net.tflite'\n")
    # The command line overrides one of them.
    ended = tflops("check", "models/net.tflite", "--max-macs", "1M", "--format", "json")
    assert (ended.status, limits(ended)) == (1, {**expected, "macs": 1_000_000})
    ended = tflops("check", folder / "models" / "inner" / "small.tflite", "--format", "json")
    assert limits(ended) == {"macs": 10_000_000, "weights": 4 << 20}
    # From a folder below, too.
    monkeypatch.chdir(folder / "models")
    assert limits(tflops("check", "net.tflite", "--format", "json")) == expected


@pytest.mark.parametrize("name", ["net [int8].tflite", "[a].tflite", "what?.tflite", "a*.tflite"])
def test_a_path_with_the_characters_of_a_glob(project, tflops, name):
    folder = project(f'[check."models/{name}"]\nmax-macs = 1\n')
    shutil.copy(MODEL, folder / "models" / name)
    assert tflops("check", f"models/{name}").status == 1


@pytest.mark.parametrize("pattern", ["models/**", "**"])
def test_all_files_of_a_folder_and_those_inside_it(project, tflops, pattern):
    project(f"[check.'{pattern}']\nmax-macs = 1\n")
    assert tflops("check", "models/net.tflite").status == 1
    assert tflops("check", "models/inner/small.tflite").status == 1


def test_a_baseline_beside_the_file(project, tflops, monkeypatch):
    folder = project(
        """
        [check."models/net.tflite"]
        baseline = "models/base.json"
        max-regression = { macs = "0%", params = 0.01 }
        undecided = "fail"
        """
    )
    tflops("baseline", "models/net.tflite", "--no-time", "-o", "models/base.json")
    monkeypatch.chdir(folder / "models")
    ended = tflops("check", "net.tflite", "--format", "json")
    assert ended.status == 0
    found = limits(ended)
    assert found["macs"] == MACS
    assert set(found) == {"macs", "params"}


def test_the_nearest_file_counts(project, tflops, monkeypatch):
    folder = project('[check."*/*.tflite"]\nmax-macs = 1\n')
    (folder / "models" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    monkeypatch.chdir(folder / "models")
    assert tflops("check", "net.tflite").status == 1
    (folder / "models" / "tflops.toml").write_text('[check."net.tflite"]\nmax-macs = "8M"\n')
    assert tflops("check", "net.tflite").status == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[chekc.x]", "unknown key 'chekc'; limits stand in [check.'models/*.tflite']"),
        ("check = 3", "check must be tables by glob, got 3"),
        ("[check]\n'models/*' = 3", "must be a table of limits"),
        ("[check.'models/*']\nmax-mac = 3", "unknown key 'max-mac'; did you mean 'max-macs'?"),
        ("[check.'models/*']\nthreads = 3", "unknown key 'threads'; there are max-macs,"),
        ("[check.'models/*']\nmax-latency = '7MB'", "max-latency: '7MB' is not a duration"),
        ("[check.'models/*']\nmax-weights = '7ms'", "max-weights: '7ms' is not a size"),
        ("[check.'models/*']\nmax-macs = true", "max-macs: must be a number or a text as '600M'"),
        ("[check.'models/*']\nmax-macs = -3", "max-macs: '-3' is not a count"),
        ("[check.'models/*']\nmax-macs = nan", "max-macs: 'nan' is not a count"),
        ("[check.'models/*']\nmax-regression = '5%'", "must be written as { latency = '5%' }"),
        ("[check.'models/*']\nmax-regression = {macs='5s'}", "'5s' is not a percentage"),
        ("[check.'models/*']\nundecided = 'maybe'", "'maybe' is not one of 'pass', 'fail'"),
        ("[check.'modles/*.tflite']\nmax-macs = 1", "check.'modles/*.tflite' matches no file in"),
        ("[check.'/models/*']\nmax-macs = 1", "is not a glob below "),
        ("[check.'']\nmax-macs = 1", "is not a glob below "),
        ("[check.'models/*'\nmax-macs = 1", "is not TOML: "),
        ("[check.'models/inner/*']\nmax-macs = 1", "no glob in "),
        ("", "no glob in "),
    ],
)
def test_refused(project, refuses, text, message):
    folder = project(text)
    line = refuses("check", "models/net.tflite")
    assert message in line
    assert str(folder / "tflops.toml") in line


def test_what_cannot_be_read(project, refuses):
    folder = project("")
    (folder / "tflops.toml").write_bytes(b"x = '\xff'")
    assert "is not TOML: " in refuses("check", "models/net.tflite")
    (folder / "tflops.toml").write_bytes(b"#" * (2 << 20))
    assert "is larger than 1 MiB" in refuses("check", "models/net.tflite")
