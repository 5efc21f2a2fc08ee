"""What `load` accepts, and what it says about files that are no model."""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

import builders
from tflops_native.errors import ModelFormatError
from tflops_native.model.reader import load, load_all
from tflops_native.model.sources import recognize
from tflops_native.model.sources.kind import Kind, Part

MODEL = builders.pack(builders.model([builders.subgraph([builders.tensor("x", [2, 3])])]))


def message(source):
    with pytest.raises(ModelFormatError) as error:
        load(source)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.tflite"


@pytest.mark.parametrize("convert", [bytes, bytearray, memoryview])
def test_bytes(convert):
    loaded = load(convert(MODEL))
    assert loaded.subgraphs[0].tensors[0].shape == (2, 3)
    assert loaded.path is None


@pytest.mark.parametrize("convert", [str, lambda path: path])
def test_path(path, convert):
    path.write_bytes(MODEL)
    loaded = load(convert(path))
    assert loaded.subgraphs[0].tensors[0].shape == (2, 3)
    assert loaded.path == path
    assert loaded.size_bytes == len(MODEL)


def test_file_may_vanish_after_loading(path):
    path.write_bytes(MODEL)
    loaded = load(path)
    path.unlink()
    assert bytes(loaded.data) == MODEL


def test_missing_file(path):
    assert message(path) == f"cannot read '{path}': no such file"


def test_directory(tmp_path):
    assert message(tmp_path) == f"cannot read '{tmp_path}': it is a directory; name a file in it"


def test_a_core_ml_package(tmp_path):
    (tmp_path / "Manifest.json").write_bytes(b"{}")
    assert message(tmp_path).startswith(
        f"'{tmp_path}' is a Core ML model, not a TensorFlow Lite model: "
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission(path):
    path.write_bytes(MODEL)
    path.chmod(0)
    assert message(path) == f"cannot read '{path}': permission denied"


def test_permission_error_of_any_kind(path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    path.write_bytes(MODEL)
    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert message(path) == f"cannot read '{path}': permission denied"


def test_path_through_a_file(path):
    path.write_bytes(MODEL)
    assert message(path / "below") == f"cannot read '{path / 'below'}': not a directory"


def test_path_with_a_null():
    assert message("a\0b") == "the model must be a path without null bytes, got 'a\\x00b'"


def test_pipe(path):
    os.mkfifo(path)
    assert message(path) == f"cannot read '{path}': it is not a regular file"


def test_empty_file(path):
    path.write_bytes(b"")
    assert message(path) == f"'{path}' is empty (0 bytes)"


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b"")])
def test_empty_bytes(empty):
    assert message(empty) == "the model is empty (0 bytes)"


@pytest.mark.parametrize(
    ("start", "description"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"PK\x03\x04\x14\0\0\0", "a damaged or truncated ZIP archive"),
        (b"GGUF\x03\0\0\0", "a GGUF model"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html>", "HTML"),
        (b'{"name": 1}', "JSON"),
        (b'{"format_version": 3}', "a saved report"),
        (b'{"format": "layers-model", "modelTopology": {}}', "a TensorFlow.js model"),
        (b'{"format": "graph-model", "modelTopology": {}}', "a TensorFlow.js graph model"),
        (b"\x08\x07\x12\x07pytorch", "an ONNX model"),
        (b"\x08\x0a:\xff\x01\x0a\x08", "an ONNX model"),
        (b"\x08\x04\x12\x80\x01\x0a\x10\x0a\x05image", "a Core ML model"),
        (b"\x0a\x1f\x0a\x05input\x12\x0bPlaceholder", "a frozen TensorFlow graph"),
        (b"\x0a\x19ImageToTensorCalculator\x12", "a MediaPipe graph"),
        (b"\x08\x96\x01\x10\x01\x18\x01 \x01", "a protocol buffer, such as an ONNX model"),
        (b"\x80\x02}q\0(X\x05\0\0", "a PyTorch model"),
        (b'\x40\0\0\0\0\0\0\0{"weight"', "a safetensors file"),
    ],
)
def test_other_formats(path, start, description):
    path.write_bytes(start + bytes(100))
    assert message(path).startswith(f"'{path}' is {description}")
    assert ", not a TensorFlow Lite model" in message(path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_tar_archive(tmp_path, mode):
    """As models are downloaded from Kaggle and TensorFlow Hub."""
    path = tmp_path / "model.tar.gz"
    (tmp_path / "model.tflite").write_bytes(MODEL)
    with tarfile.open(path, mode) as file:
        file.add(tmp_path / "model.tflite", "model.tflite")
    assert "tar archive" in message(path)
    assert message(path).endswith(
        ": unpack it with 'tar -xf model.tar.gz', and give the model or the folder in it"
    )


def test_a_pytorch_archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("net/data.pkl", b"x")
    assert message(path).startswith(f"'{path}' is a PyTorch model, not a TensorFlow Lite model: ")


def test_what_to_do_comes_last(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(100))
    assert message(path) == (
        f"'{path}' is an ONNX model, not a TensorFlow Lite model: "
        "convert it with 'onnx2tf -i net.onnx -o converted', then give converted/net_float32.tflite"
    )


def test_unknown_format():
    assert message(b"\x10\0\0\0ABCD" + bytes(20)) == (
        "the model is not a TensorFlow Lite model: "
        "it has b'ABCD' at bytes 4 to 8 instead of b'TFL3'"
    )


@pytest.mark.parametrize("length", [1, 4, 7])
def test_shorter_than_a_header(length):
    assert "is not a TensorFlow Lite model" in message(MODEL[:length])


def test_damage_is_reported_with_the_name_of_the_file(path):
    path.write_bytes(MODEL[:40])
    assert message(path).startswith(f"'{path}' is truncated or damaged: ")


def test_every_kind_is_one_file_and_asked():
    folder = Path(recognize.__file__).parent
    defined = {path.stem for path in folder.glob("*.py") if "\nKIND = " in path.read_text("utf-8")}
    assert defined == {"tflite", *recognize._KINDS}


def test_a_kind_with_parts(monkeypatch):
    """A bundle of a made-up kind: models are taken out by name or index, also one in another."""

    def parts(given):
        pieces = bytes(given.data[3:]).split(b"|")
        return [Part(f"m{index}", memoryview(piece)) for index, piece in enumerate(pieces)]

    made_up = Kind(lambda given: given.start.startswith(b"BAR"), parts)
    kinds = (recognize.TFLITE, made_up)
    monkeypatch.setattr(recognize, "_kinds", lambda: iter(kinds))
    assert b"|" not in MODEL
    bundle = b"BAR" + b"|".join((MODEL, b"a note", MODEL))
    assert [model.source.part for model in load_all(bundle)] == ["m0", "m2"]
    assert message(bundle) == ("the model holds 2 models; choose one by name or index: ::m0, ::m2")
    assert recognize.open_source(bundle, "m2").part == "m2"
    assert recognize.open_source(bundle, "1").part == "m2"
    with pytest.raises(ModelFormatError, match="has no model 'm1'; it has ::m0, ::m2"):
        recognize.open_source(bundle, "m1")
    assert message(b"BAR" + b"a note") == "the model holds no TensorFlow Lite model"
