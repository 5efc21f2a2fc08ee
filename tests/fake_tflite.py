"""The fake TensorFlow Lite library: built on the fly, and models that tell it what to do.

What a model can say is described in `tests/native/fake_tflite/script.hpp`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "native" / "fake_tflite"
CORE = Path(__file__).parents[1] / "cpp"
LIBRARY = "libfake_tflite.so"


def skip_without_compiler():
    """Skip the test where nothing compiles the library, or what else is in C++."""
    if _compiler() is None or sys.platform == "win32":
        pytest.skip("no C++ compiler to build with")


def _compiler():
    return shutil.which(os.environ.get("CXX", "c++"))


def build(directory, percent=100):
    """The path of the library, compiled into `directory`; skips the test where nothing compiles it.

    Args:
        percent: what invokes take, of what their model says: 110 is a library that is a tenth slower.
    """
    skip_without_compiler()
    library = directory / LIBRARY
    flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-pthread"]
    flags.append(f"-DFAKE_TFLITE_PERCENT={percent}")
    subprocess.run(
        [_compiler(), *flags, f"-I{CORE}", *sorted(SOURCES.glob("*.cpp")), "-o", library],
        check=True,
    )
    return library


def model(*statements, operators=("ABS", "ABS", "ABS")):
    """The bytes of a model that is valid for all readers: unary operators in a row on float32 [1, 4].

    Args:
        statements: lines of the script beside those that describe the model, as "on load 1 hang".
        operators: name of each operator, or what stands behind "operator" in the script, as
            "ABS xnnpack 12 Abs (NC, F32)".
    """
    from builders import ModelBuilder

    made = ModelBuilder()
    graph = made.graph()
    last = graph.input([1, 4], name="x")
    for operator in operators:
        following = graph.tensor([1, 4])
        graph.operator(operator.split()[0], [last], [following])
        last = following
    graph.outputs = [last]
    lines = [
        "fake_tflite {",
        "tensor x float32 1,4",
        *(f"tensor t{index} float32 1,4" for index in range(1, last + 1)),
        "inputs 0",
        f"outputs {last}",
        *(f"operator {operator}" for operator in operators),
        *statements,
        "}",
    ]
    return made.pack(description="\n".join(lines))
