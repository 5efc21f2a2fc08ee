"""Writes the bill of materials of a wheel: what is in it beside our own sources (PEP 770, CycloneDX).

CMake runs it when it makes a wheel with the extension:

    python tools/make_sbom.py --version 0.1.0 --pybind11 3.0.1 [--library libtensorflowlite_c.so] OUTPUT
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

LIBRARIES = Path(__file__).parent.parent / "cmake" / "tflite_c_library.sha256"
# What the library that is listed there is made of: see licenses/tensorflow-lite-c.txt.
LIBRARY_VERSION = "2.17.1"
LIBRARY_PARTS = (
    *(("FlatBuffers", "Apache-2.0"), ("gemmlowp", "Apache-2.0"), ("ruy", "Apache-2.0")),
    *(("Eigen", "MPL-2.0"), ("XNNPACK", "BSD-3-Clause"), ("pthreadpool", "BSD-2-Clause")),
    *(("cpuinfo", "BSD-2-Clause"), ("FP16", "MIT"), ("FXdiv", "MIT"), ("FarmHash", "MIT")),
    ("fft2d", None),
)
OWN_TERMS = "terms of its own: see licenses/tensorflow-lite-c.txt"


def bill(version: str, pybind11: str, library: Path | None) -> dict[str, Any]:
    """The document; `library` is the TensorFlow Lite C library that the wheel carries."""
    own = _component("tflops-native", "Apache-2.0", version=version)
    own["purl"] = f"pkg:pypi/tflops-native@{version}"
    headers = _component("pybind11", "BSD-3-Clause", version=pybind11)
    headers["purl"] = f"pkg:pypi/pybind11@{pybind11}"
    headers["description"] = "headers, compiled into the extension"
    parts = [headers] if library is None else [headers, _library(library)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": parts,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _library(path: Path) -> dict[str, Any]:
    """The library that is carried; of one that is not listed, only what can be seen of it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    made = _component("tensorflow-lite-c")
    made["description"] = f"unmodified, as tflops_native/lib/{path.name}"
    made["hashes"] = [{"alg": "SHA-256", "content": digest}]
    if digest in LIBRARIES.read_text(encoding="utf-8"):
        made["version"] = LIBRARY_VERSION
        made["licenses"] = _licenses("Apache-2.0")
        made["externalReferences"] = [
            {"type": "distribution", "url": "https://pypi.org/project/pymicro-wakeword/2.5.0/"},
            {"type": "build-system", "url": "https://github.com/tphakala/tflite_c"},
            {"type": "vcs", "url": "https://github.com/tensorflow/tensorflow"},
        ]
        made["components"] = [_component(name, terms or "") for name, terms in LIBRARY_PARTS]
    return made


def _component(name: str, terms: str | None = None, **fields: Any) -> dict[str, Any]:
    made = {"type": "library", "bom-ref": name, "name": name, **fields}
    if terms is not None:
        made["licenses"] = _licenses(terms)
    return made


def _licenses(terms: str) -> list[dict[str, Any]]:
    return [{"license": {"id": terms} if terms else {"name": OWN_TERMS}}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--pybind11", required=True)
    parser.add_argument("--library", type=Path)
    options = parser.parse_args()
    document = bill(options.version, options.pybind11, options.library)
    options.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
