"""`tflops extract`: what it writes, and what it says where it cannot."""

import sys

import pytest

import fake_tflite
from tflops_native.model.reader import load
from zoo import EXAMPLES, case_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("flatbuffers", reason="writes models")

pytestmark = pytest.mark.usefixtures("measured_here")

MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


def test_an_operator_and_what_it_is_fed(tflops, tmp_path):
    file, data = tmp_path / "op.tflite", tmp_path / "fed.npz"
    ended = tflops("extract", f"{MOBILENET}:4", "-o", file, "--inputs", data)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{file}: CONV_2D, 3.52KiB\n"
    assert "295k" in tflops("count", file).out
    assert tflops("time", file, "--input", data, "--runs", "2").status == 0


def test_several_operators(tflops, tmp_path):
    file = tmp_path / "op.tflite"
    tflops("extract", f"{MOBILENET}:2,4-5", "-o", file)
    assert [o.name for o in load(file).subgraphs[0].operators] == [
        "CONV_2D",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("", "write MODEL:INDEX, such as model.tflite:3"),
        (":", "write MODEL:INDEX"),
        ("::0", "write MODEL:INDEX"),
        (":x", "write MODEL:INDEX"),
        (":5-3", "the range 5-3 is empty"),
        (":0-9999999", "more than 100000 operators"),
        (":34", "there is no operator 34: the model has 0 to 33"),
        (":1,1", "each operator can be given once only"),
    ],
)
def test_an_operator_that_is_not_there(refuses, tmp_path, asked, words):
    file = tmp_path / "op.tflite"
    assert words in refuses("extract", f"{MOBILENET}{asked}", "-o", file)
    assert not file.exists()


def test_a_loop_and_what_is_inside_of_it(tflops, tmp_path):
    model, file, data = tmp_path / "loop.tflite", tmp_path / "op.tflite", tmp_path / "fed.npz"
    model.write_bytes(case_model("while_n"))
    index = next(o.index for o in load(model).subgraphs[0].operators if o.subgraphs)
    assert "WHILE with 2 subgraphs" in tflops("extract", f"{model}:{index}", "-o", file).out
    path = f"{index}/body/1"
    ended = tflops("extract", f"{model}:{path}", "-o", file, "--inputs", data)
    assert (ended.status, ended.err) == (
        0,
        f"{data} has what the operators are fed in the first iteration\n",
    )
    named = tflops("explain", f"{model}:{path}").out.split()[0]
    assert ended.out.startswith(f"{file}: {named}")


@pytest.mark.usefixtures("own_child")
def test_a_runtime_that_crashes_is_an_error(refuses, fake_runtime, tmp_path):
    model = tmp_path / "m.tflite"
    model.write_bytes(fake_tflite.model("on allocate 1 crash SIGSEGV", operators=("NEG",)))
    file, data = tmp_path / "op.tflite", tmp_path / "fed.npz"
    words = refuses(
        "extract", f"{model}:0", "-o", file, "--inputs", data, "--runtime", fake_runtime
    )
    assert "the runtime crashed" in words
    assert not file.exists()


def test_the_missing_package_is_named(refuses, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "flatbuffers", None)
    words = refuses("extract", f"{MOBILENET}:0", "-o", tmp_path / "op.tflite")
    assert "pip install 'tflops-native[extract]'" in words


def test_files_that_cannot_be_written(refuses, tmp_path):
    missing = tmp_path / "none" / "op.tflite"
    assert f"cannot write '{missing}'" in refuses("extract", f"{MOBILENET}:0", "-o", missing)
    words = refuses(
        "extract", f"{MOBILENET}:0", "-o", tmp_path / "a.tflite", "--inputs", tmp_path / "a.npy"
    )
    assert "must end in .npz" in words
