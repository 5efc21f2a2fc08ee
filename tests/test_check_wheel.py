"""The check of a wheel's contents, on wheels that are made up here."""

import subprocess
import sys
import zipfile

import pytest

from zoo import ROOT

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
PYTHON = [
    path.relative_to(ROOT / "python").as_posix()
    for path in (ROOT / "python").rglob("*")
    if path.suffix in {".py", ".pyi"} or path.name == "py.typed"
]
EXTENSION = "tflops_native/_native.cpython-311-aarch64-linux-gnu.so"
LIBRARY = "tflops_native/lib/libtensorflowlite_c.so"
LINUX = "cp311-cp311-manylinux_2_35_aarch64"


@pytest.fixture
def complaints(tmp_path):
    """What the check says of a wheel with a tag and files: lines without the wheel's path."""

    def check(tag, files):
        wheel = tmp_path / f"tflops_native-0.1.0-{tag}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name in files:
                archive.writestr(name, "")
        ended = subprocess.run(
            [sys.executable, "tools/check_wheel.py", wheel],
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
    ],
)
def test_a_complete_wheel(complaints, tag, compiled):
    assert complaints(tag, PYTHON + METADATA + compiled) == ["1 wheel(s) as expected"]


def test_the_static_analyzer_alone(complaints):
    files = [name for name in PYTHON if not name.endswith(".pyi")]
    assert complaints("py3-none-any", files + METADATA) == ["1 wheel(s) as expected"]
    assert complaints("py3-none-any", [*files, *METADATA, LIBRARY]) == [f"has {LIBRARY} too"]


def test_missing_and_foreign_files(complaints):
    files = [name for name in PYTHON + METADATA if name != "tflops_native/api.py"]
    (library, missing, foreign) = complaints(LINUX, [*files, EXTENSION, "tests/zoo.py"])
    assert library.startswith("0 files instead of one match tflops_native/lib/")
    assert missing == "lacks tflops_native/api.py"
    assert foreign == "has tests/zoo.py too"


def test_a_wheel_that_is_not_repaired(complaints):
    (platform,) = complaints("cp311-cp311-linux_aarch64", [*PYTHON, *METADATA, EXTENSION, LIBRARY])
    assert platform == "the platform 'linux_aarch64' is none that is published"
