"""The runtime library: the one that is carried, others by path, and what is not a runtime at all."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import _native
from tflops_native._native import Library
from tflops_native.errors import RuntimeLibraryError
from tflops_native.runtime.libraries import RuntimeInfo, open_runtime


def test_linked_library_describes_itself(library: Library) -> None:
    assert Path(library.path).is_file()
    assert library.kind == "tflite"
    assert library.version.count(".") == 2
    assert library.has_xnnpack
    assert library.has_profiler
    assert library.has_signatures


def test_the_same_file_opened_by_path(library: Library, tmp_path: Path) -> None:
    opened = Library.open(Path(library.path))
    assert opened.path == library.path
    assert opened.version == library.version


def test_a_copy_is_a_second_runtime_in_the_process(library: Library, tmp_path: Path) -> None:
    copy = tmp_path / Path(library.path).name
    copy.write_bytes(Path(library.path).read_bytes())
    opened = Library.open(str(copy))
    assert opened.path == str(copy.resolve())
    assert opened.has_xnnpack


def test_missing_file() -> None:
    with pytest.raises(RuntimeLibraryError, match=r"'/nowhere/libx\.so': there is no such file"):
        Library.open("/nowhere/libx.so")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(RuntimeLibraryError, match="it is a directory"):
        Library.open(tmp_path)


def test_text_file(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no library")
    with pytest.raises(RuntimeLibraryError, match=r"cannot load '.*notes\.txt': .+"):
        Library.open(text)


@pytest.mark.skipif(sys.platform != "linux", reason="a library that every Linux has")
def test_a_library_of_something_else() -> None:
    message = (
        "'libm.so.6' is not a runtime: it has neither TfLiteVersion, as TensorFlow Lite C libraries "
        "have, nor LiteRtCreateEnvironment, as LiteRT has"
    )
    with pytest.raises(RuntimeLibraryError) as caught:
        Library.open("libm.so.6")
    assert str(caught.value) == message
    assert isinstance(caught.value, OSError)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files")
def test_a_litert_whose_functions_take_other_arguments(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    source, old = tmp_path / "old.c", tmp_path / "libLiteRtRuntimeCApi.so"
    source.write_text("int LiteRtCreateEnvironment(void) { return 0; }")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", old, source], check=True)
    with pytest.raises(
        RuntimeLibraryError, match=r"is a LiteRT before 2\.1\.6, whose functions take"
    ):
        Library.open(old)


@pytest.mark.parametrize("path", [3, None, ["a"]])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(TypeError):
        Library.open(path)  # type: ignore[arg-type]


def test_null_byte_in_a_path() -> None:
    with pytest.raises(ValueError, match="null byte"):
        Library.open("lib\0.so")


@pytest.mark.skipif(sys.platform != "linux", reason="needs ldd")
def test_extension_is_linked_to_the_library_beside_it() -> None:
    extension = Path(_native.__file__)
    ldd = subprocess.run(["ldd", extension], capture_output=True, text=True, check=True)
    lines = [line for line in ldd.stdout.splitlines() if "libtensorflowlite_c" in line]
    assert len(lines) == 1
    assert str(extension.parent / "lib") in lines[0]


def test_clock_is_calibrated() -> None:
    resolution_ns, read_ns = _native.calibrate_clock()
    assert isinstance(resolution_ns, int)
    assert resolution_ns > 0
    assert read_ns > 0


def test_what_is_linked_was_tried(library: Library) -> None:
    info = open_runtime().info
    assert info.tried == library.tried_versions
    assert info.is_tried


@pytest.mark.parametrize(
    ("version", "is_tried"),
    [
        ("2.1.5", False),
        ("2.1.6", True),
        ("2.2.0rc1", True),
        ("2.3.0+local", True),
        ("2.3.1", False),
        ("2.10.0", False),
        ("nightly", None),
        (None, None),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str | None, is_tried: bool | None) -> None:
    info = RuntimeInfo(name="litert", version=version, library="", tried=("2.1.6", "2.3.0"))
    assert info.is_tried is is_tried
