"""`tflops compare`: models, saved reports, options of one model, logs of several devices."""

import csv
import json

import pytest

import tflops_native
from zoo import EXAMPLES, ROOT

pytestmark = pytest.mark.usefixtures("measured_here")

FLOAT = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
INT8 = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"
LOGS = ROOT / "tests" / "imported" / "logs"
PHONE = ROOT / "tests" / "models" / "phone" / "phone.tflite"
CPU, GPU, AGAIN = (LOGS / name for name in ("a00_base.log", "b09_gpu.log", "a05_ios.log"))
KINDS = ("float32", "int8")
SHORT = ("--max-time", "0.2", "--no-operators")


def words(text):
    """Without line feeds and repeated blanks."""
    return " ".join(text.split())


def test_two_phones(tflops):
    ended = tflops(
        "compare", PHONE, "--profile", CPU, "--profile", AGAIN, "--device", "A1", "--device", "B2"
    )
    assert ended.status == 0
    assert ended.err == ""
    assert "B takes the same time as A; these files do not say how certain that is" in words(
        ended.out
    )
    assert "A was measured on A1, B on B2" in ended.out
    assert "B has the same operators and MACs as A" in ended.out


def test_cpu_against_gpu(tflops):
    ended = tflops("compare", PHONE, "--profile", CPU, "--profile", GPU, "--format", "json")
    plain = json.loads(ended.out)
    (difference,) = plain["differences"]
    (lump,) = [part for part in difference["parts"] if part["part"] == "delegate"]
    # 328 us of the seven operators on the CPU, 320 in the delegate; outside 7.5 and 15.5.
    assert lump["first_seconds"] == pytest.approx(328e-6)
    assert lump["difference_seconds"] == pytest.approx(-8e-6)
    assert [item["name"] for item in difference["conditions"]] == ["kernels"]
    total = sum(part["difference_seconds"] for part in difference["parts"])
    assert total == pytest.approx(difference["seconds"], abs=1e-12)


def test_models_without_running_them(tflops, tmp_path):
    ended = tflops("compare", SINGLE, FLOAT, "--no-time")
    assert ended.status == 0
    assert "+7,550,464 MACs" in ended.out
    assert "ratio" not in ended.out


def test_one_more_convolution_is_named(tflops, tmp_path):
    builders = pytest.importorskip("builders")

    def write(name, layers):
        made = builders.ModelBuilder()
        graph = made.graph()
        last = graph.input([1, 8, 8, 4], name="image")
        for layer in layers:
            weights = graph.constant([[[[0.5] * 4]]] * 4)
            bias = graph.constant([0.0] * 4)
            out = graph.tensor([1, 8, 8, 4], name=f"net/{layer}/Conv2D")
            graph.operator(
                "CONV_2D",
                [last, weights, bias],
                [out],
                builders.options("Conv2DOptions", stride_w=1, stride_h=1),
            )
            last = out
        graph.outputs = [last]
        path = tmp_path / name
        path.write_bytes(made.pack())
        return path

    before = write("before.tflite", ["first", "second", "third"])
    after = write("after.tflite", ["first", "second", "one_more", "third"])
    plain = json.loads(tflops("compare", before, after, "--no-time", "--format", "json").out)
    (difference,) = plain["differences"]
    (added,) = [part for part in difference["parts"] if part["change"] == "added"]
    assert (added["name"], added["layer"]) == ("CONV_2D", "net/one_more")
    assert not [part for part in difference["parts"] if part["change"] == "removed"]
    assert "  one_more  added" in tflops("compare", before, after, "--no-time").out


def test_options_of_one_model(tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("compare", SINGLE, "--kernels", "xnnpack,builtin", *SHORT, "--format", "json")
    assert ended.status == 0
    plain = json.loads(ended.out)
    kernels = [item["report"]["timing"]["kernels"] for item in plain["contenders"]]
    assert kernels == ["xnnpack", "builtin"]
    assert plain["interleaved"][0]["blocks"] >= 1
    ended = tflops(
        "compare", SINGLE, "--threads", "1", "--threads", "2", "--runtime", "tflite", *SHORT
    )
    assert "A  1 thread " in ended.out
    assert "B  2 threads" in ended.out
    assert "interleaved, in both orders" in ended.out


def test_a_saved_comparison_shows_itself(tflops, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path = tmp_path / "comparison.json"
    assert tflops("compare", SINGLE, SINGLE, *SHORT, "-o", path).status == 0
    ended = tflops("show", path)
    assert ended.status == 0
    assert "A  single_conv_28x28.tflite" in ended.out
    for name in ("csv", "markdown", "html"):
        assert "single_conv" in tflops("show", path, "--format", name).out
    without = tflops("show", path, "--format", "json", "--no-samples").out
    (timing, _) = (item["report"]["timing"] for item in json.loads(without)["contenders"])
    assert timing["samples_ns"] == []


def test_a_saved_report_against_the_model(tflops, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path = tmp_path / "base.json"
    tflops("report", SINGLE, "--max-time", "0.2", "--no-peaks", "-o", path)
    ended = tflops("compare", path, SINGLE, *SHORT)
    assert ended.status == 0
    assert "were measured one after the other" in ended.out
    ended = tflops("compare", path, path)
    assert ended.status == 0
    # How well that is known depends on how busy the machine was.
    words_of_it = ("takes the same time", "no difference between", "cannot tell A and B apart")
    assert any(text in ended.out for text in words_of_it)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((FLOAT,), "a comparison needs two contenders or more"),
        ((FLOAT, INT8, "--threads", "1,2"), "give one model, or one value of each option"),
        ((FLOAT, "--threads", "1,x"), "'x' is not a whole number"),
        ((FLOAT, "--threads", "1,0"), "must be 1 or more, got 0"),
        ((FLOAT, "--kernels", "xnnpack,fast"), "'fast' is not one of 'xnnpack'"),
        ((PHONE, "--profile", CPU), "a comparison needs two profiles or more"),
        ((PHONE, PHONE, "--profile", CPU, "--profile", GPU), "give the model once"),
        ((PHONE, "--profile", CPU, "--profile", GPU, "--device", "X"), "2 profiles need 2 device"),
        ((PHONE, "--profile", CPU, "--profile", GPU, "--threads", "2"), "--threads cannot be comb"),
        ((SINGLE, "--profile", CPU, "--profile", GPU), "belongs to another model"),
        ((FLOAT, "nowhere.tflite"), "cannot read 'nowhere.tflite'"),
        ((FLOAT, "nowhere.json"), "cannot read 'nowhere.json': no such file"),
        ((FLOAT, ROOT / "docs" / "report.schema.json"), "is not a saved result"),
        ((FLOAT, ROOT / "README.md"), "is not a TensorFlow Lite model"),
    ],
)
def test_refused(refuses, arguments, message):
    assert message in refuses("compare", *arguments)


def test_saved_reports_are_not_measured(refuses, tflops, tmp_path):
    path = tmp_path / "count.json"
    tflops("count", SINGLE, "-o", path)
    assert "threads cannot be combined with saved reports" in refuses(
        "compare", path, path, "--threads", "2"
    )


def test_counts_are_kept_where_the_measurement_fails(tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops("compare", SINGLE, "--runtime", "tflite,/nowhere/lib.so", *SHORT)
    assert ended.status == 2
    assert "B has the same operators" in ended.out
    assert "cannot load '/nowhere/lib.so'" in ended.err


def test_what_is_no_contender():
    with pytest.raises(tflops_native.OptionError, match=r"runtime=\['tflite', 'litert'\]"):
        tflops_native.compare(SINGLE, ["tflite", "litert"])
    with pytest.raises(tflops_native.OptionError, match="got a int"):
        tflops_native.compare(SINGLE, 3)


def test_reports_in_python():
    one, two = tflops_native.count(SINGLE)[0], tflops_native.count(FLOAT)[0]
    found = tflops_native.compare(one, two, SINGLE, timed=False)
    assert [item.label for item in found.contenders] == ["A", "B", "C"]
    assert repr(found).startswith("<Comparison of single_conv_28x28.tflite and mobilenet")
    assert "B against A" in str(found)
    assert "<table" in found._repr_html_()


def test_the_rows_by_layer_add_up(tflops, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path = tmp_path / "found.json"
    models = [ROOT / "tests" / "models" / f"attention_encoder-{name}.tflite.xz" for name in KINDS]
    tflops("compare", *models, "--max-time", "0.5", "-o", path)
    for name in ("csv", "markdown", "html", "text"):
        assert tflops("show", path, "--format", name).status == 0
    (difference,) = json.loads(path.read_text())["differences"]
    lines = tflops("show", path).out.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("layer "))
    rows = lines[start + 1 : lines.index("", start)]
    assert len(rows) <= 12
    shares = [float(row.split()[-1]) for row in rows if not row.startswith("difference")]
    assert sum(shares) == pytest.approx(100, abs=0.05 * len(rows) + 0.1)
    assert rows[-1].startswith("difference")
    assert difference["seconds"] != 0


def test_the_arena_of_each(tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    models = (FLOAT, INT8)
    ended = tflops("compare", *models, "--no-time", "--format", "csv")
    rows = list(csv.DictReader(ended.out.splitlines()))
    arenas = [tflops_native.memory(model).arena_bytes for model in models]
    assert [int(row["arena_bytes"]) for row in rows] == arenas
    out = tflops("compare", *models, "--no-time").out
    assert "  arena" in out.splitlines()[0]
    assert "activations" not in out
