"""The check of a wheel's contents, on wheels that are made up here."""

import hashlib
import json
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from zoo import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import make_sbom

INFO = "tflops_native-0.1.0.dist-info"
METADATA = [
    f"{INFO}/{name}"
    for name in (
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "licenses/licenses/tensorflow-lite-c.txt",
    )
]
SBOM = f"{INFO}/sboms/tflops_native.cdx.json"
PYTHON = [
    path.relative_to(ROOT / "python").as_posix()
    for path in (ROOT / "python").rglob("*")
    if path.suffix in {".py", ".pyi", ".smk"} or path.name == "py.typed"
]
EXTENSION = "tflops_native/_native.cpython-311-aarch64-linux-gnu.so"
LIBRARY = "tflops_native/lib/libtensorflowlite_c.so"
LINUX = "cp311-cp311-manylinux_2_35_aarch64"


@pytest.fixture
def complaints(tmp_path):
    """What the check says of a wheel with a tag and files: lines without the wheel's path."""

    platforms = ("linux-aarch64", "windows-AMD64", "macos-arm64")
    digest = hashlib.sha256(b"").hexdigest()
    libraries = tmp_path / "libraries.sha256"
    libraries.write_text("# of empty files\n" + "".join(f"{digest}  {p}\n" for p in platforms))

    def check(tag, files, content=b"", sbom=None):
        wheel = tmp_path / f"tflops_native-0.1.0-{tag}.whl"
        library = tmp_path / "library"
        library.write_bytes(content)
        is_carried = any("/lib/" in name for name in files)
        with zipfile.ZipFile(wheel, "w") as archive:
            for name in files:
                archive.writestr(name, content)
            if tag != "py3-none-any" and sbom != "":
                made = make_sbom.bill("0.1.0", "3.0.1", library if is_carried else None)
                archive.writestr(SBOM, json.dumps(made) if sbom is None else sbom)
        ended = subprocess.run(
            [sys.executable, "tools/check_wheel.py", "--libraries", libraries, wheel],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == (0 if ended.stdout == "1 wheel(s) as expected\n" else 1)
        return ended.stdout.replace(f"{wheel}: ", "").splitlines()

    return check


@pytest.mark.parametrize(
    ("tag", "compiled"),
    [
        (LINUX, [EXTENSION, LIBRARY]),
        (
            "cp314-cp314-win_amd64",
            ["tflops_native/_native.cp314-win_amd64.pyd", "tflops_native/lib/tensorflowlite_c.dll"],
        ),
        ("cp312-cp312-macosx_11_0_arm64", ["tflops_native/_native.cpython-312-darwin.so"]),
        (
            "cp312-cp312-macosx_15_0_arm64",
            [
                "tflops_native/_native.cpython-312-darwin.so",
                "tflops_native/lib/libtensorflowlite_c.dylib",
            ],
        ),
    ],
)
def test_a_complete_wheel(complaints, tag, compiled):
    assert complaints(tag, PYTHON + METADATA + compiled) == ["1 wheel(s) as expected"]


def test_the_static_analyzer_alone(complaints):
    files = [name for name in PYTHON if not name.endswith(".pyi")]
    assert complaints("py3-none-any", files + METADATA) == ["1 wheel(s) as expected"]
    assert complaints("py3-none-any", [*files, *METADATA, LIBRARY]) == [f"has {LIBRARY} too"]


def test_the_bill_of_materials(complaints):
    files = [*PYTHON, *METADATA, EXTENSION, LIBRARY]
    assert complaints(LINUX, files, sbom="") == [f"lacks {SBOM}"]
    (text,) = complaints(LINUX, files, sbom="{}")
    assert text.startswith("sboms/tflops_native.cdx.json cannot be read: KeyError")
    other = json.dumps(make_sbom.bill("0.1.1", "3.0.1", None))
    version, libraries = complaints(LINUX, files, sbom=other)
    assert "is not the CycloneDX document of version 0.1.0" in version
    assert f"names libraries [], carried are ['{hashlib.sha256(b'').hexdigest()}']" in libraries


def test_a_library_that_is_not_listed_has_no_version(tmp_path, monkeypatch):
    library = tmp_path / "libtensorflowlite_c.so"
    library.write_bytes(b"some library")
    digest = hashlib.sha256(b"some library").hexdigest()
    *_, unknown = make_sbom.bill("0.1.0", "3.0.1", library)["components"]
    assert unknown["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert "version" not in unknown
    listed = tmp_path / "libraries.sha256"
    listed.write_text(f"{digest}  linux-x86_64\n")
    monkeypatch.setattr(make_sbom, "LIBRARIES", listed)
    *_, known = make_sbom.bill("0.1.0", "3.0.1", library)["components"]
    assert known["version"] == "2.17.1"
    notice = (ROOT / "licenses" / "tensorflow-lite-c.txt").read_text(encoding="utf-8")
    assert all(part["name"] in notice for part in known["components"])


def test_another_library(complaints):
    (library,) = complaints(LINUX, [*PYTHON, *METADATA, EXTENSION, LIBRARY], content=b"other")
    assert library.startswith(f"{LIBRARY} has the SHA-256 {hashlib.sha256(b'other').hexdigest()}, ")


def test_the_library_of_this_build_is_the_one_that_is_listed():
    native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    machine = platform.machine()
    lines = (ROOT / "cmake" / "tflite_c_library.sha256").read_text().splitlines()
    listed = dict(reversed(line.split()) for line in lines if not line.startswith("#"))
    if sys.platform != "linux" or f"linux-{machine}" not in listed:
        pytest.skip("no library is listed for this machine")
    library = Path(native.Library.linked().path).read_bytes()
    assert hashlib.sha256(library).hexdigest() == listed[f"linux-{machine}"]


def test_missing_and_foreign_files(complaints):
    files = [name for name in PYTHON + METADATA if name != "tflops_native/api.py"]
    (library, missing, foreign) = complaints(LINUX, [*files, EXTENSION, "tests/zoo.py"])
    assert library.startswith("0 files instead of one match tflops_native/lib/")
    assert missing == "lacks tflops_native/api.py"
    assert foreign == "has tests/zoo.py too"


def test_a_wheel_that_is_not_repaired(complaints):
    (tag,) = complaints("cp311-cp311-linux_aarch64", [*PYTHON, *METADATA, EXTENSION, LIBRARY])
    assert tag == "the platform 'linux_aarch64' is none that is published"
