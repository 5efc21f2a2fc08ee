"""Checks what a wheel holds: every file by name, the library it carries, its size, and its platform tag.

python tools/check_wheel.py [--libraries FILE] dist/*.whl

FILE lists the SHA-256 of the library of each platform; cmake/tflite_c_library.sha256 if left out.
"""

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "python"
MAX_BYTES = 6_000_000

EXTENSION = r"tflops_native/_native\.(cpython-3\d+-[a-z0-9_-]+\.so|cp3\d+-win_amd64\.pyd)"
LIBRARY = r"tflops_native/lib/(libtensorflowlite_c\.(so|dylib)|tensorflowlite_c\.dll)"
LIBRARIES = Path(__file__).parent.parent / "cmake" / "tflite_c_library.sha256"
# Platform tag -> the platform in the list of libraries; wheels of others carry none.
LIBRARY_PLATFORMS = (
    (re.compile(r"(?:manylinux_2_\d+|linux)_(x86_64|aarch64|armv7l)"), "linux-{}"),
    (re.compile(r"win_(amd64)"), "windows-AMD64"),
    (re.compile(r"macosx_1[5-9]_\d+_(arm64)|macosx_[2-9]\d_\d+_(arm64)"), "macos-arm64"),
)
PLATFORM = re.compile(r"manylinux_2_\d+_(x86_64|aarch64|armv7l)|win_amd64|macosx_\d+_\d+_\w+|any")
METADATA = (
    "METADATA",
    "RECORD",
    "WHEEL",
    "entry_points.txt",
    "licenses/LICENSE",
    "licenses/licenses/tensorflow-lite-c.txt",
)
# In wheels that hold more than our own Python files.
SBOM = "sboms/tflops_native.cdx.json"


def main(paths: list[str]) -> int:
    """Check each wheel; 1 if one is not as it should be."""
    libraries = LIBRARIES
    if paths[:1] == ["--libraries"]:
        libraries, paths = Path(paths[1]), paths[2:]
    complaints = [f"{path}: {text}" for path in paths for text in check(Path(path), libraries)]
    print("\n".join(complaints) or f"{len(paths)} wheel(s) as expected")
    return 1 if complaints or not paths else 0


def check(wheel: Path, libraries: Path = LIBRARIES) -> list[str]:
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
        sums = {
            file: hashlib.sha256(archive.read(file)).hexdigest()
            for file in files
            if re.fullmatch(LIBRARY, file)
        }
        sbom = f"{name}-{version}.dist-info/{SBOM}"
        bill = archive.read(sbom) if sbom in files else None
    expected = python_files(pure=platform == "any")
    expected |= {f"{name}-{version}.dist-info/{file}" for file in METADATA}
    compiled = []
    if platform != "any":
        compiled.append(EXTENSION)
        expected.add(sbom)
        if bill is not None:
            complaints += sbom_complaints(bill, version, set(sums.values()))
        carried = library_platform(platform)
        if carried is not None:
            compiled.append(LIBRARY)
            expected_sum = library_sums(libraries).get(carried)
            complaints += [
                f"{file} has the SHA-256 {found}, expected {expected_sum} of {carried}"
                for file, found in sorted(sums.items())
                if found != expected_sum
            ]
    for pattern in compiled:
        found = {file for file in files if re.fullmatch(pattern, file)}
        if len(found) != 1:
            complaints.append(f"{len(found)} files instead of one match {pattern}")
        files -= found
    complaints += [f"lacks {file}" for file in sorted(expected - files)]
    complaints += [f"has {file} too" for file in sorted(files - expected)]
    return complaints


def sbom_complaints(data: bytes, version: str, carried: set[str]) -> list[str]:
    """What the bill of materials says that is not so: version and SHA-256 of the library."""
    try:
        bill = json.loads(data)
        stated = bill["metadata"]["component"]["version"]
        hashes = {
            entry["content"]
            for component in bill["components"]
            for entry in component.get("hashes", ())
        }
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return [f"{SBOM} cannot be read: {error!r}"]
    complaints = []
    if bill.get("bomFormat") != "CycloneDX" or stated != version:
        complaints.append(f"{SBOM} is not the CycloneDX document of version {version}")
    if hashes != carried:
        complaints.append(f"{SBOM} names libraries {sorted(hashes)}, carried are {sorted(carried)}")
    return complaints


def library_platform(platform: str) -> str | None:
    """The platform of the library that a wheel of this tag carries; None if it carries none."""
    for pattern, name in LIBRARY_PLATFORMS:
        if found := pattern.match(platform):
            return name.format(found[1])
    return None


def library_sums(path: Path) -> dict[str, str]:
    """Platform -> SHA-256."""
    lines = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    return {platform: digest for digest, platform in lines}


def python_files(*, pure: bool) -> set[str]:
    """The package's own files, as the sources have them."""
    names = {
        path.relative_to(SOURCES).as_posix()
        for pattern in ("*.py", "*.pyi", "py.typed", "*.smk")
        for path in SOURCES.rglob(pattern)
    }
    return names - {"tflops_native/_native.pyi"} if pure else names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
