"""Checks what a wheel holds: every file by name, its size, and its platform tag.

python tools/check_wheel.py dist/*.whl
"""

import re
import sys
import zipfile
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "python"
MAX_BYTES = 6_000_000

EXTENSION = r"tflops_native/_native\.(cpython-3\d+-[a-z0-9_-]+\.so|cp3\d+-win_amd64\.pyd)"
LIBRARY = r"tflops_native/lib/(libtensorflowlite_c\.so|tensorflowlite_c\.dll)"
# Where the wheel carries no TensorFlow Lite library.
WITHOUT_LIBRARY = re.compile(r"macosx_\d+_\d+_\w+")
PLATFORM = re.compile(r"manylinux_2_\d+_(x86_64|aarch64|armv7l)|win_amd64|macosx_\d+_\d+_\w+|any")
METADATA = (
    "METADATA",
    "RECORD",
    "WHEEL",
    "entry_points.txt",
    "licenses/LICENSE",
    "licenses/licenses/tensorflow-lite-c.txt",
)


def main(paths: list[str]) -> int:
    """Check each wheel; 1 if one is not as it should be."""
    complaints = [f"{path}: {text}" for path in paths for text in check(Path(path))]
    print("\n".join(complaints) or f"{len(paths)} wheel(s) as expected")
    return 1 if complaints or not paths else 0


def check(wheel: Path) -> list[str]:
    """What is wrong with a wheel, one line each."""
    complaints = []
    name, version, *_, platform = wheel.stem.split("-")
    # Several names of one platform are joined by dots.
    if not all(PLATFORM.fullmatch(part) for part in platform.split(".")):
        complaints.append(f"the platform {platform!r} is none that is published")
    size = wheel.stat().st_size
    if size > MAX_BYTES:
        complaints.append(f"{size:,} bytes are more than {MAX_BYTES:,}")
    with zipfile.ZipFile(wheel) as archive:
        files = {file for file in archive.namelist() if not file.endswith("/")}
    expected = python_files(pure=platform == "any")
    expected |= {f"{name}-{version}.dist-info/{file}" for file in METADATA}
    compiled = []
    if platform != "any":
        compiled.append(EXTENSION)
        if not WITHOUT_LIBRARY.match(platform):
            compiled.append(LIBRARY)
    for pattern in compiled:
        found = {file for file in files if re.fullmatch(pattern, file)}
        if len(found) != 1:
            complaints.append(f"{len(found)} files instead of one match {pattern}")
        files -= found
    complaints += [f"lacks {file}" for file in sorted(expected - files)]
    complaints += [f"has {file} too" for file in sorted(files - expected)]
    return complaints


def python_files(*, pure: bool) -> set[str]:
    """The package's own files, as the sources have them."""
    names = {
        path.relative_to(SOURCES).as_posix()
        for pattern in ("*.py", "*.pyi", "py.typed")
        for path in SOURCES.rglob(pattern)
    }
    return names - {"tflops_native/_native.pyi"} if pure else names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
