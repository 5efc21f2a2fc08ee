"""Models inside of other files: which are found, that they are read in place, and what is refused."""

import copy
import gzip
import io
import lzma
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import pytest

import builders
from tflops_native.errors import ModelFormatError
from tflops_native.model.reader import load, load_all
from tflops_native.model.sources import c_array, kind
from tflops_native.model.sources.view_file import zip_entries
from zoo import EXAMPLES


def packed(name, shape):
    return builders.pack(builders.model([builders.subgraph([builders.tensor(name, shape)])]))


ONE = packed("one", [2, 3])
TWO = packed("two", [4, 5, 6])


def archive(members, compression=zipfile.ZIP_STORED, front=b""):
    """A ZIP archive of name -> content, with some bytes in front of it."""
    file = io.BytesIO()
    file.write(front)
    with zipfile.ZipFile(file, "a", compression) as written:
        for name, content in members:
            written.writestr(name, content)
    return file.getvalue()


def message(source):
    with pytest.raises(ModelFormatError) as error:
        load(source)
    assert "\n" not in str(error.value)
    return str(error.value)


def answer(source):
    """What `load_all` says: models, or one line."""
    try:
        return len(load_all(source))
    except ModelFormatError as error:
        return str(error).splitlines()[0]


def name_of(model):
    return model.subgraphs[0].tensors[0].name


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("front", [b"", b"\0" * 64, b"any padding"])
def test_zip(tmp_path, compression, front):
    path = tmp_path / "two.task"
    path.write_bytes(
        archive([("one.tflite", ONE), ("labels.txt", b"cat\n"), ("b/two", TWO)], compression, front)
    )
    assert [(model.source.part, name_of(model)) for model in load_all(path)] == [
        ("one.tflite", "one"),
        ("b/two", "two"),
    ]
    assert name_of(load(f"{path}::b/two")) == "two"
    assert name_of(load(f"{path}::1")) == "two"
    chosen = load(f"{path}::one.tflite")
    assert (chosen.source.name, chosen.path, chosen.size_bytes) == (
        "two.task::one.tflite",
        None,
        len(ONE),
    )
    assert message(path) == (
        f"'{path}' holds 2 models; choose one by name or index: two.task::one.tflite, two.task::b/two"
    )
    assert message(f"{path}::three") == (
        f"'{path}' has no model 'three'; it has two.task::one.tflite, two.task::b/two"
    )


def test_a_bundle_of_one_model_is_that_model(tmp_path):
    path = tmp_path / "one.task"
    path.write_bytes(archive([("one.tflite", ONE)]))
    assert name_of(load(path)) == "one"
    assert load(path).source.name == "one.task::one.tflite"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_compressed(tmp_path, pack):
    path = tmp_path / "model.tflite.packed"
    path.write_bytes(pack(ONE))
    model = load(path)
    assert (name_of(model), model.source.name, model.path) == ("one", path.name, None)
    assert name_of(load(pack(ONE))) == "one"
    assert name_of(pickle.loads(pickle.dumps(model))) == "one"
    assert message(pack(b"something else")) == "the model holds no TensorFlow Lite model"
    assert "is a damaged" in message(pack(ONE * 20)[:-20])


def test_bundles_in_bundles():
    inner = archive([("one.tflite", ONE), ("two.tflite", TWO)])
    outer = archive([("a.task", inner), ("b.tflite.gz", gzip.compress(ONE))], zipfile.ZIP_DEFLATED)
    assert [model.source.part for model in load_all(outer)] == [
        "a.task/one.tflite",
        "a.task/two.tflite",
        "b.tflite.gz",
    ]
    deep = inner
    for _ in range(4):
        deep = archive([("x", deep)])
    assert "is nested more than 3 deep" in message(deep)


@pytest.mark.parametrize("padding", [1, 2, 4, 16])
def test_a_padded_bundle_in_a_bundle(padding):
    """MediaPipe's builder writes zeros in front, so that what is in it is aligned."""
    inner = archive([("one.tflite", ONE), ("two.tflite", TWO)], front=bytes(padding))
    models = load_all(archive([("a.task", inner)], front=bytes(padding)))
    assert [model.source.part for model in models] == ["a.task/one.tflite", "a.task/two.tflite"]


def test_a_model_with_files_behind_it_is_that_model(tmp_path):
    """Metadata packs labels as a ZIP archive behind the FlatBuffer."""
    assert name_of(load(ONE + archive([("labels.txt", b"cat\n")]))) == "one"


@pytest.mark.parametrize(
    "get", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_model_in_a_bundle_is_copied_by_file(tmp_path, get):
    path = tmp_path / "x.task"
    path.write_bytes(archive([("one.tflite", ONE), ("two.tflite", TWO)]))
    again = get(load(f"{path}::two.tflite"))
    assert (name_of(again), again.source.name) == ("two", "x.task::two.tflite")
    held = pickle.dumps(again)
    assert len(held) < 1000
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelFormatError, match="has changed since it was loaded"):
        pickle.loads(held)


def test_a_file_whose_name_has_the_separator(tmp_path):
    path = tmp_path / "a::b.tflite"
    path.write_bytes(ONE)
    assert name_of(load(str(path))) == "one"
    assert message(f"{path}::x") == f"cannot read '{tmp_path}/a': no such file"


def test_a_part_of_what_has_none(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(ONE)
    assert message(f"{path}::x") == f"'{path}' is one model, it has no part 'x'"


def test_an_archive_that_unpacks_to_too_much(monkeypatch):
    bomb = archive([("x.tflite", ONE + bytes(1 << 22))], zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(kind, "MOST_UNPACKED_BYTES", 1 << 22)
    assert "unpacks to more than 4 MiB" in message(bomb)
    assert "unpacks to more than 4 MiB" in message(gzip.compress(ONE + bytes(1 << 22)))
    # Also where each is small, and all are in archives of their own.
    part = archive([("y.tflite", ONE + bytes(1 << 21))], zipfile.ZIP_DEFLATED)
    assert "unpacks to more than 4 MiB" in message(archive([("a", part), ("b", part), ("c", part)]))


def test_an_archive_of_too_many_pieces(monkeypatch):
    monkeypatch.setattr(kind, "MOST_PIECES", 100)
    part = archive([(str(index), b"") for index in range(40)])
    assert len(load_all(archive([("a", ONE), ("b", part), ("c", part)]))) == 1
    many = archive([("a", ONE), ("b", part), ("c", part), ("d", part)])
    assert "has more than 100 pieces" in message(many)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_what_does_not_begin_as_a_model_is_not_unpacked_on(pack, monkeypatch):
    """A small file of zeros would come to a gigabyte before it is found to be nothing."""
    monkeypatch.setattr(kind, "MOST_UNKNOWN_BYTES", 1 << 22)
    assert "holds no TensorFlow Lite model" in message(pack(bytes(1 << 22)))
    assert "unpacks to more than 4 MiB of what is not recognized" in message(pack(bytes(1 << 23)))
    assert name_of(load(pack(ONE + bytes(1 << 23)))) == "one"


def directory(number, *, is_large, says=None):
    """An archive whose directory names one empty piece so many times, and may say another number."""
    piece = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *[0] * 7, 1, 0) + b"a"
    entries = (struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a") * number
    says = number if says is None else says
    end = b""
    if is_large:
        end = struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, says, says, len(entries), len(piece)
        ) + struct.pack("<4sLQL", b"PK\6\7", 0, len(piece) + len(entries), 1)
    small = (0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1)
    sizes = small if is_large else (says, says, len(entries), len(piece))
    return piece + entries + end + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *sizes, 0)


@pytest.mark.parametrize("is_large", [False, True], ids=["32 bits", "64 bits"])
@pytest.mark.parametrize("says", [None, 1], ids=["true", "false"])
def test_too_many_entries_are_refused_before_they_are_read(is_large, says, monkeypatch):
    number = 30_000
    data = directory(number, is_large=is_large, says=says)
    assert len(zipfile.ZipFile(io.BytesIO(data)).infolist()) == number
    assert zip_entries(memoryview(data)) == number
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert message(data) == "the model has more than 10,000 pieces: unpack it first"


def test_entries_of_what_is_no_archive():
    for data in (b"", b"PK\5\6", ONE, bytes(100) + b"PK\5\6" + b"\xff" * 18):
        assert zip_entries(memoryview(data)) == 0


@pytest.mark.parametrize("start", [b"/*", b"//\n"])
def test_a_text_of_nothing_but_comments(start, monkeypatch):
    monkeypatch.setattr(c_array, "_MOST_COMMENTS", 1000)
    assert "is not a TensorFlow Lite model" in message(start * 1001 + c_text("xxd").encode())
    assert name_of(load(start * 999 + b"*/\n" + c_text("xxd").encode())) == "one"


def test_an_encrypted_member(tmp_path):
    data = bytearray(archive([("one.tflite", ONE)]))
    # Its flags, in its own header and in the directory.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert message(bytes(data)) == "'one.tflite' in the model is encrypted: decrypt it first"


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_damaged_archive(cut):
    """Each byte of the directory and of the headers made another one: an answer, or an error of ours."""
    whole = archive([("one.tflite", ONE), ("two.tflite", TWO)])
    for place in (cut, len(whole) - cut):
        for value in (0, 0x7F, 0xFF):
            data = bytearray(whole)
            data[place] = value
            assert answer(bytes(data))
    with pytest.raises(ModelFormatError):
        load_all(whole[:-cut])


FORMS = {
    "xxd": "unsigned char g_model[] = {{\n{hex}\n}};\nunsigned int g_model_len = {size};\n",
    "micro": (
        '// A model.\n#include "model.h"\n// Keep aligned.\n'
        "alignas(16) const unsigned char g_model[] = {{{hex}}};\nconst int g_model_size = {size};"
    ),
    "arduino": "const uint8_t g_model[] PROGMEM = {{ {decimal} }};",
    "attribute": "const unsigned char g_model[{size}] __attribute__((aligned(4))) = {{{upper},\n}};",
    "macro": "const unsigned char g_model[] DATA_ALIGN_ATTRIBUTE = {{ /* [0] = {{ */ {signed}}};",
    "suffix": "static const std::uint8_t\ng_model [ kSize ] = {{{unsigned}}};",
}


def c_text(form, data=ONE, name="g_model"):
    lines = [data[at : at + 12] for at in range(0, len(data), 12)]
    words = {
        "hex": ",\n  ".join(", ".join(f"0x{value:02x}" for value in line) for line in lines),
        "upper": ",".join(f"0X{value:02X}" for value in data),
        "decimal": ", ".join(str(value) for value in data),
        "signed": ", ".join(str(value - 256 if value > 127 else value) for value in data),
        "unsigned": ", ".join(f"0x{value:x}u" for value in data),
        "size": len(data),
    }
    return FORMS[form].format(**words).replace("g_model", name)


@pytest.mark.parametrize("form", FORMS)
def test_c_array(tmp_path, form):
    path = tmp_path / "model.cc"
    path.write_text(c_text(form))
    model = load(path)
    assert (bytes(model.data), model.source.name) == (ONE, "model.cc::g_model")


def test_several_c_arrays(tmp_path):
    path = tmp_path / "models.cpp"
    path.write_text(
        "const unsigned char g_image[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};\n"
        + c_text("micro", ONE, "g_one")
        + c_text("arduino", TWO, "g_two")
    )
    assert [model.source.part for model in load_all(path)] == ["g_one", "g_two"]


def test_a_c_array_that_is_cut_or_wrong(tmp_path):
    text = c_text("micro")
    assert message(text[: len(text) // 2].encode()) == (
        "array 'g_model' in the model is cut: its closing brace is missing"
    )
    wrong = c_text("arduino").replace("PROGMEM = {", "PROGMEM = {").replace(" };", ", 300 };")
    assert message(wrong.encode()) == (
        f"array 'g_model' in the model has '300' as value {len(ONE)}: not a byte"
    )
    assert "is not a TensorFlow Lite model" in message(
        b"int main() { int a[] = {1, 2}; return a[0]; }"
    )


@pytest.mark.parametrize(
    "text", [b"a[" * 300_000, b"a" * 600_000, b"a[]=" * 150_000, b"a[]={" * 120_000]
)
def test_text_of_any_kind_takes_no_longer_than_it_is_long(text):
    """A pattern that goes back over what it read would take minutes."""
    assert "is not a TensorFlow Lite model" in message(text)


def litertlm(models, sizes=None):
    """A LiteRT-LM bundle as its official builder makes it."""
    builder = pytest.importorskip("litert_lm_builder.litertlm_builder")
    made = builder.LitertLmFileBuilder()
    made.add_system_metadata(
        builder.Metadata(key="Authors", value="nobody", dtype=builder.DType.STRING)
    )
    for kind_of_model, path in models:
        made.add_tflite_model(str(path), getattr(builder.TfLiteModelType, kind_of_model))
    file = io.BytesIO()
    made.build(file)
    return file.getvalue()


def test_litertlm(tmp_path):
    (tmp_path / "one").write_bytes(ONE)
    (tmp_path / "two").write_bytes(TWO)
    bundle = tmp_path / "x.litertlm"
    bundle.write_bytes(
        litertlm([("PREFILL_DECODE", tmp_path / "one"), ("EMBEDDER", tmp_path / "two")])
    )
    assert [(model.source.part, bytes(model.data)) for model in load_all(bundle)] == [
        ("prefill_decode", ONE),
        ("embedder", TWO),
    ]
    assert name_of(load(f"{bundle}::embedder")) == "two"


def test_a_damaged_litertlm(tmp_path):
    (tmp_path / "one").write_bytes(ONE)
    whole = litertlm([("PREFILL_DECODE", tmp_path / "one")])
    assert "is a damaged or truncated LiteRT-LM bundle" in message(
        whole[: len(whole) - len(ONE) // 2]
    )
    assert "its header is said to end at byte" in message(whole[:100])
    for place in range(8, struct.unpack_from("<Q", whole, 24)[0]):
        for value in (0, 0x7F, 0xFF):
            data = bytearray(whole)
            data[place] = value
            assert answer(bytes(data))


LARGE = """
import re, sys
from pathlib import Path
from tflops_native.model.reader import load_all
import tflops_native
models = load_all(sys.argv[1])
for model in models:
    tflops_native.analyze(model)
print(len(models), re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_models_in_a_large_bundle_are_read_in_place(tmp_path):
    """Of a bundle of 3 GiB (with holes) only what is looked at comes into memory."""
    path = tmp_path / "large.task"
    model = (EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite").read_bytes()
    with path.open("wb") as file, zipfile.ZipFile(file, "w") as written:
        written.writestr("a.tflite", model)
        written.writestr("b.tflite", model)
    small = subprocess.run(
        [sys.executable, "-c", LARGE, path], capture_output=True, text=True, check=True
    ).stdout.split()
    whole = path.read_bytes()
    with path.open("wb") as file:
        file.seek(3 << 30)
        file.write(whole)
    large = subprocess.run(
        [sys.executable, "-c", LARGE, path], capture_output=True, text=True, check=True
    ).stdout.split()
    assert small[0] == large[0] == "2"
    assert int(large[1]) < 80 << 10
