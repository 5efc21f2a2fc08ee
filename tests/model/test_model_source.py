"""What `load` accepts, and what it says about files that are no model."""

import os
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
    assert message(tmp_path) == f"cannot read '{tmp_path}': it is a directory"


def test_saved_model_directory(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert message(tmp_path).startswith(
        f"'{tmp_path}' is a SavedModel, not a TensorFlow Lite model: "
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
    assert message("a\0b").startswith("cannot read 'a\\x00b': ")


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
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a gzip archive"),
        (b"LITERTLM\x01\0\0\0", "a LiteRT-LM container"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html>", "HTML"),
        (b'{"name": 1}', "JSON"),
        (b"\x08\x01\x12\xb4\x01\x0a\x02\x08", "a SavedModel"),
        (b"\x08\x07\x12\x07pytorch", "a protocol buffer, such as an ONNX model"),
    ],
)
def test_other_formats(path, start, description):
    path.write_bytes(start + bytes(100))
    assert message(path).startswith(f"'{path}' is {description}")
    assert ", not a TensorFlow Lite model" in message(path)


def test_what_to_do_comes_last(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    assert message(path) == (
        f"'{path}' is a Keras model, not a TensorFlow Lite model: "
        "convert it first, with tf.lite.TFLiteConverter.from_keras_model"
    )
    path = tmp_path / "model.task"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    assert message(path).endswith(": unpack a .task bundle with unzip, it holds .tflite files")


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
